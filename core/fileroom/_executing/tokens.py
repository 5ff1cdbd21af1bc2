"""Tokens: by finding what was put just now, a worker proves that its storage is the one that is meant.

The same configuration may mean another storage on another machine: a folder that is not shared, a server on
"localhost". A worker that stored there would be told of as having stored here.
"""

from __future__ import annotations

import secrets
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fileroom.errors import ExecutorError, NotFoundError
from fileroom.keys import attachment_key
from fileroom.storage import PutItem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fileroom.storage import Storage

PATIENCE = 5.0
"""Seconds for which a token is waited for: some storages upload what they have acknowledged."""

POLL = 0.5


@dataclass(frozen=True, slots=True)
class Token:
    """An object that was put to be found.

    Attributes:
        locator: where.
        content: what nobody could guess.
    """

    locator: str
    content: bytes


@contextmanager
def tokens_in(storage: Storage) -> Iterator[tuple[Token, ...]]:
    """Put a token, one into each tier where there are tiers, and delete it in the end.

    Dying in between leaves orphans, for a sweep. Their keys are those of attachments, so that a rebuild
    takes none for an instance.

    Raises:
        StorageError: it cannot be put.
    """
    content = b"fileroom: which storage is this? " + secrets.token_hex(16).encode()
    tiers = storage.capabilities.tiers or (None,)
    stored = storage.put_many(
        [PutItem(attachment_key(), content, size=len(content), tier=tier) for tier in tiers]
    )
    try:
        yield tuple(Token(one.locator, content) for one in stored)
    finally:
        storage.delete([one.locator for one in stored])


def found(storage: Storage, tokens: Sequence[Token]) -> bool:
    """Say whether a storage has these tokens; wait a little for those that it has not.

    Raises:
        StorageError: the storage could not tell.
    """
    deadline = time.monotonic() + PATIENCE
    return all(_is_found(storage, token, deadline) for token in tokens)


def _is_found(storage: Storage, token: Token, deadline: float) -> bool:
    while True:
        try:
            with storage.open(token.locator) as file:
                return file.read(len(token.content) + 1) == token.content
        except NotFoundError:
            if time.monotonic() > deadline:
                return False
        time.sleep(POLL)


def not_shared(host: str, what: str) -> ExecutorError:
    """Return the error for a worker whose storage, or index, is not the archive's."""
    return ExecutorError(
        f"a worker on {host} has another {what} than this archive: index and storage must be the same for "
        "all machines, such as a database server and an object store"
    )
