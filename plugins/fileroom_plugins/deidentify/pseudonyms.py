"""What takes the place of identifiers."""

from __future__ import annotations

import abc
import unicodedata
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["id", "name", "accession", "text"]
"""What a text is: a patient's ID, a person's name, a number of an order, or another identifier."""


def one_name(name: str) -> str:
    """Return one writing of a person's name for all that tell the same person (PS3.5 section 6.2.1.1).

    Only the first group that is not empty counts, in capitals, since not every device writes the others;
    empty components at its end do not, nor spaces beside components.
    """
    for group in name.split("="):
        parts = [" ".join(part.split()) for part in group.strip("\0").split("^")]
        found = "^".join(parts).rstrip("^")
        if found:
            return unicodedata.normalize("NFKC", found).casefold().upper()
    return ""


class Pseudonyms(abc.ABC):
    """Gives each identifier another one, always the same. Any thread may call any method at any time."""

    consistent: bool = True
    """Whether the same identifiers get the same ones in other runs, on other machines, in other years."""

    @abc.abstractmethod
    def uid(self, old: str) -> str:
        """Return the UID that takes the place of another: valid, at most 64 characters (PS3.5 section 9)."""

    @abc.abstractmethod
    def text(self, kind: Kind, old: str) -> str:
        """Return what takes the place of a name or identifier.

        1 to 16 capital letters and digits, so that it is valid in every VR for text and in every character
        set. Different kinds need not have different ones; an empty text gets one as well. Names that
        `one_name` takes for the same get the same.
        """

    @abc.abstractmethod
    def days(self, patient: str) -> int:
        """Return the number of days by which a patient's dates are moved; never 0 unless it was asked for.

        Args:
            patient: what tells the patient from others: the Patient ID as it was, with its issuer if it has
                one; where there is none, something made of the name and the date of birth, or of the study's
                UID.
        """

    def close(self) -> None:  # noqa: B027 - most hold nothing
        """Release what is held. May be called twice."""
