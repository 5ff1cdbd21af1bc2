"""The table of all operators of a command string."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fileroom_plugins.imaging.colour_maps import COLOUR_MAP_NAMES
from fileroom_plugins.imaging.commands.arguments import Keyword, Number, Text, Whole, keywords
from fileroom_plugins.imaging.formats import FORMAT_NAMES

if TYPE_CHECKING:
    from fileroom_plugins.imaging.commands.arguments import Form


class Applies(enum.Enum):
    """When an operator may be used; the value says so in an error."""

    ALWAYS = "always"
    DICOM = "only where the source is a DICOM image"
    RASTER = "only where the source is no DICOM image but a raster file"
    RAW = "only where the source or the picture is a raw pixel image (RPIX)"
    QUALITY = "only where the compression has a quality: JPEG, JPEG 2000, WEBP, AVIF, MP4"
    COMPRESSION = "only for formats with a choice of compressions"
    TIFF = "only for TIFF"
    MOVING = "only for moving pictures: animated GIF, PNG and WEBP, and MP4"


@dataclass(frozen=True, slots=True)
class Operator:
    """One operator.

    Attributes:
        name: as it is written in the documentation; case plays no part.
        forms: what values it takes: one of these; an empty one is an operator without a value.
        applies: when it may be used.
        summary: what it does, for the documentation.
    """

    name: str
    forms: tuple[Form, ...]
    applies: Applies
    summary: str

    @property
    def takes_values(self) -> bool:
        """Whether there must be an equals sign and something after it."""
        return bool(self.forms[0])


CONTENT_FORMATS = Keyword(
    {
        "monochrome": "MONOCHROME",
        "1bitlut": "MONOCHROME",
        "1bitlutrgb": "MONOCHROME",
        "1bitgrayscale": "MONOCHROME",
        "1bitgreyscale": "MONOCHROME",
        "4bitlut": "4BITLUT",
        "4bitlutrgb": "4BITLUT",
        "8bitlut": "8BITLUT",
        "8bitlutrgb": "8BITLUT",
        "8bitgrayscale": "8BITGRAYSCALE",
        "8bitgreyscale": "8BITGRAYSCALE",
        "16bitgrayscale": "16BITGRAYSCALE",
        "16bitgreyscale": "16BITGRAYSCALE",
        "16bitrgb": "16BITRGB",
        "24bitrgb": "24BITRGB",
        "8bitrgb": "24BITRGB",
        "32bitrgba": "32BITRGBA",
        "32bitcmyk": "32BITCMYK",
    }
)
"""What a pixel may be; Oracle's spellings of the same."""

COMPRESSIONS = keywords(
    "JPEG",
    "MPEG",
    "JPEG2000",
    "JPEG-LOSSLESS",
    "JPEG-LS",
    "HTJ2K",
    "LZW",
    "DEFLATE",
    "PACKBITS",
    "FAX3",
    "FAX4",
    "HUFFMAN3",
    "BMPRLE",
    "SUNRLE",
    "TARGARLE",
    "GIFLZW",
    "RLE",
    "RAW",
    "NONE",
    **{"jpeg-2000": "JPEG2000", "lzwhdiff": "LZW", "deflate-adam7": "DEFLATE"},
)

_COLOUR = Text(
    "the name of a colour or #rrggbb", re.compile(r"#[0-9A-Fa-f]{3}(?:[0-9A-Fa-f]{3})?|[A-Za-z]{3,24}")
)
_NAME = Text("a name", re.compile(r"[^\s\"'=][^\"'=]{0,62}"))
_BYTE = Whole(0, 255)
_CHANNEL = Whole(1, 255)
_SIDE = Whole(1, 65535)
_OFFSET = Whole(0, 65535)
_FACTOR = Number(0, 1000, above=True)
_LEVEL = Number(0, 255)
_GAMMA = Number(0, 100, above=True)
_PERCENT = Number(0, 100)
_UNITS = Number(-1e9, 1e9)
_ORDER = keywords("NORMAL", "REVERSE")
_RATE = Whole(1, 16)
_NO_VALUE: tuple[Form, ...] = ((),)
_INTERLEAVING = keywords("BIP", "BIL", "BSQ")

_LISTED = (
    Operator("fileFormat", ((Keyword(FORMAT_NAMES),),), Applies.ALWAYS, "the picture's format"),
    Operator("contentFormat", ((CONTENT_FORMATS,),), Applies.ALWAYS, "what a pixel is"),
    Operator("compressionFormat", ((COMPRESSIONS,),), Applies.COMPRESSION, "how the bytes are compressed"),
    Operator(
        "compressionQuality",
        (
            (keywords("MAXINTEGRITY", "LOWCOMP", "MEDCOMP", "HIGHCOMP", "MAXCOMPRATIO"),),
            (Whole(0, 100),),
        ),
        Applies.QUALITY,
        "100, or MAXINTEGRITY, is the best; 0, or MAXCOMPRATIO, the smallest",
    ),
    Operator(
        "frame",
        ((Whole(1, 2**31),), (keywords("ALL"),)),
        Applies.ALWAYS,
        "which frame, from 1; all of them make a moving picture, or pages",
    ),
    Operator("page", ((Whole(0, 2**31),),), Applies.RASTER, "which page of a TIFF file, from 0"),
    Operator(
        "window",
        ((_UNITS, Number(0, 1e9, above=True)), (Whole(1, 1000),), (_NAME,)),
        Applies.DICOM,
        "centre and width; or which of the image's own, from 1; or one by its explanation; or a preset",
    ),
    Operator("overlay", (*_NO_VALUE, (_COLOUR,)), Applies.DICOM, "draw the overlay planes, in a colour"),
    Operator("colormap", ((Keyword(COLOUR_MAP_NAMES),),), Applies.ALWAYS, "colours in place of grey values"),
    Operator(
        "cut", ((_OFFSET, _OFFSET, _SIDE, _SIDE),), Applies.ALWAYS, "left, top, width and height to keep"
    ),
    Operator("scale", ((_FACTOR,),), Applies.ALWAYS, "this many times as large"),
    Operator("xScale", ((_FACTOR,),), Applies.ALWAYS, "this many times as wide"),
    Operator("yScale", ((_FACTOR,),), Applies.ALWAYS, "this many times as high"),
    Operator("fixedScale", ((_SIDE, _SIDE),), Applies.ALWAYS, "this width and height, whatever its shape"),
    Operator("maxScale", ((_SIDE, _SIDE),), Applies.ALWAYS, "as large as fits into width and height"),
    Operator("flip", _NO_VALUE, Applies.ALWAYS, "upside down"),
    Operator("mirror", _NO_VALUE, Applies.ALWAYS, "left to right"),
    Operator("rotate", ((Number(-360, 360),),), Applies.ALWAYS, "degrees, clockwise"),
    Operator(
        "contrast",
        ((_PERCENT,), (_PERCENT,) * 3, (_LEVEL,) * 2, (_LEVEL,) * 6),
        Applies.ALWAYS,
        "stretch: percent of pixels to saturate, or the lower and upper level that become black and white",
    ),
    Operator("gamma", ((_GAMMA,), (_GAMMA,) * 3), Applies.ALWAYS, "above 1 is brighter, below 1 darker"),
    Operator(
        "sharpen", ((Whole(0, 1), Number(0, 100)),), Applies.ALWAYS, "kernel (0 or 1) and gain; 2 is strong"
    ),
    Operator(
        "quantize",
        (
            (keywords("ERRORDIFFUSION", "ORDEREDDITHER", "MEDIANCUT"),),
            (keywords("THRESHOLD"), _BYTE),
            (keywords("MEDIANCUT"), _RATE),
        ),
        Applies.ALWAYS,
        "how colours become fewer",
    ),
    Operator("tiled", _NO_VALUE, Applies.TIFF, "in tiles"),
    Operator(
        "transparencyFillColor", ((_COLOUR,), (_BYTE,) * 3), Applies.ALWAYS, "what shows through transparency"
    ),
    Operator("nometadata", _NO_VALUE, Applies.ALWAYS, "leave out profiles, comments and resolution"),
    Operator(
        "channelOrder",
        ((keywords("RGB", "RBG", "GRB", "GBR", "BRG", "BGR"),),),
        Applies.RAW,
        "in what order the picture's channels lie",
    ),
    Operator("pixelOrder", ((_ORDER,),), Applies.RAW, "whether lines begin at the left"),
    Operator(
        "scanlineOrder",
        ((keywords("NORMAL", "INVERSE", reverse="INVERSE"),),),
        Applies.RAW,
        "whether the first line is the top",
    ),
    Operator(
        "inputChannels",
        ((_CHANNEL,), (_CHANNEL,) * 3),
        Applies.RAW,
        "which of the source's bands is grey, or which are red, green and blue",
    ),
    Operator("interleaving", ((_INTERLEAVING,),), Applies.RAW, "by pixel, by line or by plane"),
    Operator("fps", ((Number(0, 1000, above=True),),), Applies.MOVING, "frames a second"),
)

OPERATORS = {operator.name.casefold(): operator for operator in _LISTED}
"""Case-folded name to operator."""

SYNONYMS = {"interleave": "interleaving", "dither": "quantize", "colourmap": "colormap"}
"""Older names, deprecated by Oracle too, and another spelling."""

EXCLUSIVE = (
    ("scale", "xScale", "fixedScale", "maxScale"),
    ("scale", "yScale", "fixedScale", "maxScale"),
    ("frame", "page"),
)
"""Operators of which one at most may be given."""
