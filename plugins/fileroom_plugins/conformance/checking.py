"""Checking one object: against the standard, and by the rules of documents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fileroom.plugin import InvalidDatasetError
from fileroom_plugins.conformance import rules
from fileroom_plugins.conformance.constraints.checking import evaluate_book
from fileroom_plugins.conformance.constraints.checking import opened as dataset_of
from fileroom_plugins.conformance.file_meta import check_file_meta
from fileroom_plugins.conformance.findings import Findings
from fileroom_plugins.conformance.objects.consistency import check_consistency
from fileroom_plugins.conformance.objects.evidence import check_evidence
from fileroom_plugins.conformance.objects.groups import check_groups
from fileroom_plugins.conformance.objects.identity import check_identity, iod_of_dataset
from fileroom_plugins.conformance.objects.ranges import check_ranges
from fileroom_plugins.conformance.objects.types import check_object
from fileroom_plugins.conformance.pixels.checking import check_pixels
from fileroom_plugins.conformance.reading.dictionary import STANDARD
from fileroom_plugins.conformance.reading.file import read
from fileroom_plugins.conformance.reading.source import opened
from fileroom_plugins.conformance.values.checking import check_values

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import BinaryIO

    from fileroom.plugin import ObjectSource
    from fileroom_plugins.conformance.constraints.checking import Asked
    from fileroom_plugins.conformance.messages import Message
    from fileroom_plugins.conformance.reading.dictionary import DataDictionary


def check_with(
    source: ObjectSource,
    asked: Sequence[Asked] = (),
    dictionary: DataDictionary = STANDARD,
    *,
    standard: bool = True,
) -> list[Message]:
    """Check an object; see `fileroom_plugins.conformance.check`, but for documents that are read already."""
    with opened(source) as (file, is_file):
        start = file.tell()
        messages = check_standard(file, dictionary, is_file=is_file) if standard else []
        if asked:
            file.seek(start)
            messages += _evaluate(file, asked, dictionary, standard=standard)
    return messages


def check_standard(
    file: BinaryIO, dictionary: DataDictionary = STANDARD, *, is_file: bool = True
) -> list[Message]:
    """Check an object against the standard.

    What is checked is in `fileroom_plugins.conformance.rules`. Whatever the size of the object or the claims
    in it, at most 500,000 elements are looked at, and no value of more than 64 KiB is in memory; pixels are
    never decoded.

    Args:
        file: its bytes, from where it stands.
        dictionary: which attributes and UIDs there are.
        is_file: whether file meta information is expected.

    Raises:
        NotDicomError: this is no DICOM at all.
    """
    findings = Findings(dictionary)
    reading = read(file, findings, is_file=is_file)
    check_file_meta(reading, findings)
    check_values(reading.dataset, findings)
    check_identity(reading.dataset, findings)
    check_consistency(reading.dataset, findings)
    check_ranges(reading.dataset, findings)
    iod = iod_of_dataset(reading, findings)
    if iod is not None:
        check_object(iod, reading.dataset, findings, is_complete=reading.is_complete)
        check_groups(iod, reading.dataset, findings)
        check_evidence(reading.dataset, findings)
    check_pixels(reading, findings)
    return findings.messages()


def _evaluate(
    file: BinaryIO, asked: Sequence[Asked], dictionary: DataDictionary, *, standard: bool
) -> list[Message]:
    """Evaluate documents; that a damaged object cannot be read for them is a message beside others."""
    try:
        with dataset_of(file) as dataset:
            return [
                message for book, rule in asked for message in evaluate_book(book, dataset, dictionary, rule)
            ]
    except InvalidDatasetError:
        if not standard:
            raise
        damage = Findings()
        damage.add(rules.FILE_NOT_EVALUATED)
        return damage.messages()
