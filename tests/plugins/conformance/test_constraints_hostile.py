"""Documents that mean harm: each gets one clear error, soon."""

from __future__ import annotations

import time
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import Tag

from fileroom.plugin import Document, DocumentError, FileroomError
from fileroom_plugins.conformance.constraints import evaluate
from fileroom_plugins.conformance.constraints.defaults import default_documents
from fileroom_plugins.conformance.constraints.kind import ConstraintDocuments
from tests.plugins.conformance.constraint_cases import constraint_xml, dataset, document, from_file, rule

FOREVER = {
    "a rule that is itself": "[[rule]]\nname='A'\ncheck='rule(\"A\")'",
    "two rules in a circle": (
        "[[rule]]\nname='A'\ncheck='rule(\"B\")'\n[[rule]]\nname='B'\ncheck='not rule(\"A\")'"
    ),
    "a macro without progress": (
        "[[rule]]\nname='A'\ncheck='m()'\n[[macro]]\nname='m'\ncheck='Rows exists or m()'"
    ),
    "a macro with parameters": (
        "[[rule]]\nname='A'\ncheck='m(x=Rows)'\n[[macro]]\nname='m'\nparameters=['x']\ncheck='m(x=x)'"
    ),
}


@pytest.mark.parametrize("text", FOREVER.values(), ids=list(FOREVER))
def test_a_rule_that_goes_on_for_ever_is_one_error_with_its_line(text: str) -> None:
    with pytest.raises(DocumentError, match=r"site:\d+: the rule '[AB]' goes on for ever") as caught:
        evaluate(document(text), Dataset())
    assert caught.value.line


def test_rules_that_double_at_every_level_run_out_of_steps() -> None:
    macros = "".join(
        f"[[macro]]\nname='m{number}'\ncheck='m{number + 1}() and m{number + 1}()'\n" for number in range(30)
    )
    text = f"[[rule]]\nname='A'\ncheck='m0()'\n{macros}[[macro]]\nname='m30'\ncheck='Rows == 1'"
    started = time.monotonic()
    with pytest.raises(DocumentError, match="the rule 'A' takes more than 500,000 steps on one object"):
        evaluate(document(text), dataset(Rows=1))
    assert time.monotonic() - started < 30


def test_a_pattern_that_drives_others_mad_is_answered_at_once() -> None:
    made = from_file(dataset(PatientID="1"))
    value = b"a" * 400_000
    made[0x00104000] = RawDataElement(Tag(0x00104000), "LT", len(value), value, 0, False, True)
    started = time.monotonic()
    assert evaluate(rule("PatientComments matches '(a+)+b'"), made)
    assert time.monotonic() - started < 5


def test_a_sequence_of_many_items_in_many_runs_out_of_steps() -> None:
    items = [dataset(Rows=1) for _ in range(1200)]
    made = dataset(ReferencedImageSequence=items)
    check = "every item of ReferencedImageSequence has every item of /ReferencedImageSequence has Rows == 1"
    with pytest.raises(DocumentError, match="takes more than"):
        evaluate(rule(check), made)


BOMB = '<!DOCTYPE a [<!ENTITY x "xx"><!ENTITY y "&x;&x;">]><a>&y;</a>'
EXTERNAL = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'
DEEP = "<LOGICAL operator='and'>" * 500


@pytest.mark.parametrize(
    "text",
    [
        BOMB,
        EXTERNAL,
        constraint_xml(f'<GLOBAL_RULE name="R"><PREDICATE>{DEEP}'),
        "a = " + "[" * 5000,
        "[[rule]]\nname='R'\ncheck='" + "(" * 5000 + "'",
        "[[rule]]\nname='R'\ncheck=\"Rows matches '((a{1000}){1000}){1000}'\"",
        "[[rule]]\nname='R'\n" + "".join(f"[rule.check{'.a' * number}]\n" for number in range(1, 50)),
        "\0\0\0",
    ],
)
def test_a_document_that_means_harm_is_refused_at_once(text: str) -> None:
    started = time.monotonic()
    with pytest.raises(DocumentError):
        ConstraintDocuments().check(document(text))
    assert time.monotonic() - started < 5


def test_a_parameter_that_is_given_a_value_where_an_attribute_is_needed_is_one_error() -> None:
    text = "[[rule]]\nname='A'\ncheck='m(x=\"v\")'\n"
    text += "[[macro]]\nname='m'\nparameters=['x']\ncheck='x.CodeValue exists'"
    with pytest.raises(DocumentError, match="site:7: the rule 'A' the parameter 'x' is used as an attribute"):
        evaluate(document(text), Dataset())


@given(
    st.sampled_from(sorted(default_documents())),
    st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 8), st.binary(max_size=6)), max_size=3),
)
def test_a_damaged_document_is_read_or_refused_by_an_error_of_ours(
    name: str, damage: list[tuple[int, int, bytes]]
) -> None:
    data = bytearray(default_documents()[name])
    for at, length, put in damage:
        data[at : at + length] = put
    try:
        evaluate(Document(name, "constraint", bytes(data)), dataset(Modality="CT", Rows=1))
    except FileroomError as error:
        assert isinstance(error, DocumentError)  # noqa: PT017 - either will do


def test_rules_that_refer_twice_to_the_next_say_each_thing_once_and_cost_little_memory() -> None:
    rules = "".join(
        f"[[rule]]\nname='r{number}'\ncheck='rule(\"r{number + 1}\") and rule(\"r{number + 1}\")'\n"
        for number in range(50)
    )
    text = f"{rules}[[rule]]\nname='r50'\ncheck='Rows == 2'\nmessage='no'"
    tracemalloc.start()
    try:
        found = evaluate(document(text), dataset(Rows=1))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert [message.message for message in found] == ["no"]
    assert peak < 20 << 20


def test_a_document_of_more_rules_than_can_be_read_soon_is_refused_at_once() -> None:
    many = "".join(f"[[rule]]\nname='r{number}'\ncheck='PatientID exists'\n" for number in range(50_000))
    started = time.monotonic()
    with pytest.raises(DocumentError, match="larger than 2 MiB"):
        ConstraintDocuments().check(document(many))
    assert time.monotonic() - started < 5
