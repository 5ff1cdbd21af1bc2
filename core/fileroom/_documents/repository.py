"""The repository: the documents of one archive, published for all to see, or in the making."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

from fileroom._documents.agreement import check_agreement
from fileroom._documents.exchange import write_document, write_set
from fileroom._documents.kinds import Kinds, describe, read_source
from fileroom._documents.packing import Draft
from fileroom._documents.references import check_references, load_order, referrers, related_to
from fileroom._documents.session import DocumentSession, insert_into
from fileroom._documents.shelf import Shelf
from fileroom._hints import did_you_mean
from fileroom.content_types import DOCUMENTS, DOCUMENTS_DRAFT
from fileroom.documents import Document
from fileroom.errors import (
    AlreadyExistsError,
    DocumentError,
    NotFoundError,
    NotSupportedError,
    RevisionError,
)

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence
    from pathlib import Path

    from fileroom._documents.contents import Contents
    from fileroom._documents.shelf import Kept
    from fileroom.archive import Archive
    from fileroom.documents import DocumentVersion
    from fileroom.storage import Source


class Documents:
    """The documents of an archive, by name: `fileroom.Archive.documents`. Any thread may call any method.

    Each has a kind, which a plugin offers, and versions, which count from 1. A plugin may bring documents of
    its own: they are listed with version 0, cannot be deleted, and give way to one that is inserted under
    their name.

    What reads raises `fileroom.errors.IntegrityError` where what is kept of the documents is damaged or lost.

    Args:
        archive: whose they are.
    """

    def __init__(self, archive: Archive) -> None:
        self._shelf = Shelf(archive)
        self._kinds = Kinds(archive.plugins.making)

    # Reading -----------------------------------------------------------------------------------------

    def list(self) -> Sequence[DocumentVersion]:
        """Return the current version of each document, those that come with plugins included, by name."""
        contents = self._shelf.published().contents
        found = {one.name: describe(one) for one in self._kinds.all_built_in()}
        found |= {one.name: one for one in contents}
        return [found[name] for name in sorted(found)]

    def get(self, name: str, version: int | None = None) -> Document:
        """Return a document, with those that it refers to as far as they are there.

        Args:
            name: its name.
            version: which; None for the current one, 0 for the one that comes with a plugin.

        Raises:
            NotFoundError: there is no such document or version.
        """
        contents = self._shelf.published().contents
        document = self._find(contents, name, version)
        return replace(document, related=related_to(contents, document, self._kinds))

    def published(self, name: str) -> Document | None:
        """Return the current version of a document that was published here, alone; None where there is none.

        It costs a look into the index, unless others were published since the last call.
        """
        contents = self._shelf.published().contents
        current = contents.current(name)
        return contents.document(current) if current else None

    def edition(self) -> tuple[str, int]:
        """Return what is another once other documents were published; it costs a look into the index."""
        return self._shelf.edition()

    def history(self, name: str) -> Sequence[DocumentVersion]:
        """Return the versions of a document that are kept, the last hundred, oldest first.

        Deletions are among them, and first of all the one that comes with a plugin, if one does.

        Raises:
            NotFoundError: there is no such document, and never was.
        """
        versions = [*self._shelf.published().contents.histories.get(name, ())]
        built_in = self._kinds.built_in(name)
        if not versions and built_in is None:
            raise self._not_found(name)
        return [describe(built_in), *versions] if built_in else versions

    def kinds(self) -> tuple[str, ...]:
        """Return the names of the kinds of documents that there are plugins for."""
        return self._kinds.names()

    def export(self, name: str, folder: str | os.PathLike[str], version: int | None = None) -> Path:
        """Write a document into a folder, under its name; return the file's path.

        Raises:
            NotFoundError: there is no such document or version.
            AlreadyExistsError: there is such a file, which stays.
            StorageError: it cannot be written.
        """
        contents = self._shelf.published().contents
        return write_document(self._find(contents, name, version), folder)

    def export_all(self, folder: str | os.PathLike[str]) -> Path:
        """Write all that were published into a folder, as a set that ``insert_all`` takes.

        Returns:
            The path of its ``manifest.json``: names, kinds, files and versions, each document after those
            that it refers to.

        Raises:
            AlreadyExistsError: one of the files is there already.
            StorageError: they cannot be written.
        """
        contents = self._shelf.published().contents
        ordered = load_order(contents, self._kinds)
        return write_set([contents.document(one) for one in ordered], folder)

    # Writing -----------------------------------------------------------------------------------------

    def insert(self, name: str, kind: str, source: Source | str) -> DocumentVersion:
        """Insert a document, or a new version of one, and publish it; return that version.

        One that is there with the same bytes stays as it is. Arguments and errors as of
        `DocumentSession.insert`, and besides:

        Raises:
            DocumentError: it refers to a document that is not there or does not hold what it needs, or lacks
                itself what others need that refer to it.
            AlreadyExistsError: somebody is editing: publish that, or roll it back.
            RevisionError: somebody else published documents meanwhile; nothing was published.
        """
        document = Document(name, kind, read_source(source, name))
        before = self._alone()
        contents = insert_into(before.contents, document, self._kinds)
        return self._publish(contents, before).histories[name][-1]

    def insert_all(self, folder: str | os.PathLike[str]) -> Sequence[DocumentVersion]:
        """Insert a set that `export_all` wrote, and publish it, all or nothing; return its documents.

        Raises as `insert` does.

        Raises:
            NotFoundError: there is no such set, or a file of it is missing.
            InvalidValueError: the folder's manifest is not that of a set.
        """
        with self.edit() as session:
            inserted = session.insert_all(folder)
        contents = self._shelf.published().contents
        return [current for one in inserted if (current := contents.current(one.name))]

    def delete(self, name: str) -> None:
        """Delete a document, and publish that. Its versions are kept.

        If it replaced a document that comes with a plugin, that one is used again.

        Raises:
            NotFoundError: there is no such document.
            NotSupportedError: it comes with a plugin.
            DocumentError: others refer to it; or they need what the plugin's own document lacks.
            AlreadyExistsError: somebody is editing: publish that, or roll it back.
            RevisionError: somebody else published documents meanwhile; nothing was published.
        """
        before = self._alone()
        built_in = self._kinds.built_in(name)
        if before.contents.current(name) is None:
            if built_in is None:
                raise self._not_found(name)
            raise NotSupportedError(
                f"the document {name!r} comes with a plugin and cannot be deleted: insert another under its "
                "name"
            )
        others = referrers(before.contents, name)
        if others and built_in is None:
            raise DocumentError(f"cannot be deleted: {', '.join(map(repr, others))} refer to it", name)
        self._publish(before.contents.without(name), before)

    def edit(self, *, shared: bool = False) -> DocumentSession:
        """Begin an edit session, of which there is one at a time.

        Args:
            shared: whether others may go on with it, as ``fileroom documents edit`` has it. Else nobody does,
                and what a process that dies leaves behind can only be rolled back.

        Raises:
            AlreadyExistsError: there is one: go on with `draft`, or end it with `rollback`.
        """
        published = self._shelf.published()
        owner = "" if shared else uuid4().hex
        draft = Draft(published.digest, datetime.now(UTC).replace(microsecond=0), owner)
        try:
            kept = self._shelf.keep_draft(published.contents, draft, None)
        except RevisionError as error:
            raise _edited() from error
        return DocumentSession(self._shelf, self._kinds, kept, owner)

    def draft(self) -> DocumentSession | None:
        """Return the edit session that was begun, to go on with it; None where there is none.

        One that is not shared can be looked at, and neither changed nor ended.
        """
        kept = self._shelf.draft()
        return None if kept is None else DocumentSession(self._shelf, self._kinds, kept)

    def is_edited(self) -> bool:
        """Say whether an edit session was begun and not ended."""
        return self._shelf.is_edited()

    def rollback(self) -> bool:
        """Drop what is being edited, be it damaged, and say whether there was anything."""
        return self._shelf.discard(DOCUMENTS_DRAFT)

    def clear(self) -> bool:
        """Drop all documents with all versions, and what is being edited; say whether there was anything.

        It reads none of it: for the case that what is kept is damaged. What comes with plugins stays.
        """
        return self._shelf.discard(DOCUMENTS, DOCUMENTS_DRAFT)

    def _find(self, contents: Contents, name: str, version: int | None) -> Document:
        if version:
            return contents.document(contents.numbered(name, version))
        current = contents.current(name)
        if current is not None and version is None:
            return contents.document(current)
        built_in = self._kinds.built_in(name)
        if built_in is None:
            raise self._not_found(name)
        return built_in

    def _alone(self) -> Kept:
        """Return the published documents, if nobody is editing others."""
        if self._shelf.is_edited():
            raise _edited()
        return self._shelf.published()

    def _publish(self, contents: Contents, before: Kept) -> Contents:
        check_references(contents, before.contents, self._kinds)
        if contents == before.contents:
            return contents
        check_agreement(contents, before.contents, self._kinds)
        contents = contents.as_published(datetime.now(UTC).replace(microsecond=0))
        try:
            self._shelf.publish(contents, before.record)
        except (RevisionError, NotFoundError) as error:
            raise RevisionError(
                "somebody else published documents meanwhile: nothing was published; look at what is there, "
                "and try again"
            ) from error
        return contents

    def _not_found(self, name: str) -> NotFoundError:
        known = [one.name for one in self.list()]
        return NotFoundError(f"no document {name!r}{did_you_mean(name, known)}")


def _edited() -> AlreadyExistsError:
    return AlreadyExistsError(
        "somebody is editing the documents: go on with that and publish it, or end it with "
        "'fileroom documents rollback'"
    )
