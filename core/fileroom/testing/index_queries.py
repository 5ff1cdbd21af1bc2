"""The searches of the index kit, by what they are about; their answers are for `fileroom.query` to say."""

# ruff: noqa: RUF001 - letters that look like others are the point

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Ask:
    """One search of the corpus, as arguments of `fileroom.query_parse.parse_query`."""

    level: str
    keys: Mapping[str, object]
    options: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.level} {dict(self.keys)} {dict(self.options)}"


def ask(level: str, options: Mapping[str, Any] | None = None, /, **keys: object) -> Ask:
    """Return a search."""
    return Ask(level, keys, options or {})


EXACT = {"exact": True}

QUERIES: Mapping[str, tuple[Ask, ...]] = {
    "identifiers": (
        ask("patient", PatientID="P1"),
        ask("patient", PatientID="p1"),
        ask("patient", PatientID="P 1"),
        ask("patient", PatientID="п1"),
        ask("patient", PatientID="01"),
        ask("patient", PatientID="\uff11"),
        ask("patient", PatientID='""'),
        ask("patient", PatientID="L" * 64),
        ask("patient", PatientID="B2"),
        ask("patient", PatientID="ẞ"),
        ask("study", AccessionNumber="A1"),
        ask("study", AccessionNumber="ß"),
        ask("study", AccessionNumber='""'),
        ask("study", StudyInstanceUID="1.1"),
        ask("series", SeriesInstanceUID="9.3"),
        ask("instance", SOPInstanceUID="9.5.12"),
    ),
    "lists": (
        ask("study", StudyInstanceUID=["1.1", "1.2", "9", "no such"]),
        ask("study", StudyInstanceUID="1.1\\1.27"),
        ask("patient", PatientID=["P1", "P_1", "P*"]),
        ask("study", AccessionNumber=["A1", '""']),
        ask("series", Modality="MR\\US"),
        ask("instance", SOPInstanceUID=["9.1.1", "9.1.2"], SeriesInstanceUID="9.1"),
        ask("study", StudyDate=["20200101", "20200501-20200601"]),
        ask("series", SeriesNumber=[5, 10]),
    ),
    "wildcards": (
        ask("patient", PatientID="P*"),
        ask("patient", PatientID="P?1"),
        ask("patient", PatientID="P_*"),
        ask("patient", PatientID="P%*"),
        ask("patient", PatientID="*[*"),
        ask("patient", PatientID='*"*'),
        ask("patient", PatientID="*'*"),
        ask("patient", PatientID="?1"),
        ask("patient", PatientID="*1*"),
        ask("study", StudyDescription="thorax?ap"),
        ask("study", StudyDescription="thorax_*"),
        ask("study", StudyDescription="*%*"),
        ask("study", StudyDescription="?部*"),
        ask("study", StudyDescription="*x?x*"),
        ask("study", StudyDescription="*drop table*"),
        ask("series", Modality="?R"),
        ask("series", SeriesDescription="T1_*"),
        ask("instance", StudyDescription="*SERIES"),
    ),
    "names": (
        ask("patient", PatientName="müller*"),
        ask("patient", PatientName="MULLER^jurgen"),
        ask("patient", PatientName="Muller"),
        ask("patient", PatientName="γεωργιου*"),
        ask("patient", PatientName="федоров^петр"),
        ask("patient", PatientName="Фёдоров*"),
        ask("patient", PatientName="王*"),
        ask("patient", PatientName="王^小东"),
        ask("patient", PatientName="wang*"),
        ask("patient", PatientName="wang^xiaodong=王^小東"),
        ask("patient", PatientName="山田*"),
        ask("patient", PatientName="やまだ*"),
        ask("patient", PatientName="ヤマダ^タロウ"),
        ask("patient", PatientName="홍^길동"),
        ask("patient", PatientName="\u1112\u1169\u11bc*"),
        ask("patient", PatientName="قباني*"),
        ask("patient", PatientName="o'brien*"),
        ask("patient", PatientName="strasse*"),
        ask("patient", PatientName="STRAẞE*"),
        ask("patient", PatientName="*^ipek"),
        ask("patient", PatientName="roe*"),
        ask("patient", PatientName='""'),
        ask("series", OperatorsName="zweiter*"),
        ask("series", PerformingPhysicianName="soren"),
    ),
    "free text": (
        ask("study", StudyDescription="schadel nativ"),
        ask("study", StudyDescription="SCHÄDEL NATIV"),
        ask("study", StudyDescription="череп"),
        ask("study", StudyDescription="頭部 ct"),
        ask("study", StudyDescription="FILE 1"),
        ask("study", StudyDescription="head"),
        ask("study", StudyDescription='""'),
        ask("study", StudyDescription="x" * 3000),
        ask("study", StudyDescription="الرأس"),
        ask("patient", EthnicGroup="arzte"),
        ask("instance", ImageComments="a\\b"),
        ask("series", SeriesDescription="cedilla"),
    ),
    "exact text": (
        ask("patient", EXACT, PatientName="Müller*"),
        ask("patient", EXACT, PatientName="Mu\u0308ller*"),
        ask("patient", EXACT, PatientName="MULLER^JURGEN"),
        ask("patient", EXACT, PatientName="ΓΕΩΡΓΙΟΥ*"),
        ask("patient", EXACT, PatientName="王^小东"),
        ask("patient", EXACT, PatientName="*^ıpek"),
        ask("patient", EXACT, PatientName="O'*"),
        ask("study", EXACT, StudyDescription="SCHÄDEL NATIV"),
        ask("study", EXACT, StudyDescription="Thorax_ap"),
        ask("study", EXACT, StudyDescription="Thorax?ap"),
        ask("study", EXACT, StudyDescription=["STRASSE", "ﬁle*"]),
        ask("study", EXACT, StudyDescription='""'),
        ask("study", EXACT, PatientName="*JURGEN", StudyDate="20200101"),
        ask("patient", EXACT, EthnicGroup="arzte"),
    ),
    "dates and times": (
        ask("study", StudyDate="20200101"),
        ask("study", StudyDate="20200103"),
        ask("study", StudyDate="20200101-20200103"),
        ask("study", StudyDate="20200601-"),
        ask("study", StudyDate="-20200101"),
        ask("study", StudyDate='""'),
        ask("study", StudyDate="20200701"),
        ask("study", StudyTime="08"),
        ask("study", StudyTime="103000-103059"),
        ask("study", StudyTime="-0800"),
        ask("study", StudyTime="235959-"),
        ask("study", StudyTime='""'),
        ask("instance", AcquisitionDateTime="2021010110"),
        ask("instance", AcquisitionDateTime="202101011003-202101011100"),
        ask("instance", AcquisitionDateTime="2021-"),
        ask("instance", AcquisitionDateTime="-20210101040000"),
    ),
    "moments": (
        ask("study", StudyDate="20200101", StudyTime="0800-0900"),
        ask("study", StudyDate="20191231-20200102", StudyTime="235959-000000"),
        ask("study", StudyDate="20200101-20200102", StudyTime="080000-120000"),
        ask("study", StudyDate="20200101-", StudyTime="0800-"),
        ask("study", StudyDate="-20200101", StudyTime="-08"),
        ask("study", StudyDate="20200102-20200501", StudyTime="-12"),
        ask("study", StudyDate="-99991231", StudyTime="235959-"),
        ask("series", StudyDate="20200101-20210101", StudyTime="12-12", Modality="CT"),
    ),
    "numbers": (
        ask("series", SeriesNumber="5"),
        ask("series", SeriesNumber=5),
        ask("series", SeriesNumber="+05.00"),
        ask("series", SeriesNumber="100"),
        ask("series", SeriesNumber="-1"),
        ask("series", SeriesNumber='""'),
        ask("series", SeriesNumber="9007199254740993"),
        ask("series", SeriesNumber="1\\9"),
        ask("instance", SliceThickness="1", InstanceNumber="2"),
        ask("study", PatientWeight="70.5"),
    ),
    "sequences": (
        ask("series", RequestAttributesSequence={"ScheduledProcedureStepID": "S1"}),
        ask(
            "series",
            RequestAttributesSequence={"ScheduledProcedureStepID": "S1", "RequestedProcedureID": "R2"},
        ),
        ask("series", RequestAttributesSequence={"ScheduledProcedureStepID": "S?"}),
        ask("series", RequestAttributesSequence={"RequestedProcedureDescription": "KNOCHEL"}),
        ask("series", RequestAttributesSequence={"ScheduledProcedureStepID": '""'}),
        ask("series", RequestAttributesSequence={"RequestedProcedureID": ["R1", "R3"]}),
        ask("series", RequestAttributesSequence='""', StudyInstanceUID="9"),
        ask("instance", RequestAttributesSequence={"ScheduledProcedureStepID": "S2"}),
    ),
    "keys of upper levels": (
        ask("study", PatientID="P1"),
        ask("study", PatientName="hong*", StudyDate="20200401"),
        ask("series", PatientName="many*", Modality="MR"),
        ask("series", StudyDescription="*nativ*"),
        ask("instance", PatientID="MANY", SeriesNumber="10", InstanceNumber="12"),
        ask("instance", PatientSex="F", StudyDate="-20200301"),
        ask("instance", PatientAge="042Y", SOPClassUID="1.2.840.10008.5.1.4.1.1.4"),
        ask("study", TimezoneOffsetFromUTC="+0100"),
        ask("series", TimezoneOffsetFromUTC="-0500"),
        ask("instance", StudyInstanceUID="9", SeriesInstanceUID="9.4"),
    ),
    "aggregates": (
        ask("study", ModalitiesInStudy="MR"),
        ask("study", ModalitiesInStudy="?T", PatientID="P1"),
        ask("study", ModalitiesInStudy=["US", "XX"]),
        ask("study", SOPClassesInStudy="1.2.840.10008.5.1.4.1.1.4"),
        ask("study", ModalitiesInStudy="CT", StudyDate="20200101"),
    ),
    "labels": (
        ask("study", {"labels": ["odd"]}),
        ask("study", {"labels": ["odd", "third"]}),
        ask("study", {"labels": ["odd", "third"], "label_match": "any"}),
        ask("study", {"labels": ["odd", "third"], "label_match": "none"}),
        ask("study", {"labels": ["Third"]}),
        ask("study", {"labels": ["THIRD", "lä bel_%"], "label_match": "any"}),
        ask("study", {"labels": ["THIRD", "lä bel_%"], "label_match": "none"}),
        ask("instance", {"labels": ["teaching"]}),
        ask("study", {"labels": ["odd"]}, PatientName="m*"),
    ),
    "metadata": (
        ask("study", {"metadata": {"state": "new"}}),
        ask("study", {"metadata": {"state": "N*"}}),
        ask("study", {"metadata": {"state": "a_b"}}),
        ask("study", {"metadata": {"state": "a?b"}}),
        ask("study", {"metadata": {"state": ["new", "a%b"]}}),
        ask("study", {"metadata": {"nötes\u0308": "line\nline ?", "state": "*"}}),
        ask("study", {"metadata": {"state": "new"}, "labels": ["odd"]}, StudyDate="20200101-"),
    ),
}
"""Each of these finds something, and not everything."""

ORDERS: tuple[Ask, ...] = (
    ask("study", {"order_by": ["StudyDate"]}),
    ask("study", {"order_by": ["-StudyDate"]}),
    ask("study", {"order_by": ["-StudyDate", "StudyTime"]}),
    ask("study", {"order_by": ["StudyDate", "-PatientName", "AccessionNumber"]}),
    ask("patient", {"order_by": ["PatientName"]}),
    ask("patient", {"order_by": ["-PatientName"]}),
    ask("patient", {"order_by": ["PatientID"]}),
    ask("study", {"order_by": ["-PatientWeight", "StudyDescription"]}),
    ask("series", {"order_by": ["SeriesNumber"]}),
    ask("series", {"order_by": ["-SeriesNumber", "Modality"]}),
    ask("series", {"order_by": ["PatientName", "Modality"]}),
    ask("series", {"order_by": ["PerformingPhysicianName"]}),
    ask("instance", {"order_by": ["-InstanceNumber"]}, PatientID="MANY"),
    ask("instance", {"order_by": ["SeriesNumber", "-InstanceNumber"]}),
    ask("instance", {"order_by": ["AcquisitionDateTime"]}),
    ask("instance", {"order_by": ["SOPInstanceUID"]}, Modality="MR"),
)
"""Searches with an order; ties and missing values in each."""
