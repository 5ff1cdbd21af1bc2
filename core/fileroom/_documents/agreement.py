"""Agreement between documents: a new version must not make those unusable that refer to it."""

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
    """Make sure that each document that is new, or refers to a new one, agrees with those that it refers to.

    A document that has not changed is left out if it fails because of a plugin: its kind cannot be loaded
    here, or a document that comes with a plugin is wrong. Nothing that is published now is to blame for that.

    Args:
        contents: what is to be published; the documents that it refers to are there.
        before: what is published now.
        kinds: the kinds of documents.

    Raises:
        DocumentError: a new document lacks what it needs of others, or an old one would lack what it needs of
            a new one; then the message names the old ones.
    """
    changed = _changed(contents, before)
    broken: dict[str, DocumentError] = {}
    causes: set[str] = set()
    for document in _documents(contents, kinds, changed):
        is_changed = document.name in changed
        try:
            related = related_to(contents, document, kinds)
        except FileroomError:
            if is_changed:
                raise
            continue
        causing = changed & {document.name, *related}
        if not causing:
            continue
        try:
            kinds.check_related(replace(document, related=related))
        except DocumentError as error:
            if is_changed:
                raise
            broken[document.name] = error
            causes |= causing
        except FileroomError:
            if is_changed:
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
