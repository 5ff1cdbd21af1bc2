"""Entries for an index without a DICOM file behind them: single ones for tests, millions for benchmarks."""

from __future__ import annotations

import hashlib
import itertools
import random
from typing import TYPE_CHECKING

from fileroom.index import Entry
from fileroom.model import AttachmentRecord, Header, Identity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fileroom.model import TagValue

CT_IMAGE = "1.2.840.10008.5.1.4.1.1.2"
MR_IMAGE = "1.2.840.10008.5.1.4.1.1.4"
EXPLICIT_VR_LITTLE_ENDIAN = "1.2.840.10008.1.2.1"

STUDIES_PER_PATIENT = 2
SERIES_PER_STUDY = 5
INSTANCES_PER_SERIES = (100, 250)
STUDIES_PER_DAY = 4

_INSTANCES_PER_STUDY = SERIES_PER_STUDY * sum(INSTANCES_PER_SERIES) // 2
_FILE_SIZE = 526_000  # 512 x 512 pixels of 16 bits, and a header
_DAYS_A_YEAR = 12 * 28
_UID_ROOT = "1.2.826.0.1.3680043.8.498."
_SYLLABLES = (
    "mül",
    "kow",
    "nie",
    "her",
    "bau",
    "sen",
    "łuk",
    "ros",
    "gar",
    "ter",
    "öst",
    "lin",
    "dub",
    "val",
)
_GIVEN_NAMES = ("Anna", "Jörg", "Zoë", "Lars", "Giulia", "René", "Łukasz", "Maria")
_DESCRIPTIONS = ("Thorax", "Abdomen nativ", "Schädel", "Wirbelsäule", "Polytrauma", "Angio CT")
_keys = itertools.count(1)


def attachment(
    content_type: int = 1, data: str = "", *, locator: str | None = None, codec: str = "none"
) -> AttachmentRecord:
    """Return the record of an attachment whose bytes would be ``data`` in UTF-8.

    Args:
        content_type: 0..65535.
        data: stands for the bytes: equal text, equal digest.
        locator: where the bytes lie; by default a locator that no other call returns.
        codec: how they lie there; sizes and digests at rest are those of the plain bytes.
    """
    number = next(_keys)
    content = data.encode()
    digest = f"md5:{hashlib.md5(content, usedforsecurity=False).hexdigest()}"
    return AttachmentRecord(
        content_type=content_type,
        uuid=f"00000000-0000-4000-8000-{number:012x}",
        size=len(content),
        digest=digest,
        locator=f"object-{number}" if locator is None else locator,
        stored_size=len(content),
        stored_digest=digest,
        codec=codec,
    )


def entry(
    patient_id: str = "P",
    study: str = "1",
    series: str | None = None,
    instance: str | None = None,
    *,
    data: str = "",
    locator: str | None = None,
    stamp: int = 0,
    sop_class_uid: str = CT_IMAGE,
    labels: tuple[str, ...] = (),
    **tags: TagValue,
) -> Entry:
    """Return an entry with these identifiers and tags.

    Args:
        patient_id: PatientID, possibly empty.
        study: StudyInstanceUID.
        series: SeriesInstanceUID; by default the first below the study.
        instance: SOPInstanceUID; by default the first below the series.
        data: stands for the bytes of the DICOM file, as in `attachment`.
        locator: where the file lies, as in `attachment`.
        stamp: fingerprint of the file's source.
        sop_class_uid: SOP Class UID.
        labels: what the instance is to be labelled with.
        tags: DICOM keyword to value, beside the identifiers.
    """
    series = f"{study}.1" if series is None else series
    instance = f"{series}.1" if instance is None else instance
    header = Header(
        identity=Identity(patient_id, study, series, instance),
        sop_class_uid=sop_class_uid,
        transfer_syntax_uid=EXPLICIT_VR_LITTLE_ENDIAN,
        tags={
            "PatientID": patient_id,
            "StudyInstanceUID": study,
            "SeriesInstanceUID": series,
            "SOPInstanceUID": instance,
            "SOPClassUID": sop_class_uid,
            **tags,
        },
    )
    return Entry(header, attachment(1, data, locator=locator), stamp, labels=labels)


def many_entries(count: int, seed: int = 0) -> Iterator[Entry]:
    """Return ``count`` entries of CT studies as a hospital would send them, the same for the same seed.

    Two studies a patient, five series a study, 100 to 250 instances a series; some twenty tags at all levels
    together, UIDs of 55 characters. Patients and days grow with the count, so that a patient has two studies
    and a day some four, however many entries there are. Nothing is kept: memory stays flat.

    Args:
        count: how many; 0 or more.
        seed: of the random numbers. Other seeds give other patients and files.
    """
    source = random.Random(seed)
    days = max(1, count // (_INSTANCES_PER_STUDY * STUDIES_PER_DAY))
    studies = (study for number in itertools.count() for study in _studies(source, number, days))
    all_series = (series for study in studies for series in _series(source, study))
    return itertools.islice((each for series in all_series for each in _instances(source, series)), count)


def _studies(source: random.Random, number: int, days: int) -> Iterator[dict[str, str]]:
    """Yield the tags of each study of one patient, the patient's included."""
    family_name = "".join(source.choices(_SYLLABLES, k=3)).capitalize()
    patient = {
        "PatientID": f"{number:06}-{source.randrange(10**6):06}",
        "PatientName": f"{family_name}^{source.choice(_GIVEN_NAMES)}",
        "PatientBirthDate": _day(1930, source.randrange(80 * _DAYS_A_YEAR)),
        "PatientSex": source.choice("FM"),
    }
    for _ in range(STUDIES_PER_PATIENT):
        yield {
            **patient,
            "StudyInstanceUID": _uid(source),
            "StudyDate": _day(2000, source.randrange(days)),
            "StudyTime": f"{source.randrange(24):02}{source.randrange(60):02}{source.randrange(60):02}",
            "StudyID": str(source.randrange(10**6)),
            "StudyDescription": source.choice(_DESCRIPTIONS),
            "AccessionNumber": f"A{source.randrange(10**9):09}",
        }


def _series(source: random.Random, study: dict[str, str]) -> Iterator[dict[str, str]]:
    """Yield the tags of each series of one study, the study's and the patient's included."""
    for number in range(1, SERIES_PER_STUDY + 1):
        yield {
            **study,
            "SeriesInstanceUID": _uid(source),
            "SeriesNumber": str(number),
            "SeriesDescription": f"{source.choice(_DESCRIPTIONS)} {number}",
            "Modality": "CT",
            "Manufacturer": "Example",
            "StationName": f"CT{source.randrange(4)}",
        }


def _instances(source: random.Random, series: dict[str, str]) -> Iterator[Entry]:
    """Yield the entries of one series."""
    for number in range(1, source.randint(*INSTANCES_PER_SERIES) + 1):
        uid = _uid(source)
        tags = {**series, "SOPInstanceUID": uid, "SOPClassUID": CT_IMAGE, "InstanceNumber": str(number)}
        identity = Identity(series["PatientID"], series["StudyInstanceUID"], series["SeriesInstanceUID"], uid)
        key, digest = f"{source.getrandbits(128):032x}", f"md5:{source.getrandbits(128):032x}"
        uuid = f"{key[:8]}-{key[8:12]}-4{key[13:16]}-8{key[17:20]}-{key[20:]}"
        locator = f"{key[:2]}/{key[2:4]}/{uuid}"
        yield Entry(
            Header(identity, CT_IMAGE, EXPLICIT_VR_LITTLE_ENDIAN, tags),
            AttachmentRecord(1, uuid, _FILE_SIZE, digest, locator, _FILE_SIZE, digest),
            stamp=source.getrandbits(63),
        )


def _uid(source: random.Random) -> str:
    return f"{_UID_ROOT}{source.randrange(10**28, 10**29)}"


def _day(first_year: int, number: int) -> str:
    """Return a date, so many days after the first of a year; all months have 28 days here."""
    month, day = divmod(number, 28)
    return f"{first_year + month // 12:04}{month % 12 + 1:02}{day + 1:02}"
