"""Storage keys, and what else a storage is told of an object."""

from __future__ import annotations

import os
import re
import uuid
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fileroom.model import Header

_ATTACHED = 8  # the version of an attachment's UUID
_TIER = r"(?:[a-z][a-z0-9_-]*:)?"
_KEY = re.compile(rf"{_TIER}([0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}})")
_NAME = re.compile(rf"{_TIER}(.*)", re.DOTALL)


def attachment_key() -> str:
    """Return a fresh storage key for bytes that are no instance: a UUID of version 8 (RFC 9562).

    A rebuild can tell by it that a DICOM file which somebody attached is not an instance of the archive.
    """
    key = batch_keys(1)[0]
    return f"{key[:14]}8{key[15:]}"


def batch_keys(count: int) -> list[str]:
    """Return fresh storage keys, random UUIDs (version 4) that share their first four hex digits.

    Storages that spread objects over folders by those digits then make durable one folder a batch, and
    not one for each object; across batches the digits are random.
    """
    prefix = os.urandom(2)
    return [str(uuid.UUID(bytes=prefix + os.urandom(14), version=4)) for _ in range(count)]


def key_of(locator: str) -> str | None:
    """Return the key that an object was put under, where its locator tells.

    Most are the key; in a storage with tiers it stands behind the tier's name and a colon.
    """
    match = _KEY.fullmatch(locator)
    return match and match[1]


def name_of(locator: str) -> str:
    """Return what an object is called within its tier, or in the storage if that has none."""
    match = _NAME.fullmatch(locator)
    assert match is not None
    return match[1]


def is_attachment_key(key: str) -> bool:
    """Say whether bytes were put under an `attachment_key`: they are no instance, DICOM or not."""
    return uuid.UUID(key).version == _ATTACHED


def naming_of(header: Header) -> Mapping[str, str]:
    """Return what a storage may name an instance's object by (`fileroom.storage.PutItem.naming`)."""
    identity = header.identity
    named = {keyword: value for keyword, value in header.tags.items() if isinstance(value, str)}
    named.update(
        PatientID=identity.patient_id,
        StudyInstanceUID=identity.study_instance_uid,
        SeriesInstanceUID=identity.series_instance_uid,
        SOPInstanceUID=identity.sop_instance_uid,
    )
    return named
