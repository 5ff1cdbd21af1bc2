"""An area of a ``dcmqrscp.cfg`` as a TOML file for Fileroom."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from fileroom.retention import format_size

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from fileroom._dcmqrscp.reader import Note
    from fileroom.network import Host, NetworkOptions
    from fileroom.retention import QuotaOptions

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def archive_toml(
    folder: Path, quarantine: str, quota: QuotaOptions, network: NetworkOptions, notes: Iterable[Note]
) -> str:
    """Return the text of a configuration file.

    Args:
        folder: the storage area.
        quarantine: the folder for damaged objects, relative to the file.
        quota: what the area may hold.
        network: the area's AE title and peers.
        notes: what to mention.
    """
    lines = [
        "# Made of a dcmqrscp.cfg. DCMTK's programs may go on using the storage area.",
        *(f"# Line {note.line} there: {note.text}" for note in notes),
        "",
        "[index]",
        'backend = "linear"',
        f"path = {_text(str(folder))}",
        "",
        "[storage]",
        'backend = "filesystem"',
        f"root = {_text(str(folder))}",
        "",
        "[quota]",
        f"max_studies = {quota.max_studies}",
        f"max_bytes = {_text(format_size(quota.study_bytes or 0))}",
        "",
        "[network]",
        f"ae_title = {_text(network.ae_title)}",
        f"port = {network.port}",
        f"max_pdu = {network.max_pdu}",
        f"max_associations = {network.max_associations}",
        f"access = {_text(network.access)}",
        f"peers = {_list(network.peers)}",
        "",
        "[network.hosts]",
        *_hosts(network.hosts),
        "",
        "[network.vendors]",
        *(f"{_key(name)} = {_list(symbols)}" for name, symbols in network.vendors.items()),
        "",
        "[quarantine]",
        f"path = {_text(quarantine)}",
    ]
    return "\n".join(lines) + "\n"


def _hosts(hosts: Mapping[str, tuple[Host, ...]]) -> Iterable[str]:
    for symbol, several in hosts.items():
        tables = [
            f"{{ ae_title = {_text(one.ae_title)}, host = {_text(one.host)}, port = {one.port} }}"
            for one in several
        ]
        yield f"{_key(symbol)} = {tables[0] if len(tables) == 1 else '[' + ', '.join(tables) + ']'}"


def _text(text: str) -> str:
    # JSON's escapes are TOML's, but for DEL, which TOML wants escaped.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _key(name: str) -> str:
    return name if _BARE_KEY.fullmatch(name) else _text(name)


def _list(texts: Iterable[str]) -> str:
    return f"[{', '.join(map(_text, texts))}]"
