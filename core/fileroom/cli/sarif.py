"""Messages about objects as SARIF 2.1.0, which many tools show (OASIS, sections 3.13 to 3.28)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from fileroom import __version__

if TYPE_CHECKING:
    from collections.abc import Iterable

_LEVELS = {"error": "error", "warning": "warning", "info": "note"}
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def sarif(objects: Iterable[tuple[str, list[dict[str, str]], str]]) -> dict[str, Any]:
    """Return a SARIF log of one run.

    Args:
        objects: path or public id, messages with ``path severity rule message attribute``, and why it could
            not be checked, empty where it could.
    """
    rules: dict[str, int] = {}
    found: list[dict[str, Any]] = []
    failures: list[dict[str, Any]] = []
    for name, rows, reason in objects:
        place = {"artifactLocation": {"uri": _uri(name)}}
        if reason:
            failures.append(
                {"level": "error", "message": {"text": reason}, "locations": [{"physicalLocation": place}]}
            )
        for row in rows:
            location: dict[str, Any] = {"physicalLocation": place}
            if row["path"]:
                location["logicalLocations"] = [
                    {
                        "name": row["attribute"] or row["path"],
                        "fullyQualifiedName": row["path"],
                        "kind": "member",
                    }
                ]
            found.append(
                {
                    "ruleId": row["rule"],
                    "ruleIndex": rules.setdefault(row["rule"], len(rules)),
                    "level": _LEVELS.get(row["severity"], "none"),
                    "message": {"text": row["message"]},
                    "locations": [location],
                }
            )
    invocation: dict[str, Any] = {"executionSuccessful": not failures}
    if failures:
        invocation["toolExecutionNotifications"] = failures
    driver = {"name": "fileroom", "version": __version__, "rules": [{"id": rule} for rule in rules]}
    run = {"tool": {"driver": driver}, "invocations": [invocation], "results": found}
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _uri(name: str) -> str:
    path = Path(name)
    if path.exists():
        return path.as_uri() if path.is_absolute() else quote(os.fsencode(path.as_posix()))
    return f"urn:fileroom:{quote(os.fsencode(name))}"
