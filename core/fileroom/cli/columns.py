"""Tables of resources for people: what fits into 80 columns of each level."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fileroom.cli import output, text
from fileroom.model import Level

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from fileroom.resources import Resource

COUNTS: Mapping[Level, tuple[str, ...]] = {
    Level.PATIENT: ("NumberOfPatientRelatedStudies", "NumberOfPatientRelatedInstances"),
    Level.STUDY: ("ModalitiesInStudy", "NumberOfStudyRelatedSeries", "NumberOfStudyRelatedInstances"),
    Level.SERIES: ("NumberOfSeriesRelatedInstances",),
    Level.INSTANCE: (),
}
"""The computed attributes that the tables show."""


def print_resources(resources: Iterable[Resource], level: Level, more: Sequence[str] = ()) -> None:
    """Print a table of resources of one level, with columns for more keywords.

    The id stands below the patient's name, in a column of its own width, so that it can be copied. A longer
    name goes on in the next line.
    """
    headings, cells = _TABLES[level]
    first = f"Patient, {level.label} id"
    table = output.table(first, *headings, *more, right=_NUMBERS, widths={first: _ID})
    for one in resources:
        returned = (_value(one, keyword) for keyword in more)
        output.add_row(table, f"{patient(one)}\n{one.id}", *cells(one), *returned)
    output.print_table(table)


def patient(resource: Resource) -> str:
    """Return the patient's name and PatientID."""
    return f"{_value(resource, 'PatientName') or '(no name)'}  {_value(resource, 'PatientID')}".rstrip()


def _value(resource: Resource, keyword: str) -> str:
    return text.shown(resource.get(keyword))


def _date(resource: Resource, keyword: str) -> str:
    return text.date(resource.get(keyword))


def _patient_cells(one: Resource) -> tuple[str, ...]:
    return (_date(one, "PatientBirthDate"), _value(one, "PatientSex"), *_counts(one))


def _study_cells(one: Resource) -> tuple[str, ...]:
    modalities, *counts = _counts(one)
    day = _date(one, "StudyDate") or "(no date)"
    return (f"{day} {modalities}\n{_value(one, 'StudyDescription')}", *counts)


def _series_cells(one: Resource) -> tuple[str, ...]:
    series = f"{_value(one, 'Modality')} {_value(one, 'SeriesNumber')}\n{_value(one, 'SeriesDescription')}"
    return (series, _date(one, "StudyDate"), *_counts(one))


def _instance_cells(one: Resource) -> tuple[str, ...]:
    series = f"{_value(one, 'Modality')} {_value(one, 'SeriesNumber')}\n{_value(one, 'SeriesDescription')}"
    return (series, _value(one, "InstanceNumber"), _value(one, "NumberOfFrames"))


def _counts(one: Resource) -> list[str]:
    return [_value(one, keyword) for keyword in COUNTS[one.level]]


_TABLES: Mapping[Level, tuple[tuple[str, ...], Callable[[Resource], tuple[str, ...]]]] = {
    Level.PATIENT: (("Born", "Sex", "Studies", "Images"), _patient_cells),
    Level.STUDY: (("Study", "Series", "Images"), _study_cells),
    Level.SERIES: (("Series", "Study", "Images"), _series_cells),
    Level.INSTANCE: (("Series", "Image", "Frames"), _instance_cells),
}
_ID = 44  # characters of a public id
_NUMBERS = ("Studies", "Images", "Image", "Frames")
