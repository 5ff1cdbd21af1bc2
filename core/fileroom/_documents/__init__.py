"""The repository of documents behind `fileroom.Archive.documents`."""
