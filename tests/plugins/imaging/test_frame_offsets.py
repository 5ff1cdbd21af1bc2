from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Pillow

import fileroom
from fileroom.plugin import InvalidDatasetError, NotSupportedError
from fileroom.testing.datasets import make_instance
from fileroom_plugins.imaging.frames import fileroom_processor
from fileroom_plugins.imaging.image import open_image
from tests.plugins.imaging.images import TEST_FILES, compressed, made

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

JPEG = "1.2.840.10008.1.2.4.50"
SHADES = [10, 60, 110, 160, 210]


class Counted(io.BytesIO):
    """A file that counts the reads behind a position."""

    def __init__(self, data: bytes, behind: int) -> None:
        super().__init__(data)
        self.behind = behind
        self.reads = 0

    def read(self, size: int | None = -1, /) -> bytes:
        self.reads += self.tell() >= self.behind
        return super().read(size)


def frame(shade: int) -> bytes:
    buffer = io.BytesIO()
    Pillow.new("L", (64, 64), shade).save(buffer, "JPEG", quality=95)
    return buffer.getvalue()


def cine(shades: list[int] | None = None, *, table: str = "none", fragments: int = 1) -> bytes:
    frames = [frame(shade) for shade in SHADES if not shades] or [frame(shade) for shade in shades or ()]
    return compressed(frames, np.zeros((64, 64), "uint8"), JPEG, table=table, fragments=fragments)


def offsets(data: bytes) -> bytes:
    plugin = fileroom_processor()
    (product,) = plugin.open(plugin.options()).process(io.BytesIO(data))
    assert (product.content_type, product.media_type) == ("frame-offsets", "application/json")
    return product.data


def seen(data: bytes, kept: bytes | None) -> list[int]:
    image = open_image(data, frame_offsets=kept)
    return [int(image.stored(index)[32, 32]) for index in range(image.frames)]


def changed(kept: bytes, change: Callable[[dict[str, Any]], object]) -> bytes:
    content = json.loads(kept)
    change(content)
    return json.dumps(content).encode()


@pytest.mark.parametrize(("table", "fragments"), [("none", 1), ("none", 2), ("basic", 3), ("extended", 1)])
def test_every_fragment_is_where_it_is_said_to_be(table: str, fragments: int) -> None:
    data = cine(table=table, fragments=fragments)
    content = json.loads(offsets(data))
    assert (content["version"], content["size"], content["frames"]) == (1, len(data), 5)
    assert [len(one) for one in content["fragments"]] == [fragments] * 5
    for shade, pieces in zip(SHADES, content["fragments"], strict=True):
        joined = b"".join(data[at : at + length] for at, length in pieces)
        assert joined.rstrip(b"\0") == frame(shade).rstrip(b"\0")


@pytest.mark.parametrize("name", ["rtdose", "liver_1frame", "MR_small_RLE", "SC_rgb_small_odd"])
@pytest.mark.filterwarnings("ignore")
def test_native_frames_have_positions_too(name: str) -> None:
    data = (TEST_FILES / f"{name}.dcm").read_bytes()
    content = json.loads(offsets(data))
    image = open_image(data)
    for index in range(image.frames):
        joined = b"".join(data[at : at + length] for at, length in content["fragments"][index])
        assert joined == image.encoded(index)


@pytest.mark.parametrize("fragments", [1, 2])
def test_with_the_attachment_frames_are_the_same(fragments: int) -> None:
    data = cine(fragments=fragments)
    assert seen(data, offsets(data)) == seen(data, None)
    assert seen(data, None) == pytest.approx(SHADES, abs=2)


def test_with_the_attachment_a_frame_costs_one_read() -> None:
    data = cine(SHADES * 40)
    kept = offsets(data)
    third = json.loads(kept)["fragments"][3][0][0]
    for attachment, reads in ((kept, 1), (None, 200)):
        source = Counted(data, third - 8)
        image = open_image(source, frame_offsets=attachment)
        source.reads = 0
        image.stored(150)
        assert source.reads <= 1 if reads == 1 else source.reads >= 100


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content.update(version=2),
        lambda content: content.update(size=content["size"] + 2),
        lambda content: content.update(position=content["position"] + 8),
        lambda content: content.update(frames=4),
        lambda content: content["fragments"].reverse(),
        lambda content: content["fragments"].pop(),
        lambda content: content["fragments"][1].clear(),
        lambda content: content["fragments"].__setitem__(0, content["fragments"][1]),
        lambda content: content["fragments"][1][0].__setitem__(0, 0),
        lambda content: content["fragments"][1][0].__setitem__(1, -4),
        lambda content: content["fragments"][4][0].__setitem__(1, 10**9),
        lambda content: content.update(fragments="none"),
        lambda content: content.clear(),
    ],
)
def test_an_attachment_that_does_not_fit_is_left_aside(change: Callable[[dict[str, Any]], object]) -> None:
    data = cine()
    assert seen(data, changed(offsets(data), change)) == seen(data, None)


@pytest.mark.parametrize("kept", [b"", b"{", b"[]", b"null", b"\xff", b"[" * 100_000])
def test_an_attachment_that_is_none_is_left_aside(kept: bytes) -> None:
    data = cine()
    assert seen(data, kept) == seen(data, None)


def test_the_attachment_of_an_object_of_the_same_size_shows_no_wrong_pixels() -> None:
    """Its fragments have other lengths, so that its positions are in the midst of frames."""
    one, other = cine([10, 60, 110]), cine([10, 60, 110])
    kept = json.loads(offsets(one))
    first, second = kept["fragments"][0][0], kept["fragments"][1][0]
    first[1] -= 6
    second[0] -= 6
    second[1] += 6
    assert seen(other, json.dumps(kept).encode()) == seen(other, None)


@given(st.data())
def test_a_lying_attachment_never_shows_another_frame_than_without(data: st.DataObject) -> None:
    source = cine([20, 120, 220])
    kept = json.loads(offsets(source))
    pieces = kept["fragments"]
    for _ in range(data.draw(st.integers(1, 3))):
        index = data.draw(st.integers(0, 2))
        place = data.draw(st.integers(0, 1))
        pieces[index][0][place] += data.draw(st.integers(-900, 900))
    assert seen(source, json.dumps(kept).encode()) == seen(source, None)


def test_objects_without_pixels_have_no_frames() -> None:
    with pytest.raises(NotSupportedError):
        offsets(make_instance(rows=0))


def test_an_archive_keeps_positions_and_uses_them(tmp_path: Path) -> None:
    with fileroom.open(tmp_path / "archive") as archive:
        archive.store(cine())
        instance = archive.find("instance").first()
        assert instance is not None
        instance.process("frames")
        assert json.loads(instance.attachments["frame-offsets"].read())["frames"] == 5
        instance.process("thumbnail")
        with Pillow.open(io.BytesIO(instance.attachments["thumbnail"].read())) as picture:
            assert picture.size == (64, 64)


@pytest.mark.parametrize("frames", [4, 6])
def test_frames_that_are_missing_or_too_many_are_one_clear_error(frames: int) -> None:
    data = compressed([frame(one) for one in SHADES], np.zeros((64, 64), "uint8"), JPEG, table="none")
    data = data.replace(b"\x28\0\x08\0IS\2\x005 ", b"\x28\0\x08\0IS\2\0%d " % frames)
    with pytest.raises(InvalidDatasetError, match=f"NumberOfFrames is {frames}, and the pixel data has 5"):
        open_image(data).stored(0)


def test_a_basic_offset_table_that_makes_no_sense_is_left_aside() -> None:
    data = bytearray(cine(table="basic"))
    position = json.loads(offsets(bytes(data)))["position"]
    data[position + 8 : position + 12] = b"\x10\0\0\0"  # the first offset is not 0
    assert seen(bytes(data), None) == pytest.approx(SHADES, abs=2)


def test_an_offset_table_that_points_into_a_frame_is_one_clear_error() -> None:
    data = bytearray(cine(table="basic"))
    position = json.loads(offsets(bytes(data)))["position"]
    at = position + 12
    second = int.from_bytes(data[at : at + 4], "little")
    data[at : at + 4] = (second + 2).to_bytes(4, "little")
    with pytest.raises(InvalidDatasetError, match=r"offset|fragments"):
        open_image(bytes(data)).stored(1)


def test_frames_of_single_bits_have_the_bytes_that_hold_them() -> None:
    image = open_image(made(np.zeros((3, 8, 8), "uint8")))
    assert len(image.encoded(1)) == 64
