"""XPaths over large headers: an answer, or one refusal; soon, whatever is asked."""

from __future__ import annotations

import io
import json
import time

import pytest
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from fileroom.errors import InvalidDatasetError
from fileroom_plugins.metadata.querying import Options, fileroom_processor

LARGE = 20_000


def header_of(items: int) -> io.BytesIO:
    """Return an object with a sequence of so many items."""
    dataset = Dataset()
    dataset.SOPClassUID = dataset.SOPInstanceUID = "1.2.3"
    dataset.ReferencedImageSequence = []
    for number in range(items):
        item = Dataset()
        item.ReferencedFrameNumber = number + 1
        dataset.ReferencedImageSequence.append(item)
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    file = io.BytesIO()
    dataset.save_as(file, enforce_file_format=True)
    file.seek(0)
    return file


def rows(options: Options, items: int) -> list[list[str | None]]:
    (product,) = fileroom_processor().open(options).process(header_of(items))
    found: list[list[str | None]] = json.loads(product.data)["rows"]
    return found


@pytest.fixture(scope="module")
def large() -> bytes:
    return header_of(LARGE).getvalue()


@pytest.mark.parametrize(
    ("xpath", "columns"),
    [
        ('//*[contains(string(/*),"zz")]', {}),
        ("//*[count(//*)>1]", {}),
        ("//*[../*[.=../*[2]]]", {}),
        ("//*[string-length(concat(string(/),string(/)))>0]", {}),
        ('//*[/*/*/*/*="q"]', {}),
        ("//*[count(../*)>5]", {}),
        ("//*[(..)/*]", {}),
        ("//*[parent::*/*]", {}),
        ("/*/*/*/preceding-sibling::*", {}),
        ("/*/*/*/following :: *", {}),
        ("|".join(["/*/*/*"] * 500), {}),
        ("//*", {"a": "count(/*/*/*/*)"}),
        ("//*", {"a": "../*"}),
        ("//*[translate(string(/*),'abc','')='x']", {}),
        (f"translate(/*,'{'x' * 128}','')=" * 20 + "1", {}),
    ],
)
def test_an_xpath_that_would_take_minutes_is_refused_at_once(
    large: bytes, xpath: str, columns: dict[str, str]
) -> None:
    query = fileroom_processor().open(Options(xpath=xpath, columns=columns, format="xml"))
    started = time.monotonic()
    with pytest.raises(InvalidDatasetError, match="too large for this XPath"):
        query.process(io.BytesIO(large))
    assert time.monotonic() - started < 15


@pytest.mark.parametrize(
    ("xpath", "count"),
    [
        ("//DicomAttribute[@keyword='ReferencedFrameNumber']/Value", LARGE),
        ("//Item[@number = 2 * 2]", 1),
        ("//Value[. = '7']", 1),
        ("//Value[../@keyword='ReferencedFrameNumber']", LARGE),
        ("count(//Item)", 1),
        (
            "//DicomAttribute[contains(translate(@keyword, 'ABCDEFGHIJKLMNOPQRS', ''), 'eferencedmage')]",
            1,
        ),
        ("//SOPx|//SOPy", 0),
    ],
)
def test_what_is_asked_usually_is_answered_for_large_headers(large: bytes, xpath: str, count: int) -> None:
    (product,) = fileroom_processor().open(Options(xpath=xpath, format="xml")).process(io.BytesIO(large))
    assert len(json.loads(product.data)["rows"]) == count


def test_columns_of_one_row_may_look_through_all(large: bytes) -> None:
    options = Options(xpath="/*", columns={"items": "count(//Item)"}, format="xml")
    (product,) = fileroom_processor().open(options).process(io.BytesIO(large))
    assert json.loads(product.data)["rows"] == [[str(LARGE)]]


@pytest.mark.parametrize(
    "xpath",
    [
        "//*[count(//*)>10000]",
        "//Item[translate(concat(@number, 'a'), 'a', '')='9']",
        "//Item[preceding-sibling::Item][@number=9]",
        "//Item[/*/*][@number=9]",
    ],
)
def test_what_looks_through_all_for_each_is_answered_for_headers_of_usual_size(xpath: str) -> None:
    assert len(rows(Options(xpath=xpath, format="xml"), 100)) == xpath.startswith("//Item")


@pytest.mark.parametrize("replaced", ["string(/*)", "concat('a', /*)", f"'{'x' * 129}'"])
def test_translate_is_told_what_to_replace_by_a_short_text(replaced: str) -> None:
    with pytest.raises(ValueError, match="at most 128 characters"):
        Options(xpath=f"translate(/*, {replaced}, '')")
