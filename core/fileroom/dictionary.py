"""The DICOM data dictionary (PS3.6), asked only when a main tag is not the answer: it is slow to import."""

from __future__ import annotations

import difflib

_FIRST_DATASET_TAG = 0x00080000


def lookup(keyword: str) -> tuple[int, str] | None:
    """Return the tag number and VR of an attribute that a data set can hold, or None.

    A VR that the data set decides stands as the dictionary has it (``"OB or OW"``), save that ``US or SS``
    is US. Commands, file meta information and directory records (groups below 0008) are not attributes of a
    data set, and repeating groups have no one number.
    """
    from pydicom.datadict import dictionary_VR, tag_for_keyword  # noqa: PLC0415 - slow to import, seldom needed

    tag = tag_for_keyword(keyword) if keyword else None  # retired attributes have an empty one
    if tag is None or tag < _FIRST_DATASET_TAG:
        return None
    vr = dictionary_VR(tag)
    return tag, "US" if vr == "US or SS" else vr


def suggestion(keyword: str) -> str:
    """Return ``": did you mean …?"`` with the keywords that look like a misspelt one, or an empty text."""
    from pydicom.datadict import keyword_dict  # noqa: PLC0415 - slow to import, seldom needed

    spelt = {known.lower(): known for known in keyword_dict}
    close = [spelt[match] for match in difflib.get_close_matches(keyword.lower(), spelt, cutoff=0.75)]
    return f": did you mean {' or '.join(close)}?" if close else ""
