"""Standard dictionaries: attributes of the standard that are newer than, or other than, those known here."""

from __future__ import annotations

from functools import partial

from fileroom.plugin import DocumentsPlugin, hookimpl
from fileroom_plugins.metadata.kinds.kind import Kind, Options
from fileroom_plugins.standard.definitions import STANDARD_DICTIONARY, built_in, read_standard_dictionary


@hookimpl
def fileroom_documents() -> DocumentsPlugin:
    """Offer the kind."""
    return DocumentsPlugin(
        STANDARD_DICTIONARY,
        Options,
        lambda _: Kind(read_standard_dictionary, partial(built_in, STANDARD_DICTIONARY)),
        "Attributes of the standard",
    )
