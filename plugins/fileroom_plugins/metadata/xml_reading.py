"""From the Native DICOM Model (PS3.19 section A.1), and from Oracle's XML, to what they say."""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error
from typing import TYPE_CHECKING, NoReturn

from fileroom.plugin import DocumentError, read_xml
from fileroom_plugins.metadata import native_xml, oracle_names
from fileroom_plugins.metadata.elements import NAME_GROUPS
from fileroom_plugins.metadata.lookup import standard_entry
from fileroom_plugins.metadata.model import Attribute
from fileroom_plugins.standard.vrs import BINARY_VRS, PROSE_VRS, VRS

if TYPE_CHECKING:
    from fileroom.plugin import Element
    from fileroom_plugins.metadata.model import Model

_TAG = re.compile(r"[0-9A-Fa-f]{8}")
_FILE_META = 0x0002


def read_document(data: bytes, name: str) -> tuple[str, Model]:
    """Return the format of an XML document, and what it says.

    Raises:
        DocumentError: it is no XML, or neither of the two formats.
    """
    root = read_xml(data, name)
    if (root.name, root.namespace) in {(native_xml.ROOT, native_xml.NAMESPACE), (native_xml.ROOT, "")}:
        return "xml", _Native(name).model(root)
    if (root.name, root.namespace) == (oracle_names.ROOT, oracle_names.NAMESPACE):
        return "oracle-xml", _Oracle(name).model(root)
    roots = f"{native_xml.ROOT} or {oracle_names.ROOT}"
    raise DocumentError(f"the root is {root.name}: expected {roots} of its namespace", name, root.line)


class _Reader:
    def __init__(self, name: str) -> None:
        self._name = name

    def _tag(self, element: Element) -> int:
        tag = element.attributes.get("tag", "")
        if not _TAG.fullmatch(tag):
            self._fail(element, "its tag is none of eight hexadecimal digits")
        return int(tag, 16)

    def _bytes(self, element: Element, text: str) -> bytes:
        try:
            return b64decode("".join(text.split()), validate=True)
        except (Error, ValueError):
            self._fail(element, "its content is no base64")

    def _put(self, model: Model, key: tuple[int, str], attribute: Attribute, element: Element) -> None:
        if key in model:
            self._fail(element, "the same attribute comes twice")
        model[key] = attribute

    def _fail(self, element: Element, what: str) -> NoReturn:
        raise DocumentError(f"{element.name}: {what}", self._name, element.line) from None


class _Native(_Reader):
    def model(self, parent: Element) -> Model:
        model: Model = {}
        for element in parent.children:
            if element.name != "DicomAttribute":
                self._fail(element, "expected DicomAttribute")
            tag = self._tag(element)
            entry = standard_entry(tag)
            vr = element.attributes.get("vr") or (entry.vr if entry else "UN")
            if vr not in VRS:
                self._fail(element, "its vr is none that the standard knows")
            creator = element.attributes.get("privateCreator", "")
            self._put(model, (tag, creator), self._attribute(vr, element), element)
        return model

    def _attribute(self, vr: str, element: Element) -> Attribute:
        expected = {"SQ": "Item", "PN": "PersonName"}.get(vr, "Value")
        names = {child.name for child in element.children}
        if vr in BINARY_VRS:
            if not element.children:
                return Attribute(vr)
            if names == {"BulkData"} and len(element.children) == 1:
                said = element.children[0].attributes
                return Attribute(vr, uri=said.get("uri") or said.get("uuid") or "")
            if names == {"InlineBinary"} and len(element.children) == 1:
                return Attribute(vr, binary=self._bytes(element, element.children[0].text))
            self._fail(element, f"a value of VR {vr} is expected as one InlineBinary or BulkData")
        if not names <= {expected}:
            self._fail(element, f"a value of VR {vr} is expected as {expected}")
        children = sorted(element.children, key=self._number)
        if vr == "SQ":
            return Attribute(vr, items=[self.model(child) for child in children])
        if vr == "PN":
            return Attribute(vr, [self._person(child) for child in children])
        return Attribute(vr, [child.text for child in children])

    def _number(self, element: Element) -> int:
        number = element.attributes.get("number", "")
        if not re.fullmatch(r"[1-9][0-9]{0,8}", number):
            self._fail(element, "its number is none from 1 on")
        return int(number)

    def _person(self, element: Element) -> tuple[str, ...]:
        found = []
        for group in NAME_GROUPS:
            inner = element.first(group)
            parts = [inner.first(name) for name in native_xml.COMPONENTS] if inner else []
            found.append("^".join(part.text if part else "" for part in parts).rstrip("^"))
        return tuple(found)


class _Oracle(_Reader):
    def model(self, parent: Element) -> Model:
        model: Model = {}
        for element in parent.children:
            if element.name == oracle_names.EXCEPTION:
                vr, values = "UN", Attribute("UN", binary=self._bytes(element, self._raw(element)))
            elif element.name in oracle_names.VRS:
                vr = oracle_names.VRS[element.name]
                values = self._attribute(vr, element)
            else:
                self._fail(element, "no element of a VR")
            tag = self._tag(element)
            if tag >> 16 != _FILE_META:
                self._put(model, (tag, ""), values, element)
        return model

    def _raw(self, element: Element) -> str:
        return element.attributes.get("rawValue", "")

    def _attribute(self, vr: str, element: Element) -> Attribute:
        if vr == "SQ":
            for child in element.children:
                if child.name != oracle_names.ITEM:
                    self._fail(child, f"expected {oracle_names.ITEM}")
            return Attribute(vr, items=[self.model(child) for child in element.children])
        if vr in BINARY_VRS:
            return Attribute(vr, binary=self._bytes(element, element.text))
        text = element.text
        if vr == "PN":
            value = element.first("VALUE")
            text = value.text if value else ""
            return Attribute(vr, [_groups(name) for name in text.split("\\")] if text else [])
        if element.children:
            self._fail(element, "expected text only")
        days = element.attributes.get("days", "")
        if vr == "AS" and not text and days.isascii() and days.isdigit():
            text = f"{days:0>3}D"
        if vr in PROSE_VRS:
            return Attribute(vr, [text] if text else [])
        return Attribute(vr, [*text.split("\\")] if text else [])


def _groups(name: str) -> tuple[str, ...]:
    groups = name.split("=")
    return tuple((*groups, "", "")[: max(len(groups), 3)])
