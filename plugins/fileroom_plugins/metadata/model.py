"""What a document says of an object, the same for every format: attributes, to be compared and encoded."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

Key: TypeAlias = "tuple[int, str]"
"""A tag, and whose it is where the tag has no block and its document says so; else empty."""

Said: TypeAlias = "str | int | float | tuple[str, ...] | None"
"""One value: text, a number, the component groups of a name, or nothing."""

Model: TypeAlias = "dict[Key, Attribute]"
"""The attributes of a data set or item."""


@dataclass(slots=True)
class Attribute:
    """What a document says of one attribute.

    Attributes:
        vr: its VR.
        values: its values, but of sequences and bytes.
        items: those of a sequence.
        binary: bytes that the document holds.
        uri: where the document says that its bytes are.
    """

    vr: str
    values: list[Said] = field(default_factory=list)
    items: list[Model] | None = None
    binary: bytes | None = None
    uri: str | None = None
