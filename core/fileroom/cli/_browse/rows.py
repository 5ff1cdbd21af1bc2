"""A numbered list of resources, fetched as far as somebody looks."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fileroom.resources import Resource


class Rows:
    """Resources by number, from 0 on. A number means the same as long as the list is not fetched anew.

    Attributes:
        known: those that were fetched so far.
    """

    def __init__(self, resources: Iterable[Resource]) -> None:
        self.known: list[Resource] = []
        self._upcoming = iter(resources)

    def __iter__(self) -> Iterator[Resource]:
        """Yield all of them, fetching what is not known yet."""
        for number in itertools.count():
            one = self.get(number)
            if one is None:
                return
            yield one

    def get(self, number: int) -> Resource | None:
        """Return the one of this number, or None if there are fewer."""
        while len(self.known) <= number:
            one = next(self._upcoming, None)
            if one is None:
                return None
            self.known.append(one)
        return self.known[number]
