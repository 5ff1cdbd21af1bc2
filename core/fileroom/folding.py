"""Case, accents and widths taken out of text, so that MÜLLER, Müller and muller find each other."""

from __future__ import annotations

import unicodedata

FOLDING_VERSION = 1
"""Raised whenever `fold` or `fileroom.tags.TagSpec.search_values` would answer differently.

An index records it: comparable forms written under another number must be computed anew.
"""


def fold(text: str) -> str:
    """Return the form of a text in which case, accents and widths do not count.

    In the order in which it happens:

    - compatibility decomposition (NFKD): full-width and half-width forms, ligatures and presentation forms
      become ordinary letters; composed and decomposed spellings become one;
    - Unicode case folding: ``ß`` is ``ss``, a final sigma is a sigma;
    - accents and points go: the combining marks of Latin, Greek and Cyrillic, Hebrew points, Arabic
      tashkeel with hamza and madda, and tatweel. ``é`` is ``e``; so are ``å`` and ``a``, and
      Cyrillic short i and i, although some languages count them as two letters: a search had better find too
      much. Marks that make another syllable stay: dakuten, Indic vowel signs, Thai tones;
    - letters without a decomposition get a plain one (``ø`` o, ``æ`` ae, ``ł`` l, ``đ`` d, dotless i, …),
      Arabic letters the spelling they are often mistaken for, typographic apostrophes and hyphens the ASCII
      one;
    - invisible characters go (controls, direction marks, joiners, variation selectors); a run of white space
      becomes one space, and none is left at either end;
    - canonical composition (NFC).

    Hiragana and katakana, and traditional and simplified Chinese, stay different. Folding twice is folding
    once, and canonically equivalent texts fold to the same. Characters that the running Python's Unicode
    database does not know yet stay as they are.
    """
    if text.isascii() and text.isprintable():
        return " ".join(text.lower().split())
    decomposed = unicodedata.normalize("NFKD", text)
    # Case folding can bring forth characters that decompose in their turn.
    folded = unicodedata.normalize("NFKD", decomposed.casefold()).translate(_REPLACEMENTS)
    return unicodedata.normalize("NFC", " ".join(folded.split()))


_DROPPED_RANGES = (
    (0x0000, 0x0008),  # controls that are not white space
    (0x000E, 0x001B),
    (0x007F, 0x0084),
    (0x0086, 0x009F),
    (0x00AD, 0x00AD),  # soft hyphen
    (0x0300, 0x036F),  # combining diacritical marks
    (0x0483, 0x0489),  # Cyrillic
    (0x0591, 0x05BD),  # Hebrew accents and points; the punctuation between them stays
    (0x05BF, 0x05BF),
    (0x05C1, 0x05C2),
    (0x05C4, 0x05C5),
    (0x05C7, 0x05C7),
    (0x0610, 0x061A),  # Arabic
    (0x061C, 0x061C),
    (0x0640, 0x0640),  # tatweel
    (0x064B, 0x065F),
    (0x0670, 0x0670),
    (0x06D6, 0x06DC),
    (0x06DF, 0x06E4),
    (0x06E7, 0x06E8),
    (0x06EA, 0x06ED),
    (0x08CA, 0x08E1),
    (0x08E3, 0x08FF),
    (0x1AB0, 0x1AFF),  # combining diacritical marks, extended
    (0x1DC0, 0x1DFF),  # and supplement
    (0x200B, 0x200F),  # zero width and direction
    (0x202A, 0x202E),
    (0x2060, 0x206F),
    (0x20D0, 0x20F0),  # combining marks for symbols
    (0x2DE0, 0x2DFF),  # Cyrillic, extended
    (0xA66F, 0xA672),
    (0xA674, 0xA67D),
    (0xA69E, 0xA69F),
    (0xFE00, 0xFE0F),  # variation selectors
    (0xFE20, 0xFE2F),  # combining half marks
    (0xFEFF, 0xFEFF),
    (0xFFF9, 0xFFFB),
    (0xE0001, 0xE007F),  # language tags
    (0xE0100, 0xE01EF),  # ideographic variation selectors
)
_PLAIN_LETTERS = {
    "æ": "ae",
    "œ": "oe",
    "ø": "o",
    "đ": "d",
    "ð": "d",
    "ħ": "h",
    "\N{LATIN SMALL LETTER DOTLESS I}": "i",
    "ł": "l",
    "ŋ": "n",
    "þ": "th",
    "ŧ": "t",
    "\N{ARABIC LETTER ALEF WASLA}": "\N{ARABIC LETTER ALEF}",
    "\N{ARABIC LETTER ALEF MAKSURA}": "\N{ARABIC LETTER YEH}",
    "\N{ARABIC LETTER FARSI YEH}": "\N{ARABIC LETTER YEH}",
    "\N{ARABIC LETTER TEH MARBUTA}": "\N{ARABIC LETTER HEH}",
    "\N{ARABIC LETTER KEHEH}": "\N{ARABIC LETTER KAF}",
    "\N{LEFT SINGLE QUOTATION MARK}": "'",
    "\N{RIGHT SINGLE QUOTATION MARK}": "'",
    "\N{MODIFIER LETTER APOSTROPHE}": "'",
    "\N{HYPHEN}": "-",
    "\N{EN DASH}": "-",
    "\N{EM DASH}": "-",
    "\N{MINUS SIGN}": "-",
}
_REPLACEMENTS: dict[int, str | None] = {
    **{code: None for low, high in _DROPPED_RANGES for code in range(low, high + 1)},
    **{ord(letter): plain for letter, plain in _PLAIN_LETTERS.items()},
}
