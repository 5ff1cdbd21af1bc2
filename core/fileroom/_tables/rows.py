"""The rows of a table of resources: what the index says, and headers that are read ahead."""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING, TypeAlias

from fileroom._tables.columns import Origin
from fileroom._tables.values import cell
from fileroom.errors import IntegrityError, InvalidDatasetError, NotFoundError, StorageError
from fileroom.header import HeaderReader
from fileroom.model import Level
from fileroom.tags import TagSet

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence

    from fileroom._tables.columns import Column
    from fileroom._tables.values import Cell
    from fileroom.archive import Archive
    from fileroom.errors import FileroomError
    from fileroom.model import TagValue
    from fileroom.resources import Resource

THREADS = 4
AHEAD = 4 * THREADS
"""So many headers are read before they are asked for."""

Row: TypeAlias = "list[Cell | list[Cell]]"
Unreadable: TypeAlias = "Callable[[str, FileroomError], object]"
"""Is told of a resource, by its public id, whose header could not be read, and why."""


def rows(
    archive: Archive, resources: Iterable[Resource], columns: Sequence[Column], unreadable: Unreadable
) -> Iterator[Row]:
    """Yield one row for each resource, in order.

    Args:
        archive: where they are.
        resources: the resources.
        columns: the columns.
        unreadable: is told of resources whose header could not be read.
    """
    specs = tuple(column.spec for column in columns if column.spec is not None)
    if not specs:
        for resource in resources:
            yield _row(resource, {}, columns)
        return
    reader = HeaderReader(TagSet({Level.INSTANCE: specs}))
    with closing(_ahead(resources, lambda resource: _header(archive, resource, reader))) as read:
        for resource, found in read:
            if isinstance(found, Exception):
                unreadable(resource.id, found)
            yield _row(resource, {} if isinstance(found, Exception) else found, columns)


_Found: TypeAlias = "Mapping[str, TagValue] | FileroomError"


def _ahead(
    resources: Iterable[Resource], read: Callable[[Resource], _Found]
) -> Generator[tuple[Resource, _Found]]:
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


def _header(archive: Archive, resource: Resource, reader: HeaderReader) -> _Found:
    """Return what the header of an instance says, or of the first one beneath a resource."""
    try:
        instance: Resource | None = resource
        if resource.level is not Level.INSTANCE:
            instance = archive.within(resource.id, Level.INSTANCE).first()
        if instance is None:
            return {}
        with instance.attachments["dicom"].open() as file:
            return reader.read(file).tags
    except (NotFoundError, StorageError, IntegrityError, InvalidDatasetError) as error:
        return error


def _row(resource: Resource, header: Mapping[str, TagValue], columns: Sequence[Column]) -> Row:
    tags = resource.tags
    row: Row = []
    for column in columns:
        if column.origin is Origin.RECORD:
            value = resource.level.label if column.name == "level" else getattr(resource, column.name)
            row.append(cell(column, value))
        else:
            said = header if column.origin is Origin.HEADER else tags
            row.append(cell(column, said.get(column.name, "")))
    return row
