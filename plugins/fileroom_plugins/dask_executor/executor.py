"""An executor on a Dask cluster that somebody else runs."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
import uuid
from concurrent.futures import Future
from functools import partial

import distributed
from distributed.comm.addressing import get_address_host_port
from distributed.scheduler import KilledWorker
from distributed.security import Security

from fileroom.plugin import ConfigError, Executor, ExecutorError, TaskLostError, perform

_KEY = "plugins.dask.scheduler"
_FRESH = 2.0  # seconds for which a count of workers holds


def _says_something(record: logging.LogRecord) -> bool:
    """Drop the traceback that Dask's client logs without a word when it is closed while it reconnects."""
    error = record.exc_info[0] if record.exc_info else None
    return bool(record.getMessage()) or error is None or not issubclass(error, asyncio.CancelledError)


logging.getLogger("distributed.client").addFilter(_says_something)


class DaskExecutor(Executor):
    """Gives requests to the workers of a Dask scheduler, however many there are at a time.

    Args:
        scheduler: its address.
        timeout: seconds to wait for it, and for a worker where there is none.

    Raises:
        ConfigError: that is no address.
        ExecutorError: it cannot be reached, or has no workers.
    """

    def __init__(self, scheduler: str, timeout: float) -> None:
        self._scheduler = scheduler
        self._timeout = timeout
        self._lock = threading.Lock()
        self._closed = False
        self._slots = 0
        self._counted = 0.0
        _check(scheduler)
        try:
            self._client = distributed.Client(
                scheduler, timeout=timeout, set_as_default=False, name="fileroom"
            )
        except (OSError, ImportError) as error:
            raise self._unreachable() from error
        try:
            self._client.wait_for_workers(1, timeout=timeout)
        except (OSError, TimeoutError) as error:
            self.close()
            raise self._deserted() from error

    def submit(self, request: bytes) -> Future[bytes]:
        """Send a request to the scheduler."""
        here: Future[bytes] = Future()
        try:
            there = self._client.submit(perform, request, key=f"fileroom-{uuid.uuid4()}", pure=False)
        except Exception as error:
            raise self._lost() from error
        here.add_done_callback(partial(_cancel, there))
        there.add_done_callback(partial(self._settle, here))
        return here

    def slots(self) -> int:
        """Return two for each thread of each worker, or wait for a worker if there is none."""
        with self._lock:
            if time.monotonic() - self._counted > _FRESH:
                self._slots = 2 * self._threads()
                self._counted = time.monotonic()
            return self._slots

    def close(self) -> None:
        """Leave the cluster; its workers stay."""
        self._closed = True
        self._client.close()

    def _threads(self) -> int:
        try:
            threads: int = sum(self._client.nthreads().values())
            if not threads:
                self._client.wait_for_workers(1, timeout=self._timeout)
                threads = sum(self._client.nthreads().values())
        except TimeoutError as error:
            raise self._deserted() from error
        except Exception as error:
            raise self._lost() from error
        return max(threads, 1)

    def _settle(self, here: Future[bytes], there: distributed.Future[bytes]) -> None:
        if not here.set_running_or_notify_cancel():
            return
        try:
            here.set_result(there.result())
        except KilledWorker as error:
            message = f"given up: {error.allowed_failures + 1} workers of {self._scheduler} died with it"
            here.set_exception(_caused(TaskLostError(message), error))
        except (ImportError, AttributeError) as error:
            message = (
                f"a worker of {self._scheduler} cannot run tasks: install the same Fileroom there as here"
            )
            here.set_exception(_caused(ExecutorError(message), error))
        except BaseException as error:  # noqa: BLE001 - cancelled, lost, or broken off: there is no answer
            here.set_exception(_caused(self._lost(), error))

    def _unreachable(self) -> ExecutorError:
        return ExecutorError(
            f"the Dask scheduler {self._scheduler} cannot be reached: is it running at that address?"
        )

    def _deserted(self) -> ExecutorError:
        return ExecutorError(
            f"the Dask scheduler {self._scheduler} has had no workers for {self._timeout:g} s: start some "
            f"with 'dask worker {self._scheduler}'"
        )

    def _lost(self) -> ExecutorError:
        if self._closed:
            return ExecutorError("the executor is closed: open the archive again")
        return ExecutorError(
            f"the connection to the Dask scheduler {self._scheduler} was lost: see its log, and start again"
        )


def _check(scheduler: str) -> None:
    """Refuse what a client would fail at, and then wait for itself when it is thrown away."""
    what = "expected an address of a kind that Dask has here, such as tcp://dask.example.org:8786"
    try:
        get_address_host_port(scheduler)
        encrypted = Security().get_connection_args("client")["ssl_context"] is not None
    except (ValueError, ImportError, OSError) as error:
        raise ConfigError(what, _KEY) from error
    if scheduler.startswith("tls:") and not encrypted:
        raise ConfigError("tls needs certificates: name them in Dask's own configuration", _KEY)


def _cancel(there: distributed.Future[bytes], here: Future[bytes]) -> None:
    if here.cancelled():
        there.cancel()


def _caused(error: ExecutorError, cause: BaseException) -> ExecutorError:
    error.__cause__ = cause
    return error
