"""A processor whose work can be checked whole, however often it was begun."""

from __future__ import annotations

import io
import os
import random
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

import pydicom

from fileroom.archive import Archive
from fileroom.model import Level
from fileroom.plugin import Processor, ProcessorPlugin, Product, hookimpl
from tests.integration.migration_archives import sound

REPORT = 1500
NAME = "twin"


@dataclass(frozen=True)
class Options:
    """How often, of 1, a process dies while it processes an object, or keeps what it made of it."""

    deadly: float = 0.0


class Twin(Processor):
    """Makes a report of an object, and an object of its own."""

    def __init__(self, options: Options) -> None:
        self._deadly = options.deadly

    def process(self, source: BinaryIO) -> Sequence[Product]:
        if random.random() < self._deadly:
            threading.Timer(random.uniform(0, 0.05), os._exit, [1]).start()
        sys.stdout.write("what processors print is nobody's answer\n")
        dataset = pydicom.dcmread(source)
        report = str(dataset.SOPInstanceUID).encode()
        dataset.SOPInstanceUID += ".1"
        dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
        buffer = io.BytesIO()
        dataset.save_as(buffer)
        return [
            Product("dicom", buffer.getvalue(), "application/dicom"),
            Product(REPORT, report, "text/plain"),
        ]


class Plugins:
    @hookimpl
    def fileroom_processor(self) -> ProcessorPlugin:
        return ProcessorPlugin(NAME, Options, Twin, "of the test")


INSTALLED = """
from fileroom.plugin import ProcessorPlugin, hookimpl
from tests.integration.on_store_processors import Options, Twin
@hookimpl
def fileroom_processor():
    return ProcessorPlugin("twin", Options, Twin, "of the test")
"""


def check_done(archive: Archive, originals: Sequence[str]) -> None:
    """Make sure that each object was processed once, as far as can be seen, and that nothing else is there.

    Args:
        archive: the archive, in which nobody works any more.
        originals: the SOP Instance UIDs of what was stored.
    """
    (status,) = archive.on_store.status()
    assert (status.waiting, status.retrying, status.failed) == (0, 0, 0)
    found = {one.uid: one for one in archive.find("instance")}
    assert sorted(found) == sorted([*originals, *(f"{uid}.1" for uid in originals)])
    for uid in originals:
        source, made = found[uid], found[f"{uid}.1"]
        assert source.attachments[REPORT].read() == uid.encode()
        assert source.metadata["made-into"] == made.id
        assert (made.metadata["made-from"], made.metadata["made-by"]) == (source.id, NAME)
        assert "made-by-twin" in made.labels
        assert not any("made-by" in label for label in source.labels)
        assert REPORT not in made.attachments
        assert made.level is Level.INSTANCE
    assert list(archive.verify()) == [], "something dangles"
    archive.sweep(grace=0)
    assert sound(archive), "the sweep leaves what the index knows, and nothing else"
