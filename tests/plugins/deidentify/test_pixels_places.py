from __future__ import annotations

import pytest
from pydicom import Dataset
from pydicom.sequence import Sequence

from fileroom_plugins.deidentify.pixels.devices import known_devices
from fileroom_plugins.deidentify.pixels.places import Known, places_of
from fileroom_plugins.deidentify.pixels.rectangles import Rectangle

SLIDE = "1.2.840.10008.5.1.4.1.1.77.1.6"
CT, US, SC = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.6.1", "1.2.840.10008.5.1.4.1.1.7.2"


def image(sop_class: str = CT, **attributes: object) -> Dataset:
    dataset = Dataset()
    dataset.SOPClassUID = sop_class
    for keyword, value in attributes.items():
        setattr(dataset, keyword, value)
    return dataset


def region(left: int, top: int, right: int, bottom: int) -> Dataset:
    item = Dataset()
    item.RegionLocationMinX0, item.RegionLocationMinY0 = left, top
    item.RegionLocationMaxX1, item.RegionLocationMaxY1 = right, bottom
    return item


@pytest.mark.parametrize(
    "dataset",
    [
        image(SC),
        image(US),
        image(CT, BurnedInAnnotation="YES"),
        image(CT, Modality="OT"),
        image(CT, ConversionType="WSD"),
        image(CT, ImageType=["DERIVED", "PRIMARY", "SCREEN SAVE"], BitsStored=12),
        image(CT, ImageType=["DERIVED", "SECONDARY"], BitsStored=8),
        image("1.2.840.10008.5.1.1.29"),  # a hardcopy
        image("1.2.840.10008.5.1.4.1.1.77.1.7"),  # skin
        image("1.2.826.0.1.3680043.2.1143.9"),  # anybody's own
        image(""),
        image(SLIDE, ImageType=["ORIGINAL", "PRIMARY", "LABEL", "NONE"]),
        image(SLIDE, ImageType=["ORIGINAL", "PRIMARY", "LABEL", "NONE"], BurnedInAnnotation="NO"),
        image(SLIDE, ImageType=["ORIGINAL", "PRIMARY", "OVERVIEW", "NONE"], SpecimenLabelInImage="NO"),
        image(SLIDE, ImageType=["ORIGINAL", "PRIMARY", "VOLUME"], SpecimenLabelInImage="YES"),
        image(SLIDE, SpecimenLabelInImage="YES", BurnedInAnnotation="NO"),
    ],
)
def test_of_images_that_are_apt_to_have_text_nothing_is_known(dataset: Dataset) -> None:
    assert places_of(dataset).known is Known.NOTHING


@pytest.mark.parametrize(
    "dataset",
    [
        image(CT),
        image(CT, ImageType=["DERIVED", "SECONDARY", "MPR"], BitsStored=12),
        image(SC, BurnedInAnnotation="NO"),
        image(SLIDE, ImageType=["ORIGINAL", "PRIMARY", "VOLUME"], SpecimenLabelInImage="NO"),
        image(
            SLIDE,
            ImageType=["ORIGINAL", "PRIMARY", "OVERVIEW"],
            SpecimenLabelInImage="NO",
            BurnedInAnnotation="NO",
        ),
    ],
)
def test_images_from_the_detector_and_those_that_say_so_have_none(dataset: Dataset) -> None:
    assert places_of(dataset).known is Known.NONE


def test_ultrasound_shows_its_regions_and_no_more() -> None:
    dataset = image(US, SequenceOfUltrasoundRegions=Sequence([region(10, 20, 29, 59)]))
    places = places_of(dataset)
    assert places.known is Known.PLACES
    assert places.shown == (Rectangle(10, 20, 20, 40),)


def test_regions_that_make_no_rectangle_are_not_shown() -> None:
    dataset = image(US, SequenceOfUltrasoundRegions=Sequence([region(30, 20, 10, 59), Dataset()]))
    assert places_of(dataset).known is Known.NOTHING


def test_a_device_is_known_by_all_that_the_table_says_of_it() -> None:
    made = {"Modality": "US", "Manufacturer": "Philips Medical Systems", "ManufacturerModelName": "iU22"}
    assert Rectangle(0, 0, 640, 47) in places_of(image(US, **made, Rows=480)).covered
    assert places_of(image(US, **made, Rows=481)).known is Known.NOTHING


@pytest.mark.parametrize(
    ("manufacturer", "known"),
    [
        ("GE MEDICAL SYSTEMS", True),
        ("ge-medical", True),
        ("Agfa-Gevaert AG", False),
        ("Visage Imaging", False),
    ],
)
def test_a_manufacturer_is_known_by_whole_words(manufacturer: str, known: bool) -> None:
    dataset = image(CT, Modality="CT", Manufacturer=manufacturer, SeriesDescription="Dose Report")
    assert (Rectangle(0, 0, 512, 110) in places_of(dataset).covered) is known


def test_a_device_known_to_burn_text_in_is_believed_more_than_the_image() -> None:
    made = {"Modality": "US", "Manufacturer": "SIEMENS", "ManufacturerModelName": "S2000"}
    dataset = image(US, **made, Rows=768, Columns=1024, BurnedInAnnotation="NO")
    assert places_of(dataset).covered == (Rectangle(0, 0, 1024, 60),)


def test_given_rectangles_count_whatever_the_image_is() -> None:
    given = (Rectangle(1, 2, 3, 4),)
    assert places_of(image(CT, BurnedInAnnotation="NO"), given).covered == given


def test_the_table_of_devices_has_conditions_and_places_throughout() -> None:
    devices = known_devices()
    assert len(devices) > 100
    assert all(device.where and device.rectangles for device in devices)


@pytest.mark.parametrize("text", ["", "1 2 3", "1 2 3 4 5", "-1 0 2 2", "0 0 0 5", "a b c d", "1.5 0 2 2"])
def test_what_is_no_rectangle_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"rectangle|expected"):
        Rectangle.parse(text)
