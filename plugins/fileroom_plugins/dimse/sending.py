"""Sending a row of objects: as few associations as will do, and one status for each object."""

from __future__ import annotations

import itertools
import time
from typing import TYPE_CHECKING

from fileroom.plugin import (
    FileroomError,
    NetworkError,
    SendReport,
    SendState,
    SendStatus,
    SendStoppedError,
)
from fileroom_plugins.dimse.contexts import chosen, refusal, runs
from fileroom_plugins.dimse.conversion import converted
from fileroom_plugins.dimse.offers import Offer, look_at
from fileroom_plugins.dimse.statuses import state_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from fileroom.plugin import SendItem
    from fileroom_plugins.dimse.contexts import Context
    from fileroom_plugins.dimse.link import Link

_AHEAD = 100
"""Objects looked at before the first of them is sent: their kinds must be proposed to the peer."""


class Sending:
    """One call of ``send``."""

    def __init__(
        self, connect: Callable[[Sequence[Context]], Link], on_status: Callable[[SendStatus], object]
    ) -> None:
        self._connect = connect
        self._on_status = on_status
        self._report = SendReport()
        self._link: Link | None = None

    def run(self, items: Iterable[SendItem]) -> SendReport:
        """Send them.

        Raises:
            SendStoppedError: the peer could not be reached, or an association ended before its time.
        """
        started = time.perf_counter()
        upcoming = iter(items)
        try:
            while batch := list(itertools.islice(upcoming, _AHEAD)):
                self._send(batch, upcoming)
            if self._link is not None:
                self._link.release()
        finally:
            self._report.seconds = time.perf_counter() - started
            self._drop_link()
        return self._report

    def _send(self, batch: Sequence[SendItem], upcoming: Iterator[SendItem]) -> None:
        told = 0
        try:
            for run, contexts in runs([look_at(item) for item in batch]):
                for one in run:
                    status = self._store(one, contexts) if isinstance(one, Offer) else one
                    told += 1
                    self._tell(status)
        except NetworkError as error:
            for item in itertools.chain(batch[told:], upcoming):
                self._tell(SendStatus(item, SendState.UNSENT, reason=str(error)))
            raise SendStoppedError(str(error), self._report) from error

    def _tell(self, status: SendStatus) -> None:
        self._report.add(status)
        self._on_status(status)

    def _store(self, offer: Offer, contexts: Sequence[Context]) -> SendStatus:
        """Offer an object to the peer.

        Raises:
            NetworkError: there is no association, or it ended.
        """
        link = self._linked(contexts)
        context = chosen(offer, link.accepted)
        if context is None:
            return SendStatus(
                offer.item, SendState.FAILED, reason=refusal(offer, link.accepted, link.results)
            )
        try:
            code = self._transmit(link, offer, context)
        except NetworkError:
            raise
        except FileroomError as error:
            return SendStatus(offer.item, SendState.FAILED, reason=str(error))
        state, reason = state_of(code)
        return SendStatus(offer.item, state, code, reason)

    def _transmit(self, link: Link, offer: Offer, context: Context) -> int:
        with offer.item.open() as file:
            if context.transfer_syntax_uid != offer.transfer_syntax_uid:
                return link.store(offer, context, converted(file, context.transfer_syntax_uid))
            file.seek(offer.offset)
            try:
                return link.store(offer, context, file)
            except FileroomError:
                # Where a file cannot be read to its end, the peer waits for the rest: only an abort helps.
                self._drop_link()
                raise

    def _linked(self, contexts: Sequence[Context]) -> Link:
        """Return an association in which these contexts were proposed: the one that stands, or a new one."""
        if self._link is not None and not self._link.proposed.issuperset(contexts):
            self._link.release()
            self._link = None
        if self._link is None:
            self._link = self._connect(contexts)
        return self._link

    def _drop_link(self) -> None:
        if self._link is not None:
            self._link.abort()
            self._link = None
