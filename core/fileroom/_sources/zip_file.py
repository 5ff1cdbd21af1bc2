"""One ZIP file that may lie about everything, and its members, inflated on demand.

On top of `zipfile`: bounds on what its directory may hold, on what members may inflate to, and no handle
that stays open longer than the caller wants.
"""

from __future__ import annotations

import contextlib
import errno
import io
import struct
import tempfile
import threading
import zipfile
import zlib
from typing import TYPE_CHECKING, BinaryIO, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MAX_MEMBERS = 250_000
"""How many members one ZIP file may have; a member costs about 0.6 kB while its file is read."""
MAX_DIRECTORY = 64 << 20
"""How many bytes a ZIP file's central directory may have."""
IN_MEMORY = 8 << 20
"""Members up to this many bytes are inflated into memory, larger ones into a temporary file."""

_CHUNK = 1 << 20
_ENCRYPTED = 0x1 | 0x40
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_LOCAL_HEADER = 30
_ENTRY_SIGNATURE = b"PK\x01\x02"
# What zipfile raises on damaged files; RuntimeError is a member that turns out to be encrypted.
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    OverflowError,
    RuntimeError,
    ValueError,
)


class RefusedError(OSError):
    """A ZIP file or member that is not read; ``strerror`` says why."""

    def __init__(self, why: str) -> None:
        super().__init__(errno.EIO, why)


class Budget:
    """How many bytes the members of one outermost ZIP file may still inflate to."""

    def __init__(self, limit: int, refusal: str) -> None:
        self._left = limit
        self.refusal = refusal

    @property
    def spent(self) -> bool:
        """Whether more was inflated than allowed."""
        return self._left < 0

    def spend(self, count: int) -> None:
        """Count bytes.

        Raises:
            RefusedError: it was too many.
        """
        self._left -= count
        if self.spent:
            raise RefusedError(self.refusal)


class ZipFile:
    """A ZIP file, its directory read.

    Attributes:
        infos: its members, in the order of the directory.

    Raises:
        OSError: it cannot be read, or not within bounds; ``strerror`` says why.
    """

    def __init__(self, opener: Callable[[], BinaryIO], size: int, budget: Budget) -> None:
        self.budget = budget
        self._lock = threading.Lock()
        self._held = True
        self._bytes = _ZipBytes(opener, size)
        try:
            with _refusing("damaged ZIP file"):
                self._zip = zipfile.ZipFile(cast("BinaryIO", self._bytes))
            self.infos = self._zip.infolist()
            _refuse_overlap(self.infos, size)
        except BaseException:
            self._bytes.release()
            raise

    @contextlib.contextmanager
    def reading(self, info: zipfile.ZipInfo) -> Iterator[BinaryIO]:
        """Open a member, as it inflates; by one thread at a time.

        Raises:
            OSError: it cannot be inflated.
        """
        if info.flag_bits & _ENCRYPTED:
            raise RefusedError("encrypted member of a ZIP file")
        if info.compress_type not in _METHODS:
            raise RefusedError(f"member of a ZIP file with unsupported compression {info.compress_type}")
        with self._lock:
            try:
                with _refusing("damaged member of a ZIP file"), self._zip.open(info) as packed:
                    yield cast("BinaryIO", packed)
            finally:
                if not self._held:
                    self._bytes.release()

    def let_go(self) -> None:
        """Hold the file no longer than a member is read, from now on."""
        with self._lock:
            self._held = False
            self._bytes.release()


class Entry:
    """One member of a ZIP file, inflated on demand, for as long as anybody keeps it."""

    def __init__(self, archive: ZipFile, info: zipfile.ZipInfo) -> None:
        self._archive = archive
        self._info = info
        self._counted = False

    def head(self, count: int) -> bytes:
        """Return the first bytes.

        Raises:
            OSError: it cannot be inflated.
        """
        with self._archive.reading(self._info) as packed:
            return packed.read(count)

    def open(self) -> BinaryIO:
        """Inflate the member and check its CRC.

        Raises:
            OSError: it cannot be inflated, or not within the budget.
        """
        target = cast("BinaryIO", tempfile.SpooledTemporaryFile(max_size=IN_MEMORY))  # noqa: SIM115 - returned
        try:
            with self._archive.reading(self._info) as packed:
                while piece := packed.read(_CHUNK):
                    if not self._counted:
                        self._archive.budget.spend(len(piece))
                    target.write(piece)
        except BaseException:
            target.close()
            raise
        # Reading it again costs time, but the ZIP file inflates to no more for it.
        self._counted = True
        target.seek(0)
        return target


def _refuse_overlap(infos: list[zipfile.ZipInfo], size: int) -> None:
    """Members that share bytes could inflate to far more than the size of their file allows."""
    if sum(info.compress_size + _LOCAL_HEADER for info in infos) > size:
        raise RefusedError("ZIP file whose members overlap")


@contextlib.contextmanager
def _refusing(what: str) -> Iterator[None]:
    try:
        yield
    except _DAMAGE as error:
        checksum = isinstance(error, zipfile.BadZipFile) and "CRC" in str(error)
        raise RefusedError(
            f"{what}: {'checksum does not match' if checksum else type(error).__name__}"
        ) from error


class _ZipBytes:
    """A ZIP file's bytes for `zipfile`: opened when read, and again after each `release`."""

    def __init__(self, opener: Callable[[], BinaryIO], size: int) -> None:
        self._opener = opener
        self._size = size
        self._file: BinaryIO | None = None
        self._position = 0

    def release(self) -> None:
        """Close the file until it is read again."""
        file, self._file = self._file, None
        if file is not None:
            file.close()

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            # zipfile looks for records before the start of small files, and expects this.
            raise OSError(errno.EINVAL, "negative seek position")
        self._position = base + offset
        return self._position

    def read(self, count: int = -1) -> bytes:
        """Read; zipfile takes a whole directory in one read, and makes an object for each entry in it."""
        left = max(0, self._size - self._position)
        count = left if count < 0 else min(count, left)
        if count > MAX_DIRECTORY:
            raise RefusedError(
                f"ZIP file with a directory of more than {MAX_DIRECTORY >> 20} MiB: unpack it first"
            )
        if self._file is None:
            self._file = self._opener()
        self._file.seek(self._position)
        data = self._file.read(count)
        self._position += len(data)
        if data.count(_ENTRY_SIGNATURE) > MAX_MEMBERS:
            raise RefusedError(f"ZIP file with more than {MAX_MEMBERS} members: unpack it first")
        return data
