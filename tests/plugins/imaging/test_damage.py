from __future__ import annotations

import io
import random
from typing import TYPE_CHECKING

import numpy as np
import pydicom
import pytest
from click.testing import CliRunner
from PIL import Image as Pillow

import fileroom
from fileroom.cli.application import cli
from fileroom.errors import (
    ConfigError,
    FileroomError,
    InvalidDatasetError,
    InvalidValueError,
    NotDicomError,
    NotSupportedError,
)
from fileroom.testing.datasets import make_instance
from fileroom_plugins.imaging import open_image, render, transcode
from tests.plugins.imaging.images import TEST_FILES, compressed, made, saved

if TYPE_CHECKING:
    from pathlib import Path

    from fileroom_plugins.imaging.image import Image

pytestmark = pytest.mark.filterwarnings("ignore")

GREY = np.arange(64 * 64, dtype="uint16").reshape(64, 64)
JPEG = "1.2.840.10008.1.2.4.50"
ENDINGS = ("thumbnail", "transcode", "picture", "frames")
"""Processors that read an image's header."""


def start_of_pixels(data: bytes) -> int:
    return data.rfind(b"\xe0\x7f\x10\x00")


def without(data: bytes, *keywords: str) -> bytes:
    dataset = pydicom.dcmread(io.BytesIO(data))
    for keyword in keywords:
        del dataset[keyword]
    return saved(dataset)


@pytest.mark.parametrize("processor", ENDINGS)
@pytest.mark.parametrize("kept", [1000, 3000, 5000, 5600])
def test_an_image_that_is_cut_off_before_its_pixels_is_damaged(kept: int, processor: str) -> None:
    whole = (TEST_FILES / "CT_small.dcm").read_bytes()
    with pytest.raises(InvalidDatasetError):
        fileroom.process(whole[:kept], processor)


def test_an_object_is_damaged_wherever_it_is_cut_off_within_an_element() -> None:
    whole = without(made(GREY), "PixelData", "Rows")
    ends = {len(whole)}
    dataset = pydicom.dcmread(io.BytesIO(whole))
    for tag in dataset.keys():  # noqa: SIM118 - a dataset yields elements, which are no raw ones any more
        raw = dataset.get_item(tag)
        ends.add(raw.value_tell + raw.length)  # type: ignore[attr-defined]
    for kept in range(min(ends) + 1, len(whole) + 1):
        expected = NotSupportedError if kept in ends else InvalidDatasetError
        with pytest.raises((NotSupportedError, InvalidDatasetError)) as caught:
            open_image(whole[:kept])
        if kept > 400:  # by then it has a SOP class
            assert type(caught.value) is expected, kept


def test_a_sequence_without_a_length_may_be_the_last_element_of_a_whole_object() -> None:
    dataset = pydicom.dcmread(io.BytesIO(without(made(GREY), "PixelData", "Rows")))
    dataset.ContentSequence = [pydicom.Dataset()]
    dataset["ContentSequence"].is_undefined_length = True
    whole = saved(dataset)
    with pytest.raises(NotSupportedError, match="no image"):
        open_image(whole)
    for kept in (1, 5, 9, 12):
        with pytest.raises(InvalidDatasetError):
            open_image(whole[:-kept])


def test_zeros_in_the_place_of_attributes_are_damage() -> None:
    whole = bytearray((TEST_FILES / "SC_rgb_rle.dcm").read_bytes())
    middle = len(whole) // 2
    whole[middle : middle + 500] = bytes(500)
    with pytest.raises(InvalidDatasetError, match="cut off, or damaged"):
        open_image(bytes(whole))


def test_an_image_whose_pixels_are_elsewhere_is_not_damaged() -> None:
    with pytest.raises(NotSupportedError, match="no pixel data"):
        open_image(without(made(GREY), "PixelData"))


@pytest.mark.parametrize("processor", ENDINGS)
@pytest.mark.parametrize("data", [b"", b"a letter, and no image " * 20, bytes(1000), b"%PDF-1.7\n"])
def test_bytes_that_are_no_dicom_are_one_kind_of_error(processor: str, data: bytes) -> None:
    with pytest.raises(NotDicomError):
        fileroom.process(data, processor)


def test_an_object_without_a_preamble_that_is_no_image_is_told_from_what_is_no_dicom() -> None:
    plain = without(made(GREY), "PixelData", "Rows")
    plain = plain[plain.index(b"\x08\x00") :]
    with pytest.raises(NotSupportedError, match="the object is no image"):
        render(plain, "fileFormat=PNGF")


def jpeg(*, coloured: bool, **options: int) -> bytes:
    rows, columns = np.mgrid[:96, :96]
    noise = np.random.default_rng(5).normal(0, 8, (96, 96))
    grey = (128 + 90 * np.sin(columns / 9) * np.cos(rows / 13) + noise).clip(0, 255).astype("uint8")
    buffer = io.BytesIO()
    pixels = np.stack([grey, grey.T, 255 - grey], -1) if coloured else grey
    Pillow.fromarray(pixels).save(buffer, "JPEG", quality=90, **options)
    return buffer.getvalue()


def opened(frame: bytes, *, coloured: bool) -> Image:
    shape = (96, 96, 3) if coloured else (96, 96)
    photometric = "YBR_FULL_422" if coloured else "MONOCHROME2"
    return open_image(compressed([frame], np.zeros(shape, "uint8"), JPEG, photometric=photometric))


def damaged(frame: bytes, chance: random.Random, patch: bytes) -> bytes:
    start = frame.rindex(b"\xff\xda") + 14
    at = chance.randrange(start, len(frame) - len(patch) - 2)
    return frame[:at] + patch + frame[at + len(patch) :]


@pytest.mark.parametrize("coloured", [False, True])
@pytest.mark.parametrize("options", [{}, {"progressive": 1}, {"restart_marker_blocks": 8}])
def test_most_damage_of_jpeg_frames_is_noticed(*, coloured: bool, options: dict[str, int]) -> None:
    frame = jpeg(coloured=coloured, **options)
    assert opened(frame, coloured=coloured).stored().max() > 0
    chance = random.Random(11)
    refused = 0
    for number in range(40):
        patch = bytes(60) if number % 2 else chance.randbytes(60)
        try:
            opened(damaged(frame, chance, patch), coloured=coloured).stored()
        except InvalidDatasetError:
            refused += 1
    assert refused >= 20  # Huffman codes fall back into step, and then a few blocks are all that is wrong


@pytest.mark.parametrize("coloured", [False, True])
def test_jpeg_frames_without_an_end_or_with_odd_heads_are_decoded_as_before(*, coloured: bool) -> None:
    frame = jpeg(coloured=coloured)
    with Pillow.open(io.BytesIO(frame)) as image:
        image.draft("YCbCr" if coloured else "L", image.size)
        expected = np.asarray(image)
    padded = frame[:-2] + bytes(6) + frame[-2:]
    for odd in (frame, frame[:-2], padded, frame + bytes(4), frame.replace(b"JFIF\0\1", b"JFIF\0\3")):
        assert np.array_equal(opened(odd, coloured=coloured).stored(), expected)


def test_small_jpeg_frames_are_decoded_for_thumbnails_as_they_were() -> None:
    image = opened(jpeg(coloured=False), coloured=False)
    assert image.decoded(0, smallest=24).pixels.shape == (24, 24)
    assert image.decoded(0, smallest=30).pixels.shape == (48, 48)


@pytest.mark.parametrize("extra", ["", "new_uid"])
@pytest.mark.parametrize(("name", "target"), [("SC_rgb_rle_16bit", "rle"), ("rtdose_rle", "rle")])
def test_damaged_frames_are_not_copied_into_their_own_transfer_syntax(
    name: str, target: str, extra: str
) -> None:
    dataset = pydicom.dcmread(TEST_FILES / f"{name}.dcm")
    frames = list(
        pydicom.encaps.generate_frames(
            dataset.PixelData, number_of_frames=int(dataset.get("NumberOfFrames", 1))
        )
    )
    whole = saved(dataset)
    assert transcode(whole, target, new_uid=bool(extra))
    broken = frames[0][:-40] + bytes([127]) * 40
    for changed in ([broken, *frames[1:]], [frames[0][:90], *frames[1:]], [bytes(80), *frames[1:]]):
        dataset.PixelData = pydicom.encaps.encapsulate(changed)
        with pytest.raises(InvalidDatasetError):
            transcode(saved(dataset), target, new_uid=bool(extra))


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("SC_rgb_jpeg_dcmtk", "jpeg"),
        ("MR_small_jp2klossless", "jpeg-2000"),
        ("MR_small_jpeg_ls_lossless", "jpeg-ls"),
    ],
)
def test_frames_of_another_size_are_not_copied_into_their_own_transfer_syntax(name: str, target: str) -> None:
    dataset = pydicom.dcmread(TEST_FILES / f"{name}.dcm")
    assert transcode(saved(dataset), target)
    dataset.Rows += 1
    with pytest.raises(InvalidDatasetError, match="Columns and Rows"):
        transcode(saved(dataset), target)


@pytest.mark.parametrize("length", [4096, 8190, 16384])
def test_native_pixels_of_another_length_are_not_copied(length: int) -> None:
    dataset = pydicom.dcmread(io.BytesIO(made(GREY)))
    dataset.PixelData = (dataset.PixelData * 2)[:length]
    with pytest.raises(InvalidDatasetError, match="need 8192"):
        transcode(saved(dataset), "explicit")


def test_what_cannot_be_shown_is_copied_into_its_own_transfer_syntax() -> None:
    dataset = pydicom.dcmread(io.BytesIO(made(GREY)))
    dataset.BitsAllocated = dataset.BitsStored = 12
    data = saved(dataset)
    assert transcode(data, "explicit") == data


def test_errors_do_not_tell_of_classes_of_python() -> None:
    dataset = pydicom.dcmread(TEST_FILES / "MR_small_jp2klossless.dcm")
    (frame,) = pydicom.encaps.generate_frames(dataset.PixelData, number_of_frames=1)
    dataset.PixelData = pydicom.encaps.encapsulate([frame[:200]])
    with pytest.raises(InvalidDatasetError) as caught:
        open_image(saved(dataset)).stored()
    assert str(caught.value) == "decoding frame 1 failed: the object is damaged"


@pytest.mark.parametrize("command", ["fileFormat=JFIF", "fileFormat=TIFF compressionFormat=JPEG"])
def test_libjpeg_does_not_write_to_the_standard_error_stream(
    command: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(NotSupportedError, match="cannot hold a picture of 65535 by 10 pixels"):
        render(made(GREY), f"{command} fixedScale=65535 10")
    with pytest.raises(NotSupportedError, match="at most 65500"):
        transcode(made(np.zeros((1, 65534), "uint8")), "jpeg")
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    "command",
    [
        *("fileFormat=CALS", "fileFormat=PNGF compressionQuality=50", "fileFormat=BMPF frame=ALL"),
        *("fileFormat=PNGF compressionFormat=JPEG", "fileFormat=JFIF tiled", "fileFormat=PNGF fps=3"),
        *("window=abdomen page=1", "fileFormat=AVIF compressionFormat=JPEG"),
    ],
)
def test_a_command_that_is_wrong_for_every_object_is_refused_when_it_is_opened(
    command: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError), fileroom.standalone.processor("picture", command=command):
        pass
    with pytest.raises(FileroomError):
        fileroom.process(tmp_path / "missing", "picture", command=command)


def test_a_command_that_is_right_for_some_objects_is_opened() -> None:
    for command in ("window=abdomen", "page=1", "frame=7", "cut=0 0 9999 9999", "channelOrder=BGR"):
        with fileroom.standalone.processor("picture", command=command):
            pass


@pytest.mark.parametrize(
    "command",
    [
        *('fileFormat=DICM compressionFormat="JPEG 2000"', "fileFormat=DICM compressionFormat=JPEG 2000"),
        "fileFormat=DICM, compressionFormat='jpeg 2000',",
    ],
)
def test_jpeg_2000_may_be_written_with_a_blank(command: str) -> None:
    with open_image(render(made(GREY), command).data) as image:
        assert image.syntax.is_encapsulated
        assert np.array_equal(image.stored(), GREY)


def test_operators_and_values_may_be_divided_by_commas() -> None:
    data = made(GREY)
    plain = render(data, "fileFormat=PNGF fixedScale=30 20 gamma=1.5 flip mirror").data
    for command in (
        "fileFormat=PNGF, fixedScale=30 20, gamma=1.5, flip, mirror",
        "fileFormat=PNGF,fixedScale=30, 20,gamma=1.5,flip,mirror,",
        'fileFormat=PNGF, fixedScale="30","20" , gamma=1.5 flip , mirror',
    ):
        assert render(data, command).data == plain
    with pytest.raises(InvalidValueError, match="gamma"):
        render(data, "fileFormat=PNGF gamma=1,5")


def test_sixteen_bits_of_colours_are_five_each() -> None:
    picture = render(made(GREY), "fileFormat=PNGF contentFormat=16BITRGB").data
    with Pillow.open(io.BytesIO(picture)) as image:
        assert image.mode == "RGB"
        shades = set(np.asarray(image)[..., 0].ravel().tolist())
    assert len(shades) == 32
    assert {0, 255} <= shades


def test_mpeg_is_what_films_are_compressed_with() -> None:
    with fileroom.standalone.processor("picture", command="fileFormat=MP4 compressionFormat=MPEG"):
        pass
    with pytest.raises(InvalidValueError, match=r"DICM has no MPEG: it has NONE, RAW"):
        render(made(GREY), "fileFormat=DICM compressionFormat=MPEG")


def test_on_the_command_line_such_a_command_is_wrong_usage_once(tmp_path: Path) -> None:
    objects, archive = tmp_path / "objects", tmp_path / "archive"
    objects.mkdir()
    for number in range(3):
        (objects / f"{number}.dcm").write_bytes(make_instance(instance_number=number))
    with fileroom.open(archive) as opened_archive:
        opened_archive.ingest(objects)
    for words in (
        ("process", objects, "fileFormat=CALS", "-o", tmp_path / "made"),
        ("-a", archive, "process", "instance", "fileFormat=PNGF compressionQuality=5"),
        ("-a", archive, "process", "instance", "fileFormat=PNGF tiled", "-o", tmp_path / "made"),
    ):
        result = CliRunner().invoke(cli, [str(word) for word in words])
        assert result.exit_code == 2, result.output
        assert result.stderr.count("error:") == 1
    assert not list(tmp_path.glob("made/*"))
