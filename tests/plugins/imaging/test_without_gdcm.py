from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from pydicom.uid import JPEGLosslessSV1

from fileroom.plugin import MissingDependencyError, NotSupportedError
from fileroom_plugins.imaging import decoding, extra_codecs
from fileroom_plugins.imaging.image import open_image
from tests.plugins.imaging.images import compressed

ROOT = Path(__file__).parents[3]
SEVEN = np.random.default_rng(7).integers(0, 128, (32, 32), "uint8")

OPENING = """
import sys
from fileroom.plugin import FileroomError
from fileroom_plugins.imaging.image import open_image
try:
    print(int(open_image(sys.argv[1]).stored().sum()))
except FileroomError as error:
    print(type(error).__name__)
"""


def lossless(precision: int, stored: int) -> bytes:
    frame = imagecodecs.jpeg8_encode(SEVEN, lossless=True, predictor=1, bitspersample=precision)
    tags = {"BitsStored": stored, "HighBit": stored - 1}
    return compressed([bytes(frame)], SEVEN, JPEGLosslessSV1, tags=tags)


@pytest.mark.parametrize(("precision", "stored"), [(7, 7), (7, 8), (8, 7), (8, 8)])
def test_lossless_jpeg_of_few_bits_does_not_end_the_process(
    precision: int, stored: int, tmp_path: Path
) -> None:
    path = tmp_path / "few.dcm"
    path.write_bytes(lossless(precision, stored))
    done = subprocess.run(
        [sys.executable, "-c", OPENING, str(path)], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert (done.returncode, done.stdout.strip()) == (0, str(SEVEN.sum()))


def test_jpeg_is_never_left_to_gdcm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extra_codecs, "has_imagecodecs", lambda: False)
    monkeypatch.setitem(sys.modules, "imagecodecs", None)
    monkeypatch.setattr(decoding, "_libjpeg_only", lambda _: False)
    with pytest.raises(MissingDependencyError, match="imagecodecs"):
        open_image(lossless(7, 7)).stored()
    jpeg = [plugins for syntaxes, plugins in decoding._PREFERRED if JPEGLosslessSV1 in syntaxes]
    assert jpeg == [("pylibjpeg",)]


@pytest.mark.parametrize("kind", [0xC5, 0xC9, 0xCB])
def test_jpeg_of_a_process_without_a_decoder_is_told(kind: int) -> None:
    frame = bytes(imagecodecs.jpeg8_encode(SEVEN, lossless=True, predictor=1, bitspersample=8))
    data = compressed([frame.replace(b"\xff\xc3", bytes([0xFF, kind]), 1)], SEVEN, JPEGLosslessSV1)
    with pytest.raises(NotSupportedError, match="hierarchical or arithmetic"):
        open_image(data).stored()
