from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.plugins.dask_executor.clusters import cluster


@pytest.fixture(scope="session")
def scheduler() -> Iterator[str]:
    """The address of a scheduler with two workers."""
    with cluster(2) as made:
        yield made.scheduler_address
