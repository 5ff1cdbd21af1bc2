"""What the lists look like: numbers in front, a star at what is chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fileroom.cli import output, text
from fileroom.cli.columns import COUNTS
from fileroom.model import Level

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from rich.table import Table

    from fileroom.resources import Resource

_NUMBER = "No."
_COUNTED = ("Series", "Images", "Frames")


def titles(heading: str, rows: Iterable[tuple[str, str]], chosen: int | None) -> Table:
    """Return a table of titles, each with where it is."""
    table = output.table(_NUMBER, heading, "Where", right=(_NUMBER,))
    for number, row in enumerate(rows):
        output.add_row(table, marked(number, number == chosen), *row)
    return table


def resources(level: Level, rows: Iterable[tuple[int, Resource]], chosen: Resource | None) -> Table:
    """Return a table of studies, series or instances."""
    headings, cells = _COLUMNS[level]
    table = output.table(_NUMBER, *headings, right=(_NUMBER, *_COUNTED))
    for number, one in rows:
        output.add_row(table, marked(number, one == chosen), *cells(one))
    return table


def marked(number: int, chosen: bool) -> str:  # noqa: FBT001 - the two columns of a cell
    """Return a number, with a star in front if it is the chosen one's."""
    return f"{'* ' if chosen else ''}{number})"


def described(one: Resource) -> str:
    """Say in a line which study, series or image it is."""
    words = f"study {_value(one, 'StudyID') or '(no id)'} of {_value(one, 'PatientName') or '(no name)'}"
    if one.level >= Level.SERIES:
        words = f"{_value(one, 'Modality')} series {_value(one, 'SeriesNumber') or '(no number)'}, {words}"
    if one.level is Level.INSTANCE:
        words = f"image {_value(one, 'InstanceNumber') or '(no number)'} of {words}"
    return words.lstrip()


def _study(one: Resource) -> Sequence[str]:
    modalities, *counts = _counts(one)
    return (
        _value(one, "PatientName") or "(no name)",
        _value(one, "PatientID"),
        text.date(one.get("StudyDate")),
        f"{_value(one, 'StudyID')} {modalities}\n{_value(one, 'StudyDescription')}".strip(),
        *counts,
    )


def _series(one: Resource) -> Sequence[str]:
    described = f"{_value(one, 'Modality')}\n{_value(one, 'SeriesDescription')}".strip()
    return (_value(one, "SeriesNumber"), described, *_counts(one), one.uid)


def _image(one: Resource) -> Sequence[str]:
    return (_value(one, "InstanceNumber"), _value(one, "NumberOfFrames"), one.uid)


def _value(one: Resource, keyword: str) -> str:
    return text.shown(one.get(keyword))


def _counts(one: Resource) -> list[str]:
    return [_value(one, keyword) for keyword in COUNTS[one.level]]


_COLUMNS: Mapping[Level, tuple[tuple[str, ...], Callable[[Resource], Sequence[str]]]] = {
    Level.STUDY: (("Patient", "PatientID", "Date", "Study", "Series", "Images"), _study),
    Level.SERIES: (("Series No.", "What", "Images", "Series Instance UID"), _series),
    Level.INSTANCE: (("Image No.", "Frames", "SOP Instance UID"), _image),
}
