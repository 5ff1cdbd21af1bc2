"""How `fileroom.sources` walks folders and ZIP files."""
