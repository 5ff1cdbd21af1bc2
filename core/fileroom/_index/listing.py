"""What an index's own file lists, as ``dcmqridx -p`` shows it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ListedStudy:
    """A study as ``dcmqridx -p`` shows it.

    Attributes:
        number: its place in the table of studies; the first is 0.
        uid: Study Instance UID.
        size: bytes of all its files.
        recorded: when its last instance arrived, in Unix time.
        images: how many instances it has.
    """

    number: int
    uid: str
    size: int
    recorded: float
    images: int


@dataclass(frozen=True, slots=True)
class ListedInstance:
    """An instance as ``dcmqridx -p`` shows it.

    Attributes:
        number: the record's number; they count from 0.
        new: not reviewed yet; an index that does not keep this says True.
        file_name: where its DICOM file is.
        size: of that file in bytes.
        recorded: when it arrived, in Unix time.
        values: DICOM keyword to value, as far as the index keeps it.
        description: what was chosen to describe it, or empty.
    """

    number: int
    new: bool
    file_name: str
    size: int
    recorded: float
    values: Mapping[str, str] = field(repr=False)
    description: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """What ``dcmqridx -p`` shows.

    Text from a file of the index's own keeps its bytes, in whatever character set they are: it is decoded as
    UTF-8 with ``surrogateescape``, so that it can be written as it was.

    Attributes:
        studies: by number.
        instances: by number; can be iterated once.
        records: places for instances in the file, free ones included.
    """

    studies: tuple[ListedStudy, ...]
    instances: Iterator[ListedInstance]
    records: int
