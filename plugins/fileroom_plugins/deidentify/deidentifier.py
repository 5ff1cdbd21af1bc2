"""De-identification of one object after the other."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydicom import Dataset

    from fileroom_plugins.deidentify.cleaners import PixelCleaner
    from fileroom_plugins.deidentify.profile import Profile
    from fileroom_plugins.deidentify.pseudonyms import Pseudonyms
    from fileroom_plugins.deidentify.report import Report


@dataclass(frozen=True, slots=True)
class Result:
    """A de-identified object.

    Attributes:
        data: the new object, a DICOM file.
        report: what was done.
    """

    data: bytes = field(repr=False)
    report: Report

    @property
    def dataset(self) -> Dataset:
        """The new object as pydicom has it, read each time it is asked for."""
        from pydicom import dcmread  # noqa: PLC0415 - not needed by those who want the bytes

        return dcmread(io.BytesIO(self.data))


class Deidentifier:
    """Applies a profile to objects. Any thread may call it at any time."""

    def __init__(
        self,
        profile: Profile,
        pseudonyms: Pseudonyms,
        *,
        clean_pixels: PixelCleaner | None = None,
        hide_features: PixelCleaner | None = None,
        new_sop_instance_uid: str = "",
    ) -> None:
        """Prepare.

        Args:
            profile: what is done with which attribute.
            pseudonyms: what takes the place of identifiers.
            clean_pixels: called before anything else where it is given.
            hide_features: likewise, for recognizable visual features.
            new_sop_instance_uid: the SOP Instance UID of the (one) new object; else that of the pseudonyms.
        """
        self._profile = profile
        self._pseudonyms = pseudonyms
        self._cleaners = [cleaner for cleaner in (clean_pixels, hide_features) if cleaner]
        self._new_uid = new_sop_instance_uid

    def apply(self, source: bytes | Dataset) -> Result:
        """De-identify one object; the source stays as it is.

        Args:
            source: a DICOM file's bytes, or a dataset; one without file meta information is taken for
                explicit VR little endian unless it knows better.

        Raises:
            InvalidDatasetError: it is damaged. Nothing of it is passed on.
            NotSupportedError: it is sound, but cannot be de-identified as was asked for.
        """
        raise NotImplementedError
