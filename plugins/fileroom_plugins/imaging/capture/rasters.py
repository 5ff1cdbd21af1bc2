"""Secondary Capture objects of rasters: of arrays, and of image files without decoding where that can be."""

from __future__ import annotations

import io
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
from pydicom.encaps import encapsulate

from fileroom.plugin import InvalidValueError, NotSupportedError
from fileroom_plugins.imaging.capture.compressed import compressed_image
from fileroom_plugins.imaging.capture.metadata import read_metadata
from fileroom_plugins.imaging.capture.modules import file_of, start
from fileroom_plugins.imaging.capture.pixels import (
    SINGLE,
    check_frame,
    describe,
    describe_samples,
    sop_class_of,
)
from fileroom_plugins.imaging.commands import parse
from fileroom_plugins.imaging.faults import damage
from fileroom_plugins.imaging.formats import FORMATS
from fileroom_plugins.imaging.rendering.colours import finished
from fileroom_plugins.imaging.rendering.sources import open_raster
from fileroom_plugins.imaging.transcoding.lossy import add_compression
from fileroom_plugins.imaging.uids import check_root

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydicom import Dataset

    from fileroom_plugins.imaging.capture.compressed import CompressedImage
    from fileroom_plugins.imaging.capture.metadata import Metadata
    from fileroom_plugins.imaging.native import Pixels

LARGEST = 0xFFFFFFFE
"""The bytes that pixels may take that are not compressed."""


def capture_file(data: bytes, metadata: Metadata = None, *, uid_root: str = "") -> bytes:
    """Return a Secondary Capture object of an image file.

    JPEG (baseline, extended, lossless), JPEG-LS and JPEG 2000 files go into it as they are; all others, and
    progressive JPEG, are decoded. Several pages or frames make a multi-frame object.

    Args:
        data: the file, of a format that Pillow reads, or raw pixels (RPIX).
        metadata: attributes by keyword, as DICOM JSON, or as a dataset; patient and study, above all.
        uid_root: prefix of UIDs that are not given; without one they are UUIDs beneath ``2.25``.

    Returns:
        A DICOM file. The same arguments give the same bytes.

    Raises:
        NotSupportedError: the format is not known, or the image is too large.
        InvalidDatasetError: the file is damaged.
        InvalidValueError: the metadata is wrong.
    """
    check_root(uid_root)
    given = read_metadata(metadata)
    with damage("making an object of an image"):
        return _captured(data, given, uid_root)


def _captured(data: bytes, given: Dataset, uid_root: str) -> bytes:
    if image := compressed_image(data):
        dataset = start(given, sop_class=SINGLE, modality="OT", seed=[data], uid_root=uid_root)
        describe_samples(dataset, (image.rows, image.columns), image.bits, image.photometric)
        if image.lossy:
            add_compression(dataset, image.lossy, _ratio(image))
        dataset.PixelData = encapsulate([image.data])
        return file_of(dataset, image.syntax)
    source = open_raster(io.BytesIO(data))
    command = parse("")
    frames = (
        np.asarray(finished(source.canvas(index, command), command, FORMATS["DICM"]))
        for index in range(source.frames)
    )
    try:
        return capture_frames(frames, given, fps=source.fps, uid_root=uid_root)
    except InvalidValueError as error:
        raise NotSupportedError("the pages of the file are not of one size and kind") from error


def capture_frames(
    frames: Iterable[Pixels], metadata: Metadata = None, *, fps: float = 10.0, uid_root: str = ""
) -> bytes:
    """Return a Secondary Capture object of arrays, one for each frame.

    Args:
        frames: rows by columns of 8 or 16 bits (unsigned), or rows by columns by red, green and blue of 8
            bits; all of one size. They are asked for one by one.
        metadata: see `capture_file`.
        fps: frames a second, where there are several.
        uid_root: see `capture_file`.

    Raises:
        InvalidValueError: frames are of another kind, there are none, or the metadata is wrong.
        NotSupportedError: they take more than 4 GiB.
    """
    given = read_metadata(metadata)
    iterator = iter(frames)
    first = next(iterator, None)
    if first is None:
        raise InvalidValueError("there are no frames")
    data = bytearray()
    count = 0
    for frame in chain([first], iterator):
        check_frame(frame, first)
        data += frame.astype(frame.dtype.newbyteorder("<"), copy=False).tobytes()
        count += 1
        if len(data) > LARGEST:
            raise NotSupportedError("the frames take more than 4 GiB")
    sop_class = sop_class_of(first, count)
    dataset = start(given, sop_class=sop_class, modality="OT", seed=[bytes(data)], uid_root=uid_root)
    describe(dataset, first, count, fps)
    dataset.PixelData = bytes(data) + b"\0" * (len(data) % 2)
    dataset["PixelData"].VR = "OB" if first.dtype == np.uint8 else "OW"
    return file_of(dataset)


def _ratio(image: CompressedImage) -> float:
    samples = 1 if image.photometric == "MONOCHROME2" else 3
    return image.rows * image.columns * samples * (1 + (image.bits > 8)) / len(image.data)  # noqa: PLR2004
