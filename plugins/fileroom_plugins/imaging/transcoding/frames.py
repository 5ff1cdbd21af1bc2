"""The pixels of an image one after the other: as bytes that are not compressed, and where they end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fileroom_plugins.imaging.fragments import first_item, items
from fileroom_plugins.imaging.transcoding.writing import CHUNK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fileroom_plugins.imaging.header import Header
    from fileroom_plugins.imaging.layout import Layout

_DELIMITER = 8


def native_length(layout: Layout) -> int:
    """Return how many bytes all frames take that are not compressed; single bits follow on one another."""
    return -(-layout.frame_bits * layout.frames // 8)


def native_bytes(header: Header, layout: Layout) -> Iterator[bytes]:
    """Yield pixels that are not compressed as they are, with the least significant byte of words first."""
    length = native_length(layout)
    word = _word(header.pixels.vr, layout.allocated) if header.dataset.original_encoding[1] is False else 1
    whole = length + length % min(word, 2)
    for start in range(0, whole, CHUNK):
        data = header.read(header.pixels.start + start, min(CHUNK, whole - start))
        if word > 1:
            data = np.frombuffer(data, f"u{word}").byteswap().tobytes()
        yield data[: length - start]


def end_of_pixels(header: Header) -> int:
    """Return where what follows the pixels starts."""
    if header.pixels.length is not None:
        return header.pixels.start + header.pixels.length
    end = first_item(header)
    for at, length in items(header, end, header.size):
        end = at + length
    return min(end + _DELIMITER, header.size)


def _word(vr: str, allocated: int) -> int:
    """Return how many bytes make a word whose order depends on the transfer syntax."""
    return 1 if vr == "OB" else max(2, allocated // 8)
