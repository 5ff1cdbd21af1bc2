"""The kinds of documents that say how headers become documents, one module for each."""
