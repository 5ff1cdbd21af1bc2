"""DCMTK's index.dat as an index: a storage area that dcmqrscp and Fileroom can share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fileroom.plugin import IndexPlugin, hookimpl
from fileroom_plugins.index_linear.fields import HEADER_TAGS

if TYPE_CHECKING:
    from fileroom.plugin import Index, TagSet


@dataclass(frozen=True, slots=True)
class Options:
    """The keys of ``[index]`` with ``backend = "linear"``.

    Attributes:
        path: the storage area: the folder of ``index.dat``. It is made if it is not there.
    """

    path: Path = Path()


def _open(options: Options, tags: TagSet) -> Index:
    from fileroom_plugins.index_linear.index import LinearIndex  # noqa: PLC0415 - when needed

    return LinearIndex(options.path, tags)


@hookimpl
def fileroom_index() -> IndexPlugin:
    """Offer the index."""
    return IndexPlugin(
        "linear", Options, _open, "DCMTK's index.dat, shared with dcmqrscp", header_tags=HEADER_TAGS
    )
