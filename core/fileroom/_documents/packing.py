"""Contents as the bytes of one attachment, and back: a ZIP file, the same for the same contents.

``manifest.json`` tells all but the bytes of the versions, which lie under their digests. Nothing is
compressed: then the bytes do not depend on a library, and no entry is larger than the file.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fileroom._documents.contents import Contents
from fileroom.documents import DocumentVersion
from fileroom.errors import IntegrityError, NotSupportedError

MANIFEST = "manifest.json"
LARGEST_SET = 256 << 20
"""Bytes that all versions of all documents may have together."""

_FORMAT = 1
_EPOCH = (1980, 1, 1, 0, 0, 0)  # of a ZIP file
_UNIX = 3


@dataclass(frozen=True, slots=True)
class Draft:
    """What a draft notes beside its contents.

    Attributes:
        base: SHA-256 in hexadecimal of the packed contents that it was made of; empty for none.
        started: when, in UTC.
        owner: what only the session that began it knows; empty for one that anybody leads on.
    """

    base: str
    started: datetime
    owner: str = ""


def pack(contents: Contents, draft: Draft | None = None) -> bytes:
    """Return contents, those of a draft with what it notes, as bytes."""
    manifest: dict[str, Any] = {
        "fileroom": "documents",
        "format": _FORMAT,
        "documents": {
            name: [_version_to_json(one) for one in history]
            for name, history in sorted(contents.histories.items())
        },
    }
    if draft is not None:
        manifest["draft"] = {
            "base": draft.base,
            "started": draft.started.isoformat(),
            "owner": draft.owner,
        }
    used = {one.digest for history in contents.histories.values() for one in history if one.digest}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(_entry(MANIFEST), json.dumps(manifest, indent=1, sort_keys=True))
        for digest in sorted(used):
            archive.writestr(_entry(digest), contents.data[digest])
    return packed.getvalue()


def unpack(packed: bytes) -> tuple[Contents, Draft | None]:
    """Return what `pack` was given.

    Raises:
        IntegrityError: these bytes are not what it returned.
        NotSupportedError: a newer Fileroom wrote them.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            manifest = _manifest(archive)
            histories = {
                name: tuple(_version_from_json(name, one) for one in history)
                for name, history in manifest["documents"].items()
            }
            used = {one.digest for history in histories.values() for one in history if not one.deleted}
            data = {digest: _read(archive, digest) for digest in used}
            draft = manifest.get("draft")
            noted = draft and Draft(
                str(draft["base"]), datetime.fromisoformat(draft["started"]), str(draft.get("owner", ""))
            )
    except NotSupportedError:
        raise
    except Exception as error:  # zipfile and what is made of JSON raise anything
        raise IntegrityError(f"what is kept of them is damaged ({type(error).__name__})") from error
    for digest, one in data.items():
        if hashlib.sha256(one).hexdigest() != digest:
            raise IntegrityError("what is kept of them is damaged (a version has another digest)")
    return Contents(histories, data), noted or None


def _manifest(archive: zipfile.ZipFile) -> Any:  # noqa: ANN401 - whatever JSON there is
    manifest = json.loads(_read(archive, MANIFEST))
    if manifest["fileroom"] != "documents":
        raise ValueError("the manifest of something else")
    if manifest["format"] > _FORMAT:
        raise NotSupportedError("the documents were written by a newer Fileroom: upgrade fileroom")
    return manifest


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.create_system = _UNIX
    entry.external_attr = 0o600 << 16
    return entry


def _read(archive: zipfile.ZipFile, name: str) -> bytes:
    entry = archive.getinfo(name)
    if entry.compress_type != zipfile.ZIP_STORED:  # so that nothing grows while it is read
        raise ValueError("an entry is compressed")
    return archive.read(entry)


def _version_to_json(one: DocumentVersion) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "version": one.version,
        "published": one.published and one.published.isoformat(),
        "size": one.size,
        "sha256": one.digest,
        "refers_to": list(one.refers_to),
        "deleted": one.deleted,
    }


def _version_from_json(name: str, content: dict[str, Any]) -> DocumentVersion:
    published = content["published"]
    return DocumentVersion(
        name,
        str(content["kind"]),
        int(content["version"]),
        published and datetime.fromisoformat(published),
        int(content["size"]),
        str(content["sha256"]),
        tuple(map(str, content["refers_to"])),
        bool(content["deleted"]),
    )
