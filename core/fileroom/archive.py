"""Archive: the users' verbs. It knows contracts, and no backend.

The file is long for being one facade on one page: it is signatures and promises, and hardly any code.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, Self, cast, overload

from fileroom import maintenance, rebuilding
from fileroom._archive.documenting import Documented
from fileroom._archive.intake import Intake, Told
from fileroom._archive.lifetime import Closed, check_pair, make_base
from fileroom._archive.log import ChangeLog
from fileroom._archive.tabling import Tables
from fileroom._archive.verbs import Processes
from fileroom._dispatch import Dispatch
from fileroom.attachments import put_attachment
from fileroom.content_types import USER, ContentTypes
from fileroom.datasets import one_candidate
from fileroom.errors import NotDicomError, NotFoundError, NotSupportedError
from fileroom.events import RemovedBatch
from fileroom.export import DEFAULT_TEMPLATE
from fileroom.external import ExternalFiles
from fileroom.index import Overwrite
from fileroom.ingest import SWEEP_GRACE
from fileroom.model import Level, check_label, public_id_to_digest
from fileroom.on_store import OnStore
from fileroom.outgoing import export_resources, host_of, send_resources
from fileroom.quarantine import Quarantine
from fileroom.query import Condition, Equal, Query
from fileroom.query_parse import Plan, parse_query
from fileroom.reports import DeleteReport, Status
from fileroom.resources import CLASSES, Instance, Resource
from fileroom.results import Results
from fileroom.tags import TagSet

if TYPE_CHECKING:
    import os
    import threading
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from types import TracebackType

    from pydicom import Dataset

    from fileroom.attachments import Attachment
    from fileroom.config import Config
    from fileroom.executing import Executor
    from fileroom.export import ExportReport
    from fileroom.feeding import Feed
    from fileroom.index import Details, Edit, Edited, Index, Removal
    from fileroom.model import ResourceRecord, Statistics
    from fileroom.network import Host
    from fileroom.reports import IngestReport, Outcome, Progress
    from fileroom.resources import Patient, Series, Study
    from fileroom.sending import EchoResult, SendReport, SendStatus
    from fileroom.sources import Sources
    from fileroom.storage import Source, Storage


class Archive(Processes, Documented, Tables, ChangeLog):
    """One opened index, storage and set of plugins.

    Made by `fileroom.open`; a context manager. Any thread may call any method.

    Attributes:
        config: the merged configuration.
        index, storage: the backends.
        tags: the attributes the index keeps.
        header_tags: those, and what else the index wants to be told of headers.
        content_types: the registered content types.
        quarantine: damaged objects that were set aside.
        plugins: the plugins of this archive.
        on_store: what is done with objects once they are stored.
    """

    def __init__(self, config: Config, plugins: Sequence[object] = ()) -> None:
        with ExitStack() as stack:
            self.config = config
            self.tags = TagSet.with_extra(config.extra_tags)
            self.content_types = ContentTypes(config.content_types)
            self.quarantine = Quarantine(config.quarantine)
            self.plugins = Dispatch.open(config, plugins)
            stack.callback(self.plugins.close)
            make_base(config.base)
            self.header_tags = self.tags.reading_too(self.plugins.header_tags)
            self.storage: Storage = ExternalFiles(self.plugins.open_storage())
            stack.callback(self.storage.close)
            self.index: Index = self.plugins.open_index(self.tags)
            stack.callback(self.index.close)
            self.index.use_storage(self.storage)
            self._in_process = bool(plugins)
            check_pair(self.index, self.storage)
            self._find_named()
            self.on_store = OnStore(self, config.processing)
            stack.callback(self.on_store.close)
            self.plugins.on_stored = self.on_store.wake
            self._closing = stack.pop_all()

    # Storing -----------------------------------------------------------------------------------------

    def store(self, source: Source | Dataset, *, name: str = "", labels: Sequence[str] = ()) -> Outcome:
        """Store one DICOM object; durable when it returns.

        The source is bytes, a path, an open binary file (read from where it stands) or a pydicom dataset.
        See the outcome's ``status``, or call its ``check``, before you let go of your own copy: a
        conflicting, rejected or quarantined object is *not* in the archive.

        Args:
            source: see above.
            name: what reports call it.
            labels: what the instance is labelled with in the transaction that stores it, if that stores it.

        Raises:
            InvalidValueError: a label cannot be.
            NotDicomError: it is not a DICOM object; nothing of it was kept.
            StorageError: the storage failed.
            CatalogError: the index failed.
        """
        for label in labels:
            check_label(label)
        with one_candidate(source, name) as candidate:
            outcome = self._intake(self.config).store(replace(candidate, labels=tuple(labels)))
        if outcome.status is Status.IGNORED:
            raise NotDicomError(outcome.reason)
        record = None if outcome.id is None else self.index.get([outcome.id])[0]
        return outcome if record is None else replace(outcome, instance=Instance(self, record))

    def ingest(
        self,
        sources: Sources,
        *,
        jobs: int = 1,
        executor: Executor | str | None = None,
        progress: Callable[[Progress], object] | None = None,
        on_outcome: Callable[[Outcome], object] | None = None,
        stop: threading.Event | None = None,
    ) -> IngestReport:
        """Import many objects: files, folders, ZIP files, bytes, open files, and iterables of these.

        What is there already is skipped at the cost of reading its header, so an import that was
        interrupted is resumed by running it again.

        Args:
            sources: what to import; a single path will do.
            jobs: worker processes; 1 stays in this process.
            executor: an executor or its name: its workers import, who must see files, index and storage as
                this process does; ``jobs`` plays no part.
            progress: called after each batch, by one thread at a time.
            on_outcome: called with each outcome once it is durable, by one thread at a time.
            stop: when set, the batches under way are finished and the report is returned.

        Raises:
            IngestStoppedError: the storage, the index or the executor failed; it holds the report so far.
        """
        return self._intake(self.config).ingest(sources, jobs, Told(progress, on_outcome, stop), executor)

    def register(
        self,
        sources: Sources,
        *,
        new: bool = True,
        overwrite: Overwrite | str | None = None,
        jobs: int = 1,
        progress: Callable[[Progress], object] | None = None,
        on_outcome: Callable[[Outcome], object] | None = None,
        stop: threading.Event | None = None,
    ) -> IngestReport:
        """Take files into the index where they lie: nothing is copied, changed, moved or deleted.

        Registered instances are read, exported and verified like stored ones. The files stay yours: one that
        was moved or changed is a finding of `verify`, and deleting an instance leaves its file where it is.
        Only files in the storage's own folder become the archive's, and go with their instances.

        The sources are paths of files, and of folders to walk; whatever else `ingest` takes is *rejected*,
        and so is what is damaged. ``new`` notes that the instances were not reviewed yet, in an index that
        keeps this; ``overwrite`` is taken in place of ``[ingest] overwrite``; the rest is as for `ingest`.

        Raises:
            IngestStoppedError: the index failed; it holds the report so far.
        """
        config = self.config if overwrite is None else self.config.overwriting(Overwrite(overwrite))
        return self._intake(config).register(sources, jobs, Told(progress, on_outcome, stop), new=new)

    def feed(self, name: str, **options: object) -> Feed:
        """Open a feed, for `ingest`: a place outside the archive that objects are taken from; to be closed.

        Args:
            name: the name of an installed feed: ``"sql"`` takes them from a table of another database.
            **options: the feed's own.

        Raises:
            ConfigError: an option is wrong.
            PluginError: there is no such feed, or it cannot be used.
            FileroomError: the place cannot be opened.
        """
        return self.plugins.feed(name, options)

    def _intake(self, config: Config) -> Intake:
        # A worker process has no index, and so nothing of what interventions may name in it.
        plugins = self.plugins
        named = plugins.names_instances or any(map(self._published_document, plugins.document_names))
        bound = self._in_process or named
        return Intake(self, config, in_process=bound)

    # Finding -----------------------------------------------------------------------------------------

    @overload
    def find(self, level: Literal["patient", Level.PATIENT], **arguments: Any) -> Results[Patient]: ...  # noqa: ANN401
    @overload
    def find(self, level: Literal["study", Level.STUDY], **arguments: Any) -> Results[Study]: ...  # noqa: ANN401
    @overload
    def find(self, level: Literal["series", Level.SERIES], **arguments: Any) -> Results[Series]: ...  # noqa: ANN401
    @overload
    def find(self, level: Literal["instance", Level.INSTANCE], **arguments: Any) -> Results[Instance]: ...  # noqa: ANN401
    @overload
    def find(self, level: Level | str, **arguments: Any) -> Results[Resource]: ...  # noqa: ANN401

    def find(
        self,
        level: Level | str,
        *,
        exact: bool = False,
        order_by: str | Sequence[str] = (),
        limit: int | None = None,
        cursor: str | None = None,
        labels: Sequence[str] = (),
        label_match: str = "all",
        metadata: Mapping[str, str] | None = None,
        within: Resource | str | None = None,
        returning: Sequence[str] = (),
        scan: bool = False,
        **keys: object,
    ) -> Results[Any]:
        """Search resources of one level by DICOM keyword, with DICOM matching (PS3.4 section C.2.2.2).

        A key's value is text in DICOM's own syntax (``"müller*"``, ``"20200101-"``), a list of values, a
        number, or a date, time or datetime. Names and free text match whatever their case and accents.

        Args:
            level: ``"patient"``, ``"study"``, ``"series"`` or ``"instance"``.
            exact: compare names and free text as they stand.
            order_by: keywords, with ``-`` in front for descending.
            limit: at most so many results.
            cursor: ``Results.cursor`` of an earlier search with the same arguments: go on behind it.
            labels: labels that the resource must have.
            label_match: ``"all"``, ``"any"`` or ``"none"`` of them.
            metadata: name to value, wildcards allowed.
            within: an ancestor, or its public id.
            returning: computed attributes to fetch with the results, ``NumberOfStudyRelatedSeries``…
            scan: also take keys that are not indexed, and read stored headers for them
                (``Results.to_scan`` says how many).
            **keys: DICOM keyword to what it must match.

        Raises:
            QueryError: the search makes no sense.
            KeyNotIndexedError: a key is not indexed, and ``scan`` is not set.
        """
        plan = parse_query(
            Level.parse(level),
            keys,
            self.tags,
            exact=exact,
            order_by=order_by,
            limit=limit,
            cursor=cursor,
            labels=labels,
            label_match=label_match,
            metadata=metadata,
            within=within.id if isinstance(within, Resource) else within,
            returning=returning,
            scan=scan,
        )
        return Results(self, plan)

    def count(self, level: Level | str, **keys: Any) -> int:  # noqa: ANN401 - the arguments of `find`
        """Count what `find` with the same arguments finds."""
        return self.find(level, **keys).count()

    def within(self, above: str, level: Level) -> Results[Resource]:
        """Return all resources of a level beneath the one with this public id, in order of arrival."""
        return self.find(level, within=above)

    def get(self, id_: str) -> Resource:
        """Return the resource with this public id.

        Raises:
            NotFoundError: there is none.
        """
        return self.wrap(self.fetch(id_))

    def lookup(self, identifier: str) -> list[Resource]:
        """Return what a person may mean by an identifier.

        A public id, a PatientID, a Study, Series or SOP Instance UID, or an AccessionNumber, compared
        exactly.
        """
        record = self.index.get([identifier])[0]
        if record is not None:
            return [self.wrap(record)]
        found: list[Resource] = []
        named = [*((level, level.uid_keyword) for level in Level), (Level.STUDY, "AccessionNumber")]
        for level, keyword in named:
            spec = self.tags.by_keyword(level, keyword)
            assert spec is not None
            # No search of the user's: what looks like a wildcard or a list is a part of the identifier.
            found += Results(self, Plan(Query(level, (Condition(spec, Equal(identifier)),))))
        return found

    def fetch(self, id_: str, computed: Sequence[str] = ()) -> ResourceRecord:
        """Return the index's record of a resource; `get` wraps it."""
        record = self.index.get([id_], computed)[0]
        if record is None:
            raise _no_resource(id_)
        return record

    def wrap(self, record: ResourceRecord) -> Resource:
        """Return the handle for a record."""
        return CLASSES[record.level](self, record)

    # Attachments, metadata, labels -------------------------------------------------------------------

    def details(self, id_: str) -> Details:
        """Return attachments, metadata and labels of a resource, as the index has them now."""
        details = self.index.details([id_])[0]
        if details is None:
            raise _no_resource(id_)
        return details

    def attach(
        self, id_: str, content_type: str | int, source: Source, *, if_revision: int | None = None
    ) -> Attachment:
        """Attach bytes to a resource; see `fileroom.resources.Resource.attach`.

        With `fileroom.model.ARCHIVE_ID` they are attached to the archive itself.
        """
        number = self.content_types.resolve(content_type).number
        if number < USER:
            raise NotSupportedError(f"content type {number} is reserved: use a number from {USER} to 65535")
        return put_attachment(self, id_, number, source, if_revision)

    def edit(self, edits: Sequence[Edit]) -> list[Edited]:
        """Apply edits in one transaction, then delete the bytes that nothing points at any more."""
        with self.index.unit():
            edited = self.index.edit(edits)
            if garbage := [locator for one in edited for locator in one.garbage]:
                self.storage.delete(garbage)
        return edited

    # Reading, deleting, the log ----------------------------------------------------------------------

    def delete(self, ids: str | Resource | Sequence[str | Resource]) -> DeleteReport:
        """Delete resources, by handle or public id, with all beneath them.

        Index first, bytes second: a crash in between leaves orphans, for `fileroom sweep`.

        Raises:
            NotFoundError: one of them is not there; nothing was deleted.
        """
        asked = [ids] if isinstance(ids, str | Resource) else ids
        wanted = [one.id if isinstance(one, Resource) else one for one in asked]
        with self.index.unit():
            # 1  The commit point: from here on they are gone.
            removal: Removal = self.index.remove(wanted)
            # 2  Their bytes.
            deletions = self.storage.delete(removal.garbage)
        failed = tuple(one.locator for one in deletions if one.error is not None)
        # 3  Tell those who listen.
        if removal.removed:
            self.plugins.removed(RemovedBatch(removal.removed))
        removed = tuple((Level(level).label, id_) for level, id_ in removal.removed)
        return DeleteReport(removed, removal.remaining, failed)

    def export(
        self,
        resources: Iterable[Resource | str],
        to: str | os.PathLike[str] | BinaryIO,
        *,
        template: str = DEFAULT_TEMPLATE,
        as_zip: bool = False,
    ) -> ExportReport:
        """Write the original bytes of all instances of resources to a folder, or to a ZIP file or stream.

        Args:
            resources: handles or public ids, of any level.
            to: a folder; or, with ``as_zip``, a file's path or an open binary file, seekable or not.
            template: names within it, by DICOM keyword, for example ``{PatientID}/{SOPInstanceUID}.dcm``.
            as_zip: write one ZIP file.

        Raises:
            NotFoundError: one of the resources is not there.
        """
        return export_resources(self, resources, to, template=template, as_zip=as_zip)

    def send(
        self,
        resources: Iterable[Resource | str],
        peer: str | Host,
        *,
        on_status: Callable[[SendStatus], object] | None = None,
    ) -> SendReport:
        """Send all instances of resources to a DICOM application (C-STORE), by the sender of ``[network]``.

        Args:
            resources: handles or public ids, of any level.
            peer: a name in ``[network]`` that stands for one host, ``AET@host:port``, or a host.
            on_status: called with what became of each instance, in order; what it raises ends the sending.

        Raises:
            NotFoundError: one of the resources, or the peer, is not there.
            SendStoppedError: the peer could not be reached, refused, or broke off; it holds the report.
            PluginError: the sender cannot be used.
        """
        return send_resources(self, resources, peer, on_status)

    def echo(self, peer: str | Host) -> EchoResult:
        """Ask a DICOM application whether it answers (C-ECHO); ``peer`` as in `send`.

        Raises:
            NetworkError: it does not.
        """
        return self.plugins.sender().echo(host_of(self, peer))

    def statistics(self) -> Statistics:
        """Return the totals."""
        return self.index.statistics()

    # Upkeep ------------------------------------------------------------------------------------------

    def verify(self, *, digests: bool = True) -> Iterator[maintenance.Finding]:
        """Yield what is wrong: rows whose bytes are missing, of another size, or (``digests``) changed."""
        return maintenance.verify(self, digests=digests)

    def sweep(self, *, grace: float = SWEEP_GRACE, dry_run: bool = False) -> maintenance.SweepReport:
        """Delete orphans: stored bytes that no row points at, older than ``grace`` seconds."""
        return maintenance.sweep(self, grace=grace, dry_run=dry_run)

    def rebuild(self, *, adopt: bool | None = None) -> rebuilding.RebuildReport:
        """Read all stored headers anew, so that extra tags configured later can be searched.

        With ``adopt``, DICOM files that the index does not know are taken in: that is how a lost index is
        made again. None adopts if the index is new, or has lost a part of what it knew (`Index.vouches`);
        where it has not, such files are rather the remains of deletions. Let nothing be stored or deleted
        meanwhile.
        """
        return rebuilding.rebuild(self, adopt=adopt)

    def compact(self) -> int:
        """Give back the space that the index's files have for what is gone; return how many bytes that was.

        Raises:
            CatalogError: there is no space to work in, or others hold the index; it stays as it was.
        """
        return self.index.compact()

    def close(self) -> None:
        """Close index, storage and plugins. May be called twice; no other call may follow."""
        self._ended = True
        self._closing.close()
        self.index = cast("Index", Closed())
        self.storage = cast("Storage", Closed())

    def __enter__(self) -> Self:
        """Return the archive itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the archive."""
        self.close()

    def __repr__(self) -> str:
        """Show the backends."""
        return f"<Archive {self.config.index.name} + {self.config.storage.name}>"


def _no_resource(id_: str) -> NotFoundError:
    """Return the error for an id that is not there, which is shown unless it may be a patient's."""
    try:
        public_id_to_digest(id_)
    except ValueError:
        return NotFoundError("no such resource: what was given is not a public id")
    return NotFoundError(f"no resource {id_}: it was deleted, or is in another archive")
