"""Anonymity documents: what people write to say what de-identification does with which attribute.

Two forms: the XML of Oracle Multimedia DICOM (`oracle`), and TOML, which can say all that a profile can
(`toml`). Each is read into a `fileroom_plugins.deidentify.profile.Profile`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fileroom.plugin import DocumentsPlugin, hookimpl

if TYPE_CHECKING:
    from fileroom.plugin import DocumentKind

KIND = "anonymity"
"""The kind of these documents."""


@dataclass(frozen=True, slots=True)
class Options:
    """The keys of ``[plugins."documents.anonymity"]``: none."""


def _open(_: Options) -> DocumentKind:
    from fileroom_plugins.deidentify.anonymity.kind import AnonymityDocuments  # noqa: PLC0415 - pydicom is slow

    return AnonymityDocuments()


@hookimpl
def fileroom_documents() -> DocumentsPlugin:
    """Offer the kind."""
    return DocumentsPlugin(KIND, Options, _open, "What de-identification does with which attribute")
