"""Hostile and damaged input: messages or one error, in little memory, and never a value of the patient."""

from __future__ import annotations

import random
import string
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.datadict import dictionary_VR

from fileroom.errors import InvalidDatasetError
from fileroom.testing.datasets import make_instance
from fileroom.testing.hostile import ITEM, delimiter, explicit, hostile_files
from fileroom_plugins.conformance import check
from fileroom_plugins.conformance.messages import Message
from fileroom_plugins.conformance.reading import walking
from fileroom_plugins.standard import level
from tests.plugins.conformance.objects_for_tests import as_file, ct, raw

HOSTILE = dict(hostile_files())
MARK = "Zyxwv"
SOUND = as_file(ct())


def outcome(data: bytes) -> list[Message] | None:
    try:
        return check(data)
    except InvalidDatasetError:
        return None


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_has_messages_or_is_refused(name: str) -> None:
    assert outcome(HOSTILE[name]) != []  # silence would mean that it is sound


@given(st.data())
@settings(max_examples=150)
def test_damage_anywhere_brings_nothing_down(data: st.DataObject) -> None:
    whole = bytearray(SOUND)
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(132, len(whole) - 1))
        whole[at] = data.draw(st.integers(0, 255))
    outcome(bytes(whole[: data.draw(st.integers(140, len(whole)))]))


@given(st.binary(max_size=300))
@settings(max_examples=150)
def test_bytes_that_mean_nothing_bring_nothing_down(tail: bytes) -> None:
    outcome(raw(tail))
    outcome(raw(explicit(0x00080005, b"CS", b"ISO_IR 192"), tail))


def test_nothing_behind_damage_is_called_missing() -> None:
    cuts = [{one.rule for one in check(SOUND[:cut])} for cut in range(350, 800, 7)]
    damaged = [found for found in cuts if "encoding/truncated" in found]
    assert len(damaged) > 30
    for found in damaged:
        assert not found & {"iod/type-1-missing", "iod/type-2-missing", "iod/module-missing"}


def test_huge_claims_take_no_memory() -> None:
    """Rows, columns and frames that no machine could hold, and values said to be of four gigabytes."""
    image = ct()
    image.Rows = image.Columns = 65535
    image.NumberOfFrames = 2147483647
    claims = [as_file(image), raw(explicit(0x00104000, b"UT", b"x" * 20, 0xFFFFFFF0))]
    claims.append(raw(explicit(0x7FE00010, b"OW", b"", 0xFFFFFFF0)))
    for data in claims:
        check(data)
        tracemalloc.start()
        messages = check(data)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert messages
        assert peak < 4 << 20


def test_a_deflated_bomb_is_read_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    import zlib

    from fileroom_plugins.conformance.reading import file

    monkeypatch.setattr(file, "MAX_INFLATED", 1 << 20)
    deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    body = deflater.compress(explicit(0x00104000, b"UT", b" " * (50 << 20), 50 << 20)) + deflater.flush()
    tracemalloc.start()
    messages = check(raw(body, syntax=b"1.2.840.10008.1.2.1.99"))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "file/not-checked" in {one.rule for one in messages}
    assert peak < 8 << 20


def test_more_elements_than_are_looked_at_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walking, "MAX_ELEMENTS", 5)
    assert "file/not-checked" in {one.rule for one in check(SOUND)}


def test_bottomless_sequences_end() -> None:
    inner = b""
    for _ in range(60):
        inner = explicit(0x00081140, b"SQ", delimiter(ITEM, len(inner)) + inner)
        if len(inner) > 60000:
            break
    assert "encoding/depth" in {one.rule for one in check(raw(inner))}


def test_a_million_faults_are_few_messages() -> None:
    many = b"".join(explicit(0x00100010 + (number << 1), b"LO", b"\t\t") for number in range(5000))
    messages = check(raw(many))
    assert len(messages) <= 2000


def test_a_large_file_is_not_read_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "large.dcm"
    image = ct()
    image.Rows, image.Columns = 4096, 4096
    image.PixelData = bytes(4096 * 4096 * 2)
    path.write_bytes(as_file(image))
    check(path)
    tracemalloc.start()
    check(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 << 20


def test_no_message_holds_a_value_of_the_object() -> None:
    """Every text of these modules is the mark, and something that its VR does not allow."""
    value = f"{MARK}\t1234.99".encode()
    tags = {
        tag
        for module in (
            "patient",
            "general-study",
            "general-series",
            "general-image",
            "ct-image",
            "sop-common",
        )
        for tag in level(module)
        if dictionary_VR(tag) in {*("LO", "PN", "SH", "CS", "DA", "TM"), *("UI", "IS", "DS", "AS", "AE")}
    }
    messages = check(raw(*(explicit(tag, dictionary_VR(tag).encode(), value) for tag in sorted(tags))))
    assert len(messages) > 50
    assert not [one for one in messages if MARK in repr(one) or "1234" in repr(one)]


def test_the_real_thing_repeats_nobodys_name() -> None:
    patient = "".join(random.Random(1).choices(string.ascii_uppercase, k=12))
    data = make_instance(patient_id=patient, tags={"PatientName": f"{patient}^^^^^^", "PatientSex": "QQ"})
    messages = check(data)
    assert {"PatientName", "PatientSex"} <= {one.attribute for one in messages}
    assert patient not in repr(messages)
    assert "QQ" not in repr(messages)
