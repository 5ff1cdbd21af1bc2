"""Writing objects out as they came in: into a folder, or into one ZIP file or stream.

Original bytes, in pieces, each object's digest checked on the way. File names are made of DICOM values by a
`fileroom.naming.NameTemplate`.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import stat
import uuid
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from fileroom._distinct import DistinctPaths
from fileroom._files import ReadFailedError, copy, publish, storage_error
from fileroom.errors import AlreadyExistsError, FileroomError, IntegrityError, StorageFullError
from fileroom.naming import NameTemplate, clean_component

if TYPE_CHECKING:
    from _hashlib import HASH
    from collections.abc import Iterable, Iterator
    from pathlib import PurePosixPath

    from _typeshed import SupportsWrite

DEFAULT_TEMPLATE = "{PatientID}/{StudyInstanceUID}/{SeriesInstanceUID}/{SOPInstanceUID}.dcm"

_IN_MEMORY = 8 << 20
_UNIX = 3
_MODE = stat.S_IFREG | 0o644


@dataclass(frozen=True, slots=True)
class ExportItem:
    """One object to write out.

    Attributes:
        tags: DICOM keyword to value, for the template.
        open: opens the bytes for reading; called up to two times.
        size: size in bytes.
        digest: ``"<algorithm>:<hex>"`` of the bytes, the algorithm one of `hashlib`; empty where it is not
            known, and then the size alone is checked.
        name_hint: the file's name, in place of the template's last component, for what is no DICOM file.
        id: what the report calls it.
    """

    tags: Mapping[str, str]
    open: Callable[[], BinaryIO]
    size: int
    digest: str
    name_hint: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True)
class ExportFailure:
    """An object that was not written, by its `ExportItem.id`, and why."""

    id: str
    error: FileroomError


@dataclass(slots=True)
class ExportReport:
    """What an export did.

    Attributes:
        written: how many files were written.
        skipped: how many were there already, with the same content.
        bytes: how many bytes were written.
        failures: what was neither written nor there.
    """

    written: int = 0
    skipped: int = 0
    bytes: int = 0
    failures: list[ExportFailure] = field(default_factory=list)


def export_folder(
    items: Iterable[ExportItem], folder: str | os.PathLike[str], template: str = DEFAULT_TEMPLATE
) -> ExportReport:
    """Write each object into a file of its own beneath a folder, which is made if need be.

    A file appears whole or not at all, and replaces none: where one of that name is, it is skipped if its
    content is the same, so that an interrupted export can be run again, and is a failure otherwise
    (`AlreadyExistsError`). An object whose bytes differ from its digest is a failure (`IntegrityError`).

    Args:
        items: what to write; consumed one by one.
        folder: where to.
        template: relative path of each file, see `fileroom.naming.NameTemplate`.

    Raises:
        ConfigError: the template is malformed.
        StorageFullError: no space is left; what was written stays.
        StorageError: the folder cannot be made.
    """
    paths = _Paths(template)
    report = ExportReport()
    top = Path(folder)
    with _translated():
        top.mkdir(parents=True, exist_ok=True)
    for item in items:
        with _noting_failure(item, report), _translated():
            _export_file(item, top / paths.of(item), report)
    return report


def export_zip(
    items: Iterable[ExportItem], file: str | os.PathLike[str] | BinaryIO, template: str = DEFAULT_TEMPLATE
) -> ExportReport:
    """Write all objects into one ZIP file, or a stream that need not be seekable.

    Members are stored, not deflated (the formats inside compress better), in the order of the items, without
    dates; ZIP64 where sizes need it. Equal items give an equal file. A large object is read twice: once to
    check its digest, once to write it. A path gets its file when that is complete.

    Args:
        items: what to write; consumed one by one.
        file: a path where nothing is yet, or a binary file to write to, which is left open.
        template: relative path of each member, see `fileroom.naming.NameTemplate`.

    Raises:
        ConfigError: the template is malformed.
        AlreadyExistsError: there is something at that path.
        IntegrityError: a large object changed between its two readings; the ZIP file is not usable.
        StorageFullError: no space is left.
        StorageError: writing failed otherwise.
    """
    paths = _Paths(template)
    with _translated():
        if not isinstance(file, str | os.PathLike):
            return _export_members(items, file, paths)
        with _new_file(Path(file)) as target:
            return _export_members(items, target, paths)


class _Paths:
    """Where each item goes: the template's answer, made distinct."""

    def __init__(self, template: str) -> None:
        self._template = NameTemplate(template)
        self._distinct = DistinctPaths()

    def of(self, item: ExportItem) -> PurePosixPath:
        path = self._template.render(item.tags)
        if item.name_hint:
            path = path.with_name(clean_component(item.name_hint))
        # Of two with one path, equal digests tell that they are one object; without them, equal ids do.
        return self._distinct.file(path, item.digest or item.id or uuid.uuid4().hex)


def _export_file(item: ExportItem, target: Path, report: ExportReport) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.is_file():
        _refuse_other_content(item, target)
        report.skipped += 1
        return
    with _new_file(target) as file:
        _copy_checked(item, file)
    report.written += 1
    report.bytes += item.size


def _export_members(items: Iterable[ExportItem], file: BinaryIO, paths: _Paths) -> ExportReport:
    report = ExportReport()
    done: set[PurePosixPath] = set()
    with zipfile.ZipFile(file, "w") as archive:
        for item in items:
            path = paths.of(item)
            if path in done:
                report.skipped += 1
                continue
            data = io.BytesIO() if item.size <= _IN_MEMORY else None
            with _noting_failure(item, report), _translated():
                # A stream cannot take back what it has been given: look before writing.
                _copy_checked(item, data)
                done.add(path)
            if path in done:
                _add_member(archive, path, item, data)
                report.written += 1
                report.bytes += item.size
    return report


def _add_member(
    archive: zipfile.ZipFile, path: PurePosixPath, item: ExportItem, data: io.BytesIO | None
) -> None:
    info = zipfile.ZipInfo(str(path))
    info.create_system = _UNIX
    info.external_attr = _MODE << 16
    info.file_size = item.size
    with archive.open(info, "w") as member:
        if data is None:
            _copy_checked(item, member)
        else:
            member.write(data.getbuffer())


def _copy_checked(item: ExportItem, target: SupportsWrite[bytes | memoryview] | None) -> str:
    """Copy an item, or only read it where there is no target; return its digest in hex.

    Raises:
        IntegrityError: its bytes are not those of its digest, or not as many as recorded.
    """
    hasher = _hasher(item)
    try:
        source = item.open()
    except OSError as error:
        raise ReadFailedError(error) from error
    with source:
        size = copy(source, target, hasher)
    digest = hasher.hexdigest()
    if size != item.size or (item.digest and digest != item.digest.partition(":")[2]):
        raise IntegrityError(
            "export: the object's bytes differ from its recorded size or digest: `fileroom verify` tells more"
        )
    return digest


def _refuse_other_content(item: ExportItem, target: Path) -> None:
    hasher = _hasher(item)
    if target.stat().st_size == item.size:
        copy(target, None, hasher)
        if hasher.hexdigest() == (item.digest.partition(":")[2] or _copy_checked(item, None)):
            return
    raise AlreadyExistsError("export: another file of that name is there: export to another folder")


def _hasher(item: ExportItem) -> HASH:
    try:
        return hashlib.new(item.digest.partition(":")[0] if item.digest else "md5", usedforsecurity=False)
    except ValueError as error:
        raise IntegrityError("export: the object's digest is of an algorithm unknown here") from error


@contextlib.contextmanager
def _new_file(target: Path) -> Iterator[BinaryIO]:
    """Write a file that gets its name when it is complete, and is gone if it never is."""
    temporary = target.with_name(f".{uuid.uuid4().hex}.tmp")
    try:
        with temporary.open("xb") as file:
            yield file
        publish(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def _noting_failure(item: ExportItem, report: ExportReport) -> Iterator[None]:
    try:
        yield
    except StorageFullError:
        raise
    except FileroomError as error:
        report.failures.append(ExportFailure(item.id, error))


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except ReadFailedError as failure:
        raise storage_error(failure.error, "export: cannot read the object") from failure.error
    except (FileExistsError, NotADirectoryError) as error:
        raise AlreadyExistsError(
            "export: something else is where it should go: choose another place"
        ) from error
    except OSError as error:
        raise storage_error(error, "export: cannot write") from error
