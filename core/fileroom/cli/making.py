"""Running a processor on objects, for commands that keep nothing: progress, processes, files."""

from __future__ import annotations

import functools
import itertools
import uuid
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING

from fileroom._dispatch import Dispatch
from fileroom._executing.archives import Opening
from fileroom._executing.products import Item, Result, make_products, results_of
from fileroom._executing.spreading import spread
from fileroom.cli.counting import counting
from fileroom.cli.executing import LOCAL
from fileroom.errors import NotFoundError, TaskLostError
from fileroom.plugin import Takes

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Generator, Iterable, Iterator, Mapping

    from fileroom.cli.items import Chosen

_TOGETHER = 64
"""Objects that are looked up together in this process."""


def results(
    chosen: Chosen,
    processor: str,
    options: Mapping[str, object],
    *,
    stop: threading.Event,
    doing: str = "processing",
    skip: Callable[[Item], bool] | None = None,
) -> Iterator[Result]:
    """Yield what a processor makes of each object, as it is done, with a bar for who waits at a terminal.

    Args:
        chosen: the objects.
        processor: the processor's name.
        options: its own, over those of the configuration.
        stop: when set, what is under way is finished.
        doing: what the bar says.
        skip: says which objects are left out.

    Raises:
        PluginError, ConfigError: the processor cannot be had, or not with these options.
        NotSupportedError: several processes would each make something else at random.
        FileroomError: the archive failed.
    """
    with ExitStack() as stack:
        if chosen.archive is None:
            plugins = stack.enter_context(closing(Dispatch.open(chosen.config)))
        else:
            plugins = chosen.archive.plugins
        # A wrong option is one error, and not one for each object.
        opened = stack.enter_context(plugins.making.using(processor, options))
        each = opened.takes is Takes.EACH
        step = stack.enter_context(counting(doing, chosen.count(each=each)))
        all_items = chosen.items(each=each)
        wanted = all_items if skip is None else _wanted(all_items, skip, step)
        items = itertools.takewhile(lambda _: not stop.is_set(), wanted)
        size = chosen.batch if chosen.apart else _TOGETHER
        batches = iter(lambda: tuple(itertools.islice(items, size)), ())
        if not chosen.apart:
            one_by_one = (results_of(some, opened, chosen.archive) for some in batches)
            made: Iterable[Result] = itertools.chain.from_iterable(one_by_one)
        else:
            opened.require_consistent()
            made = stack.enter_context(closing(_spread(plugins, chosen, processor, options, batches)))
        for name, why in chosen.unknown:
            yield Result(Item(name), error=NotFoundError(why))
        for result in made:
            step()
            yield result
            if stop.is_set() and not chosen.apart:
                return


def _wanted(
    items: Iterable[Item], skip: Callable[[Item], bool], step: Callable[[], object]
) -> Iterator[Item]:
    for item in items:
        if skip(item):
            step()
        else:
            yield item


def _spread(
    plugins: Dispatch,
    chosen: Chosen,
    processor: str,
    options: Mapping[str, object],
    batches: Iterator[tuple[Item, ...]],
) -> Generator[Result]:
    config = chosen.config
    opening = None if chosen.archive is None else Opening(config, uuid.uuid4().hex)
    task = functools.partial(
        make_products, opening=opening, config=config, processor=processor, options=dict(options)
    )
    executor = plugins.executor(LOCAL)
    with closing(spread(executor, task, batches)) as answers:
        for answer in answers:
            if isinstance(answer.error, TaskLostError):
                yield from (Result(item, error=answer.error) for item in answer.item)
            elif answer.error is not None:
                raise answer.error
            else:
                yield from answer.value or ()
