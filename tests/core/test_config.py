import os
import pickle
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from fileroom.config import Backend, Config, load_config, starter_toml
from fileroom.errors import ConfigError
from fileroom.index import Overwrite
from fileroom.model import Level
from fileroom.options import Secret, build_options


@pytest.fixture(autouse=True)
def _no_settings_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("FILEROOM_"):
            monkeypatch.delenv(name)


def write(folder: Path, text: str, name: str = "fileroom.toml") -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def refused(source: Path | None, **tables: dict[str, object]) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        load_config(source, **tables)
    return caught.value


# Where it comes from


def test_a_folder_without_a_file_has_the_embedded_defaults(tmp_path: Path) -> None:
    config = load_config(tmp_path / "archive")
    assert config.base == tmp_path / "archive"
    assert (config.index, config.storage) == (Backend("sqlite"), Backend("filesystem"))
    assert config.ingest.overwrite is Overwrite.NEVER
    assert config.quarantine == tmp_path / "archive" / "quarantine"
    assert not (tmp_path / "archive").exists()


def test_a_folders_file_is_read(tmp_path: Path) -> None:
    write(tmp_path, '[index]\nbackend = "linear"\n')
    assert load_config(tmp_path).index.name == "linear"


def test_a_file_can_be_named_itself_and_its_folder_is_the_base(tmp_path: Path) -> None:
    file = write(tmp_path, '[storage]\nroot = "x"\n', "other.conf")
    config = load_config(str(file))
    assert config.base == tmp_path
    assert config.storage.options == {"root": "x"}


def test_a_relative_source_has_an_absolute_base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_config("archive").base == tmp_path / "archive"


def test_keywords_alone_start_at_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    config = load_config(
        index={"backend": "sqlite", "path": "a.sqlite"}, storage={"backend": "filesystem", "root": "blobs"}
    )
    assert config.base == tmp_path
    assert config.index.options == {"path": "a.sqlite"}
    assert config.storage.options == {"root": "blobs"}


def test_nothing_to_open_is_an_error_that_says_what_to_give() -> None:
    assert "index= and storage=" in str(refused(None))
    assert "index= and storage=" in str(refused(None, ingest={"overwrite": "always"}))


def test_the_environment_alone_can_say_what_to_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FILEROOM_INDEX__BACKEND", "linear")
    assert load_config().index.name == "linear"


# What wins


def test_arguments_win_over_environment_over_file_over_defaults(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, '[storage]\na = "file"\nb = "file"\nc = "file"\n')
    monkeypatch.setenv("FILEROOM_STORAGE__B", "environment")
    monkeypatch.setenv("FILEROOM_STORAGE__C", "environment")
    config = load_config(tmp_path, storage={"c": "argument"})
    assert config.storage == Backend("filesystem", {"a": "file", "b": "environment", "c": "argument"})
    assert config.origins == {
        "index.backend": "default",
        "storage.backend": "default",
        "storage.a": "file fileroom.toml",
        "storage.b": "environment FILEROOM_STORAGE__B",
        "storage.c": "argument",
    }


def test_a_higher_layer_replaces_a_whole_value(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(
        tmp_path,
        '[storage]\nsecret = { file = "f" }\nheaders = { a = 1 }\n[ingest]\nbefore_store = ["x", "y"]',
    )
    monkeypatch.setenv("FILEROOM_STORAGE__SECRET__ENV", "NAME")
    config = load_config(tmp_path, storage={"headers": {"b": 2}}, ingest={"before_store": ["z"]})
    assert config.storage.options == {"secret": {"env": "NAME"}, "headers": {"b": 2}}
    assert config.ingest.before_store == ("z",)
    assert config.origins["storage.secret"] == "environment FILEROOM_STORAGE__SECRET__*"


def test_the_environment_sets_single_keys_of_inner_storages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(
        tmp_path,
        '[storage]\nbackend = "tiered"\n'
        '[storage.tiers.a]\nbackend = "cache"\nmax_size = "1 GB"\n'
        '[storage.tiers.a.inner]\nbackend = "s3"\nbucket = "b"\nsecret_access_key = { file = "f" }\n'
        '[storage.tiers.b]\nbackend = "sql"\npath = "p"\n',
    )
    monkeypatch.setenv("FILEROOM_STORAGE__TIERS__A__INNER__SECRET_ACCESS_KEY__ENV", "NAME")
    monkeypatch.setenv("FILEROOM_STORAGE__TIERS__A__INNER__REGION", "r")
    monkeypatch.setenv("FILEROOM_STORAGE__TIERS__B__BACKEND", "filesystem")
    monkeypatch.setenv("FILEROOM_STORAGE__TIERS__C__BACKEND", "memory")
    config = load_config(tmp_path)
    inner = {"backend": "s3", "bucket": "b", "secret_access_key": {"env": "NAME"}, "region": "r"}
    assert config.storage.options["tiers"] == {
        "a": {"backend": "cache", "max_size": "1 GB", "inner": inner},
        "b": {"backend": "filesystem"},
        "c": {"backend": "memory"},
    }
    variables = "FILEROOM_STORAGE__TIERS"
    assert {key: origin for key, origin in config.origins.items() if key.startswith("storage.tiers")} == {
        "storage.tiers": f"file fileroom.toml, environment {variables}__*",
        "storage.tiers.a.backend": "file fileroom.toml",
        "storage.tiers.a.max_size": "file fileroom.toml",
        "storage.tiers.a.inner.backend": "file fileroom.toml",
        "storage.tiers.a.inner.bucket": "file fileroom.toml",
        "storage.tiers.a.inner.secret_access_key": f"environment {variables}__A__INNER__SECRET_ACCESS_KEY__*",
        "storage.tiers.a.inner.region": f"environment {variables}__A__INNER__REGION",
        "storage.tiers.b.backend": f"environment {variables}__B__BACKEND",
        "storage.tiers.c.backend": f"environment {variables}__C__BACKEND",
    }
    tiers = {"a": {"backend": "memory"}}
    config = load_config(tmp_path, storage={"tiers": tiers})
    assert config.storage.options["tiers"] == tiers, "arguments replace a whole value"
    assert {key for key in config.origins if key.startswith("storage.tiers")} == {"storage.tiers"}


def test_a_nested_table_of_the_environment_takes_the_place_of_what_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "[storage]\ninner = 1\n")
    monkeypatch.setenv("FILEROOM_STORAGE__INNER__BACKEND", "memory")
    assert load_config(tmp_path).storage.options == {"inner": {"backend": "memory"}}


def test_plugin_tables_are_merged_key_by_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "[plugins.imaging]\nsize = 1\nquality = 2\n")
    monkeypatch.setenv("FILEROOM_PLUGINS__IMAGING__SIZE", "3")
    config = load_config(tmp_path, plugins={"enable": ["imaging"], "other": {"x": 1}})
    assert config.plugins.enable == ("imaging",)
    assert config.plugins.tables == {"imaging": {"size": "3", "quality": 2}, "other": {"x": 1}}


def test_another_backend_does_not_get_the_options_of_the_one_below(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(
        tmp_path,
        '[storage]\nbackend = "s3"\nbucket = "b"\ndistribution = "d"\n'
        '[index]\npath = "x"\n[index.extra_tags]\nseries = ["KVP"]\n',
    )
    monkeypatch.setenv("FILEROOM_STORAGE__BACKEND", "filesystem")
    monkeypatch.setenv("FILEROOM_STORAGE__ROOT", "r")
    config = load_config(tmp_path, index={"backend": "linear"})
    assert config.storage == Backend("filesystem", {"root": "r"})
    assert config.index == Backend("linear")
    assert "storage.bucket" not in config.origins
    assert config.extra_tags == {Level.SERIES: ("KVP",)}


def test_naming_the_same_backend_again_keeps_its_options(tmp_path: Path) -> None:
    write(tmp_path, '[storage]\nbackend = "s3"\nbucket = "b"\n')
    assert load_config(tmp_path, storage={"backend": "s3"}).storage.options == {"bucket": "b"}


def test_variables_that_are_no_settings_are_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FILEROOM_ARCHIVE", "x")
    monkeypatch.setenv("FILEROOM__STORAGE", "x")
    monkeypatch.setenv("XFILEROOM_STORAGE__ROOT", "x")
    assert load_config(tmp_path).storage == Backend("filesystem")


def test_the_environment_sets_every_kind_of_option(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "INGEST__OVERWRITE": "if-changed",
        "INGEST__BEFORE_STORE": "a, b",
        "PLUGINS__ENABLE": "imaging,journal",
        "PLUGINS__DISABLE": "journal",
        "INDEX__EXTRA_TAGS__SERIES": "KVP,ExposureTime",
        "CONTENT_TYPES__REPORT": "1024",
        "QUARANTINE__PATH": "q",
    }.items():
        monkeypatch.setenv(f"FILEROOM_{name}", value)
    config = load_config(tmp_path)
    assert config.ingest.overwrite is Overwrite.IF_CHANGED
    assert config.ingest.before_store == ("a", "b")
    assert (config.plugins.enable, config.plugins.disable) == (("imaging", "journal"), ("journal",))
    assert config.extra_tags == {Level.SERIES: ("KVP", "ExposureTime")}
    assert config.content_types == {"report": "1024"}
    assert config.quarantine == tmp_path / "q"


def test_plugins_can_be_disabled_on_top_of_a_configuration(tmp_path: Path) -> None:
    write(tmp_path, '[plugins]\ndisable = ["journal"]\n')
    config = load_config(tmp_path).disabling(["imaging"])
    assert config.plugins.disable == ("journal", "imaging")
    assert config.origins["plugins.disable"] == "argument"


# What is wrong with it


@pytest.mark.parametrize(
    ("text", "path", "reason"),
    [
        ("[strage]\nroot = 1", "strage", "unknown table in the file fileroom.toml; did you mean 'storage'?"),
        ('backend = "x"', "backend", "unknown table"),
        ("storage = 1", "storage", "expected a table, not a number"),
        ("[storage]\nbackend = 1", "storage.backend", "expected text, not a number"),
        ('[storage]\ndistribution = ["x"]', "storage.distribution", "expected text, not a list"),
        ('[ingest]\noverwrte = "never"', "ingest.overwrte", "unknown key; did you mean 'overwrite'?"),
        (
            '[ingest]\noverwrite = "sometimes"',
            "ingest.overwrite",
            "expected one of never, always, if-changed",
        ),
        ('[ingest]\ndigest = "md6"', "ingest", "digest must be one of"),
        ('[ingest]\ndigest = "shake_128"', "ingest", "digest must be one of"),
        ('[plugins]\nenable = "imaging"', "plugins.enable", "expected a list, not text"),
        ("[plugins]\nenable = { imaging = true }", "plugins.enable", "expected a list, not a table"),
        ("[plugins]\nenabel = []", "plugins.enabel", "unknown key; did you mean 'enable'?"),
        ("[index]\nextra_tags = []", "index.extra_tags", "expected a table, not a list"),
        ("[index.extra_tags]\nserie = []", "index.extra_tags.serie", "did you mean 'series'?"),
        ("[index.extra_tags]\nseries = [1]", "index.extra_tags.series[0]", "expected text"),
        ("[content_types]\nreport = 1", "content_types.report", "1024"),
        ("[quarantine]\npath = 1", "quarantine.path", "expected a path"),
        ('[quarantine]\nfolder = "q"', "quarantine.folder", "unknown key"),
    ],
)
def test_a_mistake_is_refused_under_its_toml_path(tmp_path: Path, text: str, path: str, reason: str) -> None:
    write(tmp_path, text)
    error = refused(tmp_path)
    assert error.path == path
    assert reason in str(error)


def test_an_unknown_table_as_a_keyword_is_the_same_mistake(tmp_path: Path) -> None:
    assert refused(tmp_path, indx={"path": "x"}).path == "indx"


def test_toml_that_cannot_be_parsed_is_refused_with_file_and_line(tmp_path: Path) -> None:
    file = write(tmp_path, '[index]\nbackend = "sqlite"\npath = \n')
    text = str(refused(tmp_path))
    assert str(file) in text
    assert "line 3" in text


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "fileroom.toml").write_bytes(b"[index]\n# \xff\n")
    assert "UTF-8" in str(refused(tmp_path))


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    (tmp_path / "fileroom.toml").write_bytes(b'\xef\xbb\xbf[index]\nbackend = "linear"\n')
    assert load_config(tmp_path).index.name == "linear"


def test_a_missing_file_is_refused_by_name(tmp_path: Path) -> None:
    assert "absent.toml cannot be read" in str(refused(tmp_path / "absent.toml"))


def test_a_folder_in_the_files_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "fileroom.toml").mkdir()
    assert "fileroom.toml cannot be read" in str(refused(tmp_path))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no FIFOs")
def test_what_is_neither_folder_nor_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "neither a folder nor a TOML file" in str(refused(tmp_path / "pipe"))


@pytest.mark.parametrize(
    "names",
    [
        ["FILEROOM_STORAGE__"],
        ["FILEROOM_STORAGE____ROOT"],
        ["FILEROOM_STORAGE__A", "FILEROOM_STORAGE__A__B"],
        ["FILEROOM_STORAGE__A__B__C", "FILEROOM_STORAGE__A__B"],
    ],
)
def test_a_variable_that_contradicts_another_is_refused_by_name(
    names: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in names:
        monkeypatch.setenv(name, "s3cret-value")
    text = str(refused(tmp_path))
    assert "FILEROOM_STORAGE__" in text
    assert "s3cret-value" not in text


# What may be shown


secrets = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs"))).map(
    lambda text: f"§{text}§"
)


def everything_shown(config: Config) -> str:
    return "\n".join([repr(config), str(config), *map(repr, config.describe())])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(secrets)
@example("§p@ss:w0rd/with?signs&p='q'§")
def test_no_secret_is_ever_shown(tmp_path: Path, secret: str) -> None:
    escaped = secret.replace("\\", "\\\\").replace("'", "\\'")  # as libpq wants it
    config = load_config(
        tmp_path,
        storage={
            "backend": "s3",
            "secret_access_key": secret,
            "password": {"nested": [secret]},
            "by_name": {"env": secret},
            "list": [{"token": secret}, {"file": secret}],
            "object": Secret(secret),
            "url": f"postgresql://user:{secret}@host/database",
            "dsn": f"host=h password='{escaped}' user=u",
        },
        plugins={"remote": {"api-key": secret, "proxy": {"Authorization": secret}}},
    )
    assert "§" not in everything_shown(config)


def test_what_a_plugin_declares_as_secret_is_hidden_whatever_its_name(tmp_path: Path) -> None:
    default = Secret("default-phrase")

    @dataclass(frozen=True)
    class Options:
        pass_it_on: Secret
        phrase: Secret = default
        size: int = 4
        root: Path = Path("r")
        limit: int | None = None

    config = load_config(tmp_path, storage={"backend": "x", "pass_it_on": "hunter2-value", "size": 5})
    lines = {line.key: (line.value, line.origin) for line in config.describe({"storage": Options})}
    assert lines["storage.pass_it_on"] == ("********", "argument")
    assert lines["storage.phrase"] == ("********", "default")
    assert lines["storage.size"] == ("5", "argument")
    assert lines["storage.root"] == ("r", "default")
    assert "storage.limit" not in lines


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("plain", "plain"),
        (3, "3"),
        (True, "true"),
        (1.5, "1.5"),
        (["a", 1, False], '["a", 1, false]'),
        ({"a": "b", "c": {"d": 1}}, '{ a = "b", c = { d = 1 } }'),
        (Path("x") / "y", str(Path("x") / "y")),
        ("https://host:8042/path", "https://host:8042/path"),
        ("postgresql://u:p@host/db", "postgresql://u:********@host/db"),
        ("https://user@host", "https://********@host"),
        ("u:p@host", "u:********@host"),
        ("postgresql://h/db?user=u&password=p&x=1", "postgresql://h/db?user=u&password=********&x=1"),
        ("host=h password=p user=u", "host=h password=******** user=u"),
        (object(), "********"),
    ],
)
def test_a_setting_is_shown_as_toml_would_write_it(tmp_path: Path, value: object, shown: str) -> None:
    config = load_config(tmp_path, storage={"setting": value})
    assert {line.key: line.value for line in config.describe()}["storage.setting"] == shown


def test_every_setting_is_described_with_its_origin_in_the_order_of_tables(tmp_path: Path) -> None:
    write(
        tmp_path,
        '[content_types]\nreport = 1024\n[index.extra_tags]\nseries = ["KVP"]\n[plugins.x]\ny = 1\n'
        '[storage]\ndistribution = "d"\n',
    )
    assert [tuple(line) for line in load_config(tmp_path).describe()] == [
        ("index.backend", "sqlite", "default"),
        ("index.extra_tags.series", '["KVP"]', "file fileroom.toml"),
        ("storage.backend", "filesystem", "default"),
        ("storage.distribution", "d", "file fileroom.toml"),
        ("ingest.before_store", "[]", "default"),
        ("ingest.digest", "md5", "default"),
        ("ingest.overwrite", "never", "default"),
        ("processing.jobs", "1", "default"),
        ("processing.on_store", "[]", "default"),
        ("processing.retries", "2", "default"),
        ("processing.timeout", "60.0", "default"),
        ("network.access", "RW", "default"),
        ("network.ae_title", "FILEROOM", "default"),
        ("network.hosts", "{}", "default"),
        ("network.max_associations", "16", "default"),
        ("network.max_pdu", "16384", "default"),
        ("network.peers", '["ANY"]', "default"),
        ("network.port", "104", "default"),
        ("network.sender", "dimse", "default"),
        ("network.vendors", "{}", "default"),
        ("plugins.disable", "[]", "default"),
        ("plugins.enable", "[]", "default"),
        ("plugins.x.y", "1", "file fileroom.toml"),
        ("content_types.report", "1024", "file fileroom.toml"),
        ("quarantine.path", str(tmp_path / "quarantine"), "default"),
    ]


# Where it goes


def test_a_configuration_survives_pickling_and_still_converts_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @dataclass(frozen=True)
    class Options:
        size: int

    monkeypatch.setenv("FILEROOM_STORAGE__SIZE", "5")
    write(tmp_path, '[plugins.x]\nkey = { env = "K" }\n[index.extra_tags]\nseries = ["KVP"]\n')
    config = load_config(tmp_path, plugins={"x": {"other": Secret("s")}})
    copy = pickle.loads(pickle.dumps(config))
    assert copy == config
    assert build_options(Options, copy.storage.options, "storage", copy.base) == Options(5)


def test_the_starter_file_configures_nothing_but_the_defaults(tmp_path: Path) -> None:
    file = write(tmp_path, starter_toml())
    starter, bare = load_config(file), load_config(tmp_path / "elsewhere")
    assert (starter.index, starter.storage, starter.ingest) == (bare.index, bare.storage, bare.ingest)
    assert (starter.plugins, starter.content_types, starter.extra_tags) == (bare.plugins, {}, {})


def test_the_starter_files_comments_are_the_defaults_and_valid_when_uncommented(tmp_path: Path) -> None:
    text = re.sub(r"(?m)^# (?=\w+ = )", "", starter_toml())
    assert "before_store" in tomllib.loads(text)["ingest"]
    config = load_config(write(tmp_path, text))
    assert config.ingest == load_config(tmp_path / "elsewhere").ingest
    assert config.quarantine == tmp_path / "quarantine"
    assert config.index.options == {"path": "index.sqlite"}
    assert config.storage.options == {"root": "storage"}
