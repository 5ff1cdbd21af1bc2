"""Columns of tables by tag, of private creators, and within sequences, over real files and made ones."""

from __future__ import annotations

import contextlib
import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pyarrow as pa  # type: ignore[import-untyped]
import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.tag import Tag
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

import fileroom
from fileroom._tables.places import read_place
from fileroom.datasets import write_dataset
from fileroom.errors import QueryError
from fileroom.model import Level
from fileroom.testing.datasets import make_instance
from tests.integration.cli_runs import run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fileroom import Archive

SYNTAXES = {
    "explicit": ExplicitVRLittleEndian,
    "implicit": ImplicitVRLittleEndian,
    "big": ExplicitVRBigEndian,
}
STEP_ID = "RequestAttributesSequence.ScheduledProcedureStepID"
CREATOR = "Acme, Inc. (1)"

DEEP = b"\xfe\xff\x00\xe0\xff\xff\xff\xff\x29\x00\x03\x11SQ\0\0\xff\xff\xff\xff" * 2000
"""Sequences within sequences: more than can be read."""


def _item(**attributes: Any) -> Dataset:
    item = Dataset()
    for keyword, value in attributes.items():
        setattr(item, keyword, value)
    return item


def _made(name: str, syntax: str = ExplicitVRLittleEndian) -> Dataset:
    """Return an object of that patient with sequences in sequences and private attributes in two blocks."""
    dataset = pydicom.dcmread(io.BytesIO(make_instance(patient_id=name, transfer_syntax=syntax)))
    dataset.SpecificCharacterSet = "ISO_IR 100"
    dataset.RequestAttributesSequence = [
        _item(ScheduledProcedureStepID="S1", RequestedProcedureDescription="Schädel"),
        _item(RequestedProcedureID="only this"),
        _item(ScheduledProcedureStepID="S3"),
    ]
    code = _item(CodeValue="T-1", CodingSchemeDesignator="99A", CodeMeaning="Größe")
    dataset.AcquisitionContextSequence = [
        _item(ConceptNameCodeSequence=[code], NumericValue=["1.5", "2"]),
        _item(NumericValue="7"),
    ]
    dataset.AcquisitionContextSequence.is_undefined_length = True
    for creator in ("Somebody Else", CREATOR):
        block = dataset.private_block(0x0029, creator, create=True)
        block.add_new(0x01, "DS", ["1.25", "2.5"] if creator == CREATOR else ["99"])
        block.add_new(0x02, "DA", "20240229")
        block.add_new(0x03, "SQ", [_item(KVP="120"), _item(KVP="80")])
        block.add_new(0x04, "OB", b"\x01\x02")
        block.add_new(0x05, "US", 5)
    dataset.add_new(0x00189999, "IS", "12")  # which the dictionary does not know
    dataset.add_new(0x60020010, "US", 44)
    return dataset


def _kept(folder: Path, objects: dict[str, bytes]) -> Path:
    for name, one in objects.items():
        (folder / f"{name}.dcm").write_bytes(one)
    run("-a", folder / "archive", "import", *sorted(folder.glob("*.dcm")))
    return folder / "archive"


@pytest.fixture(scope="module")
def where(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("columns")
    objects = {name: write_dataset(_made(name, syntax)) for name, syntax in SYNTAXES.items()}
    return _kept(folder, {**objects, "plain": make_instance(patient_id="plain")})


@pytest.fixture(scope="module")
def archive(where: Path) -> Iterator[Archive]:
    with fileroom.open(where) as archive:
        yield archive


def _cells(archive: Archive, column: str, *, level: str = "instance") -> dict[str, Any]:
    found = archive.to_arrow(level, columns=["PatientID", column])
    assert found.column_names == ["PatientID", column]
    return {row["PatientID"]: row[column] for row in found.to_pylist()}


def _everywhere(value: object) -> dict[str, object]:
    return {**dict.fromkeys(SYNTAXES, value), "plain": None}


@pytest.mark.parametrize(
    "keyword", ["PatientID", "SliceThickness", "Rows", "ImagePositionPatient", "StudyDate"]
)
def test_a_tag_is_what_its_keyword_is_under_the_name_that_was_typed(archive: Archive, keyword: str) -> None:
    digits = f"{Tag(keyword):08X}"
    names = [keyword, digits, f"{digits[:4]},{digits[4:]}", f"({digits[:4]},{digits[4:]})".lower()]
    found = archive.to_arrow("instance", columns=names)
    assert found.column_names == names
    assert len({str(one.type) for one in found.schema}) == 1
    assert all(len({str(value) for value in row.values()}) == 1 for row in found.to_pylist())


@pytest.mark.parametrize(
    ("column", "value"),
    [
        (STEP_ID, "S1"),
        ("(0040,0275)[3].00400009", "S3"),
        ("RequestAttributesSequence[2].ScheduledProcedureStepID", None),
        ("RequestAttributesSequence[4].ScheduledProcedureStepID", None),
        ("RequestAttributesSequence[*].ScheduledProcedureStepID", ["S1", None, "S3"]),
        ("RequestAttributesSequence.RequestedProcedureDescription", "Schädel"),
        ("AcquisitionContextSequence.NumericValue", [1.5, 2.0]),
        ("AcquisitionContextSequence[*].NumericValue", [[1.5, 2.0], [7.0]]),
        ("AcquisitionContextSequence.NumericValue[2]", 2.0),
        ("AcquisitionContextSequence[2].NumericValue[2]", None),
        ("AcquisitionContextSequence[*].ConceptNameCodeSequence.CodeValue", ["T-1", None]),
        ("AcquisitionContextSequence[*].ConceptNameCodeSequence[*].CodeMeaning", ["Größe"]),
        ("AcquisitionContextSequence[2].NumericValue", [7.0]),
        (
            "AcquisitionContextSequence.ConceptNameCodeSequence",
            '[{"CodeValue": "T-1", "CodingSchemeDesignator": "99A", "CodeMeaning": "Gr\\u00f6\\u00dfe"}]',
        ),
        ("RequestAttributesSequence[2]", '{"RequestedProcedureID": "only this"}'),
        ("60020010", 44),
    ],
)
def test_a_way_leads_into_sequences_however_they_are_written(
    archive: Archive, column: str, value: object
) -> None:
    assert _cells(archive, column) == _everywhere(value)


@pytest.mark.parametrize(
    ("column", "kind", "value"),
    [
        (f'0029xx01("{CREATOR}")', "list<item: double>", [1.25, 2.5]),
        (f'(0029,xx01)("{CREATOR}")[1]', "double", 1.25),
        (f'00291101("{CREATOR}")[*]', "list<item: double>", [1.25, 2.5]),
        ("0029xx01(Somebody Else)", "double", 99.0),
        (f'0029,xx02("{CREATOR}")', "date32[day]", "2024-02-29"),
        (f'0029xx03("{CREATOR}").KVP', "double", 120.0),
        (f'0029xx03("{CREATOR}")[*].KVP', "list<item: double>", [120.0, 80.0]),
        (f'0029xx04("{CREATOR}")', "string", None),
        (f'0029xx05("{CREATOR}")', "int64", 5),
        ("00290011", "string", CREATOR),
        ("0029xx01(Nobody)", "string", None),
        ("00189999", "int64", 12),
    ],
)
def test_what_no_dictionary_knows_has_the_type_of_the_files_vr(
    archive: Archive, column: str, kind: str, value: object
) -> None:
    found = archive.to_arrow("instance", columns=[column], PatientID=["explicit", "big"])
    assert str(found.schema.field(column).type) == kind
    assert [str(one) for one in found[column].to_pylist()] == [str(value)] * 2


def test_without_a_vr_it_is_the_text_that_is_there(archive: Archive) -> None:
    column = f'0029xx01("{CREATOR}")'
    (found,) = archive.to_arrow("instance", columns=[column], PatientID="implicit").to_pylist()
    assert found == {column: ["1.25", "2.5"]}
    number = f'0029xx05("{CREATOR}")'  # whose bytes are no text
    assert archive.to_arrow("instance", columns=[number], PatientID="implicit")[number].to_pylist() == [None]


def test_a_sequence_of_the_index_is_read_from_no_header(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = {**_everywhere("S1")}
    from_header = _cells(archive, STEP_ID, level="study")  # where the index does not keep it
    monkeypatch.setattr("fileroom._tables.rows._header", lambda *_: pytest.fail("a header was read"))
    assert _cells(archive, STEP_ID, level="series") == wanted == from_header
    every = "RequestAttributesSequence[*].ScheduledProcedureStepID"
    assert _cells(archive, every, level="series") == _everywhere(["S1", None, "S3"])


def test_types_are_told_before_the_first_batch_and_rows_come_once(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fileroom._tables.arrow.BATCH", 1)
    seen: list[None] = []
    reader = archive.to_batches(
        "instance", columns=["PatientID", "00189999"], order_by="PatientID", on_row=lambda: seen.append(None)
    )
    assert reader.schema.field("00189999").type == pa.int64()
    assert not seen
    assert reader.read_all()["PatientID"].to_pylist() == ["big", "explicit", "implicit", "plain"]
    assert len(seen) == 4


def test_what_is_of_another_type_than_the_first_rows_told_is_null_and_long_sequences_are_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    objects = {}
    values: dict[str, tuple[str, Any]] = {
        "a": ("IS", "5"),
        "b": ("LO", "text"),
        "c": ("SQ", [_item(KVP="80")]),
        "d": ("IS", "6"),
    }
    for name, (vr, value) in values.items():
        dataset = pydicom.dcmread(io.BytesIO(make_instance(patient_id=name)))
        dataset.private_block(0x0029, CREATOR, create=True).add_new(0x01, vr, value)
        if name == "a":
            planes = [_item(ImagePositionPatient=[n, 0, 0]) for n in range(1600)]
            dataset.PerFrameFunctionalGroupsSequence = [_item(PlanePositionSequence=[one]) for one in planes]
        objects[name] = write_dataset(dataset)
    assert len(objects["a"]) - len(objects["d"]) > 1 << 16
    monkeypatch.setattr("fileroom._tables.arrow.BATCH", 1)
    place = "PerFrameFunctionalGroupsSequence[*].PlanePositionSequence.ImagePositionPatient[1]"
    with fileroom.open(_kept(tmp_path, objects)) as archive:
        found = archive.to_arrow("instance", columns=[place], PatientID="a")
        assert found[place].to_pylist() == [[float(n) for n in range(1600)]]
        private = f'0029xx01("{CREATOR}")'
        found = archive.to_arrow("instance", columns=[private], order_by="PatientID")
    assert str(found.schema.field(private).type) == "int64"
    assert found[private].to_pylist() == [5, None, None, 6]


def test_an_empty_table_has_its_columns(archive: Archive) -> None:
    found = archive.to_arrow("instance", columns=["0029xx01(Nobody)", STEP_ID], PatientID="nobody")
    assert (found.num_rows, found.column_names) == (0, ["0029xx01(Nobody)", STEP_ID])


@pytest.mark.parametrize("form", ["csv", "parquet", "arrow"])
def test_commas_within_tags_and_creators_do_not_part_columns(where: Path, tmp_path: Path, form: str) -> None:
    columns = [
        "PatientID",
        "0020,0013",
        "(0018,0050)",
        f'(0029,xx01)("{CREATOR}")',
        "0029xx01(A, B)",
        STEP_ID,
    ]
    words = ("table", "instance", "PatientID=explicit", "--columns", ", ".join(columns))
    target = tmp_path / f"table.{form}"
    run("-a", where, *words, "--columns", "AcquisitionContextSequence[*].NumericValue", "-o", target)
    if form == "csv":
        (row,) = csv.DictReader(io.StringIO(target.read_text()))
        assert list(row) == [*columns, "AcquisitionContextSequence[*].NumericValue"]
        assert list(row.values())[3:] == ["1.25\\2.5", "", "S1", "[[1.5, 2.0], [7.0]]"]
    else:
        found = pa.parquet.read_table(target) if form == "parquet" else pa.ipc.open_file(target).read_all()
        assert found.column_names[:-1] == columns
        assert found.to_pylist()[0][columns[3]] == [1.25, 2.5]


@pytest.mark.parametrize(
    ("column", "reason"),
    [
        ("PatinetName", "did you mean PatientName"),
        ("recieved", "did you mean received"),
        ("RequestAttributesSequence.ScheduledProcedureStepIDs", "did you mean ScheduledProcedureStepID"),
        ("0010001", "expected a keyword, a tag"),
        ("RequestAttributesSequence[0].StudyInstanceUID", "expected a keyword"),
        ("RequestAttributesSequence.", "expected a keyword"),
        ("PatientName#Family", "expected a keyword"),
        ("", "expected a keyword"),
        ("00291010", r"00291010 is private, and its creator is missing, as in 0029xx10\(CREATOR\)"),
        ("0029xx10", "its creator is missing"),
        ("PatientName(ACME)", "is a keyword: only the tag of a private attribute has a creator"),
        ("00100010(ACME)", "is of an even group"),
        ("TransferSyntaxUID", "belongs to files or messages"),
        ("0002,0010", "belongs to files or messages"),
        ("OverlayRows", "in several groups: name one of them by its tag"),
        ("PatientName.PatientID", "PatientName is no sequence"),
        ("WaveformSequence.WaveformData", "WaveformData has values that no table holds"),
        ("7FE00010", "PixelData has values that no table holds"),
        ("00201206", "is computed for another level"),
        ("00291008(SIEMENS CSA HEADER).PatientID", "00290008 is no sequence"),
    ],
)
def test_a_column_that_is_none_is_named_with_what_is_wrong(
    archive: Archive, column: str, reason: str
) -> None:
    with pytest.raises(QueryError, match=reason) as caught:
        archive.to_arrow("instance", columns=["PatientID", column])
    assert repr(column) in str(caught.value)


@given(st.text('0123456789abcdefx,.()[]*"PKVD# ', max_size=30))
def test_whatever_is_typed_is_a_way_or_one_error(text: str) -> None:
    with contextlib.suppress(QueryError):
        assert all(0 <= step.tag < 1 << 32 for step in read_place(text))


def test_a_damaged_sequence_is_told_of_and_has_no_value(tmp_path: Path) -> None:
    broken = _made("broken")
    broken.private_block(0x0029, CREATOR).add_new(0x03, "OB", DEEP)
    data = write_dataset(broken).replace(b"\x29\x00\x03\x11OB", b"\x29\x00\x03\x11SQ")
    archive = _kept(tmp_path, {"whole": write_dataset(_made("whole")), "broken": data})
    column = f'0029xx03("{CREATOR}").KVP'
    words = ("table", "instance", "--order", "PatientID", "--columns", f"PatientID,{column}")
    result = run("-a", archive, *words, code=1)
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert rows == [{"PatientID": "broken", column: ""}, {"PatientID": "whole", column: "120"}]
    assert len(result.stderr.splitlines()) == 1


PRIVATE = [
    "CT_small.dcm",
    "MR_small.dcm",
    "examples_overlay.dcm",
    "JPEG2000.dcm",
    "J2K_pixelrep_mismatch.dcm",
]


WAYS = {
    "rtplan.dcm": ("BeamSequence", "ControlPointSequence", "BeamLimitingDevicePositionSequence"),
    "liver_1frame.dcm": ("SharedFunctionalGroupsSequence", "PixelMeasuresSequence"),
    "test-SR.dcm": ("ContentSequence", "ConceptNameCodeSequence"),
}


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    files = {name: Path(str(get_testdata_file(name))).read_bytes() for name in (*PRIVATE, *WAYS)}
    with fileroom.open(_kept(tmp_path_factory.mktemp("real"), files)) as archive:
        yield archive


def _opened(file: str) -> Dataset:
    return pydicom.dcmread(str(get_testdata_file(file)), stop_before_pixels=True)


@pytest.mark.parametrize("file", PRIVATE)
def test_private_attributes_of_real_files_are_what_pydicom_has(real: Archive, file: str) -> None:
    dataset = _opened(file)
    wanted = {
        f"{element.tag:08x}({element.private_creator})": element
        for element in dataset
        if element.tag.is_private and element.private_creator and element.VR not in {"OB", "OW", "UN", "SQ"}
    }
    uid = dataset.SOPInstanceUID
    (row,) = real.to_arrow("instance", columns=["id", *wanted], SOPInstanceUID=uid).to_pylist()
    for name, element in wanted.items():
        values = row[name] if isinstance(row[name], list) else [row[name]]
        expected = element.value if element.VM > 1 else [element.value]
        if element.VM == 0:
            assert values in ([None], []), name
        elif element.VR in {"DA", "TM", "DT"}:
            assert None not in values, name
        elif isinstance(values[0], str):
            assert "\\".join(values) == "\\".join(map(str, expected)), name
        else:
            assert values == pytest.approx([float(one) for one in cast("list[Any]", expected)]), name


@pytest.mark.parametrize("file", WAYS)
def test_items_of_real_files_are_what_pydicom_has(real: Archive, file: str) -> None:
    dataset = _opened(file)
    items = [dataset]
    for keyword in WAYS[file]:
        items = [below for item in items for below in item.get(keyword, ())]
    keywords = sorted({element.keyword for item in items for element in item if element.VR != "SQ"})
    assert keywords
    columns = [".".join((*(f"{name}[*]" for name in WAYS[file]), keyword)) for keyword in keywords]
    (row,) = real.to_arrow(Level.INSTANCE, columns=columns, SOPInstanceUID=dataset.SOPInstanceUID).to_pylist()
    for keyword, column in zip(keywords, columns, strict=True):
        assert [_plain(one) for one in row[column]] == [_plain(item.get(keyword)) for item in items]


def _plain(value: Any) -> str:
    """Return a value as text that compares: numbers by value."""
    values = [value] if isinstance(value, str | int | float) or value is None else list(value)
    texts = []
    for one in values:
        try:
            texts.append(f"{float(str(one)):.9g}")
        except ValueError:
            texts.append(str(one or ""))
    return "\\".join(texts)
