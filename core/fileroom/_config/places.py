"""What tells one storage's place from another's, as far as options tell it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from fileroom.secret import Secret


def place_of(value: object) -> object:
    """Return the property ``place`` of an option's value, or of options; else all that they are but secrets.

    What is returned is made of tuples, texts, numbers and paths.
    """
    if isinstance(getattr(type(value), "place", None), property):
        return place_of(value.place)  # type: ignore[attr-defined]  # just looked at
    if isinstance(value, Secret):
        return None
    if dataclasses.is_dataclass(value):
        return tuple(
            (field.name, place_of(getattr(value, field.name))) for field in dataclasses.fields(value)
        )
    if isinstance(value, Mapping):
        return tuple(sorted((key, place_of(one)) for key, one in value.items()))
    return tuple(map(place_of, value)) if isinstance(value, tuple) else value
