"""Searching the web, and looking at what an address leads to. Knows no database; what comes back is data."""
