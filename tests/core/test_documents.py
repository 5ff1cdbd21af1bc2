"""Documents that options name: a plugin's own, files, and what they refer to."""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fileroom.documents import Document
from fileroom.errors import ConfigError, DocumentError, NotFoundError, PluginNotFoundError
from fileroom.options import TypedText
from fileroom.plugin import (
    DocumentKind,
    DocumentName,
    DocumentsPlugin,
    Processor,
    ProcessorPlugin,
    Product,
    hookimpl,
)
from tests.core.host_plugins import NoOptions, opened

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import BinaryIO

    from fileroom._dispatch import Dispatch


class Lists(DocumentKind):
    """Each line is the name of another document; ``!`` is wrong."""

    def __init__(self, defaults: Mapping[str, bytes]) -> None:
        self._defaults = defaults

    def check(self, document: Document) -> Sequence[str]:
        lines = document.data.decode().split()
        if "!" in lines:
            raise DocumentError("a line is wrong", document.name, lines.index("!") + 1)
        return lines

    def defaults(self) -> Mapping[str, bytes]:
        return self._defaults


@dataclass(frozen=True)
class Options:
    document: DocumentName = DocumentName("first")
    more: tuple[DocumentName, ...] = ()


class Reading(Processor):
    def __init__(self, options: Options) -> None:
        self.document = options.document.read("list")
        self.more = [one.read("list") for one in options.more]

    def process(self, source: BinaryIO) -> Sequence[Product]:
        return [Product(1300, self.document.data, "text/plain")]


def kind(name: str, defaults: Mapping[str, bytes]) -> object:
    class Offering:
        @hookimpl
        def fileroom_documents(self) -> DocumentsPlugin:
            return DocumentsPlugin(name, NoOptions, lambda _: Lists(defaults), "Lists of names")

        @hookimpl
        def fileroom_processor(self) -> ProcessorPlugin:
            return ProcessorPlugin(f"reading-{name}", Options, Reading, "Reads a document")

    return Offering()


def reading(dispatch: Dispatch, **options: object) -> Reading:
    with dispatch.making.using("reading-list", options) as one:
        assert isinstance(one.processor, Reading)
        return one.processor


def test_an_option_names_a_document_that_comes_with_the_plugin_or_a_file(tmp_path: Path) -> None:
    (tmp_path / "own.txt").write_bytes(b"first")
    dispatch = opened(kind("list", {"first": b"", "second": b"first"}))
    assert reading(dispatch).document == Document("first", "list", b"")
    second = reading(dispatch, document="second").document
    assert second.related == {"first": Document("first", "list", b"")}
    own = reading(dispatch, document=str(tmp_path / "own.txt"), more=["second", "first"])
    assert (own.document.name, own.document.data, set(own.document.related)) == (
        "own.txt",
        b"first",
        {"first"},
    )
    assert [one.name for one in own.more] == ["second", "first"]


def test_what_the_archive_has_goes_before_what_comes_with_the_plugin() -> None:
    dispatch = opened(kind("list", {"first": b"old"}))
    published = Document("first", "list", b"", version=3)
    dispatch.making.finder.in_archive = {"first": published}.get
    assert reading(dispatch, document="first").document == published


def test_documents_of_other_kinds_may_be_referred_to() -> None:
    dispatch = opened(kind("list", {"first": b"word"}), kind("dictionary", {"word": b"first"}))
    related = reading(dispatch, document="first").document.related
    assert {name: one.kind for name, one in related.items()} == {"word": "dictionary"}


def test_a_document_at_hand_needs_no_name() -> None:
    mine = Document("mine", "list", b"x")
    assert reading(opened(kind("list", {})), document=mine).document is mine
    assert DocumentName.of(mine).read("list") is mine


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ("secnod", NotFoundError, "no list document 'secnod', .*first, second.*did you mean 'second'"),
        ("wrong", DocumentError, "wrong:2: a line is wrong"),
        ("broken", DocumentError, "broken: refers to the document 'nowhere', which is not there"),
        ("", ConfigError, "document: expected the name of a document"),
        (5, ConfigError, "document: expected the name of a document"),
    ],
)
def test_a_document_that_cannot_be_had_is_one_error(
    given: object, error: type[Exception], message: str
) -> None:
    defaults: Mapping[str, bytes] = {"first": b"", "second": b"", "wrong": b"first !", "broken": b"nowhere"}
    dispatch = opened(kind("list", defaults))
    with pytest.raises(error, match=message):
        reading(dispatch, document=given)


def test_documents_that_refer_to_each_other_end() -> None:
    dispatch = opened(kind("list", {"first": b"second", "second": b"first second"}))
    assert set(reading(dispatch, document="first").document.related) == {"second"}


def test_too_many_related_documents_are_refused() -> None:
    chain = {str(number): str(number + 1).encode() for number in range(200)}
    with pytest.raises(DocumentError, match="more than 100 documents"):
        reading(opened(kind("list", {**chain, "200": b""})), document="0")


def test_a_kind_that_nobody_offers_is_a_missing_plugin() -> None:
    with pytest.raises(PluginNotFoundError, match="no documents 'greetings' is installed"):
        opened().making.kind("greetings")


def test_a_file_that_cannot_be_read_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"gone\.xml"):
        Document.load(tmp_path / "gone.xml", "list")


def test_an_error_of_a_document_can_be_sent_to_another_process() -> None:
    error = pickle.loads(pickle.dumps(DocumentError("wrong", "a.xml", 7)))
    assert (str(error), error.document, error.line) == ("a.xml:7: wrong", "a.xml", 7)


def test_a_default_that_names_a_document_is_found_anew_by_each_archive() -> None:
    first, second = (opened(kind("list", {"first": data})) for data in (b"", b"first"))
    assert reading(first).document.data == b""
    assert reading(second).document.data == b"first"


def test_a_path_that_was_typed_starts_where_it_was_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.txt").write_bytes(b"")
    dispatch = opened(kind("list", {"first": b""}))
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "here.txt").write_bytes(b"first")
    assert reading(dispatch, document=TypedText("here.txt")).document.data == b"first"
    assert reading(dispatch, document=TypedText("first")).document.name == "first"
    with pytest.raises(NotFoundError):
        reading(dispatch, document="here.txt")
