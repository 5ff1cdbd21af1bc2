"""Rectangles of pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

_NUMBERS = 4
_LARGEST = 1 << 32


@dataclass(frozen=True, slots=True)
class Rectangle:
    """A rectangle of pixels; it may reach beyond the image.

    Attributes:
        x: of its left column, from 0.
        y: of its upper row, from 0.
        width: in pixels.
        height: in pixels.
    """

    x: int
    y: int
    width: int
    height: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``x y width height``.

        Raises:
            ValueError: it is not these four numbers, or the rectangle has no pixel.
        """
        words = text.replace(",", " ").split()
        if len(words) != _NUMBERS or not all(word.isascii() and word.isdigit() for word in words):
            raise ValueError("expected 'x y width height', four whole numbers of pixels")
        x, y, width, height = (min(int(word[:11]), _LARGEST) for word in words)
        if not width or not height:
            raise ValueError("a rectangle without width or height covers nothing")
        return cls(x, y, width, height)

    @property
    def rows(self) -> slice:
        """Its rows."""
        return slice(self.y, self.y + self.height)

    @property
    def columns(self) -> slice:
        """Its columns."""
        return slice(self.x, self.x + self.width)
