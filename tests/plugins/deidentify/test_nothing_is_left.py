"""The bytes of what came of pydicom's files, searched for all that tells who somebody was."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydicom import Dataset
from pydicom.charset import convert_encodings

from fileroom.errors import FileroomError
from fileroom_plugins.deidentify.standard_profile import table
from tests.plugins.deidentify.samples import SHIPPED, deidentifier, read

SHORTEST = 4
DATES = 8
NAMES = {"PN", "LO", "SH", "ST", "LT", "UT", "UC"}
ALWAYS = {"PatientName", "PatientID", "AccessionNumber", "StudyInstanceUID", "SOPInstanceUID"}
"""Keywords of attributes whose values may be nowhere, whatever else has them."""

REMOVED = {tag for tag, codes in table().items() if codes["basic"] != "K"}


def _shortest(text: str) -> int:
    """Return how long a text must be to be told from chance: few digits occur in any UID."""
    return DATES if text.isdigit() else SHORTEST


def _encoded(text: str, dataset: Dataset) -> set[bytes]:
    """Return the bytes that a text can be in a file."""
    declared = dataset.get("SpecificCharacterSet") or "ISO_IR 6"
    codecs = {"utf-8", "latin-1", *convert_encodings(declared)}
    return {text.encode(codec, "ignore") for codec in codecs} - {b""}


def identifying(dataset: Dataset) -> Iterator[tuple[str, str]]:
    """Yield the values that have to go: keyword and text."""
    for element in dataset.iterall():
        vr, tag = element.VR, int(element.tag)
        if vr == "SQ" or element.is_empty:
            continue
        values = element.value if element.VM > 1 else [element.value]
        for value in map(str, values if not isinstance(values, bytes) else []):
            text = value.strip()
            if vr == "UI":
                if not text.startswith("1.2.840.10008.") and len(text) > DATES and tag in REMOVED:
                    yield element.keyword, text
            elif vr in {"DA", "DT"}:
                if len(text) >= DATES:
                    yield element.keyword, text
            elif vr == "PN":
                yield from (
                    (element.keyword, part) for part in re.split(r"[\^= ]+", text) if len(part) >= SHORTEST
                )
            elif vr in NAMES and (tag in REMOVED or element.tag.is_private) and len(text) >= _shortest(text):
                yield element.keyword or str(element.tag), text


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_nothing_that_identifies_is_left_in_the_bytes(path: Path) -> None:
    data = path.read_bytes()
    try:
        made = deidentifier().apply(data).data
    except FileroomError:
        return
    before, after = read(data), read(made)
    # A device's maker is no secret, even if it is the institution too, nor is what codes mean.
    harmless = {
        str(value).strip()
        for element in after.iterall()
        if element.VR in NAMES and not element.is_empty and int(element.tag) not in REMOVED
        for value in (element.value if element.VM > 1 else [element.value])
    }
    left = {
        (keyword, text)
        for keyword, text in identifying(before)
        if any(one in made for one in _encoded(text, before))
        and not (keyword not in ALWAYS and any(text in one for one in harmless))
    }
    assert not left


def test_the_search_would_find_something() -> None:
    found = {keyword for path in SHIPPED for keyword, _ in identifying(read(path.read_bytes()))}
    assert {"PatientName", "PatientID", "StudyInstanceUID", "StudyDate", "InstitutionName"} <= found
