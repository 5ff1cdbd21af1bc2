"""Contract kits, fault wrappers and synthetic objects for the authors of plugins."""
