"""What of a value that tells who somebody is is looked for, in texts that are cleaned and in new objects.

Texts are cleaned of all of it. A new object is not refused for all of it, since one that is refused for a
coincidence helps nobody; of that only what is `sure` counts:

- Words of names from three letters on, in scripts without spaces between words from two; identifiers from
  four letters and digits, of digits only from five, and shorter ones of patients as whole values; dates with
  year, month and day; UIDs that the standard does not register; words of addresses from six letters on.
- No words that stand for nobody (`words.GENERIC`), nor what repeats one character, nor the first of January
  1900.

Words of five letters and more are found within other words too, unless that is a word of medicine
(`words.ORDINARY`), and by themselves in pieces: hyphenated, spaced, or at the end of a line. Shorter ones are
found only where no letter stands beside them.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from typing import TYPE_CHECKING, NamedTuple

from fileroom_plugins.deidentify.folding import MARKUP, folded
from fileroom_plugins.deidentify.uids import is_registered
from fileroom_plugins.deidentify.words import GENERIC, ORDINARY, PARTICLES, TECHNICAL
from fileroom_plugins.deidentify.written_dates import written_dates

if TYPE_CHECKING:
    from collections.abc import Iterator

_SHORTEST_WORD, _SHORTEST_SPACELESS, _SHORTEST_ID, _SHORTEST_DIGITS, _SHORTEST_PLACE = 3, 2, 4, 5, 6
_WITHIN_WORDS, _WITHIN_IDS = 5, 6
_SHORTEST = 2
_LONGEST = 1024
_SHORTEST_UID = 10
_DATE = re.compile(r"(\d{4})\.?(\d\d)\.?(\d\d)", re.ASCII)
_NO_DATE = {"19000101", "00010101", "18000101"}
_PLACE = re.compile(r".*(Institution|Station|Department|Address|Residence|Occupation)")
_LINES = re.compile(r"[\^\r\n,;=]+")
_LETTERS = re.compile(r"[^\W\d_]+")
_LETTERS_OR_DIGITS = re.compile(r"[^\W\d_]+|\d+")
_SPACELESS = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\U00020000-\U0003ffff]+"
)
_OF_PATIENTS = {"PatientID", "OtherPatientIDs"}
_SHORTEST_WHOLE, _SHORTEST_NUMBER = 3, 4
_LEAST_DIGITS = 6
_GAP = rf"(?:-?\s{{1,8}}|[\W_]|{MARKUP})?"
"""What may stand between the letters of a word that is in pieces."""

_SON_OF = ("mac", "mc")
_CHAINS = {"vande", "vanden", "vander", "vonden", "vonder", "dela", "dele", "delos", "ofthe", "zuder"}
"""What particles make together in many names."""

_SPELT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"})
_UNSPELT = re.compile("(?<=[aou])e")


class Needle(NamedTuple):
    """A value, or a part of one.

    Attributes:
        text: its letters and digits, folded; of a UID all of it.
        kind: ``word`` of a name, ``id``, ``place``, ``date``, ``uid``; ``short`` for an identifier that is
            told from other words only where it is a whole value.
        parts: between these, something else may stand.
        within: whether it counts where letters or digits stand beside it.
        sure: whether a new object is searched for it.
        origin: the keyword of the attribute that it stood in.
    """

    text: str
    kind: str
    parts: tuple[str, ...]
    within: bool
    sure: bool
    origin: str


@functools.lru_cache(maxsize=8192)
def needles_of(vr: str, text: str, origin: str) -> tuple[Needle, ...]:
    """Return what of one value of an identifying attribute is worth a search.

    Args:
        vr: ``PN``, ``DA``, ``DT``, ``UI``, or that of any text.
        text: the value.
        origin: the attribute's keyword.
    """
    text = text.strip(" \0")[:_LONGEST]
    if vr == "PN":
        found = _of_name(text, origin)
    elif vr in {"DA", "DT"}:
        date = _DATE.match(text)
        day = "".join(date.groups()) if date else ""
        found = iter([Needle(day, "date", (), False, True, origin)] if day and day not in _NO_DATE else [])
    elif vr == "UI":
        sure = len(text) >= _SHORTEST_UID and not is_registered(text)
        found = iter([Needle(text.casefold(), "uid", (), False, True, origin)] if sure else [])
    elif _PLACE.match(origin):
        found = _of_place(text, origin)
    else:
        found = _of_identifier(text, origin)
    return tuple({one.text: one for one in sorted(found, key=lambda one: one.sure)}.values())


def _of_name(text: str, origin: str) -> Iterator[Needle]:
    for group in text.split("="):
        components = [words for one in group.split("^") if (words := _words(one))]
        for words in components:
            for word in words:
                yield from _of_word(word, origin)
        family, given = [*components, [], []][:2]
        for words in (*components, family + given, given + family):
            parts = tuple(map(folded, words))
            joined = "".join(parts)
            spaceless = bool(_SPACELESS.fullmatch(joined))
            tells = not GENERIC.issuperset(parts) or (PARTICLES.issuperset(parts) and joined not in _CHAINS)
            if len(parts) > 1 and (spaceless or len(joined) > _SHORTEST_WORD) and tells:
                within = spaceless or (len(joined) >= _WITHIN_WORDS and not PARTICLES.issuperset(parts))
                yield Needle(joined, "word", parts, within, sure=True, origin=origin)


def _words(text: str) -> list[str]:
    """Return the words of a text, in one form of normalisation so that their diacritics are known."""
    return _LETTERS.findall(unicodedata.normalize("NFKC", text))


def _of_word(word: str, origin: str) -> Iterator[Needle]:
    plain = folded(word)
    spelt = folded(word.casefold().translate(_SPELT))
    writings = {plain, spelt}
    if len(plain) > _WITHIN_WORDS and plain.startswith(_SON_OF):
        rest = plain.removeprefix("mac") if plain.startswith("mac") else plain[2:]
        writings |= {son + rest for son in _SON_OF}
    if len(unspelt := _UNSPELT.sub("", plain)) >= _WITHIN_WORDS:
        writings.add(unspelt)
    for text in sorted(writings):
        if len(text) < _SHORTEST or text in GENERIC or len(set(text)) == 1:
            continue
        spaceless = bool(_SPACELESS.fullmatch(text))
        sure = len(text) >= (_SHORTEST_SPACELESS if spaceless else _SHORTEST_WORD)
        yield Needle(text, "word", (text,), spaceless or len(text) >= _WITHIN_WORDS, sure, origin)


def _of_place(text: str, origin: str) -> Iterator[Needle]:
    """Yield a place as a whole, its lines, and the words of it that are no institution's in general."""
    certain = "Address" in origin
    for line in dict.fromkeys((text, *_LINES.split(text))):
        parts = tuple(_LETTERS_OR_DIGITS.findall(folded(line)))
        whole = "".join(parts)
        if _is_id(whole, _SHORTEST_ID) and not whole.isdigit():
            yield Needle(whole, "place", parts, len(whole) >= _WITHIN_IDS, True, origin)
    for word in _words(text):
        if len(word) < _SHORTEST_ID or folded(word) in ORDINARY:
            continue
        sure = certain and len(word) >= _SHORTEST_PLACE
        for needle in _of_word(word, origin):
            yield needle._replace(kind="place", within=False, sure=sure)


def _of_identifier(text: str, origin: str) -> Iterator[Needle]:
    parts = tuple(_LETTERS_OR_DIGITS.findall(folded(text)))
    whole = "".join(parts)
    certain = origin in _OF_PATIENTS
    number = max(filter(str.isdigit, parts), key=len, default="")
    if len(parts) > 1 and len(number) >= _LEAST_DIGITS:
        yield from _number(number, origin)
    if whole.isdigit():
        whole = whole.lstrip("0")
        parts = (whole,)
    if not _is_id(whole, _SHORTEST):
        return
    if len(whole) >= _WITHIN_IDS:
        parts = tuple(whole)  # people group digits as they like
    elif len(whole) == _SHORTEST:
        parts = (whole,)
    sure = _is_id(whole, _SHORTEST_DIGITS if whole.isdigit() else _SHORTEST_ID) and whole not in TECHNICAL
    kind = "id"
    if certain and not sure and whole not in TECHNICAL:
        sure = _is_id(whole, _SHORTEST_NUMBER if whole.isdigit() else _SHORTEST_WHOLE)
        kind = "short"
    yield Needle(whole, kind, parts, len(whole) >= _WITHIN_IDS, sure, origin)


def _number(digits: str, origin: str) -> Iterator[Needle]:
    """Yield the number within an identifier that has letters, too, which people leave out."""
    whole = digits.lstrip("0")
    if _is_id(whole, _SHORTEST_DIGITS):
        sure = origin in _OF_PATIENTS and not any(one.days for one in written_dates(whole))
        yield Needle(whole, "id", tuple(whole), True, sure, origin)


def _is_id(text: str, shortest: int) -> bool:
    return len(text) >= shortest and text not in GENERIC and len(set(text)) > 1


def spans(needle: Needle, text: str) -> Iterator[tuple[int, int]]:
    """Yield where a needle stands in a folded text: the first position, and the one behind the last."""
    if needle.kind == "date":
        for one in written_dates(text):
            if needle.text in one.days:
                yield one.start, one.end
        return
    hosts = _hosts(needle.text) if needle.kind == "word" and needle.within else ()
    for match in _pattern(needle).finditer(text):
        start, end = match.span()
        if not any(text.startswith(host, start - at) for host, at in hosts if at <= start):
            yield start, end


@functools.lru_cache(maxsize=4096)
def _hosts(word: str) -> tuple[tuple[str, int], ...]:
    """Return the words of medicine within which a word lies, and where."""
    return tuple((host, host.index(word)) for host in ORDINARY if word in host and word != host)


@functools.lru_cache(maxsize=4096)
def _pattern(needle: Needle) -> re.Pattern[str]:
    if needle.kind == "uid":
        return re.compile(rf"(?<![\d.]){re.escape(needle.text)}(?![\d]|\.\d)")
    if needle.kind in {"id", "short"}:
        between, before = r"[\s._/'-]?", "0*" if needle.text.isdigit() else ""
        beside = r"\d" if needle.text.isdigit() and len(needle.text) >= _SHORTEST_ID else r"[^\W_]"
    else:
        between, before = r"[\W_]{0,3}", ""
        beside = r"[^\W_]" if len(needle.text) <= _SHORTEST else r"[^\W\d_]"
    found = between.join(map(re.escape, needle.parts))
    alone = f"(?<!{beside}){before}{found}(?!{beside})"
    if not needle.within:
        return re.compile(alone)
    if needle.kind == "word" and len(needle.text) >= _WITHIN_WORDS and not _SPACELESS.fullmatch(needle.text):
        pieces = _GAP.join(needle.text)  # a word in pieces begins and ends where words do
        return re.compile(rf"{needle.text}|{alone}|(?<!{beside}){pieces}(?!{beside})")
    return re.compile(found)
