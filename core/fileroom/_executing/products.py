"""What a processor makes of one object, wherever that is done: the tasks of commands that keep nothing."""

from __future__ import annotations

import logging
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fileroom._dispatch import Dispatch
from fileroom._executing.archives import opened as opened_archive
from fileroom._files import open_regular
from fileroom.errors import FileroomError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from fileroom._executing.archives import Opening
    from fileroom._plugins.processors import Opened
    from fileroom.archive import Archive
    from fileroom.config import Config
    from fileroom.index import Details
    from fileroom.processing import Product

_log = logging.getLogger("fileroom.processing")


@dataclass(frozen=True, slots=True)
class Item:
    """One object that is to be processed.

    Attributes:
        name: a file's path, or a public id.
        id: the public id of a resource; None for a file that is in no archive.
    """

    name: str
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What a processor made of one object.

    Attributes:
        item: the object.
        products: what was made.
        error: why nothing could be made of it.
    """

    item: Item
    products: tuple[Product, ...] = ()
    error: FileroomError | None = None

    @property
    def reason(self) -> str:
        """Why nothing could be made of it; empty if it could."""
        return str(self.error or "")


def results_of(items: Sequence[Item], opened: Opened, archive: Archive | None) -> Iterator[Result]:
    """Yield what a processor makes of each object; what it raises for one is in its result.

    Args:
        items: so many that they may be looked at together.
        opened: the processor.
        archive: the archive that those with a public id are in.
    """
    ids = [one.id for one in items if one.id is not None]
    seen = _seen(archive, ids) if archive is not None and ids else {}
    for item in items:
        yield _result_of(item, opened, archive, seen)


def _seen(archive: Archive, ids: list[str]) -> Mapping[str, Details]:
    from fileroom._archive.making import look  # noqa: PLC0415 - which imports archives, and these this

    try:
        return look(archive, ids)
    except FileroomError:
        return {}  # each will be told by itself


def _result_of(item: Item, opened: Opened, archive: Archive | None, seen: Mapping[str, Details]) -> Result:
    try:
        return Result(item, tuple(_products(item, opened, archive, seen)))
    except FileroomError as error:
        return Result(item, error=error)
    except OSError as error:
        what = f"cannot be read: {error.strerror or type(error).__name__}"
        return Result(item, error=FileroomError(what))
    except Exception as error:  # noqa: BLE001 - a processor's own, which is not to stop the others
        _log.debug("the processor failed", exc_info=error)
        # The type only: its text may tell of a patient.
        return Result(item, error=FileroomError(f"the processor failed: {type(error).__name__}"))


def _products(
    item: Item, opened: Opened, archive: Archive | None, seen: Mapping[str, Details]
) -> Iterator[Product]:
    from fileroom._archive.making import make  # noqa: PLC0415 - which imports archives, and these this

    if item.id is not None and archive is not None:
        for made in make(archive, item.id, opened, seen.get(item.id)):
            yield from made.products
        return
    with open_regular(item.name) as file:
        yield from opened.process(file)


def make_products(
    items: tuple[Item, ...],
    *,
    opening: Opening | None,
    config: Config,
    processor: str,
    options: Mapping[str, object],
) -> list[Result]:
    """Process objects where a worker has been sent them.

    Args:
        items: the objects.
        opening: how the archive is opened that they are in; None if they are files.
        config: where the options of plugins stand.
        processor: the processor's name.
        options: lie over those of the configuration.

    Raises:
        FileroomError: the archive or the processor cannot be opened here.
    """
    if opening is None:
        with (
            closing(Dispatch.open(config)) as plugins,
            plugins.making.using(processor, options) as opened,
        ):
            return [_portable(one) for one in results_of(items, opened, None)]
    with opened_archive(opening) as archive, archive.plugins.making.using(processor, options) as opened:
        return [_portable(one) for one in results_of(items, opened, archive)]


def _portable(result: Result) -> Result:
    return result if result.error is None else Result(result.item, error=FileroomError(result.reason))
