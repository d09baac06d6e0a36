"""The formats a roadmap can be taken away in. They are given a whole `Book` and read nothing themselves."""
