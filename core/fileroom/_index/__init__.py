"""What the index contract is made of; `fileroom.index` offers it."""
