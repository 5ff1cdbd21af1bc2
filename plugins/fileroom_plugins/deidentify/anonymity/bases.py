"""What a document may start from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fileroom_plugins.deidentify.actions import Action, Rule
from fileroom_plugins.deidentify.profile import Profile

if TYPE_CHECKING:
    from collections.abc import Sequence

BASIC = "basic"
NONE = "none"

_SOP_INSTANCE_UID = 0x0008_0018


def base_profile(name: object, options: Sequence[str]) -> Profile:
    """Return the profile that a document adds to.

    Args:
        name: ``basic``, the standard's profile, or ``none``, which keeps what no rule names, and removes what
            no dictionary knows.
        options: of the basic profile.

    Raises:
        ValueError: there is none of this name, or no such option.
    """
    if name == BASIC:
        from fileroom_plugins.deidentify.standard_profile import standard_profile  # noqa: PLC0415 - a large table

        return standard_profile(options)
    if name != NONE:
        raise ValueError(f'expected "{BASIC}" or "{NONE}"')
    if options:
        raise ValueError(f'only the profile "{BASIC}" has options')
    return Profile(NONE, tags=own_identity("default"))


def own_identity(name: str) -> dict[int, Rule]:
    """Return the rule that no document can do without: what is changed is another object (PS3.3 C.12.4.2)."""
    return {_SOP_INSTANCE_UID: Rule(Action.UID, name)}
