"""What an archive makes sure of when it is opened, and what stands for its backends when it is closed."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, NoReturn

from fileroom._files import make_folder, storage_error
from fileroom.errors import NotSupportedError, StorageError
from fileroom.storage import is_external

if TYPE_CHECKING:
    from pathlib import Path

    from fileroom.index import Index
    from fileroom.storage import Storage

_LOOKED_AT = 1000  # attachments; of an archive that only registers files where they lie, none is stored


class Closed:
    """Stands where a backend was."""

    def __getattr__(self, name: str) -> NoReturn:
        raise NotSupportedError("the archive is closed: open it again")


def make_base(base: Path) -> None:
    """Make the folder that relative paths start from, if it is not there.

    Raises:
        StorageError: it cannot be made.
    """
    try:
        make_folder(base)
    except OSError as error:
        raise storage_error(error, f"archive: cannot make its folder {base}") from error


def check_pair(index: Index, storage: Storage) -> None:
    """Refuse an empty storage under an index that is not: an import would only hide the loss.

    Raises:
        StorageError: the index knows stored objects, and the storage holds nothing.
    """
    count = index.statistics().attachments
    if not count or next(iter(storage.list()), None) is not None:
        return
    some = itertools.islice(index.attachments(), _LOOKED_AT)
    if not all(is_external(record.locator) for _, record in some):
        raise StorageError(
            f"the index knows {count} stored objects, and the storage is empty: is its disk mounted, and "
            "are these two of one archive? To start anew, move the index away"
        )
