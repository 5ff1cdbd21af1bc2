"""The parts of `fileroom.archive`."""
