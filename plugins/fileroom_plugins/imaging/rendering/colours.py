"""What a pixel becomes: contentFormat, quantize, transparencyFillColor, and what a format can hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageColor

from fileroom.plugin import InvalidValueError, NotSupportedError

if TYPE_CHECKING:
    from fileroom_plugins.imaging.commands import Command
    from fileroom_plugins.imaging.formats import Format
    from fileroom_plugins.imaging.rendering.canvas import Canvas

CONTENT_MODES = {
    "MONOCHROME": "1",
    "4BITLUT": "P",
    "8BITLUT": "P",
    "8BITGRAYSCALE": "L",
    "16BITGRAYSCALE": "I;16",
    "16BITRGB": "RGB",
    "24BITRGB": "RGB",
    "32BITRGBA": "RGBA",
    "32BITCMYK": "CMYK",
}
"""Value of ``contentFormat`` to Pillow's mode."""

_LESS = {
    "F": ("I;16", "L", "RGB", "RGBA", "P", "1"),
    "I;16": ("I;16", "L"),
    "L": ("L", "RGB", "RGBA", "P", "I;16", "1"),
    "RGB": ("RGB", "RGBA", "P", "CMYK", "L", "1"),
    "RGBA": ("RGBA", "RGB", "P", "L", "1"),
}
"""What a canvas becomes in a format that cannot hold it, the nearest first."""

_BAYER = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]], np.float64) / 16 - 7.5 / 16
_STEP = 64
_FIVE_BITS = [round((value >> 3) * 255 / 31) for value in range(256)]
_GREY = frozenset(("L", "F", "I;16"))


def colour(text: str) -> tuple[int, int, int]:
    """Return red, green and blue of a colour's name, or of ``#rrggbb``.

    Raises:
        InvalidValueError: there is no such colour.
    """
    try:
        red, green, blue = ImageColor.getrgb(text)[:3]
    except ValueError:
        raise InvalidValueError(
            f"no colour is called {text!r}: names are those of HTML, such as white"
        ) from None
    return red, green, blue


def finished(canvas: Canvas, command: Command, form: Format) -> Image.Image:
    """Return the image as it is to be written.

    With ``quantize`` and without ``contentFormat``, a picture gets a palette where the format has one; grey
    stays as it is where it has none, since its shades are few already.

    Raises:
        InvalidValueError: the format cannot hold what ``contentFormat`` asks for.
        NotSupportedError: ``quantize`` is given, and the colours of a coloured picture do not become fewer.
    """
    content = command.word("contentFormat")
    image = _opaque(canvas.image, command, keep="RGBA" in form.modes and content in {None, "32BITRGBA"})
    wanted = CONTENT_MODES[content] if content else None
    if wanted is not None and wanted not in form.modes:
        able = [name for name, mode in CONTENT_MODES.items() if mode in form.modes]
        raise InvalidValueError(
            f"contentFormat: {form.name} cannot hold {content}: it holds {', '.join(able)}"
        )
    mode = wanted or next(one for one in _LESS[image.mode] if one in form.modes)
    if "quantize" in command:
        # Without contentFormat, a threshold says it all, and other methods make palettes.
        method = command.word("quantize")
        if wanted is None and method == "THRESHOLD" and "1" in form.modes:
            mode = "1"
        elif wanted is None and mode not in {"1", "P"} and "P" in form.modes:
            mode = "P"
        if mode not in {"1", "P"} and image.mode not in _GREY:
            raise NotSupportedError("quantize: only for contentFormat MONOCHROME, 4BITLUT and 8BITLUT")
    converted = _converted(image, mode, command)
    return converted.point(_FIVE_BITS * 3) if content == "16BITRGB" else converted


def _opaque(image: Image.Image, command: Command, *, keep: bool) -> Image.Image:
    """Lay the picture on a background where it is transparent, unless it may stay so."""
    if image.mode != "RGBA":
        return image
    given = command.values.get("transparencyFillColor")
    if given is None and keep:
        return image
    name = command.word("transparencyFillColor")
    fill = colour(name or "white") if given is None or name else tuple(command.whole("transparencyFillColor"))
    background = Image.new("RGBA", image.size, (*fill, 255))
    return Image.alpha_composite(background, image).convert("RGB")


def _converted(image: Image.Image, mode: str, command: Command) -> Image.Image:
    if mode == "I;16":
        values = np.asarray(image.convert("L") if image.mode != "F" else image, np.float64)
        scaled = np.clip(np.rint(values * (1 if image.mode == "F" else 257)), 0, 65535)
        return Image.fromarray(scaled.astype(np.uint16))
    if image.mode == "F":
        image = Image.fromarray(np.clip(np.rint(np.asarray(image) / 257), 0, 255).astype(np.uint8))
    if mode == "1":
        return _two_colours(image.convert("L"), command)
    if mode == "P":
        return _palette(image, command)
    return image if image.mode == mode else image.convert(mode)


def _two_colours(grey: Image.Image, command: Command) -> Image.Image:
    method = command.word("quantize") or "ERRORDIFFUSION"
    if method == "ERRORDIFFUSION":
        return grey.convert("1")
    values = np.asarray(grey, np.float64)
    if method == "ORDEREDDITHER":
        rows, columns = values.shape
        tiles = np.tile(_BAYER, (-(-rows // 4), -(-columns // 4)))[:rows, :columns]
        values = values + tiles * 255
    level = (command.whole("quantize") or (128,))[0] if method == "THRESHOLD" else 128
    return Image.fromarray(((values >= level) * np.uint8(255)).astype(np.uint8)).convert(
        "1", dither=Image.Dither.NONE
    )


def _palette(image: Image.Image, command: Command) -> Image.Image:
    method = command.word("quantize") or "ERRORDIFFUSION"
    if method == "THRESHOLD":
        if image.mode == "L" and "contentFormat" not in command:
            return _two_colours(image, command).convert("P")
        raise NotSupportedError("quantize: a threshold is for contentFormat MONOCHROME")
    colours = 16 if command.word("contentFormat") == "4BITLUT" else 256
    if image.mode == "L" and colours == 256:  # noqa: PLR2004 - each grey has its own
        return image.convert("P")
    rgb = image.convert("RGB")
    rate = (command.whole("quantize") or (1,))[0]
    sample = rgb.resize((max(1, rgb.width // rate), max(1, rgb.height // rate)), Image.Resampling.NEAREST)
    palette = sample.quantize(colours, Image.Quantize.MEDIANCUT)
    if method == "ORDEREDDITHER":
        rows, columns = rgb.height, rgb.width
        tiles = np.tile(_BAYER, (-(-rows // 4), -(-columns // 4)))[:rows, :columns, np.newaxis]
        noisy = np.clip(np.asarray(rgb, np.float64) + tiles * _STEP, 0, 255)
        rgb = Image.fromarray(noisy.astype(np.uint8))
    diffused = Image.Dither.FLOYDSTEINBERG if method == "ERRORDIFFUSION" else Image.Dither.NONE
    return rgb.quantize(palette=palette, dither=diffused)
