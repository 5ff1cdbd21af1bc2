"""Which attributes tell who somebody is, and what an object says in them."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

from fileroom.plugin import CharacterSet
from fileroom_plugins.deidentify.dictionary import keyword_of, vr_of
from fileroom_plugins.deidentify.needles import needles_of
from fileroom_plugins.deidentify.uids import is_of_a_kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fileroom_plugins.deidentify.elements import Items
    from fileroom_plugins.deidentify.needles import Needle

_IDENTIFIES = re.compile(
    r".*(Address|Telephone|Telecom|InstitutionName|InstitutionalDepartmentName|StationName|AccessionNumber"
    r"|PatientID|PatientIDs|StudyID|AdmissionID|EpisodeID|OrderNumber|ProcedureID|ProcedureStepID|SerialNumber"
    r"|RecordLocator|PlanIdentification|TrialSubjectID|SubjectReadingID|TrialSiteID|DeviceID|DetectorID|PlateID"
    r"|UniqueDeviceIdentifier|SpecimenIdentifier|ContainerIdentifier|MilitaryRank|Occupation|RegionOfResidence).*"
)
_MAY_IDENTIFY = re.compile(
    r".*(ID|IDs|Identifier|Number|Address|Numbers|InstitutionName|DepartmentName|Residence|StationName)"
)
"""Keywords of attributes of short texts that tell people, orders, devices and places from others."""

_HARMLESS = frozenset(
    {
        *("SeriesNumber", "AcquisitionNumber", "InstanceNumber", "ItemNumber", "TemporalPositionIdentifier"),
        *("ReferencedFrameNumber", "StackID", "MappingResource", "TemplateIdentifier", "ContextIdentifier"),
    }
)
_WRITTEN = {"AE", "LO", "LT", "SH", "ST", "UC", "UR", "UT"}
_THEMSELVES = ("PN", "DA", "DT", "UI")
_LONGEST = 1 << 16
"""Bytes of an attribute that tells who somebody is; lists of names may be long."""


@functools.lru_cache(maxsize=8192)
def meant(tag: int, vr: str) -> tuple[tuple[str, bool], ...]:
    """Return as what values of an attribute tell who somebody was; nothing of one whose values do not.

    Both what the file says of a standard attribute and what the dictionary says counts, lest a name pass for
    a text.

    Args:
        tag: the attribute's.
        vr: its VR in the file.

    Returns:
        VRs for `needles_of`, and whether the attribute identifies for certain.
    """
    vrs = {vr, vr_of(tag)}
    found = [(one, True) for one in _THEMSELVES if one in vrs and not (one == "UI" and is_of_a_kind(tag))]
    keyword = keyword_of(tag)
    if vrs & _WRITTEN:
        if _IDENTIFIES.fullmatch(keyword):
            found.append(("LO", True))
        elif _MAY_IDENTIFY.fullmatch(keyword) and keyword not in _HARMLESS:
            found.append(("LO", False))
    return tuple(found)


def needles_in(tag: int, vr: str, data: bytes, charset: CharacterSet) -> Iterator[Needle]:
    """Yield what a value says of people; what its attribute does not say for certain is not `sure`."""
    for one, certain in meant(tag, vr):
        text = charset.decode(data, person_name=one == "PN")
        for value in text.split("\\"):
            for needle in needles_of(one, value, keyword_of(tag)):
                yield needle if certain else needle._replace(sure=False)


def known_of(items: Items, charset: CharacterSet) -> tuple[Needle, ...]:
    """Return what an object says of people at any depth, each once."""
    return tuple({needle[:-1]: needle for needle in _known(items, charset)}.values())


def _known(items: Items, charset: CharacterSet) -> Iterator[Needle]:
    declared = items.get(0x0008_0005)
    charset = CharacterSet.of(declared.data) if declared else charset
    for tag, element in items.items():
        value = element.value
        if isinstance(value, list):
            for item in value:
                yield from _known(item, charset)
        elif meant(tag, element.vr) and len(element.data) <= _LONGEST:
            yield from needles_in(tag, element.vr, element.data, charset)
