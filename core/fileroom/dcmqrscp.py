"""DCMTK's ``dcmqrscp.cfg``: what it says, and the same as configurations of Fileroom.

A file that dcmqrscp refuses is refused here, and one that it accepts means here what it means there, or is
refused: where dcmqrscp would guess, or drop something without a word, the error says what to write instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fileroom._dcmqrscp.reader import Area, Note, Reader
from fileroom._dcmqrscp.toml import archive_toml
from fileroom._files import open_regular
from fileroom.errors import ConfigError
from fileroom.naming import clean_component
from fileroom.network import Host, NetworkOptions
from fileroom.retention import QuotaOptions

if TYPE_CHECKING:
    import os

__all__ = ["Area", "DcmqrscpConfig", "Note", "parse_dcmqrscp", "read_dcmqrscp"]

_MAX_SIZE = 1 << 20  # bytes; nobody writes so many
_MAX_SHOWN = 20  # errors


@dataclass(frozen=True, slots=True)
class DcmqrscpConfig:
    """A whole ``dcmqrscp.cfg``.

    Attributes:
        port, max_pdu, max_associations: as in `fileroom.network.NetworkOptions`.
        hosts: symbol to hosts.
        vendors: a vendor's name to symbols of hosts, or hosts as ``AET@host:port``.
        areas: the entries of the AETable: each is an archive of its own.
        notes: what has no counterpart in Fileroom, or is not quite the same.
    """

    port: int
    max_pdu: int
    max_associations: int
    hosts: Mapping[str, tuple[Host, ...]]
    vendors: Mapping[str, tuple[str, ...]]
    areas: tuple[Area, ...]
    notes: tuple[Note, ...]

    def network(self, area: Area) -> NetworkOptions:
        """Return an area's network settings."""
        return NetworkOptions(
            ae_title=area.ae_title,
            port=self.port,
            max_pdu=self.max_pdu,
            max_associations=self.max_associations,
            access=area.access,
            peers=area.peers,
            hosts=self.hosts,
            vendors=self.vendors,
        )

    def name(self, area: Area) -> str:
        """Return a name for an area's files: its AE title, as every file system takes it, and unique."""
        names = [clean_component(one.ae_title).casefold() for one in self.areas]
        clean = clean_component(area.ae_title)
        first = self.areas[names.index(clean.casefold())]
        return clean if first == area else f"{clean}~{area.line}"

    def toml(self, area: Area, areas_from: Path) -> str:
        """Return an area's configuration as TOML: the linear index and the filesystem storage on its folder.

        Args:
            area: one of `areas`.
            areas_from: the folder that relative areas start from; for dcmqrscp, the one it was started in.
        """
        others = {one.line for one in self.areas if one != area}
        return archive_toml(
            folder=area.folder(areas_from),
            quarantine=f"{self.name(area)}.quarantine",
            quota=QuotaOptions(area.max_studies, area.max_bytes),
            network=self.network(area),
            notes=[note for note in self.notes if note.line not in others],
        )


def read_dcmqrscp(path: str | os.PathLike[str]) -> DcmqrscpConfig:
    """Read a configuration file of dcmqrscp and dcmqrti.

    Raises:
        ConfigError: it cannot be read; or as `parse_dcmqrscp` does.
    """
    name = Path(path).name
    try:
        with open_regular(path) as file:
            data = file.read(_MAX_SIZE + 1)
    except OSError as error:
        raise ConfigError(f"{name} cannot be read: {error.strerror or type(error).__name__}") from error
    if len(data) > _MAX_SIZE:
        raise ConfigError(f"{name} is no configuration of dcmqrscp: it is larger than {_MAX_SIZE} bytes")
    return parse_dcmqrscp(data, name)


def parse_dcmqrscp(data: bytes, name: str = "dcmqrscp.cfg") -> DcmqrscpConfig:
    """Read the bytes of a configuration file.

    Args:
        data: the whole file; what is no comment is in UTF-8.
        name: what errors call it.

    Raises:
        ConfigError: with the number of every line that is wrong (the first 20), and what is expected there.
    """
    reader = Reader()
    reader.read(data)
    if reader.wrong:
        raise ConfigError(_wrong(name, reader.wrong))
    numbers = reader.numbers
    return DcmqrscpConfig(
        port=numbers["NetworkTCPPort"],
        max_pdu=numbers["MaxPDUSize"],
        max_associations=numbers["MaxAssociations"],
        hosts=reader.hosts,
        vendors=reader.vendors,
        areas=tuple(reader.areas),
        notes=tuple(reader.notes),
    )


def _wrong(name: str, wrong: list[Note]) -> str:
    if len(wrong) == 1:
        return f"{name}, line {wrong[0].line}: {wrong[0].text}"
    listed = "".join(f"\n  line {one.line}: {one.text}" for one in wrong[:_MAX_SHOWN])
    more = f"\n  and {len(wrong) - _MAX_SHOWN} more" if len(wrong) > _MAX_SHOWN else ""
    return f"{name}: {len(wrong)} lines are wrong:{listed}{more}"
