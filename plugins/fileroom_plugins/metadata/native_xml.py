"""Headers in the Native DICOM Model (PS3.19 section A.1)."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING

from fileroom_plugins.metadata.blocks import Blocks
from fileroom_plugins.metadata.elements import NAME_GROUPS
from fileroom_plugins.metadata.lookup import is_creator, is_private, standard_entry
from fileroom_plugins.metadata.values import names
from fileroom_plugins.metadata.xml_text import DECLARATION, escaped, texts
from fileroom_plugins.standard.vrs import BINARY_VRS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fileroom.plugin import CharacterSet
    from fileroom_plugins.metadata.bulk import Bulk, Referrer
    from fileroom_plugins.metadata.elements import DataSet, Element, Object

NAMESPACE = "http://dicom.nema.org/PS3.19/models/NativeDICOM"
ROOT = "NativeDicomModel"

COMPONENTS = ("FamilyName", "GivenName", "MiddleName", "NamePrefix", "NameSuffix")


def to_native_xml(source: Object, bulk: Bulk) -> str:
    """Return the data set of an object as an XML document.

    There is no file meta information in it and no group lengths; of a private attribute, the tag has no block
    and ``privateCreator`` says whose it is, as the standard has it.

    Raises:
        InvalidDatasetError: bulk data that is to be in the document is not all there.
    """
    writer = _Writer(source, bulk.referrer(source))
    content = "".join(writer.data_set(source.dataset))
    return f'{DECLARATION}<{ROOT} xmlns="{NAMESPACE}" xml:space="preserve">{content}</{ROOT}>\n'


class _Writer:
    def __init__(self, source: Object, referrer: Referrer) -> None:
        self._source = source
        self._referrer = referrer

    def data_set(self, dataset: DataSet) -> Iterator[str]:
        blocks = Blocks(dataset)
        for element in dataset.elements:
            tag = element.tag
            if tag & 0xFFFF == 0:
                continue
            if not is_private(tag):
                entry = standard_entry(tag)
                more = f' keyword="{entry.keyword}"' if entry and entry.keyword else ""
            elif is_creator(tag):
                if blocks.is_named(tag):
                    continue  # the elements of the block say so
                more = ""
            else:
                tag, creator = blocks.neutral(tag)
                more = f' privateCreator="{escaped(creator)}"' if creator else ""
            vr, content = self._content(element, dataset.charset)
            yield f'<DicomAttribute tag="{tag:08X}" vr="{vr}"{more}>{content}</DicomAttribute>'

    def _content(self, element: Element, charset: CharacterSet) -> tuple[str, str]:
        vr, value = element.vr, element.value
        if isinstance(value, list):
            items = (
                f'<Item number="{number}">{"".join(self.data_set(item))}</Item>'
                for number, item in enumerate(value, start=1)
            )
            return vr, "".join(items)
        if vr == "PN" and value is not None:
            named = enumerate(names(value, charset), start=1)
            return vr, "".join(_person_name(number, groups) for number, groups in named)
        found = None if vr in BINARY_VRS or value is None else texts(self._source, element, charset)
        if found is None:
            return vr if vr in BINARY_VRS else "UN", self._binary(element)
        numbered = enumerate(found, start=1)
        return vr, "".join(f'<Value number="{number}">{escaped(text)}</Value>' for number, text in numbered)

    def _binary(self, element: Element) -> str:
        if not element.length:
            return ""
        if element.length > self._referrer.threshold:
            return f'<BulkData uri="{escaped(self._referrer.uri(element))}"/>'
        return f"<InlineBinary>{b64encode(self._source.bulk(element)).decode('ascii')}</InlineBinary>"


def _person_name(number: int, groups: list[str]) -> str:
    parts = []
    for group, text in zip(NAME_GROUPS, groups, strict=False):
        components = "".join(
            f"<{name}>{escaped(component)}</{name}>"
            for name, component in zip(COMPONENTS, text.split("^"), strict=False)
            if component
        )
        if components:
            parts.append(f"<{group}>{components}</{group}>")
    return f'<PersonName number="{number}">{"".join(parts)}</PersonName>'
