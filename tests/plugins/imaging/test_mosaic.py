from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image as Pillow

import fileroom
from fileroom.plugin import Product
from fileroom_plugins.imaging import Options, fileroom_processor
from fileroom_plugins.imaging.mosaic import mosaic
from tests.plugins.imaging.images import made

if TYPE_CHECKING:
    from pathlib import Path


def picture(shade: int | tuple[int, int, int], size: tuple[int, int] = (64, 64)) -> bytes:
    buffer = io.BytesIO()
    Pillow.new("L" if isinstance(shade, int) else "RGB", size, shade).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("count", "size"),
    [(1, (96, 96)), (2, (96, 48)), (3, (96, 96)), (4, (96, 96)), (5, (96, 64)), (9, (96, 96))],
)
def test_pictures_stand_in_rows(count: int, size: tuple[int, int]) -> None:
    together = mosaic([picture(100 + place) for place in range(count)], 96)
    assert together.size == size
    side = 96 // (1 if count == 1 else 2 if count <= 4 else 3)
    for place in range(count):
        down, across = divmod(place, 96 // side)
        middle = (across * side + side // 2, down * side + side // 2)
        assert together.getpixel(middle) == 100 + place


def test_pictures_keep_their_proportions_on_black() -> None:
    together = mosaic([picture(200, (100, 50)), picture(200)], 200)
    assert together.getpixel((50, 50)) == 200
    assert together.getpixel((50, 5)) == 0


def test_one_coloured_picture_makes_the_mosaic_coloured() -> None:
    together = mosaic([picture(200), picture((255, 0, 0))], 128)
    assert together.mode == "RGB"
    assert together.getpixel((96, 32)) == (255, 0, 0)


def test_of_many_pictures_some_are_shown_evenly_chosen() -> None:
    together = mosaic([picture(place) for place in range(160)], 128)
    assert together.size == (128, 128)
    assert [together.getpixel((16 + 32 * across, 16)) for across in range(4)] == [0, 10, 20, 30]


def test_one_series_needs_no_mosaic() -> None:
    processor = fileroom_processor().open(Options())
    product = Product("thumbnail", b"bytes", "image/jpeg")
    assert list(processor.combine([[product]])) == [product]


def test_a_study_is_shown_by_the_middle_instances_of_its_series(tmp_path: Path) -> None:
    with fileroom.open(tmp_path / "archive") as archive:
        for series in range(2):
            for number in range(3):
                # Red in the middle instances, blue in the others.
                pixels = np.zeros((64, 64, 3), "uint8")
                pixels[..., 0 if number == 1 else 2] = 255
                tags = {
                    "StudyInstanceUID": "1.2.3",
                    "SeriesInstanceUID": f"1.2.3.{series}",
                    "SOPInstanceUID": f"1.2.3.{series}.{number}",
                    "InstanceNumber": number,
                }
                archive.store(made(pixels, tags, "RGB"))
        study = archive.find("study").first()
        assert study is not None
        study.process("thumbnail")
        with Pillow.open(io.BytesIO(study.attachments["thumbnail"].read())) as together:
            assert together.size == (256, 128)
            assert all(together.getpixel((x, 64))[0] > 200 for x in (64, 192))  # type: ignore[index]
