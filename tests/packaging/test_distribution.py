"""What is shipped: every module, the marker for type checkers, entry points, extras, and nothing else."""

from __future__ import annotations

import email
import tarfile
import tomllib
import zipfile
from configparser import ConfigParser
from email.message import Message
from pathlib import Path

import pytest

from fileroom._plugins.registrations import TYPES
from tests.packaging.builds import ROOT, build

pytestmark = pytest.mark.slow

ROOTS = {"core": "fileroom", "plugins": "fileroom_plugins"}
DEPENDENCIES = {"click", "pluggy", "pydicom", "rich", "sqlalchemy"}
EXTRAS = {
    *("linear", "postgres", "mariadb", "s3", "dimse", "browse", "http", "dask", "testing", "all", "dev"),
    *("query-xml", "table", "imaging", "video", "transcode", "deidentify", "constraint"),
}


def shipped_from(root: str) -> set[str]:
    """Return the files beneath a source root, relative to it."""
    top = ROOT / root
    return {
        path.relative_to(top).as_posix()
        for path in top.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    found = build(ROOT, tmp_path_factory.mktemp("dist"), "--wheel", "--sdist")
    return {path.suffix: path for path in found}


@pytest.fixture(scope="module")
def wheel(built: dict[str, Path]) -> zipfile.ZipFile:
    return zipfile.ZipFile(built[".whl"])


@pytest.fixture(scope="module")
def metadata(wheel: zipfile.ZipFile) -> Message:
    (name,) = (one for one in wheel.namelist() if one.endswith(".dist-info/METADATA"))
    return email.message_from_bytes(wheel.read(name))


def test_the_wheel_holds_every_file_of_both_roots_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    names = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert names == shipped_from("core") | shipped_from("plugins")
    assert {name.partition("/")[0] for name in names} == set(ROOTS.values())


def test_the_wheel_says_that_it_is_typed(wheel: zipfile.ZipFile) -> None:
    assert {f"{package}/py.typed" for package in ROOTS.values()} <= set(wheel.namelist())


def test_the_wheel_holds_the_licence(wheel: zipfile.ZipFile) -> None:
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in wheel.namelist())


def test_the_sdist_holds_every_file_of_both_roots_and_the_documentation(built: dict[str, Path]) -> None:
    with tarfile.open(built[".gz"]) as file:
        names = {name.partition("/")[2] for name in file.getnames()}
    for root in ROOTS:
        assert {f"{root}/{name}" for name in shipped_from(root)} <= names
    assert {"README.md", "LICENSE", "CHANGELOG.md", "docs/index.md", "mkdocs.yml"} <= names
    assert {"examples/embed_in_app.py", "tests/packaging/test_distribution.py"} <= names


def test_every_module_with_a_registration_hook_has_an_entry_point(wheel: zipfile.ZipFile) -> None:
    (name,) = (one for one in wheel.namelist() if one.endswith(".dist-info/entry_points.txt"))
    parser = ConfigParser(delimiters=("=",))
    parser.optionxform = str  # type: ignore[assignment]  # names keep their case
    parser.read_string(wheel.read(name).decode())
    registered = {value.replace(" ", "") for value in parser["fileroom.plugins"].values()}
    offered = set()
    for path in (ROOT / "plugins").rglob("*.py"):
        module = ".".join(path.relative_to(ROOT / "plugins").with_suffix("").parts).removesuffix(".__init__")
        for kind in TYPES:
            if f"\ndef fileroom_{kind}(" in path.read_text(encoding="utf-8"):
                offered.add(f"{module}:fileroom_{kind}")
    assert registered == offered
    assert parser["console_scripts"]["fileroom"] == "fileroom.cli:main"
    assert parser["pytest11"]["fileroom"] == "fileroom.testing.pytest_plugin"


def test_the_base_needs_five_packages_and_no_driver(metadata: Message) -> None:
    base = [one for one in metadata.get_all("Requires-Dist", []) if "extra ==" not in one]
    assert {one.partition(">")[0].partition("[")[0].strip() for one in base} == DEPENDENCIES


def test_every_extra_is_there(metadata: Message) -> None:
    assert set(metadata.get_all("Provides-Extra", [])) == EXTRAS


def test_the_version_is_one(metadata: Message) -> None:
    import fileroom

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert metadata["Version"] == project["version"] == fileroom.__version__
