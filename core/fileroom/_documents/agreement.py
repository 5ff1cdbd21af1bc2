"""Agreement between documents: what others are changed to must leave those usable that refer to them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fileroom._documents.references import related_to
from fileroom.errors import DocumentError, FileroomError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fileroom._documents.contents import Contents
    from fileroom._documents.kinds import Kinds
    from fileroom.documents import Document


def check_agreement(contents: Contents, before: Contents, kinds: Kinds) -> None:
    """Make sure that each document that is new, or refers to one that is, agrees with those it refers to.

    A document that is as it was and whose kind cannot be loaded here is left out.

    Args:
        contents: what is to be published; what it refers to is there.
        before: what is.
        kinds: the kinds of documents.

    Raises:
        DocumentError: one does not; names the documents that could be used no more.
    """
    changed = _changed(contents, before)
    broken: dict[str, DocumentError] = {}
    causes: set[str] = set()
    for document in _documents(contents, kinds, changed):
        try:
            related = related_to(contents, document, kinds)
            causing = changed & {document.name, *related}
            if causing:
                kinds.check_related(replace(document, related=related))
        except DocumentError as error:
            if document.name in changed:
                raise
            broken[document.name] = error
            causes |= causing
        except FileroomError:
            if document.name in changed:
                raise
    if broken:
        reasons = "; ".join(map(str, broken.values()))
        raise DocumentError(
            f"{', '.join(map(repr, broken))} refer to it and could be used no more: {reasons}", min(causes)
        )


def _changed(contents: Contents, before: Contents) -> set[str]:
    """Return the names of the documents that are not what they were."""
    now, then = ({(one.name, one.kind, one.digest) for one in side} for side in (contents, before))
    return {name for name, _, _ in now ^ then}


def _documents(contents: Contents, kinds: Kinds, changed: set[str]) -> Iterator[Document]:
    """Yield all documents, those that come with plugins only if one of theirs is stood for, or was."""
    if not changed:
        return
    yield from map(contents.document, contents)
    built_in = [*kinds.all_built_in()]
    if changed & {one.name for one in built_in}:
        yield from (one for one in built_in if contents.current(one.name) is None)
