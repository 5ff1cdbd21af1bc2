"""Hypothesis strategies for the index machine: a few identifiers and values, so that they meet often."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from fileroom.index import (
    AddLabel,
    Attach,
    Detach,
    Details,
    Overwrite,
    Relocation,
    RemoveLabel,
    SetMetadata,
    UnsetMetadata,
)
from fileroom.model import ARCHIVE_ID, Change, ChangeType, Level, Metadata
from fileroom.query_parse import parse_query
from fileroom.tags import TagSet
from fileroom.testing.entries import CT_IMAGE, MR_IMAGE, attachment, entry
from fileroom.testing.index_case import ids_of

if TYPE_CHECKING:
    from fileroom.index import Edit, Entry
    from fileroom.query import Query

TAGS = TagSet.default()

IDENTITIES = (
    ("A", "1", "1.1", "1.1.1"),
    ("A", "1", "1.1", "1.1.2"),
    ("A", "1", "1.2", "1.2.1"),
    ("A", "2", "2.1", "2.1.1"),
    ("a", "1", "1.1", "1.1.1"),
    ("\u00c4", "1", "1.1", "1.1.1"),
    ("A\u0308", "1", "1.1", "1.1.1"),
    ("A\u0308", "1", "1.1", "1.1.2"),
)
_RESOURCES = tuple(
    dict.fromkeys(public_id for identity in IDENTITIES for public_id in ids_of(entry(*identity)))
)
IDS = (ARCHIVE_ID, *_RESOURCES)
"""Every public id there can be, and that of the archive itself."""

_VALUES = {
    "PatientName": ("Müller^A", "MULLER^a", "山田=やまだ", "", "%"),
    "StudyDate": ("20200101", "20200102", "20191231", ""),
    "StudyTime": ("120000", "12", "235959.999999", ""),
    "StudyDescription": ("Schädel_1", "schadel%1", "a\\b", "*"),
    "Modality": ("CT", "MR", "CT\\MR", ""),
    "SeriesNumber": ("1", "01", "10", "x"),
    "InstanceNumber": ("2", "+2", "11", ""),
}
_tags = st.fixed_dictionaries({}, optional={name: st.sampled_from(each) for name, each in _VALUES.items()})
_revisions = st.sampled_from((None, None, None, None, 0, 1, 2))
_names = st.sampled_from(("n", "N", "\u00e4"))
ids = st.sampled_from(IDS)
_owners = st.sampled_from(
    [*ids_of(entry(*IDENTITIES[0])), ids_of(entry(*IDENTITIES[1])).instance, ARCHIVE_ID]
)

overwrites = st.sampled_from(Overwrite)
change_types = st.none() | st.sets(st.sampled_from(ChangeType), min_size=1).map(tuple)
some_ids = st.lists(ids, max_size=3)


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    """Return an entry; its locator is new, or one of two that belong to the instance."""
    identity = draw(st.sampled_from(IDENTITIES))
    own = st.sampled_from("12").map(lambda number: f"{'/'.join(identity)}-{number}")
    return entry(
        *identity,
        data=draw(st.sampled_from(("", "x", "longer"))),
        locator=draw(st.none() | own),
        stamp=draw(st.sampled_from((0, 1, 2**63 - 1))),
        sop_class_uid=draw(st.sampled_from((CT_IMAGE, MR_IMAGE))),
        labels=draw(st.sampled_from(((), (), ("n",), ("n", "odd", "n")))),
        **draw(_tags),
    )


@st.composite
def edits(draw: st.DrawFn) -> Edit:
    """Return an edit, which may not find what it is about."""
    owner = draw(_owners)
    number = draw(st.sampled_from((1, 2, 2, 1024, 1024)))
    locator = draw(st.none() | st.just(f"{owner}-{number}"))
    add = [
        st.builds(Attach, st.just(owner), st.just(attachment(number, "12", locator=locator)), _revisions),
        st.builds(SetMetadata, st.just(owner), _names, _names, _revisions),
        st.builds(AddLabel, st.just(owner), _names),
    ]
    remove = [
        st.builds(Detach, st.just(owner), st.just(number), _revisions),
        st.builds(UnsetMetadata, st.just(owner), _names, _revisions),
        st.builds(RemoveLabel, st.just(owner), _names),
    ]
    edit: Edit = draw(st.one_of(*add, *add, *remove))
    return edit


@st.composite
def moves(draw: st.DrawFn) -> Relocation:
    """Return a move to a new place; one without a locator is from wherever the bytes lie."""
    new = attachment()
    number = draw(st.sampled_from((1, 1, 2, 1024)))
    return Relocation(draw(_owners), number, draw(st.sampled_from(("", "", "x"))), new.locator, new.uuid)


@st.composite
def details(draw: st.DrawFn) -> Details:
    """Return what another index says of a resource; its locators are new."""
    revisions = st.integers(1, 3)
    numbers = sorted(draw(st.sets(st.sampled_from((1, 2, 1024)))))
    return Details(
        tuple(replace(attachment(number, "1"), revision=draw(revisions)) for number in numbers),
        draw(st.dictionaries(_names, st.builds(Metadata, _names, revisions))),
        tuple(sorted(draw(st.sets(_names)))),
    )


def changes() -> st.SearchStrategy[Change]:
    """Return a change of another index's log, without its sequence."""
    date = datetime(2020, 1, 1, tzinfo=UTC)
    levels = st.sampled_from(Level)
    return st.builds(
        Change, st.just(0), st.sampled_from(ChangeType), levels, st.sampled_from(_RESOURCES), st.just(date)
    )


_KEYS: tuple[dict[str, object], ...] = (
    {},
    {"PatientID": "A"},
    {"PatientID": "?*"},
    {"PatientName": "muller*"},
    {"PatientName": '""'},
    {"PatientName": "やまだ"},
    {"StudyDate": "20200101-"},
    {"StudyDate": "20200101", "StudyTime": "1200-"},
    {"StudyDescription": ["*_1", "b"]},
    {"Modality": ["MR", '""']},
    {"SeriesNumber": 1},
    {"InstanceNumber": "2"},
)
_ORDERS = (
    (),
    ("PatientName",),
    ("-StudyDate", "StudyTime"),
    ("-SeriesNumber", "InstanceNumber"),
    ("-PatientID",),
)


_labels = st.fixed_dictionaries(
    {
        "labels": st.sampled_from((("n",), ("n", "N"))),
        "label_match": st.sampled_from(("all", "any", "none")),
    }
)
_metadata = st.sampled_from(({"n": "?"}, {"\u00e4": ["n", "N"]})).map(lambda each: {"metadata": each})
_within = ids.map(lambda each: {"within": each})


@st.composite
def queries(draw: st.DrawFn) -> Query:
    """Return a query of any level, about one thing or two, in an order that the level has."""
    level = draw(st.sampled_from(Level))
    upper = {spec.keyword for each in Level if each <= level for spec in TAGS.levels[each]}
    usable = [each for each in _KEYS if each.keys() <= upper]
    [each for each in _ORDERS if {name.lstrip("-") for name in each} <= upper]
    if level is Level.STUDY:
        usable += [{"ModalitiesInStudy": "MR"}, {"SOPClassesInStudy": MR_IMAGE}]
    options: dict[str, Any] = draw(st.one_of(st.just({}), st.just({}), _labels, _metadata, _within))
    return parse_query(
        level,
        draw(st.sampled_from(usable if not options else [*usable, *[{}] * len(usable)])),
        TAGS,
        exact=draw(st.booleans()),
        order_by=draw(
            st.sampled_from([each for each in _ORDERS if {name.lstrip("-") for name in each} <= upper])
        ),
        limit=draw(st.none() | st.integers(1, 4)),
        **options,
    ).query
