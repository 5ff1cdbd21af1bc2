"""A header as rows: what each level's table and ``term`` hold of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fileroom.model import Header, Identity, Level, TagValue
    from fileroom_plugins.index_sql.fields import Term
    from fileroom_plugins.index_sql.schema import LevelTable


class Described(NamedTuple):
    """What a header says of one resource.

    Attributes:
        columns: name to value for all columns that hold tags, except the coded ones.
        coded: name to UID for the columns that hold a number for it.
        terms: rows of ``term``.
    """

    columns: dict[str, Any]
    coded: dict[str, str]
    terms: list[Term]


def uid_of(identity: Identity, level: Level) -> str:
    """Return the identifier of a level."""
    return (
        identity.patient_id,
        identity.study_instance_uid,
        identity.series_instance_uid,
        identity.sop_instance_uid,
    )[level - 1]


def describe(header: Header, place: LevelTable) -> Described:
    """Lay down what a header says of one level; its identifier is that of the identity."""
    return describe_tags(
        {**header.tags, place.level.uid_keyword: uid_of(header.identity, place.level)}, place
    )


def describe_tags(tags: Mapping[str, TagValue], place: LevelTable) -> Described:
    """Lay tags down; those that the level does not keep are passed over."""
    columns: dict[str, Any] = place.no_tags.copy()
    coded: dict[str, str] = {}
    terms: list[Term] = []
    more: dict[str, TagValue] = {}
    for keyword, field in place.fields.items():
        value = tags.get(keyword)
        if value is None:
            continue
        encoded = field.encode(value)
        columns.update(encoded.columns)
        terms += encoded.terms
        if not encoded.whole:
            more[keyword] = value
        if field.coded and columns[keyword] is not None:
            coded[keyword] = columns[keyword]
    if more:
        columns["more"] = json.dumps(more, ensure_ascii=False, separators=(",", ":"))
    return Described(columns, coded, terms)
