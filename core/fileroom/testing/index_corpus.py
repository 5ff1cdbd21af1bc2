"""A small archive of awkward values, for the searches of the index kit.

Every patient has one study, one series and one instance unless it is said otherwise, so that an answer at one
level can be recognised at the others. Missing values are missing tags, empty ones empty texts.
"""

# ruff: noqa: RUF001 - letters that look like others are the point

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fileroom.index import AddLabel, Attach, SetMetadata
from fileroom.model import Level
from fileroom.tags import TagSet
from fileroom.testing.entries import CT_IMAGE, MR_IMAGE, attachment, entry
from fileroom.testing.index_case import ids_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fileroom.index import Edit, Entry
    from fileroom.model import TagValue

TAGS = TagSet.with_extra(
    {
        Level.PATIENT: ["EthnicGroup"],
        Level.STUDY: ["PatientAge", "PatientWeight"],
        Level.SERIES: ["PerformingPhysicianName"],
        Level.INSTANCE: ["AcquisitionDateTime", "SliceThickness", "BurnedInAnnotation"],
    }
)
"""What an index of the corpus keeps: extra tags of every level, and of kinds that no main tag has."""

# PatientID, PatientName, StudyDate, StudyTime, AccessionNumber, StudyDescription; None for a missing tag.
_STUDIES: tuple[tuple[str | None, ...], ...] = (
    ("P1", "Müller^Jürgen", "20200101", "080000", "A1", "Schädel nativ"),
    ("p1", "MULLER^JURGEN", "20200101", "0800", "a1", "SCHÄDEL NATIV"),
    ("P 1", "Mu\u0308ller^Ju\u0308rgen^^^", "20200101", "08", "A 1", "Scha\u0308del  nativ "),
    ("P%1", "Müllerová^Jana", "20200101", "", "A%1", "Thorax%ap"),
    ("P_1", "Miller^John", "20200101", None, "A_1", "Thorax_ap"),
    ("PX1", "Mueller^Juergen", "20200102", "000000", "AX1", "Thorax ap"),
    ("P[1]", "Muller", "20200102", "235959.999999", "A[1]", "Thorax[ap]"),
    ("P*1", "Γεωργίου^Άννα", "20191231", "235959.999999", "A*1", "Thorax*ap"),
    ("P?1", "ΓΕΩΡΓΙΟΥ^ΑΝΝΑ", "20191231", "240000", "A?1", "Thorax?ap"),
    ("П1", "Фёдоров^Пётр", "2020.01.03", "10:30:00", "", "Череп"),
    ("п1", "ФЕДОРОВ^ПЕТР", "20200229", "103000.5", None, "ЧЕРЕП"),
    ("1", "Wang^XiaoDong=王^小东", "20200301", "1030", "1", ""),
    ("01", "Wang^XiaoDong=王^小東", "20200301", "103059", "01", None),
    ("\uff11", "Wáng^Xiǎo Dōng", "20200301", "103060", "\uff11", "Head\\Neck"),
    ("Y1", "Yamada^Tarou=山田^太郎=やまだ^たろう", None, "103000", "Y-1", "頭部 CT"),
    ("Y2", "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=ヤマダ^タロウ", "", "103000", "Y-2", "頭部\u3000ＣＴ"),
    ("K1", "Hong^Gildong=洪^吉洞=홍^길동", "20200401", None, "K1", "두부"),
    ("K2", "Hong^Gildong=洪^吉洞=\u1112\u1169\u11bc^길동", "20200401", None, "K2", "x" * 3000),
    ("ق1", "قباني^لنزار", "19000101", "000000", "ق", "الرأس"),
    ("ق2", "قبّاني^لنزار", "99991231", "235959", "ق2", "\u0627\u0644\u0631\u0623\u0633 "),
    ("", "", "20200501", "12", "E", "empty"),
    ("N", None, "20200501", "12", "N", "no name"),
    ("Q'1", "O'Brien^Seán", "2020", "noon", "Q'1", 'it\'s "quoted"'),
    ('Q"1', "O\u2019Brien^Sean", "20201301", "1", 'Q"1', "--; DROP TABLE studies"),
    ("B1\\B2", "Doe^Jane\\Roe^Richard", "20200601\\20200701", "09\\10", "B\\C", "a\\b"),
    ("L" * 64, "Straße^" + "x" * 57, "20200601", "09", "L" * 16, "STRASSE"),
    ("ẞ", "STRASSE^İpek", "20200601", "09", "ß", "ﬁle ①"),
    ("i", "Strasse^ıpek", "20200602", "09", "SS", "file 1"),
)

# Series of one patient: Modality, SeriesNumber, SeriesDescription, RequestAttributesSequence, instances.
_S1 = {
    "ScheduledProcedureStepID": "S1",
    "RequestedProcedureID": "R1",
    "RequestedProcedureDescription": "Knöchel",
}
_S2 = {"ScheduledProcedureStepID": "S2", "RequestedProcedureID": "R2"}
_MIXED = {"ScheduledProcedureStepID": "S1", "RequestedProcedureID": "R2"}
_SERIES: tuple[tuple[str | None, str | None, str | None, TagValue | None, int], ...] = (
    ("CT", "5", "Topogramm", (_S1, _S2), 3),
    ("CT", "05", "topogramm", (_MIXED,), 1),
    ("CT", " 5 ", "TOPOGRAMM  ", (), 1),
    ("MR", "+5.0", "T1_tse", ({},), 2),
    ("MR", "10", "T1%tse", None, 12),
    ("MR", "9", "T1 tse", (_S2, {"ScheduledProcedureStepID": ""}), 1),
    ("SR", "-1", "", None, 1),
    ("SR", "abc", None, None, 1),
    ("US", "", "Ç\u0327edilla", None, 1),
    (None, None, None, None, 1),
    ("", "9007199254740993", "same", None, 1),
    ("CT\\MR", "1E2", "same", None, 1),
)


def corpus() -> list[Entry]:
    """Return the entries: 29 patients, 29 studies, 40 series, 54 instances."""
    return [*_patients(), *_one_patient()]


def _patients() -> Iterator[Entry]:
    for number, row in enumerate(_STUDIES, 1):
        names = ("PatientName", "StudyDate", "StudyTime", "AccessionNumber", "StudyDescription")
        tags = _given(zip(names, row[1:], strict=True))
        yield entry(
            row[0] or "",
            f"1.{number}",
            **tags,
            PatientSex="FMO"[number % 3],
            Modality="CT",
            TimezoneOffsetFromUTC="+0100" if number % 2 else "-0500",
            EthnicGroup="Ärzte" if number % 4 else "arzte",
        )


def _one_patient() -> Iterator[Entry]:
    for number, (modality, series_number, description, items, count) in enumerate(_SERIES, 1):
        names = ("Modality", "SeriesNumber", "SeriesDescription", "RequestAttributesSequence")
        tags = _given(zip(names, (modality, series_number, description, items), strict=True))
        for instance in range(1, count + 1):
            yield entry(
                "MANY",
                "9",
                f"9.{number}",
                f"9.{number}.{instance}",
                **tags,
                sop_class_uid=MR_IMAGE if modality == "MR" else CT_IMAGE,
                PatientName="Many^Series",
                StudyDate="20210101",
                StudyTime="12",
                StudyDescription="many series",
                PatientAge="042Y",
                PatientWeight="70.50",
                OperatorsName="First^A\\Zweiter^B",
                PerformingPhysicianName="Søren",
                InstanceNumber=str(instance),
                SliceThickness="1.0" if instance % 2 else "1e0",
                AcquisitionDateTime=f"2021010112{instance:02}00+0200"
                if number % 2
                else f"20210101{instance:02}",
                ImageComments="a\\b" if instance == 1 else "A\\B c",
            )


def corpus_edits() -> list[Edit]:
    """Return edits that give some resources of the corpus labels, metadata and attachments."""
    edits: list[Edit] = []
    for number, each in enumerate(corpus()):
        study, instance = ids_of(each).study, ids_of(each).instance
        labels = [
            name
            for name, every in (("odd", 2), ("third", 3), ("Third", 4), ("lä bel_%", 5))
            if number % every
        ]
        edits += [AddLabel(study, label) for label in labels]
        edits += [AddLabel(instance, "teaching")] * (number % 7 == 0)
        edits += [SetMetadata(study, "state", ("new", "New", "a_b", "a%b", "axb")[number % 5])]
        edits += [SetMetadata(study, "nötes\u0308", "line\nline *"), Attach(study, attachment(1024))] * (
            number % 6 == 0
        )
    return edits


def _given(pairs: Iterator[tuple[str, TagValue | None]]) -> dict[str, Any]:
    return {keyword: value for keyword, value in pairs if value is not None}
