"""Content items and sequences of which only the form stays."""

from __future__ import annotations

from typing import Any

import pytest
from pydicom import Dataset

from fileroom_plugins.deidentify import is_anonymous
from tests.plugins.deidentify.samples import apply, as_bytes, dataset

SR = "1.2.840.10008.5.1.4.1.1.88.33"
SOFTCOPY = "1.2.840.10008.5.1.4.1.1.11.1"
KEY_OBJECTS = "1.2.840.10008.5.1.4.1.1.88.59"
WORD = "KELLER756"


def code(value: str, keyword: str = "CodeValue", meaning: str = "x") -> Dataset:
    made = Dataset()
    setattr(made, keyword, value)
    made.CodingSchemeDesignator, made.CodeMeaning = "DCM", meaning
    return made


def item(kind: str, concept: Dataset, **values: Any) -> Dataset:
    made = Dataset()
    made.RelationshipType, made.ValueType = "CONTAINS", kind
    made.ConceptNameCodeSequence = [concept]
    for keyword, value in values.items():
        setattr(made, keyword, value)
    return made


def measured(number: str) -> Dataset:
    made = Dataset()
    made.NumericValue, made.FloatingPointValue = number, float(number)
    made.MeasurementUnitsCodeSequence = [code("1")]
    return made


@pytest.mark.parametrize(
    "one",
    [
        item("CODE", code("121030"), ConceptCodeSequence=[code(WORD)]),
        item("NUM", code("121030"), MeasuredValueSequence=[measured("48151623")]),
        item("TEXT", code("121029", "LongCodeValue"), TextValue=WORD),
        item("TEXT", code("urn:oid:1.2.840.10008.2.16.4:121029", "URNCodeValue"), TextValue=WORD),
        item("TEXT", code("121029"), ContentSequence=[item("TEXT", code("121106"), TextValue=WORD)]),
        item("TEXT", code("113871"), TextValue=WORD),
        item("TEXT", code("113873"), TextValue=WORD),
        item("TEXT", code("113880"), TextValue=WORD),
        item("TEXT", code("45394-4"), TextValue=WORD),
        item("TEXT", code("99", meaning="Last Name"), TextValue=WORD),
        item("TEXT", code("99", meaning="Patient's name"), TextValue=WORD),
        item("TEXT", code("99", meaning="MRN of the patient"), TextValue=WORD),
        item("TEXT", code("99", meaning="Zip code"), TextValue=WORD),
        item(
            "NUM", code("99", meaning="Medical record number"), MeasuredValueSequence=[measured("48151623")]
        ),
        item("CODE", code("99", meaning="Physician"), ConceptCodeSequence=[code(WORD)]),
    ],
)
def test_all_of_an_item_whose_concept_identifies_is_hidden(one: Dataset) -> None:
    result = apply(dataset(SR, ContentSequence=[one]), "clean-structured-content")
    assert WORD.encode() not in result.data
    assert b"48151623" not in result.data
    (made,) = result.dataset.ContentSequence
    assert made.ValueType == one.ValueType
    assert made.ConceptNameCodeSequence[0].CodingSchemeDesignator == "DCM"


def test_items_of_other_concepts_stay() -> None:
    one = item("NUM", code("122130"), MeasuredValueSequence=[measured("12.5")])
    result = apply(dataset(SR, ContentSequence=[one]), "clean-structured-content").dataset
    assert result.ContentSequence[0].MeasuredValueSequence[0].NumericValue == "12.5"


def test_a_sequence_of_which_the_form_is_kept_has_terms_of_the_standard_only() -> None:
    annotation, text, graphic = Dataset(), Dataset(), Dataset()
    text.UnformattedTextValue, text.AnchorPointVisibility = "x", "Y"
    text.AnchorPointAnnotationUnits = "FRAU KELLER"
    graphic.GraphicType, graphic.GraphicDimensions, graphic.NumberOfGraphicPoints = "POLYLINE", 2, 3
    graphic.GraphicData = [1.0] * 6
    graphic.GraphicGroupID = 48151
    annotation.TextObjectSequence, annotation.GraphicObjectSequence = [text], [graphic]
    result = apply(dataset(SOFTCOPY, GraphicAnnotationSequence=[annotation]))
    assert b"KELLER" not in result.data
    (made,) = result.dataset.GraphicAnnotationSequence
    assert made.TextObjectSequence[0].AnchorPointVisibility == "Y"
    drawn = made.GraphicObjectSequence[0]
    assert (drawn.GraphicType, drawn.NumberOfGraphicPoints, drawn.GraphicGroupID) == ("POLYLINE", 3, 0)


@pytest.mark.parametrize("option", ["retain-full-dates", "retain-modified-dates"])
def test_a_date_of_birth_is_hidden_though_dates_are_retained(option: str) -> None:
    content = [item("DATE", code("21112-8"), Date="19420815"), item("DATE", code("1"), Date="20240229")]
    made = apply(dataset(SR, ContentSequence=content), "clean-structured-content", option).dataset
    born, other = (one.Date for one in made.ContentSequence)
    assert born == "20000101"
    assert (other == "20240229") == (option == "retain-full-dates")


@pytest.mark.parametrize(
    "meaning",
    [
        "History",
        "Anatomical location",
        "Ligament name of record",
        "Birth weight",
        "Named vessel",
        "Lesion Identifier",
    ],
)
def test_what_a_concept_says_of_anything_else_stays(meaning: str) -> None:
    content = [item("TEXT", code("99", meaning=meaning), TextValue="large")]
    made = apply(dataset(SR, ContentSequence=content), "clean-structured-content").dataset
    assert made.ContentSequence[0].TextValue == "large"


def test_a_selection_of_key_objects_still_selects_them_and_says_nothing_else() -> None:
    chosen = Dataset()
    chosen.ReferencedSOPClassUID, chosen.ReferencedSOPInstanceUID = "1.2.840.10008.5.1.4.1.1.2", "1.2.3.4.5.9"
    image = item("IMAGE", code("121180", meaning=WORD), ReferencedSOPSequence=[chosen])
    content = [image, item("TEXT", code("113012"), TextValue=WORD)]
    series, study = Dataset(), Dataset()
    series.SeriesInstanceUID, series.ReferencedSOPSequence = "1.2.3.4.5.3", [chosen]
    study.StudyInstanceUID, study.ReferencedSeriesSequence = "1.2.3.4.5.2", [series]
    made = dataset(KEY_OBJECTS, ContentSequence=content, CurrentRequestedProcedureEvidenceSequence=[study])
    result = apply(made)
    assert WORD.encode() not in result.data
    (one,) = result.dataset.ContentSequence
    (evidence,) = result.dataset.CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence
    assert one.ReferencedSOPSequence == evidence.ReferencedSOPSequence
    assert one.ReferencedSOPSequence[0].ReferencedSOPInstanceUID != "1.2.3.4.5.9"
    assert is_anonymous(result.data)
    told = result.dataset
    told.ContentSequence[0].ReferencedSOPSequence[0].TextValue = WORD
    assert not is_anonymous(as_bytes(told))


@pytest.mark.parametrize("options", [(), ("clean-graphics", "clean-descriptors")])
def test_what_is_drawn_is_still_in_its_layer_whose_name_tells_nothing(options: tuple[str, ...]) -> None:
    annotations, layers = [], []
    for number, name in enumerate(("KELLER ANNA", "DR ZELLER")):
        annotation, layer, text = Dataset(), Dataset(), Dataset()
        text.UnformattedTextValue = "x"
        annotation.GraphicLayer = layer.GraphicLayer = name
        annotation.TextObjectSequence, layer.GraphicLayerOrder = [text], number
        annotations.append(annotation)
        layers.append(layer)
    made = dataset(SOFTCOPY, ContentLabel="MEASURED")
    made.GraphicAnnotationSequence, made.GraphicLayerSequence = annotations, layers
    found = apply(made, *options).dataset
    names = [one.GraphicLayer for one in found.GraphicLayerSequence]
    assert len({*names, "KELLER ANNA", "DR ZELLER"}) == 4
    drawn = [one.GraphicLayer for one in found.GraphicAnnotationSequence]
    assert drawn == names[: len(drawn)]
    assert found.ContentLabel == ("MEASURED" if options else "ANONYMIZED")
    assert options or is_anonymous(as_bytes(found))


def test_a_label_that_names_the_patient_becomes_a_dummy_that_is_a_valid_term() -> None:
    made = apply(dataset(SOFTCOPY, ContentLabel="TESTAROSSA"), "clean-descriptors").dataset
    assert made.ContentLabel == "ANONYMIZED"


@pytest.mark.parametrize("kind", ["AXIS", "RULER", "CROSSHAIR", "CUTLINE"])
def test_a_compound_graphic_is_still_of_its_type(kind: str) -> None:
    annotation, graphic, tick = Dataset(), Dataset(), Dataset()
    tick.TickPosition, tick.TickLabel = 1.0, WORD
    graphic.CompoundGraphicType, graphic.MajorTicksSequence = kind, [tick]
    annotation.CompoundGraphicSequence = [graphic]
    result = apply(dataset(SOFTCOPY, GraphicAnnotationSequence=[annotation]))
    assert WORD.encode() not in result.data
    (drawn,) = result.dataset.GraphicAnnotationSequence[0].CompoundGraphicSequence
    assert drawn.CompoundGraphicType == kind


def test_a_class_that_is_referred_to_stays_what_it_is_where_only_the_form_is_kept() -> None:
    annotation, image = Dataset(), Dataset()
    image.ReferencedSOPClassUID, image.ReferencedSOPInstanceUID = "1.2.840.113619.4.30", "1.2.3.4.5.9"
    annotation.ReferencedImageSequence = [image]
    made = apply(dataset(SOFTCOPY, GraphicAnnotationSequence=[annotation])).dataset
    (one,) = made.GraphicAnnotationSequence[0].ReferencedImageSequence
    assert one.ReferencedSOPClassUID == "1.2.840.113619.4.30"
    assert one.ReferencedSOPInstanceUID != "1.2.3.4.5.9"
