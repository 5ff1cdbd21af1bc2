from __future__ import annotations

import io
import sys

import numpy as np
import pydicom
import pytest

from fileroom.plugin import InvalidValueError, MissingDependencyError, NotSupportedError
from fileroom_plugins.imaging import render
from fileroom_plugins.imaging.colour_maps import COLOUR_MAP_NAMES, colour_map
from fileroom_plugins.imaging.image import open_image
from fileroom_plugins.imaging.view import View
from tests.plugins.imaging.rasters import decoded, grey_object, same, shipped

CINE = "examples_ybr_color.dcm"


def values(command: str, source: bytes) -> np.ndarray:
    return np.asarray(decoded(render(source, f"fileFormat=PNGF {command}").data))


def test_frames_are_numbered_from_one_and_the_first_is_taken_without_a_number() -> None:
    frames = np.arange(3, dtype=np.uint8)[:, None, None] * np.uint8(100) + np.zeros((3, 4, 4), np.uint8)
    data = grey_object(frames, WindowCenter=128, WindowWidth=256)
    for number in (1, 2, 3):
        assert (values(f"frame={number}", data) == frames[number - 1]).all()
    assert (values("", data) == frames[0]).all()
    with pytest.raises(InvalidValueError, match="frame: there is no 4: they go from 1 to 3"):
        values("frame=4", data)


@pytest.mark.parametrize(
    ("command", "window"),
    [("window=40 400", (40.0, 400.0)), ("window=bone", "bone"), ("window=full", "full"), ("", None)],
)
def test_windows_are_those_of_the_view(command: str, window: object) -> None:
    data = shipped("CT_small.dcm")
    assert same(values(command, data), open_image(data).shown(0, View(window=window)))  # type: ignore[arg-type]


@pytest.mark.parametrize("window", ["", "window=full"])
@pytest.mark.parametrize("signed", [False, True])
def test_sixteen_bits_of_an_object_whose_least_value_is_white_are_no_negative(
    window: str, *, signed: bool
) -> None:
    dataset = pydicom.dcmread(io.BytesIO(grey_object(np.arange(0, 4096, dtype=np.uint16).reshape(64, 64))))
    dataset.PhotometricInterpretation = "MONOCHROME1"
    dataset.BitsStored, dataset.HighBit = 12, 11
    if signed:
        dataset.PixelRepresentation = 1
        dataset.PixelData = np.arange(-2048, 2048, dtype=np.int16).tobytes()
    buffer = io.BytesIO()
    dataset.save_as(buffer)
    found = values(f"contentFormat=16BITGRAYSCALE {window}", buffer.getvalue()).ravel()
    assert (found[0], found[-1]) == (65535 if window else 4095, 0)
    assert (np.diff(found.astype(np.int64)) < 0).all()


def test_the_windows_of_the_object_are_taken_by_number_and_by_name() -> None:
    ramp = np.arange(256, dtype=np.uint8).reshape(16, 16)
    data = grey_object(
        ramp, WindowCenter=[50, 200], WindowWidth=[100, 20], WindowCenterWidthExplanation=["WIDE", "MY BONE"]
    )
    second = values("window=200 20", data)
    assert same(values("window=2", data), second)
    assert same(values("window='my bone'", data), second)
    assert not same(values("window=1", data), second)
    with pytest.raises(NotSupportedError, match="no window 3"):
        values("window=3", data)


def test_a_window_for_colours_is_an_error() -> None:
    with pytest.raises(NotSupportedError, match="colours"):
        values("window=40 400", shipped("examples_rgb_color.dcm"))


def test_overlays_are_drawn_in_the_colour_that_is_named() -> None:
    dataset = pydicom.dcmread(io.BytesIO(grey_object(np.zeros((8, 8), np.uint8))))
    plane = np.zeros((4, 4), np.uint8)
    plane[1, 2] = 1
    for element, vr, value in (
        (0x0010, "US", 4),
        (0x0011, "US", 4),
        (0x0040, "CS", "G"),
        (0x0050, "SS", [3, 2]),
        (0x0100, "US", 1),
        (0x0102, "US", 0),
        (0x3000, "OW", np.packbits(plane.ravel(), bitorder="little").tobytes()),
    ):
        dataset.add_new(0x60000000 | element, vr, value)
    buffer = io.BytesIO()
    dataset.save_as(buffer)
    data = buffer.getvalue()
    assert values("", data).max() == 0
    drawn = values("overlay", data)
    assert np.argwhere(drawn == 255).tolist() == [[3, 3]]
    assert values("overlay=yellow", data)[3, 3].tolist() == [255, 255, 0]
    assert values("overlay=gray", data)[3, 3] == 128


def test_colour_maps_go_from_their_first_colour_to_their_last() -> None:
    ramp = np.arange(256, dtype=np.uint8).reshape(16, 16)
    data = grey_object(ramp, WindowCenter=128, WindowWidth=256)
    for name in sorted(set(COLOUR_MAP_NAMES.values())):
        found = values(f"colormap={name}", data).reshape(256, 3)
        assert [tuple(one) for one in found.tolist()] == list(colour_map(name))
    assert colour_map("hot-iron")[0] == (0, 0, 0)
    assert colour_map("hot")[255] == (255, 255, 255)
    with pytest.raises(NotSupportedError, match="colours already"):
        values("colormap=hot", shipped("examples_rgb_color.dcm"))


@pytest.mark.parametrize(("form", "close"), [("GIFF", 60), ("PNGF", 0), ("WEBP", 60), ("TIFF", 0)])
def test_moving_pictures_have_each_frame_in_its_order(form: str, close: int) -> None:
    data = shipped(CINE)
    image = decoded(render(data, f"fileFormat={form} frame=all").data)
    assert image.n_frames == 30  # type: ignore[attr-defined]
    source = open_image(data)
    for index in (0, 13, 29):
        image.seek(index)
        assert np.abs(np.asarray(image.convert("RGB")).astype(int) - source.shown(index)).mean() <= close / 10


@pytest.mark.parametrize("form", ["GIFF", "PNGF", "WEBP"])
def test_frames_follow_each_other_as_fast_as_the_object_says(form: str) -> None:
    frames = np.arange(3 * 256, dtype=np.uint8).reshape(3, 16, 16)
    data = grey_object(frames, FrameTime=40)
    image = decoded(render(data, f"fileFormat={form} frame=all").data)
    assert image.info["duration"] == 40
    assert decoded(render(data, f"fileFormat={form} frame=all fps=2").data).info["duration"] == 500
    rate = grey_object(frames, CineRate=20)
    assert decoded(render(rate, f"fileFormat={form} frame=all").data).info["duration"] == 50


def test_films_have_each_frame() -> None:
    av = pytest.importorskip("av")
    data = shipped(CINE)
    film = render(data, "fileFormat=MP4 compressionQuality=90 fps=12.5 maxScale=161 999")
    assert (film.media_type, film.suffix) == ("video/mp4", ".mp4")
    with av.open(io.BytesIO(film.data)) as container:
        (stream,) = container.streams
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(stream)]
        assert float(stream.average_rate) == 12.5
    assert len(frames) == 30
    assert frames[0].shape == (120, 160, 3)
    assert frames[0].mean() == pytest.approx(open_image(data).shown(0).mean(), abs=8)


def test_without_its_package_a_film_is_an_error_that_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(MissingDependencyError, match=r"fileroom\[video\]"):
        render(shipped(CINE), "fileFormat=MP4")


def test_dicom_out_of_dicom_is_another_object_in_the_same_study() -> None:
    data = shipped("CT_small.dcm")
    before = pydicom.dcmread(io.BytesIO(data))
    after = pydicom.dcmread(
        io.BytesIO(render(data, "fileFormat=DICM fixedScale=75 100", uid_root="1.2.9").data)
    )
    assert (after.Columns, after.Rows) == (75, 100)
    assert (after.PatientID, after.StudyInstanceUID) == (before.PatientID, before.StudyInstanceUID)
    assert after.SeriesInstanceUID != before.SeriesInstanceUID
    assert after.SOPInstanceUID.startswith("1.2.9.")
    assert after.ImageType[:2] == ["DERIVED", "SECONDARY"]
    assert after.SourceImageSequence[0].ReferencedSOPInstanceUID == before.SOPInstanceUID


def test_dicom_that_is_compressed_only_stays_what_it_is() -> None:
    data = shipped("CT_small.dcm")
    before = pydicom.dcmread(io.BytesIO(data))
    after = pydicom.dcmread(io.BytesIO(render(data, "fileFormat=DICM compressionFormat=JPEG2000").data))
    assert after.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.4.90"
    assert after.SOPClassUID == before.SOPClassUID
    assert after.SOPInstanceUID != before.SOPInstanceUID
    assert same(after.pixel_array, before.pixel_array)
    lossy = render(
        shipped("examples_rgb_color.dcm"), "fileFormat=DICM compressionFormat=JPEG compressionQuality=40"
    )
    assert pydicom.dcmread(io.BytesIO(lossy.data)).LossyImageCompression == "01"


def test_all_frames_of_dicom_make_a_multiframe_object() -> None:
    after = pydicom.dcmread(io.BytesIO(render(shipped(CINE), "fileFormat=DICM frame=all scale=0.25").data))
    assert after.NumberOfFrames == 30
    assert after.SOPClassUID == "1.2.840.10008.5.1.4.1.1.7.4"
    assert (after.Columns, after.Rows) == (80, 60)


def test_the_same_arguments_give_the_same_bytes() -> None:
    data = shipped("CT_small.dcm")
    for command in ("fileFormat=JFIF", "fileFormat=DICM scale=2", "fileFormat=PNGF rotate=10"):
        assert render(data, command) == render(data, command)
