"""Pseudonyms that a key makes: nothing is stored, and whoever has the key gets the same ones again."""

from __future__ import annotations

import base64
import hmac
import re
import secrets
from typing import TYPE_CHECKING, NamedTuple

from fileroom.plugin import InvalidValueError
from fileroom_plugins.deidentify.pseudonyms import Pseudonyms, one_name

if TYPE_CHECKING:
    from fileroom_plugins.deidentify.pseudonyms import Kind

SHORTEST_KEY = 16
"""How many bytes a key must have: as many as one needs to be beyond guessing, were they random."""

UUID_ROOT = "2.25"
"""Under it everyone may make UIDs of numbers of 128 bits (PS3.5 section B.2)."""

STANDARD_ROOT = "1.2.840.10008"
"""What the standard's own UIDs begin with, and nobody else's may (PS3.5 section 9.1)."""

FARTHEST = 36_525
"""By so many days, a hundred years, dates are moved at most: beyond, some would leave the calendar."""

_LONGEST_ROOT = 40
_LONGEST_UID = 64
_UID = re.compile(r"(?:[01]\.(?:[0-9]|[1-3][0-9])|2\.(?:0|[1-9][0-9]*))(?:\.(?:0|[1-9][0-9]*))*")
_UUID_BYTES = 16
_TEXT_BYTES = 10


def is_uid(text: str) -> bool:
    """Say whether a text is a valid UID (PS3.5 section 9.1) that somebody may give an object."""
    return len(text) <= _LONGEST_UID and bool(_UID.fullmatch(text)) and not is_standards(text)


def is_standards(uid: str) -> bool:
    """Say whether a UID, or a root of some, is the standard's."""
    return f"{uid}.".startswith(f"{STANDARD_ROOT}.")


class Days(NamedTuple):
    """By how many days dates are moved.

    Attributes:
        least: the smallest number; negative ones move into the past.
        most: the largest.
    """

    least: int = -3650
    most: int = -1


class KeyedPseudonyms(Pseudonyms):
    """Pseudonyms by HMAC-SHA-256 of what they stand for; nobody without the key can tell which is whose.

    Attributes:
        consistent: False for a key that was made up, which nobody has afterwards.
    """

    def __init__(
        self, key: bytes | None = None, *, uid_root: str = UUID_ROOT, days: Days | None = None
    ) -> None:
        """Take a key, or make one up.

        Args:
            key: at least `SHORTEST_KEY` bytes; whoever has it can find out who a known person became.
            uid_root: what new UIDs begin with; at most 40 characters, so that there is room for 79 bits.
            days: the range of date shifts, `FARTHEST` to either side; -3650 to -1 unless given.

        Raises:
            InvalidValueError: the key is too short or can be guessed, the root is none or the standard's, or
                the range reaches too far, or has no day but 0, or one besides.
        """
        days = days or Days()
        if key is not None and len(key) < SHORTEST_KEY:
            raise InvalidValueError(f"the key is too short: it must have {SHORTEST_KEY} bytes at least")
        if key is not None and (not key.strip() or len(set(key)) == 1):
            raise InvalidValueError("the key is one byte over and over, or blank: anybody could guess it")
        if len(uid_root) > _LONGEST_ROOT or not _UID.fullmatch(uid_root):
            raise InvalidValueError("no UID root: digits and dots, at most 40, such as 1.2.826.0.1")
        if is_standards(uid_root):
            raise InvalidValueError(
                f"no UID root of yours: what begins with {STANDARD_ROOT} is the standard's"
            )
        _check(days)
        self.consistent = key is not None
        self._key = key or secrets.token_bytes(32)
        self._root = uid_root
        self._days = days

    def uid(self, old: str) -> str:
        """Return the UID that takes the place of another."""
        digest = self._digest("uid", old)
        if self._root == UUID_ROOT:
            return f"{UUID_ROOT}.{int.from_bytes(digest[:_UUID_BYTES])}"
        room = _LONGEST_UID - len(self._root) - 1
        # The first digit is never 0, which UIDs do not allow.
        return f"{self._root}.1{int.from_bytes(digest):078d}"[: room + len(self._root) + 1]

    def text(self, kind: Kind, old: str) -> str:
        """Return 16 letters and digits of base 32: 80 bits, so that no two people share them."""
        old = one_name(old) if kind == "name" else old
        return base64.b32encode(self._digest(kind, old)[:_TEXT_BYTES]).decode("ascii")

    def days(self, patient: str) -> int:
        """Return the patient's number of days within the range."""
        least, most = self._days
        numbers = most - least + 1 - (least <= 0 <= most)
        number = least + int.from_bytes(self._digest("days", patient)) % numbers
        # Where 0 lies within the range, it is left out.
        return number + 1 if least <= 0 <= number else number

    def _digest(self, kind: str, old: str) -> bytes:
        return hmac.digest(self._key, f"{kind}\0{old}".encode(), "sha256")


def _check(days: Days) -> None:
    if days.least > days.most or days.least == days.most == 0:
        raise InvalidValueError("no range of days: the smaller number comes first, and both are not 0")
    if days.least < -FARTHEST or days.most > FARTHEST:
        raise InvalidValueError(
            f"no range of days: dates are moved by {FARTHEST} days at most, a hundred years"
        )
    if days in {Days(-1, 0), Days(0, 1)}:
        raise InvalidValueError(
            "no range of days: 0 is left out, and everybody's dates would be moved by the one that remains"
        )
