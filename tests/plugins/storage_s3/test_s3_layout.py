"""Names in the bucket: where objects lie, what is ours, and which ranges are read together."""

from __future__ import annotations

import itertools
import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fileroom.errors import ConfigError, NotFoundError
from fileroom.options import Secret, build_options
from fileroom.plugin import ByteRange
from fileroom.testing.storage_case import FOREIGN_LOCATORS
from fileroom_plugins.storage_s3 import Options
from fileroom_plugins.storage_s3.layout import Layout
from fileroom_plugins.storage_s3.parts import cut
from fileroom_plugins.storage_s3.ranges import merged

SECRET = "hush-hush-hush"

keys = st.uuids().map(str)
prefixes = st.sampled_from(["", "a", "/archive/one/", "sites/42", "ünï/cødé"])
bounds = st.integers(0, 30 << 20)
byte_ranges = st.builds(
    lambda start, length: ByteRange(start, None if length is None else start + length),
    bounds,
    st.one_of(st.none(), st.integers(0, 100), bounds),
)


@given(keys, prefixes)
def test_a_name_leads_back_to_its_locator(key: str, prefix: str) -> None:
    layout = Layout(prefix)
    name = layout.name(key)
    assert layout.locator(name) == key
    assert name == f"{layout.base}{key[:2]}/{key[2:4]}/{key}"


@given(keys, prefixes, st.integers(0, 36))
def test_names_begin_as_the_start_of_the_locator_says(key: str, prefix: str, length: int) -> None:
    layout = Layout(prefix)
    begin = layout.names_begin(key[:length])
    assert begin is not None
    assert layout.name(key).startswith(begin)


@given(keys, keys, st.integers(4, 36))
def test_names_begin_alike_only_where_locators_do(one: str, other: str, length: int) -> None:
    begin = Layout("p").names_begin(one[:length])
    assert begin is not None
    assert Layout("p").name(other).startswith(begin) == other.startswith(one[:length])


@given(st.lists(keys, max_size=20))
def test_names_have_the_order_of_locators(some: list[str]) -> None:
    assert sorted(some, key=Layout("x").name) == sorted(some)


@given(st.text(max_size=60))
def test_what_is_no_start_of_a_key_begins_no_name(text: str) -> None:
    digits = str(uuid.UUID(int=0))
    expected = len(text) <= 36 and all(
        one == "-" if digits[at] == "-" else one in "0123456789abcdef" for at, one in enumerate(text)
    )
    assert (Layout("p").names_begin(text) is not None) == expected


@pytest.mark.parametrize("locator", FOREIGN_LOCATORS, ids=ascii)
def test_what_is_no_key_has_no_name(locator: str) -> None:
    if locator != str(uuid.UUID(int=0x4000_8000_0000_0000_0000)):
        with pytest.raises(NotFoundError):
            Layout("p").name(f"{locator}!")


@pytest.mark.parametrize(
    "name",
    [
        "p/ab/cd/abcd0000-0000-4000-8000-00000000000",
        "p/ab/ce/abcd0000-0000-4000-8000-000000000000",
        "q/ab/cd/abcd0000-0000-4000-8000-000000000000",
        "p/p/ab/cd/abcd0000-0000-4000-8000-000000000000",
        "abcd0000-0000-4000-8000-000000000000",
        "p/.fileroom-storage",
        "p/README",
        "",
    ],
)
def test_what_others_put_beside_objects_is_not_taken_for_one(name: str) -> None:
    assert Layout("p").locator(name) is None


@given(st.lists(byte_ranges, max_size=12))
def test_merged_spans_cover_every_range_once_and_in_order(ranges: list[ByteRange]) -> None:
    spans = merged(ranges)
    for one in ranges:
        if one.start != one.end:
            assert [
                span
                for span in spans
                if span.start <= one.start
                and (span.end is None or (one.end is not None and one.end <= span.end))
            ]
    for before, after in itertools.pairwise(spans):
        assert before.end is not None
        assert before.end <= after.start
    asked = sum((one.end or 0) - one.start for one in ranges if one.end is not None)
    if all(one.end is not None for one in ranges):
        assert sum((span.end or 0) - span.start for span in spans) <= asked + (64 << 10) * len(ranges)


@given(st.lists(st.binary(max_size=50), max_size=20), st.integers(1, 60))
def test_parts_have_their_size_and_all_bytes(pieces: list[bytes], size: int) -> None:
    parts = list(cut(pieces, size))
    assert b"".join(parts) == b"".join(pieces)
    assert len(parts) == max(1, -(-sum(map(len, pieces)) // size))
    assert all(len(part) == size for part in parts[:-1])


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"prefix": "a//b"}, "prefix"),
        ({"prefix": "a/../b"}, "prefix"),
        ({"prefix": "a\nb"}, "prefix"),
        ({"prefix": "x" * 901}, "prefix"),
        ({"endpoint_url": "s3.example.org"}, "endpoint_url"),
        ({"endpoint_url": f"https://user:{SECRET}@s3.example.org"}, "access_key_id"),
        ({"endpoint_url": "https://s3.example.org:port"}, "endpoint_url"),
        ({"endpoint_url": "ftp://s3.example.org"}, "endpoint_url"),
        ({"access_key_id": "me"}, "both"),
        ({"secret_access_key": Secret(SECRET)}, "both"),
        ({"session_token": Secret(SECRET)}, "session_token"),
        ({"sse_kms_key_id": "key"}, "sse"),
        ({"verify": False, "ca_bundle": "ca.pem"}, "ca_bundle"),
        ({"part_size": 5 * 2**20 - 1}, "part_size"),
        ({"part_size": "6gb"}, "part_size"),
        ({"part_size": "much"}, "part_size|size"),
        ({"concurrency": 0}, "concurrency"),
        ({"retries": -1}, "retries"),
        ({"read_timeout": 0.0}, "read_timeout"),
        ({"addressing_style": "other"}, "addressing_style"),
    ],
)
def test_options_that_make_no_sense_are_refused(changed: dict[str, Any], message: str, tmp_path: Any) -> None:
    with pytest.raises(ConfigError, match=message) as raised:
        build_options(Options, {"bucket": "images", **changed}, "storage", tmp_path)
    assert SECRET not in str(raised.value)


def test_the_bucket_is_all_that_must_be_given(tmp_path: Any) -> None:
    options = build_options(Options, {"bucket": "images"}, "storage", tmp_path)
    assert (options.prefix, options.part_bytes, options.concurrency) == ("", 8 << 20, 8)


def test_a_part_size_may_be_written_as_a_text(tmp_path: Any) -> None:
    assert (
        build_options(Options, {"bucket": "b", "part_size": "16mb"}, "storage", tmp_path).part_bytes
        == 16 << 20
    )


@pytest.mark.parametrize(
    "url", ["http://10.0.0.1", "https://[::1]:9000", "https://s3.example.org:443/", "https://example.org/s3"]
)
def test_servers_may_be_anywhere(url: str) -> None:
    assert Options("b", endpoint_url=url).endpoint_url == url


def test_options_never_show_their_secrets() -> None:
    options = Options("b", access_key_id="me", secret_access_key=Secret(SECRET), session_token=Secret(SECRET))
    assert SECRET not in repr(options)
