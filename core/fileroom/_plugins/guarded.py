"""Calling event hooks so that a failing plugin harms neither the archive nor the other plugins."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fileroom._loader import CAUGHT
from fileroom.errors import PluginError
from fileroom.events import Accept, Quarantine, Reject, Replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from fileroom._loader import Found
    from fileroom.events import Decision, Incoming

_log = logging.getLogger("fileroom.plugins")


@dataclass(frozen=True, slots=True)
class Failure:
    """A plugin that failed where it cannot fail the operation.

    Attributes:
        plugin: the plugin's name.
        distribution: the distribution that ships it, ``"argument"`` for a host's own object.
        error: what it raised.
    """

    plugin: str
    distribution: str
    error: BaseException


@dataclass(frozen=True, slots=True)
class Call:
    """One plugin's implementation of one event hook."""

    found: Found
    function: Callable[..., object]


@dataclass(frozen=True, slots=True)
class Intervention:
    """One plugin's say about objects on their way in.

    Attributes:
        name: the plugin's name.
        distribution: the distribution that ships it, ``"argument"`` for a host's own object.
    """

    name: str
    distribution: str
    _call: Call

    @classmethod
    def of(cls, call: Call) -> Intervention:
        """Make the intervention of an implementation of ``fileroom_before_store``."""
        return cls(call.found.name, call.found.distribution, call)

    def decide(self, incoming: Incoming) -> Decision:
        """Return what the plugin decides; `Accept` where it returns None.

        After `Replace`, the caller reads the new header and asks the interventions that follow.

        Raises:
            PluginError: it failed, or returned something else. The message names the plugin and the type of
                the failure only, since its text may tell of a patient; the cause is attached.
        """
        found = self._call.found
        try:
            decision = self._call.function(incoming)
        except CAUGHT as error:
            what = f"failed: {type(error).__name__}"
            raise _failed(found, what) from error
        if decision is None:
            return Accept()
        if isinstance(decision, Accept | Reject | Quarantine | Replace):
            return decision
        raise _failed(found, f"returned {type(decision).__name__}, which is no decision")


def _failed(found: Found, what: str) -> PluginError:
    message = f"the intervention {found.name!r} of {found.source} {what}"
    return PluginError(message, found.name, found.distribution)


def notify(calls: Iterable[Call], hook: str, batch: object) -> tuple[Failure, ...]:
    """Tell every listener, whatever the others do; return those that failed."""
    failures = []
    for call in calls:
        try:
            call.function(batch)
        except CAUGHT as error:
            failures.append(report(call.found, hook, error))
    return tuple(failures)


def report(found: Found, what: str, error: BaseException) -> Failure:
    """Log a plugin's failure: its type at ERROR, and all of it, which may tell of a patient, at DEBUG."""
    _log.error("%s of %s failed in %s: %s", found.label, found.source, what, type(error).__name__)
    _log.debug("%s of %s failed in %s", found.label, found.source, what, exc_info=error)
    return Failure(found.name, found.distribution, error)
