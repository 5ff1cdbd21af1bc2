"""The attributes that are given for an object, in any of the forms that they come in."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TypeAlias

import pydicom
from pydicom import Dataset
from pydicom.datadict import keyword_for_tag, tag_for_keyword

from fileroom.plugin import InvalidValueError

Metadata: TypeAlias = "Mapping[str, object] | str | bytes | Dataset | None"
"""Keywords to values; DICOM JSON (PS3.18 annex F) as text or as a mapping; or a dataset.

Of a dataset with a SOP Class UID, which is another object, only patient and study are taken.
"""

_TAG = re.compile(r"[0-9A-Fa-f]{8}")
_PIXELS = 0x7FE00000

_OF_A_TEMPLATE = (
    *("PatientName", "PatientID", "IssuerOfPatientID", "PatientBirthDate", "PatientBirthTime", "PatientSex"),
    *("OtherPatientIDsSequence", "EthnicGroup", "PatientComments", "PatientIdentityRemoved"),
    *("DeidentificationMethod", "DeidentificationMethodCodeSequence"),
    *("StudyInstanceUID", "StudyDate", "StudyTime", "StudyID", "AccessionNumber", "StudyDescription"),
    *("IssuerOfAccessionNumberSequence", "ReferringPhysicianName", "ReferencedStudySequence"),
    *("ProcedureCodeSequence", "PatientAge", "PatientSize", "PatientWeight", "TimezoneOffsetFromUTC"),
    *("ClinicalTrialSponsorName", "ClinicalTrialProtocolID", "ClinicalTrialProtocolName"),
    *("ClinicalTrialSiteID", "ClinicalTrialSiteName", "ClinicalTrialSubjectID"),
    "ClinicalTrialSubjectReadingID",
)
"""What a new object of the same study has in common with another (PS3.3 sections C.7.1 and C.7.2)."""


def read_metadata(given: Metadata) -> Dataset:
    """Return the attributes that are given.

    Raises:
        InvalidValueError: it is no JSON, a keyword is unknown, or a value is not one of its attribute.
    """
    if given is None:
        return Dataset()
    if isinstance(given, Dataset):
        return of_template(given) if "SOPClassUID" in given else _without_pixels(given)
    if isinstance(given, str | bytes):
        try:
            given = json.loads(given)
        except ValueError as error:
            raise InvalidValueError("the metadata is no JSON") from error
        if not isinstance(given, Mapping):
            raise InvalidValueError("the metadata is no JSON object: expected keywords or tags with values")
    if given and all(_TAG.fullmatch(key) for key in given):
        try:
            return _without_pixels(Dataset.from_json(dict(given)))
        except Exception as error:
            raise InvalidValueError("the metadata is no DICOM JSON (PS3.18 annex F)") from error
    return _of_keywords(given)


def of_template(template: Dataset) -> Dataset:
    """Return what a new object of the same patient and study takes over from another one."""
    taken = Dataset()
    for keyword in _OF_A_TEMPLATE:
        if keyword in template:
            taken[keyword] = template[keyword]
    return taken


def _of_keywords(given: Mapping[str, object]) -> Dataset:
    dataset = Dataset()
    for key, value in given.items():
        tag = int(key, 16) if _TAG.fullmatch(key) else tag_for_keyword(key)
        keyword = keyword_for_tag(tag) if tag is not None else ""
        if not keyword or tag is None or tag >= _PIXELS:
            raise InvalidValueError(f"the metadata has no keyword of an attribute in {key[:64]!r}")
        try:
            with pydicom.config.disable_value_validation():
                setattr(dataset, keyword, _value(value))
                dataset.to_json()  # which tries every value
        except InvalidValueError:
            raise
        except Exception as error:
            raise InvalidValueError(f"the metadata has a value for {keyword} that it cannot have") from error
    return dataset


def _value(value: object) -> object:
    if isinstance(value, Mapping):
        return [_of_keywords(value)]
    if isinstance(value, list | tuple) and value and all(isinstance(one, Mapping) for one in value):
        return [_of_keywords(one) for one in value]
    return value


def _without_pixels(dataset: Dataset) -> Dataset:
    kept = Dataset()
    for tag in dataset.keys():  # noqa: SIM118 - iterating over a dataset parses all
        if 0x00080000 <= tag < _PIXELS and tag.group != 0x0028:  # noqa: PLR2004 - the Image Pixel module
            kept[tag] = dataset[tag]
    return kept
