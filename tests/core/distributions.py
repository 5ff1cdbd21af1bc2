"""Distributions as pip leaves them behind: metadata and modules in a folder on ``sys.path``."""

from __future__ import annotations

import importlib
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fileroom.index import Index
from fileroom.storage import Storage

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import pytest


@dataclass
class Site:
    """A folder of installed distributions.

    Attributes:
        folder: it stands first on ``sys.path``.
        modules: the names of the modules that were written there.
    """

    folder: Path
    modules: list[str] = field(default_factory=list)

    def install(
        self,
        name: str,
        version: str = "1.0",
        *,
        plugins: Mapping[str, str] | None = None,
        modules: Mapping[str, str] | None = None,
        requires: Sequence[str] = (),
    ) -> None:
        """Install a distribution.

        Args:
            name: of the distribution.
            version: of the distribution.
            plugins: entry point's name to value.
            modules: module's name to source.
            requires: dependency specifiers.
        """
        info = self.folder / f"{name.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        metadata = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
        metadata += [f"Requires-Dist: {one}" for one in requires]
        (info / "METADATA").write_text("\n".join(metadata) + "\n", encoding="utf-8")
        entry_points = [f"{key} = {value}" for key, value in (plugins or {}).items()]
        (info / "entry_points.txt").write_text(
            "\n".join(["[fileroom.plugins]", *entry_points]), encoding="utf-8"
        )
        for module, source in (modules or {}).items():
            self.modules.append(module)
            (self.folder / f"{module}.py").write_text(source, encoding="utf-8")
        importlib.invalidate_caches()

    def imported(self) -> list[str]:
        """Return which of the modules were imported."""
        return [name for name in self.modules if name in sys.modules]


def install_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """Make a folder of installed distributions, beside those of the environment; a fixture's function."""
    folder = tmp_path / "site-packages"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    made = Site(folder)
    yield made
    for name in made.modules:
        sys.modules.pop(name, None)


class FakeStorage(Storage):
    """A storage that can be made and closed, and nothing else."""

    def __init__(self, options: object = None) -> None:
        self.options = options


class FakeIndex(Index):
    """An index that can be made and closed, and nothing else."""

    def __init__(self, options: object = None, tags: object = None) -> None:
        self.options = options
        self.tags = tags


FakeStorage.__abstractmethods__ = FakeIndex.__abstractmethods__ = frozenset()


def storage_source(name: str) -> str:
    """Return the source of a module that offers a storage."""
    return f"""
from dataclasses import dataclass
from fileroom.plugin import StoragePlugin, hookimpl
from tests.core.distributions import FakeStorage

@dataclass(frozen=True)
class Options:
    size: int = 1

@hookimpl
def fileroom_storage():
    return StoragePlugin({name!r}, Options, FakeStorage, "made up")
"""


def index_source(name: str) -> str:
    """Return the source of a module that offers an index."""
    return f"""
from dataclasses import dataclass
from fileroom.plugin import IndexPlugin, hookimpl
from tests.core.distributions import FakeIndex

@dataclass(frozen=True)
class Options:
    pass

@hookimpl
def fileroom_index():
    return IndexPlugin({name!r}, Options, FakeIndex, "made up")
"""


def extension_source(name: str, body: str) -> str:
    """Return the source of a module that offers an extension: an object of a class with this body."""
    return f"""
from dataclasses import dataclass
from fileroom.plugin import ExtensionPlugin, Reject, hookimpl

@dataclass(frozen=True)
class Options:
    pass

class Extension:
    def __init__(self, options):
        pass

    {body}

@hookimpl
def fileroom_extension():
    return ExtensionPlugin({name!r}, Options, Extension, "made up")
"""
