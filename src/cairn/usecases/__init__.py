"""What can be asked of Cairn. The only floor that says what one transaction holds."""
