"""MPEG-2, H.264 and HEVC video, decoded by PyAV, which the extra ``video`` installs."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from fileroom.plugin import InvalidDatasetError, MissingDependencyError
from fileroom_plugins.imaging.codestream import Claim, check_claim

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fileroom_plugins.imaging.layout import Layout
    from fileroom_plugins.imaging.native import Pixels


class Video:
    """The frames of one video. Asking for them in their order takes the least time.

    Raises:
        MissingDependencyError: PyAV is not installed.
        InvalidDatasetError: there is no video, or it is damaged.
    """

    def __init__(self, data: bytes, layout: Layout) -> None:
        self._data = data
        self._layout = layout
        self._next = 0
        self._frames = self._decoded()

    def frame(self, index: int) -> Pixels:
        """Return a frame as red, green and blue.

        Raises:
            InvalidDatasetError: the video ends before, or is damaged.
        """
        if index < self._next:
            self._next, self._frames = 0, self._decoded()
        for found in self._frames:
            self._next += 1
            if self._next > index:
                check_claim(Claim(found.height, found.width, 3, 8), self._layout)
                pixels: Pixels = found.to_ndarray(format="rgb24")
                return pixels
        raise InvalidDatasetError(f"the video ends before frame {index + 1}")

    def _decoded(self) -> Iterator[Any]:
        try:
            import av  # noqa: PLC0415 - an extra
        except ImportError as error:
            message = "decoding video needs PyAV: pip install 'fileroom[video]'"
            raise MissingDependencyError(message, "imaging", "fileroom") from error
        with av.open(io.BytesIO(self._data), "r") as container:
            for stream in container.streams.video[:1]:
                context = stream.codec_context
                check_claim(Claim(context.height, context.width, 3, 8), self._layout)
                yield from container.decode(stream)
