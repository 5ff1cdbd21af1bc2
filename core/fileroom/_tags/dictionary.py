"""The DICOM data dictionary (PS3.6): our own few rows first, since pydicom's is slow to import."""

from __future__ import annotations

import difflib
from functools import lru_cache

from fileroom._tags.main_tags import MAIN_TAGS, OTHER_TAGS, REQUEST_TAGS

_FIRST_DATASET_TAG = 0x00080000
_ROWS = (*REQUEST_TAGS, *OTHER_TAGS, *(row for rows in MAIN_TAGS.values() for row in rows))
_KNOWN = {row.keyword: (row.tag, row.vr) for row in _ROWS}
_KNOWN_TAGS = {tag: (keyword, vr) for keyword, (tag, vr) in _KNOWN.items()}


def lookup(keyword: str) -> tuple[int, str] | None:
    """Return the tag number and VR of an attribute that a data set can hold, or None.

    A VR that the data set decides stands as the dictionary has it (``"OB or OW"``), save that ``US or SS``
    is US. Commands, file meta information and directory records (groups below 0008) are not attributes of a
    data set, and repeating groups have no one number.
    """
    if keyword in _KNOWN:
        return _KNOWN[keyword]
    from pydicom.datadict import dictionary_VR, tag_for_keyword  # noqa: PLC0415 - slow to import, seldom needed

    tag = tag_for_keyword(keyword) if keyword else None  # retired attributes have an empty one
    if tag is None or tag < _FIRST_DATASET_TAG:
        return None
    vr = dictionary_VR(tag)
    return tag, "US" if vr == "US or SS" else vr


@lru_cache(maxsize=4096)
def entry(tag: int) -> tuple[str, str]:
    """Return keyword and VR of a tag, both empty where PS3.6 has none; VRs as in `lookup`."""
    if tag in _KNOWN_TAGS:
        return _KNOWN_TAGS[tag]
    from pydicom.datadict import dictionary_has_tag, dictionary_VR, keyword_for_tag  # noqa: PLC0415 - slow

    if not dictionary_has_tag(tag):
        return "", ""
    vr = dictionary_VR(tag)
    return keyword_for_tag(tag), "US" if vr == "US or SS" else vr


def suggestion(keyword: str) -> str:
    """Return ``": did you mean …?"`` with the keywords that look like a misspelt one, or an empty text."""
    from pydicom.datadict import keyword_dict  # noqa: PLC0415 - slow to import, seldom needed

    spelt = {known.lower(): known for known in keyword_dict}
    close = [spelt[match] for match in difflib.get_close_matches(keyword.lower(), spelt, cutoff=0.75)]
    return f": did you mean {' or '.join(close)}?" if close else ""
