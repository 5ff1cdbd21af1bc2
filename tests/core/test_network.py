import os
import pickle
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fileroom.config import load_config, starter_toml
from fileroom.errors import ConfigError, NotFoundError
from fileroom.network import Access, Host, NetworkOptions

ACME1 = Host("ACME1", "localhost", 5678)
ACME2 = Host("ACME2", "acme2.example.org", 104)
EXAMPLE = """
[network]
ae_title = "ARCHIVE"
port = 11112
max_pdu = 0
max_associations = 2
access = "R"
peers = ["acme1", "Acme CT Company", "WS@10.0.0.7:104"]

[network.hosts]
acme1 = { ae_title = "ACME1", host = "localhost", port = 5678 }
acmes = [
    { ae_title = "ACME1", host = "localhost", port = 5678 },
    { ae_title = "ACME2", host = "acme2.example.org", port = 104 },
]

[network.vendors]
"Acme CT Company" = ["acme1", "acmes"]
"""


@pytest.fixture(autouse=True)
def _no_settings_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("FILEROOM_"):
            monkeypatch.delenv(name)


def loaded(folder: Path, text: str = EXAMPLE) -> NetworkOptions:
    (folder / "fileroom.toml").write_text(text, encoding="utf-8")
    return load_config(folder).network


def refused(folder: Path, text: str) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        loaded(folder, text)
    return caught.value


def test_without_a_table_everybody_may_do_everything(tmp_path: Path) -> None:
    network = load_config(tmp_path).network
    assert network == NetworkOptions()
    assert (network.ae_title, network.port, network.max_pdu, network.max_associations) == (
        "FILEROOM",
        104,
        16384,
        16,
    )
    assert (network.access, network.peers, network.hosts, network.vendors) == ("RW", ("ANY",), {}, {})


def test_the_whole_table_is_read(tmp_path: Path) -> None:
    assert loaded(tmp_path) == NetworkOptions(
        ae_title="ARCHIVE",
        port=11112,
        max_pdu=0,
        max_associations=2,
        access=Access.READ,
        peers=("acme1", "Acme CT Company", "WS@10.0.0.7:104"),
        hosts={"acme1": (ACME1,), "acmes": (ACME1, ACME2)},
        vendors={"Acme CT Company": ("acme1", "acmes")},
    )


def test_the_starter_file_holds_the_defaults(tmp_path: Path) -> None:
    commented_in = starter_toml().replace("# ae_title =", "ae_title =").replace("# peers =", "peers =")
    assert loaded(tmp_path, commented_in) == NetworkOptions()


def test_the_environment_sets_single_values(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FILEROOM_NETWORK__AE_TITLE", "OTHER")
    monkeypatch.setenv("FILEROOM_NETWORK__PORT", "104")
    monkeypatch.setenv("FILEROOM_NETWORK__ACCESS", "RW")
    monkeypatch.setenv("FILEROOM_NETWORK__PEERS", "acme1, acmes")
    network = loaded(tmp_path)
    assert (network.ae_title, network.port, network.access) == ("OTHER", 104, Access.READ_WRITE)
    assert network.peers == ("acme1", "acmes")
    assert network.hosts["acme1"] == (ACME1,)


def test_the_environment_may_name_a_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for key, value in (("AE_TITLE", "ACME1"), ("HOST", "localhost"), ("PORT", "5678")):
        monkeypatch.setenv(f"FILEROOM_NETWORK__HOSTS__ACME1__{key}", value)
    assert load_config(tmp_path).network.resolve("acme1") == (ACME1,)


def test_every_setting_is_shown_as_toml_writes_it(tmp_path: Path) -> None:
    loaded(tmp_path)
    shown = {
        line.key: line.value for line in load_config(tmp_path).describe() if line.key.startswith("network")
    }
    assert shown == {
        "network.ae_title": "ARCHIVE",
        "network.port": "11112",
        "network.max_pdu": "0",
        "network.max_associations": "2",
        "network.sender": "dimse",
        "network.access": "R",
        "network.peers": '["acme1", "Acme CT Company", "WS@10.0.0.7:104"]',
        "network.hosts": (
            '{ acme1 = [{ ae_title = "ACME1", host = "localhost", port = 5678 }], '
            'acmes = [{ ae_title = "ACME1", host = "localhost", port = 5678 }, '
            '{ ae_title = "ACME2", host = "acme2.example.org", port = 104 }] }'
        ),
        "network.vendors": '{ "Acme CT Company" = ["acme1", "acmes"] }',
    }


def test_it_reaches_worker_processes(tmp_path: Path) -> None:
    network = loaded(tmp_path)
    assert pickle.loads(pickle.dumps(load_config(tmp_path))).network == network


@pytest.mark.parametrize(
    ("name", "hosts"),
    [
        ("acme1", (ACME1,)),
        ("acmes", (ACME1, ACME2)),
        ("Acme CT Company", (ACME1, ACME2)),
        ("ACME2", (ACME2,)),
        ("ACME1", (ACME1,)),
        ("OTHER ONE@192.0.2.1:11112", (Host("OTHER ONE", "192.0.2.1", 11112),)),
        ("OTHER@[2001:db8::1]:104", (Host("OTHER", "2001:db8::1", 104),)),
        ("A@B@host:104", (Host("A@B", "host", 104),)),
    ],
)
def test_a_name_stands_for_hosts(tmp_path: Path, name: str, hosts: tuple[Host, ...]) -> None:
    assert loaded(tmp_path).resolve(name) == hosts


def test_a_vendor_may_name_a_host_by_its_address() -> None:
    network = NetworkOptions(hosts={"a": (ACME1,)}, vendors={"V": ("a", "X@y:2", "a")})
    assert network.resolve("V") == (ACME1, Host("X", "y", 2))


def test_a_symbol_wins_over_an_ae_title_of_the_same_name() -> None:
    network = NetworkOptions(hosts={"a": (Host("b", "x", 1),), "b": (Host("a", "y", 2),)})
    assert network.resolve("a") == (Host("b", "x", 1),)


def test_an_unknown_name_gets_a_hint(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"did you mean 'acme.'\?, or write AET@host:port"):
        loaded(tmp_path).resolve("acme")


@pytest.mark.parametrize(
    "name", ["", "ANY", "ACME1@localhost", "@host:104", "ACME1@:104", "A@h:x", "A@h:0", "A@h:99999"]
)
def test_what_names_nobody_is_not_found(tmp_path: Path, name: str) -> None:
    with pytest.raises(NotFoundError):
        loaded(tmp_path).resolve(name)


@pytest.mark.parametrize(
    ("line", "path", "words"),
    [
        ("aetitle = 'X'", "network.aetitle", "did you mean 'ae_title'"),
        ("ae_title = ''", "network", "1 to 16"),
        ("ae_title = 'ABCDEFGHIJKLMNOPQ'", "network", "1 to 16"),
        ("ae_title = 'A\\B'", "network", "backslash"),
        ("ae_title = ' A'", "network", "space"),
        ("ae_title = 'ÄE'", "network", "ASCII"),
        ("port = 65536", "network", "1 to 65535"),
        ("port = -1", "network", "1 to 65535"),
        ("port = '104'", "network.port", "whole number"),
        ("max_pdu = 4095", "network", "4096"),
        ("max_pdu = 131073", "network", "131072"),
        ("max_associations = 0", "network", "at least 1"),
        ("access = 'wr'", "network.access", "expected one of RW, R, W"),
        ("peers = 'ANY'", "network.peers", "a list"),
        ("peers = ['nobody']", "network", "no host or vendor 'nobody'"),
        ("peers = ['X@y:0']", "network", "1 to 65535"),
        ("hosts = { a = [] }", "network", "no host"),
        ("hosts = { a = 'x' }", "network.hosts.a", "a list"),
        ("hosts = 1", "network.hosts", "a table"),
        ("hosts = { a = { ae_title = 'A', host = 'h' } }", "network.hosts.a[0].port", "missing"),
        (
            "hosts = { a = [{ ae_title = 'A', host = 'h', port = 1, x = 1 }] }",
            "network.hosts.a[0].x",
            "unknown",
        ),
        (
            "hosts = { a = { ae_title = 'A', host = 'h h', port = 1 } }",
            "network.hosts.a[0]",
            "without spaces",
        ),
        (
            "hosts = { a = { ae_title = 'A', host = 'x@h', port = 1 } }",
            "network.hosts.a[0]",
            "without spaces, @",
        ),
        ("hosts = { a = { ae_title = 'A', host = 'h', port = 0 } }", "network.hosts.a[0]", "1 to 65535"),
        ("vendors = { V = ['a'] }", "network", "'V' names the host 'a'"),
        ("vendors = { V = 'a' }", "network.vendors.V", "a list"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, line: str, path: str, words: str) -> None:
    error = refused(tmp_path, f"[network]\n{line}\n")
    assert error.path == path
    assert words in str(error)


def test_a_vendor_with_a_misspelt_host_gets_a_hint(tmp_path: Path) -> None:
    error = refused(tmp_path, EXAMPLE.replace('["acme1", "acmes"]', '["acme_1"]'))
    assert "names the host 'acme_1', which is not there; did you mean 'acme1'?" in str(error)


titles = st.text(
    st.characters(min_codepoint=32, max_codepoint=126, exclude_characters="\\"), min_size=1, max_size=16
)
names = st.from_regex(r"[a-z0-9.-]{1,30}|[0-9a-f]{1,4}(:[0-9a-f]{0,4}){2,7}", fullmatch=True)


@given(titles.filter(lambda title: title == title.strip()), names, st.integers(1, 65535))
def test_what_a_host_is_written_as_is_read_back(title: str, name: str, port: int) -> None:
    host = Host(title, name, port)
    assert Host.parse(str(host)) == host
    assert NetworkOptions().resolve(str(host)) == (host,)


@given(st.text())
def test_any_text_is_a_name_or_not_found(text: str) -> None:
    try:
        found = NetworkOptions(hosts={"acme1": (ACME1,)}).resolve(text)
    except NotFoundError:
        return
    assert found
