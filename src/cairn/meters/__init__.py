"""What a process counts of itself, in plain numbers; it becomes text for a scraper only when one asks."""
