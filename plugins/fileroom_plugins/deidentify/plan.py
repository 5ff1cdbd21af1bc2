"""Which action each attribute of a SOP class gets: the profile's rules, resolved by the IOD, remembered."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from fileroom_plugins.deidentify.actions import Action
from fileroom_plugins.deidentify.elements import WORDS_VRS
from fileroom_plugins.standard import iod_of, repeating

if TYPE_CHECKING:
    from fileroom_plugins.deidentify.actions import Rule
    from fileroom_plugins.deidentify.dictionary import DataDictionary
    from fileroom_plugins.deidentify.profile import Profile
    from fileroom_plugins.standard import Iod

MOST_STEPS = 50_000
"""How many attributes are remembered; real objects of all SOP classes have fewer."""

_DATES = {"DA", "DT"}
_PLANES = {0x5000, 0x6000}


class Step(NamedTuple):
    """What is done with an attribute.

    Attributes:
        action: not a combined one.
        rule: who says so.
        vr: of the attribute for which this was resolved.
        demanded: whether the object is not valid without a value.
    """

    action: Action
    rule: Rule
    vr: str
    demanded: bool = False


class Node:
    """One level of objects of a SOP class: the dataset, or the items of a sequence."""

    __slots__ = ("_below", "_path", "_plan", "_steps")

    def __init__(self, plan: Plan, path: tuple[int, ...]) -> None:
        self._plan = plan
        self._path = path
        self._steps: dict[int | tuple[str, int], Step] = {}
        self._below: dict[int, Node] = {}

    def step(self, tag: int, vr: str) -> Step:
        """Return what is done with a standard attribute."""
        found = self._steps.get(tag)
        if found is None or found.vr != vr:
            found = self._plan.resolve((*self._path, tag), vr)
            self._remember(tag, found)
        return found

    def private_step(self, tag: int, vr: str, creator: str) -> Step:
        """Return what is done with a private attribute; the tag is the block's, with two digits zero."""
        found = self._steps.get((creator, tag))
        if found is None or found.vr != vr:
            found = self._plan.resolve_private((*self._path, tag), vr, creator)
            self._remember((creator, tag), found)
        return found

    def below(self, tag: int) -> Node:
        """Return the level of a sequence's items."""
        found = self._below.get(tag)
        if found is None:
            found = Node(self._plan, (*self._path, tag))
            if self._plan.counts_one_more():
                self._below[tag] = found
        return found

    def _remember(self, key: int | tuple[str, int], step: Step) -> None:
        if self._plan.counts_one_more():
            self._steps[key] = step


class Plan:
    """A profile as it applies to objects of one SOP class. Any thread may use it at any time.

    Attributes:
        root: the dataset's level.
    """

    def __init__(self, profile: Profile, sop_class: str) -> None:
        self._profile = profile
        self._iod: Iod | None = iod_of(sop_class)
        self._steps = 0
        self.root = Node(self, ())

    @property
    def dictionary(self) -> DataDictionary:
        """What the dictionaries know."""
        return self._profile.dictionary

    def counts_one_more(self) -> bool:
        """Count what is remembered; say whether there is room for it, which hostile objects may use up."""
        self._steps += 1
        return self._steps <= MOST_STEPS

    def resolve(self, path: tuple[int, ...], vr: str) -> Step:
        """Find out what is done with a standard attribute."""
        tag = repeating(path[-1])
        known = self._profile.dictionary.vr_of(tag) or vr
        meant = known if vr == "UN" or is_uid_as_text(known, vr) else vr
        rule = self._profile.rule(path, meant)
        kind = self._type(rule.action, path)
        action = _fitting(rule.action.resolved(kind), Action.REMOVE.resolved(kind), meant)
        return Step(action, rule, vr, Action.EMPTY.resolved(kind) is Action.DUMMY)

    def resolve_private(self, path: tuple[int, ...], vr: str, creator: str) -> Step:
        """Find out what is done with a private attribute."""
        known = self._profile.dictionary.private_vr_of(creator, path[-1]) if vr == "UN" else ""
        rule = self._profile.private_rule(path, vr, creator)
        if known == "SQ":
            return Step(Action.REMOVE, rule, vr)  # what is in it cannot be seen
        return Step(_fitting(rule.action, Action.REMOVE, known or vr), rule, vr)

    def _type(self, action: Action, path: tuple[int, ...]) -> str | None:
        if path[-1] >> 16 & 0xFF00 in _PLANES:
            # A plane of an overlay goes as a whole, so none of its attributes is demanded.
            return None
        if self._iod is not None:
            return self._iod.attribute_type(path)
        # Nobody knows what such an object demands; what is on the safe side keeps it valid.
        return None if action in {Action.REMOVE, Action.EMPTY} else "1"


def is_uid_as_text(known: str, vr: str) -> bool:
    """Say whether a UID was written as another VR: it stands for the same thing all the same.

    Args:
        known: the attribute's VR as the dictionary has it.
        vr: as the file has it.
    """
    return known == "UI" and (vr in WORDS_VRS or vr in {"OB", "UN"})


def _fitting(action: Action, instead: Action, vr: str) -> Action:
    """Return an action that can be done with values of a VR; what cannot be cleaned or moved is hidden."""
    if action is Action.CLEAN:
        if vr in _DATES:
            return Action.SHIFT
        return action if vr in WORDS_VRS or vr in {"SQ", "UI"} else instead
    if action is Action.SHIFT:
        if vr == "TM":
            return Action.KEEP
        return action if vr in _DATES or vr == "SQ" else instead
    if action is Action.UID:
        return action if vr in {"UI", "SQ"} else instead
    return action
