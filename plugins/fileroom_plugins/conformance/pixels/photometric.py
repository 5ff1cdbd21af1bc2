"""Which photometric interpretations colour may have, by transfer syntax (PS3.5 section 8.2)."""

from __future__ import annotations

_LOSSLESS = frozenset({"RGB", "YBR_FULL"})
_JPEG = frozenset({"RGB", "YBR_FULL_422"})
_JPEG_2000_LOSSLESS = frozenset({"RGB", "YBR_FULL", "YBR_RCT"})
_JPEG_2000 = _JPEG_2000_LOSSLESS | {"YBR_ICT"}

COLOUR = {
    "1.2.840.10008.1.2.5": _LOSSLESS,  # RLE
    "1.2.840.10008.1.2.4.50": _JPEG,
    "1.2.840.10008.1.2.4.51": _JPEG,
    "1.2.840.10008.1.2.4.57": _LOSSLESS,
    "1.2.840.10008.1.2.4.70": _LOSSLESS,
    "1.2.840.10008.1.2.4.80": _LOSSLESS,  # JPEG-LS
    "1.2.840.10008.1.2.4.81": _LOSSLESS,
    "1.2.840.10008.1.2.4.90": _JPEG_2000_LOSSLESS,
    "1.2.840.10008.1.2.4.91": _JPEG_2000,
    "1.2.840.10008.1.2.4.201": _JPEG_2000_LOSSLESS,  # high-throughput JPEG 2000
    "1.2.840.10008.1.2.4.202": _JPEG_2000_LOSSLESS,
    "1.2.840.10008.1.2.4.203": _JPEG_2000,
}
"""Transfer syntax UID to the interpretations of three samples per pixel; what is not here is not checked."""
