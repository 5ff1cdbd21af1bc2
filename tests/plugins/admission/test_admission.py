from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pydicom
import pytest

from fileroom.events import Incoming, Quarantine, Reject, Replace
from fileroom.header import HeaderReader
from fileroom.plugin import ConfigError
from fileroom.tags import TagSet
from fileroom.testing.datasets import CT_IMAGE, RLE_LOSSLESS, make_instance
from fileroom_plugins.admission import Options, fileroom_extension

if TYPE_CHECKING:
    from fileroom.events import Decision

READER = HeaderReader(TagSet.default())
NATIVE = ["1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.2"]


def decide(data: bytes, options: Options) -> Decision | None:
    incoming = Incoming(READER.read(data), len(data), lambda: io.BytesIO(data))
    admission: Any = fileroom_extension().open(options)
    decision: Decision | None = admission.fileroom_before_store(incoming)
    return decision


def replaced(data: bytes, values: dict[str, str]) -> bytes:
    decision = decide(data, Options(set=values))
    assert isinstance(decision, Replace)
    return decision.data


def read(data: bytes) -> pydicom.Dataset:
    return pydicom.dcmread(io.BytesIO(data))


def test_without_options_everything_passes() -> None:
    assert decide(make_instance(), Options()) is None


@pytest.mark.parametrize(("modality", "passes"), [("CT", True), ("MR", True), ("US", False), (None, False)])
def test_only_listed_modalities_pass(modality: str | None, *, passes: bool) -> None:
    decision = decide(make_instance(tags={"Modality": modality}), Options(modalities=("CT", "MR")))
    assert decision is None if passes else isinstance(decision, Reject)


def test_only_listed_sop_classes_pass() -> None:
    assert decide(make_instance(modality="CT"), Options(sop_classes=(CT_IMAGE,))) is None
    assert isinstance(decide(make_instance(modality="MR"), Options(sop_classes=(CT_IMAGE,))), Reject)


@pytest.mark.parametrize("value", [None, ""])
def test_an_object_without_a_required_value_is_quarantined(value: str | None) -> None:
    data = make_instance(tags={"PatientName": value})
    decision = decide(data, Options(require=("PatientID", "PatientName", "AccessionNumber")))
    assert isinstance(decision, Quarantine)
    assert decision.reason.endswith(": PatientName, AccessionNumber")


def test_an_object_with_all_required_values_passes() -> None:
    assert decide(make_instance(), Options(require=("PatientID", "SeriesNumber"))) is None


def test_reasons_hold_no_values() -> None:
    data = make_instance(patient_id="SECRET-1", tags={"PatientName": "Secret^Name", "Modality": "SECRET"})
    for options in (
        Options(modalities=("CT",)),
        Options(sop_classes=("1.2",)),
        Options(require=("StudyID",)),
    ):
        decision = decide(data, options)
        assert isinstance(decision, Reject | Quarantine)
        assert "secret" not in decision.reason.lower()


@pytest.mark.parametrize("syntax", [*NATIVE, RLE_LOSSLESS])
def test_set_values_are_written_and_all_else_stays(syntax: str) -> None:
    data = make_instance(transfer_syntax=syntax, tags={"InstitutionName": "Elsewhere"})
    values = {"InstitutionName": "Here", "ImageType": "ORIGINAL\\PRIMARY", "PatientWeight": "70.50"}
    before, after = read(data), read(replaced(data, values))
    assert (after.InstitutionName, after.ImageType, str(after.PatientWeight)) == (
        "Here",
        ["ORIGINAL", "PRIMARY"],
        "70.50",
    )
    for keyword in values:
        before.pop(keyword, None)
        after.pop(keyword, None)
    assert before == after
    assert before.file_meta.TransferSyntaxUID == after.file_meta.TransferSyntaxUID == syntax


def test_an_object_that_has_the_values_is_left_as_it_is() -> None:
    data = make_instance()
    values = {"InstitutionName": "Here", "ImageType": "ORIGINAL\\PRIMARY", "PatientWeight": "70.50"}
    assert decide(replaced(data, values), Options(set=values)) is None


def test_equal_objects_are_changed_to_equal_bytes() -> None:
    assert replaced(make_instance(), {"StationName": "A"}) == replaced(make_instance(), {"StationName": "A"})


def test_an_object_without_file_meta_information_can_be_changed() -> None:
    dataset = read(make_instance(transfer_syntax="1.2.840.10008.1.2"))
    buffer = io.BytesIO()
    with buffer:
        pydicom.dcmwrite(buffer, pydicom.Dataset(dataset), implicit_vr=True, little_endian=True)
        data = buffer.getvalue()
    assert READER.read(replaced(data, {"StationName": "A"})).tags["StationName"] == "A"


def test_a_letter_that_the_character_set_lacks_quarantines_the_object() -> None:
    latin = make_instance(character_set="ISO_IR 100")
    assert read(replaced(latin, {"InstitutionName": "Zürich"})).InstitutionName == "Zürich"
    decision = decide(latin, Options(set={"InstitutionName": "東京"}))
    assert isinstance(decision, Quarantine)


@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2.1", RLE_LOSSLESS])
@pytest.mark.parametrize("cut", [-9, -700, 500, 0])
def test_an_object_that_is_cut_off_is_quarantined_and_not_made_to_look_whole(syntax: str, cut: int) -> None:
    data = make_instance(transfer_syntax=syntax)
    incoming = Incoming(READER.read(data), len(data), lambda: io.BytesIO(data[:cut]))
    admission: Any = fileroom_extension().open(Options(set={"StationName": "A"}))
    decision = admission.fileroom_before_store(incoming)
    assert isinstance(decision, Quarantine)
    assert "cannot be changed" in decision.reason


def test_rejection_comes_before_any_change() -> None:
    options = Options(modalities=("MR",), require=("StudyID",), set={"StationName": "A"})
    assert isinstance(decide(make_instance(), options), Reject)
    options = Options(require=("StudyID",), set={"StudyID": "A"})
    assert isinstance(decide(make_instance(), options), Quarantine)


@pytest.mark.parametrize("keyword", ["PatientId", "PatientWeight", "PixelData", ""])
def test_what_is_required_must_be_a_main_tag(keyword: str) -> None:
    with pytest.raises(ConfigError, match=r"plugins\.admission\.require"):
        fileroom_extension().open(Options(require=(keyword,)))


@pytest.mark.parametrize(
    ("keyword", "value"),
    [
        ("InstitutionNme", "x"),
        ("PixelData", "x"),
        ("Rows", "512"),
        ("ReferencedStudySequence", "x"),
        ("SOPInstanceUID", "1.2.3"),
        ("StudyDate", "yesterday"),
        ("PatientSex", "much too long for a CS"),
    ],
)
def test_what_cannot_be_set_is_a_configuration_error(keyword: str, value: str) -> None:
    with pytest.raises(ConfigError, match=rf"plugins\.admission\.set\.{keyword}"):
        fileroom_extension().open(Options(set={keyword: value}))
