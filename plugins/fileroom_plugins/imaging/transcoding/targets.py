"""The transfer syntaxes that objects are transcoded to: one table."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from fileroom.plugin import InvalidValueError


@dataclass(frozen=True, slots=True)
class Target:
    """A transfer syntax that can be written.

    Attributes:
        name: what people type.
        uid: of the transfer syntax.
        title: as in PS3.6 annex A, shortened.
        encapsulated: whether frames are compressed each by itself (PS3.5 section A.4).
        lossy: empty where pixels stay what they are; else the value of Lossy Image Compression Method
            (PS3.3 section C.7.6.1.1.5.1).
        stored: least and most of Bits Stored that it can hold.
        aliases: other names.
        package: what has to be installed beside the extra ``imaging``.
    """

    name: str
    uid: str
    title: str
    encapsulated: bool = True
    lossy: str = ""
    stored: tuple[int, int] = (1, 64)
    aliases: tuple[str, ...] = ()
    package: str = ""


_LISTED = (
    Target(
        "explicit",
        "1.2.840.10008.1.2.1",
        "Explicit VR Little Endian",
        encapsulated=False,
        aliases=("explicit-le", "explicit-little", "raw", "native"),
    ),
    Target(
        "implicit",
        "1.2.840.10008.1.2",
        "Implicit VR Little Endian",
        encapsulated=False,
        aliases=("implicit-le",),
    ),
    Target(
        "deflated", "1.2.840.10008.1.2.1.99", "Deflated Explicit VR", encapsulated=False, aliases=("deflate",)
    ),
    Target("rle", "1.2.840.10008.1.2.5", "RLE Lossless", stored=(1, 16), aliases=("rle-lossless",)),
    Target(
        "jpeg-ls",
        "1.2.840.10008.1.2.4.80",
        "JPEG-LS Lossless",
        stored=(2, 16),
        aliases=("jpegls", "jls", "jpeg-ls-lossless"),
        package="pyjpegls",
    ),
    Target(
        "jpeg-ls-near",
        "1.2.840.10008.1.2.4.81",
        "JPEG-LS Near-Lossless",
        lossy="ISO_14495_1",
        stored=(2, 16),
        aliases=("jpeg-ls-lossy", "jpeg-ls-near-lossless"),
        package="pyjpegls",
    ),
    Target(
        "jpeg-2000",
        "1.2.840.10008.1.2.4.90",
        "JPEG 2000, lossless only",
        stored=(2, 24),
        aliases=("jpeg2000", "j2k", "jpeg-2000-lossless"),
        package="pylibjpeg-openjpeg",
    ),
    Target(
        "jpeg-2000-lossy",
        "1.2.840.10008.1.2.4.91",
        "JPEG 2000",
        lossy="ISO_15444_1",
        stored=(2, 16),
        aliases=("jpeg2000-lossy", "j2k-lossy"),
        package="pylibjpeg-openjpeg",
    ),
    Target(
        "htj2k",
        "1.2.840.10008.1.2.4.201",
        "High-Throughput JPEG 2000, lossless only",
        stored=(2, 16),
        aliases=("htj2k-lossless",),
        package="imagecodecs",
    ),
    Target(
        "jpeg-lossless",
        "1.2.840.10008.1.2.4.70",
        "JPEG Lossless, SV1",
        stored=(2, 16),
        aliases=("jpeg-lossless-sv1", "jpeg-sv1"),
        package="imagecodecs",
    ),
    Target(
        "jpeg",
        "1.2.840.10008.1.2.4.50",
        "JPEG Baseline",
        lossy="ISO_10918_1",
        stored=(8, 8),
        aliases=("jpeg-baseline", "jpg"),
        package="pillow",
    ),
    Target(
        "jpeg-12",
        "1.2.840.10008.1.2.4.51",
        "JPEG Extended, 12 bits",
        lossy="ISO_10918_1",
        stored=(9, 12),
        aliases=("jpeg-extended",),
        package="imagecodecs",
    ),
)

TARGETS = {one.name: one for one in _LISTED}
"""Name to target."""

_BY_ANY_NAME = {
    **{one.name: one for one in _LISTED},
    **{one.uid: one for one in _LISTED},
    **{alias: one for one in _LISTED for alias in one.aliases},
}


def target(text: str) -> Target:
    """Return the target meant by a name, in any case, or by a transfer syntax UID.

    Raises:
        InvalidValueError: there is none; lists those there are.
    """
    typed = text.strip().casefold().replace("_", "-").replace(" ", "-")
    if found := _BY_ANY_NAME.get(typed):
        return found
    close = difflib.get_close_matches(typed, _BY_ANY_NAME, n=1)
    hint = f" (did you mean {close[0]}?)" if close else ""
    known = ", ".join(TARGETS)
    raise InvalidValueError(
        f"cannot write the transfer syntax {text[:64]!r}{hint}: known are {known}, and their UIDs"
    )


def syntax_uid(text: str) -> str:
    """Return the UID of a transfer syntax that objects may come in: any UID, or the name of a target.

    Raises:
        InvalidValueError: it is neither.
    """
    plain = text.strip()
    if plain.replace(".", "").isdigit():
        return plain
    return target(plain).uid
