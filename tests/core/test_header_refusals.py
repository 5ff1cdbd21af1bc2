"""What the header reader refuses: objects without usable identifiers, and what is no DICOM object."""

from __future__ import annotations

import pytest

from fileroom.errors import InvalidDatasetError, NotDicomError
from fileroom.header import MAX_PATIENT_ID
from fileroom.testing.datasets import make_instance
from fileroom.testing.hostile import explicit, identifiers, preamble
from tests.core.header_readers import BOTH


@pytest.mark.parametrize("keyword", ["StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"])
def test_an_object_without_one_of_its_uids_is_incomplete(keyword: str) -> None:
    with pytest.raises(InvalidDatasetError, match=f"no {keyword}"):
        BOTH.read(make_instance(tags={keyword: None}))


@pytest.mark.parametrize(
    "uid", [b"1.2/3", b"1.2\0.3", b"..", b"1." * 33, b"1.2\\1.3", b"1.2 3", b"x", b".77"]
)
def test_a_uid_of_other_characters_or_too_many_is_refused(uid: bytes) -> None:
    with pytest.raises(InvalidDatasetError, match="SOPInstanceUID is not a UID") as refused:
        BOTH.read(preamble() + identifiers(sop=uid))
    assert uid.decode() not in str(refused.value)


@pytest.mark.parametrize("uid", [b"1.2.3 ", b"1.2.3\0\0", b"1.02.003", b"1." * 31 + b"12", b"2.25.0"])
def test_a_uid_may_be_padded_and_have_leading_zeros(uid: bytes) -> None:
    header = BOTH.read(preamble() + identifiers(sop=uid))
    assert header.identity.sop_instance_uid == uid.decode().strip(" \0")


def test_a_long_patient_id_is_allowed_up_to_a_bound() -> None:
    assert (
        len(BOTH.read(preamble() + identifiers(patient=b"X" * MAX_PATIENT_ID)).identity.patient_id)
        == MAX_PATIENT_ID
    )
    with pytest.raises(InvalidDatasetError, match="PatientID"):
        BOTH.read(preamble() + identifiers(patient=b"X" * (MAX_PATIENT_ID + 1)))


@pytest.mark.parametrize(
    "data", [b"", b"D", b"text " * 100, bytes(500), b"PK\3\4" + bytes(300), b"\x08\0" * 200]
)
def test_what_is_no_dicom_is_told_apart_from_what_is_damaged(data: bytes) -> None:
    with pytest.raises(NotDicomError):
        BOTH.read(data)


def test_what_has_the_prefix_is_dicom_however_damaged() -> None:
    for rest in (b"", b"\2", bytes(300), b"garbage " * 50):
        with pytest.raises(InvalidDatasetError) as refused:
            BOTH.read(bytes(128) + b"DICM" + rest)
        assert not isinstance(refused.value, NotDicomError)


def test_a_dicomdir_is_no_object() -> None:
    with pytest.raises(NotDicomError, match="DICOMDIR"):
        BOTH.read(preamble(sop_class=b"1.2.840.10008.1.3.10") + explicit(0x00041220, b"SQ"))
