"""The makers of synthetic objects: valid by pydicom's reading, deterministic, and as asked for."""

from __future__ import annotations

import io

import pydicom
import pytest

from fileroom.testing.datasets import Corpus, hostile_files, make_instance, make_uid
from tests.core.header_readers import BOTH

SYNTAXES = [
    "1.2.840.10008.1.2",
    "1.2.840.10008.1.2.1",
    "1.2.840.10008.1.2.1.99",
    "1.2.840.10008.1.2.2",
    "1.2.840.10008.1.2.5",
]


def read(data: bytes) -> pydicom.FileDataset:
    return pydicom.dcmread(io.BytesIO(data))


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_an_instance_has_the_same_pixels_in_every_transfer_syntax(syntax: str) -> None:
    pytest.importorskip("numpy")
    dataset = read(make_instance(transfer_syntax=syntax, rows=3, columns=130, frames=2))
    assert dataset.file_meta.TransferSyntaxUID == syntax
    pixels = dataset.pixel_array
    assert pixels.shape == (2, 3, 130)
    assert pixels[1, 2].tolist() == [column * 4095 // 129 for column in range(130)]


def test_an_instance_is_made_of_its_arguments() -> None:
    data = make_instance(
        modality="MR", instance_number=7, tags={"StudyDate": "20200101", "AccessionNumber": None}
    )
    dataset = read(data)
    assert (dataset.Modality, dataset.InstanceNumber, dataset.StudyDate) == ("MR", 7, "20200101")
    assert "AccessionNumber" not in dataset
    assert make_instance(modality="MR", instance_number=7) == make_instance(modality="MR", instance_number=7)
    assert BOTH.read(make_instance(instance_number=8)).identity != BOTH.read(make_instance()).identity


def test_a_transfer_syntax_that_cannot_be_written_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot write transfer syntax"):
        make_instance(transfer_syntax="1.2.840.10008.1.2.4.90")


def test_made_uids_are_uids_and_differ() -> None:
    uids = {make_uid(number, "x") for number in range(50)}
    assert len(uids) == 50
    assert all(pydicom.uid.UID(uid).is_valid for uid in uids)


@pytest.mark.parametrize(("count", "size"), [(130, 20_000), (3, 500_000), (41, 8_000)])
def test_a_corpus_has_so_many_different_instances_of_about_a_size(count: int, size: int) -> None:
    corpus = Corpus(count, size)
    instances = list(corpus)
    assert len(instances) == len(corpus) == count
    assert len({instance.path for instance in instances}) == count
    assert len({instance.identity.sop_instance_uid for instance in instances}) == count
    assert len({instance.data[-size // 2 :] for instance in instances}) == count
    assert all(abs(len(instance.data) - size) < 0.03 * size for instance in instances)


def test_a_corpus_is_spread_over_patients_studies_and_series() -> None:
    identities = [instance.identity for instance in Corpus(60, 4_000, patients=3, studies=2, series=5)]
    assert len({one.patient_id for one in identities}) == 3
    assert len({one.study_instance_uid for one in identities}) == 6
    assert len({one.series_instance_uid for one in identities}) == 30


def test_an_instance_of_a_corpus_is_what_it_says_it_is() -> None:
    names = set()
    for instance in Corpus(18, 4_000, patients=9, studies=1, series=1):
        dataset = read(instance.data)
        header = BOTH.read(instance.data)
        assert header.identity == instance.identity
        assert dataset.SOPInstanceUID == dataset.file_meta.MediaStorageSOPInstanceUID
        assert header.tags["PatientName"] == str(dataset.PatientName)
        assert float(header.tags["ImagePositionPatient"].split("\\")[2]) == dataset.SliceLocation  # type: ignore[union-attr]
        assert 75 <= len(dataset) <= 90
        assert len(dataset.PixelData) == 2 * dataset.Rows * dataset.Columns
        names.add(header.tags["PatientName"])
    assert len(names) == 9


def test_the_same_seed_gives_the_same_corpus_and_another_one_another() -> None:
    first, again, other = (list(Corpus(5, 4_000, seed=seed)) for seed in (1, 1, 2))
    assert first == again
    assert not {one.identity for one in first} & {one.identity for one in other}


def test_hostile_files_have_names_of_their_own_and_are_the_same_each_time() -> None:
    files = list(hostile_files())
    assert len(dict(files)) == len(files) > 70
    assert files == list(hostile_files())
    assert max(len(data) for _, data in files) < 2 << 20
