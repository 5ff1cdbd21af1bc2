"""How one attribute's value is laid down: in columns of its level's table, in ``term``, in ``more``.

===================  ======================  ====================  =======================
comparison           column ``X`` holds      ``X_form`` holds      ``X_number`` holds
===================  ======================  ====================  =======================
exact, date          the first form
number               the first form                                the first, as a number
folded               the first single value  the first form
time, date and time  the first single value  the first form
not searchable       the whole value
===================  ======================  ====================  =======================

A *form* is a comparable form (`fileroom.tags.TagSpec.search_values`). Three rules complete this:

- a value that the columns do not hold whole (several values, padding, ``05``) stands in ``more`` as well;
- a value that has more forms, or single values, than the column holds has all of them in ``term``;
- extra tags and sequences have no columns: they stand in ``more``, and all their forms in ``term``.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from fileroom.query import sort_key
from fileroom.tags import Comparison, dictionary_spec, item_search_values

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fileroom.model import TagValue
    from fileroom.tags import TagSpec

_REMEMBERED = 512  # values for each attribute: those of one series are much the same
_SEQUENCE_SHIFT = 32


class Term(NamedTuple):
    """A row of ``term``: one of several comparable values.

    Attributes:
        key: which attribute (see `TagField`).
        item: the value's place among the attribute's values from 0 on, or the number of its sequence item.
        value: the value; empty in the row that says that a sequence has an item.
        number: what the attribute is ordered by, if that is a number.
    """

    key: int
    item: int
    value: str
    number: float | None = None


class Encoded(NamedTuple):
    """A value, laid down.

    Attributes:
        columns: column name to value.
        terms: rows of ``term``.
        whole: whether the columns hold all of the value.
    """

    columns: Mapping[str, str | float | None]
    terms: tuple[Term, ...]
    whole: bool


class TagField:
    """Where one attribute is kept.

    Attributes:
        spec: the attribute.
        column: the column that holds its value, or None.
        form: the column to compare by, or None; the same as ``column`` where that holds a form.
        number: the column that holds the value as a number, or None.
        coded: whether ``column`` holds a number that stands for a UID (table ``uid``).
        key: the number of its forms in ``term``. That of a sequence marks the items.
        raw_key: the number of its single values in ``term``, for exact matching.
    """

    def __init__(self, spec: TagSpec) -> None:
        kept = not spec.extra and spec.comparison is not Comparison.SEQUENCE
        folded = spec.comparison in (Comparison.FOLDED, Comparison.TIME, Comparison.DATETIME)
        self.spec = spec
        self.column = spec.keyword if kept else None
        self.form = (f"{spec.keyword}_form" if folded else spec.keyword) if kept and spec.searchable else None
        self.number = f"{spec.keyword}_number" if self.form and spec.comparison is Comparison.NUMBER else None
        self.coded = self.column == "SOPClassUID"
        self.key = spec.tag
        self.raw_key = -spec.tag
        self._encode_text = lru_cache(_REMEMBERED)(self._encode)

    @property
    def indexed(self) -> tuple[str, ...]:
        """The columns that a search or an order may start from."""
        if self.number:
            return (self.number,)
        if self.form and self.spec.comparison is Comparison.FOLDED:
            return (self.spec.keyword, self.form)
        return (self.form,) if self.form else ()

    def encode(self, value: TagValue) -> Encoded:
        """Lay a value down."""
        return self._encode_text(value) if isinstance(value, str) else self._encode(value)

    def _encode(self, value: TagValue) -> Encoded:
        if not self.spec.searchable and isinstance(value, str) and self.column:
            return Encoded({self.column: value}, (), whole=True)
        forms, raws = self.spec.search_values(value), self.spec.raw_values(value)
        key = sort_key(self.spec, value)
        number = key if isinstance(key, float) else None
        columns: dict[str, str | float | None] = {}
        if self.column:
            columns[self.column] = next(iter(raws), None) if self.form else str(value)
        if self.form:
            columns[self.form] = next(iter(forms), None)
        if self.number:
            columns[self.number] = number
        terms = (
            self._item_terms(value) if isinstance(value, tuple) else self._value_terms(forms, raws, number)
        )
        return Encoded(columns, tuple(terms), columns.get(self.spec.keyword) == value)

    def _value_terms(
        self, forms: tuple[str, ...], raws: tuple[str, ...], number: float | None
    ) -> Iterator[Term]:
        fewest = 2 if self.form else 1
        if len(forms) >= fewest:
            yield Term(self.key, 0, forms[0], number)
            yield from (Term(self.key, place, form) for place, form in enumerate(forms[1:], start=1))
        if len(raws) >= fewest and self.spec.comparison is Comparison.FOLDED:
            yield from (Term(self.raw_key, place, raw) for place, raw in enumerate(raws))

    def _item_terms(self, items: tuple[Mapping[str, str], ...]) -> Iterator[Term]:
        for number, item in enumerate(items):
            yield Term(self.key, number, "")
            for keyword, forms in item_search_values(item).items():
                if key := item_key(self.spec, keyword):
                    yield from (Term(key, number, form) for form in forms)


def item_key(sequence: TagSpec, keyword: str) -> int | None:
    """Return the number in ``term`` of an attribute in a sequence's items; None if there is no such one."""
    spec = dictionary_spec(keyword, sequence.level)
    return sequence.tag << _SEQUENCE_SHIFT | spec.tag if spec else None
