"""The Basic Profile, attribute by attribute."""

import io
import struct

import pytest
from pydicom import Dataset, dcmread
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, ImplicitVRLittleEndian

from fileroom_plugins.deidentify.deidentifier import Deidentifier
from fileroom_plugins.deidentify.keyed import KeyedPseudonyms
from fileroom_plugins.deidentify.profile import Profile
from tests.plugins.deidentify.samples import (
    BIRTH,
    IDENTIFIER,
    KEY,
    NAME,
    after,
    apply,
    as_bytes,
    dataset,
    deidentifier,
)

SR = "1.2.840.10008.5.1.4.1.1.88.11"
SOFTCOPY = "1.2.840.10008.5.1.4.1.1.11.1"


def test_names_and_identifiers_become_pseudonyms_that_are_the_patients_own() -> None:
    one = after(dataset())
    other = after(dataset(SOPInstanceUID="1.2.3.4.5.9"))
    stranger = after(dataset(PatientID="QX-2"))
    assert one.PatientID == other.PatientID != stranger.PatientID
    assert one.PatientName == other.PatientName
    assert IDENTIFIER not in one.PatientID


def test_uids_are_replaced_everywhere_by_the_same_new_one() -> None:
    image = Dataset()
    image.ReferencedSOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    image.ReferencedSOPInstanceUID = "1.2.3.4.5.1"
    made = after(dataset(ReferencedStructureSetSequence=[image]))
    assert made.SOPInstanceUID != "1.2.3.4.5.1"
    assert made.file_meta.MediaStorageSOPInstanceUID == made.SOPInstanceUID
    assert made.ReferencedStructureSetSequence[0].ReferencedSOPInstanceUID == made.SOPInstanceUID


def test_uids_of_the_standard_stay() -> None:
    made = after(dataset(FrameOfReferenceUID="1.2.840.10008.1.4.1.1"))
    assert made.FrameOfReferenceUID == "1.2.840.10008.1.4.1.1"
    assert made.SOPClassUID == "1.2.840.10008.5.1.4.1.1.2"


def test_the_type_in_the_iod_chooses_between_removing_and_emptying() -> None:
    made = after(dataset(ReferringPhysicianName="Who^Ever", InstitutionName="Hospital", StudyTime="1200"))
    assert made.ReferringPhysicianName == ""  # type 2
    assert "InstitutionName" not in made  # type 3
    assert made.StudyTime == ""  # type 2
    assert made.PatientBirthDate == ""


def test_what_needs_a_value_gets_a_dummy_of_its_vr() -> None:
    item = Dataset()
    item.VerifyingObserverName = "Who^Ever"
    item.VerifyingOrganization = "Hospital"
    item.VerificationDateTime = "20240229120000"
    made = after(dataset(SR, ContentDate="20240229", ContentTime="120000", VerifyingObserverSequence=[item]))
    assert made.ContentDate == "20000101"  # type 1
    assert made.ContentTime == "000000"
    observer = made.VerifyingObserverSequence[0]
    assert observer.VerifyingObserverName == "ANONYMIZED"
    assert observer.VerifyingOrganization == "ANONYMIZED"
    assert observer.VerificationDateTime == "20000101000000"


def test_empty_values_stay_empty() -> None:
    made = after(dataset(PatientName="", PatientID="", StudyDate=""))
    assert (made.PatientName, made.PatientID, made.StudyDate) == ("", "", "")


def test_content_of_reports_becomes_one_comment_that_says_nothing() -> None:
    item = Dataset()
    item.RelationshipType, item.ValueType, item.TextValue = "CONTAINS", "TEXT", f"Seen {NAME}"
    made = after(dataset(SR, ContentSequence=[item, item]))
    (comment,) = made.ContentSequence
    assert comment.TextValue == "ANONYMIZED"


def test_graphic_annotations_keep_their_form_and_no_content() -> None:
    text, annotation = Dataset(), Dataset()
    text.UnformattedTextValue = NAME
    text.AnchorPoint = [12.5, 13.5]
    text.AnchorPointVisibility = "Y"
    text.AnchorPointAnnotationUnits = "PIXEL"
    annotation.GraphicLayer = "LAYER"
    annotation.TextObjectSequence = [text]
    (made,) = after(
        dataset(SOFTCOPY, GraphicAnnotationSequence=[annotation, annotation])
    ).GraphicAnnotationSequence
    assert made.TextObjectSequence[0].UnformattedTextValue == "ANONYMIZED"
    assert made.TextObjectSequence[0].AnchorPoint == [0, 0]
    assert made.TextObjectSequence[0].AnchorPointAnnotationUnits == "PIXEL"


def test_rules_reach_into_sequences_to_any_depth() -> None:
    inner, outer = Dataset(), Dataset()
    inner.PersonName = NAME
    outer.RequestedContrastAgent = NAME
    outer.BeamSequence = [inner]
    made = after(dataset(BeamSequence=[outer]))
    assert "RequestedContrastAgent" not in made.BeamSequence[0]
    assert made.BeamSequence[0].BeamSequence[0].PersonName == "ANONYMIZED"


def test_private_attributes_go_with_their_creators() -> None:
    made = dataset()
    made.private_block(0x0009, "ACME 1.1", create=True).add_new(1, "LO", NAME)
    made.private_block(0x0009, "ACME 1.2", create=True).add_new(1, "SQ", [dataset()])
    result = after(made)
    assert not [element for element in result if element.tag.is_private]


def test_overlays_go_plane_by_plane_and_curves_altogether() -> None:
    made = dataset()
    for group in (0x6000, 0x6002):
        made.add_new((group, 0x0010), "US", 8)
        made.add_new((group, 0x0022), "LO", "overlay")
        made.add_new((group, 0x3000), "OW", bytes(8))
    made.add_new((0x5000, 0x0005), "US", 2)
    made.add_new((0x5002, 0x3000), "OW", bytes(8))
    result = after(made)
    assert not [element for element in result if element.tag.group >> 8 in {0x50, 0x60}]


def test_overlays_in_unused_bits_of_the_pixels_are_cleared() -> None:
    made = dataset(
        Rows=2, Columns=2, BitsAllocated=16, BitsStored=12, HighBit=11, SamplesPerPixel=1,
        PhotometricInterpretation="MONOCHROME2", PixelRepresentation=0,
    )  # fmt: skip
    made.add_new((0x6000, 0x0010), "US", 2)
    made.add_new((0x6000, 0x0011), "US", 2)
    made.add_new((0x6000, 0x0100), "US", 16)
    made.add_new((0x6000, 0x0102), "US", 12)
    made.PixelData = struct.pack("<4H", 0x1FFF, 0x0FFF, 0x1000, 0)
    result = after(made)
    assert result.PixelData == struct.pack("<4H", 0x0FFF, 0x0FFF, 0, 0)
    assert not [element for element in result if element.tag.group == 0x6000]


def test_attributes_that_nobody_knows_go() -> None:
    made = dataset()
    made.add_new((0x0010, 0x7777), "LO", NAME)
    assert (0x0010, 0x7777) not in after(made)


def test_signatures_padding_group_lengths_and_icons_go() -> None:
    made = dataset(
        DigitalSignaturesSequence=[Dataset()],
        MACParametersSequence=[Dataset()],
        IconImageSequence=[Dataset()],
    )
    made.DataSetTrailingPadding = b"secret"
    made.add_new((0x0008, 0x0000), "UL", 200)
    result = after(made)
    assert {"DigitalSignaturesSequence", "MACParametersSequence", "IconImageSequence"}.isdisjoint(dir(result))
    assert (0xFFFC, 0xFFFC) not in result
    assert (0x0008, 0x0000) not in result


def test_the_file_meta_information_tells_of_nobody_but_the_program() -> None:
    data = apply(dataset()).data
    assert data[:128] == bytes(128)
    meta = dcmread(io.BytesIO(data)).file_meta
    assert meta.ImplementationVersionName == "FILEROOM"
    assert "SourceApplicationEntityTitle" not in meta
    assert b"OURS" not in data


def test_the_object_says_what_was_done_with_it() -> None:
    made = after(dataset(), "retain-device", "retain-modified-dates")
    assert made.PatientIdentityRemoved == "YES"
    assert made.DeidentificationMethod == "PS3.15 2026c Basic Profile"
    codes = [(one.CodeValue, one.CodingSchemeDesignator) for one in made.DeidentificationMethodCodeSequence]
    assert codes == [("113100", "DCM"), ("113109", "DCM"), ("113107", "DCM")]
    assert made.LongitudinalTemporalInformationModified == "MODIFIED"


def test_codes_of_an_earlier_de_identification_stay_once_and_in_the_words_of_the_standard() -> None:
    once = apply(dataset(), "retain-uids").dataset
    once.DeidentificationMethodCodeSequence[1].CodeMeaning = "for Quirina Testarossa"
    once.DeidentificationMethodCodeSequence.append(Dataset())
    once.DeidentificationMethodCodeSequence[2].CodeValue = "Testarossa"
    twice = deidentifier().apply(as_bytes(once)).dataset
    assert [(one.CodeValue, one.CodeMeaning) for one in twice.DeidentificationMethodCodeSequence] == [
        ("113100", "Basic Application Confidentiality Profile"),
        ("113110", "Retain UIDs Option"),
    ]


@pytest.mark.parametrize(
    "syntax", [ImplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian]
)
def test_every_encoding_is_de_identified_and_kept(syntax: str) -> None:
    made = dataset(ReferencedImageSequence=[dataset()], Rows=258)
    result = deidentifier().apply(as_bytes(made, syntax)).dataset
    assert result.file_meta.TransferSyntaxUID == syntax
    assert result.PatientID == after(dataset()).PatientID
    assert result.Rows == 258


def test_sequences_that_a_file_has_as_un_are_gone_through() -> None:
    inner = io.BytesIO()
    name = struct.pack("<HHI", 0x0010, 0x0010, 18) + NAME.encode()
    name += struct.pack("<HHI", 0x0008, 0x1155, 12) + b"1.2.3.4.5.1\0"
    inner.write(struct.pack("<HHI", 0xFFFE, 0xE000, len(name)) + name)
    data = as_bytes(dataset())
    data += struct.pack("<HH2sHI", 0x5200, 0x9229, b"UN", 0, len(inner.getvalue())) + inner.getvalue()
    result = deidentifier().apply(data)
    assert NAME.encode() not in result.data
    found = result.dataset
    assert found[0x5200, 0x9229].value[0].ReferencedSOPInstanceUID == found.SOPInstanceUID


def test_the_report_names_what_was_done_and_no_value() -> None:
    item = Dataset()
    item.PersonName = NAME
    result = apply(dataset(BeamSequence=[item], InstitutionName="Hospital"))
    told = {one.path: one for one in result.report.touched}
    assert told["00080080"][1:] == ("InstitutionName", "X", "basic")
    assert told["300A00B0[1].0040A123"].keyword == "PersonName"
    for value in (NAME, IDENTIFIER, BIRTH, "Hospital", "1.2.3.4.5.1"):
        assert value.encode() not in result.report.to_json()


def test_a_dataset_may_be_given_instead_of_a_file() -> None:
    made = dataset()
    assert deidentifier().apply(made).dataset.PatientID == after(dataset()).PatientID
    assert made.PatientID == IDENTIFIER


def test_documents_become_an_empty_one_whose_length_is_said() -> None:
    pdf = "1.2.840.10008.5.1.4.1.1.104.1"
    made = after(
        dataset(
            pdf,
            MIMETypeOfEncapsulatedDocument="application/pdf",
            EncapsulatedDocument=b"%PDF-1.7 about Testarossa",
            EncapsulatedDocumentLength=25,
        )
    )
    assert made.EncapsulatedDocument.startswith(b"%PDF-1.4")
    assert b"Testarossa" not in made.EncapsulatedDocument
    assert made.EncapsulatedDocumentLength == len(made.EncapsulatedDocument.rstrip(b"\0"))


def test_names_dates_and_uids_that_the_table_forgets_go_as_well() -> None:
    made = dataset(
        MultiFrameSourceSOPInstanceUID="1.2.3.4.5.1", EvaluatorName="Who^Ever", ExpiryDate="20240229"
    )
    result = after(made)
    assert result.MultiFrameSourceSOPInstanceUID == result.SOPInstanceUID
    assert "EvaluatorName" not in result
    assert "ExpiryDate" not in result
    assert after(made, "retain-uids").MultiFrameSourceSOPInstanceUID == "1.2.3.4.5.1"
    assert after(made, "retain-full-dates").ExpiryDate == "20240229"


def test_uids_of_private_classes_and_coding_schemes_stay() -> None:
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodingSchemeUID = "1", "99X", "1.2.3.99"
    made = after(dataset("1.2.3.4.99", AnatomicRegionSequence=[code]))
    assert made.SOPClassUID == "1.2.3.4.99"
    assert made.AnatomicRegionSequence[0].CodingSchemeUID == "1.2.3.99"


def test_overlays_in_the_pixels_stay_where_a_profile_keeps_overlays() -> None:
    made = dataset()
    made.add_new((0x6000, 0x0100), "US", 16)
    made.add_new((0x6000, 0x0102), "US", 12)
    kept = Deidentifier(Profile("all"), KeyedPseudonyms(KEY)).apply(as_bytes(made)).dataset
    assert kept[0x6000, 0x0102].value == 12


def test_presentation_states_keep_the_layers_of_overlays_that_images_have() -> None:
    made = dataset(SOFTCOPY)
    made.add_new((0x6000, 0x1001), "CS", "LAYER")
    assert after(made)[0x6000, 0x1001].value == "LAYER"
