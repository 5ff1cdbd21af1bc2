"""De-identification by PS3.15 Annex E: the processor ``deidentify``, and the same as functions.

Which module does what: `actions` and `profile` say what is done with which attribute, `standard_profile`
makes the profile of the Basic Application Level Confidentiality Profile and its options of the table E.1-1,
`deidentifier` applies one to an object, `pseudonyms` and `keyed` are what takes the place of identifiers, and
`report` is what is told of it all.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import NoneType
from typing import TYPE_CHECKING, Literal

from fileroom.plugin import DocumentName, ProcessorPlugin, Secret, Takes, hookimpl

if TYPE_CHECKING:
    from fileroom.plugin import Document, ObjectSource, Processor
    from fileroom_plugins.deidentify.deidentifier import Result


_KINDS = {
    **dict.fromkeys(("uid_root", "new_sop_instance_uid"), ((str,), "a text")),
    **dict.fromkeys(("key", "mapping"), ((Secret, NoneType), "a Secret, such as Secret('text')")),
    "document": ((DocumentName, NoneType), "a DocumentName"),
    **dict.fromkeys(("standard_dictionary", "private_dictionary"), ((DocumentName,), "a DocumentName")),
}


@dataclass(frozen=True, slots=True)
class Options:
    """The keys of ``[plugins.deidentify]``, and the arguments of the processor.

    Attributes:
        options: of PS3.15 section E.3, for example ``["retain-uids", "clean-descriptors"]``; see
            `fileroom_plugins.deidentify.standard_profile.Option` for all of them.
        document: an anonymity document that says what to do; it names the options it wants itself.
        standard_dictionary: a standard dictionary: what it defines is known to rules. That it
            and the next one are named as those that come with Fileroom lets an archive's own of their names
            stand for them.
        private_dictionary: a private dictionary, likewise.
        key: from which pseudonyms, UIDs and date shifts are made: text of 16 bytes or more, best random and
            from a file, ``{ file = "deidentify.key" }``. Without one they are random, and not the same again.
        uid_root: what new UIDs begin with; ``2.25`` makes UIDs of random numbers, which anybody may.
        days: by how many days dates are moved, the least and the most, where they are retained modified.
        mapping: the URL of a database that keeps who became whom, as SQLAlchemy names it; needs a key.
        new_sop_instance_uid: of the new object, of which there may be one only.
        rectangles: where all images have burned-in text, each ``x y width height`` in pixels; for
            ``clean-pixel-data``.
        unknown_pixels: what becomes of images that often have burned-in text, and nothing says where:
            ``refuse`` them, or ``report`` them and leave their pixels.
        check: look for what is left of the original's identity in the new object: ``refuse`` such objects,
            only ``report`` it, or do not look (``off``).

    Raises:
        ValueError: options contradict each other, are out of range, or of another type.
    """

    options: tuple[str, ...] = ()
    document: DocumentName | None = None
    standard_dictionary: DocumentName = DocumentName("ordcmsd.xml")
    private_dictionary: DocumentName = DocumentName("ordcmpv.xml")
    key: Secret | None = field(default=None, repr=False)
    uid_root: str = "2.25"
    days: tuple[int, ...] = (-3650, -1)
    mapping: Secret | None = field(default=None, repr=False)
    new_sop_instance_uid: str = ""
    rectangles: tuple[str, ...] = ()
    unknown_pixels: Literal["refuse", "report"] = "refuse"
    check: Literal["refuse", "report", "off"] = "refuse"

    def __post_init__(self) -> None:
        """Refuse what contradicts itself; what a name or key is good for is seen when it is used."""
        _check_types(self)
        if self.document is not None and self.options:
            raise ValueError("document: it names the options it wants itself; leave options out")
        if self.mapping is not None and self.key is None:
            raise ValueError("mapping: it needs a key, without which nobody could read it")
        for name, own in (("unknown_pixels", ("refuse", "report")), ("check", ("refuse", "report", "off"))):
            if getattr(self, name) not in own:
                raise ValueError(f"{name}: expected {', '.join(own[:-1])} or {own[-1]}")


def _check_types(options: Options) -> None:
    """Refuse what no table holds, but Python may: a text instead of several would be its letters."""
    for name in ("options", "rectangles"):
        if not _are(str, getattr(options, name)):
            raise ValueError(f"{name}: expected a tuple of texts")
    if not _are(int, options.days) or len(options.days) != 2:  # noqa: PLR2004
        raise ValueError("days: expected two numbers, the least and the most")
    for name, (kinds, called) in _KINDS.items():
        fits = isinstance(getattr(options, name), kinds)
        if not fits:
            raise ValueError(f"{name}: expected {called}")


def _are(kind: type, values: object) -> bool:
    return isinstance(values, tuple | list) and all(
        isinstance(one, kind) and not isinstance(one, bool) for one in values
    )


def deidentify(source: ObjectSource, options: Options | None = None) -> Result:
    """De-identify one object.

    Args:
        source: a DICOM file's bytes, its path, an open binary file, a pydicom dataset, or an
            instance of an archive; it stays as it is.
        options: what to do; the Basic Profile with random pseudonyms if none are given.

    Returns:
        The new object and the report. To do many with one random key, keep a
        `fileroom_plugins.deidentify.processor.DeidentifyProcessor`.

    Raises:
        FileroomError: as `fileroom_plugins.deidentify.deidentifier.Deidentifier.apply`; or the source cannot
            be read, or the options are wrong.
    """
    from fileroom_plugins.deidentify.functions import deidentify_one  # noqa: PLC0415 - pydicom is slow

    return deidentify_one(source, options or Options())


def is_anonymous(
    source: ObjectSource,
    document: Document | str | None = None,
    *,
    standard_dictionary: Document | None = None,
    private_dictionary: Document | None = None,
) -> bool:
    """Say whether an object has nothing that a profile would take away.

    It must say that the patient's identity was removed, and not say that there is text in its pixels. What
    the profile removes must not be there, what it empties must be empty, what has to have a value must have
    one of the dummies that de-identification leaves, or what looks like a pseudonym, and what it replaces
    must have the replacement. Whether a UID is another one, nobody can see; the object is taken at its word.

    Args:
        source: as for `deidentify`.
        document: an anonymity document; the Basic Profile if there is none. A name means the document of
            that name in the archive that an instance is from, else one that comes with Fileroom, or a file.
        standard_dictionary: what it defines is known to the document's rules.
        private_dictionary: likewise.

    Raises:
        NotFoundError: there is no document of that name.
        FileroomError: the source is damaged or cannot be read, or a document is wrong.
    """
    from fileroom_plugins.deidentify import asking  # noqa: PLC0415 - this module is imported for its options
    from fileroom_plugins.deidentify.functions import is_anonymous_one  # noqa: PLC0415

    given = {
        "document": None if isinstance(document, str) else document,
        "standard_dictionary": standard_dictionary,
        "private_dictionary": private_dictionary,
    }
    named = {name: DocumentName.of(one) for name, one in given.items() if one is not None}
    if isinstance(document, str):
        named["document"] = DocumentName(document)
    return is_anonymous_one(source, asking.Options(**named))


def _open(options: Options) -> Processor:
    from fileroom_plugins.deidentify.processor import DeidentifyProcessor  # noqa: PLC0415

    return DeidentifyProcessor(options)


@hookimpl
def fileroom_processor() -> ProcessorPlugin:
    """Offer the processor."""
    summary = "A new object without the patient's identity, and a report"
    return ProcessorPlugin("deidentify", Options, _open, summary, takes=Takes.EACH)
