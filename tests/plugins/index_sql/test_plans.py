"""No search and no method reads a whole table, whatever the index holds and whatever is asked for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from fileroom.index import AddLabel, Attach, Detach, Overwrite, RemoveLabel, SetMetadata, UnsetMetadata
from fileroom.model import ChangeType, Level
from fileroom.query import (
    COMPUTED,
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
)
from fileroom.tags import Comparison, TagSet
from fileroom.testing.entries import attachment, entry
from fileroom.testing.index_case import ids_of
from fileroom_plugins.index_sql import find
from fileroom_plugins.index_sql.sqlite import Options, open_index
from tests.plugins.index_sql.plans import Recorder, full_scans

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fileroom.index import Index
    from fileroom.query import Match
    from fileroom.tags import TagSpec

TAGS = TagSet.with_extra(
    {
        Level.PATIENT: ["EthnicGroup"],
        Level.SERIES: ["PatientAge", "PerformingPhysicianName", "SliceThickness"],
        Level.INSTANCE: ["KVP", "ContentDate", "ContentTime", "AcquisitionDateTime"],
    }
)
SEARCHABLE = [spec for level in Level for spec in TAGS.levels[level] if spec.searchable]
KEYS = [spec for spec in SEARCHABLE if spec.comparison is not Comparison.SEQUENCE]
REQUESTS = next(spec for spec in SEARCHABLE if spec.comparison is Comparison.SEQUENCE)
ENTRIES = [entry(str(number % 3), f"{number % 5}", instance=f"1.{number}") for number in range(30)]


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Index, Recorder]]:
    path: Path = tmp_path_factory.mktemp("plans") / "index.sqlite"
    index = open_index(Options(path), TAGS)
    index.commit(ENTRIES)
    yield index, Recorder(index, path)  # type: ignore[arg-type]
    index.close()


@pytest.fixture
def index(opened: tuple[Index, Recorder]) -> Index:
    return opened[0]


@pytest.fixture
def recorder(opened: tuple[Index, Recorder]) -> Recorder:
    list(opened[1].statements())
    return opened[1]


def key(level: Level, keyword: str) -> TagSpec:
    spec = TAGS.by_keyword(level, keyword)
    assert spec is not None
    return spec


def levels_from(level: Level) -> list[Level]:
    return [each for each in Level if each >= level]


def check(recorder: Recorder, *, counts_lack: bool = False, sorts: bool = False) -> None:
    """Fail if one of the statements noted since the last check reads what it should not."""
    statements = list(recorder.statements())
    assert statements
    for statement in statements:
        found = full_scans(statement, counts_lack=counts_lack, sorts=sorts)
        assert not found, f"{statement.sql}\n{statement.plan}"


def matches_for(spec: TagSpec) -> dict[str, Match]:
    """Return the sorts of matching that a search by an attribute can come to."""
    matches: dict[str, Match] = {
        "single value": Equal("20200101"),
        "list": AnyOf((Equal("1"), Equal("2"))),
        "no value": Empty(),
        "value or none": AnyOf((Equal("1"), Empty())),
    }
    if spec.comparison in (Comparison.DATE, Comparison.TIME, Comparison.DATETIME):
        matches |= {"range": Range("1", "2"), "from": Range("1", None), "until": Range(None, "2")}
        matches |= {"value or range": AnyOf((Equal("1"), Range("1", "2")))}
    elif spec.comparison is not Comparison.NUMBER:
        matches |= {"beginning": Wildcard("abc*"), "inside": Wildcard("*b*"), "both": Wildcard("a?c*d")}
        matches |= {"value or wildcard": AnyOf((Equal("1"), Wildcard("*1*"), Wildcard("1*")))}
    return matches


@pytest.mark.parametrize("spec", KEYS, ids=lambda spec: f"{spec.level.label}.{spec.keyword}")
def test_every_key_is_found_by_an_index_at_every_level(
    spec: TagSpec, index: Index, recorder: Recorder
) -> None:
    for match in matches_for(spec).values():
        options = match.options if isinstance(match, AnyOf) else (match,)
        lacking = spec.extra and any(isinstance(option, Empty) for option in options)
        for level in levels_from(spec.level):
            for exact in (False, True) if spec.comparison is Comparison.FOLDED else (False,):
                query = Query(level, (Condition(spec, match, exact),))
                index.find(query)
                check(recorder)
                index.count(query)
                check(recorder, counts_lack=lacking)


@pytest.mark.parametrize("spec", KEYS, ids=lambda spec: f"{spec.level.label}.{spec.keyword}")
@pytest.mark.parametrize("descending", [False, True])
def test_every_order_is_read_from_an_index(
    spec: TagSpec, index: Index, recorder: Recorder, *, descending: bool
) -> None:
    in_no_index = spec.extra or spec.keyword == "SOPClassUID"
    for level in levels_from(spec.level):
        query = Query(level, order_by=(Order(spec, descending),), limit=1)
        page = index.find(query)
        check(recorder, sorts=in_no_index)
        index.find(replace(query, cursor=page.cursor))
        check(recorder, sorts=in_no_index)


PATIENT_ID = Condition(key(Level.PATIENT, "PatientID"), Equal("1"))
NAME = Condition(key(Level.PATIENT, "PatientName"), Wildcard("mu*"))
SEX = Condition(key(Level.PATIENT, "PatientSex"), Equal("F"))
UID = Condition(key(Level.STUDY, "StudyInstanceUID"), Equal("1"))
DATES = Condition(key(Level.STUDY, "StudyDate"), Range("20200101", "20201231"))
MODALITY = Condition(key(Level.SERIES, "Modality"), Equal("CT"))
EXTRA = Condition(key(Level.SERIES, "PatientAge"), Equal("042Y"))
BY_DATE = Order(key(Level.STUDY, "StudyDate"), descending=True)
BY_TIME = Order(key(Level.STUDY, "StudyTime"))
BY_NAME = Order(key(Level.PATIENT, "PatientName"))
MOMENT = Moment(
    key(Level.STUDY, "StudyDate"),
    key(Level.STUDY, "StudyTime"),
    "20200101120000.000000",
    "20200102120000.999999",
)
EXTRA_MOMENT = replace(
    MOMENT, date=key(Level.INSTANCE, "ContentDate"), time=key(Level.INSTANCE, "ContentTime")
)
STEP = {"ScheduledProcedureStepID": Equal("1")}
IDS = ids_of(ENTRIES[0])

TOGETHER = {
    "patient and date": Query(Level.STUDY, (PATIENT_ID, DATES)),
    "name and date": Query(Level.STUDY, (NAME, DATES)),
    "code and UID": Query(Level.SERIES, (MODALITY, UID)),
    "codes above and below": Query(Level.SERIES, (SEX, MODALITY)),
    "keys of three levels": Query(Level.INSTANCE, (SEX, DATES, MODALITY)),
    "extra tag and date": Query(Level.SERIES, (EXTRA, DATES)),
    "moment": Query(Level.STUDY, moments=(MOMENT,)),
    "moment from": Query(Level.SERIES, moments=(replace(MOMENT, high=None),)),
    "moment until": Query(Level.SERIES, moments=(replace(MOMENT, low=None),)),
    "moment of extra tags": Query(Level.INSTANCE, moments=(EXTRA_MOMENT,)),
    "moment and name": Query(Level.STUDY, (NAME,), moments=(MOMENT,)),
    "item": Query(Level.SERIES, (Condition(REQUESTS, Item(STEP)),)),
    "item of two keys": Query(
        Level.SERIES, (Condition(REQUESTS, Item({**STEP, "RequestedProcedureID": Empty()})),)
    ),
    "item of a beginning": Query(
        Level.INSTANCE, (Condition(REQUESTS, Item({"StudyInstanceUID": Wildcard("1.*")})),)
    ),
    "item and date": Query(Level.SERIES, (Condition(REQUESTS, Item(STEP)), DATES)),
    "modalities": Query(Level.STUDY, aggregates={"ModalitiesInStudy": Equal("CT")}),
    "modalities and name": Query(Level.STUDY, (NAME,), aggregates={"ModalitiesInStudy": Wildcard("C*")}),
    "SOP classes": Query(Level.STUDY, aggregates={"SOPClassesInStudy": Equal("1.2")}),
    "SOP classes and date": Query(Level.STUDY, (DATES,), aggregates={"SOPClassesInStudy": Wildcard("1.*")}),
    "all labels": Query(Level.STUDY, labels=("a", "b")),
    "any label": Query(Level.SERIES, labels=("a", "b"), label_match=LabelMatch.ANY),
    "label and date": Query(Level.STUDY, (DATES,), labels=("a",)),
    "no label and date": Query(Level.STUDY, (DATES,), labels=("a",), label_match=LabelMatch.NONE),
    "metadata": Query(Level.STUDY, metadata={"n": AnyOf((Equal("1"), Wildcard("2*")))}),
    "metadata and name": Query(Level.PATIENT, (NAME,), metadata={"n": Equal("1")}),
    "within a study": Query(Level.INSTANCE, within=IDS.study),
    "within itself": Query(Level.SERIES, (MODALITY,), within=IDS.series),
    "latest": Query(Level.STUDY, order_by=(BY_DATE,), limit=2),
    "latest, then by time": Query(Level.STUDY, order_by=(BY_DATE, BY_TIME), limit=2),
    "latest of a patient": Query(Level.STUDY, (PATIENT_ID,), order_by=(BY_DATE,), limit=2),
    "two orders": Query(Level.STUDY, (PATIENT_ID,), order_by=(BY_DATE, BY_TIME), limit=1),
    "orders of two levels": Query(Level.SERIES, (PATIENT_ID,), order_by=(BY_NAME, BY_DATE), limit=1),
    "computed": Query(Level.STUDY, (UID,), computed=COMPUTED[Level.STUDY]),
    "computed of a patient": Query(Level.PATIENT, (PATIENT_ID,), computed=COMPUTED[Level.PATIENT]),
    "computed of a series": Query(Level.SERIES, within=IDS.series, computed=COMPUTED[Level.SERIES]),
    "everything": Query(Level.INSTANCE, limit=5),
}


@pytest.mark.parametrize("walk", [False, True])
@pytest.mark.parametrize("name", TOGETHER)
def test_conditions_together_start_from_an_index(
    name: str, index: Index, recorder: Recorder, monkeypatch: pytest.MonkeyPatch, *, walk: bool
) -> None:
    if walk:
        monkeypatch.setattr(find, "_SORTED", 1)
    page = index.find(TOGETHER[name])
    if page.cursor:
        index.find(replace(TOGETHER[name], cursor=page.cursor))
    index.count(TOGETHER[name])
    check(recorder)


def test_a_search_for_what_lacks_a_label_walks(index: Index, recorder: Recorder) -> None:
    query = Query(Level.INSTANCE, labels=("a",), label_match=LabelMatch.NONE, limit=3)
    index.find(query)
    check(recorder)
    index.count(query)
    check(recorder, counts_lack=True)


def test_reading_reads_no_whole_table(index: Index, recorder: Recorder) -> None:
    for public_id in IDS:
        list(index.children(public_id))
    index.held([IDS.instance, IDS.series])
    index.details(list(IDS))
    index.get(list(IDS), [name for names in COMPUTED.values() for name in names])
    index.statistics()
    index.changes(since=3, limit=2)
    index.changes(types=[ChangeType.DELETED])
    list(index.attachments())
    list(index.attachments(after=IDS.study))
    for level in Level:
        index.count(Query(level))
    check(recorder)


def test_writing_reads_no_whole_table(index: Index, recorder: Recorder) -> None:
    new = entry("new", "9", PatientName="a=b", RequestAttributesSequence=({"RequestedProcedureID": "1"},))
    ids = ids_of(new)
    index.commit([new])
    index.commit([replace(new, stamp=5)])
    index.commit([new], Overwrite.ALWAYS)
    index.edit(
        [Attach(ids.study, attachment(2000)), SetMetadata(ids.study, "n", "v"), AddLabel(ids.study, "l")]
    )
    index.edit([Detach(ids.study, 2000), UnsetMetadata(ids.study, "n"), RemoveLabel(ids.study, "l")])
    index.refresh([new.header])
    index.complete()
    index.remove([ids.series])
    check(recorder)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT id FROM series WHERE more = 'x'",
        "SELECT id FROM series ORDER BY more LIMIT 1",
        "SELECT id FROM study WHERE id IN (SELECT parent_id FROM series WHERE more = 'x') LIMIT 1",
        "SELECT count(*) FROM instance",
        "SELECT resource FROM term WHERE level = 4",
        "DELETE FROM attachment WHERE size > 9",
    ],
)
def test_the_rule_sees_what_reads_too_much(index: Index, recorder: Recorder, sql: str) -> None:
    with index._database.engine.connect() as connection:  # type: ignore[attr-defined]
        connection.exec_driver_sql(sql)
    assert [full_scans(statement) for statement in recorder.statements()] != [[]]
