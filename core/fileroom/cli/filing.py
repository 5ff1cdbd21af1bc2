"""From objects to files of what a processor makes of them: the whole of a command with ``-o``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fileroom.cli import output, text
from fileroom.cli.failures import FAILED, INTERRUPTED, say
from fileroom.cli.interruption import Interruption
from fileroom.cli.items import chosen
from fileroom.cli.making import results
from fileroom.cli.resuming import Resuming
from fileroom.cli.writing import Writer
from fileroom.content_types import ContentTypes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from fileroom.cli.command import Settings
    from fileroom.cli.items import Chosen


def write_products(
    settings: Settings,
    words: Sequence[str],
    processor: str,
    options: Mapping[str, object],
    *,
    jobs: int,
    timeout: float = 0.0,
    target: Path,
    doing: str = "processing",
    missing: str | None = None,
) -> int:
    """Run a processor on objects, write what it makes to files, and tell of them; return the exit code.

    Args:
        settings: the common options.
        words: what was typed for the objects.
        processor: the processor's name.
        options: its own, over those of the configuration.
        jobs: processes that work.
        timeout: seconds that one object may take; 0 for as long as it needs.
        target: what ``-o`` names.
        doing: what the bar says.
        missing: a content type; objects with a file of it are skipped, where names tell that.
    """
    failed = 0
    written: list[dict[str, object]] = []
    with Interruption() as interruption, chosen(settings, words, jobs, timeout) as objects:
        writer = Writer(target, objects)
        resuming = None if missing is None else Resuming(writer, objects, _media_type(objects, missing))
        made = results(objects, processor, options, stop=interruption.stop, doing=doing, skip=resuming)
        for result in made:
            if result.error is not None:
                failed += 1
                say(f"{result.item.name}: {result.reason}")
                written.append({"object": result.item.name, "reason": result.reason})
                continue
            files = writer.write(result.item, result.products)
            if not any(one.is_new_object for one in result.products):  # whose names nobody knows before
                interruption.advice = "--missing goes on where it ended"
            written.append({"object": result.item.name, "files": [str(one) for one in files]})
            if not settings.json:
                output.say(*(f"{one} ({text.size(one.stat().st_size)})" for one in files))
        failed += objects.report_unreadable()
        if resuming is not None:
            resuming.report()
    if settings.json:
        output.print_json_list(written)
    if interruption.ended_it():
        return INTERRUPTED
    return FAILED if failed else 0


def _media_type(objects: Chosen, content_type: str) -> str:
    """Return the media type of a content type, by its name or number.

    Raises:
        NotFoundError: there is none of that name.
    """
    return ContentTypes(objects.config.content_types).resolve(content_type).media_type
