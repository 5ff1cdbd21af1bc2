"""What a check has to say: messages, whoever wrote the rule, and what they come to."""

from __future__ import annotations

import enum
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from fileroom.plugin import InvalidDatasetError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Verdict: TypeAlias = Literal["ok", "warnings", "errors"]
"""What the messages of one object come to, by the worst of them; ``info`` is ``ok``."""


class Severity(enum.StrEnum):
    """How bad it is: against the standard or a rule; likely to make trouble; worth knowing."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Message:
    """One thing that is wrong with an object, or worth knowing. It never holds a value of the object.

    Attributes:
        path: where: keywords from the dataset down, items counted from 1, for example
            ``RequestAttributesSequence[1].ScheduledProcedureStepID``; ``(gggg,eeee)`` for an attribute
            without a keyword; empty for what concerns the object as a whole.
        severity: how bad it is.
        rule: the rule's stable name: ``iod/type-1-missing`` for one of `fileroom_plugins.conformance.rules`,
            ``<document>/<rule>`` for one of a constraint document.
        message: what is wrong, in one line.
        attribute: keyword of the attribute that it is about, or its tag as in ``path``; empty for none.
    """

    path: str
    severity: Severity
    rule: str
    message: str
    attribute: str = ""


def verdict(messages: Iterable[Message]) -> Verdict:
    """Return what messages come to."""
    severities = {message.severity for message in messages}
    if Severity.ERROR in severities:
        return "errors"
    return "warnings" if Severity.WARNING in severities else "ok"


def to_json(messages: Iterable[Message]) -> bytes:
    """Write messages as a JSON list of objects with ``path severity rule message attribute``."""
    rows = [
        {
            "path": one.path,
            "severity": str(one.severity),
            "rule": one.rule,
            "message": one.message,
            "attribute": one.attribute,
        }
        for one in messages
    ]
    return json.dumps(rows, ensure_ascii=False, indent=1).encode()


def from_json(data: bytes) -> Sequence[Message]:
    """Read what `to_json` wrote.

    Raises:
        InvalidDatasetError: the bytes are something else.
    """
    try:
        return [
            Message(row["path"], Severity(row["severity"]), row["rule"], row["message"], row["attribute"])
            for row in json.loads(data)
        ]
    except (ValueError, TypeError, KeyError) as error:
        raise InvalidDatasetError("these are no messages of a conformance check: check it again") from error
