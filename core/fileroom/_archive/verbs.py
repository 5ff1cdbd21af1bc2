"""The part of `fileroom.Archive` that runs processors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, cast, overload

from fileroom._archive.keeping import keep as keep_products
from fileroom._archive.making import make
from fileroom._archive.processing import Processing

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterable, Mapping

    from fileroom.archive import Archive
    from fileroom.attachments import Attachment
    from fileroom.executing import Executor
    from fileroom.processing import Product
    from fileroom.reports import Processed, ProcessReport
    from fileroom.resources import Resource


class Processes:
    """Runs processors on resources."""

    @overload
    def process(
        self, id_: str, processor: str, *, keep: Literal[True] = True, **options: object
    ) -> list[Attachment]: ...
    @overload
    def process(
        self, id_: str, processor: str, *, keep: Literal[False], **options: object
    ) -> list[Product]: ...
    @overload
    def process(
        self, id_: str, processor: str, *, keep: bool = True, **options: object
    ) -> list[Attachment] | list[Product]: ...

    def process(
        self,
        id_: str,
        processor: str,
        *,
        keep: bool = True,
        **options: object,
    ) -> list[Attachment] | list[Product]:
        """Run a processor on a resource; see `fileroom.resources.Resource.process`."""
        archive = cast("Archive", self)
        with archive.plugins.making.using(processor, options) as opened:
            if not keep:
                return [product for made in make(archive, id_, opened) for product in made.products]
            kept = [keep_products(archive, [made], opened.name) for made in make(archive, id_, opened)]
            return [attachment for ((*some,),) in kept for attachment in some]

    def process_many(
        self,
        resources: Iterable[Resource | str],
        processor: str,
        *,
        options: Mapping[str, object] | None = None,
        executor: Executor | str | None = None,
        missing: str | int | None = None,
        on_done: Callable[[Processed], object] | None = None,
        stop: threading.Event | None = None,
    ) -> ProcessReport:
        """Run a processor on many resources; one that cannot be processed does not stop the others.

        An instance that the processor had a part in making, as a copy without the patient's identity, is
        skipped.

        Args:
            resources: handles or public ids, of any level, for example what `find` returned. A processor that
                takes each instance is run on each beneath them.
            processor: its name.
            options: lie over those of the configuration.
            executor: an executor or its name: its workers process; see `ingest`.
            missing: a content type; what has such an attachment is skipped, so an interrupted run goes on.
            on_done: called with what became of each resource, as it is done.
            stop: when set, what is under way is finished and the report is returned.

        Raises:
            ProcessStoppedError: the storage, the index, the processor or the executor failed; it holds the
                report so far.
            ConfigError: an option is wrong.
            NotFoundError: ``missing`` is no content type's name.
        """
        archive = cast("Archive", self)
        work = Processing(
            archive, processor, options=options or {}, missing=missing, on_done=on_done, stop=stop
        )
        return work.run(resources, executor)
