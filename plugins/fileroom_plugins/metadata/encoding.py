"""From what a document says of a value to bytes (PS3.5 section 6.2)."""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING

from fileroom_plugins.standard.vrs import NUMBER_CODES, PROSE_VRS, TEXT_VRS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fileroom.plugin import CharacterSet
    from fileroom_plugins.metadata.model import Said

_HEX = re.compile(r"[0-9A-Fa-f]{8}")
_LONGEST_DS = 16


def encode(vr: str, values: Sequence[Said], charset: CharacterSet, *, little_endian: bool) -> bytes:
    """Return values as bytes, padded to an even length.

    Args:
        vr: any but SQ and those of bytes.
        values: the values; None for one that is empty.
        charset: by which text is encoded.
        little_endian: the order of bytes.

    Raises:
        ValueError: a value is not what the VR demands, or cannot be encoded; the message repeats no value.
    """
    if vr in NUMBER_CODES:
        return _numbers(vr, values, "<" if little_endian else ">")
    if vr == "AT":
        return b"".join(_tag(value, "<" if little_endian else ">") for value in values)
    texts = [_text(vr, value) for value in values]
    if vr in PROSE_VRS and len(texts) > 1:
        raise ValueError(f"a {vr} has only one value")
    if vr not in PROSE_VRS and any("\\" in text for text in texts):
        raise ValueError("a value holds a backslash, which separates values")
    _validate(vr, texts)
    joined = "\\".join(texts)
    try:
        if vr not in TEXT_VRS:
            encoded = joined.encode("ascii")
        else:
            encoded = charset.encode(joined, person_name=vr == "PN")
    except UnicodeEncodeError as error:
        where = "Specific Character Set (0008,0005)" if vr in TEXT_VRS else f"VR {vr}"
        raise ValueError(f"a character is not among those that {where} allows") from error
    return encoded + (b"\0" if vr == "UI" else b" ") * (len(encoded) % 2)


def _text(vr: str, value: Said) -> str:
    if value is None:
        return ""
    if isinstance(value, tuple):
        return "=".join(value).rstrip("=")
    if isinstance(value, str):
        return value
    if vr == "IS" and value == int(value):
        return str(int(value))
    if vr == "DS":
        return _decimal(value)
    raise ValueError(f"a number is no value of VR {vr}")


def _decimal(number: float) -> str:
    """Return a number in the 16 characters of a DS, with as many digits as they hold."""
    text = str(number) if isinstance(number, int) else repr(number)
    text = text.removesuffix(".0")
    for digits in range(16, 0, -1):
        if len(text) <= _LONGEST_DS:
            return text
        text = f"{number:.{digits}g}"
    raise ValueError("a number does not fit into a DS")


def _validate(vr: str, texts: Sequence[str]) -> None:
    from pydicom import config  # noqa: PLC0415 - pydicom is slow to import
    from pydicom.valuerep import validate_value  # noqa: PLC0415 - as above

    for text in texts:
        try:
            validate_value(vr, text, config.RAISE)
        except (ValueError, TypeError):
            raise ValueError(f"a value is not as PS3.5 section 6.2 has those of VR {vr}") from None


def _numbers(vr: str, values: Sequence[Said], order: str) -> bytes:
    code = NUMBER_CODES[vr]
    try:
        found = [(float(value) if code in "fd" else _whole(value)) for value in values]  # type: ignore[arg-type]
        return struct.pack(f"{order}{len(found)}{code}", *found)
    except (TypeError, ValueError, OverflowError, struct.error):
        raise ValueError(f"a value is no number that a {vr} can hold") from None


def _whole(value: Said) -> int:
    if isinstance(value, float) and not value.is_integer():
        raise ValueError
    return int(value)  # type: ignore[arg-type] # what is no number raises


def _tag(value: Said, order: str) -> bytes:
    if not isinstance(value, str) or not _HEX.fullmatch(value):
        raise ValueError("a value is no tag of eight hexadecimal digits")
    return struct.pack(f"{order}HH", int(value[:4], 16), int(value[4:], 16))
