from __future__ import annotations

from collections.abc import Iterator

import pytest

from fileroom.plugin import Executor
from fileroom.testing.executor import ExecutorContract
from fileroom_plugins.local_executor.executor import LocalExecutor


class TestLocalExecutor(ExecutorContract):
    @pytest.fixture
    def executor(self) -> Iterator[Executor]:
        executor = LocalExecutor(2)
        yield executor
        executor.close()
