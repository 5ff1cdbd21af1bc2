"""IODs by SOP class, and the types of their attributes."""

from __future__ import annotations

import subprocess
import sys

import pytest
from pydicom.uid import (
    CTImageStorage,
    EnhancedSRStorage,
    MRImageStorage,
    RTPlanStorage,
    SegmentationStorage,
)

from fileroom_plugins.standard import Iod, iod_of, iods
from fileroom_plugins.standard.iods import iod


def known(sop_class: str) -> Iod:
    found = iod_of(sop_class)
    assert found is not None
    return found


def test_an_iod_lists_its_modules_in_the_standards_order_with_their_usage() -> None:
    ct = known(CTImageStorage)
    assert ct.name == "ct-image"
    assert [(use.name, use.usage) for use in ct.modules[:3]] == [
        ("patient", "M"),
        ("clinical-trial-subject", "U"),
        ("general-study", "M"),
    ]
    assert {use.name: use.usage for use in ct.modules}["contrast-bolus"] == "C"
    assert {use.entity for use in ct.modules} == {
        "Patient",
        "Study",
        "Series",
        "Frame of Reference",
        "Equipment",
        "Acquisition",
        "Image",
    }


@pytest.mark.parametrize("sop_class", ["1.2.840.10008.5.1.4.1.2.2.1", "", "1.2.3"])
def test_what_is_no_storage_class_has_no_iod(sop_class: str) -> None:
    assert iod_of(sop_class) is None


@pytest.mark.parametrize(
    ("sop_class", "path", "kind"),
    [
        (CTImageStorage, (0x00100010,), "2"),  # Patient's Name
        (CTImageStorage, (0x0020000D,), "1"),  # Study Instance UID
        (CTImageStorage, (0x00080008,), "1"),  # Image Type: 3 in General Image, 1 in CT Image
        (CTImageStorage, (0x00180060,), "2"),  # KVP
        (CTImageStorage, (0x00081140, 0x00081150), "1"),  # Referenced SOP Class UID
        (CTImageStorage, (0x00281050,), "1C"),  # Window Center, in optional VOI LUT and nowhere else
        (CTImageStorage, (0x60000010,), "1"),  # Overlay Rows
        (CTImageStorage, (0x60020010,), "1"),  # …of the second overlay
        (CTImageStorage, (0x60010010,), None),  # …of a private group
        (CTImageStorage, (0x00180080,), None),  # Repetition Time
        (CTImageStorage, (0x00081150,), None),  # Referenced SOP Class UID, outside of any sequence
        (CTImageStorage, (), None),
        (MRImageStorage, (0x00180080,), "2C"),
        (RTPlanStorage, (0x300A00B0, 0x300A0111, 0x300A0112), "1"),  # Control Point Index
        (SegmentationStorage, (0x00620001,), "1"),
    ],
)
def test_an_attribute_has_the_strictest_of_its_types(
    sop_class: str, path: tuple[int, ...], kind: str | None
) -> None:
    assert known(sop_class).attribute_type(path) == kind


def test_content_items_are_known_to_any_depth() -> None:
    report = known(EnhancedSRStorage)
    content, value_type = 0x0040A730, 0x0040A040
    relationship = 0x0040A010
    for depth in (1, 2, 5, 40):
        assert report.attribute_type((content,) * depth + (value_type,)) == "1"
        assert report.attribute_type((content,) * depth + (relationship,)) == "1"
    assert report.attribute_type((relationship,)) is None


def test_mandatory_modules_go_before_the_others() -> None:
    """Content Date is 1 in several optional modules; what counts is General Image's 2C."""
    assert known(CTImageStorage).attribute_type((0x00080023,)) == "2C"


def test_every_iod_can_be_asked_for_every_attribute_of_its_modules() -> None:
    for name in iods():
        definition = iod(name)
        for use in definition.modules:
            for tag in use.attributes:
                assert definition.attribute_type((tag,)) is not None


def test_one_iod_loads_within_30_ms() -> None:
    """In a fresh interpreter, and the best of three runs: other programs run beside this one."""
    code = (
        "import time; from fileroom_plugins.standard import iod_of; start = time.perf_counter();"
        "iod_of('1.2.840.10008.5.1.4.1.1.2').attribute_type((0x00100010,));"
        "print(time.perf_counter() - start)"
    )
    times = [float(subprocess.check_output([sys.executable, "-c", code])) for _ in range(3)]
    assert min(times) < 0.03
