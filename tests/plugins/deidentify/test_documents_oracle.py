from __future__ import annotations

import pytest

from fileroom.documents import Document
from fileroom.errors import DocumentError
from fileroom_plugins.deidentify.actions import Action
from fileroom_plugins.deidentify.anonymity import KIND
from fileroom_plugins.deidentify.anonymity.kind import AnonymityDocuments, profile_of
from fileroom_plugins.deidentify.profile import Profile

NAMESPACE = "http://xmlns.oracle.com/ord/dicom/anonymity_1_0"


def read(body: str, root: str = "ANONYMITY_RULE_DOCUMENT", namespace: str = NAMESPACE) -> Profile:
    text = f'<{root} xmlns="{namespace}">{body}</{root}>'
    return profile_of(Document("site.xml", KIND, text.encode()))


def individual(tag: str, action: str = "<ANONYMITY_ACTION/>", definer: str = "") -> str:
    named = f' definer="{definer}"' if definer else ""
    return (
        f"<INDIVIDUAL_ATTRIBUTE><ATTRIBUTE_TAG{named}>{tag}</ATTRIBUTE_TAG>"
        f"<DESCRIPTION>why</DESCRIPTION>{action}</INDIVIDUAL_ATTRIBUTE>"
    )


def replaced(text: str) -> str:
    return f'<ANONYMITY_ACTION action="replace">{text}</ANONYMITY_ACTION>'


def test_an_attribute_is_removed_unless_its_rule_says_otherwise() -> None:
    profile = read(individual("00100020") + individual("00100010", replaced("anonymous")))
    assert profile.rule((0x00100020,), "LO").action is Action.REMOVE
    name = profile.rule((0x00100010,), "PN")
    assert (name.action, name.text, name.name) == (Action.REPLACE, "anonymous", "site.xml:1")


def test_what_no_rule_names_stays() -> None:
    assert read("").rule((0x00080060,), "CS").action is Action.KEEP


def test_rules_of_groups_hold_for_what_they_say() -> None:
    profile = read(
        '<PRIVATE_ATTRIBUTES action="none"/><UNDEFINED_STANDARD_ATTRIBUTES action="none"/>'
        '<UNDEFINED_PRIVATE_ATTRIBUTES action="remove"/>'
    )
    assert profile.rule((0x00080061 | 0xFF00,), "LO").action is Action.KEEP
    assert profile.private_rule((0x002900EE,), "LO", "SIEMENS CSA HEADER").action is Action.REMOVE
    assert profile.private_rule((0x00290008,), "CS", "SIEMENS CSA HEADER").action is Action.KEEP


def test_an_attribute_of_its_own_beats_its_group() -> None:
    keep = '<ANONYMITY_ACTION action="none"/>'
    profile = read(
        '<PRIVATE_ATTRIBUTES action="remove"/>' + individual("00291008", keep, definer="SIEMENS CSA HEADER")
    )
    assert profile.private_rule((0x00290008,), "CS", "SIEMENS CSA HEADER").action is Action.KEEP
    assert profile.private_rule((0x00290009,), "LO", "SIEMENS CSA HEADER").action is Action.REMOVE


def test_a_locator_may_go_through_sequences_and_name_definers_with_dots() -> None:
    profile = read(
        individual("00081140(DICOM).00081155", replaced("1.2.3"))
        + individual("00091001(ACME 1.1).00100010(DICOM)")
    )
    assert profile.rule((0x00081140, 0x00081155), "UI").text == "1.2.3"
    assert profile.rule((0x00081155,), "UI").action is Action.KEEP
    assert profile.rule((0x00090001, 0x00100010), "PN").action is Action.REMOVE


def test_what_is_changed_becomes_another_object_without_being_told_so() -> None:
    assert read("").rule((0x00080018,), "UI").action is Action.UID


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ("\n<NO_SUCH/>", "site.xml:2: NO_SUCH is not known"),
        ("\n\n" + individual("0010001"), "site.xml:3: expected a tag"),
        ("\n" + individual("00020010"), "of the file itself"),
        ("\n" + individual("00291010"), "creator is missing"),
        (
            "\n" + individual("00100010", '<ANONYMITY_ACTION action="hash"/>'),
            "expected none, remove, replace",
        ),
        ("\n" + individual("00100010", '<ANONYMITY_ACTION acton="none"/>'), "no attribute acton"),
        ("\n" + individual("00100030", replaced("yesterday")), "not a value of DA"),
        ("\n" + individual("00280010", replaced("70000")), "from 0 to 65535"),
        ("\n" + individual("7FE00010", replaced("black")), "cannot be written as text"),
        ("\n" + individual("00100020", replaced("x" * 65)), "not a value of LO"),
        ("\n" + individual("00100020", replaced("ä")), "only ASCII"),
        ("\n" + individual("00100010#Family"), "cannot be named"),
        ("\n" + individual("00081140[1].00081155", '<ANONYMITY_ACTION action="none"/>'), "item"),
        ("\n" + individual("00100010") * 2, "already"),
        ('\n<PRIVATE_ATTRIBUTES action="replace">x</PRIVATE_ATTRIBUTES>', "no common type"),
        ("\n<PRIVATE_ATTRIBUTES/><PRIVATE_ATTRIBUTES/>", "there already"),
        ("\n<INDIVIDUAL_ATTRIBUTE/>", "expected ATTRIBUTE_TAG and ANONYMITY_ACTION"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(body: str, complaint: str) -> None:
    with pytest.raises(DocumentError) as caught:
        read(body)
    assert complaint in str(caught.value)
    assert caught.value.line == 1 + body.count("\n")


@pytest.mark.parametrize(("root", "namespace"), [("OTHER", NAMESPACE), ("ANONYMITY_RULE_DOCUMENT", "urn:x")])
def test_other_documents_are_no_anonymity_documents(root: str, namespace: str) -> None:
    with pytest.raises(DocumentError, match="expected ANONYMITY_RULE_DOCUMENT"):
        read("", root, namespace)


def test_entities_are_refused() -> None:
    bomb = b'<!DOCTYPE a [<!ENTITY b "bb">]><a>&b;</a>'
    with pytest.raises(DocumentError, match="DTD"):
        profile_of(Document("bomb.xml", KIND, bomb))


def test_the_documents_that_come_with_the_plugin_are_sound() -> None:
    kind = AnonymityDocuments()
    assert set(kind.defaults()) == {"basic", "ordcman.xml"}
    for name, data in kind.defaults().items():
        assert kind.check(Document(name, KIND, data)) == ()


def test_the_short_list_hides_who_the_patient_is() -> None:
    data = AnonymityDocuments().defaults()["ordcman.xml"]
    profile = profile_of(Document("ordcman.xml", KIND, data))
    assert profile.rule((0x00100010,), "PN").text == "anonymous"
    assert profile.rule((0x00101040,), "LO").action is Action.REMOVE
    assert profile.any_private.action is Action.REMOVE
