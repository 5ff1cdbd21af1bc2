from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fileroom.testing.processor import ProcessorContract
from fileroom_plugins.imaging.picturing import Options, fileroom_processor

if TYPE_CHECKING:
    from fileroom.plugin import Processor


class TestPictureAsJpeg(ProcessorContract):
    @pytest.fixture
    def processor(self) -> Processor:
        return fileroom_processor().open(Options("fileFormat=JFIF fixedScale=75 100 contrast=1"))


class TestPictureAsDicom(ProcessorContract):
    @pytest.fixture
    def processor(self) -> Processor:
        return fileroom_processor().open(Options("fileFormat=DICM scale=2"))


class TestPictureOfAllFrames(ProcessorContract):
    @pytest.fixture
    def processor(self) -> Processor:
        return fileroom_processor().open(Options("fileFormat=PNGF frame=all rotate=90"))
