"""What the file system's errors become."""

from __future__ import annotations

import errno

from fileroom.plugin import StorageError, StorageFullError

_FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}
_DENIED = {errno.EACCES, errno.EPERM, errno.EROFS}
_HINTS = {
    errno.ENAMETOOLONG: "a path is too long: choose a shorter root or layout",
    errno.ENOTDIR: "a file stands where a folder is needed: move it out of the way",
    errno.EMFILE: "too many files are open: raise the limit of the process (ulimit -n)",
}


def hide_names(error: OSError) -> None:
    """Take the file names out of a system error: tracebacks are logged, and names may tell of patients."""
    error.filename = error.filename2 = None


def storage_error(error: OSError, doing: str) -> StorageError:
    """Return the error to raise for a failed operation of our own; chain it with ``from``.

    Args:
        error: what the system said.
        doing: whose operation it was and which, for example ``storage /data: cannot write``.
    """
    hide_names(error)
    if error.errno in _FULL:
        return StorageFullError(f"{doing}: no space left, or over a quota or size limit: free some space")
    if error.errno in _DENIED:
        return StorageError(f"{doing}: read-only or no permission: check the mount and the folder's owner")
    said = error.strerror or type(error).__name__
    return StorageError(f"{doing}: {_HINTS.get(error.errno or 0, said)}")
