"""References between documents: none may lead nowhere, and rings are for kinds that allow them."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

from fileroom._plugins.documents import MOST_RELATED
from fileroom.errors import DocumentError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fileroom._documents.contents import Contents
    from fileroom._documents.kinds import Kinds
    from fileroom.documents import Document, DocumentVersion


def check_references(contents: Contents, before: Contents, kinds: Kinds) -> None:
    """Make sure that contents can be published.

    Args:
        contents: what is to be published.
        before: what is published now. What these documents refer to and what comes with plugins is taken to
            be there still, since the plugin may just not be loaded here.
        kinds: the kinds of documents.

    Raises:
        DocumentError: a document refers to one that is not there, to too many, or to itself by a ring.
    """
    outside = _outside(contents) - _outside(before)
    missing = outside and {name for _, name in outside} - {one.name for one in kinds.all_built_in()}
    for one in contents:
        for name in one.refers_to:
            if name in missing and (one, name) in outside:
                raise DocumentError(f"refers to the document {name!r}, which is not there", one.name)
        if len(_reached(contents, one)) > MOST_RELATED:
            raise DocumentError(f"refers to more than {MOST_RELATED} documents", one.name)
    load_order(contents, kinds)


def _outside(contents: Contents) -> set[tuple[DocumentVersion, str]]:
    """Return each reference to what is not among the documents themselves."""
    return {(one, name) for one in contents for name in one.refers_to if contents.current(name) is None}


def referrers(contents: Contents, name: str) -> list[str]:
    """Return the names of the documents that refer to another one."""
    return [one.name for one in contents if name in one.refers_to and one.name != name]


def related_to(contents: Contents, document: Document, kinds: Kinds) -> dict[str, Document]:
    """Return what a document refers to, directly or not, by name, as far as it is there.

    Raises:
        DocumentError: one that comes with a plugin is wrong.
        PluginError: the kind of one that comes with a plugin cannot be loaded.
    """
    related: dict[str, Document] = {}
    waiting = [document]
    while waiting:
        one = waiting.pop()
        stored = contents.numbered(one.name, one.version).refers_to if one.version else kinds.check(one)
        for name in stored:
            if name not in related and name != document.name:
                found = contents.current(name)
                other = contents.document(found) if found else kinds.built_in(name)
                if other is not None:
                    related[name] = other
                    waiting.append(other)
    return related


def load_order(contents: Contents, kinds: Kinds) -> list[DocumentVersion]:
    """Return the current documents so that each comes after those it refers to, and by name otherwise.

    In a ring, where a kind allows one, they come by name.

    Raises:
        DocumentError: there is a ring that is not allowed.
    """
    current = {one.name: one for one in contents}
    cyclic = {kind: kinds.is_cyclic(kind) for kind in {one.kind for one in contents}}

    def free(one: DocumentVersion, other: str) -> bool:
        return cyclic[one.kind] and cyclic[current[other].kind]

    sorter = TopologicalSorter(
        {
            one.name: [name for name in one.refers_to if name in current and not free(one, name)]
            for one in contents
        }
    )
    try:
        sorter.prepare()
    except CycleError as error:
        ring = error.args[1]
        raise DocumentError(
            f"the documents refer to each other in a ring: {' <- '.join(map(repr, ring))}", ring[0]
        ) from error
    return [current[name] for name in _sorted(sorter)]


def _sorted(sorter: TopologicalSorter[str]) -> Iterator[str]:
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        yield from ready
        sorter.done(*ready)


def _reached(contents: Contents, start: DocumentVersion) -> set[str]:
    """Return what a document refers to, directly or not; it ends soon after there are too many."""
    reached: set[str] = set()
    waiting = list(start.refers_to)
    while waiting and len(reached) <= MOST_RELATED:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            current = contents.current(name)
            waiting += current.refers_to if current else ()
    return reached - {start.name}
