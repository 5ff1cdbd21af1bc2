"""A stranger's distribution: built, installed beside the built Fileroom, and held to the contracts there."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from fileroom.testing.datasets import make_instance
from tests.packaging.builds import PLUGIN, ROOT, Environment, build, run

pytestmark = pytest.mark.slow

CONFIGURATION = """
[index]
backend = "sqlite"
[storage]
backend = "vault"
path = "all.vault"
[plugins]
enable = ["fingerprint"]
[plugins.fingerprint]
algorithm = "blake2b"
"""


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    folder = tmp_path_factory.mktemp("third-party")
    wheels = []
    for name, source in (("fileroom", ROOT), ("plugin", PLUGIN)):
        (folder / name).mkdir()
        wheels += build(source, folder / name, "--wheel")
    return Environment.make(folder / "venv", wheels)


def test_it_is_the_built_fileroom_that_is_tested(environment: Environment, tmp_path: Path) -> None:
    code = "import fileroom, fileroom_plugins, fileroom_vault as v; print(fileroom.__file__, v.__file__)"
    for path in run(environment.python, "-c", code, cwd=tmp_path).split():
        assert Path(path).is_relative_to(environment.folder.resolve())


def test_the_plugins_are_listed_with_their_distribution(environment: Environment, tmp_path: Path) -> None:
    listed = json.loads(run(environment.python, "-m", "fileroom", "plugins", "--json", cwd=tmp_path))
    theirs = {one["name"]: one for one in listed if one["distribution"] == "fileroom-vault"}
    assert {name: (one["kind"], one["version"], one["state"]) for name, one in theirs.items()} == {
        "vault": ("storage", "1.0.0", "available"),
        "fingerprint": ("processor", "1.0.0", "available"),
    }
    assert {"sqlite", "filesystem"} <= {one["name"] for one in listed if one["distribution"] == "fileroom"}


def test_its_own_tests_pass_the_contract_kits(environment: Environment, tmp_path: Path) -> None:
    shutil.copytree(PLUGIN / "tests", tmp_path / "tests")
    shutil.copy(PLUGIN / "pyproject.toml", tmp_path)
    told = run(environment.python, "-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=tmp_path)
    assert " passed" in told
    assert "failed" not in told


def test_an_archive_lives_in_it(environment: Environment, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for number in range(1, 4):
        (tmp_path / "in" / f"{number}.dcm").write_bytes(make_instance(instance_number=number))
    (tmp_path / "archive.toml").write_text(CONFIGURATION, encoding="utf-8")

    def fileroom(*words: str) -> str:
        return run(environment.python, "-m", "fileroom", "-a", "archive.toml", *words, cwd=tmp_path)

    assert json.loads(fileroom("import", "in", "--json"))["stored"] == 3
    assert json.loads(fileroom("verify", "--json")) == []
    (patient,) = json.loads(fileroom("find", "patient", "--json"))
    made = json.loads(fileroom("process", "fingerprint", patient["id"], "--json"))["made"]
    assert [one["content_type"] for one in made[patient["id"]]] == [1100]
    assert json.loads(fileroom("cat", patient["id"], "--type", "1100"))["algorithm"] == "blake2b"
    fileroom("export", patient["id"], "-o", "out")
    assert len(list((tmp_path / "out").rglob("*.dcm"))) == 3
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == [
        "all.vault",
        "archive.toml",
        "index.sqlite",
    ]


def test_a_worker_process_finds_it_too(environment: Environment, tmp_path: Path) -> None:
    code = """
import fileroom
from fileroom.testing.datasets import Corpus
if __name__ == "__main__":
    import pathlib
    for one in Corpus(300, 4000):
        path = pathlib.Path("in") / one.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(one.data)
    with fileroom.open("archive", storage={"backend": "vault"}) as archive:
        print(archive.ingest("in", jobs=2).stored)
"""
    (tmp_path / "host.py").write_text(code, encoding="utf-8")
    assert run(environment.python, "host.py", cwd=tmp_path) == "300\n"
