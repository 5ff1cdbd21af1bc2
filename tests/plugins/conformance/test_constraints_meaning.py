"""What predicates mean on data sets, converted by pydicom already or as they were read."""

from __future__ import annotations

import pytest
from pydicom.dataset import Dataset

from fileroom_plugins.conformance.constraints import evaluate
from tests.plugins.conformance.constraint_cases import dataset, document, from_file, holds, rule, said


def _object() -> Dataset:
    made = dataset(
        SpecificCharacterSet="ISO_IR 100",
        SOPClassUID="1.2.840.10008.5.1.4.1.1.2",
        StudyDate="20240229",
        StudyTime="1015",
        AcquisitionDateTime="20240229101500.5+0100",
        Modality="CT",
        ImageType=["ORIGINAL", "PRIMARY", "AXIAL"],
        PatientName="Müller^Jürgen^^Dr.=ideo=phon^et",
        PatientID="A-17",
        PatientAge="018M",
        PatientSex="",
        KVP="120.0",
        SliceThickness="5",
        Rows=512,
        Columns=256,
        PixelSpacing=[0.5, 0.5],
        WindowCenter=[40, 300],
        WindowWidth=[400, 1500],
        PixelData=b"\0\0",
    )
    made["PixelData"].VR = "OW"
    made.RequestAttributesSequence = [
        dataset(ScheduledProcedureStepID="S1", RequestedProcedureID="P1"),
        dataset(ScheduledProcedureStepID="S2"),
    ]
    made.ReferencedStudySequence = []
    block = made.private_block(0x0029, "ACME 1.1", create=True)
    block.add_new(0x10, "LO", "secret")
    return made


TRUE = [
    "Modality == 'CT'",
    "Modality != 'MR'",
    "Modality in ['MR', 'CT']",
    "Modality not in ['MR', 'US']",
    "Modality matches '[A-Z]{2}'",
    "PatientSex exists and PatientSex is empty",
    "AccessionNumber is missing and AccessionNumber is empty",
    "PatientID is not empty",
    # numbers
    "KVP == 120 and KVP == '120' and KVP in 70..140 and KVP > 70.5",
    "Rows > Columns and Rows == 512 and Rows >= 512 and Rows <= 512",
    "SliceThickness < KVP",
    "WindowCenter < WindowWidth",
    "WindowCenter[1] == 40 and WindowCenter[2] == 300 and WindowCenter > 30",
    "PixelSpacing[1] == PixelSpacing[2]",
    "PixelSpacing == 0.5",
    # dates and times
    "StudyDate in 20240101..20241231",
    "StudyDate >= '2024.02.29' and StudyDate in ..20240229",
    "StudyTime == 101500 and StudyTime < '101501'",
    "AcquisitionDateTime == '20240229091500.5' and AcquisitionDateTime in '20240229'..",
    # ages: 018M is 558 days
    "PatientAge > '001Y' and PatientAge < '002Y'",
    # texts, names
    "PatientName#Family == 'Müller' and PatientName#Given == 'Jürgen' and PatientName#UnibytePrefix == 'Dr.'",
    "PatientName#Ideographic == 'ideo' and PatientName#PhoneticGiven == 'et'",
    "ImageType[1] == 'ORIGINAL' and count(ImageType) == 3 and ImageType matches '[A-Z]+'",
    "'AXIAL' in [ImageType]",
    # items
    "count(RequestAttributesSequence) == 2 and count(ReferencedStudySequence) == 0",
    "RequestAttributesSequence.ScheduledProcedureStepID in ['S1', 'S2']",
    "RequestAttributesSequence[2].ScheduledProcedureStepID == 'S2'",
    "RequestAttributesSequence[2] exists and RequestAttributesSequence[3] is missing",
    "any item of RequestAttributesSequence has RequestedProcedureID exists",
    "not every item of RequestAttributesSequence has RequestedProcedureID exists",
    "not RequestAttributesSequence.RequestedProcedureID exists",
    "every item of RequestAttributesSequence has /Modality == 'CT'",
    "every item of ReferencedStudySequence has Rows == 1",
    "every item of ReferencedImageSequence has Rows == 1",
    "not any item of ReferencedStudySequence has Rows exists",
    # functions
    "vr(Rows) == 'US' and vr(RequestAttributesSequence) == 'SQ'",
    "uid_type(SOPClassUID) == 'SOP Class'",
    "count(AccessionNumber) == 0 and count(PatientSex) == 0 and count(PixelData) == 1",
    # private
    "(0029,1010)(ACME 1.1) exists and (0029,xx10)('ACME 1.1') is not empty",
    "(0029,1010)(OTHER) is missing",
    # logic
    "Rows == 1 implies Columns == 1",
    "Rows == 512 implies Columns == 256",
    "PixelData exists and PixelData is not empty",
]
FALSE = [
    "AccessionNumber == ''",
    "AccessionNumber != 'x'",
    "PatientSex != 'M'",
    "PatientID matches 'A'",
    "WindowCenter == 40",
    "WindowCenter[3] exists",
    "PatientName#Suffix == ''",
    "PatientName#Middle matches '.*'",
    "ImageType in ['ORIGINAL', 'PRIMARY']",
    "any item of ReferencedImageSequence has Rows exists",
    "RequestAttributesSequence.RequestedProcedureID == 'P1'",
    "ReferencedImageSequence.ReferencedSOPInstanceUID != '1'",
    "Rows == 512 implies Columns == 1",
    "KVP == StudyDate",
]


@pytest.mark.parametrize("check", TRUE)
@pytest.mark.parametrize("form", ["converted", "explicit", "implicit"])
def test_it_holds(check: str, form: str) -> None:
    made = _object()
    if form != "converted":
        made = from_file(made, implicit=form == "implicit")
    assert holds(check.replace("('ACME 1.1')", '("ACME 1.1")'), made)


@pytest.mark.parametrize("check", FALSE)
@pytest.mark.parametrize("form", ["converted", "explicit"])
def test_it_does_not_hold(check: str, form: str) -> None:
    made = _object()
    assert not holds(check, made if form == "converted" else from_file(made))


def test_a_private_attribute_has_a_value_where_the_file_tells_its_vr() -> None:
    assert holds("(0029,1010)(ACME 1.1) == 'secret'", from_file(_object()))
    assert not holds("(0029,1010)(ACME 1.1) == 'secret'", from_file(_object(), implicit=True))


def test_file_meta_information_is_looked_into_for_group_0002() -> None:
    made = from_file(dataset(PatientID="1"))
    assert holds(
        "TransferSyntaxUID == '1.2.840.10008.1.2.1' and uid_type(TransferSyntaxUID) == 'Transfer Syntax'",
        made,
    )
    assert not holds("TransferSyntaxUID exists", dataset(PatientID="1"))


def test_a_value_that_is_none_of_its_vr_makes_no_comparison_true_and_no_noise() -> None:
    made = from_file(dataset(PatientID="x"))
    for keyword, vr, value in (
        ("KVP", "DS", b"12 kV "),
        ("StudyDate", "DA", b"yesterday "),
        ("Rows", "US", b"\1"),
    ):
        made.add_new(keyword, vr, None)
        element = made[keyword]
        from pydicom.dataelem import RawDataElement

        made._dict[element.tag] = RawDataElement(element.tag, vr, len(value), value, 0, False, True)
    assert not holds("KVP > 0", made)
    assert not holds("KVP <= 0", made)
    assert not holds("StudyDate in 19000101..", made)
    assert not holds("Rows > 0", made)
    assert holds("KVP exists and KVP matches '.*kV' and StudyDate is not empty and Rows is not empty", made)


def test_text_is_decoded_by_the_item_it_stands_in() -> None:
    made = dataset(SpecificCharacterSet="ISO_IR 100", PatientID="é")
    made.RequestAttributesSequence = [
        dataset(SpecificCharacterSet="ISO_IR 192", RequestedProcedureDescription="山田")
    ]
    read = from_file(made)
    assert holds(
        "PatientID == 'é' and RequestAttributesSequence.RequestedProcedureDescription == '山田'", read
    )


def test_all_parts_of_an_and_are_asked_and_of_an_or_only_until_one_is_true() -> None:
    text = '''
[[rule]]
name = "R"
check = """(present(what=PatientID) and present(what=PatientName))
  and (present(what=Rows) or present(what=Columns) or present(what=StudyID))"""
message = "the rest"
[[macro]]
name = "present"
parameters = ["what"]
check = "what exists"
message = "no {attribute}"
met = "there is {attribute}"
'''
    found = evaluate(document(text), dataset(Columns=1))
    assert said(found) == ["no PatientID", "no PatientName", "there is Columns", "the rest"]
    found = evaluate(document(text), dataset(PatientID="1", PatientName="x"))
    assert said(found)[2:] == ["no Rows", "no Columns", "no StudyID", "the rest"]


def test_what_fails_and_need_not_hold_is_not_said() -> None:
    text = """
[[rule]]
name = "R"
check = "(is_ct() implies Rows exists) and not is_ct() and any item of RequestAttributesSequence has is_ct()"
[[macro]]
name = "is_ct"
check = "Modality == 'CT'"
message = "no CT"
[[rule]]
name = "S"
check = "rule('T') or PatientID exists"
[[rule]]
name = "T"
check = "is_ct()"
"""
    items = [dataset(Modality="MR"), dataset(Modality="CT")]
    found = evaluate(document(text), dataset(PatientID="1", RequestAttributesSequence=items))
    assert [(one.rule, one.message) for one in found] == [("site/T", "no CT")]


def test_a_message_says_where_and_what_it_is_about_and_whose_rule_it_is() -> None:
    made = _object()
    check = "every item of RequestAttributesSequence has RequestedProcedureID is not empty"
    (message,) = evaluate(rule(check, "message = 'no {attribute} in a request'\nseverity = 'warning'"), made)
    assert (message.path, message.attribute) == (
        "RequestAttributesSequence[2].RequestedProcedureID",
        "RequestedProcedureID",
    )
    assert (message.severity, message.rule) == ("warning", "site/R")
    assert message.message == "no RequestedProcedureID in a request"


def test_without_a_message_the_document_speaks_for_itself() -> None:
    (message,) = evaluate(rule("PatientSex\n  in ['M']"), dataset(PatientSex="SECRET"))
    assert message.message == "not so: PatientSex in ['M']"


def test_a_value_of_the_object_is_never_in_a_message() -> None:
    made = _object()
    for check in FALSE:
        text = " ".join(said(evaluate(rule(check, "message = '{attribute} is wrong'"), made)))
        assert not any(value in text for value in ("A-17", "ller", "secret", "S1", "P1", "20240229"))


def test_something_can_be_said_of_what_holds() -> None:
    found = evaluate(
        rule("PatientID exists", "met = 'has an id'\nmet_severity = 'info'"), dataset(PatientID="1")
    )
    assert [(one.severity, one.message) for one in found] == [("info", "has an id")]


def test_the_same_is_said_once() -> None:
    text = """
rule = [
    { name = "A", check = 'rule("C")', message = "a" },
    { name = "B", check = 'rule("C")', message = "b" },
    { name = "C", check = "PatientID exists", message = "c" },
]
"""
    assert said(evaluate(document(text), Dataset())) == ["c", "a", "b"]


def test_a_check_under_a_condition_says_nothing_where_the_condition_does_not_hold() -> None:
    text = """
[[rule]]
name = "R"
when = "Modality == 'CT'"
severity = "warning"
[[rule.check]]
that = "KVP exists"
[[rule.check]]
when = "Rows exists"
that = "Columns exists"
severity = "error"
"""
    assert evaluate(document(text), dataset(Modality="MR", Rows=1)) == []
    found = evaluate(document(text), dataset(Modality="CT", Rows=1))
    assert [(one.attribute, one.severity) for one in found] == [("KVP", "warning"), ("Columns", "error")]
    assert [one.attribute for one in evaluate(document(text), dataset(Modality="CT"))] == ["KVP"]


def test_a_macro_sees_its_arguments_as_who_called_it_does() -> None:
    text = """
[[rule]]
name = "R"
check = "every item of ReferencedStudySequence has refers(uid=ReferencedSOPInstanceUID)"
[[macro]]
name = "refers"
parameters = ["uid"]
check = "any item of /ReferencedImageSequence has same(one=ReferencedSOPInstanceUID, other=uid)"
[[macro]]
name = "same"
parameters = ["one", "other"]
check = "one == other"
"""
    made = dataset(
        ReferencedStudySequence=[dataset(ReferencedSOPInstanceUID="1.2")],
        ReferencedImageSequence=[
            dataset(ReferencedSOPInstanceUID="1.1"),
            dataset(ReferencedSOPInstanceUID="1.2"),
        ],
    )
    ok = evaluate(document(text), made)
    made.ReferencedImageSequence.pop()
    assert (len(ok), bool(evaluate(document(text), made))) == (0, True)


def test_a_value_can_be_given_to_a_macro_and_a_part_of_an_attribute() -> None:
    text = """
[[rule]]
name = "R"
check = "coded(code=RequestAttributesSequence[1].ScheduledProtocolCodeSequence, scheme='DCM')"
[[macro]]
name = "coded"
parameters = ["code", "scheme"]
check = "code.CodingSchemeDesignator == scheme and code.CodingSchemeDesignator in [scheme]"
"""
    code = dataset(CodingSchemeDesignator="DCM")
    made = dataset(RequestAttributesSequence=[dataset(ScheduledProtocolCodeSequence=[code])])
    assert evaluate(document(text), made) == []
    code.CodingSchemeDesignator = "SRT"
    (message,) = evaluate(document(text), made)
    assert message.path.startswith("RequestAttributesSequence[1].ScheduledProtocolCodeSequence[1].Coding")


def _tree(depth: int, wrong: str = "TEXT") -> Dataset:
    made = dataset(ValueType="CONTAINER" if depth else wrong, RelationshipType="CONTAINS")
    if depth:
        made.ContentSequence = [
            dataset(ValueType="TEXT", RelationshipType="CONTAINS"),
            _tree(depth - 1, wrong),
        ]
    return made


def test_a_macro_that_calls_itself_goes_as_deep_as_the_object() -> None:
    text = """
[[rule]]
name = "Tree"
check = "node()"
[[macro]]
name = "node"
check = "ValueType in ['CONTAINER', 'TEXT'] and every item of ContentSequence has node()"
message = "a node is wrong"
"""
    assert evaluate(document(text), _tree(20)) == []
    found = evaluate(document(text), _tree(20, "ODD"))
    assert found[0].path == "ContentSequence[2]." * 20 + "ValueType"
