"""The parts of `fileroom.moving`."""
