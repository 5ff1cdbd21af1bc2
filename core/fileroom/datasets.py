"""pydicom datasets in and out, and the single objects that `fileroom.Archive.store` takes."""

from __future__ import annotations

import contextlib
import io
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from fileroom._sources.candidates import Candidate, printable
from fileroom._sources.shared_file import SharedFile
from fileroom.errors import InvalidDatasetError, NotFoundError
from fileroom.storage import buffers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydicom import Dataset

    from fileroom.storage import Source

_SPOOL = 8 << 20  # bytes of a stream that cannot seek, kept in memory before they move to a temporary file


def read_dataset(file: BinaryIO, *, stop_before_pixels: bool = False) -> Dataset:
    """Read a DICOM file into a pydicom dataset, all values in memory.

    Raises:
        InvalidDatasetError: pydicom cannot read it.
    """
    import pydicom  # noqa: PLC0415 - a quarter of a second, for those who need it

    try:
        return pydicom.dcmread(file, stop_before_pixels=stop_before_pixels, force=True)
    except Exception as error:
        # pydicom raises whatever the damage leads to; the caller needs to know one error.
        raise InvalidDatasetError(f"pydicom cannot read this object: {type(error).__name__}") from error


def write_dataset(dataset: Dataset) -> bytes:
    """Write a dataset as a DICOM file (PS3.10), file meta information completed where it can be.

    Raises:
        InvalidDatasetError: it lacks what a file needs, or holds values that cannot be written.
    """
    buffer = io.BytesIO()
    try:
        dataset.save_as(buffer, enforce_file_format=True)
    except Exception as error:
        raise InvalidDatasetError(
            f"this dataset cannot be written as a DICOM file: {type(error).__name__}: it needs SOPClassUID, "
            "SOPInstanceUID and a transfer syntax in its file_meta"
        ) from error
    return buffer.getvalue()


@contextlib.contextmanager
def one_candidate(source: Source | str | Dataset, name: str) -> Iterator[Candidate]:
    """Yield one object as a candidate for the store path; streams that cannot seek are spooled to disk."""
    with contextlib.ExitStack() as stack:
        if isinstance(source, str | os.PathLike):
            path = Path(source).expanduser()
            try:
                info = path.stat()
            except OSError as error:
                raise NotFoundError(f"the file to store cannot be read: {error.strerror}") from error
            yield Candidate(name or printable(str(source)), path, info.st_size, 0, info.st_mtime_ns)
        elif isinstance(source, bytes | bytearray | memoryview):
            data = bytes(source)
            yield Candidate(name, None, len(data), 0, None, lambda: io.BytesIO(data))
        elif hasattr(source, "save_as"):
            data = write_dataset(cast("Dataset", source))
            yield Candidate(name, None, len(data), 0, None, lambda: io.BytesIO(data))
        else:
            file = cast("BinaryIO", source)
            if not (hasattr(file, "seekable") and file.seekable()):
                spool = stack.enter_context(tempfile.SpooledTemporaryFile(_SPOOL))
                for piece in buffers(cast("Source", source)):
                    spool.write(piece)
                spool.seek(0)
                file = cast("BinaryIO", spool)
            shared = SharedFile(file, owned=False)
            yield Candidate(name, None, shared.size, 0, None, shared.open)
