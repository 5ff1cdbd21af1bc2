"""The header of a DICOM file: its identifiers and the attributes an index keeps, read in one short pass.

An ordinary file (explicit or implicit VR little endian, which includes all that is compressed) is walked
by `fileroom._header.quick`; what is written otherwise, or damaged, by `fileroom._header.careful`, which
asks pydicom. Both give the same answer where both have one.

At most a few hundred kilobytes are in memory, whatever the size of the file or the claims in it; the
pixel data is never read.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fileroom._header.careful import read_carefully
from fileroom._header.elements import UnsureError, explicit_element, has_implicit_vr, implicit_element
from fileroom._header.meta import read_meta
from fileroom._header.quick import walk_explicit, walk_implicit
from fileroom._header.values import WantedTags
from fileroom._header.window import Window
from fileroom.errors import InvalidDatasetError
from fileroom.model import Header, Identity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fileroom._header.window import HeaderSource
    from fileroom.model import TagValue
    from fileroom.tags import TagSet

__all__ = ["HeaderReader", "identity_of", "read_header"]

IMPLICIT_LITTLE = "1.2.840.10008.1.2"
EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"
DEFLATED_LITTLE = "1.2.840.10008.1.2.1.99"
EXPLICIT_BIG = "1.2.840.10008.1.2.2"

MAX_PATIENT_ID = 1024
"""Characters of a PatientID; the standard allows 64, some hospitals more, nobody as many as this."""

# Public ids hash identifiers joined by "|": such a PatientID would pass for another patient's study.
_FORGED_ID = re.compile(r"\|[0-9][0-9.]{0,63}(?:\||$)")
_UID = re.compile(r"[0-9][0-9.]{0,63}")


def read_header(source: HeaderSource, tags: TagSet) -> Header:
    """Read one header; as `HeaderReader.read`, which is quicker for many."""
    return HeaderReader(tags).read(source)


class HeaderReader:
    """Reads headers for one set of tags. Any thread may use it.

    Args:
        tags: the attributes to return.
    """

    def __init__(self, tags: TagSet) -> None:
        self._wanted = WantedTags(tags)

    def read(self, source: HeaderSource) -> Header:
        """Return the header of a DICOM file or bare data set.

        Values are as they stand in the file, decoded, without padding; of the tags, those that have a
        value. Binary numbers are written in decimal. A sequence's items hold the attributes that the DICOM
        dictionary knows, and no sequences of their own. Values of more than 64 KiB are left out. Where a
        tag occurs twice, the last one counts.

        Args:
            source: a buffer, or a seekable binary file, which is read from where it stands and left there.

        Raises:
            NotDicomError: the bytes are not DICOM, or a DICOMDIR (PS3.3 annex F).
            InvalidDatasetError: damaged, cut short, or without the three UIDs that tell where it belongs.
            OSError: the source could not be read.
        """
        if isinstance(source, bytes | bytearray | memoryview):
            return self._read(Window.over(source))
        start = source.tell()
        try:
            return self._read(Window.over(source))
        finally:
            source.seek(start)

    def _read(self, window: Window) -> Header:
        position, syntax, media_class = read_meta(window)
        if syntax == DEFLATED_LITTLE:
            values, _ = self._data_set(window.inflated(position), 0, EXPLICIT_LITTLE)
            return self._header(values, syntax, media_class, None)
        syntax = syntax or _guessed_syntax(window.take(position, 6))
        values, pixel_data = self._data_set(window, position, syntax)
        return self._header(values, syntax, media_class, pixel_data)

    def _data_set(self, window: Window, position: int, syntax: str) -> tuple[dict[str, TagValue], int | None]:
        try:
            return self._quickly(window, position, syntax)
        except UnsureError:
            return self._carefully(window, position, syntax)

    def _quickly(self, window: Window, position: int, syntax: str) -> tuple[dict[str, TagValue], int | None]:
        found: dict[int, bytes] = {}
        if syntax == EXPLICIT_BIG:
            raise UnsureError
        if syntax == IMPLICIT_LITTLE:
            pixel_data = walk_implicit(window, position, self._wanted.vr_codes, found)
            return self._wanted.from_quick(found, implicit_element), pixel_data
        pixel_data = walk_explicit(window, position, self._wanted.vr_codes, found)
        return self._wanted.from_quick(found, explicit_element), pixel_data

    def _carefully(
        self, window: Window, position: int, syntax: str
    ) -> tuple[dict[str, TagValue], int | None]:
        little_endian = syntax != EXPLICIT_BIG
        elements, sequences, pixel_data = read_carefully(
            window,
            position,
            implicit=syntax == IMPLICIT_LITTLE,
            little_endian=little_endian,
            wanted=self._wanted.entries,
            sequences=self._wanted.sequences,
        )
        return self._wanted.from_careful(elements, sequences, little_endian=little_endian), pixel_data

    def _header(
        self, values: dict[str, TagValue], syntax: str, media_class: str, pixel_data: int | None
    ) -> Header:
        sop_class = values.get("SOPClassUID", media_class)
        identity = identity_of(values)
        sop_class = _uid("SOPClassUID", sop_class) if sop_class else ""
        syntax = _uid("TransferSyntaxUID", syntax)
        for keyword in self._wanted.hidden:
            values.pop(keyword, None)
        for keyword, value in values.items():
            if isinstance(value, str) and "\0" in value:
                # What follows a NUL is what was left in some writer's buffer; not every index could hold it.
                values[keyword] = value.partition("\0")[0].rstrip()
        return Header(identity, sop_class, syntax, values, pixel_data)


def identity_of(tags: Mapping[str, TagValue]) -> Identity:
    """Return the identifiers among an object's attributes, if they are such as a public id can be made of.

    Args:
        tags: keyword to value without padding, as `fileroom.model.Header` has them.

    Raises:
        InvalidDatasetError: a UID is missing or is none, or the PatientID is too long, holds a NUL, or would
            pass for another patient's study.
    """
    return Identity(
        _patient_id(tags),
        _uid("StudyInstanceUID", tags.get("StudyInstanceUID")),
        _uid("SeriesInstanceUID", tags.get("SeriesInstanceUID")),
        _uid("SOPInstanceUID", tags.get("SOPInstanceUID")),
    )


def _uid(keyword: str, value: TagValue | None) -> str:
    if isinstance(value, str) and _UID.fullmatch(value):
        return value
    if not value:
        raise InvalidDatasetError(f"incomplete: it has no {keyword}")
    raise InvalidDatasetError(f"damaged: its {keyword} is not a UID (PS3.5 section 9.1)")


def _patient_id(values: Mapping[str, TagValue]) -> str:
    value = values.get("PatientID", "")
    if not isinstance(value, str) or len(value) > MAX_PATIENT_ID:
        raise InvalidDatasetError(f"damaged: its PatientID has more than {MAX_PATIENT_ID} characters")
    if "\0" in value:
        raise InvalidDatasetError("damaged: its PatientID holds a NUL")
    if _FORGED_ID.search(value):
        raise InvalidDatasetError("damaged: its PatientID ends like a UID after '|', as no public id may")
    return value


def _guessed_syntax(head: bytes) -> str:
    """Return the transfer syntax of a data set that comes without one, from its first six bytes.

    A group number is small, so that its bytes tell their order.
    """
    if has_implicit_vr(head, assumed=True):
        return IMPLICIT_LITTLE
    return EXPLICIT_BIG if head[0] < head[1] else EXPLICIT_LITTLE
