"""What the walker makes of a header: data sets, and their elements with values as they stand in the file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from fileroom.plugin import CharacterSet

if TYPE_CHECKING:
    from fileroom_plugins.metadata.source import Octets

UNDEFINED = 0xFFFFFFFF
"""The length of an element or item that a delimiter ends (PS3.5 section 7.1.1)."""

NAME_GROUPS = ("Alphabetic", "Ideographic", "Phonetic")
"""What DICOM JSON and the Native DICOM Model call the component groups of a person name."""

CHARACTER_SET = 0x00080005
PIXEL_DATA = 0x7FE00010
ITEM = 0xFFFEE000
ITEM_END = 0xFFFEE00D
SEQUENCE_END = 0xFFFEE0DD


class Element(NamedTuple):
    """One data element.

    Attributes:
        tag: group and element number as one.
        vr: its VR, found in a dictionary where the file does not tell; ``UN`` for one that nobody knows.
        value: the bytes as they stand in the file; the items of a sequence; None for bulk data, which was
            not read.
        offset: where in the object its value begins.
        length: of its value in bytes; without the delimiter where one ends it.
    """

    tag: int
    vr: str
    value: bytes | list[DataSet] | None
    offset: int
    length: int


@dataclass(slots=True, eq=False)
class DataSet:
    """A data set, or an item of a sequence.

    Attributes:
        elements: in ascending order of their tags, none of them twice.
        charset: how its text is encoded.
    """

    elements: list[Element] = field(default_factory=list)
    charset: CharacterSet = field(default_factory=lambda: CharacterSet.of(b""))

    def find(self, tag: int) -> Element | None:
        """Return the element of a tag, None where there is none."""
        return next((element for element in self.elements if element.tag == tag), None)


@dataclass(frozen=True, slots=True)
class Object:
    """A DICOM object, its header in memory.

    Attributes:
        meta: the elements of its file meta information; none where the file has none.
        dataset: the data set.
        transfer_syntax: the UID by which it is encoded, guessed where the file does not tell.
        little_endian: the order of the bytes in binary values.
        octets: its bytes, from which bulk data can be read; those of a deflated object are inflated.
        end: offset of the first byte that belongs to no element: its size, or padding.
    """

    meta: DataSet
    dataset: DataSet
    transfer_syntax: str
    little_endian: bool
    octets: Octets
    end: int

    def bulk(self, element: Element) -> bytes:
        """Return the bytes of an element's value, read now if they were left where they are.

        Raises:
            InvalidDatasetError: they are not all there.
        """
        assert not isinstance(element.value, list)  # sequences are no bulk data
        return self.octets.exactly(element.offset, element.length) if element.value is None else element.value


Value: TypeAlias = "bytes | list[DataSet] | None"
