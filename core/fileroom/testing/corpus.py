"""Many CT instances, quickly: each series is written once by pydicom, its instances by patching bytes."""

from __future__ import annotations

import datetime as dt
import io
import math
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import pydicom

from fileroom.model import Identity
from fileroom.testing.ct_attributes import ct_dataset

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydicom.dataelem import RawDataElement

_FIRST_SERIAL = 1_000_000  # all numbers from here on have as many digits


@dataclass(frozen=True, slots=True)
class SyntheticInstance:
    """One object of a corpus.

    Attributes:
        path: relative, with forward slashes: patient, study, series, file.
        identity: the identifiers in it.
        data: the bytes of the DICOM file.
    """

    path: str
    identity: Identity
    data: bytes


class Corpus:
    """An iterable of CT instances, the same ones each time, evenly spread over series.

    Headers have some eighty attributes and names in several scripts; pixels are noise of twelve bits,
    different in every instance.

    Args:
        count: number of instances.
        size: bytes of each, about; at least what the header takes (some 3,500).
        patients: number of patients.
        studies: studies of each patient.
        series: series of each study.
        seed: another one gives other identifiers, dates and pixels.
    """

    def __init__(
        self,
        count: int,
        size: int = 20_000,
        *,
        patients: int = 4,
        studies: int = 2,
        series: int = 5,
        seed: int = 0,
    ) -> None:
        self._count = count
        self._size = size
        self._shape = (patients, studies, series)
        self._seed = seed

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[SyntheticInstance]:
        """Yield the instances, series after series."""
        patients, studies, series = self._shape
        total = patients * studies * series
        noise = _noise(self._size, self._seed)
        current, serial = -1, 0
        for index in range(self._count):
            number = index * total // self._count
            if number != current:
                current, serial = number, 0
                study, series_index = divmod(number, series)
                patient, study_index = divmod(study, studies)
                template = _Series(patient, study_index, series_index, self._size, self._seed)
            serial += 1
            yield template.instance(serial, noise, index)


class _Series:
    """One series: the bytes of its first instance, and where the others differ."""

    def __init__(self, patient: int, study: int, series: int, size: int, seed: int) -> None:
        self._folder = f"patient{patient:02}/study{study:02}/series{series:02}"
        self._dataset = ct_dataset(patient, study, series, seed)
        header_size = len(_written(self._dataset))
        columns = max(2, math.isqrt(max(0, size - header_size) // 2))
        rows = max(1, (size - header_size) // (2 * columns))
        self._pixel_bytes = 2 * rows * columns
        self._dataset.Rows, self._dataset.Columns = rows, columns
        self._dataset.PixelData = bytes(self._pixel_bytes)
        whole = _written(self._dataset)
        self._header = whole[: -self._pixel_bytes]
        self._offsets = _value_offsets(self._header)
        assert self._patched(1) == self._header, "the values that change must keep their length"

    def instance(self, serial: int, noise: bytes, index: int) -> SyntheticInstance:
        """Return one instance by its number from 1 on."""
        header = self._patched(serial)
        shift = index * 14 % (len(noise) - self._pixel_bytes)
        data = b"".join((header, noise[shift : shift + self._pixel_bytes]))
        dataset = self._dataset
        identity = Identity(
            dataset.PatientID, dataset.StudyInstanceUID, dataset.SeriesInstanceUID, self._sop_uid(serial)
        )
        return SyntheticInstance(f"{self._folder}/{serial:05}.dcm", identity, data)

    def _sop_uid(self, serial: int) -> str:
        return f"{self._dataset.SeriesInstanceUID}.{_FIRST_SERIAL + serial}"

    def _patched(self, serial: int) -> bytearray:
        header = bytearray(self._header)
        for keyword, value in _values(serial, self._sop_uid(serial)).items():
            offset = self._offsets[keyword]
            header[offset : offset + len(value)] = value.encode("ascii")
        return header


def _values(serial: int, sop_uid: str) -> dict[str, str]:
    """Return what changes from instance to instance, in texts of constant length."""
    depth = f"{-400 + 0.625 * serial:010.3f}"
    moment = dt.datetime(2000, 1, 1, 10, 30) + dt.timedelta(milliseconds=170 * serial)  # noqa: DTZ001
    return {
        "MediaStorageSOPInstanceUID": sop_uid,
        "SOPInstanceUID": sop_uid,
        "InstanceNumber": f"{serial:06}",
        "SliceLocation": depth,
        "ImagePositionPatient": f"-250.000\\-250.000\\{depth}",
        "AcquisitionTime": f"{moment:%H%M%S.%f}",
        "ContentTime": f"{moment:%H%M%S.%f}",
    }


def _value_offsets(header: bytes) -> dict[str, int]:
    """Return where in a header the values stand that change, by keyword."""
    dataset = pydicom.dcmread(io.BytesIO(header), stop_before_pixels=True)
    offsets: dict[str, int] = {}
    for keyword in _values(1, ""):
        holder = dataset.file_meta if keyword.startswith("Media") else dataset
        offsets[keyword] = cast("RawDataElement", holder.get_item(keyword)).value_tell
    return offsets


def _noise(size: int, seed: int) -> bytes:
    """Return pixels of twelve bits, enough for instances of a size to start anywhere in the first half."""
    chance = random.Random(seed)
    pixels = bytearray(4 * size + 64)
    pixels[0::2] = chance.randbytes(len(pixels) // 2)
    pixels[1::2] = chance.randbytes(len(pixels) // 2).translate(bytes(value & 0x0F for value in range(256)))
    return bytes(pixels)


def _written(dataset: pydicom.Dataset) -> bytes:
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()
