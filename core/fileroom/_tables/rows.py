"""The rows of a table of resources: what the index says, and headers that are read ahead."""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, TypeAlias

from fileroom._tables.columns import Origin
from fileroom._tables.places import ALL
from fileroom._tables.reading import PlaceReader
from fileroom._tables.values import cell, cells
from fileroom.errors import IntegrityError, InvalidDatasetError, NotFoundError, StorageError
from fileroom.header import HeaderReader
from fileroom.model import Level
from fileroom.tags import TagSet

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Mapping, Sequence

    from fileroom._tables.columns import Column
    from fileroom._tables.places import Step
    from fileroom._tables.reading import Found
    from fileroom._tables.values import Cell
    from fileroom.archive import Archive
    from fileroom.errors import FileroomError
    from fileroom.model import TagValue
    from fileroom.resources import Resource

THREADS = 4
AHEAD = 4 * THREADS
"""So many headers are read before they are asked for."""

Row: TypeAlias = "list[Cell | list[Cell] | list[Cell | list[Cell]] | tuple[Found, ...]]"
"""The cells; for a place in the header, what was found there, since the column's type may depend on it."""

Unreadable: TypeAlias = "Callable[[str, FileroomError], object]"
"""Called with the public id of a resource whose header could not be read, and with the reason."""


def rows(
    archive: Archive, resources: Iterable[Resource], columns: Sequence[Column], unreadable: Unreadable
) -> Generator[Row]:
    """Yield one row for each resource, in order.

    Args:
        archive: where they are.
        resources: the resources.
        columns: the columns.
        unreadable: called for each resource whose header could not be read.
    """
    reader = _Reader(columns)
    if not reader.is_needed:
        for resource in resources:
            yield _row(resource, _NOTHING, columns)
        return
    with closing(_ahead(resources, lambda resource: _header(archive, resource, reader))) as read:
        for resource, said in read:
            if isinstance(said, Exception):
                unreadable(resource.id, said)
            yield _row(resource, _NOTHING if isinstance(said, Exception) else said, columns)


class _Said(NamedTuple):
    """What a header says: keyword to value, and what stands at places."""

    tags: Mapping[str, TagValue]
    places: Mapping[tuple[Step, ...], tuple[Found, ...]]


_NOTHING = _Said({}, {})


class _Reader:
    """Reads what columns need of a header."""

    def __init__(self, columns: Sequence[Column]) -> None:
        specs = {column.spec for column in columns if column.spec is not None}
        places = {column.steps for column in columns if column.origin is Origin.PLACE}
        self._header = HeaderReader(TagSet({Level.INSTANCE: tuple(specs)})) if specs else None
        self._places = PlaceReader(tuple(places)) if places else None
        self.is_needed = bool(specs or places)

    def read(self, file: BinaryIO) -> _Said:
        tags = self._header.read(file).tags if self._header else {}
        return _Said(tags, self._places.read(file) if self._places else {})


def _ahead(
    resources: Iterable[Resource], read: Callable[[Resource], _Said | FileroomError]
) -> Generator[tuple[Resource, _Said | FileroomError]]:
    pool = ThreadPoolExecutor(THREADS, "fileroom-table")
    try:
        waiting = deque()  # type: ignore[var-annotated] # of futures beside their resources
        for resource in resources:
            waiting.append((resource, pool.submit(read, resource)))
            if len(waiting) > AHEAD:
                done, future = waiting.popleft()
                yield done, future.result()
        while waiting:
            done, future = waiting.popleft()
            yield done, future.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _header(archive: Archive, resource: Resource, reader: _Reader) -> _Said | FileroomError:
    """Return what the header of an instance says, or of the first one beneath a resource."""
    try:
        instance: Resource | None = resource
        if resource.level is not Level.INSTANCE:
            instance = archive.within(resource.id, Level.INSTANCE).first()
        if instance is None:
            return _NOTHING
        with instance.attachments["dicom"].open() as file:
            return reader.read(file)
    except (NotFoundError, StorageError, IntegrityError, InvalidDatasetError) as error:
        return error


def _row(resource: Resource, said: _Said, columns: Sequence[Column]) -> Row:
    tags = resource.tags
    row: Row = []
    for column in columns:
        match column.origin:
            case Origin.RECORD:
                value = resource.level.label if column.name == "level" else getattr(resource, column.name)
                row.append(cell(column, value))
            case Origin.PLACE:
                row.append(said.places.get(column.steps, ()))
            case Origin.ITEMS:
                row.append(cells(column, _of_items(tags.get(column.keyword, ()), column)))
            case Origin.HEADER:
                row.append(cell(column, said.tags.get(column.keyword, "")))
            case _:
                row.append(cell(column, tags.get(column.keyword, "")))
    return row


def _of_items(items: TagValue, column: Column) -> list[TagValue]:
    """Return what those items of a sequence in the index that are meant have of an attribute."""
    sequence, attribute = column.steps
    number = 1 if sequence.item is None else sequence.item
    meant = items if number == ALL else items[number - 1 : number]
    return [item.get(attribute.keyword, "") for item in meant if not isinstance(item, str)]
