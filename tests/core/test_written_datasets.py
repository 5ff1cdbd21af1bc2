"""Datasets that are written as files: the same bytes as pydicom's own, without copies of the pixels."""

from __future__ import annotations

import io
import warnings
from pathlib import Path

import pydicom
import pytest

from fileroom import datasets
from fileroom.datasets import opened_source, write_dataset
from fileroom.errors import InvalidDatasetError

FILES = Path(pydicom.__file__).parent / "data" / "test_files"
NAMES = (
    *("CT_small.dcm", "MR_small_bigendian.dcm", "MR_small_implicit.dcm", "MR_small_RLE.dcm"),
    *("SC_rgb_small_odd.dcm", "image_dfl.dcm", "reportsi.dcm", "JPEG2000.dcm", "examples_overlay.dcm"),
)

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:pydicom")  # what it thinks of its own files


@pytest.mark.parametrize("name", NAMES)
def test_a_dataset_is_written_as_pydicom_writes_it(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets, "_SPOOL", 100)
    dataset = pydicom.dcmread(FILES / name)
    written = write_dataset(dataset)
    with opened_source(dataset) as file:
        assert file.read() == written
    assert dataset == pydicom.dcmread(FILES / name)  # and is left as it was
    expected = io.BytesIO()
    dataset.save_as(expected, enforce_file_format=True)
    assert written == expected.getvalue()


def test_a_dataset_that_was_made_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets, "_SPOOL", 100)
    dataset = pydicom.Dataset()
    dataset.SOPClassUID, dataset.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.7", "1.2.3"
    dataset.Rows, dataset.Columns, dataset.BitsAllocated = 20, 20, 8
    dataset.PixelData = bytes(400)
    with pytest.raises(InvalidDatasetError, match="transfer syntax"):
        write_dataset(dataset)
    dataset.file_meta = pydicom.dataset.FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    dataset["PixelData"].VR = "OB"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert pydicom.dcmread(io.BytesIO(write_dataset(dataset))).PixelData == bytes(400)
