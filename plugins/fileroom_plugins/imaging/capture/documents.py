"""Documents in DICOM objects: PS3.3 sections A.45 and C.24."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydicom.valuerep import VR

from fileroom.plugin import InvalidDatasetError, NotSupportedError, read_xml
from fileroom_plugins.imaging.capture.metadata import read_metadata
from fileroom_plugins.imaging.capture.modules import file_of, start

if TYPE_CHECKING:
    from pydicom import Dataset

    from fileroom_plugins.imaging.capture.metadata import Metadata

_PDF = "1.2.840.10008.5.1.4.1.1.104.1"
_CDA = "1.2.840.10008.5.1.4.1.1.104.2"
_ENDS = 1024
_LARGEST = 0xFFFFFFFE


def encapsulate_pdf(data: bytes, metadata: Metadata = None, *, uid_root: str = "") -> bytes:
    """Return an Encapsulated PDF object.

    Args:
        data: the PDF file.
        metadata: see `fileroom_plugins.imaging.capture.capture_file`; DocumentTitle, for instance.
        uid_root: prefix of UIDs that are not given.

    Raises:
        InvalidDatasetError: it is no PDF file, or cut off.
        InvalidValueError: the metadata is wrong.
    """
    if b"%PDF-" not in data[:_ENDS]:
        raise InvalidDatasetError("this is no PDF file")
    if b"%%EOF" not in data[-_ENDS:]:
        raise InvalidDatasetError("the PDF file is cut off: its end is missing")
    dataset = _started(data, metadata, _PDF, uid_root)
    return _finished(dataset, data, "application/pdf")


def encapsulate_cda(data: bytes, metadata: Metadata = None, *, uid_root: str = "") -> bytes:
    """Return an Encapsulated CDA object; arguments as for `encapsulate_pdf`.

    Raises:
        InvalidDatasetError: it is no HL7 Clinical Document with an identifier.
        DocumentError: it is no XML, or an XML that is refused.
        InvalidValueError: the metadata is wrong.
    """
    root = read_xml(data, "the CDA document")
    ids = [one.attributes for one in root.children if one.name == "id"]
    if root.name != "ClinicalDocument" or not ids or "root" not in ids[0]:
        raise InvalidDatasetError("this is no HL7 clinical document: it has no identifier")
    dataset = _started(data, metadata, _CDA, uid_root)
    extension = ids[0].get("extension")
    dataset.HL7InstanceIdentifier = ids[0]["root"] + (f"^{extension}" if extension else "")
    return _finished(dataset, data, "text/XML")


def _started(data: bytes, metadata: Metadata, sop_class: str, uid_root: str) -> Dataset:
    if len(data) > _LARGEST:
        raise NotSupportedError("the document has more than 4 GiB")
    given = read_metadata(metadata)
    dataset = start(given, sop_class=sop_class, modality="DOC", seed=[data], uid_root=uid_root)
    if "BurnedInAnnotation" not in dataset:
        dataset.BurnedInAnnotation = "YES"  # nobody looked, and what is not known must not be denied
    for keyword in ("AcquisitionDateTime", "DocumentTitle"):
        if keyword not in dataset:
            setattr(dataset, keyword, "")
    if "ConceptNameCodeSequence" not in dataset:
        dataset.ConceptNameCodeSequence = []
    return dataset


def _finished(dataset: Dataset, data: bytes, media_type: str) -> bytes:
    dataset.MIMETypeOfEncapsulatedDocument = media_type
    dataset.EncapsulatedDocumentLength = len(data)
    dataset.add_new(0x00420011, VR.OB, data + b"\0" * (len(data) % 2))
    return file_of(dataset)
