"""Messages: what they come to, and as JSON."""

from __future__ import annotations

import json

import pytest

from fileroom.errors import InvalidDatasetError
from fileroom_plugins.conformance.messages import Message, Severity, from_json, to_json, verdict

ERROR = Message("PatientID", Severity.ERROR, "vr/length", "longer than 64 characters", "PatientID")
WARNING = Message("", Severity.WARNING, "site/équipe", "nobody's")
INFO = Message("", Severity.INFO, "iod/unknown", "no IOD")


@pytest.mark.parametrize(
    ("messages", "expected"),
    [([], "ok"), ([INFO], "ok"), ([INFO, WARNING], "warnings"), ([WARNING, ERROR, INFO], "errors")],
)
def test_the_worst_message_counts(messages: list[Message], expected: str) -> None:
    assert verdict(messages) == expected


def test_json_holds_all_of_a_message_and_is_read_back() -> None:
    data = to_json([ERROR, WARNING])
    assert json.loads(data)[0] == {
        "path": "PatientID",
        "severity": "error",
        "rule": "vr/length",
        "message": "longer than 64 characters",
        "attribute": "PatientID",
    }
    assert from_json(data) == [ERROR, WARNING]


@pytest.mark.parametrize(
    "data", [b"", b"\xff", b"{}x", b"[1]", b'[{"path": ""}]', b"1", b'[{"severity": []}]']
)
def test_what_is_no_json_of_messages_is_one_error(data: bytes) -> None:
    with pytest.raises(InvalidDatasetError, match="no messages of a conformance check"):
        from_json(data)
