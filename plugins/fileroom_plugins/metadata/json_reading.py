"""From DICOM JSON (PS3.18 annex F) to what it says."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from binascii import Error
from typing import TYPE_CHECKING, Any, NoReturn

from fileroom.plugin import DocumentError
from fileroom_plugins.metadata.elements import NAME_GROUPS
from fileroom_plugins.metadata.model import Attribute
from fileroom_plugins.metadata.walker import MAX_DEPTH
from fileroom_plugins.standard.vrs import BINARY_VRS, VRS

if TYPE_CHECKING:
    from fileroom_plugins.metadata.model import Model, Said

_TAG = re.compile(r"[0-9A-Fa-f]{8}")
_MEMBERS = {"vr", "Value", "InlineBinary", "BulkDataURI"}


def read_json(data: bytes, name: str) -> Model:
    """Return what a DICOM JSON object says; an array of one will do.

    Args:
        data: the document.
        name: what errors call it.

    Raises:
        DocumentError: it is none; the message says which attribute is wrong.
    """
    try:
        found = json.loads(data)
    except json.JSONDecodeError as error:
        raise DocumentError(f"no JSON: {error.msg}", name, error.lineno) from error
    except (RecursionError, UnicodeDecodeError, ValueError) as error:
        raise DocumentError(f"no JSON ({type(error).__name__})", name) from error
    if isinstance(found, list) and len(found) == 1:
        (found,) = found
    return _Reader(name).model(found, "", 0)


class _Reader:
    def __init__(self, name: str) -> None:
        self._name = name

    def model(self, found: Any, where: str, depth: int) -> Model:  # noqa: ANN401 - that is what is asked
        if not isinstance(found, dict):
            self._fail(where, "expected an object with tags for names")
        if depth > MAX_DEPTH:
            self._fail(where, f"sequences are nested more than {MAX_DEPTH} deep")
        model: Model = {}
        for tag, said in found.items():
            if not _TAG.fullmatch(tag):
                self._fail(where, "a name is no tag of eight hexadecimal digits")
            model[int(tag, 16), ""] = self._attribute(said, f"{where}{tag.upper()}", depth)
        return model

    def _attribute(self, said: Any, where: str, depth: int) -> Attribute:  # noqa: ANN401 - as above
        if not isinstance(said, dict) or not said.keys() <= _MEMBERS:
            self._fail(where, "expected an object with vr, and one of Value, InlineBinary, BulkDataURI")
        vr = said.get("vr")
        if vr not in VRS:
            self._fail(where, "its vr is none that the standard knows")
        if len(said.keys() - {"vr"}) > 1:
            self._fail(where, "expected only one of Value, InlineBinary and BulkDataURI")
        values = said.get("Value", [])
        if not isinstance(values, list):
            self._fail(where, "its Value is no array")
        if vr == "SQ":
            items = [self.model(one or {}, f"{where}[{n}].", depth + 1) for n, one in enumerate(values, 1)]
            return Attribute(vr, items=items)
        if vr in BINARY_VRS:
            return self._bytes(vr, said, where)
        if "Value" not in said and len(said) > 1:
            self._fail(where, f"a value of VR {vr} is expected as Value")
        return Attribute(vr, [self._value(vr, value, where) for value in values])

    def _bytes(self, vr: str, said: dict[str, Any], where: str) -> Attribute:
        encoded, uri = said.get("InlineBinary"), said.get("BulkDataURI")
        if said.get("Value"):
            self._fail(where, f"a value of VR {vr} is expected as InlineBinary or BulkDataURI")
        if uri is not None and not isinstance(uri, str):
            self._fail(where, "its BulkDataURI is no text")
        if encoded is None:
            return Attribute(vr, uri=uri)
        try:
            binary = b64decode(encoded, validate=True)
        except (Error, TypeError, ValueError):
            self._fail(where, "its InlineBinary is no base64")
        return Attribute(vr, binary=binary)

    def _value(self, vr: str, value: Any, where: str) -> Said:  # noqa: ANN401 - as above
        if vr == "PN" and isinstance(value, dict):
            groups = [value.get(group, "") for group in NAME_GROUPS]
            if value.keys() <= set(NAME_GROUPS) and all(isinstance(group, str) for group in groups):
                return tuple(groups)
            self._fail(where, f"a name is expected to have texts named {', '.join(NAME_GROUPS)}")
        if isinstance(value, bool) or not isinstance(value, str | int | float | None):
            self._fail(where, "a value is neither a text nor a number")
        return value

    def _fail(self, where: str, what: str) -> NoReturn:
        raise DocumentError(f"{where.rstrip('.')}: {what}" if where else what, self._name) from None
