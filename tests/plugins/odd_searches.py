"""Odd values and odd searches among them, for the tests that compare an index with the reference index."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from fileroom.index import AddLabel, Edit, Entry, SetMetadata
from fileroom.model import Level, TagValue
from fileroom.query import (
    AnyOf,
    Condition,
    Empty,
    Equal,
    Item,
    LabelMatch,
    Moment,
    Order,
    Query,
    Range,
    Wildcard,
    sort_key,
)
from fileroom.tags import Comparison, TagSet, TagSpec, fold
from fileroom.testing.entries import CT_IMAGE, MR_IMAGE, entry
from fileroom.testing.index_case import ids_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fileroom.model import ResourceRecord

TAGS = TagSet.with_extra(
    {
        Level.STUDY: ["PatientAge"],
        Level.SERIES: ["PerformingPhysicianName", "SliceThickness", "AcquisitionDate", "AcquisitionTime"],
        Level.INSTANCE: ["KVP", "AcquisitionDateTime", "ReferencedImageSequence"],
    }
)
TEXTS = (
    *(
        "",
        " ",
        "a",
        "A",
        "ab",
        "Ab ",
        "a\\b",
        "b\\a\\",
        "\\",
        "%",
        "_",
        "[a]",
        "a*b",
        "a?b",
        "\U0001f9b4",
        "\uffff",
    ),
    *("Müller^A", "MULLER^a", "Mu\u0308ller", "山田^A=やまだ", "=x", "x=", "^", "ß", "ss", "\u0308", "a\nb"),
)
DATES = (
    "",
    "20200101",
    "20200102",
    "2020.01.01",
    "20191231",
    "2020",
    "2020010",
    "20200101\\20210101",
    "x",
    "19990101\\",
)
TIMES = ("", "12", "1200", "120000", "12:00:00", "120000.5", "235960", "x", "12\\13", "999999")
NUMBERS = ("", "1", "01", "+1", "1.0", "2", "10", "-1", "1e3", "1.5", "x", "1\\2", "9" * 30, "0.1", "1e-9")
DATE_TIMES = ("", "20200101", "20200101120000", "20200101120000+0100", "2020", "x", "20200101\\20200102")
UIDS = ("", "1.2", "1.2.3", "1.2\\1.3", CT_IMAGE, " 1.2")
VALUES = {
    Comparison.EXACT: TEXTS,
    Comparison.FOLDED: TEXTS,
    Comparison.NUMBER: NUMBERS,
    Comparison.DATE: DATES,
    Comparison.TIME: TIMES,
    Comparison.DATETIME: DATE_TIMES,
}
ITEM_VALUES = {
    "RequestedProcedureID": TEXTS[:8],
    "ScheduledProcedureStepDescription": TEXTS[:8],
    "ReferencedSOPInstanceUID": UIDS,
    "NoSuchKeyword": ("1",),
}
SPECS = [spec for level in Level for spec in TAGS.levels[level] if spec.searchable]
LABELS = ("a", "A", "b")


def random_value(source: random.Random, spec: TagSpec) -> TagValue:
    if spec.comparison is not Comparison.SEQUENCE:
        return source.choice(UIDS if spec.vr == "UI" else VALUES[spec.comparison])
    items = (
        {key: source.choice(ITEM_VALUES[key]) for key in source.sample(sorted(ITEM_VALUES), 2)} for _ in "123"
    )
    return tuple(
        item if source.random() < 0.8 else {}
        for item, _ in zip(items, range(source.randrange(4)), strict=False)
    )


def random_entries(source: random.Random, count: int) -> Iterator[Entry]:
    for _ in range(count):
        patient = source.choice(("", "a", "A", "a\\b", " a"))
        study, series = source.choice("123"), source.choice("12")
        tags = {spec.keyword: random_value(source, spec) for spec in SPECS if source.random() < 0.7}
        uid = f"{study}.{series}.{source.randrange(10**6)}"
        sop_class = source.choice((CT_IMAGE, MR_IMAGE, ""))
        new = entry(patient, study, f"{study}.{series}", uid, sop_class_uid=sop_class)
        yield replace(new, header=replace(new.header, tags={**new.header.tags, **tags}))


def random_edits(source: random.Random, entries: Sequence[Entry]) -> Iterator[Edit]:
    for each in entries:
        public_id = source.choice(ids_of(each))
        yield AddLabel(public_id, source.choice(LABELS))
        yield SetMetadata(public_id, "n", source.choice(TEXTS))


texts = st.sampled_from(TEXTS + DATES + TIMES + NUMBERS)
forms = st.one_of(texts, texts.map(fold), st.sampled_from(("120000.000000", "20200101120000.000000", "5")))
bounds = st.one_of(st.none(), forms)
patterns = st.one_of(
    texts.map(lambda text: f"{text}*"),
    texts.map(lambda text: f"*{text}"),
    texts.map(lambda text: f"?{text[1:]}*"),
    st.text("a*?b%_[]^", max_size=5),
)
equals = st.builds(Equal, forms)
options = st.one_of(equals, st.builds(Wildcard, patterns), st.builds(Range, bounds, bounds), st.builds(Empty))
any_of = st.builds(AnyOf, st.lists(options, max_size=3).map(tuple))
items = st.builds(
    Item, st.dictionaries(st.sampled_from(sorted(ITEM_VALUES)), st.one_of(options, any_of), max_size=2)
)
without_empty = st.one_of(
    equals, st.builds(Wildcard, patterns), st.builds(AnyOf, st.lists(equals, max_size=3).map(tuple))
)


@st.composite
def conditions(draw: st.DrawFn, level: Level) -> Condition:
    spec = draw(st.sampled_from([spec for spec in SPECS if spec.level <= level]))
    likely = items if spec.comparison is Comparison.SEQUENCE else st.one_of(options, any_of)
    return Condition(spec, draw(st.one_of(likely, likely, likely, items, options)), draw(st.booleans()))


@st.composite
def moments(draw: st.DrawFn, level: Level) -> Moment:
    pairs = [("StudyDate", "StudyTime", Level.STUDY), ("AcquisitionDate", "AcquisitionTime", Level.SERIES)]
    date, time, at = draw(st.sampled_from([pair for pair in pairs if pair[2] <= level]))
    when = st.one_of(
        st.none(),
        st.sampled_from(("20200101120000.000000", "20200101000000.000000", "20201231235959.999999")),
    )
    specs = [spec for spec in SPECS if spec.level is at and spec.keyword in (date, time)]
    by_keyword = {spec.keyword: spec for spec in specs}
    return Moment(by_keyword[date], by_keyword[time], draw(when), draw(when))


@st.composite
def queries(draw: st.DrawFn) -> Query:
    level = draw(st.sampled_from(Level))
    orders = st.builds(Order, st.sampled_from([spec for spec in SPECS if spec.level <= level]), st.booleans())
    studies = level >= Level.STUDY
    names = st.sampled_from(("ModalitiesInStudy", "SOPClassesInStudy"))
    return Query(
        level,
        conditions=tuple(draw(st.lists(conditions(level), max_size=3))),
        moments=tuple(draw(st.lists(moments(level), max_size=1))) if studies else (),
        aggregates=draw(st.dictionaries(names, without_empty, max_size=1)) if studies else {},
        labels=tuple(draw(st.lists(st.sampled_from(LABELS), max_size=2))),
        label_match=draw(st.sampled_from(LabelMatch)),
        metadata=draw(st.dictionaries(st.sampled_from(("n", "N")), without_empty, max_size=1)),
        order_by=tuple(draw(st.lists(orders, max_size=2))),
        limit=draw(st.sampled_from((None, 1, 3, 7))),
    )


def sort_keys(query: Query, record: ResourceRecord) -> list[Any]:
    line = {record.level: record.tags}
    while record.parent is not None:
        record = record.parent
        line[record.level] = record.tags
    return [sort_key(order.spec, line[order.spec.level].get(order.spec.keyword)) for order in query.order_by]


def stripped(record: ResourceRecord | None) -> ResourceRecord | None:
    """Return a record without the time of receipt, in which two indexes differ."""
    return record and replace(record, received=None, tags=dict(record.tags), parent=stripped(record.parent))  # type: ignore[arg-type]
