"""The functions that need no archive take an object however it is held, an archive's instances too."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pydicom
import pytest

import fileroom
from fileroom.errors import InvalidValueError, NotFoundError
from fileroom.plugin import opened_source
from fileroom.testing.datasets import make_instance
from fileroom_plugins.conformance import check
from fileroom_plugins.conformance.constraints import is_conformance_valid
from fileroom_plugins.deidentify import deidentify, is_anonymous
from fileroom_plugins.imaging import open_image, render, transcode
from fileroom_plugins.metadata import header

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from fileroom.resources import Instance

DATA = make_instance()


class Pipe(io.RawIOBase):
    """What can be read once, and does not seek."""

    def __init__(self, data: bytes) -> None:
        self._file = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._file.readinto(buffer)


def rows(source: Any) -> int:
    with open_image(source) as image:
        return image.rows


FUNCTIONS: dict[str, Callable[[Any], object]] = {
    "check": lambda source: sorted(map(str, check(source))),
    "is_conformance_valid": lambda source: is_conformance_valid(source, "OracleOrdObject"),
    "is_anonymous": is_anonymous,
    "deidentify": lambda source: deidentify(source).report,
    "open_image": rows,
    "render": lambda source: render(source, "fileFormat=PNGF"),
    "transcode": lambda source: transcode(source, "deflated"),
    "header": header,
    "process": lambda source: fileroom.process(source, "thumbnail"),
}


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    with fileroom.open(tmp_path_factory.mktemp("functions") / "archive") as archive:
        archive.store(DATA)
        (stored,) = archive.find("instance")
        yield stored


HELD: dict[str, Callable[[Any, Path], Any]] = {
    "bytearray": lambda *_: bytearray(DATA),
    "memoryview": lambda *_: memoryview(DATA),
    "path": lambda _, path: path,
    "str": lambda _, path: str(path),
    "file": lambda *_: io.BytesIO(DATA),
    "pipe": lambda *_: Pipe(DATA),
    "dataset": lambda *_: pydicom.dcmread(io.BytesIO(DATA)),
    "instance": lambda instance, _: instance,
    "attachment": lambda instance, _: instance.attachments["dicom"],
}


@pytest.mark.parametrize("held", HELD)
@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_says_the_same_of_an_object_however_it_is_held(
    function: str, held: str, instance: Instance, tmp_path: Path
) -> None:
    path = tmp_path / "image.dcm"
    path.write_bytes(DATA)
    call = FUNCTIONS[function]
    assert call(HELD[held](instance, path)) == call(DATA)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_path_where_nothing_is_and_what_is_no_object_are_named_errors(
    function: str, tmp_path: Path
) -> None:
    for path in (tmp_path / "none.dcm", str(tmp_path / "none.dcm"), "nul\0.dcm", tmp_path):
        with pytest.raises(NotFoundError, match="cannot be read"):
            FUNCTIONS[function](path)
    with pytest.raises(InvalidValueError, match="expected a DICOM object"):
        FUNCTIONS[function](17)


def test_an_open_file_is_read_from_where_it_stands_and_left_open() -> None:
    given = io.BytesIO(b"before" + DATA)
    given.seek(6)
    with opened_source(given) as file:
        assert file.read() == DATA
    assert not given.closed


def test_what_was_opened_here_is_closed_here(instance: Instance) -> None:
    with opened_source(instance) as file:
        assert file.read() == DATA
    assert file.closed
