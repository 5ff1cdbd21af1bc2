"""The real dcmqridx prints of areas that we wrote what we meant."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fileroom_plugins.index_linear.fields import FIELDS, MAGIC
from fileroom_plugins.index_linear.record import FREE, Record, encode
from fileroom_plugins.index_linear.study_table import Study, encode_table
from tests.dcmtk import needs_dcmtk
from tests.plugins.index_linear.records import records, texts
from tests.plugins.index_linear.registered import printed
from tests.thorough import times

pytestmark = needs_dcmtk

KEYWORDS = [one.keyword for one in FIELDS]
RETIRED = {"OtherPatientIDs": "RETIRED_OtherPatientIDs", "OtherStudyNumbers": "RETIRED_OtherStudyNumbers"}
SHOWN_NAMES = [RETIRED.get(keyword, keyword) for keyword in KEYWORDS]
STUDIES_SHOWN = st.builds(
    Study, texts(65), st.integers(0, 0xFFFF_FFFF), st.integers(0, 1 << 40).map(float), st.integers(0, 3)
)
RECORDS_SHOWN = records().map(lambda record: replace(record, recorded=float(record.size)))


def shown(studies: list[Study], several: list[Record | None]) -> bytes:
    """Return what is to be printed of an area."""
    stars = b"*" * 54 + b"\n"
    parts = [b"-- DB Index File --\n"]
    for number, study in enumerate(studies):
        if study.images:
            parts += (
                stars,
                b"STUDY DESCRIPTOR: %d\n  Study UID: %s\n  StudySize: %d\n" % (number, study.uid, study.size),
                b"  LastRecDate: %s\n  NumOfImages: %d\n" % (b"%g" % study.recorded, study.images),
            )
    for number, record in enumerate(several):
        if record:
            status = b"new" if record.new else b"NOT new"
            parts += (
                b"*" + stars,
                b"RECORD NUMBER: %d\n  Status: is %s\n  Filename: %s\n" % (number, status, record.file_name),
                b"  ImageSize: %d\n  RecordedDate: %g\n" % (record.size, record.recorded),
                *(
                    b'    %s: "%s"\n' % (name.encode(), record.values.get(keyword, b""))
                    for keyword, name in zip(KEYWORDS, SHOWN_NAMES, strict=True)
                ),
                b'  InstanceDescription: "%s"\n' % record.description,
            )
    return b"".join((*parts, b"*" + stars, b"RECORDS IN THIS INDEXFILE: %d\n" % len(several)))


def check_print(studies: list[Study], several: list[Record | None]) -> None:
    area = MAGIC + encode_table(studies) + b"".join(encode(one) if one else FREE for one in several)
    assert printed(area) == shown(studies, several)


@settings(max_examples=25, deadline=None)
@given(st.lists(STUDIES_SHOWN, max_size=4), st.lists(st.none() | RECORDS_SHOWN, max_size=4))
def test_it_prints_of_areas_that_we_wrote_what_we_meant(
    studies: list[Study], several: list[Record | None]
) -> None:
    check_print(studies, several)


@pytest.mark.slow
@settings(max_examples=times(200), deadline=None)
@given(st.lists(STUDIES_SHOWN, max_size=8), st.lists(st.none() | RECORDS_SHOWN, max_size=8))
def test_it_prints_of_many_more_areas_that_we_wrote_what_we_meant(
    studies: list[Study], several: list[Record | None]
) -> None:
    check_print(studies, several)
