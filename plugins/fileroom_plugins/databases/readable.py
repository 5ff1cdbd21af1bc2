"""Whether something has come in over a connection."""

from __future__ import annotations

import select


def readable(socket: int) -> bool:
    """Say whether something has come in that nobody asked for: the end of the connection, mostly.

    Args:
        socket: its file descriptor; on Windows, its handle.
    """
    if hasattr(select, "poll"):
        poll = select.poll()
        poll.register(socket, select.POLLIN)
        return bool(poll.poll(0))
    return bool(select.select([socket], [], [], 0)[0])
