"""UIDs for objects that are made of others: the same each time they are made of the same."""

from __future__ import annotations

import re
import uuid

from fileroom.plugin import InvalidValueError

_NAMESPACE = uuid.UUID("b6b2b9c4-5f0b-5c8e-9d5b-0d5a3c1f7e42")
_ROOT = re.compile(r"(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*))+", re.ASCII)
_LONGEST = 64
_LONGEST_ROOT = 54


def derived_uid(*parts: str, root: str = "") -> str:
    """Return a UID that is a digest of some texts: the same texts give the same UID, anywhere, always.

    Args:
        *parts: what it is made of, for example a UID and what was done to its object.
        root: one's own prefix, to which digits are appended; without one, a UUID beneath ``2.25`` (PS3.5
            section B.2).

    Raises:
        InvalidValueError: the root is no UID, or leaves no room for digits.
    """
    check_root(root)
    number = uuid.uuid5(_NAMESPACE, "\0".join(parts)).int
    if not root:
        return f"2.25.{number}"
    return f"{root}.{number}"[:_LONGEST].rstrip(".")


def check_root(root: str) -> None:
    """Refuse what cannot be the prefix of UIDs.

    Raises:
        InvalidValueError: it is no UID (PS3.5 section 9.1), or has more than 54 characters.
    """
    if root and (len(root) > _LONGEST_ROOT or not _ROOT.fullmatch(root)):
        raise InvalidValueError("uid_root: expected numbers joined by dots, 54 characters at most")
