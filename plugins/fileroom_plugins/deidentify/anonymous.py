"""Whether an object has been de-identified already."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fileroom_plugins.deidentify.actions import Action
from fileroom_plugins.deidentify.elements import Fragments
from fileroom_plugins.deidentify.marks import PATIENT_IDENTITY_REMOVED
from fileroom_plugins.deidentify.plan import Plan
from fileroom_plugins.deidentify.reading import creator_of

if TYPE_CHECKING:
    from fileroom_plugins.deidentify.elements import Element, Items
    from fileroom_plugins.deidentify.objects import DicomObject
    from fileroom_plugins.deidentify.plan import Node, Step
    from fileroom_plugins.deidentify.profile import Profile

_GROUP, _LAST_CREATOR = 0xFFFF_0000, 0xFF


def nothing_to_take_away(found: DicomObject, profile: Profile) -> bool:
    """Say whether a profile would find nothing to remove, to empty or to replace.

    Args:
        found: the object.
        profile: which dummies it leaves is known; what it cleans or moves cannot be told from what it left.
    """
    said = found.items.get(PATIENT_IDENTITY_REMOVED)
    if said is None or said.data.strip() != b"YES":
        return False
    return _is_done(found.items, Plan(profile, found.sop_class).root)


def _is_done(items: Items, node: Node) -> bool:
    for tag, element in items.items():
        if tag >> 16 & 1:
            if tag & 0xFFFF <= _LAST_CREATOR:
                continue
            creator = items.get(tag & _GROUP | tag >> 8 & 0xFF)
            name = creator_of(creator) if creator else ""
            step = node.private_step(tag & 0xFFFF_00FF, element.vr, name)
        else:
            step = node.step(tag, element.vr)
        if not _is_one_done(tag, element, step, node):
            return False
    return True


def _is_one_done(tag: int, element: Element, step: Step, node: Node) -> bool:
    action, value = step.action, element.value
    if action is Action.REMOVE:
        return False
    if isinstance(value, Fragments):
        return True
    if isinstance(value, list):
        if action in {Action.EMPTY, Action.DUMMY, Action.REPLACE}:
            # Of the form of a dummy sequence nothing can be told.
            return action is not Action.EMPTY or not value
        below = node.below(tag if not tag >> 16 & 1 else tag & 0xFFFF_00FF)
        return all(_is_done(item, below) for item in value)
    data = element.data.strip(b" \0")
    if action is Action.REPLACE and step.rule.pattern is None:
        return data == step.rule.text.strip().encode("utf-8", "replace")
    return not data or action is not Action.EMPTY
