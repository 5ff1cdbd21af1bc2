"""Tables: the index's attributes and any of the headers', typed, in batches, for Arrow, pandas and files."""

from __future__ import annotations

import csv
import datetime as dt
import errno
import io
import sys
from typing import TYPE_CHECKING

import pyarrow as pa  # type: ignore[import-untyped]
import pytest
from pyarrow import ipc, parquet

import fileroom
from fileroom.errors import MissingDependencyError, QueryError
from fileroom.testing.datasets import make_instance
from tests.integration.cli_runs import run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

    from fileroom import Archive

FIRST = {
    "PatientName": "Doe^Jane",
    "StudyDate": "20240229",
    "StudyTime": "0830",
    "ImageType": "ORIGINAL\\PRIMARY",
    "SliceThickness": "2.50",
    "PixelSpacing": "0.5\\0.25",
    "AcquisitionDateTime": "20240229083001.5+0100",
    "SeriesNumber": "7",
}
SECOND = {
    "PatientName": "Roe^Richard",
    "StudyDate": "19991231",
    "SliceThickness": "9.87",
    "SeriesNumber": "8",
}
WRONG = {b"19991231": b"1999ABCD", b"9.87": b"thin"}


@pytest.fixture(scope="module")
def where(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tables")
    for number, tags in enumerate((FIRST, SECOND), start=1):
        data = make_instance(patient_id=f"P{number}", instance_number=number, tags=tags)
        for right, wrong in WRONG.items():
            data = data.replace(right, wrong)
        (folder / f"{number}.dcm").write_bytes(data)
    run("-a", folder / "archive", "import", *sorted(folder.glob("*.dcm")))
    return folder / "archive"


@pytest.fixture
def archive(where: Path) -> Iterator[Archive]:
    with fileroom.open(where) as archive:
        yield archive


def test_values_have_the_types_of_their_vrs(archive: Archive) -> None:
    columns = [
        "PatientID",
        "StudyDate",
        "StudyTime",
        "SeriesNumber",
        "ImageType",
        "SliceThickness",
        "PixelSpacing",
    ]
    found = archive.to_arrow("instance", columns=[*columns, "AcquisitionDateTime"], order_by="PatientID")
    assert [str(one.type) for one in found.schema] == [
        "string",
        "date32[day]",
        "time64[us]",
        "int64",
        "list<item: string>",
        "double",
        "list<item: double>",
        "timestamp[us]",
    ]
    first, second = found.to_pylist()
    assert first == {
        "PatientID": "P1",
        "StudyDate": dt.date(2024, 2, 29),
        "StudyTime": dt.time(8, 30),
        "SeriesNumber": 7,
        "ImageType": ["ORIGINAL", "PRIMARY"],
        "SliceThickness": 2.5,
        "PixelSpacing": [0.5, 0.25],
        "AcquisitionDateTime": dt.datetime(2024, 2, 29, 7, 30, 1, 500_000),  # noqa: DTZ001 - in UTC
    }
    assert (second["StudyDate"], second["SliceThickness"], second["PixelSpacing"]) == (None, None, None)


def test_without_columns_there_is_all_that_the_index_keeps(archive: Archive) -> None:
    found = archive.to_arrow("study", PatientID="P1")
    assert found.column_names[:3] == ["id", "level", "uid"]
    assert {"PatientName", "StudyDate"} <= set(found.column_names)
    assert found.num_rows == 1


def test_a_series_has_the_header_of_one_of_its_instances_and_what_is_computed(archive: Archive) -> None:
    columns = ["SliceThickness", "NumberOfSeriesRelatedInstances", "received"]
    (found,) = archive.to_arrow("series", columns=columns, PatientID="P1").to_pylist()
    assert (found["SliceThickness"], found["NumberOfSeriesRelatedInstances"]) == (2.5, 1)
    assert isinstance(found["received"], dt.datetime)


def test_batches_are_made_as_they_are_asked_for(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fileroom._tables.arrow.BATCH", 1)
    seen: list[None] = []
    reader = archive.to_batches("instance", columns=["uid"], on_row=lambda: seen.append(None))
    assert not seen
    assert reader.read_next_batch().num_rows == 1
    assert len(seen) == 1
    assert [batch.num_rows for batch in reader] == [1]


def test_a_data_frame_has_integers_that_may_be_missing(archive: Archive) -> None:
    frame = archive.to_pandas("instance", columns=["SeriesNumber", "StudyDate", "ExposureTime"])
    assert [str(one) for one in frame.dtypes] == ["Int64", "datetime64[ms]", "Int64"]
    assert frame["ExposureTime"].isna().all()
    assert sorted(frame["SeriesNumber"]) == [7, 8]


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        (["Nothing"], "not the keyword"),
        (["PixelData"], "no table holds"),
        (["uid", "uid"], "twice"),
        (["NumberOfStudyRelatedSeries"], "computed for another level"),
    ],
)
def test_columns_that_cannot_be_are_refused(archive: Archive, columns: list[str], reason: str) -> None:
    with pytest.raises(QueryError, match=reason):
        archive.to_arrow("instance", columns=columns)


def test_without_pyarrow_the_extra_is_named(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingDependencyError, match=r"fileroom\[table\]"):
        archive.to_arrow("study")


def test_an_instance_whose_file_is_gone_is_told_of_and_has_no_values(tmp_path: Path) -> None:
    for name in ("P8", "P9"):
        (tmp_path / f"{name}.dcm").write_bytes(make_instance(patient_id=name, tags=FIRST))
    run("-a", tmp_path / "archive", "import", tmp_path / "P8.dcm", tmp_path / "P9.dcm")
    gone = (tmp_path / "P9.dcm").read_bytes()
    for file in (path for path in (tmp_path / "archive").rglob("*") if path.is_file()):
        if file.read_bytes() == gone:
            file.unlink()
    words = ("table", "instance", "--columns", "PatientID,SliceThickness", "--order", "PatientID")
    result = run("-a", tmp_path / "archive", *words, code=1)
    assert list(csv.DictReader(io.StringIO(result.stdout))) == [
        {"PatientID": "P8", "SliceThickness": "2.5"},
        {"PatientID": "P9", "SliceThickness": ""},
    ]
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize("form", ["parquet", "arrow", "csv"])
def test_tables_are_written_to_new_files(where: Path, tmp_path: Path, form: str) -> None:
    target = tmp_path / f"table.{form}"
    words = ("-a", where, "table", "instance", "--columns", "PatientID,PixelSpacing", "--order", "PatientID")
    run(*words, "-o", target)
    if form == "csv":
        assert target.read_text().splitlines() == ['"PatientID","PixelSpacing"', '"P1","0.5\\0.25"', '"P2",']
    else:
        found = parquet.read_table(target) if form == "parquet" else ipc.open_file(target).read_all()
        assert found.to_pylist() == [
            {"PatientID": "P1", "PixelSpacing": [0.5, 0.25]},
            {"PatientID": "P2", "PixelSpacing": None},
        ]
        assert found.schema.field("PixelSpacing").type == pa.list_(pa.float64())
    assert "is there already" in run(*words, "-o", target, code=1).stderr
    assert [path.name for path in tmp_path.iterdir()] == [target.name]


def test_a_table_that_cannot_be_written_leaves_nothing_behind(
    where: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill_the_disk(_: object, file: BinaryIO, __: str) -> None:
        file.write(b"a part")
        raise OSError(errno.ENOSPC, "No space left on device")

    words = ("-a", where, "table", "instance", "-o", tmp_path / "table.csv")
    with monkeypatch.context() as patched:
        patched.setattr("fileroom.cli.tabling.write_table", fill_the_disk)
        assert "No space left on device" in run(*words, code=1).stderr
    assert not list(tmp_path.iterdir())
    run(*words)
    assert [path.name for path in tmp_path.iterdir()] == ["table.csv"]
