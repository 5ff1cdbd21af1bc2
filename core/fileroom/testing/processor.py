"""The contract kit for processors: every promise of `fileroom.processing` as a test.

Run it on a processor by subclassing, with one fixture:

```python
class TestMyProcessor(ProcessorContract):
    @pytest.fixture
    def processor(self):
        return MyProcessor(Options())
```

A processor that makes nothing of plain CT and MR images brings a fixture ``samples`` of its own, too.

PYTEST_DONT_REWRITE: explaining how megabytes differ takes pytest minutes, under ``-v`` and on CI.
"""

from __future__ import annotations

import io
import os
import random
import re
import socket
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TypeAlias, cast

import pytest

from fileroom.documents import DocumentName
from fileroom.errors import InvalidDatasetError, MissingDependencyError, NotSupportedError
from fileroom.header import HeaderReader
from fileroom.objects import ObjectName
from fileroom.processing import Product
from fileroom.tags import TagSet
from fileroom.testing.processor_samples import PATIENT_VALUES, damaged, sound_samples

if TYPE_CHECKING:
    from collections.abc import Mapping

    from _typeshed import WriteableBuffer

    from fileroom.processing import Processor

Outcome: TypeAlias = "tuple[Product, ...] | type[Exception]"

_ERRORS = (NotSupportedError, InvalidDatasetError, MissingDependencyError)
_NAME = re.compile(r"(?=.*[a-z-])[a-z0-9-]+")
_SUFFIX = re.compile(r"(?:\.[a-z0-9]+)?")
_MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+(?:\s*;.*)?", re.ASCII)


class WatchedSource(io.BytesIO):
    """A source that remembers whether it was closed."""

    closes = 0

    def close(self) -> None:
        """Count, and stay open."""
        self.closes += 1


class PlainSource(io.RawIOBase):
    """A source that is nothing more than readable and seekable: no path, no file number, no buffer to get."""

    name = ""  # pydicom asks every io.BufferedReader for its name

    def __init__(self, data: bytes) -> None:
        self._file = io.BytesIO(data)

    def readable(self) -> bool:
        """Say yes."""
        return True

    def seekable(self) -> bool:
        """Say yes."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Read."""
        return self._file.readinto(buffer)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move."""
        return self._file.seek(offset, whence)


def outcome(
    processor: Processor, source: bytes | BinaryIO, kept: Mapping[str, bytes] | None = None
) -> Outcome:
    """Return what a processor makes of a source, or the type of the documented error that it raises."""
    file = io.BytesIO(source) if isinstance(source, bytes) else source
    try:
        return tuple(processor.process(file) if kept is None else processor.process_with(file, kept))
    except _ERRORS as error:
        return type(error)


def _made_as(processor: Processor, content_type: str, data: bytes) -> bytes:
    """Return what the processor itself makes of an object under a content type, if anything."""
    made = outcome(processor, data)
    found = [one.data for one in made if one.content_type == content_type] if isinstance(made, tuple) else []
    return found[0] if found else b"of another processor"


@pytest.mark.filterwarnings("ignore")  # what libraries think of damaged input is no matter of the contract
class ProcessorContract:
    """All promises of the processor contract. A subclass provides the fixture ``processor``."""

    @pytest.fixture
    def processor(self) -> Processor:
        """Return the processor under test."""
        raise NotImplementedError("a subclass of the processor contract provides the fixture processor")

    @pytest.fixture
    def samples(self) -> Mapping[str, bytes]:
        """Return sound objects by name, one of which the processor makes something of."""
        return sound_samples()

    def test_products_are_well_formed(self, processor: Processor, samples: Mapping[str, bytes]) -> None:
        """Each has a content type's name or number, bytes, and a media type."""
        for data in samples.values():
            made = outcome(processor, data)
            for product in made if isinstance(made, tuple) else ():
                assert isinstance(product, Product)
                if isinstance(product.content_type, str):
                    assert _NAME.fullmatch(product.content_type)
                else:
                    assert 0 <= product.content_type <= 65535
                assert type(product.data) is bytes
                assert _MEDIA_TYPE.fullmatch(product.media_type)
                assert _SUFFIX.fullmatch(product.suffix)
                for key, value in product.metadata.items():
                    assert key.isprintable()
                    assert 0 < len(key) <= 64
                    assert "\0" not in value

    def test_a_new_object_has_identifiers_of_its_own(
        self, processor: Processor, samples: Mapping[str, bytes]
    ) -> None:
        """One that could be stored beside its source: a DICOM object, and not that source."""
        reader = HeaderReader(TagSet.default())
        for data in samples.values():
            made = outcome(processor, data)
            for product in made if isinstance(made, tuple) else ():
                if product.is_new_object:
                    assert product.media_type == "application/dicom"
                    assert reader.read(product.data).identity != reader.read(data).identity

    def test_what_was_made_before_changes_no_product(
        self, processor: Processor, samples: Mapping[str, bytes]
    ) -> None:
        """Neither its own products of the object, nor those of another one, nor anything else."""
        others = list(samples.values())
        for number, data in enumerate(samples.values()):
            expected = outcome(processor, data)
            kept: list[dict[str, bytes]] = [
                {name: _made_as(processor, name, of) for name in processor.uses}
                for of in (data, others[number - 1])
            ]
            kept += [{}, dict.fromkeys(processor.uses, b""), dict.fromkeys(processor.uses, b"{}")]
            for some in kept:
                found = outcome(processor, data, some)
                assert found == expected

    def test_products_of_several_series_become_one_answer(
        self, processor: Processor, samples: Mapping[str, bytes]
    ) -> None:
        """Of one series, of several, and of several that are alike."""
        made = [
            one for one in (outcome(processor, data) for data in samples.values()) if isinstance(one, tuple)
        ]
        for parts in (made[:1], made, made[:1] * 3):
            combined = processor.combine(parts)
            assert all(isinstance(product, Product) for product in combined)
            assert tuple(processor.combine(parts)) == tuple(combined)

    def test_something_is_made_of_a_sample(self, processor: Processor, samples: Mapping[str, bytes]) -> None:
        """Else the other tests would prove nothing: such a processor brings samples of its own."""
        outcomes = [outcome(processor, data) for data in samples.values()]
        assert any(isinstance(made, tuple) and made for made in outcomes)

    def test_sound_objects_are_not_called_damaged(
        self, processor: Processor, samples: Mapping[str, bytes]
    ) -> None:
        """An object that a processor does nothing for is `NotSupportedError`, or has no products."""
        for name, data in samples.items():
            assert outcome(processor, data) is not InvalidDatasetError, name

    def test_the_source_is_left_open_and_unchanged(
        self, processor: Processor, samples: Mapping[str, bytes]
    ) -> None:
        """Whatever becomes of it: products, nothing, or an error."""
        for sample in samples.values():
            for data in (sample, *damaged(sample)):
                source = WatchedSource(data)
                outcome(processor, source)
                assert source.closes == 0
                assert source.getvalue() == data

    def test_any_seekable_source_will_do(
        self, processor: Processor, samples: Mapping[str, bytes], tmp_path: Path
    ) -> None:
        """A file on disk, and one that can do nothing but read and seek, give the same as one in memory."""
        path = tmp_path / "source"
        for data in samples.values():
            expected = outcome(processor, data)
            path.write_bytes(data)
            with path.open("rb") as file:
                assert outcome(processor, file) == expected
            plain = io.BufferedReader(PlainSource(data))
            assert outcome(processor, cast("BinaryIO", plain)) == expected

    def test_the_same_input_gives_the_same_products(
        self, processor: Processor, samples: Mapping[str, bytes]
    ) -> None:
        """Whatever came before it: nothing of one call is left for the next."""
        first = {name: outcome(processor, data) for name, data in samples.items()}
        for name in reversed(list(samples)):
            for data in damaged(samples[name]):
                outcome(processor, data)
            assert outcome(processor, samples[name]) == first[name]

    def test_calls_in_several_threads_do_not_disturb_each_other(
        self, processor: Processor, samples: Mapping[str, bytes]
    ) -> None:
        """Any thread may call at any time."""
        expected = [outcome(processor, data) for data in samples.values()]
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(lambda data: outcome(processor, data), [*samples.values()] * 8))
        assert found == expected * 8

    def test_damaged_input_raises_nothing_but_documented_errors(
        self, processor: Processor, samples: Mapping[str, bytes]
    ) -> None:
        """`InvalidDatasetError`, or `NotSupportedError` where the damage hides what it was."""
        for sample in samples.values():
            for data in damaged(sample):
                try:
                    processor.process(io.BytesIO(data))
                except _ERRORS:
                    pass
                except Exception as error:  # noqa: BLE001 - whatever else it is, it breaks the promise
                    pytest.fail(f"damaged input raises {error!r}")

    def test_errors_say_why_and_hold_no_patients_data(
        self, processor: Processor, samples: Mapping[str, bytes]
    ) -> None:
        """A message says something, and repeats no value of the object."""
        for sample in samples.values():
            for data in (sample, *damaged(sample)):
                try:
                    processor.process(io.BytesIO(data))
                except _ERRORS as error:
                    message = str(error)
                    assert message.strip()
                    assert not any(value in message for value in PATIENT_VALUES)

    def test_the_source_is_all_it_needs(
        self, processor: Processor, samples: Mapping[str, bytes], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """No network is asked, and no setting of the process is changed."""

        def refuse(*_: object, **__: object) -> None:
            pytest.fail("a processor asks the network")

        def settings() -> object:
            return dict(os.environ), Path.cwd(), list(warnings.filters), random.getstate()

        for data in samples.values():
            outcome(processor, data)  # modules that are loaded now may have settings of their own
        monkeypatch.setattr(socket, "socket", refuse)
        monkeypatch.setattr(socket, "getaddrinfo", refuse)
        before = settings()
        for data in samples.values():
            outcome(processor, data)
        assert settings() == before

    def test_what_options_name_is_read_when_it_is_opened(
        self, processor: Processor, samples: Mapping[str, bytes], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Documents and objects, and not with each object that is processed."""

        def refuse(*_: object) -> None:
            pytest.fail("a processor reads what its options name when it processes an object")

        for named in (DocumentName, ObjectName):
            monkeypatch.setattr(named, "read", refuse)
        for data in samples.values():
            outcome(processor, data)

    def test_it_may_be_closed_twice(self, processor: Processor, samples: Mapping[str, bytes]) -> None:
        """Once is enough, but twice does no harm."""
        for data in samples.values():
            outcome(processor, data)
        processor.close()
        processor.close()
