"""Values of attributes that are no sequences."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

from fileroom.plugin import NotSupportedError
from fileroom_plugins.deidentify.actions import Action
from fileroom_plugins.deidentify.dates import minutes, shifted
from fileroom_plugins.deidentify.dictionary import keyword_of
from fileroom_plugins.deidentify.dummies import GRAPHIC_LAYER, dummy
from fileroom_plugins.deidentify.elements import WORDS_VRS
from fileroom_plugins.deidentify.encapsulated import empty_document
from fileroom_plugins.deidentify.identity import known_of
from fileroom_plugins.deidentify.patients import patient_of
from fileroom_plugins.deidentify.pseudonyms import one_name
from fileroom_plugins.deidentify.text import TextCleaner
from fileroom_plugins.deidentify.uids import is_registered, tells_when, tells_who
from fileroom_plugins.standard.vrs import PROSE_VRS

if TYPE_CHECKING:
    from collections.abc import Callable

    from fileroom.plugin import CharacterSet
    from fileroom_plugins.deidentify.actions import Rule
    from fileroom_plugins.deidentify.elements import Items
    from fileroom_plugins.deidentify.pseudonyms import Pseudonyms

_PATIENT_NAME, _PATIENT_ID, _BIRTH_DATE, _STUDY_UID = 0x0010_0010, 0x0010_0020, 0x0010_0030, 0x0020_000D
_ISSUER, _OFFSET = 0x0010_0021, 0x0008_0201
_DOCUMENT, _MIME_TYPE = 0x0042_0011, 0x0042_0012
_IDENTIFIER = re.compile(r".*(ID|Identifier|SerialNumber)")
_IDENTIFIER_VRS = {"LO", "SH", "UC"}
_DIGITS, _NO_DIGITS = re.compile(r"\d+", re.ASCII), re.compile(r"\D+", re.ASCII)
_MANY = WORDS_VRS - PROSE_VRS


class Leaves:
    """Makes new values of old ones, for one object.

    Attributes:
        patient: the Patient ID as it was.
        moved_by: by whose days dates were moved: those of the patient's ``id``, of the ``name``, or of the
            ``study``; empty as long as none were.
    """

    def __init__(
        self, items: Items, charset: CharacterSet, pseudonyms: Pseudonyms, *, dates_move: bool = False
    ) -> None:
        """Prepare.

        Args:
            items: the object's attributes.
            charset: of the texts of its first level.
            pseudonyms: what takes the place of identifiers.
            dates_move: UIDs that are kept may hold no dates, which would tell by how many days.
        """
        self._items = items
        self._dates_move = dates_move
        self._charset = charset
        self.patient = self._text(_PATIENT_ID)
        self._identity = patient_of(self.patient, self._text(_ISSUER))
        self._pseudonyms = pseudonyms
        self.moved_by = ""
        self._days = 0
        self._cleaner: TextCleaner | None = None

    def value(
        self,
        tag: int,
        vr: str,
        old: bytes,
        done: tuple[Action, Rule],
        charset: CharacterSet,
        *,
        demanded: bool = False,
    ) -> bytes:
        """Return what an action makes of a value.

        Nothing is made of an empty value but by `Action.REPLACE`: it tells nothing, and was as valid before.

        Args:
            tag: the attribute's.
            vr: its VR.
            old: its value.
            done: the action, which is none that removes the attribute, and the rule that says so.
            charset: in which it is written.
            demanded: whether the object is not valid without a value.

        Raises:
            NotSupportedError: a replacement has characters that the object's character set lacks.
        """
        action, rule = done
        if action is Action.KEEP or (not old.strip(b" \0") and action is not Action.REPLACE):
            return old
        match action:
            case Action.CLEAN if vr == "UI":
                made = self._uids(old, self._tells)
            case Action.CLEAN:
                made = self.cleaned(tag, vr, old, charset)
            case Action.REPLACE:
                made = _replaced(vr, old, rule, charset)
            case Action.SHIFT:
                made = self._moved(vr, old)
            case _ if action is Action.UID or vr == "UI":
                made = self.uids(old)
            case _:
                made = self._hidden(tag, vr, old, action, charset)
        if not demanded or action in {Action.REPLACE, Action.EMPTY} or made.strip(b" \0\\"):
            return made
        return self.uids(old) if vr == "UI" else dummy(vr, old, tag)

    def _hidden(self, tag: int, vr: str, old: bytes, action: Action, charset: CharacterSet) -> bytes:
        """Return a pseudonym of what tells people and things apart, else an empty or dummy value."""
        if action is Action.EMPTY:
            return b""
        if tag == _DOCUMENT:
            return empty_document(self._text(_MIME_TYPE), old)
        if tag == _PATIENT_ID:
            return self._pseudonyms.text("id", self._identity).encode("ascii") if self._identity else b""
        if tag == _PATIENT_NAME:
            name = charset.decode(old, person_name=True)
            return self._pseudonyms.text("name", _stripped(name)).encode("ascii")
        if has_pseudonym(tag, vr):
            return self.pseudonym(old, charset)
        return dummy(vr, old, tag)

    def pseudonym(self, old: bytes, charset: CharacterSet | None = None) -> bytes:
        """Return what takes the place of a text that tells things apart, the same for the same."""
        text = _stripped((charset or self._charset).decode(old))
        return self._pseudonyms.text("text", text).encode("ascii")

    def uids(self, old: bytes) -> bytes:
        """Return the UIDs that take the place of others; those that the standard registers stay."""
        return self._uids(old, lambda uid: not is_registered(uid))

    def _uids(self, old: bytes, goes: Callable[[str], bool]) -> bytes:
        uids = [one.strip(" \0") for one in old.decode("latin-1").split("\\")]
        if not any(uid and goes(uid) for uid in uids):
            return old
        made = (self._pseudonyms.uid(uid) if uid and goes(uid) else uid for uid in uids)
        return "\\".join(made).encode("latin-1")

    def _tells(self, uid: str) -> bool:
        """Say whether a UID holds a number of the patient's, or a true date beside moved ones."""
        return (self._dates_move and tells_when(uid)) or tells_who(uid, self._numbers)

    @functools.cached_property
    def _numbers(self) -> tuple[str, ...]:
        """What would tell the patient in a UID: the ID, and what it has of digits, and the date of birth."""
        found = (*_DIGITS.findall(self.patient), _NO_DIGITS.sub("", self._text(_BIRTH_DATE)))
        return tuple(one.lstrip("0") for one in found)

    def cleaned(self, tag: int, vr: str, old: bytes, charset: CharacterSet) -> bytes:
        """Return a text without what tells who the patient is; a dummy if it cannot be written any more."""
        if self._cleaner is None:
            self._cleaner = TextCleaner(known_of(self._items, self._charset))
        text = charset.decode(old, person_name=vr == "PN")
        cleaner = self._cleaner
        made = "\\".join(map(cleaner.clean, text.split("\\"))) if vr in _MANY else cleaner.clean(text)
        if made == text:
            return old
        if vr == "CS":  # which has no room for a sign
            return dummy(vr, old, tag)
        try:
            return charset.encode(made, person_name=vr == "PN")
        except UnicodeEncodeError:  # it was not encoded as it says
            return dummy(vr, old, tag)

    def _moved(self, vr: str, old: bytes) -> bytes:
        if not self.moved_by:
            self.moved_by, patient = ("id", self._identity) if self._identity else self._instead_of_id()
            self._days = self._pseudonyms.days(patient)
        offset = minutes(self._text(_OFFSET)) or 0
        return shifted(vr, old.decode("latin-1"), self._days, offset).encode("latin-1")

    def _instead_of_id(self) -> tuple[str, str]:
        """Return what tells a patient without an ID from others; of one without a name, the study does."""
        name = one_name(self._text(_PATIENT_NAME))
        parts = ("name", name, self._text(_BIRTH_DATE)) if name else ("study", self._text(_STUDY_UID))
        return parts[0], "\0".join(parts)  # which no ID has

    def _text(self, tag: int) -> str:
        element = self._items.get(tag)
        return (
            _stripped(self._charset.decode(element.data, person_name=tag == _PATIENT_NAME)) if element else ""
        )


def has_pseudonym(tag: int, vr: str) -> bool:
    """Say whether a pseudonym takes the place of an attribute's value, since it tells things apart."""
    return tag == GRAPHIC_LAYER or (
        vr in _IDENTIFIER_VRS and _IDENTIFIER.fullmatch(keyword_of(tag)) is not None
    )


def _replaced(vr: str, old: bytes, rule: Rule, charset: CharacterSet) -> bytes:
    text = rule.text
    if rule.pattern is not None:
        text = rule.pattern.sub(rule.text, charset.decode(old, person_name=vr == "PN"))
    try:
        return charset.encode(text, person_name=vr == "PN") if vr in WORDS_VRS else text.encode("ascii")
    except UnicodeEncodeError as error:
        message = f"the replacement by {rule.name} has characters that the object's character set lacks"
        raise NotSupportedError(message) from error


def _stripped(text: str) -> str:
    return text.strip(" \0")
