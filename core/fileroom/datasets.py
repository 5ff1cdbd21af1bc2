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

from fileroom._files import open_regular
from fileroom._sources.candidates import Candidate, printable
from fileroom._sources.shared_file import SharedFile
from fileroom.errors import InvalidDatasetError, InvalidValueError, NotFoundError
from fileroom.storage import buffers

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from pydicom import Dataset

    from fileroom.storage import Source

_SPOOL = 8 << 20  # bytes kept in memory before they move to a temporary file


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
    _write(dataset, buffer)
    return buffer.getvalue()


def _write(dataset: Dataset, file: BinaryIO) -> None:
    try:
        _with_open_pixels(dataset).save_as(file, enforce_file_format=True)
    except Exception as error:
        raise InvalidDatasetError(
            f"this dataset cannot be written as a DICOM file: {type(error).__name__}: it needs SOPClassUID, "
            "SOPInstanceUID and a transfer syntax in its file_meta"
        ) from error


def _with_open_pixels(dataset: Dataset) -> Dataset:
    """Return a dataset with the same elements; of large pixel data pydicom would make a copy to write it."""
    from pydicom import DataElement  # noqa: PLC0415 - as above

    data = getattr(dataset, "PixelData", None)
    if not isinstance(data, bytes) or len(data) < _SPOOL or len(data) % 2:
        return dataset
    opened, pixels = dataset[:], dataset["PixelData"]
    opened["PixelData"] = DataElement(pixels.tag, pixels.VR, io.BytesIO(data))
    opened["PixelData"].is_undefined_length = pixels.is_undefined_length
    for name in ("file_meta", "preamble"):
        if hasattr(dataset, name):
            setattr(opened, name, getattr(dataset, name))
    return opened


@contextlib.contextmanager
def opened_source(source: ObjectSource) -> Iterator[BinaryIO]:
    """Open whatever holds a DICOM object, for as long as the block lasts.

    Args:
        source: what was given. A file that is open is left open; a stream that cannot seek is read to its
            end, and a dataset is written: into memory up to 8 MiB, and to a temporary file beyond.

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
            spool = stack.enter_context(_spool())
            _write(cast("Dataset", source), spool)
            spool.seek(0)
            yield spool
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
        return open_regular(Path(path).expanduser())
    except OSError as error:
        raise NotFoundError(f"the file cannot be read: {error.strerror or type(error).__name__}") from error
    except (ValueError, RuntimeError) as error:  # a NUL in it, or the home folder of nobody
        raise NotFoundError("the file cannot be read: no file can have this path") from error


def _seekable(file: BinaryIO | Iterable[bytes], stack: contextlib.ExitStack) -> BinaryIO:
    """Return a file, or what is left in it where it cannot seek."""
    if hasattr(file, "seekable") and file.seekable():
        return cast("BinaryIO", file)
    spool = stack.enter_context(_spool())
    for piece in buffers(file):
        spool.write(piece)
    spool.seek(0)
    return spool


def _spool() -> BinaryIO:
    return cast("BinaryIO", tempfile.SpooledTemporaryFile(_SPOOL))


@contextlib.contextmanager
def one_candidate(source: Source | str | Dataset | Openable, name: str) -> Iterator[Candidate]:
    """Yield one object as a candidate for the store path; see `opened_source` for what is spooled to disk."""
    with contextlib.ExitStack() as stack:
        if isinstance(source, str | os.PathLike):
            path = Path(source).expanduser()
            try:
                info = path.stat()
            except OSError as error:
                raise NotFoundError(f"the file cannot be read: {error.strerror}") from error
            except ValueError as error:  # a NUL in it
                raise NotFoundError("the file cannot be read: no file can have this path") from error
            if not stat.S_ISREG(info.st_mode):
                what = "a folder" if stat.S_ISDIR(info.st_mode) else "not a regular file"
                raise NotFoundError(f"the file cannot be read: it is {what}")
            yield Candidate(name or printable(str(source)), path, info.st_size, 0, info.st_mtime_ns)
        elif isinstance(source, bytes | bytearray | memoryview):
            data = bytes(source)
            yield Candidate(name, None, len(data), 0, None, lambda: io.BytesIO(data))
        else:
            if isinstance(source, Iterable) and not (hasattr(source, "read") or hasattr(source, "save_as")):
                file = _seekable(source, stack)
            else:
                file = stack.enter_context(opened_source(cast("ObjectSource", source)))
            shared = SharedFile(file, owned=False)
            yield Candidate(name, None, shared.size, 0, None, shared.open)
