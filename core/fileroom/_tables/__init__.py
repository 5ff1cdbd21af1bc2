"""The parts of `fileroom.tables`."""
