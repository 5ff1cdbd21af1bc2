"""The processor and the functions."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

import fileroom
from fileroom.documents import Document
from fileroom.errors import ConfigError, FileroomError, NotFoundError, NotSupportedError
from fileroom.plugin import DocumentName, Processor, Secret
from fileroom.testing.processor import ProcessorContract
from fileroom_plugins.deidentify import Options, deidentify, is_anonymous
from fileroom_plugins.deidentify.processor import DeidentifyProcessor
from tests.plugins.deidentify.samples import IDENTIFIER, KEY, apply, as_bytes, dataset, read

SECRET = Secret(KEY.decode())


class TestDeidentifyProcessor(ProcessorContract):
    @pytest.fixture
    def processor(self) -> Processor:
        return DeidentifyProcessor(Options())


class TestWithEverythingCleaned(ProcessorContract):
    @pytest.fixture
    def processor(self) -> Processor:
        cleaned = ("clean-descriptors", "clean-structured-content", "clean-graphics", "retain-modified-dates")
        return DeidentifyProcessor(Options(options=cleaned, key=SECRET, check="report"))


def test_the_products_are_a_new_object_and_its_report() -> None:
    made, report = fileroom.process(as_bytes(dataset()), "deidentify", key=KEY.decode(), check="report")
    assert made.is_new_object
    assert read(made.data).PatientIdentityRemoved == "YES"
    told = json.loads(report.data)
    assert report.content_type == "deidentification"
    assert told["profile"] == "PS3.15 2026c Basic Profile"
    assert told["consistent"] is True
    assert told["residual"] == []
    assert {"path": "00100020", "keyword": "PatientID", "action": "D", "rule": "basic"} in told["touched"]


def test_kept_in_an_archive_the_new_object_is_another_instance_of_another_patient(tmp_path: Path) -> None:
    with fileroom.open(tmp_path / "archive") as archive:
        archive.ingest(io.BytesIO(as_bytes(dataset())))
        (instance,) = archive.find("instance")
        instance.process("deidentify")
        patients = [patient.tags["PatientID"] for patient in archive.find("patient")]
    assert len(patients) == 2
    assert IDENTIFIER in patients


def test_a_key_makes_two_runs_agree_and_none_does_not() -> None:
    data = as_bytes(dataset())
    with_key, without = Options(key=SECRET), Options()
    assert deidentify(data, with_key).data == deidentify(data, with_key).data
    assert deidentify(data, without).data != deidentify(data, without).data
    assert not deidentify(data, without).report.consistent


def test_paths_files_and_datasets_give_the_same(tmp_path: Path) -> None:
    data = as_bytes(dataset())
    path = tmp_path / "one.dcm"
    path.write_bytes(data)
    options = Options(key=SECRET)
    made = deidentify(data, options).data
    assert deidentify(path, options).data == deidentify(str(path), options).data == made
    assert deidentify(io.BytesIO(data), options).data == made
    assert deidentify(read(data), options).dataset == read(made)
    with pytest.raises(NotFoundError):
        deidentify(tmp_path / "none.dcm")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"options": ("retain-all",)}, "there is no option"),
        ({"options": ("retain-full-dates", "retain-modified-dates")}, "not both"),
        ({"key": Secret("short")}, "too short"),
        ({"uid_root": "root"}, "no UID root"),
        ({"days": (2, 1)}, "no range"),
        ({"new_sop_instance_uid": "1.02"}, "expected a UID"),
        ({"options": ("clean-pixel-data",), "rectangles": ("1 2 3",)}, "x y width height"),
    ],
)
def test_wrong_options_are_refused_before_any_object(options: Any, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        DeidentifyProcessor(Options(**options))


@pytest.mark.parametrize(
    "options",
    [
        {"document": DocumentName("site.toml"), "options": ("retain-uids",)},
        {"mapping": Secret("sqlite://")},
        {"days": (1, 2, 3)},
    ],
)
def test_options_that_contradict_each_other_are_refused(options: Any) -> None:
    with pytest.raises(ValueError, match=r"document|mapping|days"):
        Options(**options)


def test_faces_are_not_promised_to_be_hidden() -> None:
    with pytest.raises(NotSupportedError, match="no installed plugin"):
        DeidentifyProcessor(Options(options=("clean-recognizable-visual-features",)))


def test_a_document_says_what_to_do() -> None:
    text = b'[attributes]\nPatientComments = "keep"\n'
    document = DocumentName.of(Document("site.toml", "anonymity", text))
    made = deidentify(as_bytes(dataset(PatientComments="kept")), Options(document=document)).dataset
    assert made.PatientComments == "kept"


def test_a_mapping_keeps_who_became_whom(tmp_path: Path) -> None:
    url = Secret(f"sqlite:///{(tmp_path / 'who.sqlite').as_posix()}")
    options = Options(key=SECRET, mapping=url)
    first = deidentify(as_bytes(dataset()), options).dataset
    assert deidentify(as_bytes(dataset()), options).dataset == first
    assert (tmp_path / "who.sqlite").exists()


def test_what_came_of_it_is_anonymous_and_the_original_is_not() -> None:
    data = as_bytes(dataset(StudyDescription="Chest"))
    assert not is_anonymous(data)
    assert is_anonymous(deidentify(data).data)


@pytest.mark.parametrize(
    "attributes",
    [{"OtherPatientNames": "Who^Ever"}, {"AccessionNumber": "4711"}, {"ReferringPhysicianName": "Who^Ever"}],
)
def test_an_object_that_only_says_so_is_not_anonymous(attributes: dict[str, Any]) -> None:
    assert not is_anonymous(as_bytes(dataset(PatientIdentityRemoved="YES", **attributes)))


def test_private_attributes_and_items_count() -> None:
    made = apply(dataset()).dataset
    assert is_anonymous(as_bytes(made))
    made.private_block(0x0009, "ACME", create=True).add_new(1, "LO", "x")
    assert not is_anonymous(as_bytes(made))


def test_one_processor_gives_a_new_uid_to_one_object_only() -> None:
    processor = DeidentifyProcessor(Options(new_sop_instance_uid="1.2.99"))
    with pytest.raises(FileroomError):
        processor.process(io.BytesIO(b"no DICOM"))
    made, _ = processor.process(io.BytesIO(as_bytes(dataset())))
    assert read(made.data).SOPInstanceUID == "1.2.99"
    with pytest.raises(NotSupportedError, match="new_sop_instance_uid is for one object"):
        processor.process(io.BytesIO(as_bytes(dataset(SOPInstanceUID="1.2.3.4.5.8"))))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("options", one) for one in ("retain-uids", (1,), None, {"retain-uids"})),
        *(("rectangles", one) for one in ("0 0 5 5", (0, 0, 5, 5))),
        *(("days", one) for one in (("a", "b"), (-1.5, -1), (True, False), 3, (-3, -2, -1))),
        *((name, one) for name in ("key", "mapping") for one in ("a text that is no secret", b"bytes")),
        *((name, None) for name in ("uid_root", "new_sop_instance_uid", "standard_dictionary")),
        ("document", "ordcman.xml"),
    ],
)
def test_an_option_of_another_type_is_an_error_that_names_it(name: str, value: Any) -> None:
    given = {"key": SECRET, name: value}
    with pytest.raises(ValueError, match=f"^{name}: expected") as caught:
        Options(**given)
    assert str(value) not in str(caught.value)


def test_lists_do_as_well_as_tuples() -> None:
    lists: Any = {"options": ["retain-uids"], "days": [-3, -1]}
    assert deidentify(as_bytes(dataset()), Options(**lists)).dataset.SOPInstanceUID == "1.2.3.4.5.1"
