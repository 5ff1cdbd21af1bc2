"""The examples in docstrings work, and each hook has one."""

from __future__ import annotations

import ast
import contextlib
import importlib
import inspect
import itertools
import re
import sys
import textwrap
import types
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import fileroom
from fileroom import hooks
from fileroom.archive import Archive
from fileroom.errors import DocumentError, StorageError
from fileroom.storage import Storage
from fileroom.testing.datasets import make_instance
from fileroom.testing.memory_storage import MemoryStorage
from tests.docs.blocks import ROOT

SOURCES = ROOT / "core"
_EXAMPLE = re.compile(r"^( *)```python\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
REGISTRATIONS = {
    "fileroom_storage",
    "fileroom_index",
    "fileroom_processor",
    "fileroom_sender",
    "fileroom_executor",
    "fileroom_feed",
    "fileroom_documents",
    "fileroom_extension",
}
HOOKS = sorted(name for name in dir(hooks) if name.startswith("fileroom_"))


def put_something(storage: Storage) -> None:
    with contextlib.suppress(StorageError):
        storage.put(str(uuid.uuid4()), b"something")


STAND_INS = {
    "pytest": pytest,
    "itertools": itertools,
    "MyStorage": lambda place: MemoryStorage(),
    "place": "anywhere",
    "do_and_check": put_something,
}
"""What examples take from their reader."""


def examples(docstring: str) -> list[str]:
    return [textwrap.dedent(code) for _, code in _EXAMPLE.findall(docstring)]


def module_of(hook: str) -> types.ModuleType:
    """Return the module whose source a hook's example is."""
    (code,) = examples(inspect.getdoc(getattr(hooks, hook)) or "")
    module = types.ModuleType(f"example_of_{hook}")
    sys.modules[module.__name__] = module  # where dataclasses look for themselves
    try:
        exec(compile(code, f"<example of {hook}>", "exec"), vars(module))
    finally:
        del sys.modules[module.__name__]
    return module


def archive_with(plugin: object, folder: Path, **tables: Any) -> Archive:
    return fileroom.open(folder / "archive", register=[plugin], **tables)


def registered(hook: str, folder: Path) -> Archive:
    """Open an archive with what an example registers."""
    module = module_of(hook)
    if hook in REGISTRATIONS:
        name = getattr(module, hook)().name
        kind = hook.removeprefix("fileroom_")
        tables = {kind: {"backend": name}} if kind in ("index", "storage") else {}
        if kind == "sender":
            tables = {"network": {"sender": name}}
        return archive_with(module, folder, **tables)
    (made,) = [one for one in vars(module).values() if inspect.isclass(one) and hasattr(one, hook)]
    return archive_with(made(), folder)


@pytest.mark.parametrize("hook", HOOKS)
def test_the_example_of_a_hook_registers_and_an_archive_lives_with_it(hook: str, tmp_path: Path) -> None:
    with registered(hook, tmp_path) as archive:
        instance = archive.store(make_instance()).check().instance
        assert instance is not None
        assert instance.attachments["dicom"].read(128, 132) == b"DICM"
        archive.delete([instance])
        assert archive.count("instance") == 0


def test_the_example_of_a_processor_makes_what_it_says(tmp_path: Path) -> None:
    with registered("fileroom_processor", tmp_path) as archive:
        instance = archive.store(make_instance()).check().instance
        assert instance is not None
        (attachment,) = instance.process("preamble")
        assert attachment.read() == make_instance()[:132]


def test_the_example_of_a_sender_is_what_an_archive_sends_with(tmp_path: Path) -> None:
    with registered("fileroom_sender", tmp_path) as archive:
        instance = archive.store(make_instance()).check().instance
        assert instance is not None
        assert archive.echo("ANYBODY@localhost:104").seconds == 0
        report = archive.send([instance], "ANYBODY@localhost:104")
        assert [status.reason for status in report.problems] == ["this sender only pretends"]


def test_the_example_of_an_executor_is_what_an_archive_imports_by(tmp_path: Path) -> None:
    (tmp_path / "one.dcm").write_bytes(make_instance())
    with registered("fileroom_executor", tmp_path) as archive:
        assert archive.ingest(tmp_path / "one.dcm", executor="threads").stored == 1
        assert archive.count("instance") == 1


def test_the_example_of_a_feed_is_what_an_archive_imports_from(tmp_path: Path) -> None:
    with (
        registered("fileroom_feed", tmp_path) as archive,
        archive.feed("clippings", text="a line\nanother") as feed,
    ):
        assert [one.name for one in archive.ingest(feed)] == ["line 0", "line 1"]


def test_the_example_of_a_kind_of_documents_checks_what_is_inserted(tmp_path: Path) -> None:
    with registered("fileroom_documents", tmp_path) as archive:
        archive.documents.insert("german", "greetings", b'morning = "Guten Morgen"')
        assert archive.documents.get("english").version == 0
        with pytest.raises(DocumentError, match="wrong:1: expected a text"):
            archive.documents.insert("wrong", "greetings", b"morning = 5")


def test_the_example_of_an_extension_tells_what_was_stored(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with registered("fileroom_extension", tmp_path) as archive:
        archive.store(make_instance())
    assert capsys.readouterr().out == "stored 1\n"


def test_the_example_of_an_intervention_rejects_what_it_names(tmp_path: Path) -> None:
    with registered("fileroom_before_store", tmp_path) as archive:
        assert archive.store(make_instance(modality="OT")).status == "rejected"
        assert archive.store(make_instance(modality="CT")).status == "stored"


def test_the_example_of_a_removal_names_what_is_gone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with registered("fileroom_removed", tmp_path) as archive:
        instance = archive.store(make_instance()).check().instance
        assert instance is not None
        instance.delete()
        assert instance.id in capsys.readouterr().out


def all_examples() -> Iterator[Any]:
    """Yield every example in a docstring of core, with its module."""
    for path in sorted(SOURCES.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        module = ".".join(path.relative_to(SOURCES).with_suffix("").parts).removesuffix(".__init__")
        for node in ast.walk(tree):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
                docstring = ast.get_docstring(node) or ""
                for number, code in enumerate(examples(docstring), start=1):
                    name = getattr(node, "name", "module")
                    yield pytest.param(module, code, id=f"{module}:{name}:{number}")


@pytest.mark.parametrize(("module", "code"), list(all_examples()))
def test_every_example_in_a_docstring_runs_with_the_names_of_its_module(module: str, code: str) -> None:
    names = {**vars(importlib.import_module(module)), **STAND_INS}
    exec(compile(code, f"<example in {module}>", "exec"), names)
