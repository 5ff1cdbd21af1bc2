"""Objects without pixels: all that changes is how their attributes are written.

Long values of bytes, such as those of raw data or of encapsulated documents, are copied piece by piece.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, BinaryIO

import pydicom
from pydicom.dataelem import convert_raw_data_element
from pydicom.filewriter import correct_ambiguous_vr
from pydicom.uid import UID

from fileroom.plugin import InvalidDatasetError, NotSupportedError
from fileroom_plugins.imaging.header import LONG, PIXELS, deferred, inflated, read_deferred
from fileroom_plugins.imaging.transcoding.attributes import renew_uid, swap_words
from fileroom_plugins.imaging.transcoding.writing import CHUNK, encoded, native_element, write_object
from fileroom_plugins.imaging.wholeness import check_whole
from fileroom_plugins.standard.vrs import BINARY_VRS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydicom import Dataset
    from pydicom.dataelem import RawDataElement

    from fileroom_plugins.imaging.transcoding.settings import Settings
    from fileroom_plugins.imaging.transcoding.targets import Target

_UNDEFINED = 0xFFFFFFFF
_SOP_INSTANCE_UID = 0x00080018
_LAST = 0xFFFFFFFF


def transcode_plain(source: BinaryIO, sink: BinaryIO, target: Target, settings: Settings) -> bool:
    """Write an object that has no pixels in a transfer syntax that does not compress any.

    Raises:
        NotSupportedError: it has pixels after all, or inflates to more than `header.LARGEST`.
        InvalidDatasetError: it is no DICOM object.
    """
    plain = inflated(source) or source
    plain.seek(0)
    dataset: Dataset = pydicom.dcmread(plain, force=True, defer_size=LONG)
    if "SOPClassUID" not in dataset or "SOPInstanceUID" not in dataset:
        raise InvalidDatasetError("this is no DICOM object, or a damaged one")
    syntax = dataset.file_meta.get("TransferSyntaxUID")
    if syntax and UID(syntax).is_encapsulated:
        raise InvalidDatasetError("the transfer syntax is one of compressed images, and there are no pixels")
    check_whole(dataset, plain)
    if any(keyword in dataset for keyword in PIXELS.values()):
        raise NotSupportedError("the object has pixels, and is no image that can be transcoded")
    long = _long_values(dataset, plain)
    if dataset.original_encoding[1] is False:
        swap_words(dataset)
    another = renew_uid(dataset, target, settings, loses=False)
    meta = dataset.file_meta
    dataset = correct_ambiguous_vr(dataset, is_little_endian=True)
    before = dataset[: min(long)] if long else dataset
    rest = _from_first_long(dataset, long, plain, UID(target.uid))
    write_object(sink, meta, (before, rest, pydicom.Dataset()), UID(target.uid))
    return another


def _long_values(dataset: Dataset, source: BinaryIO) -> dict[int, RawDataElement]:
    """Take the long values out of a dataset that can be copied as they are, and read those that cannot."""
    found: dict[int, RawDataElement] = {}
    for raw in deferred(dataset):
        vr = convert_raw_data_element(raw._replace(value=b"", length=0), ds=dataset).VR
        is_sized = raw.length != _UNDEFINED
        # Such bytes are the same in all transfer syntaxes that are little endian.
        if vr in BINARY_VRS and is_sized and raw.is_little_endian and raw.tag > _SOP_INSTANCE_UID:
            found[int(raw.tag)] = raw._replace(VR=vr)
            del dataset[raw.tag]
        else:
            read_deferred(dataset, raw, source)
    return found


def _from_first_long(
    dataset: Dataset, long: Mapping[int, RawDataElement], source: BinaryIO, syntax: UID
) -> Iterator[bytes]:
    """Yield the first long value and all attributes behind it, encoded."""
    character_set = dataset.get("SpecificCharacterSet")
    for tag, following in pairwise([*sorted(long), _LAST]):
        raw = long[tag]
        yield from native_element(tag, str(raw.VR), raw.length, _copied(raw, source), syntax)
        yield encoded(dataset[tag:following], syntax, character_set)


def _copied(raw: RawDataElement, source: BinaryIO) -> Iterator[bytes]:
    for start in range(0, raw.length, CHUNK):
        source.seek(raw.value_tell + start)
        yield source.read(min(CHUNK, raw.length - start))
