"""Running a processor on stored instances, for commands that keep what it makes in the archive."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from fileroom.cli.counting import counting
from fileroom.cli.executing import LOCAL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fileroom.archive import Archive
    from fileroom.cli.interruption import Interruption
    from fileroom.reports import ProcessReport


def keep_products(
    archive: Archive,
    ids: Sequence[str],
    processor: str,
    options: Mapping[str, object],
    *,
    apart: bool,
    interruption: Interruption,
    doing: str,
) -> ProcessReport:
    """Process instances and keep the products, with a bar, until all are done or somebody interrupts.

    Args:
        archive: where they are.
        ids: the instances.
        processor: the processor's name.
        options: its own, over those of the configuration.
        apart: whether other processes do the work, and not this one.
        interruption: ends it, once what is under way is finished.
        doing: what the bar says.

    Raises:
        ProcessStoppedError: the archive or the processor failed.
    """
    with counting(doing, len(ids)) as step:
        work = functools.partial(
            archive.process_many,
            ids,
            processor,
            options=options,
            executor=LOCAL if apart else None,
            on_done=lambda _: step(),
            stop=interruption.stop,
        )
        return interruption.run(work)
