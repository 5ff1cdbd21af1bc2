"""Private dictionaries: attributes of vendors and houses (``privateDictionary_1_0``)."""

from __future__ import annotations

from functools import partial

from fileroom.plugin import DocumentsPlugin, hookimpl
from fileroom_plugins.metadata.kinds.kind import Kind, Options
from fileroom_plugins.standard.definitions import PRIVATE_DICTIONARY, built_in, read_private_dictionary


@hookimpl
def fileroom_documents() -> DocumentsPlugin:
    """Offer the kind."""
    return DocumentsPlugin(
        PRIVATE_DICTIONARY,
        Options,
        lambda _: Kind(read_private_dictionary, partial(built_in, PRIVATE_DICTIONARY)),
        "Attributes of vendors and houses",
    )
