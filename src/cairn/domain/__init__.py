"""The words and the pure rules. Values and functions only: no clock, no file, no network, no database."""
