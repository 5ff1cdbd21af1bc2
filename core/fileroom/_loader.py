"""Discovery: which plugins are installed, from metadata alone; and importing one of them.

A plugin is an entry point of the group ``fileroom.plugins``. The name before the equals sign is its name in
TOML, the module before the colon is imported on need, and the part after the colon names the hook by which
it is known, which tells its kind without an import. A distribution that offers one name for two kinds, for
which a group has no room, writes the kind before the name: ``storage.tape``.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fileroom._plugins.requirements import requirements_of_extra, unmet
from fileroom.errors import MissingDependencyError, PluginError, PluginLoadError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint
    from types import ModuleType

GROUP = "fileroom.plugins"
KINDS = ("index", "storage", "processor", "sender", "executor", "feed", "documents", "extension")
UNKNOWN = "unknown"
"""The kind of a plugin whose entry point names no hook: it shows when the plugin is loaded."""

ARGUMENT = "argument"
"""What stands for the distribution of an object that a host passed."""

CAUGHT = (Exception, SystemExit)
"""What a plugin may throw without harm to the others: anything but Ctrl-C, and a ``sys.exit`` too."""


@dataclass(frozen=True, slots=True)
class Found:
    """One plugin that is installed, or that a host passed as an object.

    Attributes:
        name: the entry point's name, without the kind where that stands before it.
        kind: one of `KINDS`, or `UNKNOWN`.
        module: the module to import; empty for an object, and where the entry point is malformed.
        distribution: the distribution that ships it; ``"argument"`` for an object that a host passed.
        version: the distribution's version; empty where none is known.
        requirements: what the distribution's extra of the plugin's name requires.
    """

    name: str
    kind: str
    module: str
    distribution: str
    version: str = ""
    requirements: tuple[str, ...] = ()

    @classmethod
    def of_object(cls, plugin: object) -> Found:
        """Return the entry for an object or module that a host passed; a module goes by its own name."""
        name = getattr(plugin, "__name__", None) or type(plugin).__name__
        return cls(name, UNKNOWN, "", ARGUMENT)

    @property
    def passed(self) -> bool:
        """Whether a host passed it as an object."""
        return self.distribution == ARGUMENT

    @property
    def label(self) -> str:
        """The plugin as messages call it, for example ``storage 's3'``."""
        return f"{'plugin' if self.kind == UNKNOWN else self.kind} {self.name!r}"

    @property
    def source(self) -> str:
        """Whose it is, for example ``fileroom 0.1.0``."""
        return "the host application" if self.passed else f"{self.distribution} {self.version}".strip()

    @property
    def missing(self) -> tuple[str, ...]:
        """What the extra of the plugin's name requires and is not installed, or too old."""
        return unmet(self.requirements)

    @property
    def remedy(self) -> str:
        """The command that installs what it needs, or an empty string where the metadata does not tell."""
        return f"pip install '{self.distribution}[{self.name}]'" if self.requirements else ""


def discover() -> tuple[Found, ...]:
    """Return the installed plugins by name and distribution. Nothing is imported.

    An entry point that is listed twice with one value (editable installs, linked folders) counts once.
    """
    import importlib.metadata  # noqa: PLC0415 - 20 ms, needed when an archive opens and not before

    listed = [(one.value, _found(one)) for one in importlib.metadata.entry_points(group=GROUP)]
    listed.sort(key=lambda one: (one[1].name, one[1].distribution))
    distinct: dict[tuple[str, str], Found] = {}
    for value, found in listed:
        distinct.setdefault((found.name, value), found)
    return tuple(distinct.values())


def _found(entry_point: EntryPoint) -> Found:
    try:
        module, hook = entry_point.module, entry_point.attr or ""
    except (AttributeError, AssertionError, ValueError):  # malformed: how importlib.metadata says so
        module = hook = ""
    kind = next((kind for kind in KINDS if hook == f"fileroom_{kind}"), UNKNOWN)
    name = entry_point.name
    if kind != UNKNOWN:
        name = name.removeprefix(f"{kind}.") or name
    distribution = entry_point.dist
    assert distribution is not None  # none only where an entry point is made by hand
    metadata = distribution.metadata
    return Found(
        name=name,
        kind=kind,
        module=module,
        distribution=(metadata.get_all("Name") or ["an unnamed distribution"])[0],
        version=(metadata.get_all("Version") or [""])[0],
        requirements=requirements_of_extra(distribution.requires or (), name),
    )


def load(found: Found) -> ModuleType:
    """Import a plugin's module.

    Raises:
        MissingDependencyError: something it needs is not installed; the message says how to install it.
        PluginLoadError: importing it failed otherwise; the cause is attached.
    """
    if not found.module:
        raise blame(found, "its entry point names no module")
    if missing := found.missing:
        raise needs(found, ", ".join(missing))
    try:
        return importlib.import_module(found.module)
    except PluginError:
        raise
    except CAUGHT as error:
        raise explain(found, error, f"importing it failed: {type(error).__name__}: {error}") from error


def explain(found: Found, error: BaseException, what: str) -> PluginError:
    """Return the error for a plugin's failure: a package that is missing, or ``what`` happened."""
    if isinstance(error, ModuleNotFoundError) and error.name:
        package = error.name.partition(".")[0]
        if package != found.module.partition(".")[0]:
            return needs(found, package)
    return blame(found, what)


def needs(found: Found, what: str) -> MissingDependencyError:
    """Return the error that says what a plugin needs, and how to install it."""
    remedy = found.remedy or "it is not installed"
    return MissingDependencyError(f"{found.label} needs {what}: {remedy}", found.name, found.distribution)


def blame(found: Found, what: str) -> PluginLoadError:
    """Return the error that says whose plugin is not usable, and why."""
    whose = f"{found.label} of {found.source}"
    return PluginLoadError(f"{whose} cannot be used: {what}", found.name, found.distribution)
