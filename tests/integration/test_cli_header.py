"""``fileroom header`` and ``fileroom query-xml``: files, ids and searches, in every format."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from fileroom.testing.datasets import make_instance
from fileroom_plugins.metadata import header
from tests.integration.cli_runs import ENVIRONMENT, run, run_json

if TYPE_CHECKING:
    from pathlib import Path

NAME = '/DICOM_OBJECT/*[@name="Patient\'s Name"]/VALUE'
MAPPING = """\
root_elem_tag = "CARD"
[[mapped_path]]
attribute_tag = "PatientID"
path = "ID"
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two files of a CT series, one that is damaged, and an archive with the two."""
    folder = tmp_path_factory.mktemp("header")
    files = folder / "files"
    files.mkdir()
    for number in (1, 2):
        data = make_instance(patient_id="P1", instance_number=number, tags={"PatientName": "Doe^Jane"})
        (files / f"{number}.dcm").write_bytes(data)
    (folder / "damaged.dcm").write_bytes(data[:400])
    (folder / "site.toml").write_text(MAPPING)
    run("-a", folder / "archive", "import", files)
    return folder


def test_a_file_needs_no_archive(folder: Path) -> None:
    found = json.loads(run("-a", folder / "none", "header", folder / "files/1.dcm").stdout)
    assert found["00100010"] == {"vr": "PN", "Value": [{"Alphabetic": "Doe^Jane"}]}
    root = ET.fromstring(run("header", folder / "files/1.dcm", "--format", "xml").stdout)
    assert root.tag.endswith("NativeDicomModel")


def test_a_search_gives_every_instance_as_one_array(folder: Path) -> None:
    found = json.loads(run("-a", folder / "archive", "header", "series", "PatientID=P1").stdout)
    assert sorted(one["00200013"]["Value"][0] for one in found) == [1, 2]
    assert json.loads(run("-a", folder / "archive", "header", "series", "PatientID=P9").stdout) == []


def test_an_id_and_json_name_their_objects(folder: Path) -> None:
    instance = run_json("-a", folder / "archive", "find", "instance", "InstanceNumber=2")[0]["id"]
    (found,) = run_json("-a", folder / "archive", "header", instance, "--format", "oracle-xml")
    assert found["object"] == instance
    assert ET.fromstring(found["document"]).tag.endswith("DICOM_OBJECT")


def test_documents_go_to_files_and_damaged_objects_are_named(folder: Path, tmp_path: Path) -> None:
    sources = (folder / "files", folder / "damaged.dcm")
    result = run("header", *sources, "--format", "xml", "-o", tmp_path / "out", code=1)
    assert "damaged.dcm: truncated" in result.stderr
    written = sorted((tmp_path / "out").rglob("*.xml"))
    assert len(written) == 2
    assert all(ET.parse(path) for path in written)


def test_mappings_are_documents_by_path(folder: Path) -> None:
    words = ("header", folder / "files/1.dcm", "--format", "oracle-xml", "--mapping", folder / "site.toml")
    root = ET.fromstring(run(*words, "--extract", "mapped").stdout)
    assert (root.tag, root.findtext("ID")) == ("CARD", "P1")
    result = run("header", folder / "files/1.dcm", "--mapping", "ordcmmp.xml", code=2)
    assert "--mapping is for --format oracle-xml" in result.stderr
    (folder / "wrong.toml").write_text("\nroot = 1\n")
    result = run(*words[:-1], folder / "wrong.toml", code=1)
    assert "wrong.toml:2: key 'root' is not known" in result.stderr


def test_a_mapping_beside_where_one_stands_and_one_in_the_archive_are_found(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    words = ("-a", folder / "archive", "header", "series", "PatientID=P1", "--format", "oracle-xml")
    mapped = (*words, "--extract", "mapped", "--mapping")
    assert run(*mapped, "site.toml").stdout.count("<ID>P1</ID>") == 2
    run("-a", folder / "archive", "documents", "insert", "site.toml", "--kind", "mapping", "--name", "card")
    assert run(*mapped, "card").stdout.count("<ID>P1</ID>") == 2


def test_an_xpath_finds_text_as_the_tutorial_has_it(folder: Path) -> None:
    assert run("query-xml", NAME, folder / "files/1.dcm").stdout == "Doe^Jane\n"
    native = "//DicomAttribute[@keyword='PatientID']/Value"
    assert run("query-xml", native, folder / "files/1.dcm", "--format", "xml").stdout == "P1\n"


def test_columns_make_a_table_of_a_search(folder: Path) -> None:
    words = ("-a", folder / "archive", "query-xml", "/DICOM_OBJECT", "series", "Modality=CT")
    columns = ("--column", """number=*[@name="Instance Number"]""", "--column", """id=*[@tag="00100020"]""")
    rows = list(csv.DictReader(io.StringIO(run(*words, *columns, "--csv").stdout)))
    assert sorted((row["number"], row["id"]) for row in rows) == [("1", "P1"), ("2", "P1")]
    found = run_json(*words, *columns, "--column", "none=nothing")
    assert {one["none"] for one in found} == {None}
    assert "number" in run(*words, *columns).stdout


@pytest.mark.parametrize(
    ("xpath", "reason"),
    [
        ("/DICOM_OBJECT[", "no XPath"),
        ("other:name", "names need no prefix"),
        ("//*[count(//*[count(//*)])]", "at most 1 search"),
        ("//a" * 9, "at most 8 searches"),
        ("a" + "[b" * 40 + "]" * 40, "at most 32 brackets"),
        ("a" * 5000, "at most 4096 characters"),
        ("nothing('x')", "no XPath"),
    ],
)
def test_a_wrong_or_costly_xpath_is_one_error_of_usage(folder: Path, xpath: str, reason: str) -> None:
    result = run(
        "query-xml",
        xpath,
        folder / "files/1.dcm",
        folder / "files/2.dcm",
        code=2,
    )
    assert result.stderr.count(reason) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="the names of files are text there")
def test_a_file_whose_name_is_no_text_is_named_with_escapes(folder: Path, tmp_path: Path) -> None:
    odd = tmp_path / os.fsdecode(b"\xffad.dcm")
    odd.write_bytes((folder / "files/1.dcm").read_bytes())
    ended = subprocess.run(
        [
            sys.executable,
            "-m",
            "fileroom",
            "query-xml",
            "/DICOM_OBJECT",
            str(odd),
            "--column",
            "x=1",
            "--csv",
        ],
        cwd=tmp_path,
        env={**ENVIRONMENT, "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        check=True,
    )
    assert b"\\udcffad.dcm,1\n" in ended.stdout


def test_a_column_that_is_no_xpath_is_an_error_of_usage(folder: Path) -> None:
    result = run("query-xml", "/*", folder / "files/1.dcm", "--column", "x=a[", code=2)
    assert result.stderr.count("no XPath") == 1


def test_a_column_needs_a_name(folder: Path) -> None:
    assert "NAME=XPATH" in run("query-xml", "/*", folder / "files/1.dcm", "--column", "x", code=2).stderr


def test_words_may_be_typed_as_oracle_wrote_them(folder: Path) -> None:
    words = ("header", folder / "files/1.dcm", "--format")
    assert run(*words, "JSON").stdout == run(*words, "json").stdout
    standard = run(*words, "oracle-xml", "--extract", "standard").stdout
    assert run(*words, "ORACLE-XML", "--extract", "STANDARD").stdout == standard
    assert header(folder / "files/1.dcm", format="oracle-xml", extract="ALL").startswith(b"<")
