"""The instances of resources, as items to export and to send."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from fileroom._reading_ahead import read_ahead
from fileroom.content_types import DICOM
from fileroom.errors import ConfigError, InvalidValueError, NotFoundError
from fileroom.export import ExportItem, export_folder, export_zip
from fileroom.model import Level
from fileroom.naming import NameTemplate
from fileroom.opening import open_attachment
from fileroom.resources import Resource
from fileroom.sending import SendItem

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Iterator

    from fileroom.archive import Archive
    from fileroom.export import ExportReport
    from fileroom.model import AttachmentRecord
    from fileroom.network import Host, NetworkOptions
    from fileroom.sending import SendReport, SendStatus

_PAGE = 200


def export_resources(
    archive: Archive,
    resources: Iterable[Resource | str],
    to: str | os.PathLike[str] | BinaryIO,
    *,
    template: str,
    as_zip: bool,
) -> ExportReport:
    """Write the DICOM files of resources; see `fileroom.Archive.export`.

    Raises:
        ConfigError: the template is malformed, or names what the index does not keep.
    """
    known = {spec.keyword for specs in archive.tags.levels.values() for spec in specs}
    for keyword in NameTemplate(template).fields:
        if keyword not in known:
            raise ConfigError(f"the template names {keyword}, which the index does not keep")
    items: Iterator[ExportItem] = (_export_item(archive, *one) for one in _files(archive, resources))
    if not archive.storage.capabilities.local_path:
        items = read_ahead(items)
    if not as_zip:
        return export_folder(items, Path(cast("str", to)).expanduser(), template)
    if hasattr(to, "write"):
        return export_zip(items, cast("BinaryIO", to), template)
    return export_zip(items, Path(cast("str", to)).expanduser(), template)


def send_resources(
    archive: Archive,
    resources: Iterable[Resource | str],
    peer: str | Host,
    on_status: Callable[[SendStatus], object] | None,
) -> SendReport:
    """Send the DICOM files of resources; see `fileroom.Archive.send`."""
    host = host_of(archive, peer)
    items = send_items(archive, resources)
    return archive.plugins.sender().send(host, items, on_status or (lambda _: None))


def send_items(archive: Archive, resources: Iterable[Resource | str]) -> Iterator[SendItem]:
    """Return the DICOM files of resources in the order in which they are sent.

    Raises:
        NotFoundError: one of the resources is not there.
    """
    return (_send_item(archive, *one) for one in _files(archive, resources))


def host_of(archive: Archive, peer: str | Host) -> Host:
    """Return the one host that is meant; raises as `one_host` does."""
    return one_host(archive.config.network, peer) if isinstance(peer, str) else peer


def one_host(network: NetworkOptions, peer: str) -> Host:
    """Return the one host that a name stands for.

    Raises:
        NotFoundError: it stands for none.
        InvalidValueError: it stands for several.
    """
    hosts = network.resolve(peer)
    if len(hosts) > 1:
        listed = ", ".join(map(str, hosts))
        raise InvalidValueError(f"{peer!r} stands for {len(hosts)} hosts, and one is needed: {listed}")
    return hosts[0]


def _files(
    archive: Archive, resources: Iterable[Resource | str]
) -> Iterator[tuple[Resource, AttachmentRecord | None]]:
    """Return every instance once, though it may be asked for at several levels, with its DICOM file.

    None stands for that of an instance that was deleted meanwhile.

    Raises:
        NotFoundError: one of the resources is not there.
    """
    return _below(archive, [one if isinstance(one, Resource) else archive.get(one) for one in resources])


def _below(
    archive: Archive, resources: Iterable[Resource]
) -> Iterator[tuple[Resource, AttachmentRecord | None]]:
    seen: set[str] = set()
    for resource in resources:
        below = (
            [resource] if resource.level is Level.INSTANCE else archive.within(resource.id, Level.INSTANCE)
        )
        page: list[Resource] = []
        for instance in below:
            if instance.id in seen:
                continue
            seen.add(instance.id)
            page.append(instance)
            if len(page) == _PAGE:
                yield from _page(archive, page)
                page = []
        yield from _page(archive, page)


def _page(archive: Archive, instances: list[Resource]) -> Iterator[tuple[Resource, AttachmentRecord | None]]:
    details = archive.index.details([one.id for one in instances])
    for instance, detail in zip(instances, details, strict=True):
        attachments = detail.attachments if detail else ()
        yield instance, next((one for one in attachments if one.content_type == DICOM.number), None)


def _export_item(archive: Archive, instance: Resource, file: AttachmentRecord | None) -> ExportItem:
    if file is None:
        return ExportItem({}, _deleted, 0, "", id=instance.id)
    tags = {keyword: value for keyword, value in instance.tags.items() if isinstance(value, str)}
    opener = partial(open_attachment, archive, instance.id, file)
    return ExportItem(tags, opener, file.size, file.digest, id=instance.id)


def _send_item(archive: Archive, instance: Resource, file: AttachmentRecord | None) -> SendItem:
    if file is None:
        return SendItem(instance.id, 0, _deleted)
    opener = partial(open_attachment, archive, instance.id, file)
    sop_class_uid = str(instance.get("SOPClassUID"))
    return SendItem(instance.id, file.size, opener, sop_class_uid, instance.uid)


def _deleted() -> BinaryIO:
    raise NotFoundError("the instance was deleted meanwhile")
