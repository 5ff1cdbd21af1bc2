"""Where damaged objects are kept, with their reasons, until somebody looks at them.

A folder with two files per object: ``<sha256>.bin``, its bytes, and ``<sha256>.json``, the note. Bytes come
first and go last, so that what a crash leaves are bytes without a note, which are listed as such. Notes
hold the names of files, and those may hold a patient's name: nothing of them is ever logged.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from fileroom._files import ReadFailedError, copy, locked, storage_error, sync_folder
from fileroom.errors import NotFoundError, QueryError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from fileroom.storage import Source

_ID_LENGTH = 32
_PREFIX = re.compile(r"[0-9a-f]{4,64}")
_UNFINISHED = ".tmp"
_BYTES = re.compile(r"([0-9a-f]{64})\.bin")


@dataclass(frozen=True, slots=True)
class QuarantineEntry:
    """One object in quarantine.

    Attributes:
        id: the first 32 hex digits of the SHA-256 of its bytes.
        reason: why it is there, without any patient's data.
        name: where it came from, as reports name it; may hold patient data. Empty where that is not known.
        size: size in bytes.
        digest: ``sha256:<hex>`` of the bytes.
        date: when it came, in UTC.
    """

    id: str
    reason: str
    name: str
    size: int
    digest: str
    date: datetime


class Quarantine:
    """A folder of damaged objects, each kept once however often it comes.

    Any thread and any process may call any method at any time. The folder is made when the first object
    comes, for its owner only.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def add(self, source: Source, reason: str, name: str) -> QuarantineEntry:
        """Keep an object; when this returns, its bytes and its note are durable.

        Bytes that are here already are not kept twice, and keep the note they have.

        Args:
            source: the bytes, read once, in pieces.
            reason: why; must not hold patient data.
            name: where it came from.

        Raises:
            StorageFullError: no space is left.
            StorageError: writing failed otherwise.
            OSError: the source could not be read.
        """
        with _translated("keep an object"):
            self._make_folder()
            with self._written(source) as (temporary, digest), self._locked():
                if not self._bytes(digest).exists():
                    temporary.replace(self._bytes(digest))
                    sync_folder(self._folder)
                if not self._note(digest).exists():
                    self._write_note(digest, reason, name)
                return self._entry(digest)

    def list(self) -> Iterator[QuarantineEntry]:
        """Yield what is here, oldest first.

        Raises:
            StorageError: the folder could not be read.
        """
        entries = []
        with _translated("list what is there"):
            for digest in self._digests():
                # Another process may discard it meanwhile.
                with suppress(FileNotFoundError):
                    entries.append(self._entry(digest))
        yield from sorted(entries, key=lambda entry: (entry.date, entry.id))

    def get(self, id: str) -> QuarantineEntry:  # noqa: A002 - the word users know it by
        """Return one object's entry, by its id or the first four or more digits of it.

        Raises:
            NotFoundError: there is no such object.
            QueryError: several begin like that.
            StorageError: the folder could not be read.
        """
        digest = self._find(id)
        with _translated("read a note"):
            try:
                return self._entry(digest)
            except FileNotFoundError:
                raise _not_found() from None

    def open(self, id: str) -> BinaryIO:  # noqa: A002
        """Open one object's bytes for reading; ``id`` and errors as in `get`."""
        digest = self._find(id)
        with _translated("open an object"):
            try:
                return self._bytes(digest).open("rb")
            except FileNotFoundError:
                raise _not_found() from None

    def discard(self, id: str) -> None:  # noqa: A002
        """Remove one object and its note; ``id`` and errors as in `get`."""
        digest = self._find(id)
        with _translated("discard an object"), self._locked():
            self._note(digest).unlink(missing_ok=True)
            try:
                self._bytes(digest).unlink()
            except FileNotFoundError:
                raise _not_found() from None
            sync_folder(self._folder)

    def discard_unfinished(self, older_than: float) -> int:
        """Remove what interrupted calls of `add` left behind, if older than so many seconds; return how many.

        Raises:
            StorageError: the folder could not be read or written.
        """
        oldest = time.time() - older_than
        removed = 0
        with _translated("remove unfinished files"):
            for path in self._folder.glob(f"*{_UNFINISHED}"):
                with suppress(FileNotFoundError):
                    if path.stat().st_mtime <= oldest:
                        path.unlink()
                        removed += 1
        return removed

    def _bytes(self, digest: str) -> Path:
        return self._folder / f"{digest}.bin"

    def _note(self, digest: str) -> Path:
        return self._folder / f"{digest}.json"

    def _locked(self) -> AbstractContextManager[None]:
        return locked(self._folder / ".lock")

    def _make_folder(self) -> None:
        if not self._folder.is_dir():
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            sync_folder(self._folder.parent)

    @contextmanager
    def _written(self, source: Source) -> Iterator[tuple[Path, str]]:
        """Write a source to a durable temporary file, which is gone afterwards unless it was renamed."""
        handle, path = tempfile.mkstemp(_UNFINISHED, dir=self._folder)
        temporary = Path(path)
        try:
            with os.fdopen(handle, "wb") as file:
                hasher = hashlib.sha256()
                copy(source, file, hasher)
                file.flush()
                os.fsync(file.fileno())
            yield temporary, hasher.hexdigest()
        finally:
            temporary.unlink(missing_ok=True)

    def _write_note(self, digest: str, reason: str, name: str) -> None:
        date = datetime.now(UTC).isoformat()
        note = json.dumps({"reason": reason, "name": name, "date": date})
        with self._written(note.encode()) as (temporary, _):
            temporary.replace(self._note(digest))
        sync_folder(self._folder)

    def _entry(self, digest: str) -> QuarantineEntry:
        info = self._bytes(digest).stat()
        date = datetime.fromtimestamp(info.st_mtime, UTC)
        reason, name = "unknown: interrupted", ""
        try:
            note = json.loads(self._note(digest).read_bytes())
            reason, name = str(note["reason"]), str(note["name"])
            date = datetime.fromisoformat(note["date"]).astimezone(UTC)
        except FileNotFoundError:
            pass
        except (ValueError, KeyError, TypeError):
            reason = "unknown: its note is damaged"
        return QuarantineEntry(digest[:_ID_LENGTH], reason, name, info.st_size, f"sha256:{digest}", date)

    def _digests(self) -> Iterator[str]:
        with suppress(FileNotFoundError):
            for path in self._folder.iterdir():
                if match := _BYTES.fullmatch(path.name):
                    yield match[1]

    def _find(self, prefix: str) -> str:
        found = []
        if _PREFIX.fullmatch(prefix):
            with _translated("list what is there"):
                found = [digest for digest in self._digests() if digest.startswith(prefix)]
        if len(found) > 1:
            raise QueryError(
                f"{len(found)} quarantined objects begin with {prefix!r}: give more digits of the id"
            )
        if not found:
            raise _not_found()
        return found[0]


def _not_found() -> NotFoundError:
    return NotFoundError(
        "no such object in quarantine: `fileroom quarantine list` shows the ids of what is there"
    )


@contextmanager
def _translated(doing: str) -> Iterator[None]:
    try:
        yield
    except ReadFailedError as failure:
        raise failure.error from None
    except OSError as error:
        raise storage_error(error, f"quarantine: cannot {doing}") from error
