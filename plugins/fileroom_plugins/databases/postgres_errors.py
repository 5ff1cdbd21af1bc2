"""What PostgreSQL says went wrong, by SQLSTATE, and what to do about it.

Codes: PostgreSQL documentation, appendix A. A connection that was not made has none, but libpq's English.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from psycopg import Error

FULL = "53100"
READ_ONLY = frozenset({"42501", "25006"})
CONTRADICTIONS = frozenset(
    {
        "23505",  # unique_violation: another one was first
        "23503",  # foreign_key_violation: the parent went, or a child came
        "23P01",  # exclusion_violation: as a unique one
    }
)
COLLISIONS = CONTRADICTIONS | {
    "40001",  # serialization_failure
    "40P01",  # deadlock_detected
}

_REFUSED = "the server refused the role or its password: check those in the URL, and the server's pg_hba.conf"
_MISSING = "there is no such database: create it (createdb), or correct the URL"
_CROWDED = "the server takes no more connections: lower pool_size, or raise the server's max_connections"
_BUSY = "the server is starting or shutting down: try again once it is up"
_WAYS_OUT = {
    "28000": _REFUSED,
    "28P01": _REFUSED,
    "3D000": _MISSING,
    "53300": _CROWDED,
    FULL: "the server has no space left on its disk: free some, then try again",
    "53200": "the server is out of memory: try again, or give it more",
    "57P01": "the server ended the connection: try again, and it is made anew",
    "57P02": "the server crashed and is recovering: try again once it is up",
    "57P03": _BUSY,
    "57014": "a statement was cancelled: it took longer than statement_timeout, or somebody cancelled it",
    "55P03": "a lock was not to be had in the server's lock_timeout: try again",
    "42501": "the role lacks a privilege: make it the owner of the tables and of their schema",
    "0A000": "the server cannot do that: connect to the primary, if this is a standby",
    "25006": "the server only allows reading: connect to the primary instead of a standby",
    "22003": "a number needs more than 64 bits",
    "22021": "a text holds a character that the database's encoding has not: make the database with UTF8",
    "22P05": "a text holds a character that the database's encoding has not: make the database with UTF8",
    "58030": "the server's disk failed to read or write: check it, then try again",
    "XX001": "the server found damaged data: restore a backup",
    "XX002": "the server found a damaged index: REINDEX DATABASE",
}
_UNMADE = {
    "password authentication failed": _REFUSED,
    "no password supplied": _REFUSED,
    "no pg_hba.conf entry": _REFUSED,
    "too many": _CROWDED,
    "connection slots are reserved": _CROWDED,
    "role ": _REFUSED,
    "database ": _MISSING,
    "starting up": _BUSY,
    "shutting down": _BUSY,
    "recovery mode": _BUSY,
    "certificate": "the server's certificate was not accepted: check sslmode and sslrootcert in the URL",
    "timeout": "the server did not answer in time: check its address, or raise connect_timeout",
    "could not translate host name": "there is no such host: correct the URL",
    "invalid": "the URL's parameters are not those of libpq: correct it",
}
_LOST = "the server cannot be reached, or the connection was lost: check that it runs, then try again"


def sentence(error: Error) -> str:
    """Return what happened and what to do, without any value that the server repeats."""
    if error.sqlstate:
        return _WAYS_OUT.get(error.sqlstate, f"the server refused a statement (SQLSTATE {error.sqlstate})")
    if type(error).__name__ == "DataError":  # psycopg's own: before anything was sent
        return "a text holds a character that PostgreSQL cannot keep"
    # "FATAL:  database "x" does not exist": what comes behind the severity tells.
    text = str(error).rpartition("FATAL:")[2]
    fatal = text != str(error)
    for words, way_out in _UNMADE.items():
        if words in text and (fatal or not words.endswith(" ")):
            return way_out
    return _LOST


def shows_values(error: Error) -> bool:
    """Say whether an error may repeat values: those about data and keys do, and those in a copied row."""
    code = error.sqlstate or ""
    return code[:2] in {"22", "23"} or error.diag.context is not None
