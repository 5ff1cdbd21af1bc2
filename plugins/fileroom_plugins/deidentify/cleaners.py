"""What other modules and plugins do to pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

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
