"""Constraint documents: rules that anyone can write, and whether objects keep them.

```python
from fileroom_plugins.conformance.constraints import evaluate, is_conformance_valid
```
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fileroom.plugin import DocumentsPlugin, hookimpl

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydicom import Dataset

    from fileroom.plugin import Document, DocumentKind, ObjectSource
    from fileroom_plugins.conformance.constraints.locators import Locator
    from fileroom_plugins.conformance.messages import Message


@dataclass(frozen=True, slots=True)
class Options:
    """The kind has nothing to configure."""


def evaluate(document: Document, dataset: Dataset, rule: str = "") -> list[Message]:
    """Say how an object breaks the rules of a document.

    Args:
        document: a constraint document, with those that it includes in ``related``.
        dataset: the object. Nothing is read that no rule asks for.
        rule: one of the document's rules; empty for all of them.

    Returns:
        What its rules say, each thing once: no value of the object is in it.

    Raises:
        DocumentError: the document is wrong, has no such rule, or a rule goes on for ever on this object.
    """
    from fileroom_plugins.conformance.constraints.checking import evaluate as run  # noqa: PLC0415 - when needed

    return run(document, dataset, rule)


def attributes_read(document: Document, rule: str = "") -> tuple[Locator, ...]:
    """Return the attributes that the rules of a document may read, whatever the object, in order of tags.

    Args:
        document: a constraint document, with those that it includes in ``related``.
        rule: one of its rules; empty for all of them.

    Raises:
        DocumentError: the document is wrong, has no such rule, or there is too much to it.
    """
    from fileroom_plugins.conformance.constraints.loading import RuleBook  # noqa: PLC0415
    from fileroom_plugins.conformance.constraints.reach import attributes_read as read  # noqa: PLC0415

    return read(RuleBook.of(document), rule)


def rule_names(documents: Iterable[Document] | None = None) -> list[tuple[str, str]]:
    """Return the rules that can be asked for by name, as Oracle's view ORDDCM_CONSTRAINT_NAMES did.

    Args:
        documents: the documents to look into, with those that they include in ``related``; those of
            Fileroom's own if none are given.

    Returns:
        The name of the document and that of the rule, in the order of the documents.

    Raises:
        DocumentError: a document is wrong.
    """
    from fileroom_plugins.conformance.constraints.checking import names  # noqa: PLC0415 - when needed

    return names(documents)


def is_conformance_valid(source: ObjectSource, rule: str, documents: Iterable[Document] = ()) -> bool:
    """Say whether an object keeps a rule, as ORDDicom's isConformanceValid did.

    Args:
        source: a DICOM file as bytes, a path, an open file, a data set of pydicom, or an archive's instance.
        rule: its name, for example ``OracleOrdObject``.
        documents: where to look for it, the first one first; then come the documents of Fileroom's own.

    Raises:
        NotFoundError: no document has such a rule.
        DocumentError: the document is wrong, or the rule goes on for ever on this object.
        InvalidDatasetError: this is no DICOM object.
    """
    from fileroom_plugins.conformance.constraints.checking import is_valid  # noqa: PLC0415 - when needed

    return is_valid(source, rule, documents)


def _open(_: Options) -> DocumentKind:
    from fileroom_plugins.conformance.constraints.kind import ConstraintDocuments  # noqa: PLC0415 - when needed

    return ConstraintDocuments()


@hookimpl
def fileroom_documents() -> DocumentsPlugin:
    """Offer the kind."""
    return DocumentsPlugin("constraint", Options, _open, "Rules that DICOM objects are to keep")
