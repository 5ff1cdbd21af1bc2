"""Sending to DCMTK's own programs."""

from __future__ import annotations

import io
import struct
import subprocess
import tracemalloc
from pathlib import Path
from typing import BinaryIO, cast

import pydicom
import pytest

from fileroom.errors import NetworkError
from fileroom.network import Host
from fileroom.sending import Sender, SendItem, SendState, SendStatus, SendStoppedError
from fileroom.testing.datasets import EXPLICIT_BIG, EXPLICIT_LITTLE, RLE_LOSSLESS, make_instance
from tests.dcmtk import dcmtk, needs_dcmtk
from tests.plugins.dimse.peers import (
    DEFLATED,
    IMPLICIT_LITTLE,
    data_set,
    free_port,
    item_of,
    running,
    storescp,
)

pytestmark = needs_dcmtk

ACCEPT_ALL = ("+xa", "--promiscuous", "+B")
PRIVATE_CLASS = "1.2.826.0.1.3680043.10.511.3.1"


def received(folder: Path) -> dict[str, bytes]:
    """Return what storescp wrote, by SOP Instance UID."""
    files = [path for path in folder.iterdir() if path.suffix != ".log"]
    return {path.name.partition(".")[2]: path.read_bytes() for path in files}


def uid_of(file: bytes) -> str:
    return str(pydicom.dcmread(io.BytesIO(file)).SOPInstanceUID)


def statuses(sender: Sender, host: Host, *files: bytes) -> list[SendStatus]:
    told: list[SendStatus] = []
    sender.send(host, [item_of(file) for file in files], told.append)
    return told


def lines(folder: Path, text: str) -> int:
    return (folder / "storescp.log").read_text(encoding="latin-1").count(text)


def test_a_peer_that_takes_the_class_in_other_syntaxes_only_is_said_to(
    sender: Sender, tmp_path: Path
) -> None:
    with storescp(tmp_path, "+xi") as host:
        (told,) = statuses(sender, host, make_instance(transfer_syntax=RLE_LOSSLESS))
    assert told.state is SendState.FAILED
    assert told.reason == "the peer takes CT Image Storage, but not in RLE Lossless"


@pytest.mark.parametrize("program", ["storescp", "dcmqrscp"])
def test_an_echo_is_answered(program: str, sender: Sender, tmp_path: Path) -> None:
    if program == "storescp":
        with storescp(tmp_path) as host:
            assert sender.echo(host).seconds > 0
    else:
        port = free_port()
        with running([dcmtk("dcmqrscp"), "-s", "-c", str(qrscp_config(tmp_path, port))], port):
            assert sender.echo(Host("AREA", "127.0.0.1", port)).seconds > 0


def qrscp_config(folder: Path, port: int) -> Path:
    area = folder / "area"
    area.mkdir()
    config = folder / "dcmqrscp.cfg"
    config.write_text(
        f"NetworkTCPPort {port}\nMaxPDUSize 16384\nMaxAssociations 16\nHostTable BEGIN\nHostTable END\n"
        f"VendorTable BEGIN\nVendorTable END\nAETable BEGIN\nAREA {area} RW (200, 1024mb) ANY\nAETable END\n"
    )
    return config


@pytest.mark.parametrize(
    "syntax", [EXPLICIT_LITTLE, IMPLICIT_LITTLE, EXPLICIT_BIG, DEFLATED, RLE_LOSSLESS], ids=str
)
def test_a_data_set_arrives_byte_for_byte_in_its_own_transfer_syntax(
    syntax: str, sender: Sender, tmp_path: Path
) -> None:
    sent = make_instance(transfer_syntax=syntax, rows=300, columns=200)
    with storescp(tmp_path, *ACCEPT_ALL) as host:
        (status,) = statuses(sender, host, sent)
    assert (status.state, status.code) == (SendState.SENT, 0)
    (came,) = received(tmp_path).values()
    assert data_set(came) == data_set(sent)
    assert pydicom.dcmread(io.BytesIO(came)).file_meta.TransferSyntaxUID == syntax


def test_a_data_set_without_file_meta_information_arrives_byte_for_byte(
    sender: Sender, tmp_path: Path
) -> None:
    files = [
        data_set(make_instance(transfer_syntax=one, rows=8)) for one in (EXPLICIT_LITTLE, IMPLICIT_LITTLE)
    ]
    names = ("1.2.840.10008.5.1.4.1.1.2", uid_of(make_instance()))
    items = [item_of(file, *names) for file in files]
    for item, file in zip(items, files, strict=True):
        with storescp(tmp_path, *ACCEPT_ALL) as host:
            assert sender.send(host, [item], lambda _: None).complete
        assert [data_set(came) for came in received(tmp_path).values()] == [file]


@pytest.mark.parametrize("syntax", [EXPLICIT_LITTLE, DEFLATED], ids=str)
def test_a_peer_that_takes_implicit_vr_only_gets_the_same_values_in_it(
    syntax: str, sender: Sender, tmp_path: Path
) -> None:
    nested = pydicom.Dataset()
    nested.CodeMeaning = "Übung"
    sent = make_instance(
        transfer_syntax=syntax,
        character_set="ISO_IR 100",
        tags={"PatientName": "Müller^Jürgen", "ProcedureCodeSequence": [nested], "PixelPaddingValue": 7},
    )
    with storescp(tmp_path, "+xi", "+B") as host:
        (status,) = statuses(sender, host, sent)
    assert status.state is SendState.SENT
    (came,) = received(tmp_path).values()
    found = pydicom.dcmread(io.BytesIO(came))
    assert found.file_meta.TransferSyntaxUID == IMPLICIT_LITTLE
    expected = pydicom.dcmread(io.BytesIO(sent))
    assert found == expected
    assert found.PatientName == "Müller^Jürgen"


def test_implicit_vr_becomes_what_dcmtk_makes_of_it_for_a_peer_that_takes_explicit_vr_only(
    sender: Sender, tmp_path: Path
) -> None:
    profile = tmp_path / "scp.cfg"
    profile.write_text(EXPLICIT_ONLY)
    sent = make_instance(transfer_syntax=IMPLICIT_LITTLE)
    (tmp_path / "sent").mkdir()
    source, converted = tmp_path / "sent" / "a.dcm", tmp_path / "sent" / "b.dcm"
    source.write_bytes(sent)
    subprocess.run([dcmtk("dcmconv"), "+te", str(source), str(converted)], check=True)
    received_in = tmp_path / "received"
    received_in.mkdir()
    with storescp(received_in, "-xf", str(profile), "Default", "+B") as host:
        (status,) = statuses(sender, host, sent)
    assert status.state is SendState.SENT, status.reason
    (came,) = received(received_in).values()
    assert data_set(came) == data_set(converted.read_bytes())


EXPLICIT_ONLY = """
[[TransferSyntaxes]]
[Explicit]
TransferSyntax1 = LittleEndianExplicit
[[PresentationContexts]]
[StorageSCP]
PresentationContext1 = CTImageStorage\\Explicit
[[Profiles]]
[Default]
PresentationContexts = StorageSCP
"""


def test_what_the_peer_does_not_take_fails_with_the_reason_and_the_others_are_sent(
    sender: Sender, tmp_path: Path
) -> None:
    compressed = make_instance(transfer_syntax=RLE_LOSSLESS)
    big_endian = make_instance(transfer_syntax=EXPLICIT_BIG, instance_number=2)
    private = make_instance(instance_number=3, tags={"SOPClassUID": PRIVATE_CLASS})
    plain = make_instance(instance_number=4)
    with storescp(tmp_path, "+xi") as host:
        told = statuses(sender, host, compressed, big_endian, private, plain)
    assert [status.state for status in told] == [SendState.FAILED] * 3 + [SendState.SENT]
    assert told[0].reason == "the peer takes CT Image Storage, but not in RLE Lossless"
    assert told[1].reason == "the peer takes CT Image Storage, but not in Explicit VR Big Endian"
    assert told[2].reason == f"the peer does not take objects of this class: {PRIVATE_CLASS}"
    assert list(received(tmp_path)) == [uid_of(plain)]


def test_where_the_peer_takes_nothing_at_all_each_object_says_so(sender: Sender, tmp_path: Path) -> None:
    with storescp(tmp_path) as host:
        told = statuses(sender, host, make_instance(transfer_syntax=RLE_LOSSLESS))
    assert [status.state for status in told] == [SendState.FAILED]


def test_many_objects_of_one_kind_go_over_one_association(sender: Sender, tmp_path: Path) -> None:
    files = [make_instance(rows=1, columns=1, instance_number=number) for number in range(250)]
    with storescp(tmp_path, "-v") as host:
        told = statuses(sender, host, *files)
        assert all(status.state is SendState.SENT for status in told)
    assert len(received(tmp_path)) == 250
    assert lines(tmp_path, "Association Received") == 2  # one of them is ours, the other looked for the port


def test_more_kinds_than_one_association_can_name_go_over_several(sender: Sender, tmp_path: Path) -> None:
    files = [
        make_instance(rows=1, columns=1, instance_number=n, tags={"SOPClassUID": f"{PRIVATE_CLASS}.{n}"})
        for n in range(1, 100)
    ]
    with storescp(tmp_path, "-v", "--promiscuous") as host:
        told = statuses(sender, host, *files)
    assert all(status.state is SendState.SENT for status in told)
    assert len(received(tmp_path)) == 99
    assert lines(tmp_path, "Association Received") == 3


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("--refuse", "refuses the association: no reason given"),
        ("--abort-after", "broke the association off: its log may say why"),
        ("--abort-during", "broke the association off: its log may say why"),
    ],
)
def test_a_peer_that_refuses_or_aborts_is_one_error_and_nothing_counts_as_sent(
    option: str, message: str, sender: Sender, tmp_path: Path
) -> None:
    files = [make_instance(instance_number=number) for number in range(3)]
    told: list[SendStatus] = []
    with storescp(tmp_path, option) as host, pytest.raises(SendStoppedError) as caught:
        sender.send(host, [item_of(file) for file in files], told.append)
    assert str(caught.value) == f"{host} {message}"
    assert [status.state for status in told] == [SendState.UNSENT] * 3
    assert caught.value.report.unsent == 3


def test_a_wrong_ae_title_is_named_as_the_reason(sender: Sender, tmp_path: Path) -> None:
    port = free_port()
    command = [dcmtk("dcmqrscp"), "-s", "-c", str(qrscp_config(tmp_path, port))]
    reason = "refuses the association: called AE title not recognised"
    with running(command, port), pytest.raises(NetworkError, match=reason):
        sender.echo(Host("WRONG", "127.0.0.1", port))


def test_an_area_of_dcmqrscp_receives_all(sender: Sender, tmp_path: Path) -> None:
    port = free_port()
    files = [make_instance(instance_number=number) for number in range(5)]
    with running([dcmtk("dcmqrscp"), "-s", "-c", str(qrscp_config(tmp_path, port))], port):
        told = statuses(sender, Host("AREA", "127.0.0.1", port), *files)
    assert [status.state for status in told] == [SendState.SENT] * 5
    assert len(list((tmp_path / "area").glob("CT_*.dcm"))) == 5


class LargeFile(io.RawIOBase):
    """A DICOM file: a header, and zeros for pixels."""

    def __init__(self, header: bytes, size: int) -> None:
        self._header, self._size, self._at = header, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        self._at = offset + (self._at if whence == io.SEEK_CUR else 0)
        return self._at

    def read(self, length: int = -1, /) -> bytes:
        piece = self._header[self._at : self._at + length].ljust(min(length, self._size - self._at), b"\0")
        self._at += len(piece)
        return piece


def test_a_large_object_is_never_whole_in_memory(sender: Sender, tmp_path: Path) -> None:
    pixels = 48 << 20
    header = make_instance(rows=0) + struct.pack("<HH2sHL", 0x7FE0, 0x0010, b"OW", 0, pixels)
    size = len(header) + pixels
    item = SendItem("large", size, lambda: cast("BinaryIO", LargeFile(header, size)))
    with storescp(tmp_path) as host:
        tracemalloc.start()
        try:
            report = sender.send(host, [item], lambda _: None)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert report.sent == 1
    assert peak < 8 << 20
    (came,) = (path for path in tmp_path.iterdir() if path.suffix != ".log")
    assert came.stat().st_size > pixels
