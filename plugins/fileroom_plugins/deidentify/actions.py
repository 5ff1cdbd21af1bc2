"""What is done with an attribute, and which rule says so (PS3.15 section E.3 and table E.1-1a)."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass, field

_DEMANDED = {"1", "1C"}
_MAY_BE_EMPTY = {"2", "2C"}


class Action(enum.StrEnum):
    """An action of PS3.15 table E.1-1a, or several of which an attribute's type chooses, or one of ours.

    The standard's: a dummy value, an empty value, removal, keeping, cleaning, a new UID. Ours, for documents:
    `REPLACE` by a given text, and `SHIFT` of dates by the patient's number of days.
    """

    DUMMY = "D"
    EMPTY = "Z"
    REMOVE = "X"
    KEEP = "K"
    CLEAN = "C"
    UID = "U"
    EMPTY_OR_DUMMY = "Z/D"
    REMOVE_OR_EMPTY = "X/Z"
    REMOVE_OR_DUMMY = "X/D"
    REMOVE_EMPTY_OR_DUMMY = "X/Z/D"
    REMOVE_EMPTY_OR_UID = "X/Z/U*"
    REPLACE = "R"
    SHIFT = "S"

    __hash__ = (
        str.__hash__
    )  # that of an enumeration is much slower, and actions are hashed for every attribute

    def resolved(self, attribute_type: str | None) -> Action:
        """Return the one action that an attribute of this type gets.

        The first of several, unless the object would not be valid any more: what is of type 1 needs a value,
        and what is of type 2 has to be there. Conditional types count as if the condition held, which it most
        likely does where the attribute is there. For the same reason a plain X or Z becomes Z or D where the
        type is 1 or 2: that hides as much.

        Args:
            attribute_type: ``1``, ``1C``, ``2``, ``2C`` or ``3``; None where the IOD lacks the attribute.
        """
        if self in _UNCONDITIONAL:
            return self
        if self is Action.REMOVE_EMPTY_OR_UID and attribute_type in _DEMANDED | _MAY_BE_EMPTY:
            # Type 2 included: other attributes are only valid where something is referred to.
            return Action.UID
        if attribute_type in _DEMANDED:
            # A conditional attribute that the standard says to remove, whatever it is, is removed.
            return self if self is Action.REMOVE and attribute_type == "1C" else Action.DUMMY
        if attribute_type in _MAY_BE_EMPTY:
            if self is Action.REMOVE_OR_DUMMY:
                return Action.DUMMY
            return self if self is Action.REMOVE and attribute_type == "2C" else Action.EMPTY
        return Action.EMPTY if self in {Action.EMPTY, Action.EMPTY_OR_DUMMY} else Action.REMOVE


_UNCONDITIONAL = {Action.DUMMY, Action.KEEP, Action.CLEAN, Action.UID, Action.REPLACE, Action.SHIFT}


@dataclass(frozen=True, slots=True)
class Rule:
    """What is done with the attributes that a profile has it for.

    Attributes:
        action: what is done.
        name: who says so, for reports: ``basic``, the name of an option, or a document's name and line.
        text: for `Action.REPLACE`: the new value, written as the attribute's VR has it; several are separated
            by the reverse solidus. With a pattern, what takes the place of each match, groups as in `re.sub`.
        pattern: for `Action.REPLACE`: only what it matches is replaced. Whoever makes the rule answers for
            the time that matching takes.
        vr: for `Action.KEEP` of a private attribute: it is kept only as a value of this VR.
    """

    action: Action
    name: str
    text: str = field(default="", repr=False)
    pattern: re.Pattern[str] | None = field(default=None, repr=False)
    vr: str = ""
