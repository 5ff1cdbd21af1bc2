"""The kinds of documents that an archive knows, and the documents that come with them."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING

from fileroom._files import open_regular
from fileroom._hints import did_you_mean
from fileroom.documents import Document, DocumentVersion
from fileroom.errors import DocumentError, FileroomError, NotFoundError, PluginNotFoundError
from fileroom.markup import LARGEST
from fileroom.storage import buffers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fileroom._plugins.processors import Processors
    from fileroom.documents import DocumentKind, DocumentRule
    from fileroom.storage import Source

_log = logging.getLogger("fileroom.documents")


class Kinds:
    """Looks kinds up among the plugins. A kind that cannot be loaded does not hide the others.

    Args:
        plugins: where they are opened.
    """

    def __init__(self, plugins: Processors) -> None:
        self._plugins = plugins

    def names(self) -> tuple[str, ...]:
        """Return the names of all kinds."""
        return self._plugins.kinds()

    def get(self, name: str) -> DocumentKind:
        """Return a kind.

        Raises:
            PluginError: nobody offers it, or it cannot be loaded.
        """
        known = self.names()
        if name not in known:
            raise PluginNotFoundError(
                f"no kind of documents {name!r}: there are {', '.join(known) or 'none'}"
                f"{did_you_mean(name, known)}",
                name,
            )
        return self._plugins.kind(name)

    def check(self, document: Document) -> tuple[str, ...]:
        """Let a document's kind check it; return the names of the documents that it refers to.

        Raises:
            DocumentError: it cannot be used, or is too large.
            PluginError: nobody offers its kind, or it cannot be loaded.
        """
        kind = self.get(document.kind)
        if len(document.data) > LARGEST:
            raise DocumentError(f"it has more than {LARGEST} bytes", document.name)
        with _guarded(document):
            return tuple(dict.fromkeys(kind.check(document)))

    def check_related(self, document: Document) -> None:
        """Let a document's kind compare it with those that it refers to; raises as `check` does."""
        kind = self.get(document.kind)
        with _guarded(document):
            kind.check_related(document)

    def rules(self, document: Document) -> tuple[DocumentRule, ...]:
        """Return the rules that a document defines by name; raises as `check` does."""
        kind = self.get(document.kind)
        with _guarded(document):
            return tuple(kind.rules(document))

    def is_cyclic(self, name: str) -> bool:
        """Say whether documents of a kind may refer to each other in a ring.

        Of a kind that cannot be loaded here they may: what was published was checked.
        """
        try:
            return self.get(name).cyclic
        except FileroomError:
            return True

    def built_in(self, name: str) -> Document | None:
        """Return the document of this name that comes with a plugin, of whatever kind."""
        return next((one for one in self.all_built_in() if one.name == name), None)

    def all_built_in(self) -> Iterator[Document]:
        """Yield the documents that come with plugins, kind by kind."""
        for kind in self.names():
            try:
                defaults = self.get(kind).defaults()
            except Exception as error:  # noqa: BLE001 - anybody's plugin, which is not to hide the others
                reason = error if isinstance(error, FileroomError) else type(error).__name__
                _log.warning("documents of kind %s are left out: %s", kind, reason)
                continue
            yield from (Document(name, kind, data) for name, data in sorted(defaults.items()))


@contextlib.contextmanager
def _guarded(document: Document) -> Iterator[None]:
    try:
        yield
    except FileroomError:
        raise
    except Exception as error:  # anybody's plugin
        raise DocumentError(
            f"the plugin for {document.kind} failed on it with {type(error).__name__}", document.name
        ) from error


def describe(built_in: Document) -> DocumentVersion:
    """Return a document that comes with a plugin as lists show it."""
    digest = hashlib.sha256(built_in.data).hexdigest()
    return DocumentVersion(built_in.name, built_in.kind, 0, None, len(built_in.data), digest)


def read_source(source: Source | str, name: str) -> bytes:
    """Return the bytes of a document, which may be those of a file of which the path is given.

    Raises:
        DocumentError: there are too many.
        NotFoundError: it cannot be read.
    """
    try:
        with contextlib.ExitStack() as stack:
            if isinstance(source, str | os.PathLike):
                source = stack.enter_context(open_regular(Path(source).expanduser()))
            data = b"".join(map(bytes, _bounded(source)))
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise NotFoundError(f"the document {name!r} cannot be read: {reason}") from error
    if len(data) > LARGEST:
        raise DocumentError(f"it has more than {LARGEST} bytes", name)
    return data


def _bounded(source: Source) -> Iterator[bytes | memoryview]:
    left = LARGEST + 1
    for piece in buffers(source):
        yield piece
        left -= len(piece)
        if left <= 0:
            return
