"""The instances of resources, as items to export."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from fileroom.content_types import DICOM
from fileroom.errors import ConfigError, NotFoundError
from fileroom.export import ExportItem, export_folder, export_zip
from fileroom.model import Level
from fileroom.naming import NameTemplate
from fileroom.resources import Resource

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator

    from fileroom.archive import Archive
    from fileroom.export import ExportReport

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
    found = [one if isinstance(one, Resource) else archive.get(one) for one in resources]
    items = _items(archive, found)
    if not as_zip:
        return export_folder(items, Path(cast("str", to)).expanduser(), template)
    if hasattr(to, "write"):
        return export_zip(items, cast("BinaryIO", to), template)
    return export_zip(items, Path(cast("str", to)).expanduser(), template)


def _items(archive: Archive, resources: Iterable[Resource]) -> Iterator[ExportItem]:
    """Yield every instance once, though it may be asked for at several levels."""
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


def _deleted() -> BinaryIO:
    raise NotFoundError("the instance was deleted while it was exported")


def _page(archive: Archive, instances: list[Resource]) -> Iterator[ExportItem]:
    details = archive.index.details([one.id for one in instances])
    for instance, detail in zip(instances, details, strict=True):
        if detail is None:
            yield ExportItem({}, _deleted, 0, "", id=instance.id)
            continue
        record = next(one for one in detail.attachments if one.content_type == DICOM.number)
        tags = {keyword: value for keyword, value in instance.tags.items() if isinstance(value, str)}

        def opener(locator: str = record.locator) -> BinaryIO:
            return archive.storage.open(locator)

        yield ExportItem(tags, opener, record.size, record.digest, id=instance.id)
