"""The `fileroom` command."""
