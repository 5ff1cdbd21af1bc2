"""What the parts of the storage kit share: nasty inputs, the fixtures, and helpers to look at a storage.

PYTEST_DONT_REWRITE: explaining how megabytes differ takes pytest minutes, under ``-v`` and on CI.
"""

from __future__ import annotations

import threading
import uuid
from typing import TYPE_CHECKING, ClassVar, TypeAlias

import pytest

from fileroom.storage import CHUNK, ByteRange, PutItem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from fileroom.storage import Source, Storage

    OpenStorage: TypeAlias = Callable[[], Storage]

SIZES = (0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK + 7)
RANGED_SIZE = 1_000
RANGES = tuple(
    ByteRange(start, end)
    for start, end in (
        *((0, None), (0, 0), (0, 1), (0, 999), (0, 1_000), (0, 1_001), (0, 10**12)),
        *((500, 500), (17, 400), (999, 1_000), (999, None), (999, 5_000)),
        *((1_000, None), (1_000, 1_000), (1_000, 1_001), (1_001, None), (10**12, 10**12 + 1)),
    )
)
FOREIGN_LOCATORS = (
    *("", " ", ".", "..", "/", "../x", "../../../etc/passwd", "/etc/passwd", "x/../../y", "./x", "x/", "//x"),
    *("C:\\Windows\\win.ini", "C:x", "\\\\host\\share\\x", "..\\x", "CON", "NUL", "aux.txt", "x.", "x "),
    *("a\0b", "\0", "a\nb", "\ud800", "*", "?", "[a-z]*", "%", "_", "x' OR '1'='1", "~", "$HOME", "-rf"),
    *("x" * 300, "x" * 10_000, "/".join(["x"] * 1_000), "file:///etc/passwd", ".hidden"),
    *("index.dat", "fileroom.sidecar", ".fileroom-storage", "CT_0123456789abcdef.dcm", "CT_../x.dcm"),
    *("external:", "external:x", "external:../x", "external://x", "external:/\0", "external:/\ud800"),
    *("named", "named/", "named/../x", "named/.", "named/x", "named//x", "named/" + "x" * 300),
    *("00000000-0000-4000-8000-000000000000", "ABCDEFAB-0000-4000-8000-000000000000"),
)
NAMINGS: tuple[Mapping[str, str], ...] = tuple(
    {"PatientID": value, "StudyInstanceUID": value, "SeriesInstanceUID": value, "SOPInstanceUID": value}
    for value in (
        *("", " ", ".", "..", "/", "../../x", "/etc/passwd", "a/b", "a\\b", "C:\\x", "\\\\host\\share"),
        *("CON", "nul.dcm", "COM1", "x.", "x ", "a\0b", "a\nb", "\x7f", "<>:|?*", '"', "~", "-rf", "{key}"),
        *("é", "e\u0301", "山田", "\u202e", "\ud800", "x" * 255, "é" * 255, "y" * 70_000, "A1", "a1"),
    )
)
PATIENCE = 10.0
"""How many seconds a test waits for another thread before it fails."""


class StorageCase:
    """The fixtures of the storage kit.

    Attributes:
        holds_in_memory: True tells that the storage keeps whole objects in memory by its nature, and lets it
            off the test that it does not.
    """

    holds_in_memory: ClassVar[bool] = False

    @pytest.fixture
    def open_storage(self) -> OpenStorage:
        """Return what opens the storage under test; the same place each time it is called, at first empty."""
        raise NotImplementedError("a subclass of the storage contract provides the fixture open_storage")

    @pytest.fixture
    def storage(self, open_storage: OpenStorage) -> Iterator[Storage]:
        """Open the storage."""
        storage = open_storage()
        yield storage
        storage.close()


def new_key() -> str:
    """Return a key that was never used."""
    return str(uuid.uuid4())


def new_item(source: Source = b"", naming: Mapping[str, str] | None = None) -> PutItem:
    """Return something to put, under a fresh key."""
    return PutItem(new_key(), source, naming or {})


def sample(size: int, start: int = 0) -> bytes:
    """Return bytes of which no two stretches of a few hundred are alike, nor those of different starts."""
    period = bytes((start + step * step) % 251 for step in range(251)) + bytes([start % 256, 252])
    return (period * (size // len(period) + 1))[:size]


def content(storage: Storage, locator: str) -> bytes:
    """Return an object's bytes."""
    with storage.open(locator) as file:
        return file.read()


def listed(storage: Storage, prefix: str = "") -> dict[str, int]:
    """Return what is listed, as locator and size."""
    found = [(one.locator, one.size) for one in storage.list(prefix)]
    assert len(dict(found)) == len(found), "an object is listed twice"
    return dict(found)


class PausedSource:
    """A source that stops in the middle until it is told to go on.

    Attributes:
        begun: set when the first half was read.
        proceed: set it to let the second half be read.
    """

    def __init__(self, data: bytes) -> None:
        self.begun = threading.Event()
        self.proceed = threading.Event()
        self._data = data

    def __iter__(self) -> Iterator[bytes]:
        """Yield both halves."""
        middle = len(self._data) // 2
        yield self._data[:middle]
        self.begun.set()
        assert self.proceed.wait(PATIENCE), "nobody let the source go on"
        yield self._data[middle:]


class BrokenSource:
    """A source that fails after so many bytes."""

    def __init__(self, error: BaseException, after: int = 0) -> None:
        self._error = error
        self._after = after

    def __iter__(self) -> Iterator[bytes]:
        """Yield a part, then raise."""
        if self._after:
            yield bytes(self._after)
        raise self._error
