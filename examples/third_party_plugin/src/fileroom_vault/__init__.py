"""Two plugins for Fileroom: the storage ``vault`` and the processor ``fingerprint``."""
