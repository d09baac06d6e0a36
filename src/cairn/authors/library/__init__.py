"""The built-in course library: an author that needs no model, no key and no network."""
