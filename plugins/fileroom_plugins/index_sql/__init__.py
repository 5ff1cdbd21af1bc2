"""Indexes in SQL databases; one module per database registers itself, the rest is shared."""
