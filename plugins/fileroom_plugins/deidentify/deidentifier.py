"""De-identification of one object after the other."""

from __future__ import annotations

import functools
import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fileroom.plugin import CharacterSet
from fileroom_plugins.deidentify.cleaners import as_file, cleaned
from fileroom_plugins.deidentify.elements import text_element
from fileroom_plugins.deidentify.leaves import Leaves
from fileroom_plugins.deidentify.marks import mark
from fileroom_plugins.deidentify.objects import DicomObject, read_object, write_object
from fileroom_plugins.deidentify.plan import Plan
from fileroom_plugins.deidentify.report import Report
from fileroom_plugins.deidentify.walking import Walk

if TYPE_CHECKING:
    from pydicom import Dataset

    from fileroom_plugins.deidentify.cleaners import PixelCleaner
    from fileroom_plugins.deidentify.profile import Profile
    from fileroom_plugins.deidentify.pseudonyms import Pseudonyms

_CHARACTER_SET, _SOP_INSTANCE_UID = 0x0008_0005, 0x0008_0018


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
        self._clean_pixels = clean_pixels
        self._hide_features = hide_features
        self._new_uid = new_sop_instance_uid
        # Types of attributes are looked up once for each SOP class.
        self._plan = functools.lru_cache(maxsize=64)(functools.partial(Plan, profile))

    def apply(self, source: bytes | Dataset) -> Result:
        """De-identify one object; the source stays as it is.

        Args:
            source: a DICOM file's bytes, or a dataset, with its ``file_meta`` if it has any.

        Raises:
            InvalidDatasetError: it is damaged. Nothing of it is passed on.
            NotSupportedError: it is sound, but cannot be de-identified as was asked for.
            MissingDependencyError: cleaning its pixels needs a package that is not installed.
        """
        data = source if isinstance(source, bytes) else as_file(source)
        pixels_cleaned = False
        for cleaner in filter(None, (self._clean_pixels, self._hide_features)):
            data, changed = cleaned(data, cleaner)
            pixels_cleaned |= changed
        found = read_object(data)
        declared = found.items.get(_CHARACTER_SET)
        charset = CharacterSet.of(declared.data if declared else b"")
        walk = Walk(Leaves(found.items, charset, self._pseudonyms))
        items = walk.through(found.items, self._plan(found.sop_class).root, charset)
        if self._new_uid:
            items[_SOP_INSTANCE_UID] = text_element("UI", self._new_uid)
        mark(
            items,
            self._profile,
            pixels_cleaned=self._clean_pixels is not None,
            features_hidden=self._hide_features is not None,
        )
        made = write_object(DicomObject(items, found.syntax, found.encoding))
        touched = tuple(walk.touched)
        report = Report(self._profile.name, touched, self._pseudonyms.consistent, pixels_cleaned)
        return Result(made, report)
