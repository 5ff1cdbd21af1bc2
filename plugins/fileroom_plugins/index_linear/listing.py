"""What ``dcmqridx -p`` would list of an ``index.dat``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fileroom.index import ListedInstance, ListedStudy, Listing
from fileroom_plugins.index_linear.record import DamagedRecordError, decode

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fileroom_plugins.index_linear.study_table import Study


def listed(studies: Sequence[Study], records: Sequence[bytes | memoryview]) -> Listing:
    """Return the studies and records in use, each with its number.

    Damaged records are left out, but they count.

    Args:
        studies: the whole table, free descriptors included.
        records: all of them, free ones included, as they stand in the file.
    """
    return Listing(
        tuple(
            ListedStudy(number, _text(study.uid), study.size, study.recorded, study.images)
            for number, study in enumerate(studies)
            if study.images
        ),
        _instances(records),
        len(records),
    )


def _instances(records: Sequence[bytes | memoryview]) -> Iterator[ListedInstance]:
    for number, data in enumerate(records):
        try:
            record = decode(data)
        except DamagedRecordError:
            continue
        if record is not None:
            yield ListedInstance(
                number,
                record.new,
                _text(record.file_name),
                record.size,
                record.recorded,
                {keyword: _text(value) for keyword, value in record.values.items()},
                _text(record.description),
            )


def _text(stored: bytes) -> str:
    return stored.decode("utf_8", "surrogateescape")
