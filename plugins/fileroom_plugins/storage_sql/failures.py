"""What a database's errors become."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from fileroom.plugin import CatalogError, StorageError, StorageFullError
from fileroom_plugins.databases.errors import DatabaseFullError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def translated() -> Iterator[None]:
    """Raise a storage's errors in place of a database's, which speak of an index."""
    try:
        yield
    except DatabaseFullError as error:
        raise StorageFullError(f"storage: {error}") from error
    except CatalogError as error:
        raise StorageError(f"storage: {error}") from error
