import copy
import dataclasses
import enum
import pickle
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fileroom.errors import ConfigError
from fileroom.options import EnvironmentText, Secret, build_options, check_options, secret_fields

if TYPE_CHECKING:
    from collections.abc import Mapping

BASE = Path("/archive") if Path("/archive").is_absolute() else Path("C:/archive")


class Mode(enum.StrEnum):
    FAST = "fast"
    SAFE = "safe"


@dataclass(frozen=True)
class Pool:
    size: int = 4
    timeout: float = 1.5


@dataclass(frozen=True)
class Options:
    url: str
    count: int = 1
    ratio: float = 0.5
    verify: bool = True
    root: Path = Path("blobs")
    password: Secret | None = None
    mode: Mode = Mode.SAFE
    layout: Literal["flat", "deep"] = "flat"
    limit: int | None = None
    names: tuple[str, ...] = ()
    headers: dict[str, str | int] = dataclasses.field(default_factory=dict)
    pool: Pool = Pool()


def build(**table: object) -> Options:
    return build_options(Options, {"url": "u", **table}, "storage", BASE)


def refused(cls: type[Any], table: "Mapping[str, object]") -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        build_options(cls, table, "storage", BASE)
    return caught.value


def test_a_table_without_optional_keys_gives_the_defaults() -> None:
    assert build() == Options("u", root=BASE / "blobs")


@pytest.mark.parametrize(
    ("key", "given_value", "expected"),
    [
        ("count", 7, 7),
        ("ratio", 2, 2.0),
        ("ratio", 0.25, 0.25),
        ("verify", False, False),
        ("root", "elsewhere/x", BASE / "elsewhere/x"),
        ("root", Path("object"), BASE / "object"),
        ("root", str(BASE / "absolute"), BASE / "absolute"),
        ("mode", "fast", Mode.FAST),
        ("mode", Mode.FAST, Mode.FAST),
        ("layout", "deep", "deep"),
        ("limit", 3, 3),
        ("limit", None, None),
        ("names", ["a", "b"], ("a", "b")),
        ("headers", {"x": 1, "y": "z"}, {"x": 1, "y": "z"}),
        ("pool", {"size": 9}, Pool(9)),
        ("pool", Pool(2), Pool(2)),
        ("password", "p", Secret("p")),
        ("password", Secret("p"), Secret("p")),
        ("password", {"env": "NAME"}, Secret("NAME", "env")),
        ("password", {"file": "f"}, Secret(str(BASE / "f"), "file")),
    ],
)
def test_a_value_of_the_right_type_is_taken(key: str, given_value: object, expected: object) -> None:
    value = getattr(build(**{key: given_value}), key)
    assert value == expected
    assert type(value) is type(expected)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("url", 1),
        ("url", ["u"]),
        ("count", True),
        ("count", "1"),
        ("count", 1.0),
        ("ratio", "0.5"),
        ("ratio", True),
        ("verify", 1),
        ("verify", "true"),
        ("root", ""),
        ("root", "nul\0byte"),
        ("root", 3),
        ("mode", "FAS"),
        ("mode", 1),
        ("layout", "round"),
        ("limit", "none"),
        ("names", "a"),
        ("names", [1]),
        ("headers", []),
        ("headers", {"x": 1.5}),
        ("pool", 4),
        ("pool", {"size": "4"}),
        ("pool", {"sise": 4}),
        ("password", 1),
        ("password", {"environment": "NAME"}),
        ("password", {"env": "NAME", "file": "f"}),
        ("password", {"env": 1}),
        ("password", {}),
    ],
)
def test_a_value_of_another_type_is_refused_under_its_toml_path(key: str, value: object) -> None:
    error = refused(Options, {"url": "u", key: value})
    assert error.path.startswith(f"storage.{key}")
    assert str(error).startswith(error.path)


@pytest.mark.parametrize(
    ("key", "text", "expected"),
    [
        ("url", "1", "1"),
        ("count", "42", 42),
        ("ratio", "1", 1.0),
        ("verify", "off", False),
        ("verify", "True", True),
        ("verify", "1", True),
        ("root", "r", BASE / "r"),
        ("mode", "fast", Mode.FAST),
        ("limit", "5", 5),
        ("names", "a, b,,c", ("a", "b", "c")),
        ("names", "", ()),
        ("password", "p", Secret("p")),
    ],
)
def test_text_from_the_environment_becomes_what_its_option_is(key: str, text: str, expected: object) -> None:
    value = getattr(build(**{key: EnvironmentText(text)}), key)
    assert value == expected
    assert type(value) is type(expected)


@pytest.mark.parametrize("key", ["count", "ratio", "verify"])
def test_an_error_about_the_environment_names_the_variable(key: str) -> None:
    error = refused(Options, {"url": "u", key: EnvironmentText("many")})
    assert f"FILEROOM_STORAGE__{key.upper()}" in str(error)


def test_an_unknown_key_is_refused_with_the_closest_known_one() -> None:
    error = refused(Options, {"url": "u", "pasword": "x"})
    assert error.path == "storage.pasword"
    assert "did you mean 'password'?" in str(error)


def test_a_key_without_default_must_be_there() -> None:
    error = refused(Options, {})
    assert error.path == "storage.url"
    assert "missing" in str(error)


def test_all_that_is_wrong_with_a_table_is_told_in_one_error() -> None:
    error = refused(Options, {"cuont": 1, "verify": "yes", "pool": {"size": None}})
    assert error.path == "storage"
    for path in ("storage.cuont", "storage.verify", "storage.pool.size", "storage.url"):
        assert f"{path}: " in str(error)


def test_an_items_error_names_its_place() -> None:
    assert refused(Options, {"url": "u", "names": ["a", 1]}).path == "storage.names[1]"
    assert refused(Options, {"url": "u", "headers": {"x": []}}).path == "storage.headers.x"


def test_a_wrong_choice_is_answered_with_the_choices() -> None:
    text = str(refused(Options, {"url": "u", "mode": "fats"}))
    assert "expected one of fast, safe; did you mean 'fast'?" in text


def test_a_word_of_a_choice_may_be_in_any_case() -> None:
    made = build(mode="FAST", layout="Deep")
    assert (made.mode, made.layout) == (Mode.FAST, "deep")
    assert build(mode=EnvironmentText("Safe")).mode is Mode.SAFE


def test_words_that_differ_in_case_only_are_told_apart() -> None:
    @dataclass(frozen=True)
    class Cased:
        word: Literal["a", "A", "b"] = "b"

    made = [build_options(Cased, {"word": word}, "x", BASE).word for word in "aAB"]
    assert made == ["a", "A", "b"]


def test_a_value_error_of_the_dataclass_becomes_a_config_error() -> None:
    @dataclass(frozen=True)
    class Ranged:
        size: int = 1

        def __post_init__(self) -> None:
            if self.size < 1:
                raise ValueError("size must be at least 1")

    error = refused(Ranged, {"size": 0})
    assert str(error) == "storage: size must be at least 1"


def test_the_home_folder_is_expanded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert build(root="~/blobs").root == tmp_path / "blobs"


def test_a_class_that_is_no_frozen_dataclass_is_not_usable() -> None:
    @dataclass
    class Thawed:
        size: int = 1

    for cls, reason in ((Thawed, "frozen"), (dict, "dataclass"), (Options("u"), "dataclass")):
        with pytest.raises(TypeError, match=reason):
            check_options(cls)


def test_a_field_of_a_type_that_toml_cannot_give_is_named() -> None:
    @dataclass(frozen=True)
    class Odd:
        when: complex = 1j

    with pytest.raises(TypeError, match=r"Odd\.when.*complex"):
        check_options(Odd)


def test_a_type_that_is_not_imported_at_run_time_is_explained() -> None:
    @dataclass(frozen=True)
    class Forward:
        root: "Elsewhere"  # type: ignore[name-defined]  # noqa: F821 - the point of this test

    with pytest.raises(TypeError, match="not under TYPE_CHECKING"):
        check_options(Forward)


def test_fields_that_hold_secrets_are_known() -> None:
    @dataclass(frozen=True)
    class Nested:
        inner: Options
        keys: tuple[Secret, ...] = ()
        plain: str = ""

    assert secret_fields(Options) == {"password"}
    assert secret_fields(Nested) == {"inner", "keys"}


def traceback_of(error: Exception) -> str:
    return "".join(traceback.format_exception(error))


# Secrets


secrets = st.text(st.characters(codec="utf-8")).map(lambda text: f"§{text}§")


@given(secrets)
def test_a_secret_is_shown_by_nothing_but_reveal(text: str) -> None:
    options = build(password=text)
    assert options.password is not None
    for shown in (
        str(options.password),
        repr(options.password),
        f"{options.password}",
        f"{options.password:>40}",
        "%s" % options.password,  # noqa: UP031 - another way to leak
        repr(options),
        repr(dataclasses.asdict(options)),
        repr([options.password]),
    ):
        assert text not in shown
    assert options.password.reveal() == text


@given(secrets, st.sampled_from([one.name for one in dataclasses.fields(Options)] + ["passwort"]))
def test_no_error_repeats_a_value_whatever_key_it_stands_under(text: str, key: str) -> None:
    wrong: dict[str, object] = {key: [[text]], "count": text, "mode": text, "pool": {"size": text}}
    assert text not in traceback_of(refused(Options, wrong))
    from_environment = EnvironmentText(text + "x")
    assert text not in traceback_of(refused(Options, {"count": from_environment, "ratio": from_environment}))


def test_a_secret_in_the_environment_is_read_when_it_is_revealed(monkeypatch: pytest.MonkeyPatch) -> None:
    secret = Secret.parse({"env": "THE_SECRET"}, "storage.password")
    monkeypatch.delenv("THE_SECRET", raising=False)
    with pytest.raises(ConfigError, match=r"^storage\.password: .*'THE_SECRET' is not set"):
        secret.reveal()
    monkeypatch.setenv("THE_SECRET", "late")
    assert secret.reveal() == "late"


def test_a_secret_in_place_of_a_variables_name_is_not_repeated() -> None:
    with pytest.raises(ConfigError) as caught:
        Secret.parse({"env": "p4ss word!"}).reveal()
    assert "p4ss" not in str(caught.value)


@pytest.mark.parametrize("content", [b"late\n", b"late\r\n", b"late"])
def test_a_secret_in_a_file_is_read_without_the_newline_at_its_end(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "secret.txt").write_bytes(content)
    assert Secret.parse({"file": "secret.txt"}, base=tmp_path).reveal() == "late"


def test_a_secrets_file_that_cannot_be_read_is_a_config_error(tmp_path: Path) -> None:
    secret = Secret.parse({"file": "secret.txt"}, "storage.password", tmp_path)
    with pytest.raises(ConfigError, match=r"storage\.password: .*cannot be read"):
        secret.reveal()
    (tmp_path / "secret.txt").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="UTF-8") as caught:
        secret.reveal()
    assert caught.value.__cause__ is None


def test_secrets_are_equal_when_configured_alike() -> None:
    assert Secret("a") == Secret("a", path="elsewhere")
    assert Secret("a") != Secret("a", "env")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a"), Secret("b")}) == 2


def test_secrets_survive_copying_and_pickling() -> None:
    secret = Secret("a")
    assert pickle.loads(pickle.dumps(secret)).reveal() == "a"
    assert copy.deepcopy(secret) == secret
