"""Readable file names from DICOM values, whatever those values hold.

Values come from files that anybody may have written: a PatientID can be ``../../etc/passwd``, ``CON``,
40 kB of text, or empty. The names made here are safe on Linux, macOS and Windows alike, and the same
on all three: they depend on the value only, never on the machine.
"""

from __future__ import annotations

import hashlib
import re
import string
import unicodedata
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from fileroom.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_COMPONENT = 240
"""Longest component in UTF-8 bytes. File systems allow 255; the rest is room for a suffix such as ``~12``
or ``.tmp`` that a writer may add."""

# Separators and what Windows forbids; control characters; characters that show nothing or turn the
# direction of writing (one name could pass for another); surrogates, which UTF-8 cannot hold.
_FORBIDDEN = re.compile(
    r'[<>:"/\\|?*\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufffe\uffff'
    r"\ud800-\udfff]"
)
# Windows opens a device for these, with any extension (Microsoft, "Naming Files, Paths, and Namespaces").
_DEVICE = re.compile(
    r"(?:con|prn|aux|nul|conin\$|conout\$|clock\$|(?:com|lpt)[0-9¹²³]) *(?:\.|$)", re.IGNORECASE
)
_EMPTY = "_"


def clean_component(text: str, tail: str = "") -> str:
    """Return one path component that shows ``text`` and ends in ``tail``.

    A text that is safe as it stands is returned as it stands. Any other is made safe and gets ``~`` and
    12 hex digits of its SHA-256 before the tail, so that two texts that would look alike after cleaning
    stay apart. Cleaning a cleaned name changes nothing. An empty text is ``_``.

    Safe means: no separator, control or invisible character; no dot or space at either end; no device
    name of Windows; Unicode normal form C; at most `MAX_COMPONENT` bytes of UTF-8.

    Args:
        text: any text at all.
        tail: a short, safe ending to keep, for example ``.dcm``.
    """
    if not text:
        return _EMPTY + tail
    clean = _cleaned(text, tail)
    if clean == text and len((text + tail).encode()) <= MAX_COMPONENT:
        return text + tail
    mark = "~" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12] + tail
    room = MAX_COMPONENT - len(mark.encode())
    return _cut(clean, room) + mark


def _cleaned(text: str, tail: str) -> str:
    clean = unicodedata.normalize("NFC", _FORBIDDEN.sub("_", text)).strip(" .")
    return f"_{clean}" if not clean or _DEVICE.match(clean + tail) else clean


def _cut(text: str, room: int) -> str:
    """Cut to so many bytes of UTF-8, between characters."""
    return text.encode()[:room].decode(errors="ignore")


class NameTemplate:
    """A path with DICOM keywords in it: ``{PatientID}/{StudyDate}-{Modality}/{SOPInstanceUID}.dcm``.

    Components are separated by ``/``; a value never adds one, since each component is cleaned as a whole
    with `clean_component`. What follows a component's last field is its ending and always stays.

    Attributes:
        fields: the keywords in it, in order, each once.

    Raises:
        ConfigError: the template is malformed, empty, or not relative; its own text is not safe as a file
            name; or a field is more than a plain keyword.
    """

    def __init__(self, template: str) -> None:
        self._template = template
        self._components = tuple(_Component(part) for part in template.split("/"))
        names = [name for component in self._components for name in component.fields]
        self.fields: tuple[str, ...] = tuple(dict.fromkeys(names))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._template!r})"

    def render(self, values: Mapping[str, str]) -> PurePosixPath:
        """Return the relative path for one object; a missing or empty value shows as ``_``.

        It has as many components as the template, each of at most `MAX_COMPONENT` bytes. Different values
        give different paths as far as the template tells them apart; letters that differ only in case do,
        which a case-insensitive file system does not see.
        """
        return PurePosixPath(*(component.render(values) for component in self._components))


class _Component:
    """One component: literal text and fields in turn, then the ending."""

    def __init__(self, template: str) -> None:
        self._parts: list[tuple[str, str]] = []
        self._tail = ""
        for literal, field in _parsed(template):
            if field:
                self._parts.append((self._tail + literal, field))
                self._tail = ""
            else:
                self._tail += literal
        self.fields = [field for _, field in self._parts]
        self._check(template)

    def _check(self, template: str) -> None:
        """Refuse text that cleaning would change: an operator should read what is written."""
        example = "".join(literal + "x" * 16 for literal, _ in self._parts) + self._tail
        if not example or clean_component(example) != example:
            raise ConfigError(f"name template: {template!r} cannot be part of a path on every system")

    def render(self, values: Mapping[str, str]) -> str:
        if not self._parts:
            return self._tail
        text = "".join(literal + (values.get(field) or _EMPTY) for literal, field in self._parts)
        return clean_component(text, self._tail)


def _parsed(template: str) -> list[tuple[str, str | None]]:
    try:
        parts = list(string.Formatter().parse(template))
    except ValueError as error:
        raise ConfigError(f"name template: {template!r}: {error}") from error
    for _, field, spec, conversion in parts:
        if field is not None and (not field.isidentifier() or spec or conversion):
            raise ConfigError(f"name template: {{{field}}} is not a plain DICOM keyword in braces")
    return [(literal, field) for literal, field, _, _ in parts]
