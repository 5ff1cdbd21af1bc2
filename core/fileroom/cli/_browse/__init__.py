"""The interactive shell of ``fileroom browse``."""
