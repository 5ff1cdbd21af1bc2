"""What an extra needs and the environment lacks, from installed metadata.

It reads the plain part of dependency specifiers only (PEP 508): a name, versions after ``>=``, and the marker
``extra == "…"``. What it cannot judge counts as fulfilled: better no advice than a wrong one, since an import
that fails gives the true reason.
"""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_REQUIREMENT = re.compile(r"(?P<name>[A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*(?P<versions>[^@]*)")
_EXTRA = re.compile(r"""\s*extra\s*==\s*['"]([^'"]+)['"]\s*""")
_AT_LEAST = re.compile(r">=\s*(\d+(?:\.\d+)*)\s*")
_RELEASE = re.compile(r"v?(?:\d+!)?(\d+(?:\.\d+)*)")


def canonical(name: str) -> str:
    """Return a distribution's or extra's name as names are compared (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def requirements_of_extra(requires: Iterable[str], extra: str) -> tuple[str, ...]:
    """Return, of a distribution's requirements, those that this extra alone brings, without their marker."""
    found = []
    for text in requires:
        requirement, _, marker = text.partition(";")
        match = _EXTRA.fullmatch(marker)
        if match and canonical(match[1]) == canonical(extra):
            found.append(requirement.strip())
    return tuple(found)


def unmet(requirements: Iterable[str]) -> tuple[str, ...]:
    """Return what is missing: the name of what is not installed, the requirement of what is too old."""
    missing = []
    for requirement in requirements:
        match = _REQUIREMENT.match(requirement)
        if match is None:
            continue
        version = _installed(match["name"])
        if version is None:
            missing.append(match["name"])
        elif _too_old(version, match["versions"]):
            missing.append(requirement)
    return tuple(missing)


def _installed(name: str) -> str | None:
    import importlib.metadata  # noqa: PLC0415 - 20 ms

    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _too_old(version: str, versions: str) -> bool:
    installed = _RELEASE.match(version)
    clauses = versions.strip().strip("()").split(",")
    lowest = [match[1] for match in map(_AT_LEAST.fullmatch, map(str.strip, clauses)) if match]
    return installed is not None and any(_less(installed[1], low) for low in lowest)


def _less(a: str, b: str) -> bool:
    pairs = itertools.zip_longest(a.split("."), b.split("."), fillvalue="0")
    return next((int(x) < int(y) for x, y in pairs if int(x) != int(y)), False)
