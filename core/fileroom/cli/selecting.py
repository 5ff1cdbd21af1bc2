"""From what people type for resources, ids or a search, to the resources."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fileroom.cli.failures import UsageProblem
from fileroom.cli.identify import resolve
from fileroom.errors import QueryError
from fileroom.model import Level

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fileroom.archive import Archive
    from fileroom.resources import Resource
    from fileroom.results import Results


def is_search(words: Sequence[str]) -> bool:
    """Say whether the words are a search, ``LEVEL [KEY=VALUE]…``, and no identifiers."""
    return words[0] in {level.label for level in Level}


def selected(archive: Archive, words: Sequence[str]) -> list[Resource] | Results[Resource]:
    """Return what a search finds, or the one resource that each identifier means.

    Raises:
        UsageProblem: the search is not well formed.
        CommandError: an identifier is unknown, or may mean several resources.
    """
    if is_search(words):
        return archive.find(words[0], **keys_of(words[1:]))
    return resolve(archive, words)


def level_of(word: str) -> Level:
    """Return the level that begins a search.

    Raises:
        UsageProblem: it is none.
    """
    try:
        return Level.parse(word)
    except QueryError:
        # Not chained and not repeated: it may be a key with its value, the level forgotten.
        message = "the first word after find is the level: patient, study, series or instance"
        raise UsageProblem(message) from None


def keys_of(pairs: Iterable[str]) -> dict[str, Any]:
    """Gather ``KEY=VALUE`` words; no error repeats a value.

    Raises:
        UsageProblem: one of them is not of this form.
    """
    keys: dict[str, list[str]] = {}
    for number, pair in enumerate(pairs, start=1):
        keyword, equals, value = pair.partition("=")
        if not equals or not keyword[:1].isupper():
            raise UsageProblem(f"key {number}: expected KEY=VALUE, with a DICOM keyword such as PatientName")
        keys.setdefault(keyword, []).append(value)
    return {keyword: values[0] if len(values) == 1 else values for keyword, values in keys.items()}
