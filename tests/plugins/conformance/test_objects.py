"""Objects against their IOD: modules, types, conditions, values, functional groups, evidence."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pydicom import Dataset
from pydicom.uid import EnhancedSRStorage

from fileroom_plugins.conformance import check
from tests.plugins.conformance.objects_for_tests import UIDS, about, ct, enhanced_ct, item, rules_of

Change = Callable[[Dataset], object]


def setting(**values: object) -> Change:
    def change(image: Dataset) -> None:
        for keyword, value in values.items():
            setattr(image, keyword, value)

    return change


def without(*keywords: str) -> Change:
    def change(image: Dataset) -> None:
        for keyword in keywords:
            delattr(image, keyword)

    return change


def test_nothing_is_said_against_a_sound_image() -> None:
    assert rules_of(ct()) == set()


@pytest.mark.parametrize(
    ("change", "rule", "attribute"),
    [
        (without("StudyInstanceUID"), "iod/type-1-missing", "StudyInstanceUID"),
        (setting(Modality=None), "iod/type-1-empty", "Modality"),
        (without("PatientSex"), "iod/type-2-missing", "PatientSex"),
        (
            setting(SamplesPerPixel=3, PhotometricInterpretation="RGB", PixelData=bytes(48)),
            "iod/type-1c-missing",
            "PlanarConfiguration",
        ),
        (without("PatientPosition"), "iod/type-2c-missing", "PatientPosition"),
        (setting(PatientIdentityRemoved="YES"), "iod/type-1c-missing", "DeidentificationMethod"),
        (setting(PixelAspectRatio=[1, 2]), "iod/not-allowed", "PixelAspectRatio"),
        (setting(PixelAspectRatio=None), "iod/type-1c-empty", "PixelAspectRatio"),
        (setting(PatientSex="X"), "iod/enumerated-value", "PatientSex"),
        (setting(PixelRepresentation=2), "iod/enumerated-value", "PixelRepresentation"),
        (setting(ImageType=["ORIGINAL", "TERTIARY", "AXIAL"]), "iod/enumerated-value", "ImageType"),
        (setting(ImageType=["ORIGINAL", "PRIMARY", "OBLIQUE"]), "iod/defined-term", "ImageType"),
        (setting(BitsStored=8, HighBit=7), "iod/value-range", "BitsStored"),
        (setting(Rows=0), "iod/value-range", "Rows"),
        (setting(Columns=0), "iod/value-range", "Columns"),
        (setting(NumberOfFrames=0), "iod/value-range", "NumberOfFrames"),
        (setting(NumberOfFrames=-1), "iod/value-range", "NumberOfFrames"),
        (setting(PixelSpacing=[0, 0]), "iod/value-range", "PixelSpacing"),
        (setting(PixelSpacing=[1, -1]), "iod/value-range", "PixelSpacing"),
        (setting(WindowCenter=1, WindowWidth=0), "iod/value-range", "WindowWidth"),
        (setting(WindowCenter=1, WindowWidth=0.5), "iod/value-range", "WindowWidth"),
        (setting(WindowCenter=1, WindowWidth=0, VOILUTFunction="SIGMOID"), "iod/value-range", "WindowWidth"),
        (setting(ImageOrientationPatient=[1, 1, 0, 0, 1, 0]), "iod/consistency", "ImageOrientationPatient"),
        (setting(WindowCenter=[1, 2], WindowWidth=[3]), "iod/consistency", "WindowWidth"),
        (setting(WindowCenter=1), "iod/type-1c-missing", "WindowWidth"),
        (setting(FrameOfReferenceUID=UIDS[1]), "uid/reused", "FrameOfReferenceUID"),
        (setting(ContainerIdentifier="x"), "iod/type-2-missing", "ContainerTypeCodeSequence"),
    ],
)
def test_an_attribute_that_breaks_its_module_is_named(change: Change, rule: str, attribute: str) -> None:
    assert rule in {one.rule for one in about(ct(change), attribute)}


@pytest.mark.parametrize(
    "change",
    [
        setting(PatientSex="O", PatientIdentityRemoved="YES", DeidentificationMethod="all"),
        setting(ImageType=["DERIVED", "SECONDARY", "AXIAL", "MPR"]),
        setting(WindowCenter=[1, 2], WindowWidth=[3, 4]),
        setting(WindowCenter=1, WindowWidth=1),
        setting(WindowCenter=1, WindowWidth=0.5, VOILUTFunction="LINEAR_EXACT"),
        setting(Rows=1, PixelSpacing=[0, 1]),
        setting(NumberOfFrames=1),
        setting(VOILUTSequence=[item(LUTDescriptor=[2, 0, 16], LUTData=bytes(4))]),
        setting(BodyPartExamined="HAND", Laterality="L"),
        setting(
            ReferencedImageSequence=[item(ReferencedSOPClassUID="1.2.3", ReferencedSOPInstanceUID="1.2.4")]
        ),
    ],
)
def test_what_a_module_allows_is_no_fault(change: Change) -> None:
    assert {one for one in rules_of(ct(change)) if one.startswith("iod/")} == set()


def test_a_number_out_of_its_range_is_named_once_and_in_sequences_too() -> None:
    assert [one.rule for one in about(ct(setting(PixelSpacing=[0, 0])), "PixelSpacing")] == [
        "iod/value-range"
    ]
    window = item(WindowCenter=1, WindowWidth=0)

    def change(image: Dataset) -> None:
        image.SharedFunctionalGroupsSequence[0].FrameVOILUTSequence = [window]
        image.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0].PixelSpacing = [1, 0]

    found = {one.path for one in check(enhanced_ct(change)) if one.rule == "iod/value-range"}
    assert found == {
        "SharedFunctionalGroupsSequence[1].FrameVOILUTSequence[1].WindowWidth",
        "SharedFunctionalGroupsSequence[1].PixelMeasuresSequence[1].PixelSpacing",
    }


def test_items_are_checked_to_any_depth() -> None:
    code = item(CodeValue="1", CodeMeaning="x")
    region = item(CodeValue="1", CodingSchemeDesignator="X", CodeMeaning="x", EquivalentCodeSequence=[code])
    (message,) = about(ct(setting(AnatomicRegionSequence=[region])), "CodingSchemeDesignator")
    assert message.path == "AnatomicRegionSequence[1].EquivalentCodeSequence[1].CodingSchemeDesignator"
    assert message.rule == "iod/type-1c-missing"


def test_overlays_are_modules_for_each_group() -> None:
    def change(image: Dataset) -> None:
        for group in (0x6000, 0x6004):
            image.add_new((group, 0x0040), "CS", "G")

    missing = {one.attribute for one in check(ct(change)) if one.rule == "iod/type-1-missing"}
    assert "OverlayRows" in missing
    (rows,) = [one for one in check(ct(change)) if one.attribute == "OverlayRows" and "6004" in one.message]
    assert rows.path == "OverlayRows"


def test_a_missing_module_is_named_with_its_attributes() -> None:
    messages = check(ct(without("PatientName", "PatientID", "PatientBirthDate", "PatientSex")))
    (module,) = [one for one in messages if one.rule == "iod/module-missing"]
    assert "patient" in module.message
    assert {one.attribute for one in messages if one.rule == "iod/type-2-missing"} == {
        "PatientName",
        "PatientID",
        "PatientBirthDate",
        "PatientSex",
    }


def test_an_attribute_of_another_iod_is_worth_knowing() -> None:
    (message,) = about(ct(setting(RepetitionTime=5)), "RepetitionTime")
    assert (message.rule, message.severity) == ("iod/not-in-iod", "info")


@pytest.mark.parametrize(
    ("uid", "rule"),
    [
        (None, "iod/no-sop-class"),
        ("1.2.840.10008.5.1.1.27", "iod/unknown"),
        ("1.2.3.4.5", "iod/private"),
    ],
)
def test_an_object_whose_iod_is_unknown_says_so(uid: str | None, rule: str) -> None:
    assert rule in {one.rule for one in about(ct(setting(SOPClassUID=uid)), "SOPClassUID")}


def test_nothing_is_said_against_a_sound_enhanced_image() -> None:
    assert {one for one in rules_of(enhanced_ct()) if one.startswith("groups/")} == set()
    assert not [
        one for one in check(enhanced_ct()) if "FunctionalGroups" in one.path and one.severity == "error"
    ]


def frames(image: Dataset) -> list[Dataset]:
    return list(image.PerFrameFunctionalGroupsSequence)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (setting(NumberOfFrames=3), "groups/frames"),
        (lambda image: delattr(frames(image)[1], "PlanePositionSequence"), "groups/some-frames"),
        (
            lambda image: delattr(image.SharedFunctionalGroupsSequence[0], "PixelMeasuresSequence"),
            "groups/missing",
        ),
        (
            lambda image: setattr(
                frames(image)[0],
                "PixelMeasuresSequence",
                image.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence,
            ),
            "groups/both",
        ),
        (
            lambda image: image.SharedFunctionalGroupsSequence.append(item()),
            "iod/item-count",
        ),
        (
            lambda image: delattr(frames(image)[0].FrameContentSequence[0], "FrameAcquisitionNumber"),
            None,
        ),
    ],
)
def test_functional_groups_are_where_they_belong(change: Change, rule: str | None) -> None:
    found = rules_of(enhanced_ct(change), "groups/") | (rules_of(enhanced_ct(change)) & {"iod/item-count"})
    assert found == ({rule} if rule else set())


def report(*content: Dataset) -> Dataset:
    code = item(CodeValue="1", CodingSchemeDesignator="X", CodeMeaning="x")
    document = Dataset()
    document.SOPClassUID = EnhancedSRStorage
    document.ValueType, document.ContinuityOfContent = "CONTAINER", "SEPARATE"
    document.ConceptNameCodeSequence = [code]
    document.ContentSequence = [
        item(RelationshipType="CONTAINS", ConceptNameCodeSequence=[code], **{e.keyword: e.value for e in one})
        for one in content
    ]
    return document


@pytest.mark.parametrize(
    ("content", "missing"),
    [
        (item(ValueType="TEXT"), {"TextValue"}),
        (item(ValueType="NUM"), {"MeasuredValueSequence"}),
        (item(ValueType="CODE"), {"ConceptCodeSequence"}),
        (item(ValueType="IMAGE"), {"ReferencedSOPSequence"}),
        (item(ValueType="CONTAINER"), {"ContinuityOfContent"}),
        (item(ValueType="TEXT", TextValue="x"), set()),
        (item(ReferencedContentItemIdentifier=[1, 2]), set()),
    ],
)
def test_what_a_content_item_must_have_depends_on_its_value_type(content: Dataset, missing: set[str]) -> None:
    found = {one.attribute for one in check(report(content)) if one.path.startswith("ContentSequence")}
    assert found == missing


def test_instances_that_a_report_refers_to_are_evidence() -> None:
    reference = item(ReferencedSOPClassUID="1.2.3", ReferencedSOPInstanceUID="1.2.4")
    document = report(item(ValueType="COMPOSITE", ReferencedSOPSequence=[reference]))
    assert "iod/evidence" in rules_of(document)
    series = item(SeriesInstanceUID="1.2.5", ReferencedSOPSequence=[reference])
    study = item(StudyInstanceUID="1.2.6", ReferencedSeriesSequence=[series])
    document.CurrentRequestedProcedureEvidenceSequence = [study]
    assert "iod/evidence" not in rules_of(document)
