"""What takes the place of identifiers."""

from __future__ import annotations

import abc
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["id", "name", "accession", "text"]
"""What a text is: a patient's ID, a person's name, a number of an order, or another identifier."""


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
        set. Different kinds need not have different ones; an empty text gets one as well.
        """

    @abc.abstractmethod
    def days(self, patient: str) -> int:
        """Return the number of days by which a patient's dates are moved; never 0 unless it was asked for.

        Args:
            patient: what tells the patient from others: the Patient ID as it was.
        """

    def close(self) -> None:  # noqa: B027 - most hold nothing
        """Release what is held. May be called twice."""
