from __future__ import annotations

import logging
from pathlib import Path

import pytest

from fileroom.errors import PluginLoadError
from fileroom.events import RemovedBatch, StoredBatch, StoredInstance
from fileroom.index import CommitStatus
from fileroom.plugin import hookimpl
from tests.core.host_plugins import Bell, Failing, Gate, Root, extending, opened, raising, refused

STORED = StoredBatch((StoredInstance("id", CommitStatus.STORED, 1, "md5:x"),))
REMOVED = RemovedBatch(((4, "id"),))


def test_an_extension_is_opened_with_its_options_hears_events_and_is_closed() -> None:
    made: list[Bell] = []

    def open_(options: object) -> Bell:
        made.append(Bell(options))
        return made[-1]

    dispatch = opened(extending(open_), plugins={"bell": {"size": 2}})
    assert dispatch.stored(STORED) == ()
    assert dispatch.removed(REMOVED) == ()
    dispatch.close()
    (bell,) = made
    assert bell.options == Root(Path.cwd() / "archive" / "root", 2)
    assert bell.heard == [("stored", STORED), ("removed", REMOVED)]
    assert bell.closed == 1


def test_a_host_can_pass_listeners_themselves_even_twice_the_class() -> None:
    bells = Bell(), Bell()
    opened(*bells).stored(STORED)
    assert [bell.heard for bell in bells] == [[("stored", STORED)]] * 2


def test_each_archive_has_plugins_of_its_own() -> None:
    bell = Bell()
    first, second = opened(bell), opened()
    second.stored(STORED)
    assert bell.heard == []
    first.stored(STORED)
    assert bell.heard == [("stored", STORED)]


def test_an_event_hook_may_leave_out_its_argument() -> None:
    heard = []

    class Curt:
        @hookimpl
        def fileroom_stored(self) -> None:
            heard.append(1)

    assert opened(Curt()).stored(STORED) == ()
    assert heard == [1]


@pytest.mark.parametrize("error", [ValueError("DOE^JANE"), SystemExit("DOE^JANE")])
def test_a_failing_listener_is_logged_and_reported_while_the_others_hear(
    error: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    before, after = Bell(), Bell()
    with caplog.at_level(logging.DEBUG, "fileroom.plugins"):
        failures = opened(before, Failing(error), after).stored(STORED)
    assert [(one.plugin, one.distribution, one.error) for one in failures] == [("Failing", "argument", error)]
    assert len(before.heard) == len(after.heard) == 1
    above_debug = [one.getMessage() for one in caplog.records if one.levelno > logging.DEBUG]
    assert above_debug == [
        f"plugin 'Failing' of the host application failed in fileroom_stored: {type(error).__name__}"
    ]
    assert "DOE^JANE" in caplog.text


def test_an_interrupt_in_a_listener_is_not_swallowed() -> None:
    with pytest.raises(KeyboardInterrupt):
        opened(Failing(KeyboardInterrupt())).stored(STORED)


def test_an_extension_that_fails_to_close_keeps_no_other_from_being_closed() -> None:
    bells = Bell(), Bell()
    dispatch = opened(
        extending(lambda _: bells[0], "a"),
        extending(lambda _: Failing(OSError()), "b"),
        extending(lambda _: bells[1], "c"),
    )
    dispatch.close()
    assert [bell.closed for bell in bells] == [1, 1]


def test_when_opening_fails_half_way_what_was_opened_is_closed() -> None:
    bell = Bell()
    error = refused(extending(lambda _: bell, "a"), extending(raising(OSError()), "b"))
    assert isinstance(error, PluginLoadError)
    assert bell.closed == 1


def test_an_extension_that_opens_nothing_is_refused() -> None:
    assert "it opened nothing" in str(refused(extending(lambda _: None)))


def test_an_extension_needs_no_close(caplog: pytest.LogCaptureFixture) -> None:
    opened(extending(lambda _: Gate(None))).close()
    assert [one for one in caplog.records if "close" in one.getMessage()] == []
