"""The parts of `fileroom.migrating`."""
