"""What stands at places of a header that `fileroom.header` does not read: private ones, and within sequences.

pydicom finds the elements and items. Values are taken from their bytes: where one is not what its VR demands,
pydicom would fail, or repeat it in a warning.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, cast

from fileroom._header.charset import CharacterSet
from fileroom._header.values import CHARACTER_SET, effective_vr, sequence_items, text_of
from fileroom._tables.places import ALL
from fileroom.datasets import read_dataset
from fileroom.errors import InvalidDatasetError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pydicom import Dataset
    from pydicom.dataelem import DataElement, RawDataElement

    from fileroom._header.values import RawElement
    from fileroom._tables.places import Step
    from fileroom.model import TagValue

_BLOCKS = range(0x10, 0x100)
_UNTOLD = ("", "UN")
_PADDING = " \0"


class Found(NamedTuple):
    """What stands at one place.

    Attributes:
        vr: the VR by which it was read; empty where none is known, or nothing is there.
        value: as text, several values joined by a backslash, or a sequence's items; empty for nothing.
    """

    vr: str
    value: TagValue


NOTHING = Found("", "")


class PlaceReader:
    """Reads what stands at some places. Any thread may use it.

    Args:
        places: each a way from the data set down.
    """

    def __init__(self, places: Sequence[tuple[Step, ...]]) -> None:
        self._places = places
        self._tags = sorted({tag for steps in places for tag in _may_be(steps[0])})

    def read(self, file: BinaryIO) -> dict[tuple[Step, ...], tuple[Found, ...]]:
        """Return what stands at each place: one, or one for each item where all are meant.

        Args:
            file: a DICOM file, seekable; it is left where reading ended.

        Raises:
            InvalidDatasetError: it is damaged.
        """
        dataset = read_dataset(file, stop_before_pixels=True, only=self._tags)
        _, little_endian = dataset.original_encoding
        scope = _Scope(dataset, _charset_of(dataset, CharacterSet.of(b"")), little_endian is not False)
        return {steps: tuple(_walk(scope, steps)) for steps in self._places}


class _Scope(NamedTuple):
    """A data set, the object's or an item's, with how its values are written."""

    dataset: Dataset
    charset: CharacterSet
    little_endian: bool

    def item(self, dataset: Dataset) -> _Scope:
        return _Scope(dataset, _charset_of(dataset, self.charset), self.little_endian)


def _may_be(step: Step) -> Iterable[int]:
    """Return the tags that an attribute may have; a private one may be in any block of its group."""
    if not step.creator:
        return (step.tag,)
    creators = (step.tag & 0xFFFF0000 | block for block in _BLOCKS)
    return (*creators, *(step.tag | block << 8 for block in _BLOCKS))


def _walk(scope: _Scope, steps: tuple[Step, ...]) -> Iterator[Found]:
    step, *rest = steps
    tag = _private_tag(scope, step) if step.creator else step.tag
    is_there = tag in scope.dataset
    if not rest:
        yield _found(scope, step, tag) if is_there else NOTHING
        return
    items = _items(scope.dataset, tag) if is_there else ()
    number = 1 if step.item is None else step.item
    for item in items if number == ALL else items[number - 1 : number]:
        yield from _walk(scope.item(item), tuple(rest))
    if number != ALL and len(items) < number:
        yield NOTHING


def _found(scope: _Scope, step: Step, tag: int) -> Found:
    vr, data = _raw(scope.dataset, tag)
    if step.vr == "SQ" and vr in _UNTOLD:
        vr = "SQ"
    if vr == "SQ":
        if step.vr not in ("", "SQ"):
            return NOTHING
        items = [list(_elements(item)) for item in _items(scope.dataset, tag)]
        return Found("SQ", sequence_items(items, scope.charset, little_endian=scope.little_endian))
    vr = effective_vr(vr, step.vr) if step.vr else vr
    if vr in _UNTOLD:
        text = scope.charset.decode(data).strip(_PADDING)
        return Found("", text if text.isprintable() else "")
    text = text_of(vr, data, scope.charset, little_endian=scope.little_endian)
    return Found(vr, text.partition("\0")[0].rstrip())  # as `fileroom.header` has it


def _elements(item: Dataset) -> Iterator[RawElement]:
    """Yield an item's elements but for sequences."""
    for tag in item.keys():  # noqa: SIM118 - going through a data set itself converts its elements
        vr, data = _raw(item, tag)
        if vr != "SQ":
            yield int(tag), vr, data


def _raw(dataset: Dataset, tag: int) -> tuple[str, bytes]:
    """Return an element's VR, empty if the file has none, and its bytes.

    pydicom has converted sequences of undefined length, and the character set.
    """
    element = cast("DataElement | RawDataElement", dataset.get_item(tag, keep_deferred=True))
    if isinstance(element, tuple):
        return element.VR or "", element.value or b""
    if element.VR == "SQ":
        return "SQ", b""
    value = element.value or ""
    texts = [value] if isinstance(value, str) or not isinstance(value, Sequence) else value
    return str(element.VR), "\\".join(map(str, texts)).encode("ascii", "replace")


def _charset_of(dataset: Dataset, above: CharacterSet) -> CharacterSet:
    """Return how text is encoded here: as the data set says, or else as around it (PS3.5 section 7.5.3)."""
    return CharacterSet.of(_raw(dataset, CHARACTER_SET)[1]) if CHARACTER_SET in dataset else above


def _private_tag(scope: _Scope, step: Step) -> int:
    """Return the tag of a private attribute in this data set (PS3.5 section 7.8.1), which may not be there.

    Of several blocks of one creator it is the first that has it.
    """
    group = step.tag & 0xFFFF0000
    for block in _BLOCKS:
        tag = step.tag | block << 8
        if tag in scope.dataset and group | block in scope.dataset:
            _, data = _raw(scope.dataset, group | block)
            if scope.charset.decode(data).strip(_PADDING) == step.creator:
                return tag
    return step.tag


def _items(dataset: Dataset, tag: int) -> Sequence[Dataset]:
    try:
        value = dataset[tag].value
    except Exception as error:
        # pydicom raises whatever the damage leads to.
        raise InvalidDatasetError(
            f"damaged: pydicom cannot read a sequence: {type(error).__name__}"
        ) from error
    return value if isinstance(value, Sequence) and not isinstance(value, bytes | str) else ()
