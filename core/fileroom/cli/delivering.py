"""New objects to where they go: files, the archive that the originals are in, or another one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from fileroom.attachments import put_attachment
from fileroom.cli.command import Settings
from fileroom.cli.deidentify_report import Done
from fileroom.cli.failures import UsageProblem, say
from fileroom.cli.keeping import keep_products
from fileroom.cli.making import results
from fileroom.cli.text import counted
from fileroom.cli.writing import Writer, sop_instance_uid
from fileroom.errors import InvalidDatasetError, NotDicomError, RejectedError

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from fileroom._executing.products import Result
    from fileroom.archive import Archive
    from fileroom.cli.interruption import Interruption
    from fileroom.cli.items import Chosen
    from fileroom.config import Backend
    from fileroom.processing import Product
    from fileroom.reports import Processed

_REPORT = "deidentification"


def written(
    objects: Chosen, processor: str, options: Mapping[str, object], target: Path, stop: threading.Event
) -> Iterator[Done]:
    """Write new objects to files, as `fileroom.cli.writing.Writer` does; yield what became of each.

    Raises:
        CommandError: a file cannot be written.
        FileroomError: as for `fileroom.cli.making.results`.
    """
    writer = Writer(target, objects)
    for result in results(objects, processor, options, stop=stop, doing="de-identifying"):
        if result.error is not None:
            yield Done(result.item.name, reason=result.reason)
            continue
        new, report = _parted(result.products)
        try:
            files = writer.write(result.item, (new,))
            yield Done(result.item.name, sop_instance_uid(new.data), str(files[0]), report)
        except InvalidDatasetError as error:  # it lacks what names it
            yield Done(result.item.name, reason=str(error))


def stored(
    objects: Chosen, processor: str, options: Mapping[str, object], target: str, stop: threading.Event
) -> Iterator[Done]:
    """Store new objects in another archive, each with its report; yield what became of each.

    Raises:
        UsageProblem: there is no such archive, or it is the one that the originals are in.
        FileroomError: that archive cannot be opened, or fails.
    """
    with Settings(given=target).open() as archive:
        if objects.archive is not None and _place(objects.archive) == _place(archive):
            raise UsageProblem("--to names the archive of the originals: --keep is for that")
        for result in results(objects, processor, options, stop=stop, doing="de-identifying"):
            yield _stored(archive, result)


def kept(
    objects: Chosen, processor: str, options: Mapping[str, object], interruption: Interruption
) -> Iterator[Done]:
    """Keep new objects in the archive of the originals; yield what became of each.

    What de-identification made before is passed over.

    Raises:
        UsageProblem: there are files among the objects.
        FileroomError: the archive or the processor failed.
    """
    archive = objects.archive
    if archive is None or objects.paths:
        raise UsageProblem("--keep is for what is in the archive: import the files, or write to -o")
    report = keep_products(
        archive,
        [item.name for item in objects.items(each=True)],
        processor,
        options,
        apart=objects.apart,
        interruption=interruption,
        doing="de-identifying",
    )
    if report.skipped:
        say(f"passed over {counted(report.skipped, 'instance')} made by de-identification")
    for one in report:
        yield Done(one.id, reason=one.reason) if one.reason else _kept(archive, one)


def _place(archive: Archive) -> tuple[Path, Backend]:
    return archive.config.base, archive.config.index


def _stored(archive: Archive, result: Result) -> Done:
    if result.error is not None:
        return Done(result.item.name, reason=result.reason)
    new, report = _parted(result.products)
    try:
        outcome = archive.store(new.data).check()
    except (RejectedError, NotDicomError) as error:
        return Done(result.item.name, reason=str(error))
    assert outcome.id is not None
    number = archive.content_types.resolve(_REPORT).number
    put_attachment(archive, outcome.id, number, json.dumps(report).encode())
    return Done(result.item.name, sop_instance_uid(new.data), outcome.id, report)


def _kept(archive: Archive, one: Processed) -> Done:
    made = archive.get(one.made[0])
    report = json.loads(archive.get(one.id).attachments[_REPORT].read())
    return Done(one.id, made.uid, made.id, report)


def _parted(products: Sequence[Product]) -> tuple[Product, dict[str, Any]]:
    """Return the new object and the report."""
    new = next(product for product in products if product.is_new_object)
    report = next((product.data for product in products if product.content_type == _REPORT), b"{}")
    return new, json.loads(report)
