"""Presentation states that an option names."""

from __future__ import annotations

import io
import random
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.uid import BlendingSoftcopyPresentationStateStorage

import fileroom
from fileroom.plugin import (
    ConfigError,
    InvalidDatasetError,
    NotFoundError,
    NotSupportedError,
    ObjectName,
    Processor,
)
from fileroom.testing.datasets import make_instance
from fileroom.testing.processor import ProcessorContract
from fileroom_plugins.imaging import header, open_image, render, states_for
from fileroom_plugins.imaging.picturing import Options, fileroom_processor
from fileroom_plugins.imaging.presentation import view_by
from fileroom_plugins.imaging.states import read_state
from tests.plugins.imaging.images import made, saved
from tests.plugins.imaging.presentation_states import item, state, state_file

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.plugins.imaging.images import Pixels

TURNED = {"PresentationLUTShape": "INVERSE", "ImageRotation": 90}
PIXELS = np.arange(200, dtype="uint8").reshape(10, 20)
SEEN = np.rot90(255 - PIXELS, -1)
PNG = "fileFormat=PNGF"


def picture(data: bytes) -> Pixels:
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image)


def test_a_picture_is_drawn_by_the_state_and_of_other_images_without() -> None:
    image, other = made(PIXELS), made(PIXELS, {"SOPInstanceUID": "1.2.3.9"})
    by = state_file(image, parts=TURNED)
    (product,) = fileroom.process(image, "picture", command=PNG, presentation=by)
    assert np.array_equal(picture(product.data), SEEN)
    (product,) = fileroom.process(other, "picture", command=PNG, presentation=by)
    assert picture(product.data).shape == PIXELS.shape
    assert product == fileroom.process(other, "picture", command=PNG)[0]


def test_of_a_multi_frame_image_the_frames_it_refers_to_are_drawn_by_the_state() -> None:
    data = made(np.stack([PIXELS, PIXELS]))
    presentation = pydicom.dcmread(io.BytesIO(state_file(data, parts={"PresentationLUTShape": "INVERSE"})))
    presentation.ReferencedSeriesSequence[0].ReferencedImageSequence[0].ReferencedFrameNumber = 2
    first, second = (
        picture(render(data, f"{PNG} frame={number} window=128 256", presentation=presentation).data)
        for number in (1, 2)
    )
    assert np.array_equal(first, 255 - second)


def test_pixels_are_square_after_the_picture_was_turned() -> None:
    data = made(PIXELS, {"PixelSpacing": [2, 1]})
    by = state_file(data, parts=TURNED)
    assert picture(render(data, PNG).data).shape == (20, 20)
    assert picture(render(data, PNG, presentation=by).data).shape == (20, 20)
    (thumbnail,) = fileroom.process(data, "thumbnail", presentation=by)
    assert picture(thumbnail.data).shape == (20, 20)
    by = state_file(made(PIXELS), parts=TURNED)
    (thumbnail,) = fileroom.process(made(PIXELS), "thumbnail", presentation=by)
    assert picture(thumbnail.data).shape == (20, 10)


def test_a_thumbnail_is_drawn_by_the_state_with_less_detail() -> None:
    pixels = np.full((512, 1024), 255, "uint8")
    plane = np.zeros(pixels.shape, bool)
    plane[:, 512:] = True
    by = pydicom.dcmread(io.BytesIO(state_file(made(pixels), parts={"ImageRotation": 90})))
    by.ShutterShape, by.ShutterOverlayGroup = "BITMAP", 0x6000
    by.ShutterPresentationValue = 0
    by.add_new(0x60000010, "US", 512)
    by.add_new(0x60000011, "US", 1024)
    by.add_new(0x60003000, "OW", np.packbits(plane.ravel(), bitorder="little").tobytes())
    (thumbnail,) = fileroom.process(made(pixels), "thumbnail", size=64, presentation=by)
    seen = picture(thumbnail.data)
    assert seen.shape == (64, 32)
    assert (seen[:28] > 250).all()
    assert (seen[36:] < 5).all()


LINE = item(
    GraphicAnnotationUnits="PIXEL",
    GraphicDimensions=2,
    NumberOfGraphicPoints=2,
    GraphicData=[0.0, 5.0, 10.0, 5.0],
    GraphicType="POLYLINE",
    GraphicFilled="N",
)
WITH_GRAPHICS = {"GraphicAnnotationSequence": [item(GraphicObjectSequence=[LINE])]}


def test_graphics_are_drawn_with_the_operator_overlay() -> None:
    data = made(np.zeros((10, 10), "uint8"))
    by = state_file(data, parts=WITH_GRAPHICS)
    assert picture(render(data, f"{PNG} overlay", presentation=by).data)[5].all()
    assert not picture(render(data, PNG, presentation=by).data).any()


def test_a_new_object_holds_what_the_state_shows() -> None:
    data = made(PIXELS)
    made_object = render(data, "fileFormat=DICM", presentation=state_file(data, parts=TURNED))
    with open_image(made_object.data) as image:
        assert np.array_equal(image.stored(), SEEN)


def test_sixteen_bits_are_refused_with_a_state_that_applies() -> None:
    command, data = "fileFormat=PNGF contentFormat=16BITGRAYSCALE", made(PIXELS)
    with pytest.raises(NotSupportedError, match="16BITGRAYSCALE is without a presentation state"):
        fileroom.process(data, "picture", command=command, presentation=state_file(data))


def deflated(data: bytes) -> bytes:
    dataset = pydicom.dcmread(io.BytesIO(data))
    dataset.file_meta.TransferSyntaxUID = pydicom.uid.DeflatedExplicitVRLittleEndian
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def test_a_deflated_state_is_read_and_a_bomb_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    data = made(PIXELS)
    by = deflated(state_file(data, parts=TURNED))
    assert np.array_equal(picture(render(data, PNG, presentation=by).data), SEEN)
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    zeros = packer.compress(bytes(2 << 20)) + packer.flush()
    monkeypatch.setattr(header, "LARGEST", 1 << 20)
    start = by.index(b"1.2.840.10008.1.2.1.99") + 22
    with pytest.raises(NotSupportedError, match="inflates to more than"):
        read_state(by[:start] + zeros)


GRAPHIC = item(GraphicObjectSequence=[item(GraphicAnnotationUnits="PIXEL", GraphicData=[1.0])])


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({}, "refers to no image"),
        ({"ImageRotation": 45}, "ImageRotation"),
        ({"ShutterShape": "RECTANGULAR"}, "display shutter is missing"),
        ({"ShutterShape": "BITMAP"}, "ShutterOverlayGroup"),
        ({"PresentationLUTSequence": [item(LUTDescriptor=[2, 0, 8])]}, "lookup table"),
        ({"SoftcopyVOILUTSequence": [item(VOILUTSequence=[])]}, "VOILUTSequence has no item"),
        ({"GraphicAnnotationSequence": [GRAPHIC]}, "a graphic"),
    ],
)
def test_a_damaged_state_is_an_error_before_any_object_is_looked_at(
    parts: Mapping[str, object], message: str
) -> None:
    by = state_file(made(PIXELS), parts=parts) if parts else state_file()
    for name in ("picture", "thumbnail"):
        with pytest.raises(ConfigError, match=rf"presentation: .*{message}"):
            fileroom.process(b"no image", name, presentation=by)


def test_a_state_with_bytes_changed_is_read_or_refused_and_drawn_or_refused() -> None:
    data = made(PIXELS)
    good, dice = state_file(data, parts={**TURNED, **WITH_GRAPHICS}), random.Random(7)
    read = 0
    with open_image(data) as image:
        for _ in range(150):
            bad = bytearray(good)
            for _ in range(dice.randint(1, 4)):
                bad[dice.randrange(132, len(bad))] = dice.randrange(256)
            try:
                view = view_by(read_state(bytes(bad)), image, 0, overlays=True)
                read += 1
                image.shown(0, view)
            except (NotSupportedError, InvalidDatasetError):
                pass
    assert read > 20


def test_references_that_are_none_are_refused() -> None:
    by = pydicom.dcmread(io.BytesIO(state_file(made(PIXELS))))
    by.ReferencedSeriesSequence[0].add_new("ReferencedImageSequence", "LO", ["one", "two"])
    with pytest.raises(InvalidDatasetError):
        read_state(saved(by))


def test_what_is_no_presentation_state_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "image.dcm").write_bytes(make_instance())
    for given, message in (
        (tmp_path / "image.dcm", "the object is of CT Image Storage, and no presentation state"),
        (
            state_file(made(PIXELS), kind=BlendingSoftcopyPresentationStateStorage),
            "of Blending Softcopy Presentation State Storage",
        ),
        (state_file(made(PIXELS), kind="1.2.3.4"), "of an unknown kind"),
        (b"nothing", "no DICOM object"),
        (tmp_path / "none.dcm", "no such file"),
        (tmp_path, "no such file"),
        (5, "expected the public id"),
        ("", "expected the public id"),
        (state(made(PIXELS)), "cannot be written as a DICOM file"),
    ):
        with pytest.raises(ConfigError, match=rf"presentation: .*{message}"):
            fileroom.process(make_instance(), "picture", presentation=given)


def test_states_are_found_among_objects() -> None:
    image, other = made(PIXELS), made(PIXELS, {"SOPInstanceUID": "1.2.3.9"})
    first, second, third = state_file(image), state_file(other), state_file(other, image)
    damaged = state_file(image, parts={"ImageRotation": 45})
    among = [image, first, second, b"nothing", damaged, third]
    assert states_for(image, among) == [first, third]
    assert states_for(other, among) == [second, third]
    with pytest.raises(NotFoundError):
        states_for(image, ["none.dcm"])
    with pytest.raises(InvalidDatasetError):
        states_for(b"nothing", [first])


class TestPictureByAState(ProcessorContract):
    """All promises, with a state of one of the samples."""

    @pytest.fixture
    def samples(self) -> Mapping[str, bytes]:
        return {"image": made(PIXELS), "other": made(PIXELS, {"SOPInstanceUID": "1.2.3.9"})}

    @pytest.fixture
    def processor(self, samples: Mapping[str, bytes]) -> Processor:
        by = ObjectName.of(state_file(samples["image"], parts=TURNED))
        return fileroom_processor().open(Options(f"{PNG} overlay", presentation=by))
