"""The tables and comparable forms behind `fileroom.tags`."""
