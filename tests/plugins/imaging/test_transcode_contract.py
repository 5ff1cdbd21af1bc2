from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fileroom.testing.processor import ProcessorContract
from fileroom_plugins.imaging.transcoding import Options, fileroom_processor

if TYPE_CHECKING:
    from fileroom.plugin import Processor


class TestTranscodeToJpeg2000(ProcessorContract):
    @pytest.fixture
    def processor(self) -> Processor:
        return fileroom_processor().open(Options(to="jpeg-2000"))


class TestTranscodeToDeflated(ProcessorContract):
    @pytest.fixture
    def processor(self) -> Processor:
        return fileroom_processor().open(Options(to="deflated"))
