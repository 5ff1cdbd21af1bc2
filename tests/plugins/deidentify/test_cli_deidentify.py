from __future__ import annotations

import csv
import itertools
import json
import os
import shutil
import signal
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pydicom
import pytest
from pydicom import Dataset

import fileroom
from tests.integration.cli_runs import run, run_json
from tests.plugins.deidentify.samples import IDENTIFIER, NAME, SHIPPED, as_bytes, dataset

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PRESENTATION_STATE = "1.2.840.10008.5.1.4.1.1.11.1"
WHO = (NAME.partition("^")[0], IDENTIFIER)


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "deidentify.key"
    path.write_text("a key for tests only\n")
    return path


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """Return a folder with two images and a presentation state that refers to them."""
    folder = tmp_path / "study"
    folder.mkdir()
    for number in (1, 2):
        image = dataset(SOPInstanceUID=f"1.2.3.4.5.{number}", SeriesDescription="axial")
        (folder / f"{number}.dcm").write_bytes(as_bytes(image))
    series, references = Dataset(), []
    for number in (1, 2):
        reference = Dataset()
        reference.ReferencedSOPClassUID = image.SOPClassUID
        reference.ReferencedSOPInstanceUID = f"1.2.3.4.5.{number}"
        references.append(reference)
    series.SeriesInstanceUID, series.ReferencedImageSequence = image.SeriesInstanceUID, references
    state = dataset(PRESENTATION_STATE, SOPInstanceUID="1.2.3.4.5.9", Modality="PR")
    state.ReferencedSeriesSequence = [series]
    (folder / "9.dcm").write_bytes(as_bytes(state))
    return folder


def made(folder: Path) -> list[Dataset]:
    return [pydicom.dcmread(path) for path in sorted(folder.iterdir())]


def test_files_become_files_named_by_their_new_uids(study: Path, tmp_path: Path, key: Path) -> None:
    run("deidentify", study, "-o", tmp_path / "out", "--key-file", key)
    assert len(made(tmp_path / "out")) == 3
    for path in (tmp_path / "out").iterdir():
        assert path.stem == pydicom.dcmread(path).SOPInstanceUID
        assert not any(who.encode() in path.read_bytes() for who in WHO)


def test_process_names_no_report_by_the_file_of_the_original(study: Path, tmp_path: Path) -> None:
    (study / "1.dcm").rename(study / f"{NAME}.dcm")
    run("process", "deidentify", study, "-o", tmp_path / "out")
    objects = [path for path in (tmp_path / "out").iterdir() if path.suffix == ".dcm"]
    assert len(objects) == 3
    assert {path.name for path in (tmp_path / "out").iterdir() if path.suffix == ".json"} == {
        f"{path.stem}.json" for path in objects
    }


def test_references_within_a_study_still_lead_to_their_objects(
    study: Path, tmp_path: Path, key: Path
) -> None:
    run("deidentify", study, "-o", tmp_path / "out", "--key-file", key, "--jobs", 2)
    objects = made(tmp_path / "out")
    uids = {one.SOPInstanceUID for one in objects}
    (series,) = next(one for one in objects if one.Modality == "PR").ReferencedSeriesSequence
    assert {item.ReferencedSOPInstanceUID for item in series.ReferencedImageSequence} < uids
    assert {series.SeriesInstanceUID} == {one.SeriesInstanceUID for one in objects}
    assert len({one.StudyInstanceUID for one in objects}) == 1


def uids(folder: Path) -> set[str]:
    return {one.SOPInstanceUID for one in made(folder)}


def test_one_key_makes_the_same_uids_again_and_another_makes_others(
    study: Path, tmp_path: Path, key: Path
) -> None:
    other = tmp_path / "other.key"
    other.write_text("another key for tests")
    for name, file in (("one", key), ("two", key), ("three", other)):
        run("deidentify", study, "-o", tmp_path / name, "--key-file", file)
    assert uids(tmp_path / "one") == uids(tmp_path / "two")
    assert not uids(tmp_path / "one") & uids(tmp_path / "three")


def test_a_key_is_not_typed_where_others_see_it(study: Path, tmp_path: Path) -> None:
    typed = ("--option", "key=a key for tests only")
    told = run("deidentify", study, "-o", tmp_path / "out", *typed, code=2).stderr
    assert "--key-file" in told
    other = run("process", "deidentify", study, "-o", tmp_path / "out", *typed, code=2).stderr
    assert "a secret is not typed at a command" in other
    assert "tests only" not in told + other


@pytest.mark.skipif(os.name != "posix", reason="has other permissions")
def test_a_key_that_everybody_may_read_is_told_of_once(study: Path, tmp_path: Path, key: Path) -> None:
    words = ("deidentify", study, "-o", tmp_path / "out", "--key-file", key)
    key.chmod(0o644)
    assert run(*words).stderr.count("everybody on this machine may read the key") == 1
    key.chmod(0o600)
    assert not run(*words).stderr


def test_a_key_is_the_same_whichever_editor_wrote_it(study: Path, tmp_path: Path, key: Path) -> None:
    other = tmp_path / "notepad.key"
    other.write_bytes(b"\xef\xbb\xbf" + key.read_bytes().strip() + b"\r\n")
    for name, file in (("one", key), ("two", other)):
        run("deidentify", study, "-o", tmp_path / name, "--key-file", file)
    assert uids(tmp_path / "one") == uids(tmp_path / "two")


def test_by_the_name_of_the_processor_copies_are_passed_over_too(study: Path, tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    run("-a", archive, "import", study)
    words = ("-a", archive, "process", "deidentify", "instance")
    assert "3 new instances" in run(*words).stdout
    again = run(*words).stdout
    assert "processed 3 instances" in again
    assert "passed over 3 instances made by this processor before" in again
    assert "passed over 6 instances" in run("-a", archive, "deidentify", "instance", "--keep").stderr


def test_options_may_be_typed_in_any_case(study: Path, tmp_path: Path) -> None:
    before = uids(study)
    run("deidentify", study, "-o", tmp_path / "out", "--options", "Retain-UIDs", "--check", "Refuse")
    assert uids(tmp_path / "out") == before
    run("-a", tmp_path / "archive", "import", study)
    words = ("-a", tmp_path / "archive", "deidentify", "instance", "--keep", "--options", "RETAIN-UIDS")
    assert "would leave two objects of one UID" in run(*words, code=2).stderr


def test_a_conflict_with_what_was_kept_before_says_what_would_replace_it(
    study: Path, tmp_path: Path, key: Path
) -> None:
    archive = tmp_path / "archive"
    run("-a", archive, "import", study)
    words = ("-a", archive, "deidentify", "study", f"PatientID={IDENTIFIER}", "--keep", "--key-file", key)
    run(*words)
    told = run(*words, "--options", "retain-device,clean-descriptors", code=1).stderr
    assert "[ingest] overwrite = 'if-changed' in the configuration would replace them" in told


def test_without_a_key_the_objects_of_one_run_still_belong_together(study: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.jsonl"
    run("deidentify", study, "-o", tmp_path / "out", "--jobs", 2, "--report", report)
    assert len({one.StudyInstanceUID for one in made(tmp_path / "out")}) == 1
    assert {json.loads(line)["consistent"] for line in report.read_text().splitlines()} == {False}


def test_a_report_tells_what_was_done_and_nobodys_identity(study: Path, tmp_path: Path, key: Path) -> None:
    (study / "Testarossa.dcm").write_bytes(b"\0" * 128 + b"DICM no more")
    report = tmp_path / "report.jsonl"
    run("deidentify", study, "-o", tmp_path / "out", "--key-file", key, "--report", report, code=1)
    text = report.read_text()
    lines = [json.loads(line) for line in text.splitlines()]
    assert sorted(line["number"] for line in lines) == [1, 2, 3, 4]
    assert {line["uid"] for line in lines if "uid" in line} == uids(tmp_path / "out")
    assert sum("reason" in line for line in lines) == 1
    touched = {one["keyword"]: one["action"] for line in lines for one in line.get("touched", ())}
    assert touched["SeriesDescription"] == "X"
    assert not any(who in text for who in (*WHO, "1.2.3.4.5", "19420815", str(study)))


def test_a_report_may_be_a_table(study: Path, tmp_path: Path, key: Path) -> None:
    report = tmp_path / "report.csv"
    for _ in range(2):  # the second time, it is written over
        run("deidentify", study, "-o", tmp_path / "out", "--key-file", key, "--report", report)
    with report.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["number"] for row in rows} == {"1", "2", "3"}
    assert ("SeriesDescription", "X", "basic") in {
        (row["keyword"], row["action"], row["rule"]) for row in rows
    }


def test_what_is_no_report_is_not_written_over(study: Path, tmp_path: Path) -> None:
    precious = tmp_path / "precious.jsonl"
    precious.write_text("mine")
    run("deidentify", study, "-o", tmp_path / "out", "--report", precious, code=2)
    assert precious.read_text() == "mine"


def test_kept_objects_are_linked_with_their_originals_and_not_done_again(
    study: Path, tmp_path: Path, key: Path
) -> None:
    archive = tmp_path / "archive"
    run("-a", archive, "import", study)
    first = run_json("-a", archive, "deidentify", "study", "--keep", "--key-file", key)
    again = run("-a", archive, "deidentify", "instance", "--keep", "--key-file", key)
    assert "passed over 3 instances" in again.stderr
    with fileroom.open(archive) as opened:
        assert opened.statistics().instances == 6
        for one in first:
            assert opened.get(one["made"]).metadata["made-from"] == one["object"]
            assert one["made"] in opened.get(one["object"]).metadata["made-into"]
            assert "deidentification" in opened.get(one["object"]).attachments


def test_one_archive_does_not_keep_two_objects_of_one_uid(study: Path, tmp_path: Path, key: Path) -> None:
    archive, rules = tmp_path / "archive", tmp_path / "site.toml"
    run("-a", archive, "import", study)
    words = ("-a", archive, "deidentify", "study", "--keep", "--key-file", key)
    refused = run(*words, "--options", "clean-descriptors,retain-uids", code=2)
    assert "--to ARCHIVE or -o FOLDER" in refused.stderr
    rules.write_text('base = "basic"\n[attributes]\nSOPInstanceUID = "keep"\n')
    assert run(*words, "--document", rules, code=1).stderr.count("SOP Instance UID of its source") == 3
    with fileroom.open(archive) as opened:
        assert opened.statistics().instances == 3


def test_another_archive_gets_the_objects_and_no_way_back(study: Path, tmp_path: Path, key: Path) -> None:
    archive, research = tmp_path / "archive", tmp_path / "research"
    run("-a", archive, "import", study)
    run("-a", research, "init")
    done = run_json("-a", archive, "deidentify", "study", "--to", research, "--key-file", key)
    with fileroom.open(research) as opened:
        assert opened.statistics().instances == 3
        for one in done:
            instance = opened.get(one["made"])
            assert "made-from" not in instance.metadata
            assert json.loads(instance.attachments["deidentification"].read())["touched"]
    run("-a", archive, "deidentify", "study", "--to", archive, code=2)


def test_a_single_object_may_be_given_its_new_uid(study: Path, tmp_path: Path) -> None:
    target = tmp_path / "new.dcm"
    run("deidentify", study / "1.dcm", "-o", target, "--new-sop-instance-uid", "1.2.99")
    assert pydicom.dcmread(target).SOPInstanceUID == "1.2.99"
    run("deidentify", study, "-o", tmp_path / "out", "--new-sop-instance-uid", "1.2.99", code=2)


def test_the_uid_of_one_object_is_not_given_to_several_by_configuration_either(
    study: Path, tmp_path: Path
) -> None:
    archive = tmp_path / "archive"
    run("-a", archive, "import", study)
    with (archive / "fileroom.toml").open("a") as file:
        file.write('\n[plugins.deidentify]\nnew_sop_instance_uid = "1.2.99"\n')
    told = run("-a", archive, "deidentify", "study", "-o", tmp_path / "out", code=2)
    assert "[plugins.deidentify] new_sop_instance_uid is for one object" in told.stderr
    run("-a", archive, "deidentify", study / "1.dcm", "-o", tmp_path / "new.dcm")
    assert pydicom.dcmread(tmp_path / "new.dcm").SOPInstanceUID == "1.2.99"


@pytest.mark.parametrize(
    ("who", "by"),
    [
        ({}, "id"),
        ({"PatientID": ""}, "name"),
        ({"PatientID": "UNKNOWN"}, "name"),
        ({"PatientID": "", "PatientName": ""}, "study"),
    ],
)
def test_by_whose_days_dates_were_moved_is_told(tmp_path: Path, who: dict[str, str], by: str) -> None:
    image = tmp_path / "image.dcm"
    image.write_bytes(as_bytes(dataset(**who)))
    words = ("deidentify", image, "-o", tmp_path / "new.dcm", "--options")
    (told,) = run_json(*words, "retain-modified-dates")
    assert told["dates_moved_by"] == by
    said = run(*words, "retain-modified-dates").stdout
    assert (f"dates moved by days of the {by}" in said) == (by != "id")
    assert run_json(*words, "clean-descriptors")[0]["dates_moved_by"] is None


def test_options_of_the_standard_are_named(study: Path, tmp_path: Path) -> None:
    options = "retain-uids,clean-descriptors"
    run("deidentify", study, "-o", tmp_path / "out", "--options", options)
    assert "1.2.3.4.5.1" in uids(tmp_path / "out")
    assert {one.get("SeriesDescription") for one in made(tmp_path / "out")} == {"axial", None}
    told = run("deidentify", study, "-o", tmp_path / "out", "--options", "retain-everything", code=2)
    assert "retain-uids" in told.stderr


def test_a_document_is_a_file_or_one_that_is_known_by_name(study: Path, tmp_path: Path) -> None:
    rules = tmp_path / "site.toml"
    rules.write_text('base = "basic"\n[attributes]\nPatientName = { replace = "Somebody" }\n')
    run("deidentify", study / "1.dcm", "-o", tmp_path / "one.dcm", "--document", rules)
    run("deidentify", study / "1.dcm", "-o", tmp_path / "two.dcm", "--document", "ordcman.xml")
    assert pydicom.dcmread(tmp_path / "one.dcm").PatientName == "Somebody"
    assert pydicom.dcmread(tmp_path / "two.dcm").PatientName == "anonymous"


def test_a_wrong_document_is_one_error_with_its_line(study: Path, tmp_path: Path) -> None:
    rules = tmp_path / "site.toml"
    rules.write_text('[attributes]\nPatientNam = "remove"\n')
    told = run("deidentify", study, "-o", tmp_path / "out", "--document", rules, code=1)
    assert told.stderr.count("site.toml:2") == 1


def test_what_is_left_fails_the_object_unless_it_is_only_to_be_reported(study: Path, tmp_path: Path) -> None:
    rules = tmp_path / "site.toml"
    rules.write_text('[attributes]\n"Patient*" = "remove"\n')
    left = tmp_path / "left.dcm"
    left.write_bytes(as_bytes(dataset(StudyDescription=f"of {WHO[0]}")))
    words = ("deidentify", left, "-o", tmp_path / "new.dcm", "--document", rules)
    refused = run(*words, code=1)
    assert WHO[0] not in refused.stderr
    assert not (tmp_path / "new.dcm").exists()
    (told,) = run_json(*words, "--check", "report")
    assert told["residual"] == [{"path": "00081030", "keyword": "StudyDescription", "origin": "PatientName"}]


def test_pixels_are_cleaned_where_rectangles_say(tmp_path: Path) -> None:
    (image,) = (path for path in SHIPPED if path.name == "MR_small_RLE.dcm")
    target = tmp_path / "new.dcm"
    words = ("--options", "clean-pixel-data", "--rectangle", "0 0 9 9")
    run("deidentify", image, "-o", target, *words)
    cleaned = pydicom.dcmread(target)
    assert len(set(cleaned.pixel_array[:9, :9].flat)) == 1
    assert cleaned.BurnedInAnnotation == "NO"


def test_pixels_of_which_nothing_is_known_are_refused_or_told_of(tmp_path: Path) -> None:
    (image,) = (path for path in SHIPPED if path.name == "SC_rgb_rle.dcm")
    target = tmp_path / "new.dcm"
    words = ("deidentify", image, "-o", target, "--options", "clean-pixel-data")
    assert "burned-in text" in run(*words, code=1).stderr
    passed = ("--option", "unknown-pixels=report")
    assert "not done: Clean Pixel Data Option" in run(*words, *passed).stdout
    (told,) = run_json(*words, *passed)
    assert told["undone"] == ["Clean Pixel Data Option"]
    codes = [item.CodeValue for item in pydicom.dcmread(target).DeidentificationMethodCodeSequence]
    assert codes == ["113100"]


@pytest.mark.parametrize("words", [(), ("-o", "out", "--keep"), ("--keep", "--to", "there")])
def test_where_objects_go_is_said_once(study: Path, words: tuple[str, ...]) -> None:
    run("deidentify", study, *words, code=2)


def test_all_shipped_files_go_through_one_run(tmp_path: Path, key: Path) -> None:
    folder = tmp_path / "shipped"
    folder.mkdir()
    for path in SHIPPED:
        shutil.copyfile(path, folder / f"{len(list(folder.iterdir()))}-{path.name}")
    report = tmp_path / "report.jsonl"
    run("deidentify", folder, "-o", tmp_path / "out", "--key-file", key, "--report", report, code=1)
    lines: list[dict[str, Any]] = [json.loads(line) for line in report.read_text().splitlines()]
    done = [line for line in lines if "uid" in line]
    assert len(done) > 80
    assert all(line["residual"] == [] for line in done)
    assert {path.stem.partition("-")[0] for path in (tmp_path / "out").iterdir()} == {
        line["uid"] for line in done
    }


def test_a_document_may_lie_in_the_archive(study: Path, tmp_path: Path, key: Path) -> None:
    archive, rules = tmp_path / "archive", tmp_path / "site.toml"
    rules.write_text('base = "basic"\n[attributes]\nPatientName = { replace = "Somebody" }\n')
    run("-a", archive, "import", study)
    run("-a", archive, "documents", "insert", rules, "--kind", "anonymity", "--name", "house rules")
    rules.unlink()
    words = ("study", "-o", tmp_path / "out", "--document", "house rules", "--key-file", key, "--jobs", 2)
    run("-a", archive, "deidentify", *words)
    assert {str(one.PatientName) for one in made(tmp_path / "out")} == {"Somebody"}


@pytest.mark.parametrize("with_key", [True, False])
def test_ctrl_c_says_how_to_go_on(
    study: Path, tmp_path: Path, key: Path, monkeypatch: pytest.MonkeyPatch, *, with_key: bool
) -> None:
    @contextmanager
    def interrupting(*_: object) -> Iterator[Callable[[], None]]:
        steps = itertools.count()
        yield lambda: signal.raise_signal(signal.SIGINT) if not next(steps) else None

    words = ("deidentify", study, "-o", tmp_path / "out", *(("--key-file", key) if with_key else ()))
    with monkeypatch.context() as patched:
        patched.setattr("fileroom.cli.making.counting", interrupting)
        said = run(*words, code=130).stderr
    assert len(made(tmp_path / "out")) == 1
    if with_key:
        assert "interrupted: run the same command to go on" in said
        run(*words)
        assert len(made(tmp_path / "out")) == 3, "what was made before is made again, the same"
    else:
        assert "interrupted: without a key another run gives other pseudonyms" in said
