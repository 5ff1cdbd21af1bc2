"""Writing metadata: an edited document, and the object it was made of, become a new object.

The document is held against the one that the object gives now: what is the same in both keeps its bytes,
so that nothing is lost that a document cannot say, and only what somebody changed is encoded anew.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, NoReturn

from fileroom.plugin import CharacterSet, DocumentError, InvalidDatasetError, identity_of
from fileroom_plugins.metadata.blocks import Blocks
from fileroom_plugins.metadata.elements import CHARACTER_SET, DataSet, Element
from fileroom_plugins.metadata.encoding import encode
from fileroom_plugins.metadata.file_writing import file_bytes
from fileroom_plugins.metadata.json_reading import read_json
from fileroom_plugins.metadata.kinds.mapping import DEFAULT
from fileroom_plugins.metadata.lookup import HIGHEST_CREATOR, LOWEST_CREATOR, is_private, standard_entry
from fileroom_plugins.metadata.model import Attribute
from fileroom_plugins.metadata.processor import Format, checked
from fileroom_plugins.metadata.source import Octets, opened
from fileroom_plugins.metadata.walker import read_object
from fileroom_plugins.metadata.xml_reading import read_document
from fileroom_plugins.standard.vrs import BINARY_VRS, TEXT_VRS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fileroom.plugin import ObjectSource
    from fileroom_plugins.metadata.elements import Object
    from fileroom_plugins.metadata.model import Model

NAME = "the edited document"

_FIRST_GROUP = 0x0008
_SOP_INSTANCE = 0x00080018
_IDENTITY = {
    "PatientID": 0x00100020,
    "StudyInstanceUID": 0x0020000D,
    "SeriesInstanceUID": 0x0020000E,
    "SOPInstanceUID": _SOP_INSTANCE,
    "SOPClassUID": 0x00080016,
}


def rewritten(
    source: ObjectSource,
    document: bytes | str,
    sop_instance_uid: str | None,
    options: Mapping[str, Any],
    *,
    anew: bool = False,
) -> bytes:
    """Return the new object; see `fileroom_plugins.metadata.write_metadata`.

    Args:
        source: the object.
        document: the edited document.
        sop_instance_uid: that of the new object.
        options: those that the document was made with.
        anew: whether the new object gets another SOP Instance UID where neither argument nor document has
            one: it is made of these two, and so the same again.
    """
    data = document.encode() if isinstance(document, str) else document
    format_, edited = _read(data)
    formatted = Format(checked({**options, "format": format_}))
    if formatted.options.mapping.text != DEFAULT:
        raise DocumentError("a document that a mapping made cannot be written back: make one without", NAME)
    with opened(source) as octets:
        original = read_object(octets, keep=formatted.kept)
        _, shown = _read(formatted.written(original).encode())
        key = (_SOP_INSTANCE, "")
        if sop_instance_uid is not None:
            edited[key] = Attribute("UI", [sop_instance_uid])
        elif anew and edited.get(key) == shown.get(key):
            digest = hashlib.sha256(data + str(shown.get(key)).encode()).digest()
            edited[key] = Attribute("UI", [f"2.25.{int.from_bytes(digest[:16], 'big')}"])
        dataset = _Merger(original, formatted).merged(original.dataset, shown, edited)
        _check(dataset)
        made = file_bytes(original, dataset)
    read_object(Octets(made))  # what cannot be read back must not leave
    return made


def _read(data: bytes) -> tuple[str, Model]:
    if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return read_document(data, NAME)
    return "json", read_json(data, NAME)


def _check(dataset: DataSet) -> None:
    """Make sure that the new object is one that an archive can take."""
    found = {}
    for keyword, tag in _IDENTITY.items():
        element = dataset.find(tag)
        if element and type(element.value) is bytes:
            found[keyword] = dataset.charset.decode(element.value).strip("\0 ")
    try:
        identity_of(found)
    except InvalidDatasetError as error:
        raise DocumentError(f"what it makes is no DICOM object: {error}", NAME) from error
    if not found.get("SOPClassUID"):
        raise DocumentError("what it makes is no DICOM object: it has no SOPClassUID", NAME)


class _Merger:
    def __init__(self, original: Object, formatted: Format) -> None:
        self._original = original
        referrer = formatted.bulk.referrer(original)
        self._referred = {
            referrer.uri(element): element
            for element in _elements(original.dataset)
            if element.vr in BINARY_VRS and element.length > referrer.threshold
        }

    def merged(
        self,
        before: DataSet,
        shown: Model,
        edited: Model,
        outer: CharacterSet | None = None,
        *,
        anew: bool = False,
    ) -> DataSet:
        """Return a data set as an edited document has it.

        Args:
            before: the data set as it was.
            shown: what a document says of that.
            edited: what the edited document says.
            outer: the character set around it, None at the top.
            anew: whether that is another one than before, so that texts must be encoded anew.
        """
        blocks = _NewBlocks(before)
        old = {element.tag: element for element in before.elements}
        charset, anew = self._charset(before, shown, edited, outer, anew=anew)
        hidden = old.keys() - {blocks.tag(key) for key in shown if blocks.is_known(key)}
        elements = {tag: old[tag] for tag in hidden if tag & 0xFFFF}
        for key, attribute in edited.items():
            tag = blocks.tag(key)
            if not tag & 0xFFFF or tag >> 16 < _FIRST_GROUP:
                continue  # group lengths, which are told no more, and what belongs to the file
            was = old.get(tag) if key in shown else None
            same = was is not None and shown[key] == attribute
            if same and was is not None and not (anew and (was.vr in TEXT_VRS or was.vr == "SQ")):
                elements[tag] = was
            else:
                elements[tag] = self._element(tag, attribute, was, shown.get(key), charset, anew=anew)
        for tag, creator in blocks.added.items():
            data = self._encoded(tag, Attribute("LO", [creator]), charset)
            elements[tag] = Element(tag, "LO", data, 0, len(data))
        return DataSet([elements[tag] for tag in sorted(elements)], charset)

    def _charset(
        self, before: DataSet, shown: Model, edited: Model, outer: CharacterSet | None, *, anew: bool
    ) -> tuple[CharacterSet, bool]:
        """Return the character set of the new data set, and whether it is another one than before."""
        key = (CHARACTER_SET, "")
        if shown.get(key) == edited.get(key):
            own = before.find(CHARACTER_SET) is not None
            return (before.charset, False) if own or outer is None or not anew else (outer, True)
        if key not in edited:
            return outer or CharacterSet.of(b""), True
        data = self._encoded(CHARACTER_SET, edited[key], CharacterSet.of(b""))
        return CharacterSet.of(data), True

    def _element(
        self,
        tag: int,
        attribute: Attribute,
        was: Element | None,
        shown: Attribute | None,
        charset: CharacterSet,
        *,
        anew: bool,
    ) -> Element:
        entry = None if is_private(tag) else standard_entry(tag)
        if entry and attribute.vr not in {*entry.vr.split(" or "), "UN", was.vr if was else "UN"}:
            self._fail(tag, f"a value of VR {entry.vr} is expected, not of {attribute.vr}")
        if attribute.items is not None:
            olds = was.value if was is not None and isinstance(was.value, list) else []
            said = shown.items if shown is not None and shown.items is not None else []
            value = self._items(olds, said, attribute.items, charset, anew=anew)
            return Element(tag, "SQ", value, 0, 0)
        if attribute.uri is not None:
            found = self._referred.get(attribute.uri)
            if found is None:
                self._fail(tag, "refers to bulk data that the object does not have")
            return found._replace(tag=tag, vr=attribute.vr)
        data = self._encoded(tag, attribute, charset)
        return Element(tag, attribute.vr, data, 0, len(data))

    def _items(
        self,
        olds: list[DataSet],
        shown: list[Model],
        edited: list[Model],
        charset: CharacterSet,
        *,
        anew: bool,
    ) -> list[DataSet]:
        """Return items: each is held against the one that it was."""
        places: list[int | None]
        if len(edited) == len(shown):
            places = list(range(len(edited)))
        else:  # some came or went: only what is the same as before can be told to be what it was
            places = [next((at for at, one in enumerate(shown) if one == item), None) for item in edited]
        items = []
        for place, item in zip(places, edited, strict=True):
            if place is None:
                items.append(self.merged(DataSet([], charset), {}, item, charset, anew=True))
            else:
                items.append(self.merged(olds[place], shown[place], item, charset, anew=anew))
        return items

    def _encoded(self, tag: int, attribute: Attribute, charset: CharacterSet) -> bytes:
        if attribute.vr in BINARY_VRS:
            return attribute.binary or b""
        try:
            return encode(attribute.vr, attribute.values, charset, little_endian=self._original.little_endian)
        except ValueError as error:
            self._fail(tag, str(error))

    def _fail(self, tag: int, what: str) -> NoReturn:
        raise DocumentError(f"({tag >> 16:04X},{tag & 0xFFFF:04X}): {what}", NAME)


class _NewBlocks:
    """Finds the blocks of private tags that come without one, and takes new blocks where there are none.

    Attributes:
        added: the tags of creators that a data set needs now, and their values.
    """

    def __init__(self, before: DataSet) -> None:
        self._blocks = Blocks(before)
        self._taken = {element.tag for element in before.elements}
        self.added: dict[int, str] = {}

    def is_known(self, key: tuple[int, str]) -> bool:
        """Say whether a key needs no new block."""
        return not key[1] or self._blocks.first(key[0], key[1]) is not None

    def tag(self, key: tuple[int, str]) -> int:
        """Return the tag that a key means."""
        tag, creator = key
        if not creator or not is_private(tag):
            return tag
        block = self._blocks.first(tag, creator)
        if block is None:
            block = next(
                (one for one, name in self.added.items() if name == creator and one >> 16 == tag >> 16), None
            )
        if block is None:
            numbers = range(LOWEST_CREATOR, HIGHEST_CREATOR + 1)
            free = (tag & 0xFFFF0000 | number for number in numbers)
            block = next((one for one in free if one not in self._taken and one not in self.added), None)
            if block is None:
                raise DocumentError("a group has no private block left", NAME)
            self.added[block] = creator
        return tag & 0xFFFF00FF | (block & 0xFF) << 8


def _elements(dataset: DataSet) -> list[Element]:
    found = []
    for element in dataset.elements:
        found.append(element)
        if isinstance(element.value, list):
            for item in element.value:
                found += _elements(item)
    return found
