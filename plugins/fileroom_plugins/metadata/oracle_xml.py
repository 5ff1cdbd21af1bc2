"""Headers as Oracle Multimedia writes them (``metadata_1_0``), or as a mapping document has it.

Every attribute is an element of its VR's name with ``tag``, ``definer`` and ``name``. Several values are
joined by backslashes, as they are in DICOM; a person name has its parts and the whole as ``VALUE``; bytes are
encoded in base64; an age also has its number of ``days``. Values longer than the preference document allows
are left out, and with them what is bulk data.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fileroom.plugin import InvalidDatasetError
from fileroom_plugins.metadata.blocks import Blocks
from fileroom_plugins.metadata.elements import DataSet
from fileroom_plugins.metadata.kinds.preference import Preference
from fileroom_plugins.metadata.locators import COMPONENTS, DICOM
from fileroom_plugins.metadata.lookup import (
    Entry,
    is_creator,
    is_private,
    private_entry,
    standard_entry,
)
from fileroom_plugins.metadata.oracle_names import ELEMENTS, EXCEPTION, ITEM, VRS
from fileroom_plugins.metadata.values import names
from fileroom_plugins.metadata.xml_text import DECLARATION, escaped, texts
from fileroom_plugins.metadata.xml_tree import Tree
from fileroom_plugins.standard.definitions import Dictionary
from fileroom_plugins.standard.vrs import BINARY_VRS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Literal, TypeAlias

    from fileroom.plugin import CharacterSet
    from fileroom_plugins.metadata.elements import Element, Object
    from fileroom_plugins.metadata.kinds.mapping import MappedPath, Mapping
    from fileroom_plugins.standard.definitions import Definition

    Extract: TypeAlias = Literal["all", "mapped", "standard"]

PARTS = ("FAMILY", "GIVEN", "MIDDLE", "PREFIX", "SUFFIX")
GROUPS = ("unibyte", "ideographic", "phonetic")

_DAYS = {"D": 1, "W": 7, "M": 31, "Y": 365}


@dataclass(frozen=True, slots=True)
class Settings:
    """How an object is written.

    Attributes:
        mapping: where attributes go.
        extract: all attributes, only those that the mapping has a path for, or only those of the standard.
        preference: limits.
        standard: what is said of the standard's attributes beyond what is known.
        private: what is said of private ones.
    """

    mapping: Mapping
    extract: Extract = "all"
    preference: Preference = field(default_factory=Preference)
    standard: Dictionary = field(default_factory=Dictionary)
    private: Dictionary = field(default_factory=Dictionary)


def to_oracle_xml(source: Object, settings: Settings) -> str:
    """Return the attributes of an object, those of the file meta information too, as an XML document.

    Raises:
        InvalidDatasetError: an attribute that must be there is missing, or a value is not what its VR demands
            and the preference document accepts no such ones.
    """
    return _Writer(source, settings).document()


class _Writer:
    def __init__(self, source: Object, settings: Settings) -> None:
        self._source = source
        self._settings = settings
        self._dataset = DataSet([*source.meta.elements, *source.dataset.elements], source.dataset.charset)

    def document(self) -> str:
        settings, mapping = self._settings, self._settings.mapping
        root = Tree(mapping.root)
        mapped: set[int] = set()
        here = root.within(mapping.mapped)
        for path in mapping.paths:
            mapped |= self._mapped(path, here)
        if settings.extract != "mapped":
            elements = [element for element in self._dataset.elements if id(element) not in mapped]
            there = root.within(mapping.unmapped)
            there.content.extend(self.elements(DataSet(elements, self._dataset.charset), depth=0))
        namespace = f' xmlns="{escaped(mapping.namespace)}"' if mapping.namespace else ""
        return f"{DECLARATION}{root.written(namespace)}\n"

    def _mapped(self, path: MappedPath, here: Tree) -> set[int]:
        """Write what one path is for; return the elements directly in the data set that were written."""
        tag, whose = path.locator.steps[-1].tag, path.locator.steps[-1].definer
        found = list(path.locator.find(self._dataset))
        if path.occurs and not found:
            raise InvalidDatasetError(f"incomplete: it has no {_shown(tag)}, which the mapping demands")
        done = set()
        for element, dataset in found:
            if path.not_empty and not element.length:
                raise InvalidDatasetError(
                    f"incomplete: its {_shown(tag)} is empty, which the mapping forbids"
                )
            if whose != DICOM and self._settings.extract == "standard":
                continue
            if self._is_skipped(element):
                continue
            if path.path[-1] in VRS and not path.locator.component:
                there = here.within(path.path[:-1])
                there.content.append(self._element(element, dataset.charset, Blocks(dataset), depth=0))
                if len(path.locator.steps) == 1:
                    done.add(id(element))
                continue
            entry, definer = self._known(element.tag, Blocks(dataset))
            said = {
                "tag": f"{element.tag:08X}" if path.write_tag else None,
                "definer": definer if path.write_definer else None,
                "name": entry.name if path.write_name and entry else None,
                "rawValue": self._raw(element) if path.write_raw_value else None,
            }
            attributes = "".join(f' {name}="{escaped(one)}"' for name, one in said.items() if one is not None)
            content = self._plain(element, dataset.charset, path.locator.component)
            leaf = here.within(path.path[:-1])
            leaf.content.append(f"<{path.path[-1]}{attributes}>{content}</{path.path[-1]}>")
            if len(path.locator.steps) == 1 and not path.locator.component:
                done.add(id(element))
        return done

    def elements(self, dataset: DataSet, depth: int) -> Iterator[str]:
        """Yield the attributes of a data set, as elements of their VRs."""
        blocks = Blocks(dataset)
        for element in dataset.elements:
            if self._is_skipped(element) or (
                self._settings.extract == "standard" and is_private(element.tag)
            ):
                continue
            if isinstance(element.value, list) and depth >= self._settings.preference.max_depth:
                continue
            yield self._element(element, dataset.charset, blocks, depth)

    def _element(self, element: Element, charset: CharacterSet, blocks: Blocks, depth: int) -> str:
        """Return an attribute as an element of its VR."""
        entry, definer = self._known(element.tag, blocks)
        name, content, more = self._content(element, charset, depth)
        title = escaped(entry.name) if entry else ""
        return (
            f'<{name} tag="{element.tag:08X}" definer="{escaped(definer)}" name="{title}"{more}>'
            f"{content}</{name}>"
        )

    def _is_skipped(self, element: Element) -> bool:
        if isinstance(element.value, list):
            return False
        return element.length > self._settings.preference.skip_over

    def _known(self, tag: int, blocks: Blocks) -> tuple[Entry | Definition | None, str]:
        """Return what dictionaries say of a tag, and whose it is."""
        if not is_private(tag):
            return self._settings.standard.find(tag) or standard_entry(tag), DICOM
        if is_creator(tag):
            return Entry("LO", "Private Creator"), DICOM
        creator = blocks.creator(tag)
        return self._settings.private.find(tag, creator) or private_entry(tag, creator), creator

    def _content(self, element: Element, charset: CharacterSet, depth: int) -> tuple[str, str, str]:
        """Return name, content and further attributes of the element for a DICOM element."""
        vr, value = element.vr, element.value
        if isinstance(value, list):
            numbered = enumerate(value, start=1)
            items = (
                f'<{ITEM} number="{n}">{"".join(self.elements(i, depth + 1))}</{ITEM}>' for n, i in numbered
            )
            return ELEMENTS["SQ"], "".join(items), ""
        if vr == "PN":
            return ELEMENTS[vr], _person_names(self._source.bulk(element), charset), ""
        plain = self._texts(element, charset)
        if plain is None:
            if vr not in BINARY_VRS:
                if self._settings.preference.strict:
                    raise InvalidDatasetError(f"damaged: its {_shown(element.tag)} is not what {vr} demands")
                return EXCEPTION, "", f' rawValue="{self._base64(element)}"'
            return ELEMENTS[vr], self._base64(element), ""
        days = _days(plain[0]) if vr == "AS" and len(plain) == 1 else ""
        return ELEMENTS[vr], escaped("\\".join(plain)), f' days="{days}"' if days else ""

    def _texts(self, element: Element, charset: CharacterSet) -> list[str] | None:
        if element.vr in BINARY_VRS:
            return None
        if element.value is None:
            element = element._replace(value=self._source.bulk(element))
        return texts(self._source, element, charset)

    def _plain(self, element: Element, charset: CharacterSet, component: str) -> str:
        """Return the content of a mapped element: text where there is one."""
        if isinstance(element.value, list):
            return self._content(element, charset, 0)[1]
        if element.vr == "PN":
            found = names(self._source.bulk(element), charset)
            if component:
                group, part = COMPONENTS[component]
                shown = [_component(name, group, part) for name in found]
            else:
                shown = ["=".join(name) for name in found]
            return escaped("\\".join(shown))
        plain = self._texts(element, charset)
        return self._base64(element) if plain is None else escaped("\\".join(plain))

    def _raw(self, element: Element) -> str | None:
        return None if isinstance(element.value, list) else self._base64(element)

    def _base64(self, element: Element) -> str:
        return b64encode(self._source.bulk(element)).decode("ascii")


def _person_names(value: bytes, charset: CharacterSet) -> str:
    found = names(value, charset)
    parts = []
    for name in found:
        for kind, group in zip(GROUPS, name, strict=False):
            named = "".join(
                f"<{part}>{escaped(text)}</{part}>"
                for part, text in zip(PARTS, group.split("^"), strict=False)
                if text
            )
            if named:
                parts.append(f'<NAME type="{kind}">{named}</NAME>')
    whole = "\\".join("=".join(name) for name in found)
    return f"{''.join(parts)}<VALUE>{escaped(whole)}</VALUE>" if found else ""


def _component(groups: list[str], group: int, part: int | None) -> str:
    text = groups[group] if group < len(groups) else ""
    if part is None:
        return text
    parts = text.split("^")
    return parts[part] if part < len(parts) else ""


def _days(age: str) -> str:
    number, unit = age[:-1], age[-1:]
    known = unit in _DAYS and number.isascii() and number.isdigit()
    return str(int(number) * _DAYS[unit]) if known and len(number) <= len("999") else ""


def _shown(tag: int) -> str:
    return f"({tag >> 16:04X},{tag & 0xFFFF:04X})"
