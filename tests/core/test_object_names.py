"""Objects that options name: by a path, at hand, or in an archive."""

from __future__ import annotations

import io
import os
import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fileroom import objects
from fileroom.errors import ConfigError, NotFoundError, NotSupportedError
from fileroom.options import TypedText
from fileroom.plugin import (
    ExtensionPlugin,
    ObjectName,
    Processor,
    ProcessorPlugin,
    Product,
    hookimpl,
)
from fileroom.testing.datasets import make_instance
from tests.core.host_plugins import opened

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import BinaryIO

    from fileroom._dispatch import Dispatch

DATA = make_instance()
ID = "27f7126f-cf4fb461-4c0e5d1c-81e1ea70-4c0b1d4e"


@dataclass(frozen=True)
class Options:
    first: ObjectName | None = None
    more: tuple[ObjectName, ...] = ()


class Reading(Processor):
    def __init__(self, options: Options) -> None:
        self.first = options.first.read() if options.first else b""
        self.more = [one.read() for one in options.more]

    def process(self, source: BinaryIO) -> Sequence[Product]:
        return []


class Offering:
    @hookimpl
    def fileroom_processor(self) -> ProcessorPlugin:
        return ProcessorPlugin("reading", Options, Reading, "Reads objects")

    @hookimpl
    def fileroom_extension(self) -> ExtensionPlugin:
        return ExtensionPlugin("reading", Options, Kept, "Keeps their names")


class Kept:
    def __init__(self, options: Options) -> None:
        self.options = options

    @hookimpl
    def fileroom_stored(self) -> None:
        pass


def reading(dispatch: Dispatch, **options: object) -> Reading:
    with dispatch.making.using("reading", options) as one:
        assert isinstance(one.processor, Reading)
        return one.processor


def test_an_option_names_a_file_or_has_the_object_at_hand(tmp_path: Path) -> None:
    path = tmp_path / "object.dcm"
    path.write_bytes(DATA)
    dispatch = opened(Offering())
    for given in (path, str(path), DATA, io.BytesIO(DATA), ObjectName.of(DATA), ObjectName(str(path))):
        assert reading(dispatch, first=given).first == DATA
    assert reading(dispatch, more=[path, DATA]).more == [DATA, DATA]
    assert reading(dispatch).first == b""


def test_a_public_id_is_an_instance_of_the_archive() -> None:
    dispatch = opened(Offering())
    with pytest.raises(NotFoundError, match=f"names the instance {ID}, and there is no archive here"):
        reading(dispatch, first=ID)
    dispatch.making.open_instance = lambda id_: io.BytesIO(id_.encode())
    assert reading(dispatch, first=ID, more=[ID]).more == [ID.encode()]
    with pytest.raises(NotFoundError, match="no archive"):
        ObjectName(ID).read()


def test_a_path_starts_where_it_was_typed_or_where_the_configuration_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "archive").mkdir()
    (tmp_path / "archive" / "there.dcm").write_bytes(b"there")
    (tmp_path / "here" / "here.dcm").write_bytes(b"here")
    monkeypatch.chdir(tmp_path)
    dispatch = opened(Offering())  # whose paths start in the folder of the archive
    monkeypatch.chdir(tmp_path / "here")
    assert reading(dispatch, first=TypedText("here.dcm")).first == b"here"
    assert reading(dispatch, first="there.dcm").first == b"there"


def test_what_names_no_object_is_a_wrong_option(tmp_path: Path) -> None:
    dispatch = opened(Offering())
    for given in ("", 5, True, ["a"]):
        with pytest.raises(ConfigError, match="first: expected the public id of an instance, or the path"):
            reading(dispatch, first=given)
    with pytest.raises(NotFoundError, match="no such file is there"):
        reading(dispatch, first=tmp_path)
    with pytest.raises(NotFoundError, match="no such file is there"):
        reading(dispatch, first=tmp_path / "PATIENT^NAME.dcm")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes here")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(NotFoundError):
        ObjectName(str(tmp_path / "pipe")).read()


def test_an_object_that_is_too_large_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(objects, "LARGEST_OBJECT", 1 << 20)
    path = tmp_path / "object.dcm"
    path.write_bytes(bytes((1 << 20) + 1))
    with pytest.raises(NotSupportedError, match="more than 1 MiB"):
        ObjectName(str(path)).read()
    with pytest.raises(ConfigError, match="more than 1 MiB"):
        ObjectName.parse(path.read_bytes(), "first")
    path.write_bytes(bytes(1 << 20))
    assert len(ObjectName(str(path)).read()) == 1 << 20


def test_a_name_can_be_sent_to_workers_and_shows_no_path() -> None:
    for name in (ObjectName.of(DATA), ObjectName(ID), ObjectName("DOE^JANE.dcm")):
        assert pickle.loads(pickle.dumps(name)) == name
        assert "DOE" not in repr(name)
    assert repr(ObjectName(ID)) == f"ObjectName('{ID}')"
    assert len({ObjectName(ID), ObjectName(ID), ObjectName.of(DATA), ObjectName.of(b"other")}) == 3


def test_it_is_known_that_an_extension_names_an_instance() -> None:
    tables = {"plugins": {"reading": {"first": ID}}}
    assert opened(Offering(), **tables).names_instances  # type: ignore[arg-type]
    assert not opened(Offering()).names_instances
