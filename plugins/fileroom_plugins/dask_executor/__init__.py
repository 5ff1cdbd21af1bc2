"""Tasks on the workers of a Dask cluster: the executor ``dask``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fileroom.plugin import ExecutorPlugin, MissingDependencyError, hookimpl

if TYPE_CHECKING:
    from fileroom.plugin import Executor


@dataclass(frozen=True, slots=True)
class Options:
    """The keys of ``[plugins.dask]``.

    Attributes:
        scheduler: the address of the scheduler, for example ``tcp://dask.example.org:8786``.
        timeout: seconds to wait for the scheduler, and for workers where there are none.

    Raises:
        ValueError: the scheduler is empty, or the timeout is not more than 0.
    """

    scheduler: str
    timeout: float = 30.0

    def __post_init__(self) -> None:
        """Refuse what nobody could be reached by."""
        if not self.scheduler.strip():
            raise ValueError("scheduler: expected an address such as tcp://dask.example.org:8786")
        if not 0 < self.timeout < float("inf"):
            raise ValueError("timeout: expected a number of seconds above 0")


def _open(options: Options) -> Executor:
    try:
        from fileroom_plugins.dask_executor.executor import DaskExecutor  # noqa: PLC0415 - it takes a second
    except ImportError as error:
        message = f"executor 'dask' needs {error.name or 'a package'}: pip install 'fileroom[dask]'"
        raise MissingDependencyError(message, "dask", "fileroom") from error
    return DaskExecutor(options.scheduler, options.timeout)


@hookimpl
def fileroom_executor() -> ExecutorPlugin:
    """Offer the executor."""
    return ExecutorPlugin("dask", Options, _open, "Workers of a Dask cluster")
