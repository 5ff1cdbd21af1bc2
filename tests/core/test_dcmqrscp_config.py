"""What a dcmqrscp.cfg means, held against the real dcmqrscp where that is installed."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from fileroom.config import load_config
from fileroom.dcmqrscp import DcmqrscpConfig, parse_dcmqrscp, read_dcmqrscp
from fileroom.errors import ConfigError
from fileroom.network import Access, Host, NetworkOptions
from fileroom.retention import QuotaOptions
from tests.dcmtk import dcmtk, needs_dcmtk

ACME1, ACME2 = Host("ACME1", "acmehost1", 5678), Host("ACME2", "acmehost2", 5678)
EXAMPLE = """\
# Global parameters
NetworkTCPPort  = 11112
MaxPDUSize      = 32768
MaxAssociations = 4
UserName        = dcmtk
SpecificCharacterSet = "ISO_IR 192", override
Display         = no

HostTable BEGIN
acme1 = (ACME1, acmehost1, 5678)
acme2 = (ACME2, acmehost2, 5678)
both  = acme1, acme2
mixed = acme2, (WS 10.0.0.7,104), acme2
HostTable END

VendorTable BEGIN
"Acme CT Company" = both
'Others' = mixed, (WS, 10.0.0.8, 104)
VendorTable END

AETable BEGIN
STORE   /var/dicom/store   RW (9, 1024mb)   both
READ    ../read            R  (200, 512kb)  ANY
WRITE   "my area"          W  (10,100B)     acme1, (WS, 10.0.0.7, 104)
AETable END
"""


def parsed(text: str) -> DcmqrscpConfig:
    return parse_dcmqrscp(text.encode())


def wrong(text: str | bytes) -> dict[int, str]:
    """Return line and reason of all that is wrong."""
    with pytest.raises(ConfigError) as caught:
        parse_dcmqrscp(text if isinstance(text, bytes) else text.encode())
    found = re.findall(r"line (\d+): (.*)", str(caught.value))
    assert found, caught.value
    return {int(line): reason for line, reason in found}


def line_of(text: str, piece: str) -> int:
    return text[: text.index(piece)].count("\n") + 1


def entry(text: str) -> str:
    return f"AETable BEGIN\n{text}\nAETable END\n"


def hosts(*lines: str) -> str:
    return "HostTable BEGIN\n" + "".join(f"{line}\n" for line in lines) + "HostTable END\n"


# What it says


def test_a_whole_file_is_read() -> None:
    config = parsed(EXAMPLE)
    assert (config.port, config.max_pdu, config.max_associations) == (11112, 32768, 4)
    assert config.hosts == {
        "acme1": (ACME1,),
        "acme2": (ACME2,),
        "both": (ACME1, ACME2),
        "mixed": (ACME2, Host("WS", "10.0.0.7", 104)),
    }
    assert config.vendors == {"Acme CT Company": ("both",), "Others": ("mixed", "WS@10.0.0.8:104")}
    assert [tuple(area) for area in config.areas] == [
        (22, "STORE", "/var/dicom/store", Access.READ_WRITE, 9, 1 << 30, ("both",)),
        (23, "READ", "../read", Access.READ, 200, 512 << 10, ("ANY",)),
        (24, "WRITE", "my area", Access.WRITE, 10, 100, ("acme1", "WS@10.0.0.7:104")),
    ]


def test_what_has_no_counterpart_is_noted_with_its_line() -> None:
    notes = {note.line: note.text for note in parsed(EXAMPLE).notes}
    assert list(notes) == [5, 6, 7, 24]
    assert notes[5] == "UserName 'dcmtk': Fileroom runs as whoever starts it"
    assert "'\"ISO_IR 192\", override'" in notes[6]
    assert "does not use it either" in notes[7]
    assert "WRITE" in notes[24]


def test_dcmqrscps_own_limits_are_noted() -> None:
    notes = parsed(entry("A a RW (501, 5mb) ANY\nB b RW (500, 1gb) ANY\nC c RW (5, 1025mb) ANY")).notes
    assert [note.line for note in notes] == [2, 4]


def test_an_empty_file_has_the_defaults() -> None:
    config = parse_dcmqrscp(b"")
    assert (config.port, config.max_pdu, config.max_associations) == (104, 16384, 16)
    assert (config.hosts, config.vendors, config.areas, config.notes) == ({}, {}, (), ())


def test_a_pdu_size_of_nothing_is_the_default() -> None:
    assert parsed("MaxPDUSize = 0\n").max_pdu == 16384


def test_network_and_quota_of_an_area_are_options_of_an_archive() -> None:
    config = parsed(EXAMPLE)
    assert config.network(config.areas[2]) == NetworkOptions(
        ae_title="WRITE",
        port=11112,
        max_pdu=32768,
        max_associations=4,
        access=Access.WRITE,
        peers=("acme1", "WS@10.0.0.7:104"),
        hosts=config.hosts,
        vendors=config.vendors,
    )


@pytest.mark.parametrize(
    "line",
    [
        "A a RW (9, 5mb) acme1",
        "A = a = RW = (9, 5mb) = acme1",
        "A,a,RW,(9,5mb),acme1",
        "A\ta \t RW (9\t,\t5MB) acme1\r",
        "\"A\" 'a' (RW) \"9, 5mb' (acme1)",
        "A a WR (009, 5120kb)acme1,",
        "A a RW (9, 5mB) acme1  ",
    ],
)
def test_gaps_and_quotes_are_any(line: str) -> None:
    (area,) = parsed(hosts("acme1=(ACME1, acmehost1, 5678)") + entry(line)).areas
    assert area[1:] == ("A", "a", Access.READ_WRITE, 9, 5 << 20, ("acme1",))


def test_brackets_within_a_plain_value_are_part_of_it() -> None:
    assert parsed(entry("A /srv/dicom(old) R (9, 5mb) ANY")).areas[0].path == "/srv/dicom(old)"


def test_the_last_line_needs_no_line_end() -> None:
    assert parsed(EXAMPLE.rstrip("\n")) == parsed(EXAMPLE)


def test_the_line_ends_of_windows_do_no_harm() -> None:
    assert parsed(EXAMPLE.replace("\n", "\r\n")) == parsed(EXAMPLE)


def test_blanks_may_stand_before_a_keyword_and_alone() -> None:
    assert parsed("  \t\n  MaxAssociations = 3\n   HostTable BEGIN\n  HostTable END\n").max_associations == 3


def test_comments_may_be_in_any_encoding() -> None:
    assert parse_dcmqrscp(b"# M\xfcller\n" + entry("A a R (9, 5mb) ANY").encode()).areas[0].line == 3


def test_a_second_host_table_adds_to_the_first() -> None:
    both = hosts("a = (A, x, 1)") + hosts("b = a, (B, y, 2)")
    assert parsed(both).hosts["b"] == (Host("A", "x", 1), Host("B", "y", 2))


# What is wrong


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("Bogus = 1\n", 1, "unknown keyword 'Bogus'"),
        ("\n\nMaxPduSize = 16384\n", 3, "did you mean 'MaxPDUSize'?"),
        ("MaxPDUSize=16384\n", 1, "put a blank before the ="),
        (" # indented\n", 1, "unknown keyword '#'"),
        ("NetworkTCPPort = x\n", 1, "1 to 65535"),
        ("NetworkTCPPort = 0\n", 1, "1 to 65535"),
        ("NetworkTCPPort = 65536\n", 1, "1 to 65535"),
        ("NetworkTCPPort = 104 # the usual\n", 1, "nothing behind it"),
        ("NetworkTCPPort\n", 1, "1 to 65535"),
        ("MaxPDUSize = 4095\n", 1, "4096 to 131072"),
        ("MaxPDUSize = 131073\n", 1, "4096 to 131072"),
        ("MaxAssociations = 0\n", 1, "from 1 on"),
        ("MaxAssociations = -1\n", 1, "from 1 on"),
        ("\ufeffUserName = x\n", 1, "unknown keyword"),
        ("HostTable\n", 1, "HostTable BEGIN or HostTable END"),
        ("HostTable begin\n", 1, "HostTable BEGIN or HostTable END"),
        ("HostTable END\n", 1, "without HostTable BEGIN"),
        ("HostTable BEGIN\nVendorTable BEGIN\nVendorTable END\n", 2, "expected 'HostTable END'"),
        ("HostTable BEGIN\nVendorTable END\n", 2, "without VendorTable BEGIN"),
        ("AETable BEGIN\n\n", 1, "ends without 'AETable END'"),
        (entry("") + entry(""), 4, "a second AETable, after that on line 1"),
        (hosts("a"), 2, "expected a name and hosts, for example"),
        (hosts("a = b"), 2, "no host 'b' above"),
        (hosts(" a = (A, x, 1)"), 2, "starts with a blank"),
        (hosts("= (A, x, 1)"), 2, "starts with a blank"),
        (hosts("   "), 2, "starts with a blank"),
        (hosts(" # no comment"), 2, "starts with a blank"),
        (hosts("'' (A, x, 1)"), 2, "expected a name and hosts"),
        (hosts("a = a"), 2, "no host 'a' above"),
        (hosts("acme1 = (A, x, 1)", "b = acme"), 3, "did you mean 'acme1'?"),
        (hosts("a = (A, x, 1)", "a = (A, x, 1)"), 3, "a second host 'a', after that on line 2"),
        (hosts("ANY = (A, x, 1)"), 2, "another name"),
        (hosts("a = (A x 1)"), 2, "no host 'A x 1'"),
        (hosts("a = ( A, x, 1)"), 2, "right behind the bracket"),
        (hosts("a = (A, x)"), 2, "expected (AE title, host, port)"),
        (hosts("a = (A, x, y)"), 2, "expected (AE title, host, port)"),
        (hosts("a = (A, x, 1, 2)"), 2, "expected (AE title, host, port)"),
        (hosts("a = (A TITLE, x, 1)"), 2, "without a blank in it"),
        (hosts("a = (A, x, 0)"), 2, "1 to 65535"),
        (hosts("a = (ABCDEFGHIJKLMNOPQ, x, 1)"), 2, "1 to 16"),
        (hosts("a = (A, x, 1"), 2, "is not closed"),
        ("VendorTable BEGIN\n'V = a\nVendorTable END\n", 2, "is not closed"),
        ("VendorTable BEGIN\nV\nVendorTable END\n", 2, "expected a name and symbols of hosts"),
        ("VendorTable BEGIN\nV = a\nVendorTable END\n", 2, "define it in the HostTable"),
        ("VendorTable BEGIN\nV = ANY\nVendorTable END\n", 2, "no host 'ANY'"),
        (entry("A"), 2, "expected AE title, storage area, access, quota and peers"),
        (entry("A a RW (9, 5mb)"), 2, "expected AE title, storage area, access, quota and peers"),
        (entry('A "" RW (9, 5mb) ANY'), 2, "expected AE title, storage area"),
        (entry("A a rw (9, 5mb) ANY"), 2, "access 'rw': expected R, RW or W"),
        (entry("A a RW (9, 1024) ANY"), 2, "b, kb, mb or gb"),
        (entry("A a RW (9, 1024m) ANY"), 2, "b, kb, mb or gb"),
        (entry("A a RW (9, 1.5gb) ANY"), 2, "b, kb, mb or gb"),
        (entry("A a RW (9, 0b) ANY"), 2, "expected (studies, size)"),
        (entry("A a RW (9 5mb) ANY"), 2, "expected (studies, size)"),
        (entry("A a RW (9, 5 mb) ANY"), 2, "expected (studies, size)"),
        (entry("A a RW (0, 5mb) ANY"), 2, "expected (studies, size)"),
        (entry("A a RW (-1, 5mb) ANY"), 2, "expected (studies, size)"),
        (entry("A a RW 9 ANY"), 2, "expected (studies, size)"),
        (entry("A a RW (9, 5mb) any"), 2, "no host 'any'"),
        (entry("A a RW (9, 5mb) ANY x"), 2, "nothing may follow ANY"),
        (entry("A a RW (9, 5mb) ANY\nA b R (9, 5mb) ANY"), 3, "a second AE title 'A', after that on line 2"),
        (entry("ABCDEFGHIJKLMNOPQ a RW (9, 5mb) ANY"), 2, "1 to 16"),
        ("#" + "x" * 510 + "\n", 1, "longer than 510 bytes"),
        ("a\0b\n", 1, "not text"),
    ],
)
def test_every_error_has_its_line_and_says_what_is_expected(text: str, line: int, words: str) -> None:
    found = wrong(text)
    assert line in found
    assert words in found[line]


def test_all_that_is_wrong_is_told_at_once_and_nothing_twice() -> None:
    text = EXAMPLE.replace("11112", "x").replace("acme2, (WS", "nobody, (WS").replace("9, 1024mb", "9, 1024")
    assert sorted(wrong(text)) == [2, 13, 22]


def test_text_in_another_encoding_is_told_by_its_line() -> None:
    assert "UTF-8" in wrong(EXAMPLE.replace("my area", "mür").encode("latin-1"))[24]


def test_a_long_list_of_errors_is_cut() -> None:
    with pytest.raises(ConfigError) as caught:
        parsed("x\n" * 1000)
    assert str(caught.value).count("\n") == 21
    assert str(caught.value).endswith("and 980 more")


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^none\.cfg cannot be read: No such file"):
        read_dcmqrscp(tmp_path / "none.cfg")
    with pytest.raises(ConfigError, match="cannot be read"):
        read_dcmqrscp(tmp_path)


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "huge.cfg").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(ConfigError, match="larger than"):
        read_dcmqrscp(tmp_path / "huge.cfg")


PIECES = r"""HostTable|VendorTable|AETable|BEGIN|END|NetworkTCPPort|UserName|=|,|"|'|(|)|\n|\r\n| |ANY|RW|9
|5mb|(9, 5mb)|(A, x, 1)|acme|#|/a|\u00a0|\ufeff|\v|\x7f|\u0660|HostTable BEGIN\n|AETable BEGIN\n"""
WORDS = st.sampled_from(PIECES.encode().decode("unicode-escape").split("|"))


def outcome(data: bytes) -> DcmqrscpConfig | ConfigError:
    try:
        return parse_dcmqrscp(data)
    except ConfigError as error:
        return error


@given(st.one_of(st.binary(), st.text().map(str.encode), st.lists(WORDS).map(lambda w: "".join(w).encode())))
@example(b"\xc2\xa0\n")
@example(b"=\n")
@example(b"HostTable BEGIN\n=\nHostTable END\n")
def test_anything_at_all_is_read_or_refused_with_its_line(data: bytes) -> None:
    result = outcome(data)
    if isinstance(result, ConfigError):
        assert re.search(r"\bline \d+: .", str(result))
    else:
        for area in result.areas:
            assert tomllib.loads(result.toml(area, Path.cwd()))["network"]["ae_title"] == area.ae_title


# As an archive's configuration


@pytest.fixture(autouse=True)
def _no_settings_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("FILEROOM_"):
            monkeypatch.delenv(name)


def test_the_toml_says_what_the_file_says(tmp_path: Path) -> None:
    config = parsed(EXAMPLE)
    for area, folder in zip(config.areas, ("/var/dicom/store", "../read", "my area"), strict=True):
        file = tmp_path / f"{area.ae_title}.toml"
        file.write_text(config.toml(area, tmp_path), encoding="utf-8")
        loaded = load_config(file)
        assert loaded.network == config.network(area)
        assert (loaded.quota.max_studies, loaded.quota.study_bytes) == (area.max_studies, area.max_bytes)
        assert (loaded.index.name, loaded.storage.name) == ("linear", "filesystem")
        where = (tmp_path / folder).absolute()
        assert Path(str(loaded.index.options["path"])) == Path(str(loaded.storage.options["root"])) == where
        assert loaded.quarantine == tmp_path / f"{area.ae_title}.quarantine"


def test_the_toml_mentions_what_has_no_counterpart_but_not_what_is_other_areas() -> None:
    config = parsed(EXAMPLE)
    comments = re.findall(r"^# Line (\d+) there: .", config.toml(config.areas[0], Path.cwd()), re.MULTILINE)
    assert comments == ["5", "6", "7"]


printable = st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="\\=,\"'()#@[]")
words = st.text(printable, min_size=1, max_size=12).filter(lambda word: word != "ANY" and "Table" not in word)
anything = st.text(
    st.characters(min_codepoint=32, exclude_categories=["Cs", "Cc"], exclude_characters="\"'()"), min_size=1
).filter(lambda text: len(text.encode()) < 100 and "," not in text)


@given(st.tuples(words, anything, words, anything), st.integers(1, 999), st.integers(1, 1 << 40))
def test_names_of_any_characters_survive_the_way_into_toml(
    names: tuple[str, str, str, str], studies: int, size: int
) -> None:
    title, path, symbol, vendor = names
    config = parsed(
        hosts(f"'{symbol}' = ({title}, host, 104)")
        + f'VendorTable BEGIN\n"{vendor}" = {symbol}\nVendorTable END\n'
        + entry(f'{title} "{path}" RW ({studies}, {size}b) {symbol}')
    )
    (area,) = config.areas
    tables = tomllib.loads(config.toml(area, Path("/srv")))
    assert tables["index"]["path"] == tables["storage"]["root"] == str((Path("/srv") / path).absolute())
    assert tables["network"]["vendors"] == {vendor: [symbol]}
    assert tables["network"]["hosts"] == {symbol: {"ae_title": title, "host": "host", "port": 104}}
    assert (tables["network"]["ae_title"], tables["network"]["peers"]) == (title, [symbol])
    assert QuotaOptions(**tables["quota"]).study_bytes == size


# The real one


@pytest.fixture(scope="module")
def starts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[bytes], bool]]:
    """Say whether dcmqrscp accepts a file; its port is taken, so that it ends right after reading."""
    file = tmp_path_factory.mktemp("dcmqrscp") / "dcmqrscp.cfg"
    with socket.socket() as taken:
        taken.bind(("", 0))
        taken.listen()
        words = [dcmtk("dcmqrscp"), "-s", "-c", str(file), str(taken.getsockname()[1])]

        def accepts(data: bytes) -> bool:
            file.write_bytes(data)
            ran = subprocess.run(words, capture_output=True, timeout=30, check=False)
            return b"cannot initialize network" in ran.stdout + ran.stderr

        yield accepts


Starts = Callable[[bytes], bool]


@needs_dcmtk
def test_dcmqrscp_accepts_the_example_but_for_its_user(starts: Starts) -> None:
    assert starts(EXAMPLE.replace("UserName ", "#UserName").encode())
    assert not starts(EXAMPLE.replace("acme1, acme2", "nobody").encode())


def mostly(usual: list[str], odd: list[str]) -> st.SearchStrategy[str]:
    """Return a strategy for pieces of which few are odd, so that some files have none."""
    return st.integers(0, 19).flatmap(lambda number: st.sampled_from(usual if number else odd))


GAPS = mostly([" ", " = ", "\t", " , "], ["=", ",", "  ", "", "\v"])
NAMES = mostly(["a", "b", "c", "'a b'", '"c"'], ["(a)", "d(", "ANY", "\u00e4", "", "'", "#"])
PEERS = mostly(
    ["(A, x, 1)", "'B,y,2)", "(A,x,1)(B,y,2)", '"C\tz = 3,"'],
    ["a", "b", "c", "( A, x, 1)", "(A x 1)", "(A,x,1", "(A,x,)", "ANY", "'a'"],
)
ROOM = mostly(
    ["RW (9, 5mb)", "R (9,5B)", "W '9 , 5gb\"", "WR\t( 9,5kb )"],
    ["rw (9, 5kb)", "RW (9, 5)", "RW (0, 5b)", "RW 9", "RW (9,5mb)"],
)
LAST = st.one_of(st.just("ANY"), PEERS)
HOST = st.tuples(NAMES, GAPS, PEERS, GAPS, mostly([""], ["a", "b"])).map("".join)
AREA = st.tuples(NAMES, GAPS, NAMES, GAPS, ROOM, GAPS, LAST).map("".join)
GLOBAL = mostly(
    ["", "  ", "MaxPDUSize = 0", " MaxAssociations =2", "NetworkType", "#"],
    ["NetworkTCPPort x", "x", "MaxPDUSize=0"],
)


def table(name: str, entries: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    begin = mostly([f"{name} BEGIN", f"{name} = BEGIN", f" {name}\tBEGIN x"], [name, f"{name} END", ""])
    end = mostly([f"{name} END", f" {name}  END x"], [f"{name} = END", name, ""])
    return st.tuples(begin, st.lists(entries, max_size=2).map("\n".join), end).map("\n".join)


FILES = st.tuples(GLOBAL, table("HostTable", HOST), table("VendorTable", HOST), table("AETable", AREA)).map(
    lambda parts: "\n".join(parts).encode()
)


def check_against(starts: Starts, data: bytes) -> None:
    if isinstance(outcome(data), DcmqrscpConfig):
        assert starts(data)


@needs_dcmtk
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(FILES)
def test_what_is_accepted_here_is_accepted_by_dcmqrscp(starts: Starts, data: bytes) -> None:
    check_against(starts, data)


@pytest.mark.slow
@needs_dcmtk
@settings(max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(FILES)
def test_what_is_accepted_here_is_accepted_by_dcmqrscp_time_and_again(starts: Starts, data: bytes) -> None:
    check_against(starts, data)


@needs_dcmtk
def test_the_file_that_comes_with_dcmtk_is_read() -> None:
    if not Path("/etc/dcmtk/dcmqrscp.cfg").exists():
        pytest.skip("this DCMTK came without a dcmqrscp.cfg")
    text = Path("/etc/dcmtk/dcmqrscp.cfg").read_text("utf-8")
    assert read_dcmqrscp("/etc/dcmtk/dcmqrscp.cfg").areas == ()
    examples = re.sub(r"^#(?=acme|united|\"|ACME|UNITED|READ)", "", text, flags=re.MULTILINE)
    config = parsed(examples)
    assert [area.ae_title for area in config.areas] == ["ACME_STORE", "UNITED_STORE", "READWRITE", "READ"]
    assert config.vendors["Acme CT Company"] == ("acmeCTcompany",)
