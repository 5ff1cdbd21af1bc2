"""How `fileroom.config` merges layers, converts values and describes the result."""
