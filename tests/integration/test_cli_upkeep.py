"""Commands that look after an archive: quarantine, verify, sweep, rebuild, plugins, config."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import fileroom
from fileroom.testing.datasets import make_instance
from tests.integration.cli_runs import run, run_json

if TYPE_CHECKING:
    from fileroom.archive import Archive

GOOD = make_instance()
DAMAGED = [make_instance(instance_number=number)[: 250 + number] for number in (2, 3)]


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("upkeep")
    (folder / "good.dcm").write_bytes(GOOD)
    for number, data in enumerate(DAMAGED):
        (folder / f"damaged{number}.dcm").write_bytes(data)
    run("-a", folder / "archive", "import", *folder.glob("*.dcm"), code=1)
    return folder / "archive"


@pytest.fixture
def where(imported: Path, tmp_path: Path) -> Path:
    """An archive of one instance, with two objects in quarantine, to be changed at will."""
    return Path(shutil.copytree(imported, tmp_path / "archive"))


def stored_files(archive: Archive) -> list[Path]:
    return [archive.storage.local_path(one.locator) for one in archive.storage.list()]


def test_quarantine_lists_what_is_there_with_reasons(where: Path) -> None:
    listed = run_json("-a", where, "quarantine", "list")
    assert sorted(one["size"] for one in listed) == sorted(map(len, DAMAGED))
    assert all(
        set(one) == {"id", "reason", "name", "size", "digest", "date"} and one["reason"] for one in listed
    )
    text = run("-a", where, "quarantine", "list").stdout
    assert all(one["id"][:12] in text for one in listed)
    assert max(map(len, text.splitlines())) <= 80


def test_what_is_still_damaged_stays_in_quarantine_after_a_retry(where: Path) -> None:
    (first, _) = run_json("-a", where, "quarantine", "list")
    (result,) = run_json("-a", where, "quarantine", "retry", first["id"][:8], code=1)
    assert result["quarantine_id"] == first["id"]
    assert (result["status"], result["id"]) == ("quarantined", None)
    assert result["reason"]
    assert len(run_json("-a", where, "quarantine", "list")) == 2


def test_what_can_be_read_now_leaves_quarantine_with_a_retry(where: Path) -> None:
    with fileroom.open(where) as archive:
        entry = archive.quarantine.add(
            make_instance(instance_number=9), "a rule that was changed since", "nine.dcm"
        )
    (result,) = run_json("-a", where, "quarantine", "retry", entry.id)
    assert result["status"] == "stored"
    assert len(run_json("-a", where, "show", result["id"])) == 1
    assert entry.id not in [one["id"] for one in run_json("-a", where, "quarantine", "list")]
    assert "quarantined" in run("-a", where, "quarantine", "retry", "--all", code=1).stdout


def test_discarding_asks_and_deletes_for_good(where: Path) -> None:
    run("-a", where, "quarantine", "discard", "--all", given="n\n", code=1)
    (first, _) = run_json("-a", where, "quarantine", "list")
    assert run_json("-a", where, "quarantine", "discard", first["id"], "--yes") == {
        "discarded": [first["id"]]
    }
    assert "discarded 1 object" in run("-a", where, "quarantine", "discard", "--all", given="y\n").stdout
    assert run("-a", where, "quarantine", "list").stdout == "nothing is in quarantine\n"
    assert (
        "no such object in quarantine"
        in run("-a", where, "quarantine", "discard", "abcdef", "-y", code=1).stderr
    )


def test_verify_finds_lost_and_changed_bytes(where: Path, tmp_path: Path) -> None:
    (tmp_path / "second.dcm").write_bytes(make_instance(instance_number=2))
    run("-a", where, "import", tmp_path / "second.dcm")
    assert run("-a", where, "verify").stdout == "everything is as it was recorded\n"
    with fileroom.open(where) as archive:
        lost, changed = stored_files(archive)
    for file in (lost, changed):
        file.chmod(0o600)
    data = bytearray(changed.read_bytes())
    data[-1] ^= 1
    changed.write_bytes(data)
    lost.unlink()
    findings = run_json("-a", where, "verify", code=1)
    assert sorted(one["problem"] for one in findings) == ["digest", "missing"]
    assert [one["problem"] for one in run_json("-a", where, "verify", "--sizes-only", code=1)] == ["missing"]
    assert "2 problems found" in run("-a", where, "verify", code=1).stdout


def test_sweep_deletes_orphans_that_are_old_enough(where: Path) -> None:
    with fileroom.open(where) as archive:
        archive.storage.put("00000000-0000-4000-8000-000000000000", b"an orphan")
    assert run_json("-a", where, "sweep")["orphans"] == 0
    dry = run_json("-a", where, "sweep", "--older-than", "0", "--dry-run")
    assert (dry["orphans"], dry["bytes"], dry["deleted"]) == (1, 9, 0)
    assert run("-a", where, "sweep", "--older-than", "0").stdout == "found 1 orphan, 9 bytes; deleted 1\n"
    assert run_json("-a", where, "verify") == []


def test_rebuild_makes_a_lost_index_again(where: Path) -> None:
    (before,) = run_json("-a", where, "find", "instance")
    for file in where.glob("index.sqlite*"):
        file.unlink()
    assert run_json("-a", where, "stats")["instances"] == 0
    assert run_json("-a", where, "rebuild") == {"refreshed": 0, "adopted": 1, "unreadable": 0}
    assert run_json("-a", where, "find", "instance") == [before]
    assert "read 1 header anew" in run("-a", where, "rebuild").stdout


def test_extra_tags_can_be_searched_after_a_rebuild(where: Path) -> None:
    (where / "fileroom.toml").write_text('[index.extra_tags]\ninstance = ["Rows"]\n', "utf-8")
    assert "rebuild" in run("-a", where, "find", "instance", "Rows=64", code=2).stderr
    run("-a", where, "rebuild")
    assert len(run_json("-a", where, "find", "instance", "Rows=64")) == 1


def test_plugins_are_listed_with_their_states(where: Path, tmp_path: Path) -> None:
    states = {one["name"]: one for one in run_json("-a", where, "plugins")}
    assert {"sqlite", "filesystem", "imaging"} <= states.keys()
    assert set(states["sqlite"]) == {"name", "kind", "distribution", "version", "state", "reason"}
    assert (states["sqlite"]["state"], states["filesystem"]["kind"]) == ("enabled", "storage")
    without = {one["name"]: one["state"] for one in run_json("-a", tmp_path / "nowhere", "plugins")}
    assert without["sqlite"] == "available"
    assert max(map(len, run("-a", where, "plugins").stdout.splitlines())) <= 80


def test_config_has_every_value_with_its_origin_and_no_secret(where: Path) -> None:
    (where / "fileroom.toml").write_text('[ingest]\noverwrite = "always"\n', "utf-8")
    words = ["-a", where, "config"]
    lines = {line["key"]: line for line in run_json(*words)}
    assert lines["ingest.overwrite"] == {
        "key": "ingest.overwrite", "value": "always", "origin": "file fileroom.toml",
    }  # fmt: skip
    assert lines["index.backend"]["origin"] == "default"
    shown = run(*words, FILEROOM_INGEST__OVERWRITE="never").stdout
    assert "environment" in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_config_shows_what_it_can_and_hides_secrets_when_a_plugin_has_wrong_options(where: Path) -> None:
    (where / "fileroom.toml").write_text('[storage]\npassword = "hunter2"\n', "utf-8")
    result = run("-a", where, "config", code=2)
    assert "storage.password" in result.stdout
    assert "storage.password" in result.stderr
    assert "hunter2" not in result.stdout + result.stderr


def test_compact_gives_back_the_space_of_what_is_gone(where: Path) -> None:
    with fileroom.open(where) as archive:
        archive.ingest([make_instance(instance_number=number, rows=0) for number in range(10, 400)])
        archive.delete([one.id for one in archive.find("patient")])
    assert "gave back" in run("-a", where, "compact").stdout
    assert run_json("-a", where, "compact") == {"bytes": 0}
    assert run("-a", where, "compact").stdout == "there was nothing to give back\n"
