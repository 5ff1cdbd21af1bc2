"""What ``dcmqridx -p`` shows of a storage area, for any archive, and in its very words."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING

from fileroom._header.charset import CharacterSet
from fileroom.content_types import DICOM
from fileroom.errors import NotFoundError, StorageError
from fileroom.index import ListedInstance, ListedStudy, Listing
from fileroom.model import Level
from fileroom.query import Query
from fileroom.storage import external_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fileroom.archive import Archive
    from fileroom.index import Details
    from fileroom.model import AttachmentRecord, ResourceRecord

KEYWORDS = (
    "PatientBirthDate",
    "PatientSex",
    "PatientName",
    "PatientID",
    "PatientBirthTime",
    "OtherPatientIDs",
    "OtherPatientNames",
    "EthnicGroup",
    "StudyDate",
    "StudyTime",
    "StudyID",
    "StudyDescription",
    "NameOfPhysiciansReadingStudy",
    "AccessionNumber",
    "ReferringPhysicianName",
    "StudyDescription",
    "NameOfPhysiciansReadingStudy",
    "StudyInstanceUID",
    "OtherStudyNumbers",
    "AdmittingDiagnosesDescription",
    "PatientAge",
    "PatientSize",
    "PatientWeight",
    "Occupation",
    "SeriesNumber",
    "SeriesInstanceUID",
    "Modality",
    "InstanceNumber",
    "SOPInstanceUID",
    "SeriesDate",
    "SeriesTime",
    "SeriesDescription",
    "ProtocolName",
    "OperatorsName",
    "PerformingPhysicianName",
    "ContentLabel",
    "IssuerOfPatientID",
    "SpecificCharacterSet",
)
"""The attributes of an instance in the order in which they are shown, two of them twice."""

_RETIRED = {"OtherPatientIDs", "OtherStudyNumbers"}
_NAMES = {
    "PatientName",
    "OtherPatientNames",
    "NameOfPhysiciansReadingStudy",
    "ReferringPhysicianName",
    "OperatorsName",
    "PerformingPhysicianName",
}
_PAGE = 500
_UTF8 = "ISO_IR 192"
_BAR = "*" * 54


def listing(archive: Archive) -> Listing:
    """Return what there is to show: as the index's own file has it, else the like of it.

    An index without such a file numbers studies and instances in order of arrival, and its text is UTF-8.
    """
    own = archive.index.listing()
    if own is not None:
        return own
    studies: dict[str, ListedStudy] = {}
    for record, details in _found(archive):
        uid = record.all_tags()["StudyInstanceUID"]
        assert isinstance(uid, str)
        study = studies.get(uid) or ListedStudy(len(studies), uid, 0, 0.0, 0)
        recorded = max(study.recorded, record.received.timestamp())
        size = study.size + _file(details).size
        studies[uid] = replace(study, size=size, recorded=recorded, images=study.images + 1)
    instances = (
        _instance(archive, number, record, details)
        for number, (record, details) in enumerate(_found(archive))
    )
    return Listing(tuple(studies.values()), instances, sum(study.images for study in studies.values()))


def decoded(listed: Listing) -> Listing:
    """Return a listing whose text is Unicode, not the bytes of one or another character set."""
    return replace(listed, instances=map(_decoded, listed.instances))


def lines(listed: Listing) -> Iterator[str]:
    """Yield the lines that ``dcmqridx -p`` writes, without their ends."""
    yield "-- DB Index File --"
    for study in listed.studies:
        yield _BAR
        yield f"STUDY DESCRIPTOR: {study.number}"
        yield f"  Study UID: {study.uid}"
        yield f"  StudySize: {study.size}"
        yield f"  LastRecDate: {study.recorded:g}"
        yield f"  NumOfImages: {study.images}"
    for one in listed.instances:
        yield f"{_BAR}*"
        yield f"RECORD NUMBER: {one.number}"
        yield f"  Status: {'is new' if one.new else 'is NOT new'}"
        yield f"  Filename: {one.file_name}"
        yield f"  ImageSize: {one.size}"
        yield f"  RecordedDate: {one.recorded:g}"
        for keyword in KEYWORDS:
            label = f"RETIRED_{keyword}" if keyword in _RETIRED else keyword
            yield f'    {label}: "{one.values.get(keyword, "")}"'
        yield f'  InstanceDescription: "{one.description}"'
    yield f"{_BAR}*"
    yield f"RECORDS IN THIS INDEXFILE: {listed.records}"


def _found(archive: Archive) -> Iterator[tuple[ResourceRecord, Details]]:
    """Yield all instances in order of arrival, but for those deleted meanwhile."""
    query = Query(Level.INSTANCE, limit=_PAGE)
    while True:
        page = archive.index.find(query)
        details = archive.index.details([record.id for record in page.records])
        yield from ((record, one) for record, one in zip(page.records, details, strict=True) if one)
        if page.cursor is None:
            return
        query = replace(query, cursor=page.cursor)


def _file(details: Details) -> AttachmentRecord:
    return next(one for one in details.attachments if one.content_type == DICOM.number)


def _instance(archive: Archive, number: int, record: ResourceRecord, details: Details) -> ListedInstance:
    file = _file(details)
    values = {keyword: value for keyword, value in record.all_tags().items() if isinstance(value, str)}
    return ListedInstance(
        number,
        new=True,
        file_name=_file_name(archive, file.locator),
        size=file.size,
        recorded=record.received.timestamp(),
        values={**values, "SpecificCharacterSet": _UTF8},
        description=values.get("ImageComments", ""),
    )


def _file_name(archive: Archive, locator: str) -> str:
    path = external_path(locator)
    if path is None and archive.storage.capabilities.local_path:
        with contextlib.suppress(NotFoundError, StorageError):
            path = archive.storage.local_path(locator)
    return locator if path is None else str(path)


def _decoded(one: ListedInstance) -> ListedInstance:
    declared = CharacterSet.of(_bytes(one.values.get("SpecificCharacterSet", "")))
    values = {
        keyword: declared.decode(_bytes(value), person_name=keyword in _NAMES)
        for keyword, value in one.values.items()
    }
    return replace(
        one,
        file_name=_bytes(one.file_name).decode("utf-8", "replace"),
        values=values,
        description=declared.decode(_bytes(one.description)),
    )


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
