"""Documents that say nothing, in the place of encapsulated ones."""

from __future__ import annotations

_PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 72 72]>>endobj\n"
    b"trailer<</Root 1 0 R>>\n%%EOF\n"
)
"""One empty page."""

_CDA = b'<?xml version="1.0"?>\n<ClinicalDocument xmlns="urn:hl7-org:v3"/>\n'
_STL = b"ANONYMIZED".ljust(80) + bytes(4)
"""A binary STL of no facets: a heading of 80 bytes, and their number."""

_OBJ = _MTL = b"# \n"
_EMPTY = {
    "application/pdf": _PDF,
    "text/xml": _CDA,
    "model/stl": _STL,
    "application/sla": _STL,
    "model/obj": _OBJ,
    "model/mtl": _MTL,
}
"""By MIME Type of Encapsulated Document (PS3.3 section C.24.2)."""

_PDF_BEGINS = 1024
_NOTHING = bytes(2)


def empty_document(mime_type: str, old: bytes) -> bytes:
    """Return a document that says nothing.

    Args:
        mime_type: the document's.
        old: the document. That it is a PDF or XML is seen, whatever it is said to be; a PDF may begin behind
            other bytes (ISO 32000-1 annex H.3.4.1).
    """
    if b"%PDF-" in old[:_PDF_BEGINS]:
        return _PDF
    if old.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return _CDA
    return _EMPTY.get(mime_type.strip(" \0").lower(), _NOTHING)
