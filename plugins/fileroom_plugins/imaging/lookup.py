"""Lookup tables: Modality, VOI and Presentation LUTs (PS3.3 sections C.11.1.1, C.11.2.1 and C.11.6.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fileroom.plugin import InvalidDatasetError
from fileroom_plugins.imaging.native import value_bytes

if TYPE_CHECKING:
    from pydicom import Dataset

    from fileroom_plugins.imaging.native import Pixels

_BITS = range(8, 17)
_SIGN = 0x8000


@dataclass(frozen=True, slots=True)
class Table:
    """A lookup table.

    Attributes:
        entries: the values.
        first: the input that has the first of them; lower ones have it too.
        bits: of an entry, 8 to 16: the greatest output is ``2 ** bits - 1``.
    """

    entries: Pixels
    first: int
    bits: int

    def look_up(self, values: Pixels) -> Pixels:
        """Return the entry of each value; what lies outside takes the first or the last."""
        places = np.clip(np.nan_to_num(values) - float(self.first), 0, len(self.entries) - 1)
        return self.entries[np.rint(places).astype(np.int64)]

    def scaled(self, values: Pixels) -> Pixels:
        """Return the entry of each value as a part of the greatest output, 0 to 1."""
        return self.look_up(values) / ((1 << self.bits) - 1)


def read_table(sequence: object, keyword: str, *, little: bool, negative: bool) -> Table:
    """Read the first item of a sequence of lookup tables.

    Args:
        sequence: the sequence's value.
        keyword: its keyword, for messages.
        little: whether bytes are in little-endian order.
        negative: whether inputs can be negative: the descriptor's second value is signed then.

    Raises:
        InvalidDatasetError: there is no item, or descriptor and data do not fit.
    """
    item = first_item(sequence, keyword)
    descriptor = _numbers(item.get("LUTDescriptor"), little=little)
    if len(descriptor) != 3 or descriptor[2] not in _BITS:  # noqa: PLR2004 - number, first, bits
        raise InvalidDatasetError(f"{keyword}: the descriptor of the lookup table is wrong")
    count = descriptor[0] % (1 << 16) or 1 << 16
    first = descriptor[1]
    if negative and first >= _SIGN:
        first -= 2 * _SIGN
    data = item.get("LUTData")
    if isinstance(data, bytes) and len(data) in {count, count + count % 2} and count > 1:
        entries = np.frombuffer(value_bytes(item["LUTData"], little=little), np.uint8)[:count]
    else:
        entries = np.array(_numbers(data, little=little)[:count], np.int64)
    if len(entries) != count:
        raise InvalidDatasetError(f"{keyword}: the lookup table has fewer entries than its descriptor says")
    if entries.min() < 0 or entries.max() >= 1 << descriptor[2]:
        raise InvalidDatasetError(f"{keyword}: the lookup table has entries of more bits than it says")
    return Table(entries, first, descriptor[2])


def first_item(sequence: object, keyword: str) -> Dataset:
    """Return the first item of a sequence's value.

    Raises:
        InvalidDatasetError: there is none.
    """
    try:
        item: Dataset = sequence[0]  # type: ignore[index]
    except (IndexError, TypeError, KeyError):
        raise InvalidDatasetError(f"{keyword} has no item") from None
    return item


def _numbers(value: object, *, little: bool) -> list[int]:
    """Return 16-bit numbers, which some value representations leave as bytes."""
    if isinstance(value, bytes):
        return [int(one) for one in np.frombuffer(value[: len(value) // 2 * 2], "<u2" if little else ">u2")]
    if value is None:
        return []
    return [int(one) for one in np.atleast_1d(np.asarray(value))]
