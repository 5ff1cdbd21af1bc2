"""The processor keeps every promise of the processor contract, in each of its formats."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from fileroom.plugin import Processor
from fileroom.testing.processor import ProcessorContract
from fileroom.testing.processor_samples import sound_samples
from fileroom_plugins.metadata import Options, header, querying, writing
from fileroom_plugins.metadata.processor import Metadata
from fileroom_plugins.metadata.writing import WriteMetadata


class TestMetadata(ProcessorContract):
    @pytest.fixture(params=["json", "xml", "oracle-xml"])
    def processor(self, request: pytest.FixtureRequest) -> Processor:
        return Metadata(Options(format=request.param))


class TestMetadataInline(ProcessorContract):
    @pytest.fixture(params=["json", "xml"])
    def processor(self, request: pytest.FixtureRequest) -> Processor:
        return Metadata(Options(format=request.param, inline=True))


class TestXPathQuery(ProcessorContract):
    @pytest.fixture
    def processor(self) -> Processor:
        options = querying.Options(xpath="//*[@name='Modality']", columns={"modality": "."})
        return querying.fileroom_processor().open(options)


class TestWriteMetadata(ProcessorContract):
    @pytest.fixture
    def processor(self) -> Processor:
        return WriteMetadata(writing.Options(document=header(self.sound()).decode()))

    @pytest.fixture
    def samples(self) -> Mapping[str, bytes]:
        return {"CT": self.sound()}

    def sound(self) -> bytes:
        return next(iter(sound_samples().values()))
