"""Network settings: who this archive is, and which peers it knows, in the words of DICOM (PS3.8, PS3.15).

An *AE title* names a DICOM application; a *symbol* is this configuration's own name for one or several peers;
a *vendor* gathers symbols under one name, as ``dcmqrscp.cfg`` does.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from fileroom._hints import did_you_mean
from fileroom.errors import NotFoundError

__all__ = ["ANY", "Access", "Host", "NetworkOptions"]

ANY = "ANY"
"""The peer that stands for everybody."""

_AE_TITLE = re.compile(r"(?! )[ -\[\]-~]{1,16}(?<! )")
_HOST = re.compile(r"[^\s@\[\]]+")
_ADDRESS = re.compile(r"(?P<ae_title>.+)@(?:\[(?P<v6>[^\[\]]+)\]|(?P<name>[^:@]+)):(?P<port>[0-9]{1,5})")
_PORTS = range(1, 65536)
_PDU_SIZES = range(4096, 131073)


class Access(enum.StrEnum):
    """What peers may do: read (search and retrieve), write (store), or both."""

    READ_WRITE = "RW"
    READ = "R"
    WRITE = "W"


@dataclass(frozen=True, slots=True)
class Host:
    """Where a DICOM application listens.

    Attributes:
        ae_title: 1 to 16 printable ASCII characters without a backslash, and without a space at either end
            (AE in PS3.5 section 6.2). Case matters.
        host: a host's name, or its IPv4 or IPv6 address.
        port: the TCP port, 1 to 65535.
    """

    ae_title: str
    host: str
    port: int

    def __post_init__(self) -> None:
        _check_ae_title(self.ae_title)
        if not _HOST.fullmatch(self.host):
            raise ValueError("host must be a name or an address, without spaces, @ and brackets")
        if self.port not in _PORTS:
            raise ValueError("port must be 1 to 65535")

    @classmethod
    def parse(cls, text: str) -> Host | None:
        """Read ``AET@host:port``, an IPv6 address in brackets; None if the text is not of that form.

        Raises:
            ValueError: it is of that form, and the title or the port is none.
        """
        match = _ADDRESS.fullmatch(text)
        if match is None:
            return None
        return cls(match["ae_title"], match["v6"] or match["name"], int(match["port"]))

    def __str__(self) -> str:
        """Write it as ``AET@host:port``."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.ae_title}@{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class NetworkOptions:
    """What ``[network]`` says. It opens no socket: services and the shell's ``send`` and ``echo`` read it.

    Attributes:
        ae_title: this archive's AE title; see `Host`.
        port: the TCP port to listen on; 0 takes a free one.
        max_pdu: the longest PDU to accept, in bytes, 4096 to 131072; 0 for any (PS3.8 annex D.1).
        max_associations: associations at a time, at least 1.
        sender: the plugin that sends to peers, by its entry point's name.
        access: what peers may do.
        peers: who may connect: ``"ANY"``, symbols, names of vendors, or ``AET@host:port``.
        hosts: symbol to peers; in TOML a table or a list of tables.
        vendors: a vendor's name to the symbols of its hosts, or ``AET@host:port``.
    """

    ae_title: str = "FILEROOM"
    port: int = 104
    max_pdu: int = 16384
    max_associations: int = 16
    sender: str = "dimse"
    access: Access = Access.READ_WRITE
    peers: tuple[str, ...] = (ANY,)
    hosts: Mapping[str, tuple[Host, ...]] = field(default_factory=dict)
    vendors: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _check_ae_title(self.ae_title)
        if self.port not in (0, *_PORTS):
            raise ValueError("port must be 1 to 65535, or 0 for a free one")
        if self.max_pdu and self.max_pdu not in _PDU_SIZES:
            raise ValueError("max_pdu must be 4096 to 131072, or 0 for any")
        if self.max_associations < 1:
            raise ValueError("max_associations must be at least 1")
        self._check_names()

    def _check_names(self) -> None:
        for symbol, hosts in self.hosts.items():
            if not hosts:
                raise ValueError(f"hosts: {symbol!r} stands for no host")
        for vendor, symbols in self.vendors.items():
            for symbol in symbols:
                if not self._addressed(symbol):
                    hint = did_you_mean(symbol, self.hosts)
                    raise ValueError(
                        f"vendors: {vendor!r} names the host {symbol!r}, which is not there{hint}"
                    )
        for peer in self.peers:
            if peer != ANY and not self._named(peer):
                raise ValueError(f"peers: {self._unknown(peer)}")

    def resolve(self, name: str) -> tuple[Host, ...]:
        """Return the hosts that a name stands for.

        Args:
            name: a symbol, else a vendor's name, else the AE title of hosts, else ``AET@host:port``.

        Raises:
            NotFoundError: it is none of these.
        """
        titled = (one for hosts in self.hosts.values() for one in hosts if one.ae_title == name)
        try:
            found = self._named(name) or tuple(dict.fromkeys(titled))
        except ValueError as error:
            raise NotFoundError(f"{name!r} is no AET@host:port: {error}") from error
        if not found:
            raise NotFoundError(self._unknown(name))
        return found

    def _named(self, name: str) -> tuple[Host, ...]:
        if name not in self.vendors or name in self.hosts:
            return self._addressed(name)
        gathered = (one for symbol in self.vendors[name] for one in self._addressed(symbol))
        return tuple(dict.fromkeys(gathered))

    def _addressed(self, name: str) -> tuple[Host, ...]:
        if name in self.hosts:
            return self.hosts[name]
        if any(one.ae_title == name for hosts in self.hosts.values() for one in hosts):
            return ()  # an AE title may look like AET@host:port
        address = Host.parse(name)
        return () if address is None else (address,)

    def _unknown(self, name: str) -> str:
        known = [*self.hosts, *self.vendors]
        return f"no host or vendor {name!r} in [network]{did_you_mean(name, known)}, or write AET@host:port"


def _check_ae_title(title: str) -> None:
    if not _AE_TITLE.fullmatch(title):
        raise ValueError(
            "ae_title must be 1 to 16 printable ASCII characters, without a backslash and without a space at "
            "either end"
        )
