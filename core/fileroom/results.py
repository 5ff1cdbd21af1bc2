"""The answer to a search: lazy, in pages, countable."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING, Generic, Self, TypeVar, cast

from fileroom._html import as_html
from fileroom.errors import IntegrityError, InvalidDatasetError, NotFoundError, StorageError
from fileroom.header import HeaderReader
from fileroom.model import Level
from fileroom.query import matches
from fileroom.resources import handles
from fileroom.tags import TagSet

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fileroom.archive import Archive
    from fileroom.model import ResourceRecord
    from fileroom.query_parse import Plan
    from fileroom.resources import Resource

PAGE = 500
_SHOWN = 10  # resources in a notebook; each has a picture


R_co = TypeVar("R_co", bound="Resource", covariant=True)


class Results(Generic[R_co]):
    """What a search found. Nothing is asked of the index before it is iterated or counted.

    Attributes:
        cursor: after iterating: pass it as ``cursor`` to the same search to go on behind the last result,
            however much was stored or deleted meanwhile; None when there is nothing more.
        unreadable: after iterating with ``scan``: stored headers that could not be read, and so could not
            match; `fileroom verify` tells why.
    """

    def __init__(self, archive: Archive, plan: Plan) -> None:
        self._archive = archive
        self._plan = plan
        self.cursor: str | None = plan.query.cursor
        self.unreadable = 0

    @property
    def level(self) -> Level:
        """The level of what is searched."""
        return self._plan.query.level

    def _repr_html_(self) -> str:
        shown = [as_html(one) for one in itertools.islice(self, _SHOWN)]
        more = self.count() - len(shown)
        return "".join(shown) + (f"<p>and {more} more</p>" if more > 0 else "")

    def __iter__(self) -> Iterator[R_co]:
        """Yield handles, a page from the index at a time."""
        if self._plan.scanned:
            return (cast("R_co", self._archive.wrap(record)) for record in self._scan())
        pages = (handles(self._archive, page) for page in self._pages(self._plan.query.limit))
        return cast("Iterator[R_co]", itertools.chain.from_iterable(pages))

    def _records(self, limit: int | None, page_size: int = PAGE) -> Iterator[ResourceRecord]:
        return itertools.chain.from_iterable(self._pages(limit, page_size))

    def _pages(self, limit: int | None, page_size: int = PAGE) -> Iterator[tuple[ResourceRecord, ...]]:
        left = limit
        cursor = self._plan.query.cursor
        while left is None or left > 0:
            size = page_size if left is None else min(page_size, left)
            page = self._archive.index.find(replace(self._plan.query, limit=size, cursor=cursor))
            self.cursor = cursor = page.cursor
            left = None if left is None else left - len(page.records)
            yield page.records
            if cursor is None:
                return

    def _scan(self) -> Iterator[ResourceRecord]:
        """Keep the records one of whose instances' stored headers meets the scanned conditions."""
        # A page of one, so that the cursor is always behind the last result.
        found = filter(self._header_matches, self._records(limit=None, page_size=1))
        return itertools.islice(found, self._plan.query.limit)

    def _but(self, *, limit: int | None) -> Self:
        return type(self)(self._archive, replace(self._plan, query=replace(self._plan.query, limit=limit)))

    def _header_matches(self, record: ResourceRecord) -> bool:
        specs = {one.spec.keyword: one.spec for one in self._plan.scanned}
        reader = HeaderReader(TagSet({Level.INSTANCE: tuple(specs.values())}))
        for instance in self._archive.find(Level.INSTANCE, within=record.id):
            try:
                with instance.open() as file:
                    header = reader.read(file)
            except (NotFoundError, StorageError, IntegrityError, InvalidDatasetError):
                self.unreadable += 1
                continue
            if all(matches(one, header.tags.get(one.spec.keyword)) for one in self._plan.scanned):
                return True
        return False

    @property
    def to_scan(self) -> int:
        """How many stored headers iterating may have to read; 0 unless ``scan`` was asked for and needed."""
        if not self._plan.scanned:
            return 0
        if self._plan.query.level is Level.INSTANCE:
            return self._archive.index.count(self._plan.query)
        above = self._records(limit=None)
        return sum(self._archive.within(record.id, Level.INSTANCE).count() for record in above)

    def count(self) -> int:
        """Count the matches, in the index where it can; limit and order play no part."""
        if not self._plan.scanned:
            return self._archive.index.count(self._plan.query)
        return sum(1 for _ in self._but(limit=None))

    def first(self) -> R_co | None:
        """Return the first result, or None."""
        return next(iter(self._but(limit=1)), None)
