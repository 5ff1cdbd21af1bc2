"""Bulk data: which values are left where they are, and the URI by which a document refers to them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fileroom.plugin import InvalidValueError

if TYPE_CHECKING:
    from fileroom_plugins.metadata.elements import Element, Object

DEFAULT_URI = "?offset={offset}&length={length}"
"""Relative to wherever the object itself is."""

_FIELD = re.compile(r"\{(\w*)\}")
_UIDS = {"study": 0x0020000D, "series": 0x0020000E, "instance": 0x00080018}
_PLACE = ("offset", "length", "tag")


@dataclass(frozen=True, slots=True)
class Bulk:
    """How a document refers to bulk data.

    Attributes:
        threshold: binary values of more bytes are referred to, others are written into the document; None
            for all of them.
        uri: a template, in which ``{offset}`` and ``{length}`` stand for the bytes of the value within the
            object, ``{tag}`` for its tag, and ``{study}``, ``{series}``, ``{instance}`` for UIDs. Offsets in
            a deflated object count its bytes as they are when inflated. Of encapsulated pixel data, the
            bytes are all its items without the delimiter.

    Raises:
        InvalidValueError: the threshold is negative, or the template has other fields.
    """

    threshold: int | None = 1024
    uri: str = DEFAULT_URI

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        if self.threshold is not None and self.threshold < 0:
            raise InvalidValueError("bulk_threshold: expected a number of bytes from 0 on")
        for name in _FIELD.findall(self.uri):
            if name not in _PLACE and name not in _UIDS:
                known = ", ".join(f"{{{one}}}" for one in (*_PLACE, *_UIDS))
                raise InvalidValueError(f"bulk_uri: {{{name}}} is not known; known are {known}")

    def referrer(self, source: Object) -> Referrer:
        """Return what writes the URIs for one object."""
        return Referrer(self, source)


class Referrer:
    """Writes the URIs of the bulk data of one object.

    Attributes:
        threshold: as in `Bulk`; with all values in the document, more than any has.
    """

    __slots__ = ("_source", "_uri", "threshold")

    def __init__(self, bulk: Bulk, source: Object) -> None:
        self.threshold: float = float("inf") if bulk.threshold is None else bulk.threshold
        self._source = source
        self._uri = _FIELD.sub(self._uid, bulk.uri)

    def _uid(self, field: re.Match[str]) -> str:
        if field[1] not in _UIDS:
            return field[0]
        element = self._source.dataset.find(_UIDS[field[1]])
        value = element.value if element else None
        text = value.strip(b" \0").decode("latin-1") if type(value) is bytes else ""
        return re.sub(r"[^0-9.]", "", text)  # a hostile UID must not become another URI

    def uri(self, element: Element) -> str:
        """Return the URI of an element's value."""
        place = {"offset": element.offset, "length": element.length, "tag": f"{element.tag:08X}"}
        return _FIELD.sub(lambda field: str(place[field[1]]), self._uri)
