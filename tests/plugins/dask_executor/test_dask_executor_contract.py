from __future__ import annotations

from collections.abc import Iterator

import pytest

from fileroom.plugin import Executor
from fileroom.testing.executor import ExecutorContract
from fileroom_plugins.dask_executor.executor import DaskExecutor


class TestDaskExecutor(ExecutorContract):
    @pytest.fixture
    def executor(self, scheduler: str) -> Iterator[Executor]:
        executor = DaskExecutor(scheduler, 30)
        yield executor
        executor.close()
