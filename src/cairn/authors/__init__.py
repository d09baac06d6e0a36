"""Who thinks the thoughts. One protocol, `Author`; its implementations share nothing but it."""
