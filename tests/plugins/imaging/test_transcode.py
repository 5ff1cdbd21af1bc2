from __future__ import annotations

import contextlib
import io
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.data import get_testdata_file

from fileroom.plugin import (
    FileroomError,
    InvalidValueError,
    MissingDependencyError,
    NotSupportedError,
)
from fileroom_plugins.imaging.image import open_image
from fileroom_plugins.imaging.transcoding.objects import transcode_bytes, transcode_file
from fileroom_plugins.imaging.transcoding.settings import Settings
from fileroom_plugins.imaging.transcoding.targets import TARGETS, target
from tests.plugins.imaging.rasters import colours

LOSSLESS = [name for name, one in TARGETS.items() if not one.lossy]
SHIPPED = (
    "CT_small.dcm",
    "MR_small_bigendian.dcm",
    "MR_small_RLE.dcm",
    "SC_rgb_small_odd.dcm",
    "examples_rgb_color.dcm",
    "examples_palette.dcm",
    "JPEG2000.dcm",
    "SC_rgb_jpeg_dcmtk.dcm",
    "image_dfl.dcm",
    "liver_1frame.dcm",
)

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:pydicom")  # what it thinks of its own files


def shipped(name: str) -> bytes:
    path = get_testdata_file(name, download=False)
    assert isinstance(path, str)
    with open(path, "rb") as file:  # noqa: PTH123 - pydicom gives text
        return file.read()


def transcoded(data: bytes, to: str, **options: object) -> bytes:
    return transcode_bytes(io.BytesIO(data), target(to), Settings(**options))  # type: ignore[arg-type]


def made(pixels: np.ndarray, *, stored: int, photometric: str = "MONOCHROME2", frames: int = 1) -> bytes:
    dataset = pydicom.dcmread(io.BytesIO(shipped("CT_small.dcm")))
    rows, columns = pixels.shape[-2:] if photometric != "RGB" else pixels.shape[-3:-1]
    dataset.Rows, dataset.Columns = rows, columns
    dataset.SamplesPerPixel = 3 if photometric == "RGB" else 1
    if photometric == "RGB":
        dataset.PlanarConfiguration = 0
    dataset.PhotometricInterpretation = photometric
    dataset.BitsAllocated = pixels.dtype.itemsize * 8
    dataset.BitsStored, dataset.HighBit = stored, stored - 1
    dataset.PixelRepresentation = int(pixels.dtype.kind == "i")
    dataset.NumberOfFrames = frames
    data = pixels.tobytes()
    dataset.PixelData = data + b"\0" * (len(data) % 2)
    buffer = io.BytesIO()
    dataset.save_as(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize("to", LOSSLESS)
@pytest.mark.parametrize("name", SHIPPED)
def test_lossless_targets_keep_every_pixel_and_the_identity(name: str, to: str) -> None:
    data = shipped(name)
    try:
        result = transcoded(data, to)
    except NotSupportedError:
        with open_image(data) as image:
            assert image.layout.allocated in {1, 32}
        return
    before, after = open_image(data), open_image(result)
    assert after.syntax == TARGETS[to].uid
    assert after.frames == before.frames
    assert after.attributes.SOPInstanceUID == before.attributes.SOPInstanceUID
    for index in range(before.frames):
        assert np.array_equal(after.stored(index), before.stored(index))


PIXELS = st.one_of(
    st.tuples(st.just("u1"), st.integers(2, 8)),
    st.tuples(st.just("u2"), st.integers(9, 16)),
    st.tuples(st.just("i2"), st.integers(9, 16)),
)


@settings(max_examples=25, deadline=None)
@given(
    kind=PIXELS,
    size=st.tuples(st.integers(1, 3), st.integers(5, 40), st.integers(5, 40)),
    seed=st.integers(0, 999),
    to=st.sampled_from([name for name in LOSSLESS if name != "jpeg-ls"]),
)
def test_any_bits_sign_and_size_come_back(
    kind: tuple[str, int], size: tuple[int, int, int], seed: int, to: str
) -> None:
    dtype, stored = kind
    low, high = (-(1 << stored - 1), 1 << stored - 1) if dtype[0] == "i" else (0, 1 << stored)
    pixels = np.random.default_rng(seed).integers(low, high, size).astype(dtype)
    image = open_image(transcoded(made(pixels, stored=stored, frames=size[0]), to))
    for index in range(size[0]):
        assert np.array_equal(image.stored(index), pixels[index])


@pytest.mark.parametrize("to", ["jpeg-ls", "jpeg-lossless"])
@pytest.mark.parametrize("stored", [2, 6, 7, 8, 9, 12, 16])
@pytest.mark.parametrize("kind", ["u", "i"])
def test_jpeg_keeps_any_bits_and_the_sign(kind: str, stored: int, to: str) -> None:
    dtype = f"{kind}{1 if stored <= 8 else 2}"
    low, high = (-(1 << stored - 1), 1 << stored - 1) if kind == "i" else (0, 1 << stored)
    pixels = np.random.default_rng(stored).integers(low, high, (30, 20)).astype(dtype)
    assert np.array_equal(open_image(transcoded(made(pixels, stored=stored), to)).stored(), pixels)


@pytest.mark.parametrize(
    ("to", "expected"),
    [
        ("explicit", "RGB"),
        ("rle", "RGB"),
        ("jpeg-ls", "RGB"),
        ("jpeg-lossless", "RGB"),
        ("jpeg-2000", "YBR_RCT"),
        ("htj2k", "YBR_RCT"),
        ("jpeg-2000-lossy", "YBR_ICT"),
        ("jpeg", "YBR_FULL_422"),
    ],
)
def test_colours_are_called_what_the_codec_makes_of_them(to: str, expected: str) -> None:
    dataset = pydicom.dcmread(io.BytesIO(transcoded(shipped("examples_rgb_color.dcm"), to)))
    assert dataset.PhotometricInterpretation == expected
    assert dataset.PlanarConfiguration == 0


@pytest.mark.parametrize("to", [name for name, one in TARGETS.items() if one.lossy])
def test_lossy_targets_say_so_and_get_another_identity(to: str) -> None:
    stored = TARGETS[to].stored[1]
    values = np.add.outer(np.arange(64), np.arange(64)) * ((1 << min(stored, 12)) // 130)
    data = made(values.astype("u1" if stored == 8 else "u2"), stored=min(stored, 12))
    before = pydicom.dcmread(io.BytesIO(data))
    result = transcoded(data, to)
    after = pydicom.dcmread(io.BytesIO(result))
    assert after.SOPInstanceUID != before.SOPInstanceUID
    assert after.file_meta.MediaStorageSOPInstanceUID == after.SOPInstanceUID
    assert after.SeriesInstanceUID == before.SeriesInstanceUID
    assert after.ImageType[0] == "DERIVED"
    assert after.LossyImageCompression == "01"
    assert float(after.LossyImageCompressionRatio) > 1
    assert after.LossyImageCompressionMethod == TARGETS[to].lossy
    assert after.DerivationDescription
    assert after.DerivationCodeSequence[0].CodeValue == "113040"
    assert after.SourceImageSequence[0].ReferencedSOPInstanceUID == before.SOPInstanceUID
    assert result == transcoded(data, to)
    error = np.abs(open_image(result).stored().astype(int) - values)
    assert 0 <= error.max() < values.max() * 0.1


def test_near_lossless_errs_by_no_more_than_it_may() -> None:
    data = shipped("CT_small.dcm")
    before, after = open_image(data).stored(), open_image(transcoded(data, "jpeg-ls-near", near=3)).stored()
    assert 0 < np.abs(before.astype(int) - after.astype(int)).max() <= 3


def test_an_earlier_loss_is_told_of_once_the_transfer_syntax_no_longer_does() -> None:
    dataset = pydicom.dcmread(io.BytesIO(shipped("SC_rgb_jpeg_dcmtk.dcm")))
    dataset.LossyImageCompression = "00"
    del dataset.LossyImageCompressionRatio, dataset.LossyImageCompressionMethod
    buffer = io.BytesIO()
    dataset.save_as(buffer)
    after = pydicom.dcmread(io.BytesIO(transcoded(buffer.getvalue(), "explicit")))
    assert after.LossyImageCompression == "01"
    assert after.LossyImageCompressionMethod == "ISO_10918_1"
    assert after.SOPInstanceUID == dataset.SOPInstanceUID


def test_what_is_in_the_target_already_is_copied() -> None:
    for name, to in [
        ("CT_small.dcm", "explicit"),
        ("MR_small_RLE.dcm", "rle"),
        ("JPEG2000.dcm", "j2k-lossy"),
    ]:
        assert transcoded(shipped(name), to) == shipped(name)


def test_a_new_identity_may_be_asked_for() -> None:
    data = shipped("MR_small_RLE.dcm")
    before = open_image(data)
    for to in ("rle", "explicit"):
        after = open_image(transcoded(data, to, new_uid=True, uid_root="1.2.3.4"))
        assert after.attributes.SOPInstanceUID.startswith("1.2.3.4.")
        source = after.attributes.SourceImageSequence[0]
        assert source.ReferencedSOPInstanceUID == before.attributes.SOPInstanceUID
        assert np.array_equal(after.stored(), before.stored())


def test_deflated_objects_can_be_inflated_by_others() -> None:
    data = transcoded(shipped("CT_small.dcm"), "deflated")
    assert len(data) % 2 == 0
    assert len(data) < len(shipped("CT_small.dcm"))
    dataset = pydicom.dcmread(io.BytesIO(data))
    assert np.array_equal(dataset.pixel_array, open_image(shipped("CT_small.dcm")).stored())


def test_the_basic_offset_table_finds_each_frame() -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (3, 33, 35)).astype("u1")
    dataset = pydicom.dcmread(io.BytesIO(transcoded(made(pixels, stored=8, frames=3), "rle")))
    offsets = pydicom.encaps.parse_basic_offsets(dataset.PixelData)
    assert len(offsets) == 3
    assert np.array_equal(dataset.pixel_array, pixels)


def test_what_follows_the_pixels_is_kept() -> None:
    dataset = pydicom.dcmread(io.BytesIO(shipped("CT_small.dcm")))
    dataset.add_new(0xFFFCFFFC, "OB", b"\1\2\3\4")
    buffer = io.BytesIO()
    dataset.save_as(buffer)
    for to in LOSSLESS:
        after = pydicom.dcmread(io.BytesIO(transcoded(buffer.getvalue(), to)))
        assert after[0xFFFCFFFC].value == b"\1\2\3\4"
        assert after.PatientName == dataset.PatientName


@pytest.mark.parametrize(("source", "to"), [("explicit", "jpeg-ls"), ("jpeg-ls", "deflated")])
def test_frames_are_never_all_in_memory(source: str, to: str, tmp_path: Path) -> None:
    ramp = np.add.outer(np.arange(256), np.arange(256)).astype("u2")
    data = made(np.stack([ramp + number for number in range(100)]), stored=16, frames=100)
    path = tmp_path / "source.dcm"
    path.write_bytes(transcoded(data, source))
    size = len(data)
    del data
    with path.open("rb") as file, (tmp_path / "made.dcm").open("wb") as sink:
        tracemalloc.start()
        try:
            transcode_file(file, sink, target(to), Settings())
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < size / 2


def test_objects_without_pixels_change_their_encoding_only() -> None:
    data = shipped("rtplan.dcm")
    before = pydicom.dcmread(io.BytesIO(data))
    for to in ("explicit", "implicit", "deflated"):
        after = pydicom.dcmread(io.BytesIO(transcoded(data, to)))
        assert after.file_meta.TransferSyntaxUID == TARGETS[to].uid
        assert after == before
    with pytest.raises(NotSupportedError, match="no image"):
        transcoded(data, "rle")


@pytest.mark.parametrize(
    ("name", "to", "said"),
    [
        ("CT_small.dcm", "jpeg", "8 bits"),
        ("liver_1frame.dcm", "rle", "1 bits"),
        ("rtdose_1frame.dcm", "jpeg-ls", "32 bits"),
        ("examples_palette.dcm", "jpeg", "palette"),
    ],
)
def test_what_a_codec_cannot_hold_is_refused(name: str, to: str, said: str) -> None:
    with pytest.raises(NotSupportedError, match=said):
        transcoded(shipped(name), to)


@pytest.mark.parametrize(("keyword", "dtype"), [("FloatPixelData", "f4"), ("DoubleFloatPixelData", "f8")])
def test_floating_point_pixels_stay_what_they_are(keyword: str, dtype: str) -> None:
    dataset = pydicom.dcmread(io.BytesIO(shipped("CT_small.dcm")))
    values = np.random.default_rng(1).normal(size=(128, 128)).astype(dtype)
    del dataset.PixelData
    setattr(dataset, keyword, values.tobytes())
    dataset.BitsAllocated = values.dtype.itemsize * 8
    buffer = io.BytesIO()
    dataset.save_as(buffer)
    for to in ("explicit", "implicit", "deflated"):
        assert np.array_equal(open_image(transcoded(buffer.getvalue(), to)).stored(), values)
    with pytest.raises(NotSupportedError, match="floating-point"):
        transcoded(buffer.getvalue(), "jpeg-2000")


@pytest.mark.parametrize("to", ["htj2k", "jpeg-lossless"])
def test_an_encoder_that_is_not_installed_is_named_with_its_extra(
    to: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "imagecodecs", None)
    with pytest.raises(MissingDependencyError, match=r"imagecodecs.*fileroom\[transcode\]"):
        transcoded(shipped("CT_small.dcm"), to)


def test_overlays_in_unused_bits_are_not_lost_silently() -> None:
    dataset = pydicom.dcmread(io.BytesIO(shipped("MR_small_RLE.dcm")))
    dataset.add_new(0x60000102, "US", 15)
    buffer = io.BytesIO()
    dataset.save_as(buffer)
    with pytest.raises(NotSupportedError, match="overlay"):
        transcoded(buffer.getvalue(), "explicit")


@pytest.mark.parametrize("to", ["explicit", "jpeg-ls", "jpeg-2000"])
def test_damage_is_one_clear_error(to: str) -> None:
    data = shipped("MR_small_RLE.dcm")
    for length in range(0, len(data) - 400, len(data) // 12):
        with pytest.raises(FileroomError):
            transcoded(data[:length], to)


@pytest.mark.parametrize(
    ("typed", "name"),
    [("RLE", "rle"), ("1.2.840.10008.1.2.4.90", "jpeg-2000"), (" JPEG_LS ", "jpeg-ls"), ("jpg", "jpeg")],
)
def test_people_may_type_names_and_uids(typed: str, name: str) -> None:
    assert target(typed) is TARGETS[name]


def test_an_unknown_transfer_syntax_lists_the_known() -> None:
    with pytest.raises(InvalidValueError) as caught:
        target("jpeg-200")
    assert "did you mean jpeg-2000" in str(caught.value)
    assert all(name in str(caught.value) for name in TARGETS)


@pytest.mark.parametrize(
    "wrong", [{"quality": 0}, {"ratio": 1.0}, {"near": 0}, {"near": 256}, {"uid_root": "1.a"}]
)
def test_settings_out_of_range_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(InvalidValueError):
        Settings(**wrong)  # type: ignore[arg-type]


def test_ultrasound_has_ybr_in_rle_only() -> None:
    data = shipped("examples_ybr_color.dcm")
    before = open_image(data)
    for to, photometric in (("rle", "YBR_FULL"), ("explicit", "RGB"), ("jpeg-2000", "YBR_RCT")):
        after = open_image(transcoded(data, to))
        assert after.attributes.PhotometricInterpretation == photometric
        assert np.abs(after.shown().astype(int) - before.shown()).max() <= 1


def test_icons_that_are_compressed_like_the_object_do_not_outlive_its_transfer_syntax() -> None:
    dataset = pydicom.dcmread(io.BytesIO(shipped("MR_small_RLE.dcm")))
    for compressed in (True, False):
        icon = pydicom.Dataset()
        icon.Rows = icon.Columns = 2
        icon.PixelData = pydicom.encaps.encapsulate([b"\0" * 64]) if compressed else bytes(4)
        icon["PixelData"].VR = "OB"
        icon["PixelData"].is_undefined_length = compressed
        dataset.IconImageSequence = [icon]
        buffer = io.BytesIO()
        dataset.save_as(buffer)
        after = pydicom.dcmread(io.BytesIO(transcoded(buffer.getvalue(), "explicit")))
        assert ("IconImageSequence" in after) is not compressed


def test_frame_types_of_enhanced_objects_are_derived_after_a_loss() -> None:
    dataset = pydicom.dcmread(io.BytesIO(shipped("CT_small.dcm")))
    frame_type = pydicom.Dataset()
    frame_type.FrameType = ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"]
    group = pydicom.Dataset()
    group.CTImageFrameTypeSequence = [frame_type]
    dataset.SharedFunctionalGroupsSequence = [group]
    buffer = io.BytesIO()
    dataset.save_as(buffer)
    after = pydicom.dcmread(io.BytesIO(transcoded(buffer.getvalue(), "jpeg-ls-near")))
    found = after.SharedFunctionalGroupsSequence[0].CTImageFrameTypeSequence[0].FrameType
    assert found == ["DERIVED", "PRIMARY", "VOLUME", "NONE"]


def test_damage_to_lossless_jpeg_does_not_end_the_process() -> None:
    pixels = colours()
    data = transcoded(made(pixels, stored=8, photometric="RGB"), "jpeg-lossless")
    adobe = data.index(b"Adobe") + 11
    for value in (1, 3, 76, 255):
        with contextlib.suppress(FileroomError):
            transcoded(data[:adobe] + bytes([value]) + data[adobe + 1 :], "explicit")
    assert np.array_equal(open_image(transcoded(data, "explicit")).stored(), pixels)
