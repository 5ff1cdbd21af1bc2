"""De-identification of one object after the other."""

from __future__ import annotations

import dataclasses
import functools
import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from fileroom.plugin import CharacterSet, NotSupportedError
from fileroom_plugins.deidentify.cleaners import as_file, cleaned
from fileroom_plugins.deidentify.elements import text_element
from fileroom_plugins.deidentify.leaves import Leaves
from fileroom_plugins.deidentify.marks import identity_stays, mark
from fileroom_plugins.deidentify.objects import DicomObject, read_object, write_object
from fileroom_plugins.deidentify.plan import Plan
from fileroom_plugins.deidentify.report import Report
from fileroom_plugins.deidentify.standard_profile import CODES, Option
from fileroom_plugins.deidentify.walking import Walk

if TYPE_CHECKING:
    from pydicom import Dataset

    from fileroom_plugins.deidentify.cleaners import PixelCleaner
    from fileroom_plugins.deidentify.profile import MethodCode, Profile
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
        check: Literal["off", "report", "refuse"] = "off",
    ) -> None:
        """Prepare.

        Args:
            profile: what is done with which attribute.
            pseudonyms: what takes the place of identifiers.
            clean_pixels: called before anything else where it is given.
            hide_features: likewise, for recognizable visual features.
            new_sop_instance_uid: the SOP Instance UID of the (one) new object; else that of the pseudonyms.
            check: whether to look for what is left of the original's identity, and to refuse such objects.
        """
        self._profile = profile
        self._pseudonyms = pseudonyms
        self._cleaners = [
            (cleaner, says, CODES[option])
            for cleaner, says, option in (
                (clean_pixels, "BurnedInAnnotation", Option.CLEAN_PIXEL_DATA),
                (
                    hide_features,
                    "RecognizableVisualFeatures",
                    Option.CLEAN_RECOGNIZABLE_VISUAL_FEATURES,
                ),
            )
            if cleaner
        ]
        self._new_uid = new_sop_instance_uid
        self._check = check
        # Types of attributes are looked up once for each SOP class.
        self._plan = functools.lru_cache(maxsize=64)(functools.partial(Plan, profile))

    def apply(self, source: bytes | Dataset) -> Result:
        """De-identify one object; the source stays as it is.

        Args:
            source: a DICOM file's bytes, or a dataset, with its ``file_meta`` if it has any.

        Raises:
            InvalidDatasetError: it is damaged. Nothing of it is passed on.
            NotSupportedError: it is sound, but cannot be de-identified as was asked for; or something of its
                identity was found afterwards.
            MissingDependencyError: cleaning its pixels needs a package that is not installed.
        """
        data = source if isinstance(source, bytes) else as_file(source)
        data, changed, undone = self._pixels_cleaned(data)
        dictionary = self._profile.dictionary
        found = read_object(data, dictionary)
        declared = found.items.get(_CHARACTER_SET)
        charset = CharacterSet.of(declared.data if declared else b"")
        dates_move = self._profile.keeps_longitude == "MODIFIED"
        leaves = Leaves(found.items, charset, self._pseudonyms, dates_move=dates_move)
        walk = Walk(leaves, found.encoding.order, found.syntax, dictionary)
        items = walk.through(found.items, self._plan(found.sop_class).root, charset)
        if self._new_uid:
            items[_SOP_INSTANCE_UID] = text_element("UI", self._new_uid)
        stays = identity_stays(found.items, items)
        if any(one.rule == Option.RETAIN_UIDS for one in walk.touched):
            undone.append(CODES[Option.RETAIN_UIDS])
        mark(items, self._profile, undone, stays=stays)
        made = DicomObject(items, found.syntax, found.encoding)
        report = Report(
            self._profile.name,
            tuple(walk.touched),
            self._pseudonyms.consistent,
            changed or walk.pixels_changed,
            dates_moved_by=leaves.moved_by,
            undone=(*(["Patient Identity Removed"] if stays else []), *(code.meaning for code in undone)),
        )
        return Result(write_object(made), self._checked(found, made, report))

    def _pixels_cleaned(self, data: bytes) -> tuple[bytes, bool, list[MethodCode]]:
        """Return an object whose pixels were gone over, whether any changed, and what could not be done."""
        any_changed = False
        undone = []
        for cleaner, says, code in self._cleaners:
            data, changed, sure = cleaned(data, cleaner, says)
            any_changed |= changed
            if not sure:
                undone.append(code)
        return data, any_changed, undone

    def _checked(self, before: DicomObject, after: DicomObject, report: Report) -> Report:
        if self._check == "off":
            return report
        from fileroom_plugins.deidentify.residual import residual  # noqa: PLC0415 - not everybody looks

        found = residual(before, after, report, self._profile)
        if found and self._check == "refuse":
            attributes = len({one.path for one in found})
            raise NotSupportedError(
                f"something of the original's identity was found in {attributes} attributes of the new "
                f"object, at first {found[0].path}; it was not passed on"
            )
        return dataclasses.replace(report, residual=found)
