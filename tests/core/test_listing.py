"""What ``dcmqridx -p`` shows: byte by byte what the program wrote, and the like of it for any archive."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import fileroom
from fileroom.index import ListedInstance, ListedStudy, Listing
from fileroom.listing import KEYWORDS, decoded, lines, listing
from fileroom.testing.datasets import make_instance
from fileroom_plugins.index_linear import fields

GOLDEN = Path(__file__).parents[1] / "data" / "indexdat"
AREAS = sorted(path.name for path in GOLDEN.iterdir() if path.is_dir())


def text_at(data: bytes, field: tuple[int, int]) -> str:
    offset, size = field
    return data[offset : offset + size].partition(b"\0")[0].decode("utf-8", "surrogateescape")


def listing_of(data: bytes) -> Listing:
    """Read an ``index.dat`` as its description says; the plainest reader there can be."""
    table, records = data[fields.TABLE_OFFSET : fields.RECORDS_OFFSET], data[fields.RECORDS_OFFSET :]
    studies = []
    for number in range(len(table) // fields.STUDY_SIZE):
        study = table[number * fields.STUDY_SIZE :][: fields.STUDY_SIZE]
        size, recorded, images = struct.unpack_from("<IdI", study, fields.STUDY_BYTES_AT)
        if images:
            studies.append(ListedStudy(number, text_at(study, fields.STUDY_UID), size, recorded, images))
    instances = []
    for number in range(len(records) // fields.RECORD_SIZE):
        record = records[number * fields.RECORD_SIZE :][: fields.RECORD_SIZE]
        if record[0]:
            recorded, size = struct.unpack_from("<dI", record, fields.RECORDED_AT)
            values = {one.keyword: text_at(record, (one.offset, one.size)) for one in fields.FIELDS}
            new = record[fields.STATUS_AT] == fields.NEW
            name, description = (
                text_at(record, one) for one in (fields.FILE_NAME_FIELD, fields.DESCRIPTION_FIELD)
            )
            instances.append(ListedInstance(number, new, name, size, recorded, values, description))
    return Listing(tuple(studies), iter(instances), len(records) // fields.RECORD_SIZE)


def written(listed: Listing) -> bytes:
    return b"".join(line.encode("utf-8", "surrogateescape") + b"\n" for line in lines(listed))


@pytest.mark.parametrize("area", AREAS)
def test_it_is_byte_by_byte_what_dcmqridx_wrote(area: str) -> None:
    data = (GOLDEN / area / "index.dat").read_bytes()
    assert written(listing_of(data)) == (GOLDEN / area / "print.txt").read_bytes()


def test_the_keywords_are_those_of_a_record_in_its_order() -> None:
    assert [one.keyword for one in fields.FIELDS] == list(KEYWORDS)


def one_instance(**values: str) -> ListedInstance:
    return ListedInstance(0, new=True, file_name="a.dcm", size=1, recorded=0.0, values=values)


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (0.0, "0"),
        (1234567.891, "1.23457e+06"),
        (1795291234.0, "1.79529e+09"),
        (float("nan"), "nan"),
        (float("inf"), "inf"),
        (-1e300, "-1e+300"),
    ],
)
def test_times_are_written_as_the_program_writes_them(moment: float, text: str) -> None:
    instance = ListedInstance(0, new=False, file_name="", size=0, recorded=moment, values={})
    listed = Listing((ListedStudy(0, "1.2", 0, moment, 1),), iter([instance]), 1)
    assert f"  LastRecDate: {text}" in lines(listed)
    instances = iter([instance])
    assert f"  RecordedDate: {text}" in lines(Listing((), instances, 1))


def test_numbers_keep_their_gaps_and_free_records_count() -> None:
    study = ListedStudy(7, "1.2.3", 10, 0.0, 1)
    instance = ListedInstance(3, new=False, file_name="x", size=10, recorded=0.0, values={})
    shown = list(lines(Listing((study,), iter([instance]), 5)))
    assert [line for line in shown if "DESCRIPTOR" in line] == ["STUDY DESCRIPTOR: 7"]
    assert [line for line in shown if "RECORD" in line] == [
        "RECORD NUMBER: 3",
        "RECORDS IN THIS INDEXFILE: 5",
    ]
    assert "  Status: is NOT new" in shown


@given(st.binary(max_size=40).filter(lambda value: b"\0" not in value), st.sampled_from(KEYWORDS))
def test_any_bytes_of_a_value_are_written_as_they_were_and_can_be_read_as_text(
    value: bytes, keyword: str
) -> None:
    stored = value.decode("utf-8", "surrogateescape")
    instance = one_instance(**{keyword: stored})
    assert b': "' + value + b'"\n' in written(Listing((), iter([instance]), 1))
    (readable,) = decoded(Listing((), iter([instance]), 1)).instances
    assert readable.values[keyword].encode("utf-8", "strict") is not None


@pytest.mark.parametrize(
    ("declared", "stored", "name"),
    [
        ("ISO_IR 100", b"M\xfcller^J\xf6rg", "Müller^Jörg"),
        ("ISO_IR 192", "Łukasz^Zażółć".encode(), "Łukasz^Zażółć"),
        ("\\ISO 2022 IR 87", b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B", "Yamada^Tarou=山田^太郎"),
        ("", b"Doe^Jane", "Doe^Jane"),
    ],
)
def test_text_is_decoded_by_each_instances_own_character_set(declared: str, stored: bytes, name: str) -> None:
    instance = one_instance(
        PatientName=stored.decode("utf-8", "surrogateescape"), SpecificCharacterSet=declared
    )
    (readable,) = decoded(Listing((), iter([instance]), 1)).instances
    assert readable.values["PatientName"] == name
    assert readable.file_name == "a.dcm"


def test_any_archive_lists_the_like(tmp_path: Path) -> None:
    original = tmp_path / "1.dcm"
    original.write_bytes(
        make_instance(
            instance_number=1,
            tags={"PatientName": "Müller^Jörg", "ImageComments": "first"},
            character_set="ISO_IR 100",
        )
    )
    with fileroom.open(tmp_path / "archive") as archive:
        archive.register(original)
        archive.store(make_instance(instance_number=2)).check()
        archive.store(make_instance(patient_id="ID-2")).check()
        listed = listing(archive)
        instances = list(listed.instances)
        stored = [archive.storage.local_path(one.locator) for one in archive.storage.list()]
    assert listed.records == 3
    assert [(one.number, one.images) for one in listed.studies] == [(0, 2), (1, 1)]
    assert sum(one.size for one in listed.studies) == sum(one.size for one in instances)
    assert [one.number for one in instances] == [0, 1, 2]
    assert instances[0].file_name == str(original)
    assert {one.file_name for one in instances[1:]} == set(map(os.fspath, stored))
    assert instances[0].values["PatientName"] == "Müller^Jörg"
    assert instances[0].description == "first"
    assert all(one.new and one.recorded > 1e9 for one in instances)
    (again, *_) = decoded(Listing((), iter(instances), 3)).instances
    assert again.values["PatientName"] == "Müller^Jörg", "it is UTF-8, and says so"


def test_more_instances_than_a_page_are_all_listed(tmp_path: Path) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(501):
        (folder / f"{number:03}.dcm").write_bytes(make_instance(instance_number=number + 1, rows=0))
    with fileroom.open(tmp_path / "archive") as archive:
        archive.register(folder)
        listed = listing(archive)
        assert [Path(one.file_name).name for one in listed.instances] == [f"{n:03}.dcm" for n in range(501)]
        assert (listed.records, listed.studies[0].images) == (501, 501)
