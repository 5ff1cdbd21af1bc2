"""The processor kit rejects every processor that breaks a promise, by the test that is meant for it."""

from __future__ import annotations

import inspect
import io
import itertools
import os
import random
import socket
import tempfile
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import pydicom
import pytest

from fileroom.errors import InvalidDatasetError, NotSupportedError
from fileroom.objects import ObjectName
from fileroom.processing import Processor, Product
from fileroom.testing.processor import ProcessorContract
from fileroom.testing.processor_samples import sound_samples

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

MUTANTS: list[tuple[type[Processor], str]] = []


def must_fail(test: str) -> Callable[[type[Processor]], type[Processor]]:
    def register(mutant: type[Processor]) -> type[Processor]:
        MUTANTS.append((mutant, test))
        return mutant

    return register


class Reference(Processor):
    """Keeps all promises: writes an image's size as text."""

    def process(self, source: BinaryIO) -> Sequence[Product]:
        return [self.product(self.size(source))]

    def size(self, source: BinaryIO) -> bytes:
        try:
            dataset = pydicom.dcmread(source, force=True, specific_tags=["SOPClassUID", "Rows", "Columns"])
            sizes = [dataset[keyword].value for keyword in ("Rows", "Columns") if keyword in dataset]
        except Exception as error:
            raise InvalidDatasetError(f"cannot be read: {type(error).__name__}") from error
        if "SOPClassUID" not in dataset:
            raise InvalidDatasetError("no DICOM, or damaged")
        if not sizes:
            raise NotSupportedError("no image")
        return " x ".join(map(str, sizes)).encode()

    def product(self, data: bytes) -> Product:
        return Product(1024, data, "text/plain")


@must_fail("test_products_are_well_formed")
class MakesBareBytes(Reference):
    def process(self, source: BinaryIO) -> Sequence[Product]:
        return cast("list[Product]", [self.size(source)])


@must_fail("test_products_are_well_formed")
class UsesANumberOutOfRange(Reference):
    def product(self, data: bytes) -> Product:
        return Product(65536, data, "text/plain")


@must_fail("test_products_are_well_formed")
class UsesANameThatIsNone(Reference):
    def product(self, data: bytes) -> Product:
        return Product("My Type", data, "text/plain")


@must_fail("test_products_are_well_formed")
class MakesABuffer(Reference):
    def product(self, data: bytes) -> Product:
        return Product(1024, cast("bytes", bytearray(data)), "text/plain")


@must_fail("test_products_are_well_formed")
class LeavesTheMediaTypeOut(Reference):
    def product(self, data: bytes) -> Product:
        return Product(1024, data, "")


@must_fail("test_products_are_well_formed")
class EndsNamesWithoutADot(Reference):
    def product(self, data: bytes) -> Product:
        return Product(1024, data, "text/plain", suffix="txt")


@must_fail("test_products_are_well_formed")
class SetsMetadataWithoutAName(Reference):
    def product(self, data: bytes) -> Product:
        return Product(1024, data, "text/plain", metadata={"": "value"})


@must_fail("test_a_new_object_has_identifiers_of_its_own")
class GivesTheObjectBackAsANewOne(Reference):
    def process(self, source: BinaryIO) -> Sequence[Product]:
        super().process(source)
        source.seek(0)
        return [Product("dicom", source.read(), "application/dicom")]


class Remembering(Reference):
    uses = ("1024",)


@must_fail("test_what_was_made_before_changes_no_product")
class BelievesWhatItIsGiven(Remembering):
    def process_with(self, source: BinaryIO, kept: Mapping[str, bytes]) -> Sequence[Product]:
        return [self.product(data) for data in kept.values()] or self.process(source)


@must_fail("test_what_was_made_before_changes_no_product")
class FailsWhereNothingWasMadeBefore(Remembering):
    def process_with(self, source: BinaryIO, kept: Mapping[str, bytes]) -> Sequence[Product]:
        if "1024" not in kept:
            raise NotSupportedError("nothing was made before")
        return self.process(source)


@must_fail("test_products_of_several_series_become_one_answer")
class CombinesToBytes(Reference):
    def combine(self, parts: Sequence[Sequence[Product]]) -> Sequence[Product]:
        return cast("list[Product]", [b"".join(one.data for part in parts for one in part)])


@must_fail("test_products_of_several_series_become_one_answer")
class CombinesDifferentlyEachTime(Reference):
    count = itertools.count()

    def combine(self, parts: Sequence[Sequence[Product]]) -> Sequence[Product]:
        return [self.product(b"%d" % next(self.count))]


@must_fail("test_something_is_made_of_a_sample")
class MakesNothing(Reference):
    def process(self, source: BinaryIO) -> Sequence[Product]:
        return []


@must_fail("test_sound_objects_are_not_called_damaged")
class CallsWhatItDoesNotKnowDamaged(Reference):
    def process(self, source: BinaryIO) -> Sequence[Product]:
        try:
            return super().process(source)
        except NotSupportedError as error:
            raise InvalidDatasetError(str(error)) from error


@must_fail("test_the_source_is_left_open_and_unchanged")
class ClosesTheSource(Reference):
    def process(self, source: BinaryIO) -> Sequence[Product]:
        with source:
            return super().process(source)


@must_fail("test_the_source_is_left_open_and_unchanged")
class ClosesTheSourceOfDamagedInput(Reference):
    def process(self, source: BinaryIO) -> Sequence[Product]:
        try:
            return super().process(source)
        except InvalidDatasetError:
            source.close()
            raise


@must_fail("test_the_source_is_left_open_and_unchanged")
class WritesToTheSource(Reference):
    def process(self, source: BinaryIO) -> Sequence[Product]:
        products = super().process(source)
        source.seek(0)
        source.write(b"seen")
        return products


@must_fail("test_any_seekable_source_will_do")
class NeedsAFileOnDisk(Reference):
    def size(self, source: BinaryIO) -> bytes:
        try:
            return b"%d" % os.fstat(source.fileno()).st_size
        except OSError:
            return super().size(source)


@must_fail("test_any_seekable_source_will_do")
class NeedsASourceInMemory(Reference):
    def size(self, source: BinaryIO) -> bytes:
        if not isinstance(source, io.BytesIO):
            raise NotSupportedError("no bytes in memory")
        return super().size(source)


@must_fail("test_the_same_input_gives_the_same_products")
class CountsItsCalls(Reference):
    def __init__(self) -> None:
        self.calls = itertools.count()

    def product(self, data: bytes) -> Product:
        return Product(1024, b"%b %d" % (data, next(self.calls)), "text/plain")


@must_fail("test_the_same_input_gives_the_same_products")
class RollsDice(Reference):
    dice = random.SystemRandom()

    def product(self, data: bytes) -> Product:
        return Product(1024, data + self.dice.randbytes(4), "text/plain")


@must_fail("test_the_same_input_gives_the_same_products")
class RemembersTheLastFailure(Reference):
    failed = False

    def size(self, source: BinaryIO) -> bytes:
        try:
            return super().size(source) + (b" after a failure" if self.failed else b"")
        except InvalidDatasetError:
            self.failed = True
            raise


@must_fail("test_calls_in_several_threads_do_not_disturb_each_other")
class KeepsTheSourceInAnAttribute(Reference):
    def process(self, source: BinaryIO) -> Sequence[Product]:
        self.source = source
        time.sleep(0.001)  # lets another thread in
        return super().process(self.source)


@must_fail("test_damaged_input_raises_nothing_but_documented_errors")
class RaisesValueErrors(Reference):
    def size(self, source: BinaryIO) -> bytes:
        try:
            return super().size(source)
        except InvalidDatasetError as error:
            raise ValueError("bad input") from error


@must_fail("test_errors_say_why_and_hold_no_patients_data")
class SaysNothing(Reference):
    def size(self, source: BinaryIO) -> bytes:
        try:
            return super().size(source)
        except InvalidDatasetError as error:
            raise InvalidDatasetError from error


@must_fail("test_errors_say_why_and_hold_no_patients_data")
class NamesThePatient(Reference):
    def size(self, source: BinaryIO) -> bytes:
        try:
            return super().size(source)
        except NotSupportedError as error:
            source.seek(0)
            patient = pydicom.dcmread(source, force=True).PatientName
            raise NotSupportedError(f"{patient} is no image") from error


@must_fail("test_the_source_is_all_it_needs")
class AsksTheNetwork(Reference):
    def size(self, source: BinaryIO) -> bytes:
        socket.socket().close()
        return super().size(source)


@must_fail("test_the_source_is_all_it_needs")
class MovesToAnotherFolder(Reference):
    def size(self, source: BinaryIO) -> bytes:
        os.chdir(tempfile.gettempdir() if Path.cwd() != Path(tempfile.gettempdir()) else "/")
        return super().size(source)


@must_fail("test_the_source_is_all_it_needs")
class SilencesWarnings(Reference):
    def size(self, source: BinaryIO) -> bytes:
        warnings.filters.insert(0, ("ignore", None, UserWarning, None, 0))  # type: ignore[attr-defined]
        return super().size(source)


@must_fail("test_the_source_is_all_it_needs")
class SeedsEverybodysDice(Reference):
    calls = 0

    def size(self, source: BinaryIO) -> bytes:
        self.calls += 1
        random.seed(self.calls)
        return super().size(source)


@must_fail("test_what_options_name_is_read_when_it_is_opened")
class ReadsWhatIsNamedWithEachObject(Reference):
    named = ObjectName.of(b"state")

    def product(self, data: bytes) -> Product:
        return super().product(data + self.named.read())


@must_fail("test_it_may_be_closed_twice")
class ClosesOnce(Reference):
    closed = False

    def close(self) -> None:
        if self.closed:
            raise RuntimeError("closed already")
        self.closed = True


def rejects(processor: type[Processor], test: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> bool:
    function = getattr(ProcessorContract, test)
    given: dict[str, Any] = {
        "processor": processor(),
        "samples": sound_samples(),
        "tmp_path": tmp_path,
        "monkeypatch": monkeypatch,
    }
    wanted = inspect.signature(function).parameters.keys() & given.keys()
    try:
        function(ProcessorContract(), **{name: given[name] for name in wanted})
    except (AssertionError, RuntimeError, pytest.fail.Exception):
        return True
    return False


@pytest.fixture(autouse=True)
def settings_are_restored(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("mutant", "test"), MUTANTS, ids=[mutant.__name__ for mutant, _ in MUTANTS])
def test_the_kit_rejects_a_processor_that(
    mutant: type[Processor], test: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert rejects(mutant, test, tmp_path, monkeypatch)


class TestReference(ProcessorContract):
    @pytest.fixture
    def processor(self) -> Processor:
        return Reference()


def test_every_test_of_the_kit_rejects_somebody() -> None:
    tests = {name for name in vars(ProcessorContract) if name.startswith("test_")}
    assert {test for _, test in MUTANTS} == tests
