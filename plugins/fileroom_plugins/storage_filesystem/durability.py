"""Making files and names survive a loss of power, on each system in its way."""

from __future__ import annotations

import errno
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# Some network and user-space file systems cannot sync a folder; there is nothing more to ask of them.
_NO_FOLDER_SYNC = {errno.EINVAL, errno.ENOTSUP, errno.EBADF, errno.ENOTTY}


def sync_file(handle: int) -> None:
    """Make the bytes of an open file durable, together with the `sync_folder` that follows."""
    os.fsync(handle)


def sync_folder(path: Path) -> None:
    """Make the names in a folder durable.

    On macOS, where ``fsync`` stops at the drive's cache, this empties that cache, and so completes all
    `sync_file` before it. On Windows a folder cannot be synced; NTFS logs its names by itself.
    """
    if sys.platform == "win32":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        _sync(handle)
    except OSError as error:
        if error.errno not in _NO_FOLDER_SYNC:
            raise
    finally:
        os.close(handle)


if sys.platform == "darwin":
    import fcntl

    def _sync(handle: int) -> None:
        os.fsync(handle)
        fcntl.fcntl(handle, fcntl.F_FULLFSYNC)
else:

    def _sync(handle: int) -> None:
        os.fsync(handle)
