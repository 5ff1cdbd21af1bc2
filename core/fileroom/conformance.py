"""What checks have said of stored objects, and was kept: the messages of the processor ``conformance``.

An instance that was checked has the messages as its attachment ``conformance``, and in its metadata what they
come to (``conformance``: ``ok``, ``warnings`` or ``errors``), by which rules (``conformance-rules``) and when
that was (``conformance-made``).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from fileroom._archive.keeping import MADE
from fileroom.content_types import CONFORMANCE
from fileroom.errors import IntegrityError
from fileroom.model import Level

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fileroom.archive import Archive
    from fileroom.resources import Resource

VERDICT = CONFORMANCE.name
"""The metadata that tell what the messages of an instance come to."""


@dataclass(frozen=True, slots=True)
class KeptMessage:
    """One message about a stored object, as Oracle's view ORDDCM_CONFORMANCE_VLD_MSGS has them, and more.

    Attributes:
        id: the instance's public id.
        sop_instance_uid: its SOP Instance UID.
        rule: the rule's name, ``iod/type-1-missing``, or ``<document>/<rule>`` of a constraint document.
        message: what is wrong; never with a value of the object.
        severity: ``error``, ``warning`` or ``info``.
        time: when it was checked, in UTC; where nobody noted that, when it was received.
        path: where in the object, by keywords, items counted from 1; empty for all of it.
        attribute: the keyword or tag of the attribute that it is about; empty for none.
    """

    id: str
    sop_instance_uid: str
    rule: str
    message: str
    severity: str
    time: datetime
    path: str = ""
    attribute: str = ""


def checked(archive: Archive) -> Iterator[Resource]:
    """Yield all instances whose messages were kept."""
    return iter(archive.find("instance", metadata={VERDICT: "*"}))


def messages(
    archive: Archive,
    resources: Iterable[Resource] | None = None,
    *,
    rule: str = "",
    severity: str = "",
    since: datetime | None = None,
) -> Iterator[KeptMessage]:
    """Yield the messages that were kept of stored objects, instance by instance.

    Args:
        archive: the archive.
        resources: whose; of a patient, study or series those of all instances beneath. None for all there
            are.
        rule: only of this rule: its name, with or without the document's, or with wildcards (``iod/*``).
        severity: only of this severity.
        since: only of what was checked at this moment or later; it has a time zone.

    Raises:
        IntegrityError: an attachment does not hold messages.
    """
    for resource in checked(archive) if resources is None else resources:
        for instance in _instances(archive, resource):
            if VERDICT not in instance.attachments:
                continue
            for one in _read(instance):
                timely = since is None or one.time >= since
                if timely and severity in ("", one.severity) and _is_named(one.rule, rule):
                    yield one


def _instances(archive: Archive, resource: Resource) -> Iterable[Resource]:
    return [resource] if resource.level is Level.INSTANCE else archive.within(resource.id, Level.INSTANCE)


def _is_named(name: str, wanted: str) -> bool:
    """Say whether a rule is meant, by its name with or without what stands before it."""
    return not wanted or any(fnmatchcase(one, wanted) for one in (name, name.rpartition("/")[2]))


def _read(instance: Resource) -> list[KeptMessage]:
    time = _moment(instance.metadata.get(f"{VERDICT}{MADE}", "")) or instance.received
    try:
        rows = json.loads(instance.attachments[VERDICT].read())
        return [
            KeptMessage(
                instance.id,
                instance.uid,
                row["rule"],
                row["message"],
                row["severity"],
                time,
                row["path"],
                row["attribute"],
            )
            for row in rows
        ]
    except (ValueError, TypeError, KeyError) as error:
        raise IntegrityError(
            f"the attachment {VERDICT!r} of instance {instance.id} does not hold messages: check it again"
        ) from error


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None
