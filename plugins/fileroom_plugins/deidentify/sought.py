"""What of an original's identity a new object is searched for."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, NamedTuple

from fileroom_plugins.deidentify.dictionary import vr_of
from fileroom_plugins.deidentify.identity import meant, needles_in
from fileroom_plugins.deidentify.searched import places

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fileroom_plugins.deidentify.elements import Items
    from fileroom_plugins.deidentify.needles import Needle
    from fileroom_plugins.deidentify.profile import Profile

_PATIENT_NAME, _PATIENT_ID, _OTHER_IDS = 0x0010_0010, 0x0010_0020, 0x0010_1000
_PATIENT_GROUP = 0x0010
_IDENTITY = {f"{_PATIENT_NAME:08X}", f"{_PATIENT_ID:08X}"}


class Sought(NamedTuple):
    """What is searched for.

    Attributes:
        needles: that.
        patients: texts of those that tell the patient.
        retained: paths of identifying attributes that were meant to stay.
    """

    needles: list[Needle]
    patients: frozenset[str]
    retained: frozenset[str]


def sought_of(items: Items, touched: Mapping[str, str], profile: Profile) -> Sought:
    """Return what to search for: all that identified and was touched, less what was meant to stay.

    What tells the patient was meant to stay only where Patient's Name or Patient ID were. Of what went only
    with a sequence around it, nothing is searched for that stays elsewhere, whatever the rule: a document
    that has no word about an order's number says nothing of it by removing a sequence.
    """
    gone: dict[str, Needle] = {}
    direct, patients = set[str](), set[str]()
    stays, meant_to, identity, retained = set[str](), set[str](), set[str](), set[str]()
    for place in places(items, meant):
        path = place.path
        needles = needles_in(place.tag, place.element.vr, place.element.data, place.charset)
        if path in touched or any(prefix in touched for prefix in _prefixes(place.within)):
            sure = {needle.text: needle for needle in needles if needle.sure}
            gone = sure | gone
            if path in touched:
                direct.update(sure)
            if _tells_the_patient(place.tag):
                patients.update(sure)
            continue
        texts = {needle.text for needle in needles}
        stays.update(texts)
        if not profile.retains(_tags_of(path)):
            continue
        meant_to.update(texts)
        if path in _IDENTITY:
            identity.update(texts)
        elif not _tells_the_patient(place.tag):
            retained.add(path)
    left_alone = identity | ((meant_to | (stays - direct)) - patients)
    found = [needle for text, needle in gone.items() if text not in left_alone]
    return Sought(found, frozenset(patients), frozenset(retained))


@functools.lru_cache(maxsize=8192)
def _tells_the_patient(tag: int) -> bool:
    return tag in {_PATIENT_ID, _OTHER_IDS} or (tag >> 16 == _PATIENT_GROUP and vr_of(tag) == "PN")


@functools.lru_cache(maxsize=4096)
def _tags_of(path: str) -> tuple[int, ...]:
    return tuple(int(one[:8], 16) for one in path.split("."))


def _prefixes(path: str) -> Iterator[str]:
    """Yield the paths of the items and sequences around an attribute, as reports name them."""
    while (cut := path.rfind(".")) >= 0:
        path = path[:cut]
        yield path
        path = path[: path.rindex("[")]
        yield path
