"""Bits of pixels that are none of the image's own, where overlays used to lie, and where anything may."""

from __future__ import annotations

import functools
import io
from typing import NamedTuple

from fileroom_plugins.deidentify.pixels.packages import missing

_WHOLE = {8, 16, 32, 64}
_BLOCK = 1 << 20


class Bits(NamedTuple):
    """How a number lies in its bytes (PS3.5 section 8.1.1).

    Attributes:
        allocated: bits of a number.
        stored: bits that are the image's own.
        high: the highest of them.
        signed: whether the image's own are a two's complement.
    """

    allocated: int
    stored: int
    high: int
    signed: bool = False

    @property
    def own(self) -> int:
        """The bits that are the image's own, as a mask; all of them where what is said makes no sense."""
        everything = (1 << self.allocated) - 1
        if self.allocated not in _WHOLE or not 0 < self.stored < self.allocated:
            return everything
        return (1 << self.stored) - 1 << self.lowest

    @property
    def lowest(self) -> int:
        """The lowest bit that is the image's own."""
        low = self.high + 1 - self.stored
        return low if 0 <= low <= self.allocated - self.stored else 0


def cleared(data: bytes | memoryview, bits: Bits, order: str, padding: int | None = None) -> bytes | None:
    """Return pixels without what stands in their unused bits.

    Signed numbers that are extended over the bits above stay so. Where some are, and others are not, all are
    extended, since a picture could be told from which ones are.

    Args:
        data: pixels that are not compressed.
        bits: how they lie.
        order: of their bytes, as `struct` has it.
        padding: a number that stands for no pixel at all, which may lie outside of what is stored.

    Returns:
        None if there is nothing to clear.

    Raises:
        MissingDependencyError: numpy is not installed.
    """
    unused = (1 << bits.allocated) - 1 ^ bits.own
    if not unused:
        return None
    width = bits.allocated // 8
    view = memoryview(data)
    whole = len(view) // width * width
    made: io.BytesIO | None = None
    for start in range(0, whole, _BLOCK):
        block = bytes(view[start : min(whole, start + _BLOCK)])
        if not _is_any_set(block, unused, width, order):
            continue
        new = _cleared(block, bits, order, padding)
        if new != block:
            made = made or io.BytesIO(data)
            made.seek(start)
            made.write(new)
    return None if made is None else made.getvalue()


def _cleared(block: bytes, bits: Bits, order: str, padding: int | None) -> bytes:
    try:
        import numpy as np  # noqa: PLC0415 - slow to import, and most images need it not
    except ImportError as error:
        raise missing(error) from error
    width = bits.allocated // 8
    numbers = np.frombuffer(block, f"{order}u{width}").astype(f"u{width}")
    made = numbers & numbers.dtype.type(bits.own)
    if bits.signed:
        above = bits.allocated - bits.stored - bits.lowest
        made = ((made << above).view(f"i{width}") >> above).view(made.dtype)
    if padding is not None:
        made[numbers == padding] = padding
    return bytes(made.astype(f"{order}u{width}").tobytes())


def _is_any_set(data: bytes, mask: int, width: int, order: str) -> bool:
    """Say whether any number has a bit of a mask, byte after byte of the numbers."""
    for byte in range(width):
        of_byte = mask >> 8 * byte & 0xFF
        place = byte if order == "<" else width - 1 - byte
        if of_byte and data[place::width].translate(None, _bytes_without(of_byte)):
            return True
    return False


@functools.cache
def _bytes_without(mask: int) -> bytes:
    return bytes(byte for byte in range(256) if not byte & mask)
