"""Fileroom's pytest plugin: by being there, it lets pytest explain the kits' assertions."""
