"""Pixels, palettes, lookup tables and overlays: whether their sizes are what the attributes say."""
