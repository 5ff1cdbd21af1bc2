"""Between headers, whose values are text, and records, whose values are bytes.

A record is written in the object's own character set, as DCMTK does it. A header has been decoded, though,
and three things do not come back from that as they stood in the file: spaces at the head of a value, which
mean nothing there (PS3.5 section 6.2); bytes that the declared set does not have; and escape sequences
where others do as well.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from fileroom.model import Header
from fileroom.plugin import CharacterSet, InvalidDatasetError, identity_of
from fileroom_plugins.index_linear.describing import describe, described_by
from fileroom_plugins.index_linear.fields import DESCRIPTION_FIELD, FIELDS
from fileroom_plugins.index_linear.record import DamagedRecordError, Record

if TYPE_CHECKING:
    from fileroom.model import TagValue
    from fileroom.plugin import TagSet

_CHARACTER_SET = "SpecificCharacterSet"
_UNICODE = "ISO_IR 192"
_ESCAPE = "\x1b"
_WIDEST = 4  # bytes of a character, in any set
_DESCRIPTION = "description"  # keeps company with keywords, and is none
_SIZES = {one.keyword: one.size for one in FIELDS}
_ROOM = {**_SIZES, _DESCRIPTION: DESCRIPTION_FIELD[1]}
_NAMES = frozenset(
    (
        "NameOfPhysiciansReadingStudy",
        "OperatorsName",
        "OtherPatientNames",
        "PatientName",
        "PerformingPhysicianName",
        "ReferringPhysicianName",
    )
)


def record_of(header: Header, *, file_name: bytes, size: int, recorded: float, new: bool) -> Record:
    """Return the record of an instance.

    Its values are in the character set that the header's SpecificCharacterSet names. Where that set does not
    do, they are all in UTF-8, and the record's own SpecificCharacterSet is ``ISO_IR 192``.

    Args:
        header: best read with `fileroom_plugins.index_linear.fields.HEADER_TAGS`; what it lacks, the record
            lacks.
        file_name: as `Record` has it.
        size: of the file in bytes.
        recorded: when the instance arrived, in Unix time.
        new: not reviewed yet.
    """
    tags, identity = header.tags, header.identity
    texts = {keyword: text for keyword in _SIZES if isinstance(text := tags.get(keyword), str)}
    texts["PatientID"] = identity.patient_id
    texts["StudyInstanceUID"] = identity.study_instance_uid
    texts["SeriesInstanceUID"] = identity.series_instance_uid
    texts["SOPInstanceUID"] = identity.sop_instance_uid
    texts[_DESCRIPTION] = describe(header.sop_class_uid, tags)
    values = _encoded(texts)
    description = values.pop(_DESCRIPTION)
    sop_class = header.sop_class_uid.encode("latin_1", "replace")
    return Record(file_name, sop_class, recorded, size, values, new, description)


def header_of(record: Record, tags: TagSet) -> Header:
    """Return what a record tells of its object.

    The header's tags are those of the tag set that the record has, decoded as `fileroom.header` does it. The
    transfer syntax is not known, and empty. A text that fills its field may have been cut.

    Raises:
        DamagedRecordError: its identifiers are not such as an archive can go by.
    """
    if len(record.values.get("PatientID", b"")) == _ROOM["PatientID"] - 1:
        raise DamagedRecordError("its PatientID may have been cut, so that it could be another patient's")
    texts, description = _texts_of(record)
    found: dict[str, TagValue] = {keyword: text.strip(" ") for keyword, text in texts.items()}
    try:
        identity = identity_of(found)
    except InvalidDatasetError as error:
        raise DamagedRecordError(str(error)) from error
    sop_class = found["SOPClassUID"] = record.sop_class_uid.decode("latin_1")
    if keyword := described_by(sop_class):
        found[keyword] = description.rstrip(" ")
    kept = {spec.keyword for specs in tags.levels.values() for spec in specs}
    return Header(
        identity,
        sop_class,
        "",
        {keyword: text for keyword, text in found.items() if text and keyword in kept},
    )


def _texts_of(record: Record) -> tuple[dict[str, str], str]:
    """Return a record's values as text, with all their spaces, by keyword; and its description."""
    charset = CharacterSet.of(record.values.get(_CHARACTER_SET, b""))
    texts = {keyword: _decoded(keyword, value, charset) for keyword, value in record.values.items()}
    return texts, _decoded(_DESCRIPTION, record.description, charset)


def _encoded(texts: dict[str, str]) -> dict[str, bytes]:
    joined = "".join(texts.values())
    if joined.isascii() and _ESCAPE not in joined:
        return {keyword: text.encode("ascii") for keyword, text in texts.items()}
    try:
        charset = CharacterSet.of(texts.get(_CHARACTER_SET, "").encode("ascii"))
        return {
            keyword: text.encode()
            if text.isascii() and _ESCAPE not in text
            else charset.encode(text, person_name=keyword in _NAMES)
            for keyword, text in texts.items()
        }
    except UnicodeEncodeError:
        texts = {**texts, _CHARACTER_SET: _UNICODE}
        return {keyword: text.encode() for keyword, text in texts.items()}


def _decoded(keyword: str, value: bytes, charset: CharacterSet) -> str:
    person_name = keyword in _NAMES
    if len(value) == _ROOM[keyword] - 1 and not value.isascii():
        # Perhaps cut within a character: then it is not of the declared set any more.
        for end in range(len(value), len(value) - _WIDEST, -1):
            text = charset.decode(value[:end], person_name=person_name)
            with contextlib.suppress(UnicodeEncodeError):
                if charset.encode(text, person_name=person_name) == value[:end]:
                    return text
    return charset.decode(value, person_name=person_name)
