"""Patient, Study, Series, Instance: lazy handles over an archive.

A handle holds what the index said when it was fetched, and asks again only for what it was not told.
Handles are cheap, compare equal by archive and id, and stay valid objects when their resource is deleted:
the next question to the archive then raises `fileroom.errors.NotFoundError`.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterable
from typing import TYPE_CHECKING, BinaryIO, ClassVar, Generic, Literal, TypeVar, cast, overload

from fileroom._html import as_html
from fileroom._together import Together
from fileroom.attachments import Attachments
from fileroom.errors import FileroomError, IntegrityError, NotFoundError, StorageError
from fileroom.model import Level
from fileroom.opening import open_attachment
from fileroom.query import COMPUTED
from fileroom.views import LabelsView, MetadataView

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from pydicom import Dataset

    from fileroom.archive import Archive
    from fileroom.attachments import Attachment
    from fileroom.model import ResourceRecord, TagValue
    from fileroom.processing import Product
    from fileroom.storage import ByteRange, Source

_PAGE = 500
R_co = TypeVar("R_co", bound="Resource", covariant=True)


class Resource:
    """What the four levels have in common."""

    level: ClassVar[Level]
    __slots__ = ("_archive", "_record")

    def __init__(self, archive: Archive, record: ResourceRecord) -> None:
        self._archive = archive
        self._record = record

    @property
    def id(self) -> str:
        """Public id: 40 hex digits in five groups, computed as Orthanc does."""
        return self._record.id

    @property
    def uid(self) -> str:
        """PatientID, or the Study, Series or SOP Instance UID."""
        return self._record.uid

    @property
    def received(self) -> datetime:
        """When the first bytes of the resource were committed, in UTC."""
        return self._record.received

    @property
    def tags(self) -> dict[str, TagValue]:
        """The tags the index keeps of this resource and of those above it, by keyword."""
        return self._record.all_tags()

    def __getitem__(self, keyword: str) -> TagValue:
        """Return a tag's raw value, or a computed attribute such as ``NumberOfStudyRelatedInstances``.

        A tag that the index keeps and the file does not have is an empty string.

        Raises:
            KeyError: the index keeps no such tag at this level or above.
        """
        record: ResourceRecord | None = self._record
        while record is not None:
            if keyword in record.tags:
                return record.tags[keyword]
            if keyword in record.computed:
                return record.computed[keyword]
            if keyword in COMPUTED[record.level]:
                return self._archive.fetch(record.id, (keyword,)).computed.get(keyword, "")
            record = record.parent
        if any(self._archive.tags.by_keyword(level, keyword) for level in Level if level <= self.level):
            return ""
        raise KeyError(keyword)

    def get(self, keyword: str, default: TagValue = "") -> TagValue:
        """Return a tag's raw value, or the default where there is none."""
        try:
            return self[keyword] or default
        except KeyError:
            return default

    @property
    def attachments(self) -> Attachments:
        """The resource's attachments, by content type's name or number."""
        return Attachments(self._archive, self.id)

    def attach(
        self, content_type: str | int, source: Source, *, if_revision: int | None = None
    ) -> Attachment:
        """Attach bytes under a registered name or a number from 1024 to 65535; durable when it returns.

        What is there under that content type is replaced, unless ``if_revision`` says which revision must
        be there (0: none).

        Raises:
            NotFoundError: the resource, or the content type's name, does not exist.
            RevisionError: another revision is there.
            NotSupportedError: the content type is one of ours (below 1024).
            StorageError: the bytes could not be stored.
        """
        return self._archive.attach(self.id, content_type, source, if_revision=if_revision)

    @property
    def metadata(self) -> MetadataView:
        """The resource's metadata, a mutable mapping of name to text."""
        return MetadataView(self._archive, self.id)

    @property
    def labels(self) -> LabelsView:
        """The resource's labels, a mutable set."""
        return LabelsView(self._archive, self.id)

    @overload
    def process(
        self, processor: str, *, keep: Literal[True] = True, **options: object
    ) -> list[Attachment]: ...
    @overload
    def process(self, processor: str, *, keep: Literal[False], **options: object) -> list[Product]: ...

    def process(
        self, processor: str, *, keep: bool = True, **options: object
    ) -> list[Attachment] | list[Product]:
        """Run a processor on this resource, and keep what it makes, or have it.

        Above the instance level it is the processor's choice (`fileroom.processing.Takes`) whether it takes
        the middle instance, one of each series, or each instance. What it makes becomes attachments: this
        resource's, or, where each instance is taken, the instances'. A new DICOM object becomes an instance
        of the archive; its metadata ``made-from`` and ``made-by``, and ``made-into`` of its source, tell of
        each other.

        Args:
            processor: its name.
            keep: False to have the products, and change nothing.
            **options: the processor's own; they lie over those of the configuration.

        Returns:
            The attachments, for a new object the DICOM file of its instance; or the products.

        Raises:
            PluginNotFoundError: no such processor is installed.
            ConfigError: an option is wrong.
            NotSupportedError: the processor does nothing for such objects.
            InvalidDatasetError: the object is damaged.
            RejectedError: a new object could not be stored.
        """
        return self._archive.process(self.id, processor, keep=keep, **options)

    def thumbnail(self) -> bytes | None:
        """Return a small picture as a JPEG: of an instance, a series' middle one, or a study's series.

        The attachment ``thumbnail``, which is made the first time; None where none can be made.
        """
        try:
            return self.attachments["thumbnail"].read()
        except KeyError:
            pass
        with contextlib.suppress(FileroomError):
            return self.process("thumbnail")[0].read()
        return None

    def delete(self) -> str | None:
        """Delete the resource with all beneath it; return the lowest ancestor that remains, if any."""
        return self._archive.delete([self.id]).remaining[self.id]

    def __eq__(self, other: object) -> bool:
        """Handles are equal if they mean one resource of one archive."""
        if not isinstance(other, Resource):
            return NotImplemented
        return self._archive is other._archive and self.id == other.id

    def __hash__(self) -> int:
        """Hash by public id."""
        return hash(self.id)

    def __repr__(self) -> str:
        """Show level and id; nothing of the patient, since reprs end in logs."""
        return f"<{type(self).__name__} {self.id}>"

    def _repr_html_(self) -> str:
        return as_html(self)


class Children(Iterable[R_co], Generic[R_co]):
    """The resources of one level beneath a resource: iterate, count with ``len``, or take by position."""

    def __init__(self, archive: Archive, above: str, level: Level, *, direct: bool) -> None:
        self._archive = archive
        self._above = above
        self._level = level
        self._direct = direct

    def __iter__(self) -> Iterator[R_co]:
        """Yield in order of arrival."""
        if self._direct:
            records = iter(self._archive.index.children(self._above))
            pages = iter(lambda: tuple(itertools.islice(records, _PAGE)), ())
            found = itertools.chain.from_iterable(handles(self._archive, page) for page in pages)
            return cast("Iterator[R_co]", found)
        return iter(self._archive.within(self._above, self._level))  # type: ignore[arg-type]

    def __len__(self) -> int:
        """Count them, in the index."""
        return self._archive.within(self._above, self._level).count()

    def __getitem__(self, position: int) -> R_co:
        """Return the one at a position; negative positions count from the end."""
        found: Sequence[R_co] = list(self)
        return found[position]


class Patient(Resource):
    """A patient: whatever shares a PatientID."""

    level = Level.PATIENT
    __slots__ = ()

    @property
    def studies(self) -> Children[Study]:
        """The patient's studies."""
        return Children(self._archive, self.id, Level.STUDY, direct=True)

    @property
    def instances(self) -> Children[Instance]:
        """All instances of the patient."""
        return Children(self._archive, self.id, Level.INSTANCE, direct=False)


class Study(Resource):
    """A study."""

    level = Level.STUDY
    __slots__ = ()

    @property
    def patient(self) -> Patient:
        """The patient above."""
        assert self._record.parent is not None
        return Patient(self._archive, self._record.parent)

    @property
    def series(self) -> Children[Series]:
        """The study's series."""
        return Children(self._archive, self.id, Level.SERIES, direct=True)

    @property
    def instances(self) -> Children[Instance]:
        """All instances of the study."""
        return Children(self._archive, self.id, Level.INSTANCE, direct=False)


class Series(Resource):
    """A series."""

    level = Level.SERIES
    __slots__ = ()

    @property
    def study(self) -> Study:
        """The study above."""
        assert self._record.parent is not None
        return Study(self._archive, self._record.parent)

    @property
    def instances(self) -> Children[Instance]:
        """The series' instances."""
        return Children(self._archive, self.id, Level.INSTANCE, direct=True)


class Instance(Resource):
    """An instance: one DICOM file."""

    level = Level.INSTANCE
    __slots__ = ("_together",)

    def __init__(self, archive: Archive, record: ResourceRecord, together: Together | None = None) -> None:
        super().__init__(archive, record)
        self._together = together

    @property
    def series(self) -> Series:
        """The series above."""
        assert self._record.parent is not None
        return Series(self._archive, self._record.parent)

    def open(self, byte_range: ByteRange | None = None) -> BinaryIO:
        """Open the DICOM file, or a range of it, for reading: the very bytes that were stored.

        Where instances that were found together are opened one after the other, several are looked up at a
        time: what another process replaces may be read as it was up to a second before.

        Raises:
            NotFoundError: they are gone.
            IntegrityError: they are another instance's; only where the archive took the file over unread.
            StorageError: reading failed.
        """
        if self._together is not None and (file := self._together.file(self.id)) is not None:
            with contextlib.suppress(NotFoundError, StorageError, IntegrityError):
                return open_attachment(self._archive, self.id, file, byte_range)
        return self.attachments["dicom"].open(byte_range=byte_range)

    def dataset(self, *, stop_before_pixels: bool = False) -> Dataset:
        """Read the DICOM file into a pydicom dataset.

        Raises:
            InvalidDatasetError: pydicom cannot read it.
        """
        from fileroom.datasets import read_dataset  # noqa: PLC0415 - pydicom loads on need

        with self.open() as file:
            return read_dataset(file, stop_before_pixels=stop_before_pixels)


CLASSES: dict[Level, type[Resource]] = {
    Level.PATIENT: Patient,
    Level.STUDY: Study,
    Level.SERIES: Series,
    Level.INSTANCE: Instance,
}


def handles(archive: Archive, records: Sequence[ResourceRecord]) -> Iterator[Resource]:
    """Yield the handles for records of one level that were found together."""
    if not records or records[0].level is not Level.INSTANCE:
        return (archive.wrap(record) for record in records)
    together = Together(archive, records)
    return (Instance(archive, record, together) for record in records)
