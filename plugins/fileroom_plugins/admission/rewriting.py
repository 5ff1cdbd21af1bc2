"""Writing values into a DICOM object, with pydicom."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, cast

import pydicom
from pydicom.dataelem import RawDataElement
from pydicom.valuerep import validate_value

from fileroom.plugin import InvalidDatasetError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fileroom.plugin import Incoming


_UNDEFINED = 0xFFFFFFFF


def rewritten(incoming: Incoming, values: Mapping[str, str]) -> bytes | None:
    """Return an object with these values in it, or None if it has them already.

    All else stays: pixel data, private attributes, transfer syntax. Equal objects give equal bytes.

    Raises:
        InvalidDatasetError: pydicom cannot read the object or write it, or its character set lacks a letter.
    """
    try:
        return _rewritten(incoming, values)
    except InvalidDatasetError:
        raise
    except Exception as error:
        # pydicom raises whatever the damage leads to, and its texts may repeat values.
        raise InvalidDatasetError(f"cannot be changed: pydicom failed with {type(error).__name__}") from error


def is_valid(vr: str, value: str) -> bool:
    """Say whether a VR allows a text, perhaps several values joined by backslashes (PS3.5 section 6.2)."""
    try:
        for one in value.split("\\"):
            validate_value(vr, one, pydicom.config.RAISE)
    except ValueError:
        return False
    return True


def _rewritten(incoming: Incoming, values: Mapping[str, str]) -> bytes | None:
    with incoming.open() as file:
        dataset = pydicom.dcmread(file, force=True)
        if file.read(1) or not _is_whole(dataset, incoming):
            raise InvalidDatasetError("cannot be changed: pydicom does not read it to its end")
        changes = {keyword: value for keyword, value in values.items() if _text(dataset, keyword) != value}
        if not changes:
            return None
        for keyword, value in changes.items():
            setattr(dataset, keyword, value)
        buffer = io.BytesIO()
        dataset.save_as(buffer)
    data = buffer.getvalue()
    _check(data, changes)
    return data


def _is_whole(dataset: pydicom.Dataset, incoming: Incoming) -> bool:
    """Say whether pydicom read all there is: what was cut off it accepts, and writes as if it were whole."""
    if dataset.get("SOPInstanceUID") != incoming.header.identity.sop_instance_uid:
        return False
    *_, last_tag = dataset.keys()
    last = cast("object", dataset.get_item(last_tag))
    if not isinstance(last, RawDataElement) or last.length == _UNDEFINED:
        return True
    return len(last.value) == last.length if last.value else last.length == 0


def _check(data: bytes, values: Mapping[str, str]) -> None:
    """Read back what was written: a character set that lacks a letter turns it into a question mark."""
    tags = ["SpecificCharacterSet", *values]
    dataset = pydicom.dcmread(io.BytesIO(data), force=True, stop_before_pixels=True, specific_tags=tags)
    lost = [keyword for keyword, value in values.items() if _text(dataset, keyword) != value]
    if lost:
        raise InvalidDatasetError(f"its character set cannot hold what is to be set: {', '.join(lost)}")


def _text(dataset: pydicom.Dataset, keyword: str) -> str | None:
    """Return a value as text, as it would stand in the file; None where there is none."""
    value = dataset.get(keyword)
    if value is None:
        return None
    return "\\".join(map(str, value)) if isinstance(value, pydicom.multival.MultiValue) else str(value)
