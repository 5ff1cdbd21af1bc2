"""``--missing`` with ``-o``: which objects have their files already, as far as names tell."""

from __future__ import annotations

import mimetypes
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from fileroom._executing.products import Item
from fileroom._files import open_regular
from fileroom.cli.failures import say
from fileroom.cli.text import counted
from fileroom.cli.writing import DICOM, SUFFIXES, stem_of
from fileroom.errors import FileroomError
from fileroom.header import HeaderReader
from fileroom.sources import plain_files
from fileroom.tags import TagSet

if TYPE_CHECKING:
    from fileroom.cli.items import Chosen
    from fileroom.cli.writing import Writer

_ANY_BYTES = "application/octet-stream"


class Resuming:
    """Tells of each object whether the file that would be made of it is there.

    Files of the same name in different folders cannot be told apart by what is made of them: they are done
    again, and what is there with the same bytes is left alone.

    Args:
        writer: where files go.
        chosen: the objects.
        media_type: of what is made; ``image/*`` for pictures of any format.
    """

    def __init__(self, writer: Writer, chosen: Chosen, media_type: str) -> None:
        self._output = writer.output
        self._archive = chosen.archive
        self._by_uid = media_type == DICOM
        self._suffixes = _suffixes(media_type)
        self._there: dict[str, set[str]] = {}
        for path in writer.output.iterdir() if writer.is_folder else ():
            self._there.setdefault(path.stem, set()).add(path.suffix)
        self._is_folder = writer.is_folder
        self._alike = set() if self._by_uid else _alike(chosen.paths)
        self._skipped = 0

    def __call__(self, item: Item) -> bool:
        """Say whether an object can be skipped, and count it if so."""
        found = self._has(item)
        self._skipped += found
        return found

    def report(self) -> None:
        """Say how many objects were skipped, if there were any."""
        if self._skipped:
            say(f"skipped {counted(self._skipped, 'object')} with a file there")

    def _has(self, item: Item) -> bool:
        if not self._is_folder:
            return self._output.exists()
        stem = self._uid(item) if self._by_uid else stem_of(item)
        if stem in self._alike:
            return False
        found = self._there.get(stem, set())
        return bool(found if self._suffixes is None else found & self._suffixes)

    def _uid(self, item: Item) -> str:
        """Return an object's SOP Instance UID; nothing where it cannot be read, which is told elsewhere."""
        try:
            if item.id is not None and self._archive is not None:
                return self._archive.get(item.id).uid
            if Path(item.name).resolve().parent == self._output.resolve():
                return ""  # what is there may be the object itself
            with open_regular(item.name) as file:
                return HeaderReader(TagSet.with_extra({})).read(file).identity.sop_instance_uid
        except (FileroomError, OSError):
            return ""


def _suffixes(media_type: str) -> set[str] | None:
    """Return the suffixes that files with such bytes may have; None for any."""
    kind = media_type.partition(";")[0]
    if kind.endswith("/*") or kind == _ANY_BYTES:
        return None
    return {SUFFIXES.get(kind, ""), *mimetypes.guess_all_extensions(kind)} - {""}


def _alike(paths: tuple[Path, ...]) -> set[str]:
    """Return the names that several files have, without their suffixes."""
    files = (Item(str(one.path)) for one in plain_files(paths, lambda _: None))
    return {name for name, count in Counter(map(stem_of, files)).items() if count > 1}
