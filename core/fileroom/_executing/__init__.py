"""The parts of `fileroom.executing`, and what tasks need where they run."""
