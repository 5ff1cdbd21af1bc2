"""Transcoding one object: its header, its frames one by one, and what follows them."""

from __future__ import annotations

import io
import shutil
import tempfile
from contextlib import ExitStack, suppress
from itertools import chain
from typing import TYPE_CHECKING, BinaryIO, cast

from pydicom import Dataset
from pydicom.filereader import read_dataset
from pydicom.filewriter import correct_ambiguous_vr
from pydicom.uid import UID

from fileroom.plugin import NotSupportedError
from fileroom_plugins.imaging.faults import damage
from fileroom_plugins.imaging.header import PIXELS, read_header
from fileroom_plugins.imaging.image import Image
from fileroom_plugins.imaging.transcoding.attributes import (
    adopt,
    drop_compressed_icons,
    renew_uid,
    resolve_vrs,
    swap_words,
)
from fileroom_plugins.imaging.transcoding.coding import coding_of, converted
from fileroom_plugins.imaging.transcoding.encoders import encode
from fileroom_plugins.imaging.transcoding.frames import end_of_pixels, native_bytes, native_length
from fileroom_plugins.imaging.transcoding.lossy import mark, tell_of_loss
from fileroom_plugins.imaging.transcoding.plain import transcode_plain
from fileroom_plugins.imaging.transcoding.writing import (
    encapsulated_element,
    native_element,
    set_offset_table,
    write_object,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fileroom_plugins.imaging.decoding import Decoded
    from fileroom_plugins.imaging.header import Header
    from fileroom_plugins.imaging.layout import Layout
    from fileroom_plugins.imaging.native import Pixels
    from fileroom_plugins.imaging.transcoding.settings import Settings
    from fileroom_plugins.imaging.transcoding.targets import Target

_IN_MEMORY = 16 << 20
"""Compressed frames are kept in a temporary file once they are more bytes than this."""

_PIXEL_TAGS = {keyword: tag for tag, keyword in PIXELS.items()}


def transcode_file(source: BinaryIO, sink: BinaryIO, target: Target, settings: Settings) -> bool:
    """Write an object in another transfer syntax.

    Frames are decoded and encoded one at a time. What loses nothing keeps the object's identity, unless a new
    one is asked for; what loses detail gets a new SOP Instance UID, and says so (see `lossy.mark`). An object
    that is in the target's transfer syntax already is copied as it is, unless its pixels are missing, or too
    short or too long.

    Args:
        source: the object; seekable, and left open.
        sink: where to.
        target: the transfer syntax.
        settings: how much may be lost.

    Returns:
        Whether it is another object now, with a SOP Instance UID of its own.

    Raises:
        NotSupportedError: the target cannot hold the object, or there is no decoder for it.
        InvalidDatasetError: the object is damaged.
        MissingDependencyError: the encoder or decoder is not installed; names the extra.
    """
    with damage("transcoding"):
        header = None
        try:
            header = read_header(source)
        except NotSupportedError:
            if target.encapsulated:
                raise
        if header is None:  # out of the exception's reach, which holds on to what was inflated
            return transcode_plain(source, sink, target, settings)
        if header.syntax == target.uid and not settings.new_uid:
            with suppress(NotSupportedError):  # what cannot be shown can be copied
                Image(header, None, ExitStack()).check_frames()
            source.seek(0)
            shutil.copyfileobj(source, sink)
            return False
        image = Image(header, None, ExitStack())
        write = _encapsulate if target.encapsulated else _lay_open
        return write(header, image, sink, target, settings)


def transcode_bytes(source: BinaryIO, target: Target, settings: Settings) -> bytes:
    """Return an object in another transfer syntax; see `transcode_file`."""
    buffer = io.BytesIO()
    transcode_file(source, buffer, target, settings)
    return buffer.getvalue()


def _encapsulate(header: Header, image: Image, sink: BinaryIO, target: Target, settings: Settings) -> bool:
    dataset, after = _attributes(header)
    layout = image.layout
    same = header.syntax == target.uid
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as spool:
        if same:
            image.check_frames()
            lengths = [_spooled(spool, image.encoded(index)) for index in range(image.frames)]
        else:
            first, rest = _first(image)
            coding = coding_of(dataset, layout, first.photometric, target, settings)
            pixels = (converted(one.pixels, coding) for one in chain([first], rest))
            lengths = [_spooled(spool, encode(one, coding)) for one in pixels]
            adopt(dataset, coding)
        ratio = layout.decoded_size * layout.frames / max(1, sum(lengths))
        loses = bool(target.lossy) and not same
        if loses:
            mark(dataset, target, ratio, f"{target.title} at {ratio:.1f}:1")
        elif not same:
            tell_of_loss(dataset, header.syntax, _ratio_before(header, layout))
        another = renew_uid(dataset, target, settings, loses=loses)
        set_offset_table(dataset, lengths)
        element = encapsulated_element(cast("BinaryIO", spool), lengths)
        write_object(sink, _meta(header), (dataset, element, after), UID(target.uid))
        return another


def _lay_open(header: Header, image: Image, sink: BinaryIO, target: Target, settings: Settings) -> bool:
    dataset, after = _attributes(header)
    layout = image.layout
    data: Iterable[bytes]
    if header.syntax.is_encapsulated:
        if layout.allocated == 1:
            raise NotSupportedError("frames of single bits that are compressed cannot be laid open")
        first, rest = _first(image)
        coding = coding_of(dataset, layout, first.photometric, target, settings)
        adopt(dataset, coding)
        tell_of_loss(dataset, header.syntax, _ratio_before(header, layout))
        data = (_plain(converted(one.pixels, coding)) for one in chain([first], rest))
        length = layout.decoded_size * layout.frames
    else:
        data = native_bytes(header, layout)
        length = native_length(layout)
    another = renew_uid(dataset, target, settings, loses=False)
    syntax = UID(target.uid)
    tag = _PIXEL_TAGS[header.pixels.keyword]
    pixels = native_element(tag, _vr(header, layout, target), length, data, syntax)
    write_object(sink, _meta(header), (dataset, pixels, after), syntax)
    return another


def _attributes(header: Header) -> tuple[Dataset, Dataset]:
    """Return what is before the pixels, and what follows them, ready to be written little endian."""
    dataset = header.dataset
    implicit, little = dataset.original_encoding
    header.source.seek(end_of_pixels(header))
    after = read_dataset(header.source, bool(implicit), little is not False)
    for part in (dataset, after):
        resolve_vrs(part)
        drop_compressed_icons(part)
        if little is False:
            swap_words(part)
    for keyword in ("ExtendedOffsetTable", "ExtendedOffsetTableLengths"):
        if keyword in dataset:
            del dataset[keyword]
    return correct_ambiguous_vr(dataset, is_little_endian=True), after


def _meta(header: Header) -> Dataset:
    return getattr(header.dataset, "file_meta", None) or Dataset()


def _first(image: Image) -> tuple[Decoded, Iterator[Decoded]]:
    """Return the first frame decoded, which tells what colours decoders make, and all others to come."""
    return image.decoded(0), (image.decoded(index) for index in range(1, image.frames))


def _plain(pixels: Pixels) -> bytes:
    return pixels.astype(pixels.dtype.newbyteorder("<"), copy=False).tobytes()


def _spooled(spool: tempfile.SpooledTemporaryFile[bytes], frame: bytes) -> int:
    padded = frame + b"\0" * (len(frame) % 2)
    spool.write(padded)
    return len(padded)


def _vr(header: Header, layout: Layout, target: Target) -> str:
    if layout.floating:
        return "OF" if header.pixels.keyword == "FloatPixelData" else "OD"
    return "OB" if layout.allocated <= 8 and target.name != "implicit" else "OW"  # noqa: PLR2004 - one byte


def _ratio_before(header: Header, layout: Layout) -> float:
    length = end_of_pixels(header) - header.pixels.start
    return max(1.0, layout.decoded_size * layout.frames / max(1, length))
