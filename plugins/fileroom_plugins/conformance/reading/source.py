"""Where the bytes of an object come from, read in blocks: large objects are never in memory as a whole."""

from __future__ import annotations

import contextlib
import io
import os
from typing import TYPE_CHECKING, BinaryIO, cast

from fileroom.plugin import InvalidDatasetError, opened_source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydicom import Dataset

    from fileroom.plugin import ObjectSource

BLOCK = 64 * 1024
"""Bytes that are read at a time."""


class Bytes:
    """The bytes of a file, by offset.

    Args:
        file: seekable; its bytes from where it stands are the object's. It is moved as needed.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._origin = file.tell()
        self.size = file.seek(0, os.SEEK_END) - self._origin
        self._block = b""
        self._start = 0

    def take(self, at: int, size: int) -> bytes:
        """Return so many bytes from an offset, fewer only at the end; what is read is at least a block."""
        start = at - self._start
        if start >= 0 and start + size <= len(self._block):
            return self._block[start : start + size]
        self._file.seek(self._origin + at)
        self._block = self._file.read(max(size, BLOCK))
        self._start = at
        return self._block[:size]


@contextlib.contextmanager
def opened(source: ObjectSource) -> Iterator[tuple[BinaryIO, bool]]:
    """Open whatever may be checked.

    Args:
        source: see `fileroom.plugin.opened_source`.

    Yields:
        A seekable file, and whether it is one: a dataset without file meta information is none.

    Raises:
        FileroomError: as of `fileroom.plugin.opened_source`.
        InvalidDatasetError: pydicom cannot write the dataset.
    """
    if hasattr(source, "save_as"):
        yield _written(cast("Dataset", source))
    else:
        with opened_source(source) as file:
            yield file, True


def _written(dataset: Dataset) -> tuple[BinaryIO, bool]:
    meta = getattr(dataset, "file_meta", None)
    has_meta = meta is not None and "TransferSyntaxUID" in meta
    buffer = io.BytesIO()
    try:
        if has_meta:
            dataset.save_as(buffer)
        else:
            dataset.save_as(buffer, implicit_vr=False, little_endian=True)
    except Exception as error:
        # pydicom raises whatever a value that cannot be written leads to.
        raise InvalidDatasetError(
            f"this dataset cannot be written, so it cannot be checked: {type(error).__name__}"
        ) from error
    buffer.seek(0)
    return buffer, has_meta
