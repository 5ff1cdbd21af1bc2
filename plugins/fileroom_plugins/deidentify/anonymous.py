"""Whether an object has been de-identified already, and what says that it has not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from fileroom.plugin import Processor, Product
from fileroom_plugins.deidentify.actions import Action
from fileroom_plugins.deidentify.content import is_dummy_content, is_hollow
from fileroom_plugins.deidentify.dictionary import keyword_of
from fileroom_plugins.deidentify.dummies import PSEUDONYM, dummy
from fileroom_plugins.deidentify.elements import Fragments
from fileroom_plugins.deidentify.encapsulated import empty_document
from fileroom_plugins.deidentify.leaves import has_pseudonym
from fileroom_plugins.deidentify.marks import PATIENT_IDENTITY_REMOVED, is_marked
from fileroom_plugins.deidentify.objects import read_object
from fileroom_plugins.deidentify.opening import profile_of_document, read_dictionary
from fileroom_plugins.deidentify.plan import Plan
from fileroom_plugins.deidentify.reading import creator_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fileroom_plugins.deidentify.asking import Options
    from fileroom_plugins.deidentify.dictionary import DataDictionary
    from fileroom_plugins.deidentify.elements import Items
    from fileroom_plugins.deidentify.objects import DicomObject
    from fileroom_plugins.deidentify.plan import Node, Step
    from fileroom_plugins.deidentify.profile import Profile

_GROUP, _LAST_CREATOR = 0xFFFF_0000, 0xFF
_UNMARKED, _IN_PIXELS = "not marked", "text in pixels"
_BURNED_IN = 0x0028_0301
_CONTENT_SEQUENCE = 0x0040_A730
_DOCUMENT, _MIME_TYPE = 0x0042_0011, 0x0042_0012
_IDENTITY = {0x0010_0010, 0x0010_0020}


class Anonymous(Processor):
    """Makes one product, ``anonymity``: JSON with ``profile``, ``anonymous`` and ``remaining``.

    What remains are objects with ``path``, ``keyword``, ``action`` and ``rule``, and never a value. As
    metadata, ``anonymous`` is ``yes`` or ``no``, so that what is kept can be searched for.
    """

    def __init__(self, options: Options) -> None:
        self._profile = asked_profile(options)

    def process(self, source: BinaryIO) -> Sequence[Product]:
        """Ask one object; see `fileroom.processing.Processor.process`."""
        found = read_object(source.read(), self._profile.dictionary)
        left = [one._asdict() for one in remaining(found, self._profile)]
        answer = {"profile": self._profile.name, "anonymous": not left, "remaining": left}
        data = json.dumps(answer, ensure_ascii=False).encode()
        metadata = {"anonymous": "no" if left else "yes"}
        return [Product("anonymity", data, "application/json", ".json", metadata)]


def asked_profile(options: Options) -> Profile:
    """Return the profile that objects are held against.

    Raises:
        DocumentError: a document is wrong.
        NotFoundError: there is no such document.
    """
    document = options.document.read("anonymity") if options.document else None
    dictionary = read_dictionary(options.standard_dictionary, options.private_dictionary)
    return profile_of_document(document, dictionary)


class Remaining(NamedTuple):
    """One attribute that a profile would still change.

    Attributes:
        path: tags and item numbers from 1 on, as in `fileroom_plugins.deidentify.report.Touched`.
        keyword: the last attribute's keyword; of a known private one its creator; else empty.
        action: what the profile does with it; none of those that leave it to the attribute's type.
        rule: the name of the rule that says so.
    """

    path: str
    keyword: str
    action: Action
    rule: str


def remaining(found: DicomObject, profile: Profile) -> Iterator[Remaining]:
    """Yield what a profile would find to remove, to empty or to replace, in the order of the object.

    The first is the mark that the patient's identity was removed, (0012,0062), if the object lacks it; its
    rule is called ``not marked``. The next is Burned In Annotation (0028,0301) if the object says that there
    is text in its pixels, whose rule is ``text in pixels``.

    Args:
        found: the object.
        profile: which dummies it leaves is known; what it cleans or moves cannot be told from what it left.
    """
    if not is_marked(found.items):
        name = keyword_of(PATIENT_IDENTITY_REMOVED)
        yield Remaining(f"{PATIENT_IDENTITY_REMOVED:08X}", name, Action.REPLACE, _UNMARKED)
    burned_in = found.items.get(_BURNED_IN)
    if burned_in is not None and burned_in.data.strip(b" \0") == b"YES":
        yield Remaining(f"{_BURNED_IN:08X}", keyword_of(_BURNED_IN), Action.CLEAN, _IN_PIXELS)
    yield from _level(found.items, Plan(profile, found.sop_class).root, "", profile.dictionary)


def _level(items: Items, node: Node, where: str, dictionary: DataDictionary) -> Iterator[Remaining]:
    for tag, element in items.items():
        creator = ""
        if tag >> 16 & 1:
            if tag & 0xFFFF <= _LAST_CREATOR:
                continue
            holder = items.get(tag & _GROUP | tag >> 8 & 0xFF)
            creator = creator_of(holder) if holder else ""
            step = node.private_step(tag & 0xFFFF_00FF, element.vr, creator)
        else:
            step = node.step(tag, element.vr)
        path = f"{where}{tag:08X}"
        value = element.value
        if step.action is not Action.REMOVE and isinstance(value, list) and not _acts_on_all(step):
            below = node.below(tag if not tag >> 16 & 1 else tag & 0xFFFF_00FF)
            for number, item in enumerate(value, start=1):
                yield from _level(item, below, f"{path}[{number}].", dictionary)
        elif not _is_done(items, tag, step):
            if creator and not dictionary.is_known_private(creator, tag & 0xFFFF_00FF):
                creator = ""  # of one that nobody knows, the name may be anything
            yield Remaining(path, creator or keyword_of(tag), step.action, step.rule.name)


def _acts_on_all(step: Step) -> bool:
    """Say whether an action is one on a sequence as a whole, and not on what is in its items."""
    return step.action in {Action.EMPTY, Action.DUMMY, Action.REPLACE}


def _is_done(items: Items, tag: int, step: Step) -> bool:
    """Say whether an attribute, or a sequence as a whole, is what an action leaves."""
    element, action = items[tag], step.action
    value = element.value
    if action is Action.REMOVE or isinstance(value, Fragments):
        return action is not Action.REMOVE
    if isinstance(value, list):
        if action is Action.DUMMY and tag == _CONTENT_SEQUENCE:
            return is_dummy_content(value)
        return not value or (action is Action.DUMMY and len(value) == 1 and is_hollow(value[0]))
    data = element.data.strip(b" \0")
    if action is Action.REPLACE and step.rule.pattern is None:
        return data == step.rule.text.strip().encode("utf-8", "replace")
    if action is Action.DUMMY:
        return not data or _is_dummy(items, tag, data)
    return not data or action is not Action.EMPTY


def _is_dummy(items: Items, tag: int, data: bytes) -> bool:
    """Say whether a value is a dummy; a UID may be one, and a pseudonym is told by its form."""
    element = items[tag]
    if element.vr == "UI":
        return True
    if tag == _DOCUMENT:
        mime_type = items[_MIME_TYPE].data.decode("latin-1") if _MIME_TYPE in items else ""
        return data == empty_document(mime_type, data).strip(b" \0")
    if tag in _IDENTITY or has_pseudonym(tag, element.vr):
        return PSEUDONYM.fullmatch(data) is not None
    return data == dummy(element.vr, element.data, tag).strip(b" \0")
