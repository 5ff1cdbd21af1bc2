"""UID documents: names and properties of UIDs (``UIDdefinition_1_0``)."""

from __future__ import annotations

from functools import partial

from fileroom.plugin import DocumentsPlugin, hookimpl
from fileroom_plugins.metadata.kinds.kind import Kind, Options
from fileroom_plugins.standard.definitions import UIDS, built_in, read_uids


@hookimpl
def fileroom_documents() -> DocumentsPlugin:
    """Offer the kind."""
    return DocumentsPlugin(
        UIDS, Options, lambda _: Kind(read_uids, partial(built_in, UIDS)), "Names and properties of UIDs"
    )
