"""Clusters of this machine, with processes for workers."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import dask
from distributed import LocalCluster


@contextmanager
def cluster(workers: int) -> Iterator[LocalCluster]:
    """Start a cluster, which gives a request up after a second death."""
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 1}),
        LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            dashboard_address="127.0.0.1:0",  # its web server cannot be done without
            silence_logs=logging.CRITICAL,
        ) as made,
    ):
        yield made
