"""How to connect to a database server."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """How to connect.

    Attributes:
        pool_size: connections of one process at most; threads that find none free wait for one.
        connect_timeout: seconds to wait for the server when connecting.
        statement_timeout: seconds that a statement may take; 0 is what the server says.
        prepare: whether the server is to keep statements that are repeated. Some poolers cannot.
    """

    pool_size: int = 10
    connect_timeout: int = 10
    statement_timeout: float = 0.0
    prepare: bool = True
