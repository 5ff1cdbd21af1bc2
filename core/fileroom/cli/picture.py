"""A picture in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

import click

from fileroom.cli.output import console

if TYPE_CHECKING:
    from pathlib import Path

    from PIL.Image import Image

WIDTH, HEIGHT = 72, 56
"""At most so many pixels: characters across, and half characters down."""

_RAMP = " .:-=+*#%@"


def draw(file: Path | BinaryIO) -> bool:
    """Print an image file, in colour where the terminal has it; return False if Pillow is not installed."""
    try:
        from PIL import Image  # noqa: PLC0415 - an extra
    except ImportError:
        return False
    with Image.open(file) as opened:
        image = opened.convert("RGB")
    image.thumbnail((WIDTH, HEIGHT))
    to = console()
    if to.color_system is None or to.no_color or to.options.ascii_only:
        _draw_shades(image)
    else:
        _draw_half_blocks(image)
    return True


def _draw_half_blocks(image: Image) -> None:
    """Print two pixels a character: the upper as its foreground, the lower as its background."""
    from rich.color import Color  # noqa: PLC0415 - not needed for --help
    from rich.style import Style  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    pixels = image.load()
    assert pixels is not None
    picture = Text()
    for row in range(0, image.height - 1, 2):
        for column in range(image.width):
            upper, lower = (Color.from_rgb(*pixels[column, row + i]) for i in (0, 1))  # type: ignore[misc]
            picture.append("\N{UPPER HALF BLOCK}", Style(color=upper, bgcolor=lower))
        picture.append("\n")
    console().print(picture)


def _draw_shades(image: Image) -> None:
    grey = image.convert("L").resize((image.width, max(1, image.height // 2)))
    data = grey.tobytes()
    for start in range(0, len(data), grey.width):
        row = "".join(_RAMP[value * len(_RAMP) // 256] for value in data[start : start + grey.width])
        click.echo(row.rstrip())
