"""What other modules and plugins do to pixels."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

from fileroom.plugin import FileroomError, InvalidDatasetError
from fileroom_plugins.deidentify.pixels.packages import missing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydicom import Dataset

    from fileroom_plugins.deidentify.pixels.rectangles import Rectangle


_PIXELS = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")


class PixelCleaner(Protocol):
    """Makes pixels unreadable that tell who the patient is: burned-in text, or a face."""

    def __call__(self, dataset: Dataset, /) -> bool:
        """Blank what is to be hidden in every frame, in place.

        The dataset is the original with its ``file_meta``, all attributes still there, so that the device
        and its regions can be told. The cleaner may change pixel data, what describes it, and the transfer
        syntax.

        Where nothing is left to hide, it sets Burned In Annotation or Recognizable Visual Features to ``NO``.

        Returns:
            Whether pixels were changed.

        Raises:
            NotSupportedError: it cannot tell, or cannot be done for this object.
            InvalidDatasetError: the object is damaged.
            MissingDependencyError: a package is not installed.
        """


class Cleaned(NamedTuple):
    """A DICOM file whose pixels a cleaner went over.

    Attributes:
        data: the file.
        changed: whether pixels were changed.
        sure: whether it says that there is nothing to hide any more, or has no pixels.
    """

    data: bytes
    changed: bool
    sure: bool


def cleaned(data: bytes, cleaner: PixelCleaner, says: str) -> Cleaned:
    """Let a cleaner go over a DICOM file.

    Args:
        data: the file.
        cleaner: what cleans.
        says: the keyword of the attribute that is ``NO`` if there is nothing to hide.

    Raises:
        FileroomError: what the cleaner raises; `InvalidDatasetError` for all that pydicom does.
    """
    from pydicom import dcmread  # noqa: PLC0415 - only those need it who have pixels cleaned

    try:
        dataset = dcmread(io.BytesIO(data), force=True)
        before = dataset.get(says)
        changed = cleaner(dataset)
        after = dataset.get(says)
        if changed or after != before:
            _open_pixels(dataset)
            data = as_file(dataset)
        return Cleaned(data, changed, after == "NO" or not any(keyword in dataset for keyword in _PIXELS))
    except FileroomError as error:
        raise error from None  # causes may quote values
    except Exception as error:  # noqa: BLE001 - pydicom raises whatever the damage leads to, and quotes values
        message = f"damaged: its pixels cannot be cleaned ({type(error).__name__}); nothing was passed on"
        raise InvalidDatasetError(message) from None


def _open_pixels(dataset: Dataset) -> None:
    """Let pixels be read while they are written: of bytes pydicom makes another copy first."""
    for keyword in _PIXELS:
        value = getattr(dataset, keyword, None)
        if isinstance(value, bytes) and len(value) % 2 == 0:
            dataset[keyword].value = io.BytesIO(value)


def pixel_cleaner(rectangles: Sequence[Rectangle], unknown: Literal["refuse", "report"]) -> PixelCleaner:
    """Return what blackens burned-in text; the arguments are those of `CleanPixels`.

    Raises:
        MissingDependencyError: numpy is not installed.
    """
    try:
        from fileroom_plugins.deidentify.pixels.cleaner import CleanPixels  # noqa: PLC0415 - numpy is slow
    except ImportError as error:
        raise missing(error) from error
    return CleanPixels(rectangles, unknown)


def as_file(dataset: Dataset) -> bytes:
    """Return a dataset as a DICOM file, in explicit VR little endian if it does not know better.

    Raises:
        InvalidDatasetError: it cannot be written.
    """
    from pydicom import dcmwrite  # noqa: PLC0415
    from pydicom.uid import ExplicitVRLittleEndian  # noqa: PLC0415

    file = io.BytesIO()
    try:
        meta = getattr(dataset, "file_meta", None)
        if meta is not None and "TransferSyntaxUID" in meta:
            dcmwrite(file, dataset, enforce_file_format=True)
        else:
            implicit, little = dataset.original_encoding
            syntax = None if implicit is not None else ExplicitVRLittleEndian
            dcmwrite(file, dataset, implicit_vr=None if syntax is None else False, little_endian=little)
    except Exception as error:  # noqa: BLE001 - pydicom raises whatever the damage leads to, and quotes values
        message = f"damaged: the dataset cannot be written ({type(error).__name__}); nothing was passed on"
        raise InvalidDatasetError(message) from None
    return file.getvalue()
