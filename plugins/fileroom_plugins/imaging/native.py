"""Frames that are not compressed: bytes to numbers (PS3.5 sections 8.1.1 and 8.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from pydicom import DataElement

    from fileroom_plugins.imaging.layout import Layout

Pixels: TypeAlias = "np.ndarray[Any, np.dtype[Any]]"
"""Rows by columns, or rows by columns by three colours."""


def stored_type(layout: Layout, order: str = "<") -> np.dtype[Any]:
    """Return the type of a stored value, in the byte order ``<`` or ``>``."""
    if layout.floating:
        return np.dtype(f"{order}f{layout.allocated // 8}")
    kind = "i" if layout.signed else "u"
    return np.dtype(f"{order}{kind}{max(1, layout.allocated // 8)}")


def native_frame(data: bytes, layout: Layout, *, first_bit: int = 0, order: str = "<") -> Pixels:
    """Return the stored values of a frame.

    Args:
        data: the frame's bytes, from that with its first bit to that with its last.
        layout: how samples lie in them.
        first_bit: which bit of the first byte is the frame's first, for frames of single bits.
        order: the byte order, ``<`` or ``>``.

    Returns:
        Rows by columns, or rows by columns by three samples; of `stored_type`, in the machine's byte order.
        Bits above those stored are replaced by zeros, or by the sign; those below them are dropped.
    """
    if layout.allocated == 1:
        count = layout.rows * layout.columns * layout.samples
        bits = np.unpackbits(np.frombuffer(data, np.uint8), bitorder="little")
        return _arranged(bits[first_bit : first_bit + count], layout)
    values = np.frombuffer(data, stored_type(layout, order))
    if not values.dtype.isnative:
        values = values.astype(values.dtype.newbyteorder("="))
    if layout.photometric in {"YBR_FULL_422", "YBR_PARTIAL_422"}:
        values = _full_chroma(values)
    return _arranged(without_unused_bits(values, layout), layout)


def without_unused_bits(values: Pixels, layout: Layout) -> Pixels:
    """Return the stored bits alone, lowest first, below zeros or the sign (PS3.5 section 8.1.1)."""
    unused = layout.allocated - layout.stored
    if not unused or layout.floating:
        return values
    shifted = values << unused - layout.lowest_bit
    shifted >>= unused
    return shifted


def swapped_bytes(data: bytes) -> bytes:
    """Return bytes of big-endian words, each pair in its order (8-bit samples in an ``OW`` element)."""
    return np.frombuffer(data, np.uint16).byteswap().tobytes()


def value_bytes(element: DataElement, *, little: bool) -> bytes:
    """Return the bytes of an element's value in their order, wherever they were stored as words.

    Args:
        element: with a value of bytes, which are single ones or bits, and no 16-bit numbers.
        little: whether words are in little-endian order (PS3.5 section 7.3).
    """
    value: bytes = element.value
    return value if little or element.VR != "OW" else swapped_bytes(value[: len(value) // 2 * 2])


def _full_chroma(values: Pixels) -> Pixels:
    """Repeat the colours that two pixels share: Y Y B R to Y B R Y B R (PS3.3 section C.7.6.3.1.2)."""
    pairs = values.reshape(-1, 4)
    return pairs[:, [0, 2, 3, 1, 2, 3]].reshape(-1)


def _arranged(values: Pixels, layout: Layout) -> Pixels:
    if layout.samples == 1:
        return values.reshape(layout.rows, layout.columns)
    if layout.planar and layout.photometric not in {"YBR_FULL_422", "YBR_PARTIAL_422"}:
        return values.reshape(layout.samples, layout.rows, layout.columns).transpose(1, 2, 0)
    return values.reshape(layout.rows, layout.columns, layout.samples)
