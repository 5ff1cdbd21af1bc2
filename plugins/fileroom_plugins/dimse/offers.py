"""What is in a file to be sent: which object, in which transfer syntax, from which byte on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from pydicom.filereader import read_dataset, read_preamble
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from fileroom.plugin import FileroomError, InvalidDatasetError, SendState, SendStatus

if TYPE_CHECKING:
    from pydicom import Dataset
    from pydicom.tag import BaseTag

    from fileroom.plugin import SendItem

_META_GROUP = 2
_FIRST_ELEMENT = 6  # bytes: a tag, and its VR where that is explicit


@dataclass(frozen=True, slots=True)
class Offer:
    """An object as a peer will be asked to store it.

    Attributes:
        item: the object.
        sop_class_uid, sop_instance_uid: as the request names it.
        transfer_syntax_uid: of the data set in the file.
        offset: where in the file the data set starts.
    """

    item: SendItem
    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax_uid: str
    offset: int


def look_at(item: SendItem) -> Offer | SendStatus:
    """Return what there is to offer, or the status of an item that cannot be read."""
    try:
        with item.open() as file:
            return _read(item, file)
    except FileroomError as error:
        return SendStatus(item, SendState.FAILED, reason=str(error))


def _read(item: SendItem, file: BinaryIO) -> Offer:
    meta, offset = _file_meta(file)
    sop_class_uid = item.sop_class_uid or str(meta.get("MediaStorageSOPClassUID", ""))
    sop_instance_uid = item.sop_instance_uid or str(meta.get("MediaStorageSOPInstanceUID", ""))
    if not (sop_class_uid and sop_instance_uid):
        raise InvalidDatasetError("it names no SOP class or no SOP instance, so no peer could be asked")
    file.seek(offset)
    syntax = str(meta.get("TransferSyntaxUID", "")) or item.transfer_syntax_uid or _guess(file)
    return Offer(item, sop_class_uid, sop_instance_uid, syntax, offset)


def _file_meta(file: BinaryIO) -> tuple[Dataset, int]:
    """Return the file meta information (PS3.10 section 7.1), which may be missing, and where it ends."""
    try:
        read_preamble(file, force=True)
        meta = read_dataset(
            file, is_implicit_VR=False, is_little_endian=True, stop_when=_behind_meta, defer_size=None
        )
        return meta, file.tell()
    except FileroomError:
        raise
    except Exception as error:
        # pydicom raises whatever the damage leads to.
        raise InvalidDatasetError(
            f"its file meta information cannot be read: {type(error).__name__}"
        ) from error


def _behind_meta(tag: BaseTag, vr: str | None, length: int) -> bool:
    del vr, length
    return tag.group != _META_GROUP


def _guess(file: BinaryIO) -> str:
    """Return the syntax of a data set without file meta information, by its first element."""
    vr = file.read(_FIRST_ELEMENT)[-2:]
    return str(ExplicitVRLittleEndian if vr.isalpha() and vr.isupper() else ImplicitVRLittleEndian)
