"""Content types: the numbers under which a resource owns its attachments, with their names.

Numbers from 0 to 65535. Those below `USER` are Fileroom's own, the first three with the numbers and names
that Orthanc gives them; from `USER` on they are the user's, named in TOML::

    [content_types]
    report = { number = 1024, media_type = "application/pdf" }
    notes = 1025
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fileroom._hints import did_you_mean
from fileroom.errors import ConfigError, NotFoundError
from fileroom.options import EnvironmentText, build_options

if TYPE_CHECKING:
    from collections.abc import Iterator

USER = 1024
"""The first number that is the user's."""

HIGHEST = 65535
"""The highest number."""

_ANY_BYTES = "application/octet-stream"
_NAME = re.compile(r"(?=.*[a-z-])[a-z0-9-]+")  # not digits alone: those are a number
_MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+(?:\s*;.*)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class ContentType:
    """One content type.

    Attributes:
        number: 0..65535.
        name: lower-case letters, digits and dashes; the number in digits where it has no name.
        media_type: of the attachment's bytes, for example ``application/dicom``.
    """

    number: int
    name: str
    media_type: str = _ANY_BYTES


DICOM = ContentType(1, "dicom", "application/dicom")
"""An instance's DICOM file."""

DICOM_AS_JSON = ContentType(2, "dicom-as-json", "application/json")
"""Its tags as JSON; kept for archives that come from Orthanc."""

DICOM_UNTIL_PIXEL_DATA = ContentType(3, "dicom-until-pixel-data", "application/dicom")
"""Its start, up to the pixel data; kept for archives that come from Orthanc."""

THUMBNAIL = ContentType(16, "thumbnail", "image/jpeg")
"""A small picture of it."""

METADATA = ContentType(17, "metadata", "application/dicom+json")
"""Its header as DICOM JSON (PS3.18 section F)."""

NATIVE_XML = ContentType(18, "native-xml", "application/dicom+xml")
"""Its header in the Native DICOM Model (PS3.19 section A.1)."""

ORACLE_XML = ContentType(19, "oracle-xml", "application/xml")
"""Its header as Oracle Multimedia writes it, or a mapping document has it."""

PICTURE = ContentType(20, "picture", "image/*")
"""A picture made of it on demand, of any format."""

CONFORMANCE = ContentType(21, "conformance", "application/json")
"""What was found when it was checked against rules."""

DEIDENTIFICATION = ContentType(22, "deidentification", "application/json")
"""What was done to make it: which attributes were touched, and by which rules."""

FRAME_OFFSETS = ContentType(23, "frame-offsets", "application/json")
"""Where in it its frames lie."""

TRANSCODED = ContentType(24, "transcoded", "application/dicom")
"""The same object in another transfer syntax, nothing lost: under the same SOP Instance UID."""

ANONYMITY = ContentType(25, "anonymity", "application/json")
"""Whether it is de-identified, and which attributes say that it is not."""

DOCUMENTS = ContentType(32, "documents", "application/zip")
"""The archive's documents, see `fileroom.documents`."""

DOCUMENTS_DRAFT = ContentType(33, "documents-draft", "application/zip")
"""The archive's documents as somebody is editing them."""

BUILT_IN = (
    DICOM,
    DICOM_AS_JSON,
    DICOM_UNTIL_PIXEL_DATA,
    THUMBNAIL,
    METADATA,
    NATIVE_XML,
    ORACLE_XML,
    PICTURE,
    CONFORMANCE,
    DEIDENTIFICATION,
    FRAME_OFFSETS,
    TRANSCODED,
    ANONYMITY,
    DOCUMENTS,
    DOCUMENTS_DRAFT,
)


@dataclass(frozen=True, slots=True)
class _Options:
    number: int
    media_type: str = _ANY_BYTES

    def __post_init__(self) -> None:
        if not USER <= self.number <= HIGHEST:
            raise ValueError(f"the number of a content type must be from {USER} to {HIGHEST}")
        if not _MEDIA_TYPE.fullmatch(self.media_type):
            raise ValueError("expected a media type such as application/pdf")


class ContentTypes:
    """The content types of one archive: the built-in ones, and those its configuration names.

    Iterating yields them in ascending order of their numbers.
    """

    def __init__(self, table: Mapping[str, object] | None = None) -> None:
        """Read the table ``[content_types]``.

        A name stands for a number, or for a table with ``number`` and, if need be, ``media_type``.

        Raises:
            ConfigError: a name is malformed or taken, a number is not the user's, or used twice.
        """
        self._by_name = {one.name: one for one in BUILT_IN}
        self._by_number = {one.number: one for one in BUILT_IN}
        for name, value in (table or {}).items():
            self._add(name, value)

    def _add(self, name: str, value: object) -> None:
        path = f"content_types.{name}"
        if not _NAME.fullmatch(name):
            raise ConfigError("a name has lower-case letters, digits and dashes, and not digits alone", path)
        table = {"number": value} if type(value) is int or isinstance(value, EnvironmentText) else value
        if not isinstance(table, Mapping):
            raise ConfigError("expected a number, or a table with number and media_type", path)
        options = build_options(_Options, table, path, Path())
        if name in self._by_name:
            raise ConfigError("this name is a built-in content type's", path)
        if taken := self._by_number.get(options.number):
            raise ConfigError(f"the number {options.number} is that of {taken.name!r} already", path)
        added = ContentType(options.number, name, options.media_type)
        self._by_name[name] = self._by_number[options.number] = added

    def resolve(self, content_type: int | str) -> ContentType:
        """Return the content type meant by a name or a number.

        A number without a name is a content type too: its name is the number. A number may be text.

        Raises:
            NotFoundError: no content type has that name, or the number is out of range.
        """
        if isinstance(content_type, str):
            if not (content_type.isascii() and content_type.isdigit()):
                return self._named(content_type)
            # Cut, since Python refuses to read numbers of thousands of digits.
            content_type = int(content_type.lstrip("0")[:6] or "0")
        if content_type not in range(HIGHEST + 1):
            raise NotFoundError(f"no content type has this number: they go from 0 to {HIGHEST}")
        known = self._by_number.get(content_type)
        return known or ContentType(content_type, str(content_type))

    def _named(self, name: str) -> ContentType:
        try:
            return self._by_name[name]
        except KeyError:
            known = ", ".join(one.name for one in self)
            raise NotFoundError(
                f"no content type {name!r}: known are {known}; others can be named in [content_types], "
                f"or used by number from {USER} on{did_you_mean(name, self._by_name)}"
            ) from None

    def __iter__(self) -> Iterator[ContentType]:
        return iter(sorted(self._by_number.values(), key=lambda one: one.number))
