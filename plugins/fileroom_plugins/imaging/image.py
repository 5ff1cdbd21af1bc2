"""An image: from a DICOM object to stored, modality and displayed values, frame by frame."""

from __future__ import annotations

from contextlib import ExitStack
from functools import cached_property
from typing import TYPE_CHECKING, Self

from pydicom import Dataset
from pydicom.uid import ExplicitVRBigEndian

from fileroom.plugin import InvalidValueError, opened_source
from fileroom_plugins.imaging.decoding import Decoded, check_frame, decode
from fileroom_plugins.imaging.faults import damage
from fileroom_plugins.imaging.functional import attributes_of_frame
from fileroom_plugins.imaging.grey import modality_values
from fileroom_plugins.imaging.header import VIDEO, header_of, read_header
from fileroom_plugins.imaging.layout import GREY, read_layout
from fileroom_plugins.imaging.native import native_frame, swapped_bytes
from fileroom_plugins.imaging.offsets import FrameOffsets
from fileroom_plugins.imaging.presentation import Presentation
from fileroom_plugins.imaging.shape import height_of_a_pixel
from fileroom_plugins.imaging.showing import show
from fileroom_plugins.imaging.video import Video
from fileroom_plugins.imaging.view import PLAIN

if TYPE_CHECKING:
    from types import TracebackType

    from pydicom.uid import UID

    from fileroom.plugin import ObjectSource
    from fileroom_plugins.imaging.header import Header
    from fileroom_plugins.imaging.layout import Layout
    from fileroom_plugins.imaging.native import Pixels
    from fileroom_plugins.imaging.view import View


def open_image(source: ObjectSource, *, frame_offsets: bytes | None = None) -> Image:
    """Open the image in a DICOM object: its attributes are read, and no pixel yet.

    Args:
        source: an open file, which is left open and must stay so; bytes; the path of a file; a dataset; or
            an instance of an archive.
        frame_offsets: the attachment ``frame-offsets`` of the object, by which a frame of an encapsulated
            one is found without a walk over those before it. It is checked, and one that does not fit is
            left aside.

    Returns:
        The image; a context manager, which closes what was opened here.

    Raises:
        NotSupportedError: the object is no image, or of a kind that cannot be shown.
        InvalidDatasetError: it is damaged, or its attributes contradict one another or the pixel data.
        NotFoundError: the path cannot be opened.
    """
    with ExitStack() as stack:
        if isinstance(source, Dataset):
            header = header_of(source)
        else:
            header = read_header(stack.enter_context(opened_source(source)))
        return Image(header, frame_offsets, stack.pop_all())


class Image:
    """An image of one or more frames, made by `open_image`.

    Frames are numbered from 0. Only what is asked for is read and decoded: nothing is kept between calls but
    the positions of frames. It is used by one thread at a time.

    Attributes:
        attributes: the object's attributes up to its pixels.
        syntax: its transfer syntax.
        layout: what the attributes say about the pixels.
    """

    def __init__(self, header: Header, frame_offsets: bytes | None, owned: ExitStack) -> None:
        self._owned = owned
        with damage("reading the attributes of the pixels"):
            self.layout: Layout = read_layout(header.dataset, header.pixels.keyword)
            self._offsets = FrameOffsets(header, self.layout, frame_offsets)
        self._header = header
        self.attributes: Dataset = header.dataset
        self.syntax: UID = header.syntax

    @property
    def frames(self) -> int:
        """How many frames there are."""
        return self.layout.frames

    @property
    def rows(self) -> int:
        """The height of a frame in pixels."""
        return self.layout.rows

    @property
    def columns(self) -> int:
        """The width of a frame in pixels."""
        return self.layout.columns

    @property
    def coloured(self) -> bool:
        """Whether it is shown in colour."""
        return self.layout.photometric not in GREY

    @property
    def little_endian(self) -> bool:
        """Whether the object's words are in little-endian order."""
        return self.syntax != ExplicitVRBigEndian

    def aspect(self, index: int = 0, view: View = PLAIN) -> float:
        """Return the height of a frame's pixel as a multiple of its width (PS3.3 section C.7.6.3.1.7).

        Args:
            index: of the frame.
            view: how it is shown: a presentation state has a say (PS3.3 section C.10.4), and may turn it.

        Raises:
            InvalidValueError: there is no such frame.
            NotSupportedError: the presentation state does not refer to it.
            InvalidDatasetError: the presentation state is wrong.
        """
        with damage("reading the pixel spacing"):
            if view.presentation is not None:
                return Presentation(view.presentation, self, index).aspect()
            return height_of_a_pixel(self.attributes_of(index))

    def attributes_of(self, index: int) -> Dataset:
        """Return the attributes that hold for a frame, with those of its functional groups.

        Raises:
            InvalidValueError: there is no such frame.
            InvalidDatasetError: there are functional groups, and none for this frame.
        """
        self._check(index)
        with damage("reading functional groups"):
            return attributes_of_frame(self.attributes, index)

    def encoded(self, index: int) -> bytes:
        """Return a frame's bytes as they are in the object: compressed ones with their fragments joined.

        Raises:
            InvalidValueError: there is no such frame.
            InvalidDatasetError: the frame is missing or cut off.
        """
        self._check(index)
        with damage(f"reading frame {index + 1}"):
            return self._offsets.read(index)

    def stored(self, index: int = 0) -> Pixels:
        """Return a frame's stored values: of pixels without any transformation (PS3.3 section C.7.6.3).

        Returns:
            Rows by columns, or rows by columns by three. Integers of 8 to 64 bits as BitsAllocated says
            (single bits as 8), or floating-point numbers. Colours are those of `stored_photometric`, which
            decoders may have converted. Not always writeable.

        Raises:
            InvalidValueError: there is no such frame.
            InvalidDatasetError: the frame is missing, cut off, damaged, or not what the attributes say.
            NotSupportedError: there is no decoder for the transfer syntax.
            MissingDependencyError: there is one, and it is not installed; the message names the extra.
        """
        return self.decoded(index).pixels

    def stored_photometric(self, index: int = 0) -> str:
        """Return the photometric interpretation of what `stored` returns for a frame."""
        return self.decoded(index).photometric

    def decoded(self, index: int = 0, *, smallest: int | None = None) -> Decoded:
        """Return a frame's stored values with their photometric interpretation.

        Args:
            index: of the frame.
            smallest: where given, a frame may come at a half, a quarter or an eighth of its size if that
                takes less time to decode, as long as both its sides keep so many pixels.

        Raises:
            FileroomError: see `stored`.
        """
        self._check(index)
        layout = self.layout
        with damage(f"decoding frame {index + 1}"):
            if self.syntax in VIDEO:
                return Decoded(self._video.frame(index), "RGB")
            if self._header.encapsulated:
                return decode(self._offsets.read(index), layout, self.syntax, smallest=smallest)
            return Decoded(self._native(index), _full(layout.photometric))

    def modality(self, index: int = 0) -> Pixels:
        """Return a frame's values in the modality's units: Hounsfield units for CT (PS3.3 section C.11.1).

        Returns:
            64-bit floating-point numbers where the object has a rescale; otherwise what its Modality LUT
            holds, or the stored values.

        Raises:
            InvalidDatasetError: also if the rescale or the Modality LUT is wrong.
            FileroomError: see `stored`.
        """
        stored = self.stored(index)
        with damage("applying the modality transformation"):
            return modality_values(
                stored, self.attributes_of(index), little=self.little_endian, signed=self.layout.signed
            )

    def shown(self, index: int = 0, view: View = PLAIN) -> Pixels:
        """Return a frame as it is to be displayed.

        Args:
            index: of the frame.
            view: how.

        Returns:
            Bytes: rows by columns, 0 black to 255 white, or rows by columns by red, green and blue. As many
            rows and columns as the frame has, unless a presentation state turns it or cuts it. Pixels are as
            they are in the object, square or not: see `aspect`.

        Raises:
            InvalidValueError: there is no such frame, or the view is malformed.
            NotSupportedError: the object cannot be shown in this way, such as colours through a window.
            InvalidDatasetError: also if one of the transformations is wrong.
            FileroomError: see `stored`.
        """
        return show(self, self.decoded(index), index, view)

    def check_frames(self) -> None:
        """Make sure that all compressed frames are there, and are what the attributes say, without decoding.

        Raises:
            InvalidDatasetError: one is missing or cut off, or has another size.
            NotSupportedError: one is of a kind that cannot be shown.
        """
        if self._header.encapsulated and self.syntax not in VIDEO:
            for index in range(self.frames):
                with damage(f"reading frame {index + 1}"):
                    check_frame(self._offsets.read(index), self.layout, self.syntax)

    def close(self) -> None:
        """Close what `open_image` opened. May be called twice."""
        self._owned.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _check(self, index: int) -> None:
        if not 0 <= index < self.layout.frames:
            raise InvalidValueError(f"there is no frame {index + 1}: the object has {self.layout.frames}")

    @cached_property
    def _video(self) -> Video:
        data = b"".join(self._offsets.read_all())
        return Video(data, self.layout)

    def _native(self, index: int) -> Pixels:
        layout = self.layout
        order = "<" if self.little_endian else ">"
        first_bit = index * layout.frame_bits % 8
        if order == ">" and layout.allocated <= 8 and self._header.pixels.vr == "OW":  # noqa: PLR2004
            return native_frame(self._words(index), layout, first_bit=first_bit)
        return native_frame(self._offsets.read(index), layout, first_bit=first_bit, order=order)

    def _words(self, index: int) -> bytes:
        """Return a frame's bytes out of big-endian words, which two frames may share."""
        start = self._header.pixels.start
        ((at, length),) = self._offsets.of(index)
        odd = (at - start) % 2
        data = self._header.read(at - odd, length + odd + (length + odd) % 2)
        return swapped_bytes(data)[odd : odd + length]


def _full(photometric: str) -> str:
    """Return the photometric interpretation once chroma that two pixels share is repeated for each."""
    return "YBR_FULL" if photometric == "YBR_FULL_422" else photometric
