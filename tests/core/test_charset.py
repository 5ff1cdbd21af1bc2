"""Character sets: the standard's own examples, every defined term, code extensions, wrong declarations."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.data import get_charset_files

from fileroom._header.charset import CharacterSet
from fileroom.testing.datasets import make_instance
from tests.core.header_readers import BOTH

EXAMPLES = {
    "H.3.1": (
        rb"\ISO 2022 IR 87",
        b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B",
        "Yamada^Tarou=山田^太郎=やまだ^たろう",
    ),
    "H.3.2": (
        rb"ISO 2022 IR 13\ISO 2022 IR 87",
        b"\xd4\xcf\xc0\xde^\xc0\xdb\xb3=\x1b$B;3ED\x1b(J^\x1b$BB@O:\x1b(J=\x1b$B$d$^$@\x1b(J^\x1b$B$?$m$&\x1b(J",
        "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう",
    ),
    "I.2": (
        rb"\ISO 2022 IR 149",
        b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7=\x1b$)C\xc8\xab^\x1b$)C\xb1\xe6\xb5\xbf",
        "Hong^Gildong=洪^吉洞=홍^길동",
    ),
    "J.1": (b"ISO_IR 192", "Wang^XiaoDong=王^小東=".encode(), "Wang^XiaoDong=王^小東="),
    "J.3": (b"GB18030", b"Wang^XiaoDong=\xcd\xf5^\xd0\xa1\xb6\xab=", "Wang^XiaoDong=王^小东="),
    "J.4": (b"GBK", b"Wang^XiaoDong=\xcd\xf5^\xd0\xa1\xb6\xab=", "Wang^XiaoDong=王^小东="),
    "K.2": (
        rb"\ISO 2022 IR 58",
        b"Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab=",
        "Zhang^XiaoDong=张^小东=",
    ),
}
SINGLE_BYTE = {
    "100": "é",
    "101": "Ł",
    "109": "ħ",
    "110": "ķ",
    "144": "Ж",
    "127": "ق",
    "126": "Ω",
    "138": "ש",
    "148": "ğ",
    "203": "€",
    "166": "ก",
    "13": "ﾔ",
}
FILES = {
    "chrArab": "قباني^لنزار",
    "chrFren": "Buc^Jérôme",
    "chrFrenMulti": "Buc^Jérôme",
    "chrGerm": "Äneas^Rüdiger",
    "chrGreek": "Διονυσιος",
    "chrH31": "Yamada^Tarou=山田^太郎=やまだ^たろう",
    "chrH32": "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう",
    "chrHbrw": "שרון^דבורה",
    "chrI2": "Hong^Gildong=洪^吉洞=홍^길동",
    "chrJapMulti": "やまだ^たろう",
    "chrJapMultiExplicitIR6": "やまだ^たろう",
    "chrKoreanMulti": "김희중",
    "chrRuss": "Люкceмбypг",  # noqa: RUF001 - some of its letters are Latin, in the file
    "chrX1": "Wang^XiaoDong=王^小東=",
    "chrX2": "Wang^XiaoDong=王^小东=",
}


@pytest.mark.parametrize("person_name", [True, False])
@pytest.mark.parametrize("annex", EXAMPLES)
def test_the_examples_of_the_standard_read_the_same_as_names_and_as_text(
    *, annex: str, person_name: bool
) -> None:
    declared, stored, text = EXAMPLES[annex]
    assert CharacterSet(declared).decode(stored, person_name=person_name) == text


@pytest.mark.parametrize("name", FILES)
def test_names_in_real_files_are_what_they_were_meant_to_be(name: str) -> None:
    (path,) = (path for path in map(Path, get_charset_files("*.dcm")) if path.stem == name)
    assert BOTH.read(path.read_bytes()).tags["PatientName"] == FILES[name]


@pytest.mark.parametrize(
    "term", ["ISO_IR {}", "ISO 2022 IR {}", "ISO-IR {}", "ISO IR {}", "iso_ir_{}", "ISO_2022_IR_{} "]
)
@pytest.mark.parametrize("number", SINGLE_BYTE)
def test_every_single_byte_set_is_known_by_its_terms_and_common_misspellings(number: str, term: str) -> None:
    letter = SINGLE_BYTE[number]
    codecs = {"13": "shift_jis", "166": "iso8859_11", "203": "iso8859_15"}
    stored = letter.encode(codecs.get(number) or f"iso_ir_{number}")
    assert CharacterSet(term.format(number).encode()).decode(b"A" + stored) == f"A{letter}"


def test_single_byte_sets_can_be_mixed_by_escape_sequences() -> None:
    charset = CharacterSet(rb"ISO 2022 IR 100\ISO 2022 IR 144\ISO 2022 IR 126")
    stored = b"Buc^J\xe9r\xf4me \x1b-F\xc4\xe9\xef \x1b-L\xbb\xee\xda \x1b-A\xe9"
    assert charset.decode(stored) == "Buc^Jérôme Διο Люк é"


@pytest.mark.parametrize(
    ("person_name", "text"), [(True, "Äneas^Δ^Ä=Ä"), (False, "Äneas^Δ^Δ=Δ")], ids=["name", "other text"]
)
def test_delimiters_of_a_name_end_what_an_escape_sequence_began(*, person_name: bool, text: str) -> None:
    charset = CharacterSet(rb"ISO 2022 IR 100\ISO 2022 IR 126")
    assert charset.decode(b"\xc4neas^\x1b-F\xc4^\xc4=\xc4", person_name=person_name) == text


@pytest.mark.parametrize("delimiter", ["\\", "\r\n", "\f", "\t"])
def test_the_next_value_or_line_starts_with_the_first_set(delimiter: str) -> None:
    stored = b"\x1b-F\xc4" + delimiter.encode() + b"\xc4"
    assert CharacterSet(rb"ISO 2022 IR 100\ISO 2022 IR 126").decode(stored) == f"Δ{delimiter}Ä"


def test_a_backslash_within_a_character_of_two_bytes_is_none() -> None:
    chinese, japanese = "乗", "俑"
    assert b"\\" in chinese.encode("gb18030")
    assert b"\\" in japanese.encode("iso2022_jp")
    assert CharacterSet(b"GB18030").decode(f"{chinese}\\A".encode("gb18030")) == f"{chinese}\\A"
    stored = japanese.encode("iso2022_jp") + b"\\A"
    assert CharacterSet(rb"\ISO 2022 IR 87").decode(stored) == f"{japanese}\\A"


@pytest.mark.parametrize(
    "declared", [b"", b"ISO_IR 6", b"ISO_IR 192", b"NONSENSE", b"ISO_IR 999", b"\xff\xfe", b"\\\\"]
)
def test_text_that_is_not_as_declared_is_utf_8_if_it_can_be_and_else_latin_1(declared: bytes) -> None:
    charset = CharacterSet(declared)
    assert charset.decode("Müller 山田".encode()) == "Müller 山田"
    assert charset.decode("Müller".encode("latin-1")) == "Müller"


KANJI = b"\x1b$B;3ED"
AFTER_KANJI = {
    "katakana": (KANJI + b"\x1b)I\xd4\xcf\xc0\xde", "山田ﾔﾏﾀﾞ"),
    "katakana and padding": (KANJI + b"\x1b)I\xd4\xcf\xc0 ", "山田ﾔﾏﾀ "),
    "katakana, and kanji again, which are in G0 still": (KANJI + b"\x1b)I\xd4\xcf;3ED\xc0", "山田ﾔﾏ山田ﾀ"),
    "katakana in both parts of a name": (KANJI + b"\x1b)I\xd4\xcf^\xc0\xdb\xb3", "山田ﾔﾏ^ﾀﾛｳ"),
    "katakana and kanji of a given name": (
        KANJI + b"\x1b)I\xd4\xcf^\x1b$BB@O:\x1b(B^X",
        "山田ﾔﾏ^太郎^X",
    ),
    "katakana and a group of another script": (KANJI + b"\x1b)I\xd4\xcf=Yamada^Taro", "山田ﾔﾏ=Yamada^Taro"),
    "katakana and Latin letters": (KANJI + b"\x1b)I\xd4\xcf CT1", "山田ﾔﾏ CT1"),
    "katakana and another value": (KANJI + b"\x1b)I\xd4\xcf\\\xd4\xcf", "山田ﾔﾏ\\ﾔﾏ"),
    "katakana and another line": (KANJI + b"\x1b)I\xd4\xcf\r\nCT", "山田ﾔﾏ\r\nCT"),
    "a delimiter": (KANJI + b"^\x1b$BB@O:\x1b(B", "山田^太郎"),
    "a delimiter and Latin letters": (KANJI + b"^Taro", "山田^Taro"),
    "a space": (KANJI + b" \x1b$BB@O:\x1b(B ", "山田 太郎 "),
}


@pytest.mark.parametrize("declared", [rb"ISO 2022 IR 13\ISO 2022 IR 87", rb"\ISO 2022 IR 87\ISO 2022 IR 13"])
@pytest.mark.parametrize("what", AFTER_KANJI)
def test_what_follows_kanji_without_an_escape_sequence_to_g0_is_read(declared: bytes, what: str) -> None:
    stored, text = AFTER_KANJI[what]
    assert CharacterSet(declared).decode(stored, person_name=True) == text


def test_kanji_that_make_no_sense_are_shown_as_they_are_stored() -> None:
    stored = b"\x1b$B;3EDA\x1b(B"
    assert CharacterSet(rb"\ISO 2022 IR 87").decode(stored) == stored.decode()


@given(
    st.sampled_from([rb"ISO 2022 IR 13\ISO 2022 IR 87", rb"\ISO 2022 IR 87\ISO 2022 IR 13"]),
    st.lists(
        st.tuples(
            st.sampled_from(["山田", "ﾔﾏ", "Ab"]),
            st.booleans(),
            st.sampled_from(["", "^", "=", "\\", " ", "\n"]),
        )
    ),
)
def test_kanji_and_katakana_are_told_apart_however_sparing_the_escape_sequences(
    declared: bytes, segments: list[tuple[str, bool, str]]
) -> None:
    """A writer that escapes to ASCII before delimiters, as it must, and elsewhere only where it has to."""
    has_katakana = at_first = declared.startswith(b"ISO 2022 IR 13")
    is_double = False
    stored = b""
    for word, again, delimiter in segments:
        if word == "ﾔﾏ":
            stored += b"\x1b)I" * (again or not has_katakana) + b"\xd4\xcf"
            has_katakana = True
        elif word == "山田":
            stored += b"\x1b$B" * (again or not is_double) + b";3ED"
            is_double = True
        else:
            stored += b"\x1b(B" * (again or is_double) + b"Ab"
            is_double = False
        if delimiter not in ("", " "):
            stored += b"\x1b(B" * is_double
            has_katakana, is_double = at_first, False
        stored += delimiter.encode()
    text = "".join(word + delimiter for word, _, delimiter in segments)
    assert CharacterSet(declared).decode(stored, person_name=True) == text


def test_bytes_that_a_declared_set_does_not_have_are_read_all_the_same() -> None:
    assert CharacterSet(b"ISO_IR 109").decode(b"\xa5") == "¥"


@given(st.binary(max_size=30), st.binary(max_size=80), st.booleans())
def test_no_bytes_and_no_declaration_fail(declared: bytes, stored: bytes, person_name: bool) -> None:
    text = CharacterSet.of(declared).decode(stored, person_name=person_name)
    text.encode()  # and what comes out can be written anywhere


PIECES = st.sampled_from(
    [
        b"\x1b$B",
        b"\x1b(B",
        b"\x1b(J",
        b"\x1b$)C",
        b"\x1b-F",
        b"\x1b)I",
        b"\x1b$(D",
        b"\x1b",
        b"^",
        b"=",
        b"\\",
    ]
)


@given(
    st.sampled_from([declared for declared, _, _ in EXAMPLES.values()]),
    st.lists(PIECES | st.binary(max_size=4)),
)
def test_broken_escape_sequences_do_not_fail(declared: bytes, pieces: list[bytes]) -> None:
    CharacterSet.of(declared).decode(b"".join(pieces), person_name=True).encode()


SCRIPTS: dict[str, tuple[str | list[str], str]] = {
    "Western": ("ISO_IR 100", "aZ äéñß"),
    "Greek": ("ISO_IR 126", "aZ αβΩ"),
    "Cyrillic": ("ISO_IR 144", "aZ жщЯ"),
    "Arabic": ("ISO_IR 127", "aZ قبا"),
    "Hebrew": ("ISO_IR 138", "aZ אבש"),
    "Thai": ("ISO_IR 166", "aZ กขค"),
    "Japanese": (["", "ISO 2022 IR 87"], "aZ 山田たろう"),
    "Korean": (["", "ISO 2022 IR 149"], "aZ 김희중"),
    "Chinese": ("GB18030", "aZ 王小东弢"),
    "all": ("ISO_IR 192", "aZ äΩЯ山김"),
}


@pytest.mark.parametrize("script", SCRIPTS)
def test_what_pydicom_writes_is_read_back(script: str) -> None:
    character_set, alphabet = SCRIPTS[script]
    texts = st.text(alphabet=alphabet, min_size=1, max_size=6).map(str.strip).filter(bool)

    @given(texts, texts, texts)
    def check(family: str, given_name: str, description: str) -> None:
        tags = {"PatientName": f"{family}^{given_name}", "StudyDescription": description}
        header = BOTH.read(make_instance(rows=0, tags=tags, character_set=character_set))
        assert {keyword: header.tags[keyword] for keyword in tags} == tags

    check()


@pytest.mark.parametrize("annex", EXAMPLES)
def test_the_names_of_the_standards_examples_are_written_as_it_writes_them(annex: str) -> None:
    declared, stored, text = EXAMPLES[annex]
    assert CharacterSet(declared).encode(text, person_name=True) == stored


@pytest.mark.parametrize("number", SINGLE_BYTE)
def test_every_single_byte_set_is_written_with_and_without_code_extensions(number: str) -> None:
    letter = SINGLE_BYTE[number]
    alone = CharacterSet(f"ISO_IR {number}".encode()).encode(f"A{letter}")
    assert len(alone) == 2
    assert CharacterSet(f"ISO 2022 IR {number}".encode()).encode(f"A{letter}") == alone
    later = CharacterSet(rf"\ISO 2022 IR {number}".encode()).encode(f"A{letter}")
    assert later[0:2] == b"A\x1b"
    assert later[-1] == alone[-1]


@pytest.mark.parametrize(
    ("declared", "text"),
    [
        (b"", "é"),
        (b"ISO_IR 100", "山"),
        (rb"ISO_IR 100", "\x1b-F"),  # would be read as an escape sequence
        (rb"\ISO 2022 IR 87", "é"),
        (rb"ISO 2022 IR 13\ISO 2022 IR 87", "é"),
        (b"ISO_IR 13", "¥"),  # would be read as a backslash
    ],
)
def test_text_that_the_declared_sets_do_not_have_is_not_written(declared: bytes, text: str) -> None:
    with pytest.raises(UnicodeEncodeError):
        CharacterSet(declared).encode(text)


MIXED = [
    b"",
    b"ISO_IR 100",
    b"ISO_IR 13",
    b"ISO_IR 192",
    b"GB18030",
    rb"\ISO 2022 IR 87\ISO 2022 IR 159",
    rb"ISO 2022 IR 13\ISO 2022 IR 87",
    rb"\ISO 2022 IR 149",
    rb"ISO 2022 IR 100\ISO 2022 IR 126\ISO 2022 IR 144\ISO 2022 IR 58",
]


@given(
    st.sampled_from(MIXED),
    st.text(alphabet=r"aZ ^=\~é¥Ωжﾔ山田仮彁김洪张" + "\n\t\x1b", max_size=12),
    st.booleans(),
)
def test_what_is_written_is_read_back_and_what_would_not_be_is_refused(
    declared: bytes, text: str, person_name: bool
) -> None:
    charset = CharacterSet(declared)
    try:
        stored = charset.encode(text, person_name=person_name)
    except UnicodeEncodeError:
        assert not text.isascii() or "\x1b" in text
    else:
        assert charset.decode(stored, person_name=person_name) == text
