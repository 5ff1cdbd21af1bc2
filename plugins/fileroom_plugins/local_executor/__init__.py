"""Tasks in processes of this machine: the executor ``local``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fileroom.plugin import ExecutorPlugin, hookimpl

if TYPE_CHECKING:
    from fileroom.plugin import Executor


@dataclass(frozen=True, slots=True)
class Options:
    """The keys of ``[plugins.local]``.

    Attributes:
        jobs: processes; 0 is one for each processor.
        timeout: seconds that a task may take; then its process is ended. 0 is no limit.

    Raises:
        ValueError: one of them is less than 0.
    """

    jobs: int = 0
    timeout: float = 0.0

    def __post_init__(self) -> None:
        """Refuse less than none."""
        if self.jobs < 0:
            raise ValueError("jobs: expected a number of processes, or 0 for one for each processor")
        if self.timeout < 0:
            raise ValueError("timeout: expected a number of seconds, or 0 for no limit")


def _open(options: Options) -> Executor:
    from fileroom_plugins.local_executor.executor import LocalExecutor  # noqa: PLC0415 - when needed

    return LocalExecutor(options.jobs, options.timeout)


@hookimpl
def fileroom_executor() -> ExecutorPlugin:
    """Offer the executor."""
    return ExecutorPlugin("local", Options, _open, "Processes of this machine")
