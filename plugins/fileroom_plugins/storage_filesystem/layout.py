"""Readable names for objects, from an operator's template."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from fileroom.model import Level
from fileroom.plugin import ConfigError, NameTemplate, TagSet, clean_component
from fileroom.tags import dictionary_spec

if TYPE_CHECKING:
    from collections.abc import Mapping

_KEY_FIELD = "key"
_PATH = "storage.layout"


class Layout:
    """A template such as ``{PatientID}/{StudyInstanceUID}/{SeriesInstanceUID}/{SOPInstanceUID}.dcm``.

    **It puts patients' values into the names of folders and files**, because the operator asked for them.
    Values are made safe by `fileroom.plugin.NameTemplate`, whatever they hold. What two objects would share
    goes to the first; the other has ``~`` and its key before the ending. A template without
    ``{SOPInstanceUID}`` or ``{key}`` gets the key always, lest a name that is free again after a deletion
    lead an old locator to another patient's object. On a file system that takes ``A1`` and ``a1`` for one,
    their objects may share a folder, but never a file.

    Args:
        template: DICOM keywords and ``key`` in braces, components separated by ``/``.

    Raises:
        ConfigError: the template is malformed, or names no DICOM attribute or an unknown one.
    """

    def __init__(self, template: str) -> None:
        try:
            self._template = NameTemplate(template)
        except ConfigError as error:
            raise ConfigError(str(error), _PATH) from error
        self._keywords = [field for field in self._template.fields if field != _KEY_FIELD]
        for keyword in self._keywords:
            _check_keyword(keyword)
        if not self._keywords:
            raise ConfigError("names no DICOM attribute: put one in braces, or leave it out", _PATH)
        self._tells_apart = bool({_KEY_FIELD, "SOPInstanceUID"} & set(self._template.fields))
        ending = PurePosixPath(template).suffix
        self._ending = "" if "}" in ending else ending

    def names(self, key: str, naming: Mapping[str, str]) -> tuple[str, ...]:
        """Return relative paths for an object, the preferred one first; none if all values are empty."""
        if not any(naming.get(keyword) for keyword in self._keywords):
            return ()
        path = self._template.render({**naming, _KEY_FIELD: key})
        stem = path.name[: len(path.name) - len(self._ending)]
        keyed = str(path.with_name(clean_component(stem, f"~{key}{self._ending}")))
        return (str(path), keyed) if self._tells_apart else (keyed,)


def _check_keyword(keyword: str) -> None:
    main = TagSet.default()
    if not any(main.by_keyword(level, keyword) for level in Level) and not dictionary_spec(
        keyword, Level.INSTANCE
    ):
        raise ConfigError(f"{{{keyword}}} is not the keyword of a DICOM attribute", _PATH)
