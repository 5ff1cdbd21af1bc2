"""What is damaged is refused whole, and what is sound is read and written as it is."""

import struct
import traceback
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import Dataset

from fileroom.errors import FileroomError, InvalidDatasetError, NotDicomError, NotSupportedError
from fileroom_plugins.deidentify import Options, deidentify
from fileroom_plugins.deidentify.cleaners import cleaned
from fileroom_plugins.deidentify.objects import read_object, write_object
from tests.plugins.deidentify.samples import SHIPPED, as_bytes, dataset, deidentifier, read

PLAIN = as_bytes(dataset(ReferencedImageSequence=[dataset()]))
SURE = deidentifier()
ITEM = struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF)
SEQUENCE = struct.pack("<HH2sHI", 0x0008, 0x1140, b"SQ", 0, 0xFFFFFFFF)


def nested(depth: int) -> bytes:
    end = struct.pack("<HHIHHI", 0xFFFE, 0xE00D, 0, 0xFFFE, 0xE0DD, 0)
    return as_bytes(dataset()) + (SEQUENCE + ITEM) * depth + end * depth


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_sound_objects_are_written_as_they_were_read(path: Path) -> None:
    data = path.read_bytes()
    try:
        written = write_object(read_object(data))
    except FileroomError:
        return  # which files are damaged is the next test's business
    assert read(written) == read(data)


def test_of_the_files_that_pydicom_ships_only_these_are_refused() -> None:
    refused = set()
    for path in SHIPPED:
        try:
            SURE.apply(path.read_bytes())
        except FileroomError:
            refused.add(path.name)
    without_uids = {
        *("UN_sequence.dcm", "chrSQEncoding.dcm", "chrSQEncoding1.dcm", "empty_charset_LEI.dcm"),
        *("meta_missing_tsyntax.dcm", "nested_priv_SQ.dcm", "no_meta_group_length.dcm", "priv_SQ.dcm"),
    }
    cut_short = {"MR_truncated.dcm", "rtplan_truncated.dcm"}
    garbled = {"SC_rgb_jpeg.dcm", "no_meta.dcm", "badVR.dcm"}
    assert refused - {"DICOMDIR-empty.dcm"} == without_uids | cut_short | garbled


@pytest.mark.parametrize("length", range(132, len(PLAIN), 7))
def test_nothing_is_made_of_what_is_cut_short_within_an_attribute(length: int) -> None:
    try:
        made = SURE.apply(PLAIN[:length]).data
    except InvalidDatasetError:
        return
    # It was cut between two attributes, which nobody can tell; all that is there was gone over.
    assert b"Testarossa" not in made


@given(st.lists(st.tuples(st.integers(0, len(PLAIN) - 1), st.integers(0, 255)), min_size=1, max_size=6))
def test_changed_bytes_lead_to_an_object_or_to_one_clear_error(changes: list[tuple[int, int]]) -> None:
    data = bytearray(PLAIN)
    for place, byte in changes:
        data[place] = byte
    message = ""
    try:
        SURE.apply(bytes(data))
    except FileroomError as error:
        message = str(error)
    assert "Testarossa" not in message


@given(st.binary(max_size=300))
def test_any_bytes_lead_to_an_object_or_to_one_clear_error(data: bytes) -> None:
    for head in (b"", bytes(128) + b"DICM"):
        with pytest.raises(FileroomError):
            SURE.apply(head + data)


def test_sequences_are_followed_to_a_depth_and_no_further() -> None:
    SURE.apply(nested(30))
    with pytest.raises(InvalidDatasetError, match="nested more than"):
        SURE.apply(nested(33))
    with pytest.raises(InvalidDatasetError, match="nested more than"):
        SURE.apply(nested(5000))


def test_an_attribute_twice_with_two_values_is_damage() -> None:
    uid = struct.pack("<HH2sH", 0x0008, 0x0018, b"UI", 12)
    with pytest.raises(InvalidDatasetError, match="twice"):
        read_object(as_bytes(dataset()) + uid + b"1.2.3.4.5.8\0")


def test_a_length_beyond_the_end_takes_no_memory() -> None:
    with pytest.raises(InvalidDatasetError, match="longer than what is left"):
        read_object(as_bytes(dataset()) + struct.pack("<HH2sHI", 0x7FE0, 0x0010, b"OW", 0, 0xFFFFFFF0))


@pytest.mark.parametrize("options", [(), ("clean-pixel-data",)])
def test_no_error_has_a_value_in_its_causes(options: tuple[str, ...]) -> None:
    made = dataset(Rows=1, Columns=1, PixelData=b"\0\0")
    made.add_new(0x00280100, "US", 8)
    made[0x00280100]._value = "KELLER URSULA"
    with pytest.raises(InvalidDatasetError) as caught:
        deidentify(made, Options(options=options))
    assert "KELLER" not in "".join(traceback.format_exception(caught.value))


def test_a_pixel_cleaner_that_fails_tells_no_value() -> None:
    value = "KELLER"
    for error in (ValueError, NotSupportedError):

        def chained(_: Dataset, error: type[Exception] = error) -> bool:
            raise error("sorry") from ValueError(value)

        with pytest.raises(FileroomError) as caught:
            cleaned(PLAIN, chained, "BurnedInAnnotation")
        assert value not in "".join(traceback.format_exception(caught.value))


def test_directories_and_other_files_are_told_apart() -> None:
    with pytest.raises(NotDicomError):
        read_object(b"GIF89a and more")
    directory = next(path for path in SHIPPED if path.name == "DICOMDIR-empty.dcm")
    with pytest.raises(NotSupportedError, match="DICOMDIR"):
        read_object(directory.read_bytes())
