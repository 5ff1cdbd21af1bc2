"""A state machine that leads a storage through a life and holds it to a dictionary.

```python
TestMyStorageLife = storage_machine(lambda folder: MyStorage(folder / "objects"))
```

PYTEST_DONT_REWRITE: explaining how megabytes differ takes pytest minutes, under ``-v`` and on CI.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, multiple, rule

from fileroom.errors import AlreadyExistsError, InvalidValueError, NotFoundError
from fileroom.storage import CHUNK, ByteRange, Deletion, PutItem
from fileroom.testing.storage_case import NAMINGS, BrokenSource, content, listed, new_key, sample

if TYPE_CHECKING:
    import unittest
    from collections.abc import Callable, Mapping

    from hypothesis.stateful import MultipleResults

    from fileroom.storage import Storage

_LARGEST = CHUNK + 10

sizes = st.one_of(st.integers(0, 300), st.sampled_from([CHUNK - 1, CHUNK, _LARGEST]))
contents = st.builds(sample, sizes, st.integers(0, 250))
# By number, since Hypothesis writes out what it samples from, and some of these are long.
namings: st.SearchStrategy[Mapping[str, str]] = st.one_of(
    st.just({}), st.integers(0, len(NAMINGS) - 1).map(lambda number: NAMINGS[number])
)
bounds = st.integers(0, _LARGEST + 10)
ranges = st.one_of(
    st.builds(ByteRange, bounds),
    st.tuples(bounds, bounds).map(lambda pair: ByteRange(min(pair), max(pair))),
)


def storage_machine(open_storage: Callable[[Path], Storage]) -> type[unittest.TestCase]:
    """Return a test case that holds a storage to a dictionary.

    Args:
        open_storage: opens the storage that lies in a folder, making it where there is none. A folder is new
            for each run, and is removed afterwards; the storage is opened in it again and again.

    Returns:
        A test case for pytest and unittest to collect. Its attribute ``settings`` may be replaced.
    """
    machine = type("Machine", (_Machine,), {"open_storage": staticmethod(open_storage)})
    case: type[unittest.TestCase] = machine.TestCase  # type: ignore[attr-defined]
    case.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)  # type: ignore[attr-defined]
    return case


class _Machine(RuleBasedStateMachine):
    open_storage: ClassVar[Callable[[Path], Storage]]

    there: Bundle[str] = Bundle("there")
    gone: Bundle[str] = Bundle("gone")

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="fileroom-storage-"))
        self.storage = type(self).open_storage(self.folder)
        self.model: dict[str, bytes] = {}
        self.keys: dict[str, str] = {}

    def teardown(self) -> None:
        self.storage.close()
        shutil.rmtree(self.folder)

    @rule(target=there, objects=st.lists(st.tuples(contents, namings), max_size=5))
    def put_many(self, objects: list[tuple[bytes, Mapping[str, str]]]) -> MultipleResults[str]:
        items = [PutItem(new_key(), data, naming) for data, naming in objects]
        stored = self.storage.put_many(items)
        assert [one.size for one in stored] == [len(data) for data, _ in objects]
        for item, one, (data, naming) in zip(items, stored, objects, strict=True):
            assert one.locator not in self.model
            self.model[one.locator] = data
            if not naming:
                self.keys[one.locator] = item.key
        return multiple(*(one.locator for one in stored))

    @rule(locator=there, before=st.lists(contents, max_size=3), after=st.lists(contents, max_size=3))
    def put_an_existing_key(self, locator: str, before: list[bytes], after: list[bytes]) -> None:
        if locator not in self.keys:
            return
        tier = self.storage.tier_of(locator) if self.storage.capabilities.tiers else None
        taken = PutItem(self.keys[locator], b"other", tier=tier)
        items = [*(PutItem(new_key(), data) for data in before), taken]
        with pytest.raises(AlreadyExistsError):
            self.storage.put_many([*items, *(PutItem(new_key(), data) for data in after)])

    @rule(good=st.lists(st.tuples(contents, namings), max_size=3), naming=namings, size=sizes)
    def put_a_broken_source(
        self, good: list[tuple[bytes, Mapping[str, str]]], naming: Mapping[str, str], size: int
    ) -> None:
        items = [PutItem(new_key(), data, naming) for data, naming in good]
        broken = PutItem(new_key(), BrokenSource(EOFError("broken"), size), naming)
        with pytest.raises(EOFError, match="broken"):
            self.storage.put_many([*items, broken])

    @rule(target=there, locator=there, offset=st.none() | bounds, length=st.none() | bounds, data=contents)
    def splice(
        self, locator: str, offset: int | None, length: int | None, data: bytes
    ) -> str | MultipleResults[str]:
        if not self.storage.capabilities.splice:
            return multiple()
        model = bytearray(self.model[locator])
        start = len(model) if offset is None else offset
        if start > len(model):
            with pytest.raises(InvalidValueError):
                self.storage.splice(locator, new_key(), offset, length, data)
            return multiple()
        model[start : None if length is None else start + length] = data
        stored = self.storage.splice(locator, new_key(), offset, length, data)
        assert stored.size == len(model)
        self.model[stored.locator] = bytes(model)
        return stored.locator

    @rule(locator=there, byte_range=ranges)
    def open(self, locator: str, byte_range: ByteRange) -> None:
        with self.storage.open(locator, byte_range) as file:
            assert file.read() == self.model[locator][byte_range.start : byte_range.end]

    @rule(locator=there, asked=st.lists(ranges, max_size=4))
    def read_ranges(self, locator: str, asked: list[ByteRange]) -> None:
        expected = [self.model[locator][one.start : one.end] for one in asked]
        assert self.storage.read_ranges(locator, asked) == expected

    @rule(locator=there)
    def stat(self, locator: str) -> None:
        assert self.storage.stat(locator).size == len(self.model[locator])

    @rule(target=gone, going=st.lists(consumes(there), max_size=3), again=st.lists(gone, max_size=2))
    def delete(self, going: list[str], again: list[str]) -> MultipleResults[str]:
        locators = [*again, *going]
        assert self.storage.delete(locators) == [Deletion(locator) for locator in locators]
        for locator in going:
            self.model.pop(locator, None)
            self.keys.pop(locator, None)
        return multiple(*going)

    @rule(locator=gone)
    def read_what_is_gone(self, locator: str) -> None:
        if locator not in self.model:  # a readable name may be given again
            with pytest.raises(NotFoundError):
                content(self.storage, locator)

    @rule(locator=there, length=st.integers(0, 60))
    def list_a_prefix(self, locator: str, length: int) -> None:
        prefix = locator[:length]
        expected = {one for one in self.model if one.startswith(prefix)}
        assert set(listed(self.storage, prefix)) == expected

    @rule()
    def discard_unfinished(self) -> None:
        assert self.storage.discard_unfinished(0) == 0

    @rule()
    def reopen(self) -> None:
        self.storage.close()
        self.storage = type(self).open_storage(self.folder)

    @invariant()
    def lists_what_is_there(self) -> None:
        assert listed(self.storage) == {locator: len(data) for locator, data in self.model.items()}
