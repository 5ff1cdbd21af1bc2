"""pydicom datasets in and out, and the single objects that functions take, whatever holds their bytes."""

from __future__ import annotations

import contextlib
import io
import os
import stat
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol, TypeAlias, cast

from fileroom._sources.candidates import Candidate, printable
from fileroom._sources.shared_file import SharedFile
from fileroom.errors import InvalidDatasetError, InvalidValueError, NotFoundError
from fileroom.storage import buffers

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from pydicom import Dataset

    from fileroom.storage import Source

_SPOOL = 8 << 20  # bytes of a stream that cannot seek, kept in memory before they move to a temporary file


class Openable(Protocol):
    """What opens its bytes as a binary file: an instance or an attachment of an archive, for example."""

    def open(self) -> BinaryIO:
        """Open it for reading."""


ObjectSource: TypeAlias = (
    "bytes | bytearray | memoryview | str | os.PathLike[str] | BinaryIO | Dataset | Openable"
)
"""One DICOM object: its bytes, its path, a binary file from where it stands, a pydicom dataset, or what has
``open()``, such as an instance of an archive."""


def read_dataset(file: BinaryIO, *, stop_before_pixels: bool = False, only: Collection[int] = ()) -> Dataset:
    """Read a DICOM file into a pydicom dataset, all values in memory.

    Args:
        file: the file; it is left where reading ended.
        stop_before_pixels: leave out the pixel data and what follows.
        only: tags of the attributes to read, and the character set; all if none are given.

    Raises:
        InvalidDatasetError: pydicom cannot read it.
    """
    import pydicom  # noqa: PLC0415 - a quarter of a second, for those who need it

    try:
        return pydicom.dcmread(
            file, stop_before_pixels=stop_before_pixels, force=True, specific_tags=list(only) or None
        )
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
def opened_source(source: ObjectSource) -> Iterator[BinaryIO]:
    """Open whatever holds a DICOM object, for as long as the block lasts.

    Args:
        source: what was given. A file that is open is left open; a stream that cannot seek is read to its
            end, into memory up to 8 MiB and a temporary file beyond.

    Yields:
        A seekable binary file; the object begins where it stands.

    Raises:
        NotFoundError: the path cannot be read, or the bytes of the instance are gone.
        InvalidDatasetError: the dataset cannot be written.
        InvalidValueError: the source is none of those that are known.
    """
    with contextlib.ExitStack() as stack:
        if isinstance(source, bytes | bytearray | memoryview):
            yield io.BytesIO(source)
        elif isinstance(source, str | os.PathLike):
            yield stack.enter_context(_opened_path(source))
        elif hasattr(source, "save_as"):
            yield io.BytesIO(write_dataset(cast("Dataset", source)))
        elif hasattr(source, "seekable"):
            yield _seekable(cast("BinaryIO", source), stack)
        elif callable(getattr(source, "open", None)):
            yield _seekable(stack.enter_context(cast("Openable", source).open()), stack)
        elif hasattr(source, "read"):
            yield _seekable(cast("BinaryIO", source), stack)
        else:
            raise InvalidValueError(
                "expected a DICOM object: bytes, a path, an open file, a pydicom dataset, or an instance"
            )


def _opened_path(path: str | os.PathLike[str]) -> BinaryIO:
    try:
        return Path(path).expanduser().open("rb")
    except OSError as error:
        raise NotFoundError(f"the file cannot be read: {error.strerror or type(error).__name__}") from error
    except (ValueError, RuntimeError) as error:  # a NUL in it, or the home folder of nobody
        raise NotFoundError("the file cannot be read: no file can have this path") from error


def _seekable(file: BinaryIO | Iterable[bytes], stack: contextlib.ExitStack) -> BinaryIO:
    """Return a file, or what is left in it where it cannot seek."""
    if hasattr(file, "seekable") and file.seekable():
        return cast("BinaryIO", file)
    spool = stack.enter_context(tempfile.SpooledTemporaryFile(_SPOOL))  # noqa: SIM115 - the stack closes it
    for piece in buffers(file):
        spool.write(piece)
    spool.seek(0)
    return cast("BinaryIO", spool)


@contextlib.contextmanager
def one_candidate(source: Source | str | Dataset | Openable, name: str) -> Iterator[Candidate]:
    """Yield one object as a candidate for the store path; streams that cannot seek are spooled to disk."""
    with contextlib.ExitStack() as stack:
        if isinstance(source, str | os.PathLike):
            path = Path(source).expanduser()
            try:
                info = path.stat()
            except OSError as error:
                raise NotFoundError(f"the file to store cannot be read: {error.strerror}") from error
            except ValueError as error:  # a NUL in it
                raise NotFoundError("the file to store cannot be read: no file can have this path") from error
            if stat.S_ISDIR(info.st_mode):
                raise NotFoundError("the file to store cannot be read: it is a folder")
            yield Candidate(name or printable(str(source)), path, info.st_size, 0, info.st_mtime_ns)
        elif isinstance(source, bytes | bytearray | memoryview):
            data = bytes(source)
            yield Candidate(name, None, len(data), 0, None, lambda: io.BytesIO(data))
        elif hasattr(source, "save_as"):
            data = write_dataset(cast("Dataset", source))
            yield Candidate(name, None, len(data), 0, None, lambda: io.BytesIO(data))
        else:
            if isinstance(source, Iterable) and not hasattr(source, "read"):
                file = _seekable(source, stack)
            else:
                file = stack.enter_context(opened_source(cast("ObjectSource", source)))
            shared = SharedFile(file, owned=False)
            yield Candidate(name, None, shared.size, 0, None, shared.open)
