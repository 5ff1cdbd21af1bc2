"""DICOM JSON is what pydicom makes of the same object, on real files and on made ones."""

from __future__ import annotations

import io
import json
from base64 import b64decode
from typing import Any

import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from fileroom.errors import InvalidDatasetError
from fileroom_plugins.metadata import header
from tests.plugins.metadata.shipped import DAMAGED, SOUND, read, shipped, to_json_dict

PYDICOM_FAILS = frozenset(("badVR.dcm",))
"""A DS and an IS with letters in them: pydicom raises ValueError, we write them as text (PS3.18 F.2.3)."""


@pytest.mark.parametrize("name", [name for name in SOUND if name not in PYDICOM_FAILS])
def test_shipped_files_are_read_as_pydicom_reads_them(name: str) -> None:
    data = shipped()[name]
    assert json.loads(header(data, inline=True)) == to_json_dict(read(data))


@pytest.mark.parametrize("name", sorted(PYDICOM_FAILS))
def test_numbers_that_are_none_are_texts(name: str) -> None:
    data = shipped()[name]
    with pytest.raises(ValueError):
        to_json_dict(read(data))
    found = json.loads(header(data, inline=True))
    texts = [one for one in found.values() if one["vr"] in {"DS", "IS"}]
    assert any(isinstance(value, str) for one in texts for value in one.get("Value", ()))


@pytest.mark.parametrize("name", sorted(DAMAGED))
def test_what_is_cut_short_is_an_error_where_pydicom_makes_less_of_it(name: str) -> None:
    with pytest.raises(InvalidDatasetError, match="truncated"):
        header(shipped()[name])


def test_bulk_data_is_where_the_uri_says() -> None:
    for name in SOUND:
        data = shipped()[name]
        if name == "image_dfl.dcm":
            continue  # whose offsets are those of the inflated object
        plain = json.loads(header(data, inline=True))
        referred = json.loads(header(data, bulk_threshold=64, bulk_uri="{offset} {length}"))
        for tag, attribute in referred.items():
            if "BulkDataURI" in attribute:
                offset, length = map(int, attribute["BulkDataURI"].split())
                assert length > 64
                assert data[offset : offset + length] == b64decode(plain[tag]["InlineBinary"]), (name, tag)
            elif "InlineBinary" in attribute:
                assert attribute == plain[tag]


def test_the_uri_can_name_the_object() -> None:
    data = shipped()["CT_small.dcm"]
    dataset = read(data)
    uri = "https://pacs.example/studies/{study}/series/{series}/instances/{instance}/bulk/{tag}"
    found = json.loads(header(data, bulk_uri=uri))["7FE00010"]["BulkDataURI"]
    assert found == (
        f"https://pacs.example/studies/{dataset.StudyInstanceUID}/series/{dataset.SeriesInstanceUID}"
        f"/instances/{dataset.SOPInstanceUID}/bulk/7FE00010"
    )


SYNTAXES = (
    ImplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    DeflatedExplicitVRLittleEndian,
)

LETTERS = st.text(st.characters(codec="latin-1", exclude_characters='\\^="', exclude_categories=["C", "Z"]))
WORDS = LETTERS.filter(lambda text: bool(text) and text.isprintable()).map(lambda text: text[:10])
ASCII = st.text(st.sampled_from("ABCDEFGHIJ_0123456789"), min_size=1, max_size=12)
NAMES = st.lists(WORDS, min_size=1, max_size=3).map("^".join)
UIDS = st.lists(st.integers(0, 9999), min_size=2, max_size=8).map(lambda numbers: ".".join(map(str, numbers)))
FINITE = st.floats(allow_nan=False, allow_infinity=False, width=32)
BYTES = st.binary(max_size=20).map(lambda data: data + b"\0" * (len(data) % 2))
SL, SV, UV, FD, OB = (
    int(pydicom.datadict.tag_for_keyword(f"Selector{vr}Value") or 0) for vr in ("SL", "SV", "UV", "FD", "OB")
)
VALUES: dict[int, st.SearchStrategy[Any]] = {
    0x00080008: st.lists(ASCII, max_size=4),
    0x00080020: st.dates().map(lambda day: day.strftime("%Y%m%d").zfill(8)),
    0x00081030: WORDS,
    0x00080054: st.lists(ASCII, min_size=1, max_size=3),
    0x00100010: NAMES,
    0x00101010: st.integers(0, 999).map(lambda days: f"{days:03}D"),
    0x00104000: WORDS,
    0x00180050: st.decimals(-1000, 1000, places=3).map(str),
    0x00200013: st.integers(-(2**31), 2**31 - 1),
    0x00200037: st.lists(st.decimals(-1, 1, places=6).map(str), min_size=6, max_size=6),
    0x0020000D: UIDS,
    0x00280009: st.sampled_from([0x00181063, 0x00181065]),
    0x00280010: st.integers(0, 65535),
    0x00280106: st.integers(0, 65535),
    0x00281101: st.tuples(st.integers(0, 65535), st.integers(0, 65535), st.just(16)).map(list),
    0x00189087: FINITE,
    0x00280A02: st.just("ALIGNED"),
    SL: st.lists(st.integers(-(2**31), 2**31 - 1), max_size=3),
    SV: st.lists(st.integers(-(2**63), 2**63 - 1), max_size=3),
    UV: st.lists(st.integers(0, 2**64 - 1), max_size=3),
    FD: st.lists(FINITE, max_size=3),
    0x00081190: st.just("https://example.org/wado"),
    0x00420011: BYTES,
    OB: BYTES,
}


@st.composite
def datasets(draw: st.DrawFn, depth: int = 2) -> Dataset:
    dataset = Dataset()
    if depth == 2:
        dataset.SpecificCharacterSet = "ISO_IR 100"
    for tag in draw(st.lists(st.sampled_from(sorted(VALUES)), unique=True, max_size=8)):
        vr = pydicom.datadict.dictionary_VR(tag)
        vr = "US" if vr == "US or SS" else vr
        dataset.add_new(tag, vr, draw(VALUES[tag]))
    if depth and draw(st.booleans()):
        items = draw(st.lists(datasets(depth - 1), max_size=2))
        dataset.ReferencedStudySequence = items
    if draw(st.booleans()):
        block = dataset.private_block(0x0009, "ACME 1.1", create=True)
        block.add_new(0x01, "LO", draw(WORDS))
        block.add_new(0x02, "FD", draw(FINITE))
    return dataset


def encoded(dataset: Dataset, syntax: str) -> bytes:
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = UID(syntax)
    dataset.file_meta.MediaStorageSOPClassUID = UID("1.2.840.10008.5.1.4.1.1.7")
    dataset.file_meta.MediaStorageSOPInstanceUID = UID("1.2.3")
    file = io.BytesIO()
    dataset.save_as(file, enforce_file_format=True)
    return file.getvalue()


@pytest.mark.filterwarnings("ignore")  # what pydicom thinks of values is no matter here
@settings(max_examples=60, deadline=None)
@given(datasets(), st.sampled_from(SYNTAXES))
def test_made_datasets_are_read_as_pydicom_reads_them(dataset: Dataset, syntax: str) -> None:
    dataset.SOPInstanceUID = "1.2.3"
    data = encoded(dataset, syntax)
    expected = json.loads(json.dumps(to_json_dict(read(data))))
    assert json.loads(header(data, inline=True)) == expected
