"""The fingerprint keeps the processor contract, and depends on the pixels alone."""

from __future__ import annotations

import hashlib
import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from fileroom_vault.fingerprint import Fingerprint, Options

from fileroom.plugin import InvalidDatasetError, NotSupportedError
from fileroom.testing.datasets import make_instance
from fileroom.testing.processor import ProcessorContract

if TYPE_CHECKING:
    from fileroom.plugin import Processor


class TestFingerprint(ProcessorContract):
    @pytest.fixture
    def processor(self) -> Processor:
        return Fingerprint(Options())


def facts(data: bytes, options: Options | None = None) -> dict[str, Any]:
    (product,) = Fingerprint(options or Options()).process(io.BytesIO(data))
    assert product.media_type == "application/json"
    found: dict[str, Any] = json.loads(product.data)
    return found


def test_the_same_pixels_under_other_identifiers_have_the_same_fingerprint() -> None:
    assert facts(make_instance(patient_id="A")) == facts(make_instance(patient_id="B"))
    assert facts(make_instance(rows=8)) != facts(make_instance(rows=16))


def test_the_digest_is_that_of_the_pixel_data() -> None:
    data = make_instance(rows=8, columns=8)
    assert facts(data)["digest"] == hashlib.sha256(data[-128:]).hexdigest()
    assert facts(data, Options(algorithm="sha512"))["digest"] == hashlib.sha512(data[-128:]).hexdigest()


def test_an_object_without_pixels_is_not_supported() -> None:
    with pytest.raises(NotSupportedError):
        facts(make_instance(rows=0))


def test_pixels_that_are_cut_short_have_no_fingerprint() -> None:
    with pytest.raises(InvalidDatasetError):
        facts(make_instance(rows=64)[:-10])


def test_numbers_that_are_not_the_users_are_refused() -> None:
    with pytest.raises(ValueError, match="1024"):
        Options(content_type=1)
