"""Sets of documents in folders: files, and a manifest of their names and kinds in the order to load them."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fileroom._documents.packing import MANIFEST
from fileroom._files import open_regular
from fileroom.documents import Document
from fileroom.errors import AlreadyExistsError, InvalidValueError, NotFoundError, StorageError
from fileroom.markup import LARGEST
from fileroom.naming import clean_component

if TYPE_CHECKING:
    import os
    from collections.abc import Container, Iterator, Sequence

_SUBJECT = "fileroom document set"


def write_document(document: Document, folder: str | os.PathLike[str]) -> Path:
    """Write a document into a folder, under its name; return the file's path.

    Raises:
        AlreadyExistsError: there is such a file, which stays.
        StorageError: it cannot be written.
    """
    return _write(Path(folder).expanduser() / clean_component(document.name), document.data)


def write_set(documents: Sequence[Document], folder: str | os.PathLike[str]) -> Path:
    """Write documents into a folder, with a manifest in their order; return the manifest's path.

    A file has its document's name, with an end like ``~2`` where that is taken, on systems that do not tell
    upper from lower case, too.

    Raises:
        AlreadyExistsError: one of the files is there already.
        StorageError: they cannot be written.
    """
    base = Path(folder).expanduser()
    listed, taken = [], {MANIFEST}
    for one in documents:
        file = _free_name(one.name, taken)
        taken.add(file.casefold())
        listed.append({"name": one.name, "kind": one.kind, "file": file, "version": one.version})
        _write(base / file, one.data)
    # Last, so that a set that could not be written whole is none.
    return _write(base / MANIFEST, json.dumps({"content": _SUBJECT, "documents": listed}, indent=2).encode())


def read_set(folder: str | os.PathLike[str]) -> Iterator[Document]:
    """Yield the documents of a set, in the manifest's order.

    Raises:
        NotFoundError: there is no manifest, or a file that it names is not there.
        InvalidValueError: the manifest is none.
    """
    base = Path(folder).expanduser()
    data = _read(base / MANIFEST)
    try:
        listed = _listed(json.loads(data))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InvalidValueError(
            f"{MANIFEST} is no manifest of a set of documents: 'fileroom documents export --all' writes them"
        ) from error
    for name, kind, file in listed:
        if clean_component(file) != file:
            raise InvalidValueError(f"{MANIFEST}: the file of {name!r} does not lie beside it")
        yield Document(name, kind, _read(base / file))


def _listed(manifest: Any) -> list[tuple[str, str, str]]:  # noqa: ANN401 - whatever JSON there is
    if manifest["content"] != _SUBJECT:
        raise ValueError("the manifest of something else")
    return [(str(one["name"]), str(one["kind"]), str(one["file"])) for one in manifest["documents"]]


def _read(path: Path) -> bytes:
    try:
        with open_regular(path) as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise NotFoundError(
            f"{path.name!r} of a set of documents cannot be read: {error.strerror}"
        ) from error
    if len(data) > LARGEST:
        raise InvalidValueError(f"{path.name!r} of a set of documents has more than {LARGEST} bytes")
    return data


def _free_name(name: str, taken: Container[str]) -> str:
    names = (clean_component(name, f"~{number}" if number > 1 else "") for number in itertools.count(1))
    return next(one for one in names if one.casefold() not in taken)


def _write(path: Path, data: bytes) -> Path:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            file.write(data)
    except FileExistsError as error:
        raise AlreadyExistsError(f"{path.name!r} is there already: choose another folder") from error
    except OSError as error:
        raise StorageError(f"{path.name!r} cannot be written: {error.strerror}") from error
    return path
