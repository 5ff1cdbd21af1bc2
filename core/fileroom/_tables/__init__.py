"""Tables of what a search finds."""
