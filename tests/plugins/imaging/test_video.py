from __future__ import annotations

import io
import sys

import numpy as np
import pytest

from fileroom.plugin import InvalidDatasetError, MissingDependencyError, NotSupportedError
from fileroom_plugins.imaging.frames import Frames
from fileroom_plugins.imaging.image import open_image
from tests.plugins.imaging.images import compressed

SHADES = [20, 80, 140, 200, 240]
MPEG2, H264 = "1.2.840.10008.1.2.4.100", "1.2.840.10008.1.2.4.102"


def video(codec: str, container: str, side: int = 64) -> bytes:
    av = pytest.importorskip("av")
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=container) as output:
        try:
            stream = output.add_stream(codec, rate=25)
        except ValueError:
            pytest.skip(f"PyAV was built without {codec}")
        stream.width = stream.height = side
        stream.pix_fmt = "yuv420p"
        stream.bit_rate = 4_000_000
        for shade in SHADES:
            pixels = np.full((side, side, 3), shade, "uint8")
            for packet in stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")):
                output.mux(packet)
        for packet in stream.encode(None):
            output.mux(packet)
    return buffer.getvalue()


def object_of(
    data: bytes, syntax: str, side: int = 64, frames: int = len(SHADES), fragments: int = 1
) -> bytes:
    return compressed(
        [data],
        np.zeros((side, side, 3), "uint8"),
        syntax,
        table="none",
        fragments=fragments,
        photometric="RGB",
        tags={"NumberOfFrames": frames},
    )


@pytest.mark.parametrize("fragments", [1, 3])
@pytest.mark.parametrize(
    ("codec", "container", "syntax"),
    [("mpeg2video", "mpeg2video", MPEG2), ("libx264", "mp4", H264), ("libx264", "h264", f"{H264}.1")],
)
def test_frames_of_a_video_are_shown_in_any_order(
    codec: str, container: str, syntax: str, fragments: int
) -> None:
    image = open_image(object_of(video(codec, container), syntax, fragments=fragments))
    for index in (0, 1, 4, 2):
        shown = image.shown(index)
        assert shown.shape == (64, 64, 3)
        assert shown[32, 32].tolist() == pytest.approx([SHADES[index]] * 3, abs=8)


def test_frames_of_a_video_have_no_positions() -> None:
    data = object_of(b"\0" * 8, MPEG2)
    with pytest.raises(NotSupportedError, match="video"):
        Frames().process(io.BytesIO(data))
    with pytest.raises(NotSupportedError, match="video"):
        open_image(data).encoded(0)


def test_a_video_that_ends_before_its_last_frame_is_one_clear_error() -> None:
    image = open_image(object_of(video("mpeg2video", "mpeg2video"), MPEG2, frames=9))
    with pytest.raises(InvalidDatasetError, match="ends before frame 9"):
        image.stored(8)


def test_a_video_of_another_size_than_declared_is_one_clear_error() -> None:
    image = open_image(object_of(video("mpeg2video", "mpeg2video"), MPEG2, side=48))
    with pytest.raises(InvalidDatasetError, match="compressed as 64 by 64 pixels"):
        image.stored()


def test_damage_is_one_clear_error() -> None:
    pytest.importorskip("av")
    with pytest.raises(InvalidDatasetError):
        open_image(object_of(b"no video at all" * 20, MPEG2)).stored()


def test_the_extra_for_video_is_named_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(MissingDependencyError, match=r"PyAV: pip install 'fileroom\[video\]'"):
        open_image(object_of(b"\0" * 8, MPEG2)).stored()


@pytest.mark.parametrize("last", [110, 111, 112])
def test_the_extra_for_jpeg_xl_is_named_where_it_is_missing(
    monkeypatch: pytest.MonkeyPatch, last: int
) -> None:
    monkeypatch.setitem(sys.modules, "imagecodecs", None)
    data = compressed([b"\xff\x0a" + bytes(20)], np.zeros((8, 8), "uint8"), f"1.2.840.10008.1.2.4.{last}")
    with pytest.raises(MissingDependencyError, match=r"JPEG XL .*'fileroom\[imaging\]'"):
        open_image(data).stored()
