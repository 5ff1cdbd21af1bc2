"""What going over pixels needs, and is not there when de-identification has nothing to do with pixels."""

from __future__ import annotations

from fileroom.plugin import MissingDependencyError


def missing(error: ImportError) -> MissingDependencyError:
    """Return the error that says which package pixels need."""
    message = f"going over pixels needs {error.name or 'a package'}: pip install 'fileroom[deidentify]'"
    return MissingDependencyError(message, "deidentify", "fileroom")
