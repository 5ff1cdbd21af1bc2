# ruff: noqa: RUF001 - letters that look alike are what this is about

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fileroom.folding import fold

# Letters, marks and invisible characters of many scripts, so that their combinations are frequent.
SCRIPTS = st.sampled_from(
    [
        *"aAzZİıIßẞøØæœłĐðþŋſﬁǆŉÅ",
        *"ΑάΆσςΣΐ\u0345ΩΩ",
        *"ЁёйЙїґ",
        *"אָשׁשﬡ",
        *"أإآاىيیةهکكـﷺ",
        *"かガガバ゙゚゛髙高辻",
        *"한각ᄒㅎ",
        *"कि्संกำ",
        *"\u0300\u0301\u0308\u031b\u0338\u034f\u0651\u064b\u05b8\u3099\u309a\U000e0100\ufe0f",
        *" \t\n\u00a0\u3000\u200b\u200d\u200e\ufeff\u00ad\x00\x1b-‐–'’",
    ]
)
TEXT = st.one_of(
    st.text(SCRIPTS, max_size=12), st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
)


@pytest.mark.parametrize(
    ("name", "others"),
    [
        ("Müller", ["MÜLLER", "müller", "MULLER", "muller", "Mu\u0308ller", "ＭÜＬＬＥＲ"]),
        ("Weiß", ["WEISS", "weiss", "WEIẞ"]),
        ("Sørensen", ["SØRENSEN", "sorensen"]),
        ("Æsop Œuvre", ["aesop oeuvre"]),
        ("Łukasz Wałęsa", ["lukasz walesa", "ŁUKASZ WAŁĘSA"]),
        ("Đorđe", ["dorde", "ĐORĐE"]),
        ("Işık", ["ISIK", "isik", "IŞIK"]),
        ("İstanbul", ["istanbul", "ISTANBUL"]),
        ("Þórður", ["thordur"]),
        ("Nguyễn Thị Ơn", ["NGUYEN THI ON", "nguyen thi on"]),
        ("O’Brien‐Smith", ["O'Brien-Smith"]),
        ("Παπαδόπουλος", ["ΠΑΠΑΔΟΠΟΥΛΟΣ", "παπαδοπουλος", "Παπαδόπουλοσ"]),
        ("Пётр Алексеевич", ["ПЕТР АЛЕКСЕЕВИЧ", "петр алексеевич"]),
        ("Їжак", ["їжак", "ЇЖАК"]),
        ("מֹשֶׁה", ["משה"]),
        ("مُحَمَّد", ["محمد", "محـمـد"]),
        ("أحمد", ["احمد", "إحمد"]),
        ("فاطمة", ["فاطمه"]),
        ("علی", ["علي", "على"]),
        ("ﾀﾅｶ ｶﾞｸ", ["タナカ ガク"]),
        ("王\u3000小東", ["王 小東"]),
        ("葛\U000e0100城", ["葛城"]),
        ("김희중", [unicodedata.normalize("NFD", "김희중")]),
    ],
)
def test_spellings_of_one_name_fold_to_one_form(name: str, others: list[str]) -> None:
    assert {fold(other) for other in others} == {fold(name)}


@pytest.mark.parametrize(
    ("one", "another"),
    [
        ("たろう", "タロウ"),
        ("ハラ", "バラ"),
        ("ハラ", "パラ"),
        ("东", "東"),
        ("高", "髙"),
        ("कि", "का"),
        ("Muller", "Mueller"),
        ("김", "킴"),
        ("Smith^John", "Smith John"),
    ],
)
def test_what_a_reader_would_tell_apart_stays_different(one: str, another: str) -> None:
    assert fold(one) != fold(another)


@pytest.mark.parametrize(
    "name",
    ["Ελένη", "Юрий", "王^小東", "山田^太郎", "やまだ^たろう", "김^희중", "محمد", "משה", "สมชาย", "नेहा"],
)
def test_no_script_is_folded_away(name: str) -> None:
    assert len(fold(name)) >= 3
    assert not fold(name).isascii()


def test_white_space_collapses_and_outer_spaces_go() -> None:
    assert fold(" \t CT \r\n\u00a0\u3000 Abdomen \n") == "ct abdomen"
    assert fold("  ascii   only ") == "ascii only"


def test_nothing_remains_of_text_without_a_visible_character() -> None:
    assert fold(" \x00\u200b\u200e\ufeff\u0301\t") == ""


def test_padding_and_control_characters_do_not_count() -> None:
    assert fold("Smith\x00") == fold("\x1bSmith\u200f") == "smith"


@given(TEXT)
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(TEXT)
def test_canonically_equivalent_texts_fold_to_the_same(text: str) -> None:
    assert fold(unicodedata.normalize("NFD", text)) == fold(unicodedata.normalize("NFC", text)) == fold(text)


@given(TEXT.filter(lambda text: "\u0345" not in unicodedata.normalize("NFD", text)))
def test_case_does_not_count(text: str) -> None:
    # Not with an iota subscript: in capitals it is a letter, and stands behind the other marks.
    assert fold(text.upper()) == fold(text.lower()) == fold(text)


@given(TEXT)
def test_the_quick_way_for_ascii_answers_as_the_long_one(text: str) -> None:
    plain = text.encode("ascii", "ignore").decode()
    assert fold(plain + "\u200b") == fold(plain)


@pytest.mark.slow
def test_every_character_folds_to_a_fixed_point_whatever_its_spelling() -> None:
    for code in (*range(0xD800), *range(0xE000, 0x110000)):
        text = f"a{chr(code)}か"
        folded = fold(text)
        assert fold(folded) == folded
        assert fold(unicodedata.normalize("NFD", text)) == fold(unicodedata.normalize("NFC", text)) == folded
