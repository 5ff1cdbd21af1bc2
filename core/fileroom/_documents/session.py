"""An edit session: documents are inserted and deleted in a draft, and published together or not at all."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self

from fileroom._documents.agreement import check_agreement
from fileroom._documents.exchange import read_set
from fileroom._documents.kinds import read_source
from fileroom._documents.references import check_references
from fileroom.documents import Document
from fileroom.errors import AlreadyExistsError, InvalidValueError, NotFoundError, RevisionError

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence
    from types import TracebackType

    from fileroom._documents.contents import Contents
    from fileroom._documents.kinds import Kinds
    from fileroom._documents.packing import Draft
    from fileroom._documents.shelf import Kept, Shelf
    from fileroom.documents import DocumentVersion
    from fileroom.storage import Source


class DocumentSession:
    """What `fileroom.Archive.documents` ``.edit()`` returns: the draft of the next set of documents.

    What is done is kept in the archive at once, and nobody else sees any of it before it is published. The
    draft belongs to the session: nobody else changes it. A shared one outlives the process, and others go on
    with it by ``archive.documents.draft()``. As a context manager a session publishes at the end, or rolls
    back because of an error.
    """

    def __init__(self, shelf: Shelf, kinds: Kinds, kept: Kept, owner: str = "") -> None:
        self._shelf = shelf
        self._kinds = kinds
        self._kept: Kept | None = kept
        self._owner = owner

    @property
    def started(self) -> datetime:
        """When the session began, in UTC."""
        return self._draft(self._open()).started

    def list(self) -> Sequence[DocumentVersion]:
        """Return the documents as they will be, by name; what is not published yet has no date."""
        return [*self._open().contents]

    def changes(self) -> Sequence[DocumentVersion]:
        """Return what is new since the session began, deletions included, by name."""
        return self._open().contents.pending()

    def insert(self, name: str, kind: str, source: Source | str) -> DocumentVersion:
        """Insert a document, or a new version of it, checked by its kind; return that version.

        Documents that it refers to need not be there before all is published.

        Args:
            name: 1 to 100 characters, without those that cannot be in the name of a file.
            kind: the name of its kind.
            source: its bytes, what holds them, or the path of a file.

        Raises:
            DocumentError: it is not a sound document of its kind; says on which line.
            InvalidValueError: the name cannot be one, or is taken by a document of another kind.
            PluginError: nobody offers the kind.
            AlreadyExistsError: the draft is of a session of somebody else, who does not share it.
            RevisionError: the session was ended, or led on, by somebody else.
        """
        document = Document(name, kind, read_source(source, name))
        return self._insert(document)

    def insert_all(self, folder: str | os.PathLike[str]) -> Sequence[DocumentVersion]:
        """Insert a set of documents that ``export_all`` wrote, all or none; raises as `insert` does.

        Raises:
            NotFoundError: there is no such set.
        """
        kept = self._own()
        contents, names = kept.contents, []
        for document in read_set(folder):
            contents = self._with(contents, document)
            names.append(document.name)
        self._keep(kept, contents)
        return [current for name in names if (current := contents.current(name))]

    def delete(self, name: str) -> None:
        """Delete a document. Those that refer to it must be gone, or changed, when all is published.

        Raises:
            NotFoundError: it is not there, or only comes with a plugin.
            AlreadyExistsError: the draft is of a session of somebody else, who does not share it.
            RevisionError: the session was ended, or led on, by somebody else.
        """
        kept = self._own()
        self._keep(kept, kept.contents.without(name))

    def check(self) -> None:
        """Make sure that all could be published.

        Raises:
            DocumentError: a document refers to one that is not there or does not hold what it needs, or to
                itself by a ring.
        """
        contents, before = self._open().contents, self._shelf.published().contents
        check_references(contents, before, self._kinds)
        check_agreement(contents, before, self._kinds)

    def publish(self) -> Sequence[DocumentVersion]:
        """Let everybody see what was done, all at once, and end the session; return what is new.

        Raises:
            DocumentError: as of `check`; the session goes on.
            AlreadyExistsError: the draft is of a session of somebody else, who does not share it.
            RevisionError: the published documents are not those that it began with, or somebody else ended
                the session; nothing was published.
        """
        kept = self._own()
        self.check()
        published = self._shelf.published()
        if published.digest != self._draft(kept).base:
            raise RevisionError(
                "other documents were published since this edit session began: nothing was published; roll "
                "it back, and begin anew"
            )
        now = datetime.now(UTC).replace(microsecond=0)
        contents = kept.contents.as_published(now)
        names = [one.name for one in kept.contents.pending()]
        try:
            self._shelf.publish(contents, published.record, kept.record)
        except (RevisionError, NotFoundError) as error:
            raise RevisionError(
                "somebody else published documents, or ended this edit session, meanwhile: nothing was "
                "published"
            ) from error
        self._kept = None
        return [contents.histories[name][-1] for name in names]

    def rollback(self) -> None:
        """Drop all that was done, and end the session; nothing was ever to be seen of it.

        Raises:
            AlreadyExistsError: the draft is of a session of somebody else, who does not share it.
            RevisionError: the session was ended, or led on, by somebody else.
        """
        draft = self._own().record
        assert draft is not None
        try:
            self._shelf.end(draft)
        except (RevisionError, NotFoundError) as error:
            there = self._shelf.draft() if self._owner else None
            if there is None or there.record is None or self._draft(there).owner != self._owner:
                raise _another_has_it() from error
            self._shelf.end(there.record)  # writing it failed, but only after it was there
        self._kept = None

    def _insert(self, document: Document) -> DocumentVersion:
        kept = self._own()
        contents = self._with(kept.contents, document)
        self._keep(kept, contents)
        return contents.histories[document.name][-1]

    def _with(self, contents: Contents, document: Document) -> Contents:
        return insert_into(contents, document, self._kinds)

    def _keep(self, kept: Kept, contents: Contents) -> None:
        if contents == kept.contents:
            return
        try:
            self._kept = self._shelf.keep_draft(contents, self._draft(kept), kept.record)
        except RevisionError as error:
            raise _another_has_it() from error

    def _open(self) -> Kept:
        if self._kept is None:
            raise NotFoundError("this edit session is over: begin another with 'edit'")
        return self._kept

    def _own(self) -> Kept:
        kept = self._open()
        if self._draft(kept).owner != self._owner:
            raise AlreadyExistsError(
                "a program is editing the documents in a session of its own: try again when it is done, or "
                "drop what it did with 'fileroom documents rollback'"
            )
        return kept

    @staticmethod
    def _draft(kept: Kept) -> Draft:
        assert kept.draft is not None
        return kept.draft

    def __enter__(self) -> Self:
        """Return the session itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Publish; or roll back after an error, also after one of publishing.

        A session that has ended already is left alone.
        """
        try:
            if self._kept is not None and error is None:
                self.publish()
        finally:
            if self._kept is not None:
                with suppress(RevisionError, AlreadyExistsError):  # then it is somebody else's
                    self.rollback()


def _another_has_it() -> RevisionError:
    return RevisionError(
        "somebody else ended this edit session, or led it on: go on with what is there, by 'draft', or begin "
        "anew"
    )


def insert_into(contents: Contents, document: Document, kinds: Kinds) -> Contents:
    """Return contents with a document, or a new version of it, once its kind has checked it."""
    refers_to = kinds.check(document)
    built_in = kinds.built_in(document.name)
    if built_in is not None and built_in.kind != document.kind:
        raise InvalidValueError(
            f"a document {document.name!r} of kind {built_in.kind} comes with a plugin: give this one "
            "another name"
        )
    return contents.with_document(document, refers_to)
