"""What an object has to say of itself once detail was lost: PS3.3 sections C.7.6.1.1.2 to C.7.6.1.1.5."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydicom import Dataset
from pydicom.multival import MultiValue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fileroom_plugins.imaging.transcoding.targets import Target

LOSSY_SYNTAXES = {
    "1.2.840.10008.1.2.4.50": "ISO_10918_1",
    "1.2.840.10008.1.2.4.51": "ISO_10918_1",
    "1.2.840.10008.1.2.4.53": "ISO_10918_1",
    "1.2.840.10008.1.2.4.55": "ISO_10918_1",
    "1.2.840.10008.1.2.4.81": "ISO_14495_1",
    **dict.fromkeys(("1.2.840.10008.1.2.4.100", "1.2.840.10008.1.2.4.101"), "ISO_13818_2"),
    **dict.fromkeys((f"1.2.840.10008.1.2.4.{number}" for number in range(102, 107)), "ISO_14496_10"),
    **dict.fromkeys(("1.2.840.10008.1.2.4.107", "1.2.840.10008.1.2.4.108"), "ISO_23008_2"),
}
"""Transfer syntaxes whose images have lost detail for certain, to the method that lost it."""

_MOST_VALUES = 16


def mark(dataset: Dataset, target: Target, ratio: float, description: str) -> None:
    """Mark an object as derived by lossy compression.

    Image Type and Frame Type become ``DERIVED``; ratio and method are added to those of earlier compressions;
    the source is referred to, and the derivation told in words and as a code. Digital signatures, which no
    longer hold, are removed. Call this before the SOP Instance UID changes.

    Args:
        dataset: changed.
        target: what it is compressed to.
        ratio: uncompressed size by compressed size.
        description: for Derivation Description, which keeps what it had.
    """
    for item in (dataset, *_items(dataset)):
        for keyword in ("ImageType", "FrameType"):
            values = item.get(keyword)
            if values:
                item[keyword].value = ["DERIVED", *_values(values)[1:]]
    if "ImageType" not in dataset:
        dataset.ImageType = ["DERIVED", "PRIMARY"]
    add_compression(dataset, target.lossy, ratio)
    before = str(dataset.get("DerivationDescription") or "")
    dataset.DerivationDescription = "; ".join(filter(None, (before, description)))[:1024]
    derivations = list(dataset.get("DerivationCodeSequence") or [])
    dataset.DerivationCodeSequence = [*derivations, _code("113040", "Lossy Compression")]
    refer_to_source(dataset, "121320", "Uncompressed predecessor")
    for keyword in ("DigitalSignaturesSequence", "MACParametersSequence"):
        if keyword in dataset:
            del dataset[keyword]


def add_compression(dataset: Dataset, method: str, ratio: float) -> None:
    """Add one lossy compression to those an object tells of."""
    ratios = _values(dataset.get("LossyImageCompressionRatio"))[-_MOST_VALUES + 1 :]
    methods = _values(dataset.get("LossyImageCompressionMethod"))[-_MOST_VALUES + 1 :]
    dataset.LossyImageCompression = "01"
    dataset.LossyImageCompressionRatio = [*ratios, f"{ratio:.2f}"]
    dataset.LossyImageCompressionMethod = [*methods, method]


def tell_of_loss(dataset: Dataset, syntax: str, ratio: float) -> None:
    """Keep what only the transfer syntax told: that detail was lost before the object is decompressed."""
    if syntax not in LOSSY_SYNTAXES or dataset.get("LossyImageCompression") == "01":
        return
    if dataset.get("LossyImageCompressionMethod"):
        dataset.LossyImageCompression = "01"
    else:
        add_compression(dataset, LOSSY_SYNTAXES[syntax], ratio)


def refer_to_source(dataset: Dataset, code: str, meaning: str) -> None:
    """Refer to the object as it was (PS3.3 section C.7.6.1.1.4, context group 7202)."""
    source = Dataset()
    source.ReferencedSOPClassUID = dataset.SOPClassUID
    source.ReferencedSOPInstanceUID = dataset.SOPInstanceUID
    source.PurposeOfReferenceCodeSequence = [_code(code, meaning)]
    dataset.SourceImageSequence = [source]


def _code(value: str, meaning: str) -> Dataset:
    code = Dataset()
    code.CodeValue = value
    code.CodingSchemeDesignator = "DCM"
    code.CodeMeaning = meaning
    return code


def _items(dataset: Dataset) -> Iterator[Dataset]:
    """Yield the functional groups that tell a frame's type (PS3.3 section C.7.6.16)."""
    for keyword in ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"):
        for group in dataset.get(keyword) or ():
            for element in group:
                if element.VR == "SQ" and element.keyword.endswith("FrameTypeSequence"):
                    yield from element.value


def _values(value: object) -> list[str]:
    if value is None or value == "":
        return []
    return [str(one) for one in value] if isinstance(value, MultiValue | list | tuple) else [str(value)]
