"""Documents under the names of those that come with the plugin: one that is inserted takes effect."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from pydicom import dcmread

import fileroom
from fileroom.archive import Archive
from fileroom.testing.datasets import make_instance
from tests.integration.cli_runs import run

STANDARD = """[[standard_attribute_definition]]
tag = "00080060"
name = "Sort"
vr = "CS"
"""
PRIVATE = """[[private_attribute_definition]]
tag = "0009xx01"
name = "Our Machine"
definer = "SITE"
vr = "LO"
"""
SKIP = """[[preference_def]]
parameter = "XML_SKIP_ATTR"
value = "128"
"""
MAPPING = """root_elem_tag = "CARD"
[[mapped_path]]
attribute_tag = "Modality"
path = "SORT"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    dataset = dcmread(BytesIO(make_instance(patient_id="P-1", tags={"ImageComments": "x" * 300})))
    dataset.private_block(0x0009, "SITE", create=True).add_new(0x01, "LO", "one")
    path = tmp_path / "1.dcm"
    dataset.save_as(path)
    return path


@pytest.fixture
def archive(tmp_path: Path, file: Path) -> Iterator[Archive]:
    with fileroom.open(tmp_path / "archive") as archive:
        archive.ingest(file)
        yield archive


def shown(archive: Archive, **options: Any) -> ET.Element:
    instance = archive.find("instance").first()
    assert instance is not None
    (product,) = instance.process("metadata", format="oracle-xml", keep=False, **options)
    return ET.fromstring(product.data)


def names(archive: Archive) -> dict[str, str]:
    return {one.attrib["tag"]: one.attrib["name"] for one in shown(archive)}


def test_documents_of_the_default_names_have_their_effect(archive: Archive) -> None:
    before = names(archive)
    assert before["00080060"] == "Modality"
    assert "00204000" in before
    for name, kind, text in (
        ("ordcmsd.xml", "standard-dictionary", STANDARD),
        ("ordcmpv.xml", "private-dictionary", PRIVATE),
        ("ordcmpf.xml", "preference", SKIP),
    ):
        archive.documents.insert(name, kind, text.encode())
    after = names(archive)
    assert (after["00080060"], after["00091001"]) == ("Sort", "Our Machine")
    assert before.keys() - after.keys() == {"00204000"}
    archive.documents.insert("ordcmmp.xml", "mapping", MAPPING.encode())
    assert shown(archive).findtext("SORT") == "CT"
    for name in ("ordcmsd.xml", "ordcmpv.xml", "ordcmpf.xml", "ordcmmp.xml"):
        archive.documents.delete(name)
    assert names(archive) == before


def test_what_is_mapped_without_a_mapping_of_ones_own_tells_objects_apart(archive: Archive) -> None:
    mapped = {one.attrib["name"]: one.text for one in shown(archive, extract="mapped")}
    assert mapped["Patient ID"] == "P-1"
    assert mapped["Modality"] == "CT"
    uids = {f"{level} Instance UID" for level in ("Study", "Series", "SOP")}
    assert {"Patient's Name", *uids} <= mapped.keys()
    assert len(shown(archive)) == len({one.attrib["tag"] for one in shown(archive)})


def test_what_a_preference_leaves_out_of_a_header_stays_when_it_is_written_back(archive: Archive) -> None:
    archive.documents.insert("ordcmpf.xml", "preference", SKIP.encode())
    instance = archive.find("instance").first()
    assert instance is not None
    (header,) = instance.process("metadata", format="oracle-xml", keep=False)
    edited = header.data.replace(b">P-1<", b">P-2<").decode()
    assert "x" * 300 not in edited
    (made,) = instance.process("write-metadata", document=edited, keep=False)
    dataset = dcmread(BytesIO(made.data))
    assert (dataset.PatientID, dataset.ImageComments) == ("P-2", "x" * 300)


def test_the_command_takes_dictionaries(file: Path, tmp_path: Path) -> None:
    for name, text in (("standard.toml", STANDARD), ("private.toml", PRIVATE)):
        (tmp_path / name).write_text(text)
    given = ("--standard-dictionary", tmp_path / "standard.toml")
    more = ("--private-dictionary", tmp_path / "private.toml")
    root = ET.fromstring(run("header", file, "--format", "oracle-xml", *given, *more).stdout)
    assert {"Sort", "Our Machine"} <= {one.get("name") for one in root}
    refused = run("header", file, *given, code=2).stderr
    assert "--standard-dictionary is for --format oracle-xml" in refused
