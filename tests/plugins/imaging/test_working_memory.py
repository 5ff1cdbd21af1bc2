from __future__ import annotations

import io
import tracemalloc
import zlib
from typing import TYPE_CHECKING

import numpy as np
import pydicom
import pytest
from pydicom.uid import DeflatedExplicitVRLittleEndian, JPEGLSLossless, RLELossless

from fileroom.plugin import InvalidDatasetError, NotSupportedError
from fileroom_plugins.imaging import decoding, header, showing
from fileroom_plugins.imaging.blocks import blocks, in_blocks
from fileroom_plugins.imaging.faults import damage
from fileroom_plugins.imaging.image import open_image
from fileroom_plugins.imaging.transcoding.functions import transcode
from tests.plugins.imaging.images import Pixels, made, saved

if TYPE_CHECKING:
    from collections.abc import Callable

MEBIBYTE = 1 << 20
SIDE = 2048


def peak(doing: Callable[[], object]) -> int:
    """Return how many bytes were held at once, at most."""
    tracemalloc.start()
    try:
        doing()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def packed(syntax: str, pixels: Pixels) -> bytes:
    dataset = pydicom.dcmread(io.BytesIO(made(pixels)))
    dataset.compress(syntax, generate_instance_uid=False)
    return saved(dataset)


@pytest.mark.parametrize("syntax", [JPEGLSLossless, RLELossless])
def test_a_frame_of_more_bytes_than_are_decoded_is_refused_unread(syntax: str) -> None:
    data = packed(syntax, np.zeros((16, 16), "uint8"))
    dataset = pydicom.dcmread(io.BytesIO(data))
    dataset.Rows = dataset.Columns = 22000
    with pytest.raises(NotSupportedError, match="256 MiB, which is refused"):
        open_image(saved(dataset))


def test_a_frame_that_is_packed_into_next_to_nothing_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    data = packed(JPEGLSLossless, np.zeros((SIDE, SIDE), "uint8"))
    assert not open_image(data).stored().any()
    monkeypatch.setattr(decoding, "_HARMLESS", MEBIBYTE)
    with pytest.raises(NotSupportedError, match="4 MiB is compressed into"):
        open_image(data).stored()


def test_a_great_frame_with_something_in_it_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "_HARMLESS", 0)
    pixels = np.random.default_rng(1).integers(0, 3, (64, 64), "uint8")
    assert np.array_equal(open_image(packed(JPEGLSLossless, pixels)).stored(), pixels)


def test_a_frame_too_great_to_be_displayed_has_its_values_still(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(showing, "LARGEST_SHOWN", 1000)
    image = open_image(made(np.zeros((40, 40), "uint8")))
    assert image.stored().shape == (40, 40)
    with pytest.raises(NotSupportedError, match="is not displayed"):
        image.shown()


@pytest.mark.parametrize("photometric", ["MONOCHROME2", "RGB", "YBR_FULL", "PALETTE COLOR"])
def test_displaying_takes_a_few_times_a_frames_bytes(photometric: str) -> None:
    colours = photometric in {"RGB", "YBR_FULL"}
    pixels = np.zeros((6000, 4000, 3) if colours else (6000, 4000), "uint8")
    pixels[::7] = 9
    data = made(pixels, photometric="RGB" if colours else "MONOCHROME2")
    dataset = pydicom.dcmread(io.BytesIO(data))
    dataset.PhotometricInterpretation = photometric
    for colour in ("Red", "Green", "Blue") if photometric == "PALETTE COLOR" else ():
        setattr(dataset, f"{colour}PaletteColorLookupTableDescriptor", [256, 0, 8])
        setattr(dataset, f"{colour}PaletteColorLookupTableData", bytes(range(256)))
    image = open_image(saved(dataset))
    shown = image.shown
    assert peak(shown) < 4 * pixels.nbytes + 3 * pixels.shape[0] * pixels.shape[1] + 100 * MEBIBYTE


def test_unpacking_rle_takes_a_few_times_a_frames_bytes() -> None:
    pixels = np.zeros((SIDE, SIDE), "uint16")
    image = open_image(packed(RLELossless, pixels))
    assert peak(image.stored) < 3.5 * pixels.nbytes


@pytest.mark.parametrize("shape", [(5, 3), (3000, 2000), (1, 5_000_000), (2100, 1000, 3)])
def test_what_is_made_in_blocks_is_what_is_made_at_once(shape: tuple[int, ...]) -> None:
    pixels = np.arange(np.prod(shape), dtype="uint32").reshape(shape).astype("uint8")
    assert np.array_equal(in_blocks(lambda part: part + 1, pixels), pixels + 1)
    assert sum(len(pixels[rows]) for rows in blocks(pixels)) == len(pixels)


@pytest.mark.parametrize(
    "doing", [open_image, lambda data: transcode(data, "explicit"), lambda data: transcode(data, "rle")]
)
def test_an_object_that_inflates_to_too_much_never_takes_as_much(
    doing: Callable[[bytes], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(header, "LARGEST", 4 * MEBIBYTE)
    dataset = pydicom.dcmread(io.BytesIO(made(np.zeros((4, 4), "uint8"))))
    dataset.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    head = io.BytesIO()
    dataset.save_as(head)
    start = len(head.getvalue()) - len(_deflated_part(head.getvalue()))
    bomb = head.getvalue()[:start] + zlib.compress(bytes(64 * MEBIBYTE), wbits=-15)

    def opened() -> None:
        with pytest.raises(NotSupportedError, match="inflates to more than 4 MiB"):
            doing(bomb)

    assert peak(opened) < 10 * MEBIBYTE


def test_want_of_memory_is_not_said_to_be_damage() -> None:
    with (
        pytest.raises(NotSupportedError, match="takes more memory than there is"),
        damage("decoding a frame"),
    ):
        raise MemoryError
    with pytest.raises(InvalidDatasetError, match="damaged"), damage("decoding a frame"):
        raise ValueError


def _deflated_part(data: bytes) -> bytes:
    """Return what follows the file meta information, whose length is its first element."""
    return data[144 + int.from_bytes(data[140:144], "little") :]
