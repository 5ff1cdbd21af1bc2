"""Backends that fail, or die, at a numbered step: what becomes of an archive whose storage or index does?

Each call of a method has two steps, before and after its work; a `FaultyStorage.put_many` of several objects
has a third in the middle, with half of them stored. Steps are counted for each method, from 1, over all
calls, so a test can strike at each of them in turn:

```python
for step in itertools.count(1):
    storage = FaultyStorage(MyStorage(place), {"put_many": step})
    do_and_check(storage)
    if not storage.struck:
        break
```

A step after the work fails although the work was done, as when an answer is lost on its way. Only of a failed
``put_many`` nothing stays, unless by death.
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any

from fileroom.errors import CatalogError, StorageError
from fileroom.index import Index
from fileroom.storage import Storage

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fileroom.storage import PutItem, StorageCapabilities, Stored

EXIT_STATUS = 70
"""The status with which a process ends that a fault killed."""


class Died(BaseException):
    """Stands for the death of the process, where a test needs no second one to see what is left."""


class _Stepped:
    """A method that does what the wrapped backend's method of that name does, between two steps."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, faulty: Any, owner: type) -> Any:  # noqa: ANN401 - any method of any backend
        def stepped(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
            faulty.step(self._name)
            result = getattr(faulty.inner, self._name)(*args, **kwargs)
            faulty.step(self._name)
            return result

        return stepped


class _Faulty:
    """What the two wrappers share.

    Attributes:
        inner: the backend that does the work.
        struck: whether the fault has happened.
    """

    def __init__(self, inner: Any, fail_at: Mapping[str, int], error: BaseException, *, die: bool) -> None:  # noqa: ANN401
        self.inner = inner
        self.struck = False
        self._left = dict(fail_at)
        self._error = error
        self._die = die
        self._lock = threading.Lock()

    def step(self, method: str) -> None:
        """Pass a step of a method, or strike."""
        with self._lock:
            if method not in self._left:
                return
            self._left[method] -= 1
            if self._left[method]:
                return
            self.struck = True
        if self._die:
            os._exit(EXIT_STATUS)
        raise self._error


class FaultyStorage(_Faulty, Storage):
    """A storage that fails at a step.

    Args:
        inner: the storage that does the work.
        fail_at: method name to the number of the step to fail at, from 1; each method strikes once.
        error: what to raise, a `StorageError` by default, or `Died`.
        die: end the process at once instead, with `EXIT_STATUS`.
    """

    def __init__(
        self,
        inner: Storage,
        fail_at: Mapping[str, int],
        error: BaseException | None = None,
        *,
        die: bool = False,
    ) -> None:
        super().__init__(inner, fail_at, error or StorageError("storage: a fault was asked for"), die=die)

    @property
    def capabilities(self) -> StorageCapabilities:  # type: ignore[override]  # the inner storage's may change
        """What the wrapped storage can do."""
        capabilities: StorageCapabilities = self.inner.capabilities
        return capabilities

    @property
    def database(self) -> object | None:  # type: ignore[override]  # the wrapped storage's
        """What the wrapped storage has in common with an index."""
        database: object | None = self.inner.database
        return database

    def put_many(self, items: Sequence[PutItem]) -> list[Stored]:
        """Store objects in two halves, with a step before, between and after."""
        self.step("put_many")
        stored: list[Stored] = []
        try:
            half = len(items) // 2
            if half:
                stored += self.inner.put_many(items[:half])
                self.step("put_many")
            stored += self.inner.put_many(items[half:])
            self.step("put_many")
        except Exception:
            self.inner.delete([one.locator for one in stored])
            raise
        return stored

    open = _Stepped()
    read_ranges = _Stepped()
    stat = _Stepped()
    delete = _Stepped()
    list = _Stepped()
    splice = _Stepped()
    presigned_url = _Stepped()
    tier_of = _Stepped()
    tier_for = _Stepped()
    discard_unfinished = _Stepped()
    folders = _Stepped()
    local_path = _Stepped()
    locator_of = _Stepped()
    notes = _Stepped()
    close = _Stepped()


class FaultyIndex(_Faulty, Index):
    """An index that fails at a step; arguments as for `FaultyStorage`, the default error a `CatalogError`."""

    def __init__(
        self,
        inner: Index,
        fail_at: Mapping[str, int],
        error: BaseException | None = None,
        *,
        die: bool = False,
    ) -> None:
        super().__init__(inner, fail_at, error or CatalogError("index: a fault was asked for"), die=die)
        self.capabilities = inner.capabilities

    use_storage = _Stepped()
    commit = _Stepped()
    find = _Stepped()
    count = _Stepped()
    get = _Stepped()
    children = _Stepped()
    held = _Stepped()
    details = _Stepped()
    edit = _Stepped()
    refresh = _Stepped()
    complete = _Stepped()
    remove = _Stepped()
    changes = _Stepped()
    statistics = _Stepped()
    attachments = _Stepped()
    restore = _Stepped()
    mirror = _Stepped()
    relocate = _Stepped()
    unit = _Stepped()
    wait_for_changes = _Stepped()
    plans = _Stepped()
    oldest_studies = _Stepped()
    problems = _Stepped()
    notes = _Stepped()
    listing = _Stepped()
    vouches = _Stepped()
    vouch = _Stepped()
    compact = _Stepped()
    close = _Stepped()
