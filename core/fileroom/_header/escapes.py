"""Text in several character sets at once: ISO 2022 with DICOM's restrictions (PS3.5 section 6.1.2.5)."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from fileroom._header.sets import (
    ASCII_ESCAPE,
    G0,
    G1,
    G1_ESCAPES,
    MULTI_BYTE,
    NAME_RESETS,
    ROMAJI_ESCAPE,
    TEXT_RESETS,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class _Set(NamedTuple):
    """A set beside ASCII: what puts it in its place, its codec, and whether that place is G0."""

    escape: bytes
    codec: str
    is_g0: bool


_ESCAPE_OF = {codec: escape for escape, codec in G1_ESCAPES.items()}
_SETS = {
    **{name: _Set(_ESCAPE_OF[codec], codec, is_g0=False) for name, codec in G1.items()},
    **{name: _Set(escape, codec, is_g0=True) for name, (escape, codec) in G0.items()},
}


def with_escapes(text: str, names: Sequence[str], *, person_name: bool) -> bytes:
    """Return text in the declared sets, with the escape sequences that this takes.

    A character is written in the set in force if that has it, else in the first one that does. At delimiters
    and at the end, the first set is in force again.

    Args:
        text: anything.
        names: what `fileroom._header.sets.set_names` says.
        person_name: the VR is PN.

    Raises:
        UnicodeEncodeError: no declared set has one of the characters.
    """
    sets = [_SETS[name] for name in names if name in _SETS]
    first = _SETS[names[0]] if names[0] in G1.keys() - MULTI_BYTE else None
    to_ascii = ROMAJI_ESCAPE if names[0] == "13" else ASCII_ESCAPE
    resets = NAME_RESETS if person_name else TEXT_RESETS
    written = bytearray()
    g0: _Set | None = None
    g1 = first
    for at, char in enumerate(text):
        one = None if char.isascii() else _set_with(char, (g0 or g1, *sets))
        if one is None and not char.isascii():
            raise UnicodeEncodeError("iso2022", text, at, at + 1, "no declared character set has it")
        if g0 and one is not g0:
            written += to_ascii
            g0 = None
        if one and one not in (g0, g1):
            written += one.escape
            g0, g1 = (one, g1) if one.is_g0 else (g0, one)
        written += _encoded(one, char) if one else char.encode("ascii")
        if char in resets:
            g1 = first
    if g0:
        written += to_ascii
    return bytes(written)


def _set_with(char: str, sets: Iterable[_Set | None]) -> _Set | None:
    return next((one for one in sets if one and _encoded(one, char)), None)


@lru_cache(maxsize=4096)
def _encoded(one: _Set, char: str) -> bytes:
    """Return a character's bytes in a set, none if it is not in there."""
    try:
        encoded = char.encode(one.codec)
    except UnicodeEncodeError:
        return b""
    if one.is_g0:  # these codecs bring escape sequences along
        return (
            encoded.removesuffix(ASCII_ESCAPE)[len(one.escape) :] if encoded.startswith(one.escape) else b""
        )
    if one.codec == "shift_jis" and len(encoded) > 1:  # a kanji: not in JIS X 0201
        return b""
    return b"" if encoded.isascii() else encoded
