"""Content items and sequences of which only the form stays."""

from __future__ import annotations

from typing import Any

import pytest
from pydicom import Dataset

from tests.plugins.deidentify.samples import apply, dataset

SR = "1.2.840.10008.5.1.4.1.1.88.33"
SOFTCOPY = "1.2.840.10008.5.1.4.1.1.11.1"
WORD = "KELLER756"


def code(value: str, keyword: str = "CodeValue") -> Dataset:
    made = Dataset()
    setattr(made, keyword, value)
    made.CodingSchemeDesignator, made.CodeMeaning = "DCM", "x"
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
