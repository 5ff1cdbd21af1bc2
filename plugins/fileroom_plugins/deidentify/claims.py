"""What a profile made by a document may claim: no more than its rules do."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fileroom_plugins.deidentify.actions import Action
from fileroom_plugins.deidentify.dictionary import standard_attributes
from fileroom_plugins.deidentify.standard_profile import BASIC

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fileroom_plugins.deidentify.actions import Rule
    from fileroom_plugins.deidentify.profile import Profile

_PATIENT_GROUP = 0x0010
_MOVED = {Action.CLEAN, Action.SHIFT}


def honest(made: Profile, base: Profile) -> Profile:
    """Return a document's profile with the claims that its rules bear out.

    The code of the Basic Profile goes where a rule leaves more than the profile would, and dates are said to
    be what the rules for them make of them (PS3.3 section C.7.1.1, PS3.15 section E.2).

    Args:
        made: the profile.
        base: what the document adds to.
    """
    codes = made.codes
    if BASIC in codes and any(_leaves_more(rule, before) for rule, before in _changed(made, base)):
        codes = tuple(code for code in codes if code != BASIC)
    return replace(made, codes=codes, keeps_longitude=_longitude(made))


def _changed(made: Profile, base: Profile) -> Iterator[tuple[Rule, Rule | None]]:
    """Yield the rules of a document, and those in whose place they stand; None for removal."""
    for tag, rule in made.tags.items():
        if rule is not (before := base.tags.get(tag)):
            yield rule, before or base.other
    yield from ((rule, base.rule(path, "")) for path, rule in made.paths.items())
    yield from ((rule, base.private.get(key)) for key, rule in made.private.items())
    # Those for a VR are for private attributes, too.
    yield from ((rule, None) for rule in made.vrs.values())
    yield from ((rule, None) for rule in (made.undefined, made.any_private, made.undefined_private) if rule)
    if made.speaks_of_added and not base.speaks_of_added and made.dictionary.added:
        yield made.other, None


def _leaves_more(rule: Rule, before: Rule | None) -> bool:
    weak = rule.action in {Action.KEEP, *_MOVED} or rule.pattern is not None
    return weak and (before is None or before.action not in {Action.KEEP, rule.action})


def _longitude(profile: Profile) -> str:
    rules = [
        profile.rule((tag,), vr)
        for tag, (vr, _) in standard_attributes().items()
        if vr in {"DA", "DT"} and tag >> 16 != _PATIENT_GROUP
    ]
    if any(rule.action in _MOVED or rule.pattern is not None for rule in rules):
        return "MODIFIED"
    return "UNMODIFIED" if any(rule.action is Action.KEEP for rule in rules) else "REMOVED"
