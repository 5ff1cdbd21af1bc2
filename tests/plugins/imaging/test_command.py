from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fileroom.plugin import InvalidValueError
from fileroom_plugins.imaging.commands import OPERATORS, parse


def values(text: str) -> dict[str, tuple[object, ...]]:
    return dict(parse(text).values)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("fileformat=jfif fixedscale=75 100", {"fileFormat": ("JFIF",), "fixedScale": (75, 100)}),
        ("maxScale=200 150 fileFormat=jfif", {"maxScale": (200, 150), "fileFormat": ("JFIF",)}),
        ('gamma="2.5""0.1""0.1"', {"gamma": (2.5, 0.1, 0.1)}),
        ('gamma="2.5 0.1 0.1"', {"gamma": (2.5, 0.1, 0.1)}),
        ("compressionQuality=MaxCompRatio", {"compressionQuality": ("MAXCOMPRATIO",)}),
        ("  flip  mirror ", {"flip": (), "mirror": ()}),
        ("cut = 1 2 3 4 flip frame=2", {"cut": (1, 2, 3, 4), "flip": (), "frame": (2,)}),
        ("window=40 400", {"window": (40.0, 400.0)}),
        ("window=-600.5 1500", {"window": (-600.5, 1500.0)}),
        ("window=2", {"window": (2,)}),
        ('window="SOFT TISSUE" overlay', {"window": ("SOFT TISSUE",), "overlay": ()}),
        ("quantize=threshold 100", {"quantize": ("THRESHOLD", 100)}),
        ("dither=threshold 100", {"quantize": ("THRESHOLD", 100)}),
        ("contentFormat='8bitGreyscale'", {"contentFormat": ("8BITGRAYSCALE",)}),
        ("frame=all fileFormat=GIF", {"frame": ("ALL",), "fileFormat": ("GIFF",)}),
        ("interleave=bil", {"interleaving": ("BIL",)}),
        ("", {}),
    ],
)
def test_a_command_is_read(text: str, expected: dict[str, tuple[object, ...]]) -> None:
    assert values(text) == expected


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("fixdscale=75 100", ["'fixdscale'", "did you mean fixedScale", "maxScale", "nometadata"]),
        ("fixedScale=75", ["fixedScale", "whole number from 1 to 65535"]),
        ("fixedScale=75,100", ["fixedScale", "75,100"]),
        ("fixedScale=0 100", ["fixedScale", "0 100"]),
        ("scale=-1", ["scale", "above 0"]),
        ("scale=nan", ["scale"]),
        ("scale=1e999", ["scale"]),
        ("compressionQuality=101", ["compressionQuality", "MEDCOMP", "from 0 to 100"]),
        ("fileFormat=xyz", ["fileFormat", "JFIF", "TIFF", "DICM", "CALS"]),
        ("contrast=1 2 3 4", ["contrast"]),
        ("frame=0", ["frame", "from 1"]),
        ("flip=1", ["flip", "no value"]),
        ("scale", ["scale", "nothing"]),
        ("scale=", ["scale", "nothing after"]),
        ("= 3", ["without an operator"]),
        ("scale=2 scale=2", ["scale", "more than once"]),
        ("scale=2 fixedScale=1 1", ["fixedScale", "excludes scale"]),
        ("frame=1 page=0", ["page", "excludes frame"]),
        ('gamma="2', ["quote"]),
        ("'flip'", ["'flip'"]),
        ("dither", ["quantize", "ERRORDIFFUSION", "nothing"]),
        ("dither=x", ["quantize", "MEDIANCUT", "not x"]),
        ("x" * 5000, ["4000"]),
    ],
)
def test_what_is_wrong_is_named(text: str, named: list[str]) -> None:
    with pytest.raises(InvalidValueError) as caught:
        parse(text)
    for part in named:
        assert part in str(caught.value)


@given(st.text(max_size=80))
def test_any_text_is_a_command_or_one_clear_error(text: str) -> None:
    with contextlib.suppress(InvalidValueError):
        parse(text)


WRITTEN = {
    "fileFormat": "= pngf",
    "cut": "=1 2 3 4",
    "fixedScale": "= 5  6",
    "flip": "",
    "gamma": '="1.5"',
    "rotate": "=-90.5",
    "window": "=40 400",
    "tiled": "",
}


@given(st.permutations(sorted(WRITTEN)), st.sampled_from([str.lower, str.upper, str]))
def test_order_and_case_play_no_part(names: list[str], case: type[str]) -> None:
    text = " ".join(case(name) + WRITTEN[name] for name in names)
    assert values(text) == values(" ".join(name + WRITTEN[name] for name in WRITTEN))


def test_every_operator_can_be_written() -> None:
    for operator in OPERATORS.values():
        assert operator.summary
        for form in operator.forms:
            assert all(argument.described for argument in form)
