"""Objects that options name, such as the presentation state by which pictures are drawn."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TypeAlias, cast

from fileroom.datasets import opened_source
from fileroom.errors import ConfigError, FileroomError, InvalidDatasetError, NotFoundError, NotSupportedError
from fileroom.model import is_public_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from fileroom.datasets import ObjectSource

LARGEST_OBJECT = 64 << 20
"""The most bytes that an object named by an option may have: it is held in memory."""

Opener: TypeAlias = "Callable[[str], BinaryIO]"
"""Opens the DICOM file of an instance by its public id."""

_EXPECTED = "expected the public id of an instance, or the path of a DICOM file"


class ObjectName:
    """An option that names one DICOM object: an instance of the archive by its public id, or a file's path.

    Attributes:
        text: the public id or path; empty for an object at hand.
    """

    __slots__ = ("_data", "_opener", "text")

    def __init__(self, text: str, opener: Opener | None = None) -> None:
        self.text = text
        self._opener = opener
        self._data: bytes | None = None

    @classmethod
    def of(cls, source: ObjectSource) -> ObjectName:
        """Return the name of an object that is at hand; it is read now.

        Raises:
            NotFoundError: it cannot be read.
            NotSupportedError: it is larger than `LARGEST_OBJECT`.
            InvalidDatasetError: the dataset cannot be written.
            InvalidValueError: this is no DICOM object in any form that is known.
        """
        named = cls("")
        with opened_source(source) as file:
            named._data = _read(file)
        return named

    @classmethod
    def parse(cls, value: object, path: str) -> ObjectName:
        """Return what an option's value means: a public id, a path, or what `of` takes.

        Raises:
            ConfigError: it is none of these, or the object at hand cannot be read.
        """
        if isinstance(value, ObjectName):
            return value
        if isinstance(value, str | os.PathLike):
            if not str(value):
                raise ConfigError(_EXPECTED, path)
            return cls(str(value))
        try:
            return cls.of(cast("ObjectSource", value))
        except (NotFoundError, NotSupportedError, InvalidDatasetError) as error:
            raise ConfigError(f"the object cannot be had: {error}", path) from error
        except FileroomError as error:
            raise ConfigError(_EXPECTED, path) from error

    @property
    def in_archive(self) -> bool:
        """Whether it names an instance of an archive: it is written as public ids are."""
        return is_public_id(self.text)

    def found_by(self, opener: Opener) -> ObjectName:
        """Return a name that opens instances by ``opener``; the same one if it needs none, or has one."""
        return ObjectName(self.text, opener) if self.in_archive and self._opener is None else self

    def read(self) -> bytes:
        """Return the object's bytes, at most `LARGEST_OBJECT`.

        Raises:
            NotFoundError: there is no such instance or file, or there is no archive.
            NotSupportedError: it is larger than that.
            FileroomError: the archive cannot be read.
        """
        if self._data is not None:
            return self._data
        if self.in_archive:
            with (self._opener or no_archive)(self.text) as file:
                return _read(file)
        try:
            path = Path(self.text).expanduser()
            if not path.is_file():  # a pipe would be waited for
                raise NotFoundError("an option names the path of a DICOM file, and no such file is there")
            with path.open("rb") as file:
                return _read(file)
        except (OSError, ValueError, RuntimeError) as error:
            raise NotFoundError(
                f"the DICOM file that an option names cannot be read: {type(error).__name__}"
            ) from error

    def __eq__(self, other: object) -> bool:
        """Names are equal if they were given alike."""
        return isinstance(other, ObjectName) and (self.text, self._data) == (other.text, other._data)

    def __hash__(self) -> int:
        """Hash by what was given."""
        return hash((self.text, self._data))

    def __repr__(self) -> str:
        """Show a public id; paths may hold a patient's name."""
        return f"ObjectName({self.text!r})" if self.in_archive else "ObjectName(...)"


def no_archive(id_: str) -> BinaryIO:
    """Refuse to open an instance, since there is no archive.

    Raises:
        NotFoundError: always.
    """
    raise NotFoundError(
        f"an option names the instance {id_}, and there is no archive here: give the path of its DICOM file"
    )


def _read(file: BinaryIO) -> bytes:
    data = file.read(LARGEST_OBJECT + 1)
    if len(data) > LARGEST_OBJECT:
        raise NotSupportedError(
            f"an option names a DICOM object of more than {LARGEST_OBJECT >> 20} MiB, which is not read"
        )
    return data
