"""The parts of `fileroom.attachments`."""
