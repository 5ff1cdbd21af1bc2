"""``fileroom send`` and ``fileroom echo``."""

from __future__ import annotations

import contextlib
import json
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import fileroom
from fileroom.cli import delivery
from fileroom.model import Level
from fileroom.testing.datasets import make_instance
from tests.integration.cli_runs import run, run_json
from tests.plugins.dimse.peers import Acceptor, acceptor

TOML = """
[network.hosts]
near = {{ ae_title = "ACCEPTOR", host = "127.0.0.1", port = {port} }}
both = [
    {{ ae_title = "ACCEPTOR", host = "127.0.0.1", port = {port} }},
    {{ ae_title = "NOBODY", host = "127.0.0.1", port = 1 }},
]
"""


@pytest.fixture
def peer() -> Iterator[Acceptor]:
    with acceptor() as peer:
        yield peer


@pytest.fixture
def place(tmp_path: Path, peer: Acceptor) -> Path:
    file = tmp_path / "fileroom.toml"
    file.write_text(TOML.format(port=peer.host.port))
    with fileroom.open(file) as archive:
        for patient_id in ("P-1", "P-2"):
            for number in (1, 2):
                archive.store(make_instance(patient_id=patient_id, instance_number=number)).check()
    return file


@pytest.mark.parametrize("name", ["near", "ACCEPTOR@127.0.0.1:{port}"])
def test_a_peer_is_sent_what_identifiers_mean(name: str, place: Path, peer: Acceptor) -> None:
    shown = run("-a", place, "send", "P-1", "--to", name.format(port=peer.host.port)).stdout
    assert shown.startswith(f"sent 2 instances to {peer.host}: ")
    with fileroom.open(place) as archive:
        assert peer.received.keys() == {one.uid for one in archive.find("instance", PatientID="P-1")}


def test_json_tells_the_counts(place: Path, peer: Acceptor) -> None:
    told = run_json("-a", place, "send", "P-1", "P-2", "--to", "near")
    assert (told["sent"], told["warnings"], told["failed"], told["unsent"]) == (4, 0, 0, 0)
    assert told["bytes"] > 4 * 8000
    assert told["problems"] == {}


def test_what_lies_in_several_of_the_resources_is_sent_once(place: Path, peer: Acceptor) -> None:
    with fileroom.open(place) as archive:
        study = next(iter(archive.find("study", PatientID="P-1")))
    assert run_json("-a", place, "send", "P-1", study.id, "--to", "near")["sent"] == 2


def test_what_is_refused_is_listed_with_its_reason_and_is_no_success(tmp_path: Path) -> None:
    with acceptor(lambda event: 0xA900) as peer, fileroom.open(tmp_path) as archive:
        instance = archive.store(make_instance()).check().instance
        assert instance is not None
        told = run_json("-a", tmp_path, "send", instance.id, "--to", str(peer.host), code=1)
        reason = "the peer finds that the data set does not match its SOP class (status A900)"
        assert told["problems"] == {instance.id: {"state": "failed", "code": 0xA900, "reason": reason}}
        result = run("-a", tmp_path, "send", instance.id, "--to", str(peer.host), code=1)
        assert result.stderr == f"not sent: {instance.id}: {reason}\n"


def test_a_warning_is_told_and_is_a_success(tmp_path: Path) -> None:
    with acceptor(lambda event: 0xB000) as peer, fileroom.open(tmp_path) as archive:
        instance = archive.store(make_instance()).check().instance
        assert instance is not None
        result = run("-a", tmp_path, "send", instance.id, "--to", str(peer.host))
    assert result.stdout.startswith("sent 1 instance to")
    assert (
        result.stderr == f"sent, with a warning: {instance.id}: the peer changed some values (status B000)\n"
    )


def test_a_peer_that_is_not_there_is_one_error_and_json_still_tells_what_was_not_sent(place: Path) -> None:
    result = run("-a", place, "send", "P-1", "--to", "NOBODY@127.0.0.1:1", "--json", code=1)
    told = json.loads(result.stdout)
    assert told["unsent"] == 2
    assert all("cannot be reached" in problem["reason"] for problem in told["problems"].values())
    assert result.stderr.startswith("error: NOBODY@127.0.0.1:1 cannot be reached")


@pytest.mark.parametrize(
    ("words", "message", "code"),
    [
        (["send", "P-1", "--to", "far"], "no host or vendor 'far' in [network]", 2),
        (["echo", "both"], "'both' stands for 2 hosts, and one is needed: ACCEPTOR@127.0.0.1:", 2),
        (["echo", "X@localhost:99999"], "port must be 1 to 65535", 2),
        (["echo", "X@:1"], "or write AET@host:port", 2),
        (["echo", "LONGER-THAN-IT-MAY@localhost:1"], "ae_title must be 1 to 16", 2),
        (["send", "P-9", "--to", "near"], "nothing has this identifier", 1),
    ],
)
def test_what_cannot_be_meant_is_refused(words: list[str], message: str, code: int, place: Path) -> None:
    assert message in run("-a", place, *words, code=code).stderr


def test_an_echo_to_a_full_address_needs_no_archive(
    tmp_path: Path, peer: Acceptor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("echo", peer.host).stdout.startswith(f"{peer.host} answered in ")
    assert peer.callers == ["FILEROOM"]
    assert "no archive at" in run("echo", "near", code=2).stderr
    assert list(tmp_path.iterdir()) == []


def test_a_malformed_peer_is_told_before_the_archive_is_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "port must be" in run("send", "P-1", "--to", "X@localhost:99999", code=2).stderr
    assert "no archive at" in run("send", "P-1", "--to", "X@localhost:104", code=2).stderr


def test_a_sending_that_is_interrupted_tells_what_was_sent(place: Path) -> None:
    def answer(event: Any) -> int:
        if len(receiver.received) == 2:
            signal.raise_signal(signal.SIGINT)
        return 0x0000

    with acceptor(answer) as receiver:
        words = ["-a", place, "send", "P-1", "P-2", "--to", str(receiver.host)]
        result = run(*words, "--json", code=130)
    told = json.loads(result.stdout)
    assert result.stderr.split() == ["interrupted"]
    assert told["sent"] in (1, 2)
    assert told["sent"] + told["unsent"] == 4
    reasons = {problem["reason"] for problem in told["problems"].values()}
    assert (len(told["problems"]), reasons) == (told["unsent"], {"interrupted"})


def test_the_bar_counts_what_the_peer_has(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[int] = []

    @contextlib.contextmanager
    def progress(description: str, total: int) -> Iterator[Callable[[], None]]:
        yield lambda: steps.append(total)

    monkeypatch.setattr(delivery, "counting", progress)
    run("-a", place, "send", "P-1", "--to", "NOBODY@127.0.0.1:1", code=1)
    assert steps == []
    run("-a", place, "send", "P-1", "--to", "near")
    assert steps == [2, 2]


def test_an_echo_tells_the_time(place: Path, peer: Acceptor) -> None:
    assert run("-a", place, "echo", "near").stdout.startswith(f"{peer.host} answered in ")
    told = run_json("-a", place, "echo", "near")
    assert told["peer"] == str(peer.host)
    assert 0 < told["seconds"] < 60
    assert "cannot be reached" in run("-a", place, "echo", "NOBODY@127.0.0.1:1", code=1).stderr


def test_the_library_sends_handles_and_ids_and_tells_of_each(place: Path, peer: Acceptor) -> None:
    with fileroom.open(place) as archive:
        study = next(iter(archive.find("study", PatientID="P-2")))
        ids = [one.id for one in archive.within(study.id, Level.INSTANCE)]
        told: list[str] = []
        report = archive.send(
            [study, ids[0]], peer.host, on_status=lambda status: told.append(status.item.id)
        )
        assert (report.sent, told) == (2, ids)
        assert archive.echo(peer.host).seconds > 0
        with pytest.raises(fileroom.NotFoundError):
            archive.send(["27f7126f-cf4fb461-4c0e5d1c-81e1ea70-4c0b1d4e"], peer.host)
