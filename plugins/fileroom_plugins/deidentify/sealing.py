"""Sealing what a mapping store holds, so that its tables alone tell nothing."""

from __future__ import annotations

import hmac
import json
import os
from typing import NamedTuple

from fileroom.plugin import IntegrityError, MissingDependencyError

_NONCE = 12  # bytes, as AES-GCM has them
_STEP = 64  # lengths of sealed rows are multiples of this, so that they say little about what is in them


class Pair(NamedTuple):
    """What was given for what.

    Attributes:
        kind: ``uid``, ``days``, or a kind of texts.
        old: what stands for it in original objects; of a patient's ``id`` and ``days``, the Patient ID with
            its issuer, or what stands for the patient where there is none.
        given: the UID, the text, or the number of days.
    """

    kind: str
    old: str
    given: str


class Seal:
    """Hides pairs, and finds them again, by a key.

    Pairs are found by keyed digests (HMAC-SHA-256) and held encrypted (AES-256-GCM), each with a key of its
    own, derived from the one.

    Args:
        key: the key; at least 16 bytes.

    Raises:
        MissingDependencyError: the package cryptography is not installed.
    """

    def __init__(self, key: bytes) -> None:
        try:
            from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - in an extra
        except ImportError as error:
            raise MissingDependencyError(
                "mapping stores need cryptography: pip install 'fileroom[deidentify]'",
                "deidentify",
                "fileroom",
            ) from error
        self._digests = _derived(key, "digests")
        self._cipher = AESGCM(_derived(key, "rows"))

    @property
    def mark(self) -> bytes:
        """What tells this key from others, and nothing about it."""
        return self._digest("mark", "", "")

    def old(self, kind: str, old: str) -> bytes:
        """Return the digest by which what was given for something is found."""
        return self._digest("old", kind, old)

    def given(self, kind: str, given: str) -> bytes:
        """Return the digest by which it is found whom something was given for."""
        return self._digest("given", kind, given)

    def close(self, pair: Pair) -> bytes:
        """Encrypt a pair."""
        plain = json.dumps(pair, ensure_ascii=True).encode("ascii")
        padded = plain.ljust(-(-len(plain) // _STEP) * _STEP)
        nonce = os.urandom(_NONCE)
        return nonce + self._cipher.encrypt(nonce, padded, None)

    def open(self, sealed: bytes) -> Pair:
        """Decrypt a pair.

        Raises:
            IntegrityError: it was sealed with another key, or changed since.
        """
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415

        try:
            plain = self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], None)
        except (InvalidTag, ValueError) as error:
            raise IntegrityError(
                "a row of the mapping store cannot be opened with this key, or was damaged"
            ) from error
        return Pair(*json.loads(plain))

    def _digest(self, purpose: str, kind: str, text: str) -> bytes:
        return hmac.digest(
            self._digests, f"{purpose}\0{kind}\0{text}".encode("utf-8", "surrogatepass"), "sha256"
        )


def _derived(key: bytes, purpose: str) -> bytes:
    return hmac.digest(key, f"fileroom mapping store: {purpose}".encode(), "sha256")
