"""What other modules and plugins do to pixels."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Protocol

from fileroom.plugin import FileroomError, InvalidDatasetError

if TYPE_CHECKING:
    from pydicom import Dataset


class PixelCleaner(Protocol):
    """Makes pixels unreadable that tell who the patient is: burned-in text, or a face."""

    def __call__(self, dataset: Dataset) -> bool:
        """Blank what is to be hidden in every frame, in place.

        The dataset is the original with its ``file_meta``, all attributes still there, so that the device
        and its regions can be told. The cleaner may change pixel data, what describes it, and the transfer
        syntax.

        Returns:
            Whether anything was changed; False means that there is nothing to hide.

        Raises:
            NotSupportedError: it cannot tell, or cannot be done for this object.
            InvalidDatasetError: the object is damaged.
            MissingDependencyError: a package is not installed.
        """


def cleaned(data: bytes, cleaner: PixelCleaner) -> tuple[bytes, bool]:
    """Return a DICOM file whose pixels a cleaner went over, and whether it changed anything.

    Raises:
        FileroomError: what the cleaner raises; `InvalidDatasetError` for all that pydicom does.
    """
    from pydicom import dcmread  # noqa: PLC0415 - only those need it who have pixels cleaned

    try:
        dataset = dcmread(io.BytesIO(data), force=True)
        if "PixelData" not in dataset or not cleaner(dataset):
            return data, False
        return as_file(dataset), True
    except FileroomError:
        raise
    except Exception as error:  # pydicom raises whatever the damage leads to
        message = f"damaged: its pixels cannot be cleaned ({type(error).__name__}); nothing was passed on"
        raise InvalidDatasetError(message) from error


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
    except Exception as error:  # pydicom raises whatever the damage leads to
        message = f"damaged: the dataset cannot be written ({type(error).__name__}); nothing was passed on"
        raise InvalidDatasetError(message) from error
    return file.getvalue()
