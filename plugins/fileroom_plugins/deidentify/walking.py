"""One object, attribute by attribute."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, NamedTuple

from fileroom.plugin import CharacterSet
from fileroom_plugins.deidentify.actions import Action, Rule
from fileroom_plugins.deidentify.content import FORM, dummy_content, hollow, is_identifying, references
from fileroom_plugins.deidentify.dictionary import KNOWN, keyword_of
from fileroom_plugins.deidentify.elements import LONG, WORDS_VRS, Element, Fragments
from fileroom_plugins.deidentify.grammar import fits
from fileroom_plugins.deidentify.pixels.exact import LENGTHS, OFFSETS, PIXELS, Image, embedded_planes
from fileroom_plugins.deidentify.plan import is_uid_as_text
from fileroom_plugins.deidentify.reading import creator_of
from fileroom_plugins.deidentify.report import Touched

if TYPE_CHECKING:
    from fileroom_plugins.deidentify.dictionary import DataDictionary
    from fileroom_plugins.deidentify.elements import Items
    from fileroom_plugins.deidentify.leaves import Leaves
    from fileroom_plugins.deidentify.plan import Node, Step

_CHARACTER_SET = 0x0008_0005
_CONTENT_SEQUENCE = 0x0040_A730
_SOP_CLASS, _KEY_OBJECTS = 0x0008_0016, b"1.2.840.10008.5.1.4.1.1.88.59"
_WOULD_TELL = {Action.KEEP, Action.CLEAN, Action.SHIFT}
_PIXEL_DATA, _FLOAT_PIXEL_DATA, _DOUBLE_FLOAT_PIXEL_DATA = PIXELS
_DOCUMENT, _DOCUMENT_LENGTH = 0x0042_0011, 0x0042_0015
_OVERLAY_DATA = 0x3000
_PLANES = frozenset(group << 16 | _OVERLAY_DATA for group in range(0x6000, 0x6100, 2))
_FIRST_CREATOR, _LAST_CREATOR = 0x10, 0xFF
_RESERVED_GROUPS = {1, 3, 5, 7, 0xFFFF}
_GROUP_LENGTH = Rule(Action.REMOVE, "group length")
_PLANE = Rule(Action.REMOVE, "overlay without data")
_INVALID = Rule(Action.EMPTY_OR_DUMMY, "no value of its VR")
_BESIDE = Rule(Action.CLEAN, "beside the frames")
_NO_OFFSETS = Rule(Action.REMOVE, "offsets of no frames")
_NO_CREATOR = Rule(Action.REMOVE, "private without creator")
_UNUSED = Rule(Action.REMOVE, "private creator without attributes")


class _Place(NamedTuple):
    """Where a walk is.

    Attributes:
        node: what is done there.
        where: the path up to there, for the report.
        charset: of the texts there.
        cleaning: within a sequence that is cleaned: texts for which there is no rule are cleaned too.
        hiding: within a content item that says who somebody is: its values are hidden.
    """

    node: Node
    where: str
    charset: CharacterSet
    cleaning: Rule | None
    hiding: bool = False


class Walk:
    """Makes the attributes of a new object of those of another, which stay as they are.

    Attributes:
        touched: what did not stay as it was.
        pixels_changed: whether something was taken out of the pixels.
    """

    def __init__(self, leaves: Leaves, order: str, syntax: str, dictionary: DataDictionary = KNOWN) -> None:
        """Prepare.

        Args:
            leaves: makes new values of old ones.
            order: the object's byte order, as `struct` has it.
            syntax: its transfer syntax UID.
            dictionary: what the dictionaries know.
        """
        self.touched: list[Touched] = []
        self.pixels_changed = False
        self._syntax = syntax
        self._selects = False
        self._dictionary = dictionary
        self._leaves = leaves
        self._order = order

    def through(self, items: Items, root: Node, charset: CharacterSet) -> Items:
        """Return the new object's attributes."""
        sop_class = items.get(_SOP_CLASS)
        self._selects = sop_class is not None and sop_class.data.strip(b" \0") == _KEY_OBJECTS
        made = self._level(items, _Place(root, "", charset, None))
        gone = {group for group in embedded_planes(items) if not _keeps_plane(root, group)}
        if not _PLANES.isdisjoint(items):
            gone.update(tag >> 16 for tag in _PLANES & items.keys() if tag not in made)
        # What describes a plane is of no use, and not valid, without its data.
        for tag in [tag for tag in made if tag >> 16 in gone] if gone else ():
            del made[tag]
            self._note("", tag, Action.REMOVE, _PLANE)
        document = made.get(_DOCUMENT)
        if document is not None and _DOCUMENT_LENGTH in made and document is not items[_DOCUMENT]:
            length = made[_DOCUMENT_LENGTH]
            made[_DOCUMENT_LENGTH] = Element(length.vr, LONG[self._order].pack(len(document.data)))
        return made

    def _level(self, items: Items, place: _Place) -> Items:
        declared = items.get(_CHARACTER_SET)
        if declared is not None:
            place = place._replace(charset=CharacterSet.of(declared.data))
        if place.cleaning and not place.hiding and is_identifying(items):
            place = place._replace(hiding=True)
        made: Items = {}
        private: list[int] = []
        order, dictionary = self._order, self._dictionary
        node, where = place.node, place.where
        for tag, element in items.items():
            if tag >> 16 & 1:
                private.append(tag)
                continue
            if not tag & 0xFFFF:
                self._note(where, tag, Action.REMOVE, _GROUP_LENGTH)
                continue
            step = node.step(tag, element.vr)
            if step.action is Action.REMOVE:
                self._note(where, tag, Action.REMOVE, step.rule)
            elif (
                step.action is Action.KEEP
                and not place.cleaning
                and fits(tag, element.vr, element, order, dictionary)
            ):
                made[tag] = element
            else:
                made[tag] = self._attribute(items, tag, step, place)
        if private:
            self._private(items, private, made, place)
        if _PIXEL_DATA in made or _FLOAT_PIXEL_DATA in made or _DOUBLE_FLOAT_PIXEL_DATA in made:
            self._pixels(items, made, node, where)
        return made

    def _pixels(self, items: Items, made: Items, node: Node, where: str) -> None:
        """Let pixels that stay be those of the frames, and nothing behind or beside them."""
        image = Image(items, self._order, self._syntax)
        stay = any(_keeps_plane(node, group) for group in embedded_planes(items))
        for tag in PIXELS:
            if tag not in made or made[tag] is not items[tag]:
                continue
            made[tag] = exact = image.exact(tag, planes_stay=stay)
            if exact is not items[tag]:
                self.pixels_changed = True
                self._note(where, tag, Action.CLEAN, _BESIDE)
        if OFFSETS in made and not image.offsets_fit(made):
            for tag in (OFFSETS, LENGTHS):
                if made.pop(tag, None):
                    self._note(where, tag, Action.REMOVE, _NO_OFFSETS)

    def _private(self, items: Items, tags: list[int], made: Items, place: _Place) -> None:
        """Do the private attributes of a level; of creators those stay of whose block something stays."""
        creators = {tag: creator_of(items[tag]) for tag in tags if _is_creator(tag)}
        for tag in tags:
            if tag in creators:
                continue
            holder = tag & 0xFFFF_0000 | tag >> 8 & 0xFF
            creator = creators.get(holder)
            if not creator or tag >> 16 in _RESERVED_GROUPS:
                self._note(place.where, tag, Action.REMOVE, _NO_CREATOR)
                continue
            step = place.node.private_step(tag & 0xFFFF_00FF, items[tag].vr, creator)
            if step.action is Action.REMOVE:
                self._note(place.where, tag, Action.REMOVE, step.rule, creator)
            else:
                made[tag] = self._attribute(items, tag, step, place, creator=creator)
                made[holder] = _creator(creator)
        for tag in creators.keys() - made.keys():
            self._note(place.where, tag, Action.REMOVE, _UNUSED)

    def _attribute(self, items: Items, tag: int, step: Step, place: _Place, *, creator: str = "") -> Element:
        """Return what becomes of an attribute that stays."""
        element = items[tag]
        action, rule = step.action, step.rule
        if place.hiding and tag not in FORM and _would_tell(action, element.vr):
            action, rule = Action.DUMMY, place.cleaning or rule
            step = step._replace(action=action, rule=rule)
        if isinstance(element.value, list):
            return self._sequence(tag, element, element.value, step, place)
        if isinstance(element.value, Fragments):
            if action is Action.KEEP:
                return element
            made = b""
        else:
            vr = self._meant(tag, creator, element.vr)
            text = element.vr in WORDS_VRS and element.vr != "CS" and vr != "UI"
            if action is Action.KEEP and place.cleaning and text:
                action, rule = Action.CLEAN, place.cleaning
            if action is Action.KEEP and not fits(tag, rule.vr or vr, element, self._order, self._dictionary):
                # What somebody wrote as of another VR has no dummy of its own.
                own = element.vr == self._dictionary.vr_of(tag)
                action, rule = (Action.DUMMY if step.demanded and own else Action.EMPTY), _INVALID
            done = (action, rule)
            made = self._leaves.value(tag, vr, element.data, done, place.charset, demanded=step.demanded)
            if made == element.value:
                return element
            if vr == "UI":  # another VR may have no room for it
                element = Element(vr, element.data)
        self._note(place.where, tag, action, rule, creator)
        return Element(element.vr, made)

    def _meant(self, tag: int, creator: str, vr: str) -> str:
        """Return the VR of an attribute, the dictionaries' where the file has none."""
        known = self._dictionary
        if not creator and is_uid_as_text(known.vr_of(tag), vr):
            return "UI"
        if vr != "UN":
            return vr
        return (known.private_vr_of(creator, tag & 0xFFFF_00FF) if creator else known.vr_of(tag)) or vr

    def _sequence(self, tag: int, element: Element, items: list[Items], step: Step, place: _Place) -> Element:
        """Return what becomes of a sequence; the actions that keep its items apply to what is in them."""
        action, rule = step.action, step.rule
        if action in {Action.EMPTY, Action.DUMMY, Action.REPLACE}:
            if not items:
                return element
            self._note(place.where, tag, action, rule)
            if action is Action.EMPTY:
                return Element("SQ", [], as_un=element.as_un)
            if tag == _CONTENT_SEQUENCE:
                return Element("SQ", self._content(items, place), as_un=element.as_un)
            return Element("SQ", [hollow(items[0], self._leaves)], as_un=element.as_un)
        inner = _Place(
            place.node.below(tag if not tag >> 16 & 1 else tag & 0xFFFF_00FF),
            place.where,
            place.charset,
            rule if action is Action.CLEAN else place.cleaning,
            place.hiding and tag == _CONTENT_SEQUENCE,
        )
        name = f"{place.where}{tag:08X}"
        made = [
            self._level(item, inner._replace(where=f"{name}[{number}]."))
            for number, item in enumerate(items, 1)
        ]
        return Element("SQ", made, as_un=element.as_un)

    def _content(self, items: list[Items], place: _Place) -> list[Items]:
        """Return a content tree that says nothing; what a selection of key objects selects stays."""
        selected = references(items) if self._selects and not place.where else []
        inner = place._replace(node=place.node.below(_CONTENT_SEQUENCE))
        return [
            self._level(item, inner._replace(where=f"{_CONTENT_SEQUENCE:08X}[{number}]."))
            for number, item in enumerate(selected, 1)
        ] or dummy_content()

    def _note(self, where: str, tag: int, action: Action, rule: Rule, creator: str = "") -> None:
        if creator and not self._dictionary.is_known_private(creator, tag & 0xFFFF_00FF):
            creator = ""  # of one that nobody knows, the name may be anything, a patient's included
        self.touched.append(_touched(where, tag, action, rule.name, creator))


@functools.lru_cache(maxsize=4096)
def _touched(where: str, tag: int, action: Action, rule: str, creator: str) -> Touched:
    return Touched(f"{where}{tag:08X}", creator or keyword_of(tag), action, rule)


def _keeps_plane(node: Node, group: int) -> bool:
    return node.step(group << 16 | _OVERLAY_DATA, "OW").action is Action.KEEP


def _creator(name: str) -> Element:
    """Return a creator element that holds what was taken for the creator, and nothing behind it."""
    data = name.encode("latin-1")
    return Element("LO", data + b" " * (len(data) % 2))


def _would_tell(action: Action, vr: str) -> bool:
    """Say whether something of a value stays that no rule of its own keeps, as of UIDs."""
    return action in _WOULD_TELL and vr != "UI"


def _is_creator(tag: int) -> bool:
    return _FIRST_CREATOR <= tag & 0xFFFF <= _LAST_CREATOR
