"""How `fileroom._dispatch` finds, checks and lists plugins."""
