"""``fileroom import-config``: what it writes, prints, and leaves alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import fileroom
from fileroom.config import load_config
from fileroom.testing.datasets import make_instance
from tests.integration.cli_runs import run, run_json

CONFIG = """\
NetworkTCPPort = 11112
UserName = dcmtk
HostTable BEGIN
ct1 = (CT1, ct1.example.org, 104)
HostTable END
VendorTable BEGIN
"Acme CT Company" = ct1
VendorTable END
AETable BEGIN
STORE  areas/store  RW (9, 1024mb)  ct1, (WS, 10.0.0.7, 104)
READ   areas/read   R  (200, 512kb) ANY
AETable END
"""


@pytest.fixture
def cfg(tmp_path: Path) -> Path:
    file = tmp_path / "dcmqrscp.cfg"
    file.write_text(CONFIG)
    for name in ("store", "read"):
        (tmp_path / "areas" / name).mkdir(parents=True)
    return file


def test_every_ae_title_becomes_an_archive(cfg: Path, tmp_path: Path) -> None:
    run("import-config", cfg, "--to", tmp_path / "made", "--areas-from", tmp_path)
    assert sorted(path.name for path in (tmp_path / "made").iterdir()) == ["READ.toml", "STORE.toml"]
    config = load_config(tmp_path / "made" / "STORE.toml")
    area = str(tmp_path / "areas" / "store")
    assert (config.index.name, config.index.options) == ("linear", {"path": area})
    assert (config.storage.name, config.storage.options) == ("filesystem", {"root": area})
    assert (config.quota.max_studies, config.quota.study_bytes) == (9, 1 << 30)
    assert (config.network.ae_title, config.network.port, config.network.access) == ("STORE", 11112, "RW")
    assert config.network.peers == ("ct1", "WS@10.0.0.7:104")
    assert [str(one) for one in config.network.resolve("Acme CT Company")] == ["CT1@ct1.example.org:104"]


def test_the_archives_can_be_used_at_once(cfg: Path, tmp_path: Path) -> None:
    run("import-config", cfg, "--to", tmp_path, "--areas-from", tmp_path)
    with fileroom.open(tmp_path / "STORE.toml") as archive:
        archive.store(make_instance()).check()
    assert (tmp_path / "areas" / "store" / "index.dat").is_file()
    assert len(run_json("-a", tmp_path / "STORE.toml", "find", "study")) == 1
    assert run_json("-a", tmp_path / "READ.toml", "find", "study") == []


def test_the_configuration_can_be_shown(cfg: Path, tmp_path: Path) -> None:
    run("import-config", cfg, "--to", tmp_path, "--areas-from", tmp_path)
    shown = run("-a", tmp_path / "STORE.toml", "config").stdout
    for piece in ("network.ae_title", "quota.max_bytes", "CT1", "Acme CT Company"):
        assert piece in shown


def test_people_see_what_was_made_and_what_has_no_counterpart(cfg: Path, tmp_path: Path) -> None:
    result = run("import-config", cfg, "--to", tmp_path, "--areas-from", tmp_path, COLUMNS="200")
    rows = [line.split() for line in result.stdout.splitlines()]
    store = str(tmp_path / "areas" / "store")
    assert ["STORE", store, "RW", "9", "x", "1gb", "ct1,", "WS@10.0.0.7:104"] in rows
    assert ["wrote", str(tmp_path / "READ.toml")] in rows
    assert result.stderr.splitlines() == ["line 2: UserName 'dcmtk': Fileroom runs as whoever starts it"]


def test_json_has_all_of_it(cfg: Path, tmp_path: Path) -> None:
    printed = run_json("import-config", cfg, "--to", tmp_path, "--areas-from", tmp_path)
    assert printed["archives"][0] == {
        "ae_title": "STORE",
        "file": str(tmp_path / "STORE.toml"),
        "path": str(tmp_path / "areas" / "store"),
        "access": "RW",
        "max_studies": 9,
        "max_bytes": 1 << 30,
        "peers": ["ct1", "WS@10.0.0.7:104"],
    }
    assert printed["archives"][1]["peers"] == ["ANY"]
    assert [note["line"] for note in printed["notes"]] == [2]


def test_areas_and_files_start_at_the_current_folder(
    cfg: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run("import-config", "dcmqrscp.cfg")
    assert load_config("STORE.toml").storage.options == {"root": str(tmp_path / "areas" / "store")}


def test_an_area_that_is_not_there_is_pointed_out(cfg: Path, tmp_path: Path) -> None:
    result = run("import-config", cfg, "--to", tmp_path, "--areas-from", tmp_path / "elsewhere")
    assert result.stderr.count("--areas-from") == 2
    assert not (tmp_path / "elsewhere").exists()


def test_no_file_is_written_over_unless_forced(cfg: Path, tmp_path: Path) -> None:
    kept = tmp_path / "READ.toml"
    kept.write_text("kept")
    result = run("import-config", cfg, "--to", tmp_path, code=2)
    assert "READ.toml" in result.stderr
    assert "--force" in result.stderr
    assert kept.read_text() == "kept"
    assert not (tmp_path / "STORE.toml").exists(), "all or nothing"
    run("import-config", cfg, "--to", tmp_path, "--force")
    assert load_config(kept).network.ae_title == "READ"


def test_what_is_wrong_is_told_with_its_lines_and_nothing_is_written(cfg: Path, tmp_path: Path) -> None:
    cfg.write_text(CONFIG.replace("11112", "x").replace("512kb", "512"))
    result = run("import-config", cfg, "--to", tmp_path / "made", code=2)
    assert "dcmqrscp.cfg: 2 lines are wrong:" in result.stderr
    assert "line 1: NetworkTCPPort" in result.stderr
    assert "line 11: quota" in result.stderr
    assert not (tmp_path / "made").exists()


def test_a_file_without_areas_has_nothing_to_make(cfg: Path) -> None:
    cfg.write_text("NetworkTCPPort = 104\n")
    assert "nothing to make" in run("import-config", cfg, code=2).stderr


def test_two_titles_of_one_area_are_pointed_out(cfg: Path, tmp_path: Path) -> None:
    cfg.write_text(CONFIG.replace("areas/read", "areas/store"))
    result = run("import-config", cfg, "--to", tmp_path)
    assert "READ has the storage area of STORE: both archives show the same objects" in result.stderr


def test_a_folder_that_cannot_be_made_is_one_line(cfg: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "cannot write to" in run("import-config", cfg, "--to", tmp_path / "file" / "x", code=1).stderr


def test_titles_make_safe_and_different_names(cfg: Path, tmp_path: Path) -> None:
    titles = ["../UP", "CON", "a", "A", "x:y", "'MY ARCHIVE'"]
    entries = "".join(f"{title} area RW (9, 5mb) ANY\n" for title in titles)
    cfg.write_text(f"AETable BEGIN\n{entries}AETable END\n")
    made = tmp_path / "made"
    printed = run_json("import-config", cfg, "--to", made)
    files = [Path(one["file"]) for one in printed["archives"]]
    assert {file.parent for file in files} == {made}
    assert len({file.name.casefold() for file in files}) == len(titles)
    assert [load_config(file).network.ae_title for file in files] == [title.strip("'") for title in titles]
    assert len({load_config(file).quarantine.name.casefold() for file in files}) == len(titles)


def test_output_is_json_alone(cfg: Path, tmp_path: Path) -> None:
    result = run("import-config", cfg, "--to", tmp_path, "--json")
    assert json.loads(result.stdout)
    assert result.stderr == ""
