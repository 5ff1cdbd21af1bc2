"""The rules, in the order in which they are applied. Reasons name keywords, never values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fileroom.model import Level
from fileroom.plugin import ConfigError, InvalidDatasetError, Quarantine, Reject, Replace, TagSet, hookimpl
from fileroom.tags import dictionary_spec
from fileroom_plugins.admission.rewriting import is_valid, rewritten
from fileroom_plugins.standard.vrs import STRING_VRS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from fileroom.plugin import Decision, Incoming
    from fileroom_plugins.admission import Options

_IDENTITY = {"StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "SOPClassUID"}


class Admission:
    """Decides about each object by its header, and opens only those it has to change.

    Raises:
        ConfigError: a keyword in the options cannot be required, or cannot be set.
    """

    def __init__(self, options: Options) -> None:
        _check_required(options.require)
        _check_set(options.set)
        self._options = options

    @hookimpl
    def fileroom_before_store(self, incoming: Incoming) -> Decision | None:
        """Reject what is not wanted, set aside what is not complete, and correct the rest."""
        options, header = self._options, incoming.header
        if options.modalities and header.tags.get("Modality", "") not in options.modalities:
            return Reject("Modality is none of those that are accepted here")
        if options.sop_classes and header.sop_class_uid not in options.sop_classes:
            return Reject("SOPClassUID is none of those that are accepted here")
        missing = [keyword for keyword in options.require if not header.tags.get(keyword)]
        if missing:
            return Quarantine(f"without a value, though it is required here: {', '.join(missing)}")
        if not options.set:
            return None
        try:
            data = rewritten(incoming, options.set)
        except InvalidDatasetError as error:
            return Quarantine(str(error))
        return None if data is None else Replace(data)


def _check_required(keywords: Iterable[str]) -> None:
    tags = TagSet.default()
    for keyword in keywords:
        if not any(tags.by_keyword(level, keyword) for level in Level):
            raise ConfigError(f"{keyword!r} is not the keyword of a main tag", "plugins.admission.require")


def _check_set(values: Mapping[str, str]) -> None:
    for keyword, value in values.items():
        where = f"plugins.admission.set.{keyword}"
        spec = dictionary_spec(keyword, Level.INSTANCE)
        if spec is None or spec.vr not in STRING_VRS:
            raise ConfigError("is not the keyword of an attribute whose value is text", where)
        if keyword in _IDENTITY:
            raise ConfigError("would give all objects one identity: leave it out", where)
        if not is_valid(spec.vr, value):
            raise ConfigError(f"is not a value that an attribute of type {spec.vr} can have", where)
