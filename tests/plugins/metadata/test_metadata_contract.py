"""The processor keeps every promise of the processor contract, in each of its formats."""

from __future__ import annotations

import pytest

from fileroom.plugin import Processor
from fileroom.testing.processor import ProcessorContract
from fileroom_plugins.metadata import Options
from fileroom_plugins.metadata.processor import Metadata


class TestMetadata(ProcessorContract):
    @pytest.fixture(params=["json", "xml", "oracle-xml"])
    def processor(self, request: pytest.FixtureRequest) -> Processor:
        return Metadata(Options(format=request.param))


class TestMetadataInline(ProcessorContract):
    @pytest.fixture(params=["json", "xml"])
    def processor(self, request: pytest.FixtureRequest) -> Processor:
        return Metadata(Options(format=request.param, inline=True))
