"""Presentation contexts (PS3.8 section 7.1.1.13): which to propose for objects, and which to use."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from fileroom_plugins.dimse.offers import Offer

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from fileroom.plugin import SendStatus

MOST = 128
"""Presentation contexts in one association: their ids are the odd numbers from 1 to 255 (PS3.8 9.3.2.2)."""

NO_SUCH_CLASS = 3
NO_SUCH_SYNTAX = 4
"""Results of a context that was not accepted (PS3.8 table 9-18): abstract syntax, or transfer syntaxes, not
supported. The others are 1, the peer's user does not want it, and 2, no reason."""

_TARGETS = (str(ExplicitVRLittleEndian), str(ImplicitVRLittleEndian))
_CONVERTIBLE = {*_TARGETS, str(DeflatedExplicitVRLittleEndian)}


class Context(NamedTuple):
    """A SOP class in one transfer syntax: each is proposed by itself, so that the peer answers for each."""

    sop_class_uid: str
    transfer_syntax_uid: str


def wanted(offer: Offer) -> tuple[Context, ...]:
    """Return the contexts in which an object could be sent, the best first.

    Its own syntax, and for data sets in little endian that are not compressed the others of that kind.
    """
    own = offer.transfer_syntax_uid
    others = _TARGETS if own in _CONVERTIBLE else ()
    return tuple(Context(offer.sop_class_uid, syntax) for syntax in dict.fromkeys((own, *others)))


def chosen(offer: Offer, accepted: Collection[Context]) -> Context | None:
    """Return the accepted context in which an object is sent, or None."""
    return next((context for context in wanted(offer) if context in accepted), None)


def refusal(offer: Offer, accepted: Collection[Context], results: Mapping[Context, int]) -> str:
    """Say why an object can be sent in no accepted context.

    Args:
        offer: the object.
        accepted: what the peer accepted.
        results: the result of each context that it did not accept (PS3.8 table 9-18).
    """
    sop_class = UID(offer.sop_class_uid).name
    given = {results.get(context) for context in wanted(offer)}
    if NO_SUCH_SYNTAX in given or any(context.sop_class_uid == offer.sop_class_uid for context in accepted):
        names = " or ".join(UID(context.transfer_syntax_uid).name for context in wanted(offer))
        return f"the peer takes {sop_class}, but not in {names}"
    if NO_SUCH_CLASS in given:
        return f"the peer does not take objects of this class: {sop_class}"
    return f"the peer does not accept objects of this class, and does not say why: {sop_class}"


def runs(offers: Sequence[Offer | SendStatus]) -> Iterator[tuple[list[Offer | SendStatus], list[Context]]]:
    """Yield objects in their order, in runs that one association has contexts enough for, with those."""
    run: list[Offer | SendStatus] = []
    needed: dict[Context, None] = {}
    for offer in offers:
        own = dict.fromkeys(wanted(offer)) if isinstance(offer, Offer) else {}
        if len(needed | own) > MOST:
            yield run, list(needed)
            run, needed = [], {}
        run.append(offer)
        needed |= own
    yield run, list(needed)
