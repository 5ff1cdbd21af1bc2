import pytest
from hypothesis import given
from hypothesis import strategies as st

from fileroom.content_types import BUILT_IN, HIGHEST, USER, ContentType, ContentTypes
from fileroom.errors import ConfigError, NotFoundError
from fileroom.options import EnvironmentText


@pytest.mark.parametrize(
    ("number", "name"),
    [(1, "dicom"), (2, "dicom-as-json"), (3, "dicom-until-pixel-data")],
)
def test_numbers_and_names_below_four_are_those_of_orthanc(number: int, name: str) -> None:
    types = ContentTypes()
    assert types.resolve(number) is types.resolve(name)
    assert (types.resolve(name).number, types.resolve(number).name) == (number, name)


def test_built_in_content_types_are_below_the_users() -> None:
    assert all(one.number < USER for one in BUILT_IN)
    assert ContentTypes().resolve("thumbnail").media_type == "image/jpeg"


def test_configured_content_types_have_their_name_number_and_media_type() -> None:
    types = ContentTypes({"report": {"number": 1024, "media_type": "application/pdf"}, "notes": 65535})
    assert types.resolve("report") == types.resolve(1024) == ContentType(1024, "report", "application/pdf")
    assert types.resolve("notes") == ContentType(65535, "notes", "application/octet-stream")


def test_a_number_in_the_environment_is_a_number() -> None:
    assert ContentTypes({"report": EnvironmentText("2000")}).resolve(2000).name == "report"


@given(st.integers(0, HIGHEST))
def test_every_number_resolves_and_its_name_resolves_to_it(number: int) -> None:
    types = ContentTypes()
    resolved = types.resolve(number)
    assert resolved.number == number
    assert types.resolve(resolved.name) == resolved
    assert types.resolve(str(number)) == resolved


@given(st.one_of(st.integers(max_value=-1), st.integers(min_value=HIGHEST + 1)))
def test_a_number_out_of_range_is_not_found(number: int) -> None:
    with pytest.raises(NotFoundError, match="65535"):
        ContentTypes().resolve(number)


@pytest.mark.parametrize("text", ["70000", "9" * 6000, "-1", "", " ", "1024.0", "٣"])
def test_text_that_is_no_number_in_range_is_not_found(text: str) -> None:
    with pytest.raises(NotFoundError):
        ContentTypes().resolve(text)


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(NotFoundError, match=r"thumbnail, .*, report; .*did you mean 'report'\?"):
        ContentTypes({"report": 1024}).resolve("reprot")


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("report", 1023, "from 1024 to 65535"),
        ("report", 65536, "from 1024 to 65535"),
        ("report", True, "expected a number"),
        ("report", "1024", "expected a number"),
        ("report", {"media_type": "text/plain"}, "missing"),
        ("report", {"number": 1024, "type": "text/plain"}, "unknown key"),
        ("report", {"number": 1024, "media_type": "pdf"}, "media type"),
        ("dicom", 1024, "built-in"),
        ("Report", 1024, "lower-case"),
        ("1024", 1024, "lower-case"),
        ("", 1024, "lower-case"),
        ("re.port", 1024, "lower-case"),
    ],
)
def test_a_malformed_entry_is_refused_under_its_toml_path(name: str, value: object, reason: str) -> None:
    with pytest.raises(ConfigError, match=reason) as caught:
        ContentTypes({name: value})
    assert caught.value.path.startswith(f"content_types.{name}")


def test_one_number_has_one_name() -> None:
    with pytest.raises(ConfigError, match="'report' already"):
        ContentTypes({"report": 1024, "notes": 1024})


def test_content_types_are_listed_by_number() -> None:
    numbers = [one.number for one in ContentTypes({"b": 2000, "a": 1500})]
    assert numbers == sorted(numbers)
    assert numbers[-2:] == [1500, 2000]
