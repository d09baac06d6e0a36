"""The door for people: pages rendered on the server, readable without scripts."""
