"""The door for queued tasks: takes what is due, keeps its lease alive, never decides about a course."""
