"""Long values are read late or copied piece by piece, and nobody can tell from what comes out."""

from __future__ import annotations

import io

import pydicom
import pytest
from pydicom import Dataset
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from fileroom_plugins.imaging import header
from fileroom_plugins.imaging.header import read_header
from fileroom_plugins.imaging.transcoding import plain
from fileroom_plugins.imaging.transcoding.functions import transcode
from tests.plugins.imaging.images import TEST_FILES, saved

WITHOUT_PIXELS = (
    *("reportsi.dcm", "rtplan.dcm", "test-SR.dcm", "ExplVR_BigEndNoMeta.dcm"),
    "waveform_ecg.dcm",
)
IMAGES = ("CT_small.dcm", "MR_small_bigendian.dcm", "examples_palette.dcm", "image_dfl.dcm", "rtdose.dcm")
SYNTAXES = (
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    ExplicitVRBigEndian,
    DeflatedExplicitVRLittleEndian,
)

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:pydicom")  # what it thinks of its own files


def document(syntax: UID) -> bytes:
    """Return an encapsulated document with text before, between and behind bytes of odd and even numbers."""
    dataset = Dataset()
    dataset.file_meta = pydicom.dataset.FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.SpecificCharacterSet = "ISO_IR 144"
    dataset.SOPClassUID, dataset.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.104.1", "1.2.3.4"
    dataset.PatientName = "Люкceмбypг"  # noqa: RUF001 - some of its letters are Latin
    block = dataset.private_block(0x0021, "ЖЖЖ", create=True)
    block.add_new(1, "OB", b"private, odd")
    block.add_new(2, "UN", b"private, unknown")
    block.add_new(3, "OW", bytes(range(40)))
    dataset.DocumentTitle = "Щ" * 20
    dataset.EncapsulatedDocument = bytes(range(99))
    dataset.MIMETypeOfEncapsulatedDocument = "application/pdf"
    dataset.ContentSequence = [Dataset()]
    dataset.ContentSequence[0].TextValue = "Ж" * 30
    dataset.RedPaletteColorLookupTableData = b"abcd" * 4
    dataset.add_new(0x5600_0020, "OF", bytes(24))
    return saved(dataset)


@pytest.mark.parametrize("to", ["explicit", "implicit", "deflated"])
@pytest.mark.parametrize("source", [*WITHOUT_PIXELS, *SYNTAXES])
def test_what_is_copied_piece_by_piece_is_what_is_written_at_once(
    source: str, to: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = TEST_FILES / source
    data = document(UID(source)) if source in SYNTAXES else path.read_bytes()
    written = {}
    for long in (8, 1 << 30):
        monkeypatch.setattr(header, "LONG", long)
        monkeypatch.setattr(plain, "LONG", long)
        monkeypatch.setattr(plain, "CHUNK", 5)
        written[long] = transcode(data, to)
    assert written[8] == written[1 << 30]
    assert pydicom.dcmread(io.BytesIO(written[8]))


@pytest.mark.parametrize("name", IMAGES)
def test_an_image_has_its_long_attributes(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data = (TEST_FILES / name).read_bytes()
    expected = read_header(io.BytesIO(data))
    monkeypatch.setattr(header, "LONG", 2)
    found = read_header(io.BytesIO(data))
    assert found.dataset == expected.dataset
    assert (found.pixels, found.size, found.syntax) == (expected.pixels, expected.size, expected.syntax)
