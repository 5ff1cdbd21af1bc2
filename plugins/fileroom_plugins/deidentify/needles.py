"""What must not be found again in a de-identified object: the values that told who somebody was.

Not every value is worth a search, since an object that is refused for a coincidence helps nobody:

- Only identifying attributes count: names of persons, identifiers, numbers of orders and devices, addresses,
  telephones, institutions, dates, and UIDs; and of these only what de-identification touched.
- Words of names count from three letters on, of scripts other than Latin from two; identifiers from four
  characters, those of digits only from five; dates with year, month and day; UIDs that the standard does not
  register.
- Words that stand for nobody do not count (`GENERIC`), nor what repeats one character, nor the first of
  January 1900.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_NOBODY = """
    anon anonym anonymized anonymised anonymous none null unknown unnamed undefined unspecified test tester
    testing patient doctor physician nobody name first last middle mrs miss herr frau med prof phd msc clinic
    klinik hospital university department radiology institute center centre the and von van der den del des
    phantom demo sample example study
"""
GENERIC = frozenset(_NOBODY.split())
"""Words that many objects hold, and that tell nobody from others."""

_SHORTEST_WORD, _SHORTEST_FOREIGN, _SHORTEST_ID, _SHORTEST_DIGITS = 3, 2, 4, 5
_WHOLE_WORD = 6  # shorter ones must stand alone to be found
_LONGEST = 1024
_REGISTERED = "1.2.840.10008."
_SHORTEST_UID = 10
_DATE = re.compile(r"(\d{4})(\d\d)(\d\d)")
_NO_DATE = {"19000101", "00010101", "18000101"}
_IDENTIFYING = re.compile(
    r".*(Address|Telephone|Telecom|InstitutionName|InstitutionalDepartmentName|StationName|AccessionNumber"
    r"|PatientID|PatientIDs|StudyID|AdmissionID|EpisodeID|OrderNumber|ProcedureID|ProcedureStepID|SerialNumber"
    r"|RecordLocator|PlanIdentification|TrialSubjectID|SubjectReadingID|TrialSiteID|DeviceID|DetectorID|PlateID"
    r"|UniqueDeviceIdentifier|SpecimenIdentifier|ContainerIdentifier|MilitaryRank).*"
)
_PLACE = re.compile(r"Institution|Station")
_WRITTEN = {"AE", "LO", "LT", "SH", "ST", "UC", "UR", "UT"}
_SPLIT = re.compile(r"[\^=\s,;.()/]+")


class Needle(NamedTuple):
    """A value, or a part of one.

    Attributes:
        text: in small letters.
        kind: ``word`` of a name, ``id``, ``place``, ``date`` or ``uid``.
        whole: whether it counts only where no letter or digit stands beside it.
        origin: the keyword of the attribute that it stood in.
    """

    text: str
    kind: str
    whole: bool
    origin: str


def identifies(vr: str, keyword: str) -> bool:
    """Say whether values of an attribute tell who somebody was."""
    return vr in {"PN", "DA", "DT", "UI"} or (vr in _WRITTEN and bool(_IDENTIFYING.fullmatch(keyword)))


def needles_of(vr: str, text: str, origin: str) -> Iterator[Needle]:
    """Yield what of one value of an identifying attribute, whose keyword is the origin, is worth a search."""
    text = text.strip(" \0").casefold()[:_LONGEST]
    if vr == "PN":
        for word in _SPLIT.split(text):
            if _is_word(word):
                yield Needle(word, "word", word.isascii(), origin)
    elif vr in {"DA", "DT"}:
        date = _DATE.match(text)
        if date and date[0] not in _NO_DATE:
            for written in (date[0], "-".join(date.groups()), ".".join(date.groups()[::-1])):
                yield Needle(written, "date", whole=True, origin=origin)
    elif vr == "UI":
        if len(text) >= _SHORTEST_UID and not text.startswith(_REGISTERED):
            yield Needle(text, "uid", whole=True, origin=origin)
    elif _is_id(text):
        kind = "place" if _PLACE.match(origin) else "id"
        yield Needle(text, kind, len(text) < _WHOLE_WORD, origin)


def _is_word(word: str) -> bool:
    shortest = _SHORTEST_WORD if word.isascii() else _SHORTEST_FOREIGN
    letters = sum(map(str.isalpha, word))
    return letters >= shortest and word not in GENERIC and len(set(word)) > 1


def _is_id(text: str) -> bool:
    shortest = _SHORTEST_DIGITS if text.isdigit() else _SHORTEST_ID
    return len(text) >= shortest and text not in GENERIC and len(set(text)) > 1
