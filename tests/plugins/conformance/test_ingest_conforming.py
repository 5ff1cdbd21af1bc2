"""The intervention ``conforming``: what becomes of objects that break rules, wherever they are imported."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import fileroom
from fileroom.errors import ConfigError
from fileroom.model import ChangeType
from fileroom.reports import Status
from fileroom.testing.datasets import make_instance

if TYPE_CHECKING:
    from fileroom.archive import Archive
    from fileroom.reports import Outcome

RULES = """
[[rule]]
name = "Accession"
check = "AccessionNumber is not empty"
message = "no accession number"
[[rule]]
name = "Small"
check = "Rows < 100"
severity = "warning"
"""


def sound(number: int = 1, **tags: object) -> bytes:
    return make_instance(instance_number=number, tags={"AccessionNumber": "A1", **tags})


def wrong(number: int = 2) -> bytes:
    return make_instance(instance_number=number, patient_id="SECRET", tags={"AccessionNumber": ""})


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    path = tmp_path / "house.toml"
    path.write_text(RULES)
    return path


def opened(folder: Path, rules: Path | str, **options: object) -> Archive:
    table: dict[str, Any] = {"rules": [str(rules)], "standard": False, **options}
    return fileroom.open(folder, ingest={"before_store": ["conforming"]}, plugins={"conforming": table})


def labels(archive: Archive) -> dict[str, list[str]]:
    return {one.tags["InstanceNumber"]: sorted(one.labels) for one in archive.find("instance")}  # type: ignore[misc]


def store(tmp_path: Path, rules: Path, data: bytes, **options: object) -> Outcome:
    with opened(tmp_path / "archive", rules, **options) as archive:
        return archive.store(data)


def test_what_has_errors_is_labelled_and_the_rest_is_not(tmp_path: Path, rules: Path) -> None:
    with opened(tmp_path / "archive", rules) as archive:
        assert archive.store(sound()).status is Status.STORED
        assert archive.store(wrong()).status is Status.STORED
        assert labels(archive) == {"1": [], "2": ["nonconformant"]}
        assert archive.count("instance", labels="nonconformant") == 1
        assert [one.type for one in archive.changes()][-2:] == [
            ChangeType.NEW_INSTANCE,
            ChangeType.UPDATED_LABELS,
        ]


def test_a_warning_is_no_error(tmp_path: Path, rules: Path) -> None:
    with opened(tmp_path / "archive", rules) as archive:
        archive.store(make_instance(rows=200, tags={"AccessionNumber": "A"}))
        assert labels(archive) == {"1": []}


def test_the_label_can_be_another(tmp_path: Path, rules: Path) -> None:
    with opened(tmp_path / "archive", rules, label="to-look-at") as archive:
        archive.store(wrong())
        assert labels(archive) == {"2": ["to-look-at"]}


@pytest.mark.parametrize(
    ("on_error", "status"),
    [("accept", Status.STORED), ("quarantine", Status.QUARANTINED), ("reject", Status.REJECTED)],
)
def test_what_has_errors_is_treated_as_is_configured(
    tmp_path: Path, rules: Path, on_error: str, status: Status
) -> None:
    outcome = store(tmp_path, rules, wrong(), on_error=on_error)
    assert outcome.status is status
    if status is not Status.STORED:
        assert outcome.reason == "does not conform: no accession number (house.toml/Accession)"
    assert store(tmp_path, rules, sound(), on_error=on_error).status is Status.STORED


def test_the_standard_counts_too_unless_it_is_left_out(tmp_path: Path, rules: Path) -> None:
    data = sound(PatientSex="X")
    outcome = store(tmp_path / "one", rules, data, on_error="reject", standard=True)
    assert "(iod/" in outcome.reason
    assert "SECRET" not in outcome.reason
    assert store(tmp_path / "two", rules, data, on_error="reject").status is Status.STORED


def test_only_some_errors_are_named(tmp_path: Path) -> None:
    path = tmp_path / "many.toml"
    path.write_text("".join(f"[[rule]]\nname = 'R{n}'\ncheck = 'Rows == {n}'\n" for n in range(5)))
    outcome = store(tmp_path, path, sound(), on_error="reject")
    assert outcome.reason.endswith("not so: Rows == 2 (many.toml/R2); and 2 more")


def test_a_document_that_comes_with_fileroom_is_found_by_its_name(tmp_path: Path) -> None:
    with opened(tmp_path / "archive", "site-basics") as archive:
        archive.store(make_instance(tags={"PatientSex": "X"}))
        assert labels(archive) == {"1": ["nonconformant"]}


@pytest.mark.parametrize("jobs", [1, 2])
def test_labels_come_from_worker_processes_too(tmp_path: Path, rules: Path, jobs: int) -> None:
    files = tmp_path / "files"
    files.mkdir()
    for number in range(1, 13):
        (files / f"{number}.dcm").write_bytes(sound(number) if number % 3 else wrong(number))
    with opened(tmp_path / "archive", rules) as archive:
        report = archive.ingest(files, jobs=jobs)
        assert (report.stored, report.rejected, report.quarantined) == (12, 0, 0)
        expected = {str(n): ["nonconformant"] if n % 3 == 0 else [] for n in range(1, 13)}
        assert labels(archive) == expected


def test_labels_come_from_an_executors_workers(tmp_path: Path, rules: Path) -> None:
    files = tmp_path / "files"
    files.mkdir()
    for number in (1, 2):
        (files / f"{number}.dcm").write_bytes(sound(1) if number == 1 else wrong(2))
    with opened(tmp_path / "archive", rules) as archive:
        assert archive.ingest(files, executor="local").stored == 2
        assert labels(archive) == {"1": [], "2": ["nonconformant"]}


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_document_of_the_archive_is_found_whoever_imports(tmp_path: Path, rules: Path, jobs: int) -> None:
    files = tmp_path / "files"
    files.mkdir()
    for number in (1, 2, 3):
        (files / f"{number}.dcm").write_bytes(wrong(number))
    with fileroom.open(tmp_path / "archive") as archive:
        archive.documents.insert("house", "constraint", rules)
    with opened(tmp_path / "archive", "house") as archive:
        report = archive.ingest(files, jobs=jobs)
        assert (report.stored, report.quarantined) == (3, 0)
        assert archive.count("instance", labels="nonconformant") == 3


def test_a_document_that_is_not_there_sets_objects_aside(tmp_path: Path) -> None:
    outcome = store(tmp_path, Path("nowhere.toml"), sound())
    assert outcome.status is Status.QUARANTINED
    assert "cannot be checked: no constraint document 'nowhere.toml'" in outcome.reason


def test_a_rule_that_goes_on_for_ever_sets_objects_aside_with_its_line(tmp_path: Path, rules: Path) -> None:
    rules.write_text("[[rule]]\nname = 'R'\ncheck = 'rule(\"R\")'")
    outcome = store(tmp_path, rules, sound())
    assert outcome.status is Status.QUARANTINED
    assert "house.toml:3: the rule 'R' goes on for ever" in outcome.reason


def test_what_cannot_be_a_label_is_refused_when_the_archive_is_opened(tmp_path: Path, rules: Path) -> None:
    with pytest.raises(ConfigError, match="a label has 1 to 64"):
        opened(tmp_path / "archive", rules, label="two words")
