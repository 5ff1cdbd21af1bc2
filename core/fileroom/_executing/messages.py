"""What goes to a worker and comes back: pickled, and fit to be read by another version.

The outer layer holds numbers, text and bytes only, so that a worker with another version of Fileroom, or
without a package that a task needs, can say so.
"""

from __future__ import annotations

import enum
import logging
import pickle
import socket
from typing import TYPE_CHECKING, Any

import fileroom
from fileroom.errors import ExecutorError, FileroomError, NotSupportedError

if TYPE_CHECKING:
    from collections.abc import Callable

_CAUGHT = (Exception, SystemExit)  # a task that exits must not take its worker along
_log = logging.getLogger("fileroom.executing")


class _Kind(enum.IntEnum):
    """What an answer holds: what the task returned, what it raised, or why it could not be run."""

    VALUE = 0
    ERROR = 1
    UNFIT = 2


def sendable(what: object) -> bytes:
    """Return a task or an item as bytes.

    Raises:
        NotSupportedError: it cannot be pickled.
    """
    try:
        return pickle.dumps(what, pickle.HIGHEST_PROTOCOL)
    except (pickle.PicklingError, TypeError, AttributeError) as error:
        raise NotSupportedError(
            "this cannot be sent to workers, for it cannot be pickled: what they are to use must be made "
            "from the configuration"
        ) from error


def request(task: bytes, item: bytes) -> bytes:
    """Return what `perform` is to be given."""
    return pickle.dumps((fileroom.__version__, task, item), pickle.HIGHEST_PROTOCOL)


def perform(data: bytes) -> bytes:
    """Do what a request says, wherever this is called, and return the answer for who sent it.

    It raises nothing: what the task raises is in the answer.
    """
    version, task_data, item_data = pickle.loads(data)  # noqa: S301 - who can send tasks is trusted with code
    if version != fileroom.__version__:
        mine = f"a worker on {socket.gethostname()} has Fileroom {fileroom.__version__}"
        return _answer(_Kind.UNFIT, f"{mine}, and the tasks are of {version}: install the same there")
    try:
        task, item = pickle.loads(task_data), pickle.loads(item_data)  # noqa: S301
    except _CAUGHT as error:
        _log.debug("a task cannot be read", exc_info=error)
        what = f"a worker on {socket.gethostname()} cannot take the tasks: {type(error).__name__}"
        return _answer(_Kind.UNFIT, f"{what}; install what they need there, too")
    return _performed(task, item)


def _performed(task: Callable[[Any], Any], item: object) -> bytes:
    try:
        value = task(item)
    except _CAUGHT as error:
        _log.debug("a task failed", exc_info=error)
        return _answer(_Kind.ERROR, portable(error))
    try:
        return _answer(_Kind.VALUE, value)
    except Exception as error:  # noqa: BLE001 - pickling calls code of the value's
        what = f"the task's result cannot be sent back: {type(error).__name__}"
        return _answer(_Kind.ERROR, NotSupportedError(what))


def _answer(kind: _Kind, content: object) -> bytes:
    body = pickle.dumps(content, pickle.HIGHEST_PROTOCOL)
    return pickle.dumps((int(kind), body), pickle.HIGHEST_PROTOCOL)


def result(answer: bytes) -> tuple[Any, Exception | None]:
    """Return what the task returned, and what it raised.

    Raises:
        ExecutorError: the task could not be run, and no other could.
    """
    try:
        kind, body = pickle.loads(answer)  # noqa: S301 - our own workers
        content: Any = pickle.loads(body)  # noqa: S301
    except Exception as error:
        what = f"the answer of a worker cannot be read: {type(error).__name__}"
        raise ExecutorError(f"{what}; install the same versions here and there") from error
    if kind == _Kind.UNFIT:
        raise ExecutorError(content)
    return (content, None) if kind == _Kind.VALUE else (None, content)


def portable(error: BaseException) -> Exception:
    """Return an error that can be sent: the same where possible, else its nearest relation."""
    try:
        copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - made in this line
    except Exception:  # noqa: BLE001 - an error's class may fail in any way
        copy = None
    if isinstance(copy, Exception) and type(copy) is type(error):
        return copy
    # Of others the type only: their text may tell of a patient.
    return FileroomError(str(error) if isinstance(error, FileroomError) else f"{type(error).__name__}")
