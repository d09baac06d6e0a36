"""The door for programs: `/api/v1`. Translates between JSON and use cases; decides nothing."""
