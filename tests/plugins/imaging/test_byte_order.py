from __future__ import annotations

import io

import numpy as np
import pydicom
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import correct_ambiguous_vr, write_dataset, write_file_meta_info
from pydicom.uid import ExplicitVRBigEndian

from fileroom_plugins.imaging.image import open_image
from fileroom_plugins.imaging.view import View
from tests.plugins.imaging.images import Pixels, made

WORDS = bytes([1, 0, 3, 2, 5, 4, 7, 6])
"""The bytes 0 to 7 as they stand in 16-bit words of big-endian order (PS3.5 section 7.3)."""


def dataset_of(pixels: Pixels) -> pydicom.Dataset:
    dataset = pydicom.dcmread(io.BytesIO(made(pixels)))
    dataset.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
    dataset["PixelData"].VR = "OB"
    return dataset


def big_endian(dataset: pydicom.Dataset) -> bytes:
    buffer = DicomBytesIO(bytes(128) + b"DICM")
    buffer.seek(0, io.SEEK_END)
    write_file_meta_info(buffer, dataset.file_meta)
    buffer.is_little_endian, buffer.is_implicit_VR = False, False
    write_dataset(buffer, correct_ambiguous_vr(pydicom.Dataset(dataset), is_little_endian=False))
    return buffer.getvalue()


def test_bits_of_an_overlay_in_big_endian_words_are_at_their_columns() -> None:
    plane = np.random.default_rng(5).integers(0, 2, (4, 24)).astype(bool)
    dataset = dataset_of(np.zeros((4, 24), "uint8"))
    for element, vr, value in ((0x10, "US", 4), (0x11, "US", 24), (0x100, "US", 1), (0x102, "US", 0)):
        dataset.add_new((0x6000, element), vr, value)
    packed = np.packbits(plane.ravel(), bitorder="little")
    for vr, data in (("OW", packed.view(np.uint16).byteswap().tobytes()), ("OB", packed.tobytes())):
        dataset.add_new((0x6000, 0x3000), vr, data)
        drawn = open_image(big_endian(dataset)).shown(0, View(overlays=True))
        assert np.array_equal(drawn == 255, plane), vr


def test_a_palette_of_bytes_in_big_endian_words_is_read_in_its_order() -> None:
    dataset = dataset_of(np.arange(8, dtype="uint8").reshape(2, 4))
    dataset.PhotometricInterpretation = "PALETTE COLOR"
    for colour in ("Red", "Green", "Blue"):
        name = f"{colour}PaletteColorLookupTable"
        setattr(dataset, f"{name}Descriptor", [8, 0, 8])
        dataset[f"{name}Descriptor"].VR = "US"
        setattr(dataset, f"{name}Data", WORDS)
    assert open_image(big_endian(dataset)).shown()[..., 0].ravel().tolist() == [*range(8)]


def test_a_segmented_palette_of_bytes_in_big_endian_words_is_read_in_its_order() -> None:
    dataset = dataset_of(np.arange(4, dtype="uint8").reshape(2, 2))
    dataset.PhotometricInterpretation = "PALETTE COLOR"
    for colour in ("Red", "Green", "Blue"):
        name = f"{colour}PaletteColorLookupTable"
        setattr(dataset, f"{name}Descriptor", [4, 0, 8])
        dataset[f"{name}Descriptor"].VR = "US"
        setattr(dataset, f"Segmented{name}Data", bytes([4, 0, 20, 10, 40, 30]))  # discrete: 4
        dataset[f"Segmented{name}Data"].VR = "OW"
    assert open_image(big_endian(dataset)).shown()[..., 0].ravel().tolist() == [10, 20, 30, 40]


def test_a_lookup_table_of_bytes_in_big_endian_words_is_read_in_its_order() -> None:
    dataset = dataset_of(np.arange(8, dtype="uint8").reshape(2, 4))
    item = pydicom.Dataset()
    item.add_new("LUTDescriptor", "US", [8, 0, 8])
    item.add_new("LUTData", "OW", WORDS)
    dataset.VOILUTSequence = [item]
    assert open_image(big_endian(dataset)).shown().ravel().tolist() == [*range(8)]
