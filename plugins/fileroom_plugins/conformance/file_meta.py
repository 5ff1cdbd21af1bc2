"""File meta information (PS3.10 section 7.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fileroom_plugins.conformance import rules
from fileroom_plugins.conformance.values.checking import check_values
from fileroom_plugins.conformance.values.numbers import text
from fileroom_plugins.conformance.values.uids import DICOM_ROOT, DIRECTORY, TRANSFER_SYNTAX, kind_of

if TYPE_CHECKING:
    from fileroom_plugins.conformance.findings import Findings
    from fileroom_plugins.conformance.reading.file import Reading

_VERSION, _CLASS, _INSTANCE, _SYNTAX, _IMPLEMENTATION = (
    *(0x0002_0001, 0x0002_0002, 0x0002_0003),
    *(0x0002_0010, 0x0002_0012),
)
_SOP_CLASS, _SOP_INSTANCE = 0x0008_0016, 0x0008_0018


def check_file_meta(reading: Reading, findings: Findings) -> None:
    """Check the file meta information of an object, where it has any, and compare it with the data set."""
    meta = reading.meta
    if not meta.elements:
        return
    check_values(meta, findings)
    for tag in (_VERSION, _CLASS, _INSTANCE, _SYNTAX, _IMPLEMENTATION):
        element = meta.elements.get(tag)
        if element is None or element.is_empty:
            findings.add(rules.FILE_META_MISSING, meta, tag)
    version = meta.elements.get(_VERSION)
    if version is not None and version.value != b"\0\1":
        findings.add(rules.FILE_META_VERSION, meta, _VERSION)
    syntax = text(meta, _SYNTAX)
    kind = kind_of(syntax, findings.dictionary.uids)
    if kind != TRANSFER_SYNTAX and syntax.startswith(DICOM_ROOT):
        findings.add(rules.FILE_SYNTAX, meta, _SYNTAX, "no transfer syntax of the standard")
    elif kind not in {TRANSFER_SYNTAX, ""}:
        findings.add(rules.FILE_SYNTAX, meta, _SYNTAX, "a document defines it as something else")
    if text(meta, _CLASS) == DIRECTORY:
        return
    for tag, own in ((_CLASS, _SOP_CLASS), (_INSTANCE, _SOP_INSTANCE)):
        expected, found = text(meta, tag), text(reading.dataset, own)
        if expected and expected != found and (found or reading.is_complete):
            findings.add(rules.FILE_SOP_MISMATCH, meta, tag)
