"""What was done to an object. Reports name attributes, actions and rules, and never hold a value."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from fileroom_plugins.deidentify.actions import Action


class Touched(NamedTuple):
    """One attribute that did not stay as it was.

    Attributes:
        path: tags and item numbers from 1 on, for example ``0040A730[2].0040A160``.
        keyword: the last attribute's keyword; of a known private one its creator; else empty.
        action: what was done; none of those that leave it to the attribute's type.
        rule: the name of the rule that says so.
    """

    path: str
    keyword: str
    action: Action
    rule: str


class Finding(NamedTuple):
    """Something of the original that was found again; what it is is not told.

    Attributes:
        path: where it was found, as reports have paths.
        keyword: of the attribute there; empty for a private one.
        origin: the keyword of the attribute that it stood in before.
    """

    path: str
    keyword: str
    origin: str


@dataclass(frozen=True, slots=True)
class Report:
    """What was done to one object.

    Attributes:
        profile: the name of the profile.
        touched: in the order of the object.
        consistent: whether the same identifiers will get the same pseudonyms again, which they do not without
            a key.
        pixels_changed: whether pixels were blanked.
        dates_moved_by: whose number of days dates were moved by: that of the patient's ``id``; for want of
            one, that of the ``name`` with the date of birth, or of the ``study``, so that other objects of
            the patient may be moved by other ones. Empty where no dates were moved.
        residual: what was found of the original's identity in the new object; None if nobody looked.
        undone: options that could not be done for this object, by what their codes mean: Clean Pixel
            Data, say, where nothing tells where text may be; ``Patient Identity Removed`` where a document
            lets a name or an identifier of the patient's be what it was.
    """

    profile: str
    touched: tuple[Touched, ...]
    consistent: bool
    pixels_changed: bool = False
    residual: tuple[Finding, ...] | None = None
    undone: tuple[str, ...] = ()
    dates_moved_by: str = ""

    def to_json(self) -> bytes:
        """Return the report as JSON: an object with the fields' names; what is many is a list of objects."""
        head = {
            "profile": self.profile,
            "consistent": self.consistent,
            "pixels_changed": self.pixels_changed,
            "residual": None if self.residual is None else [one._asdict() for one in self.residual],
            "undone": list(self.undone),
            "dates_moved_by": self.dates_moved_by or None,
        }
        touched = ",".join(map(_as_json, self.touched))
        return f'{json.dumps(head, ensure_ascii=False)[:-1]}, "touched": [{touched}]}}'.encode()


@functools.lru_cache(maxsize=4096)
def _as_json(touched: Touched) -> str:
    """Return an entry as JSON; one object of a series has the same ones as the next."""
    return json.dumps(touched._asdict(), ensure_ascii=False)
