from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fileroom.testing.processor import ProcessorContract
from fileroom_plugins.imaging.frames import Options, fileroom_processor

if TYPE_CHECKING:
    from fileroom.plugin import Processor


class TestFrames(ProcessorContract):
    @pytest.fixture
    def processor(self) -> Processor:
        return fileroom_processor().open(Options())
