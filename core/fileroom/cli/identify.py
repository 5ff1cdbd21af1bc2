"""From what people type for a resource to the resource."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fileroom.cli.failures import CommandError, UsageProblem
from fileroom.model import is_public_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fileroom.archive import Archive
    from fileroom.resources import Resource

SHOWN = 10
"""At most so many candidates are named in an error."""


def candidates(archive: Archive, identifier: str) -> list[Resource]:
    """Return what an identifier may mean: a public id, PatientID, UID or AccessionNumber.

    Raises:
        CommandError: nothing has it.
        UsageProblem: it is empty.
    """
    if not identifier.strip():
        raise UsageProblem("an identifier is empty")
    found = list(dict.fromkeys(archive.lookup(identifier)))
    if not found:
        raise CommandError(f"nothing has {_named(identifier)}: 'fileroom find' shows what there is")
    return found


def resolve(archive: Archive, identifiers: Sequence[str]) -> list[Resource]:
    """Return the one resource that each identifier means, each once.

    Raises:
        CommandError: one of them is unknown, or may mean several resources.
    """
    return list(dict.fromkeys(resolve_one(archive, one) for one in identifiers))


def resolve_one(archive: Archive, identifier: str) -> Resource:
    """Return the one resource that an identifier means.

    Raises:
        CommandError: it is unknown, or may mean several resources.
    """
    found = candidates(archive, identifier)
    if len(found) > 1:
        listed = "".join(f"\n  {one.level.label} {one.id}" for one in found[:SHOWN])
        more = f"\n  and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
        raise CommandError(
            f"{len(found)} resources have this identifier: give one of their ids{listed}{more}"
        )
    return found[0]


def _named(identifier: str) -> str:
    """Repeat a public id; nothing else, since identifiers of other kinds are a patient's."""
    return f"the id {identifier}" if is_public_id(identifier) else "this identifier"
