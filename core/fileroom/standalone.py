"""Processors without an archive: on bytes, files and datasets."""

from __future__ import annotations

from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from fileroom._dispatch import Dispatch
from fileroom._plugins.processors import products_of
from fileroom.config import load_config
from fileroom.datasets import one_candidate

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Mapping

    from pydicom import Dataset

    from fileroom.config import Config
    from fileroom.processing import Processor, Product


@contextmanager
def processor(name: str, **options: Any) -> Iterator[Processor]:  # noqa: ANN401 - the processor's own
    """Yield a processor, to be run on many objects.

    Args:
        name: its name, for example ``"thumbnail"``.
        **options: its own. A document is one that comes with a plugin, or a file.

    Raises:
        PluginNotFoundError: no such processor is installed.
        ConfigError: an option is wrong.
        PluginError: it cannot be used.
    """
    with closing(Dispatch.open(plain_config())) as plugins, plugins.making.using(name, options) as opened:
        yield opened.processor


def plain_config(**tables: Mapping[str, object]) -> Config:
    """Return the configuration of no archive: these tables, what the environment says, and defaults."""
    return load_config(None, **{"index": {"backend": "sqlite"}, **tables})


def process(
    source: bytes | str | os.PathLike[str] | BinaryIO | Dataset,
    name: str,
    **options: Any,  # noqa: ANN401 - the processor's own
) -> list[Product]:
    """Run a processor on one object; see `fileroom.process`."""
    with (
        processor(name, **options) as opened,
        one_candidate(cast("Any", source), "") as candidate,
        candidate.open() as file,
    ):
        return list(products_of(opened.process(file)))
