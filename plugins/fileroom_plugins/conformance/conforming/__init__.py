"""Objects are checked as they arrive: the intervention ``conforming``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from fileroom.plugin import Accept, DocumentName, ExtensionPlugin, hookimpl


@dataclass(frozen=True, slots=True)
class Options:
    """The keys of ``[plugins.conforming]``.

    Attributes:
        rules: constraint documents to check by, by name or path.
        standard: whether objects are checked against the standard too.
        on_error: what becomes of an object with errors. ``accept`` lets it pass, ``label`` labels its
            instance in the transaction that stores it, ``quarantine`` sets it aside, ``reject`` refuses it.
        label: the label, 1 to 64 letters, digits, ``-`` or ``_``.
        standard_dictionary: as of ``[plugins.conformance]``, and so are the next two.
        private_dictionary: likewise.
        uids: likewise.

    Raises:
        InvalidValueError: ``label`` cannot be a label.
    """

    rules: tuple[DocumentName, ...] = ()
    standard: bool = True
    on_error: Literal["accept", "label", "quarantine", "reject"] = "label"
    label: str = "nonconformant"
    standard_dictionary: DocumentName = DocumentName("ordcmsd.xml")
    private_dictionary: DocumentName = DocumentName("ordcmpv.xml")
    uids: DocumentName = DocumentName("ordcmui.xml")

    def __post_init__(self) -> None:
        """Refuse what cannot be a label before anything arrives."""
        Accept(labels=(self.label,))


def _open(options: Options) -> object:
    from fileroom_plugins.conformance.conforming.gate import Gate  # noqa: PLC0415 - pydicom is slow to import

    return Gate(options)


@hookimpl
def fileroom_extension() -> ExtensionPlugin:
    """Offer the intervention."""
    return ExtensionPlugin(
        "conforming", Options, _open, "Labels or refuses what breaks the standard or rules"
    )
