"""A language model as the author. What it answers is raw material: typed, checked by code, asked again."""
