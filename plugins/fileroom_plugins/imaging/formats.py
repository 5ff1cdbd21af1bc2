"""The formats that pictures are written in: one table, for the parser and the writer."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Format:
    """One format.

    Attributes:
        name: as in ``fileFormat=``.
        media_type: of the bytes.
        suffix: of files, with its dot.
        modes: what pixels it can hold, as Pillow names them. What is none of these is converted to the first
            that loses nothing, or to the last.
        pillow: the name of Pillow's writer; empty where there is another.
        compressions: value of ``compressionFormat`` to what Pillow's writer calls it, the default first.
        quality: whether there is a ``compressionQuality`` whatever the compression.
        moving: whether it can hold frames that follow each other in time, or pages.
        aliases: other names.
    """

    name: str
    media_type: str
    suffix: str
    modes: tuple[str, ...]
    pillow: str = ""
    compressions: Mapping[str, str | None] = field(default_factory=dict)
    quality: bool = False
    moving: bool = False
    aliases: tuple[str, ...] = ()


_TIFF = MappingProxyType(
    {
        "NONE": None,
        "RAW": None,
        "LZW": "tiff_lzw",
        "DEFLATE": "tiff_adobe_deflate",
        "PACKBITS": "packbits",
        "JPEG": "jpeg",
        "FAX3": "group3",
        "FAX4": "group4",
        "HUFFMAN3": "tiff_ccitt",
    }
)
_PLAIN = MappingProxyType({"NONE": None, "RAW": None})

_LISTED = (
    Format(
        "JFIF",
        "image/jpeg",
        ".jpg",
        ("L", "CMYK", "RGB"),
        "JPEG",
        {"JPEG": None},
        quality=True,
        aliases=("jpeg", "jpg", "exif"),
    ),
    Format(
        "PNGF",
        "image/png",
        ".png",
        ("1", "L", "I;16", "LA", "P", "RGB", "RGBA"),
        "PNG",
        {"DEFLATE": None},
        moving=True,
        aliases=("png", "apng"),
    ),
    Format(
        "TIFF",
        "image/tiff",
        ".tif",
        ("1", "L", "I;16", "LA", "P", "CMYK", "RGB", "RGBA"),
        "TIFF",
        _TIFF,
        moving=True,
        aliases=("tif",),
    ),
    Format("BMPF", "image/bmp", ".bmp", ("1", "L", "P", "RGB"), "BMP", _PLAIN, aliases=("bmp",)),
    Format(
        "GIFF",
        "image/gif",
        ".gif",
        ("L", "P"),
        "GIF",
        {"GIFLZW": None, "LZW": None},
        moving=True,
        aliases=("gif",),
    ),
    Format("PCXF", "image/x-pcx", ".pcx", ("1", "L", "P", "RGB"), "PCX", {"RLE": None}, aliases=("pcx",)),
    Format("PBMF", "image/x-portable-bitmap", ".pbm", ("1",), "PPM", _PLAIN, aliases=("pbm",)),
    Format("PGMF", "image/x-portable-graymap", ".pgm", ("I;16", "L"), "PPM", _PLAIN, aliases=("pgm",)),
    Format("PPMF", "image/x-portable-pixmap", ".ppm", ("RGB",), "PPM", _PLAIN, aliases=("ppm",)),
    Format(
        "PNMF",
        "image/x-portable-anymap",
        ".pnm",
        ("1", "L", "I;16", "RGB"),
        "PPM",
        _PLAIN,
        aliases=("pnm",),
    ),
    Format(
        "TGAF",
        "image/x-tga",
        ".tga",
        ("1", "L", "LA", "P", "RGB", "RGBA"),
        "TGA",
        {"NONE": None, "RAW": None, "TARGARLE": "tga_rle", "RLE": "tga_rle"},
        aliases=("tga",),
    ),
    Format("SGIF", "image/x-sgi", ".sgi", ("L", "RGB", "RGBA"), "SGI", _PLAIN, aliases=("sgi",)),
    Format("RASF", "image/x-sun-raster", ".ras", ("L", "RGB"), "", _PLAIN, aliases=("ras",)),
    Format("WBMP", "image/vnd.wap.wbmp", ".wbmp", ("1",), "", _PLAIN),
    Format("RPIX", "application/octet-stream", ".rpix", ("L", "RGB"), "", _PLAIN),
    Format("WEBP", "image/webp", ".webp", ("RGBA", "RGB"), "WEBP", {"JPEG": None}, quality=True, moving=True),
    Format(
        "JP2",
        "image/jp2",
        ".jp2",
        ("L", "I;16", "LA", "RGB", "RGBA"),
        "JPEG2000",
        {"JPEG2000": None},
        quality=True,
        aliases=("jpeg2000", "jpeg-2000", "j2k", "jp2f"),
    ),
    Format("AVIF", "image/avif", ".avif", ("RGBA", "RGB"), "AVIF", {}, quality=True),
    Format(
        "MP4",
        "video/mp4",
        ".mp4",
        ("RGB",),
        "",
        {"MPEG": None},
        quality=True,
        moving=True,
        aliases=("mpeg4",),
    ),
    Format(
        "DICM",
        "application/dicom",
        ".dcm",
        ("L", "I;16", "RGB"),
        "",
        {
            "NONE": "explicit",
            "RAW": "explicit",
            "DEFLATE": "deflated",
            "RLE": "rle",
            "JPEG": "jpeg",
            "JPEG-LOSSLESS": "jpeg-lossless",
            "JPEG-LS": "jpeg-ls",
            "JPEG2000": "jpeg-2000",
            "HTJ2K": "htj2k",
        },
        quality=True,
        moving=True,
        aliases=("dicom", "dcm"),
    ),
)

FORMATS = {one.name: one for one in _LISTED}
"""Name to format."""

WITHOUT_WRITER = ("CALS", "FPIX", "PICT")
"""Formats that Oracle Multimedia knew, and that nothing here can write."""

FORMAT_NAMES = MappingProxyType(
    {
        **{name.casefold(): name for name in (*FORMATS, *WITHOUT_WRITER)},
        **{alias: one.name for one in _LISTED for alias in one.aliases},
    }
)
"""Case-folded name or alias to name."""


def has_quality(form: Format, compression: str | None) -> bool:
    """Say whether ``compressionQuality`` means something for a format and a ``compressionFormat``."""
    if form.name == "DICM":
        return compression in {"JPEG", "JPEG2000"}
    return form.quality or compression == "JPEG"
