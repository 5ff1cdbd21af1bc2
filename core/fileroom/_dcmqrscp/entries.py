"""Entries of the three tables: hosts, vendors, and the AE titles with their storage areas."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fileroom._dcmqrscp.lines import WrongLineError, shown, values
from fileroom._hints import did_you_mean
from fileroom.network import ANY, Access, Host
from fileroom.retention import parse_size

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_ACCESS = {
    "RW": Access.READ_WRITE,
    "WR": Access.READ_WRITE,
    "R": Access.READ,
    "W": Access.WRITE,
}
_TRIPLE = re.compile(r"([^\s=,]+)[\s=,]+([^\s=,]+)[\s=,]+([0-9]{1,9})[\s=,]*", re.ASCII)
_QUOTA = re.compile(r"\s*([0-9]{1,9})\s*,\s*(\S+)\s*", re.ASCII)


def named(text: str, what: str) -> tuple[str, list[str]]:
    """Return an entry's name, and its other values.

    Raises:
        WrongLineError: one of these is missing.
    """
    name, *rest = [*values(text)] or [""]
    if not name or not rest:
        raise WrongLineError(f"expected a name and {what}, for example: {_EXAMPLES[what]}")
    return name, rest


_EXAMPLES = {
    "hosts": "ct1 = (CT1, ct1.example.org, 104)",
    "symbols of hosts": '"Acme CT Company" = ct1, ct2',
}


def host(value: str) -> Host | None:
    """Read ``AET, host, port``; None if the value has no comma, and so is a symbol.

    Raises:
        WrongLineError: it has one, and is no host.
    """
    if "," not in value:
        return None
    match = _TRIPLE.fullmatch(value)
    if match is None:
        raise WrongLineError(
            f"({value.rstrip()}): expected (AE title, host, port), the title right behind the bracket and "
            "without a blank in it; dcmqrscp would read something else"
        )
    try:
        return Host(match[1], match[2], int(match[3]))
    except ValueError as error:
        raise WrongLineError(f"({value.rstrip()}): {error}") from error


def known(symbol: str, hosts: Mapping[str, object]) -> str:
    """Return a symbol that is defined.

    Raises:
        WrongLineError: it is not, or not yet.
    """
    if symbol not in hosts:
        raise WrongLineError(
            f"no host {shown(symbol)} above this line{did_you_mean(symbol, hosts)}; "
            "define it in the HostTable, or write (AE title, host, port)"
        )
    return symbol


def peers(listed: Sequence[str], hosts: Mapping[str, object]) -> tuple[str, ...]:
    """Return who may connect: ``ANY`` alone, or what `symbols` returns.

    Raises:
        WrongLineError: as `symbols` does; or something follows ``ANY``.
    """
    if listed[0] != ANY:
        return symbols(listed, hosts)
    if len(listed) > 1:
        raise WrongLineError("nothing may follow ANY: dcmqrscp would not read it")
    return (ANY,)


def symbols(listed: Sequence[str], hosts: Mapping[str, object]) -> tuple[str, ...]:
    """Return symbols of hosts, and hosts as ``AET@host:port``.

    Raises:
        WrongLineError: a symbol is not defined, or a host is none.
    """
    read = ((value, host(value)) for value in listed)
    return tuple(known(value, hosts) if one is None else str(one) for value, one in read)


def access(value: str) -> Access:
    """Read what peers may do.

    Raises:
        WrongLineError: it is not R, RW, WR or W; dcmqrscp takes that for R.
    """
    if value not in _ACCESS:
        raise WrongLineError(f"access {shown(value)}: expected R, RW or W")
    return _ACCESS[value]


def quota(value: str) -> tuple[int, int]:
    """Read ``maxStudies, maxBytesPerStudy``.

    Raises:
        WrongLineError: it is not that, or nothing could be stored.
    """
    match = _QUOTA.fullmatch(value)
    try:
        studies, size = (0, 0) if match is None else (int(match[1]), parse_size(match[2]))
    except ValueError as error:
        raise WrongLineError(f"quota ({value}): {error}") from error
    if not studies or not size:
        raise WrongLineError(f"quota {shown(value)}: expected (studies, size), for example (200, 1024mb)")
    return studies, size
