"""Status codes of C-STORE responses in words (PS3.4 table B.2-1, PS3.7 annex C)."""

from __future__ import annotations

from fileroom.plugin import SendState

_SUCCESS = 0x0000

_WARNINGS = {
    0x0001: "the peer wants to be asked again",
    0x0107: "the peer did not know some attributes",
    0x0116: "the peer found values out of range",
    0xB000: "the peer changed some values",
    0xB006: "the peer left some elements out",
    0xB007: "the peer finds that the data set does not match its SOP class",
}
_FAILURES = {
    0x0105: "the peer knows no such attribute",
    0x0106: "the peer found an invalid value",
    0x0110: "the peer could not process it",
    0x0111: "the peer has an object of that SOP Instance UID already",
    0x0112: "the peer knows no such object",
    0x0117: "the peer finds the SOP Instance UID invalid",
    0x0118: "the peer knows no such SOP class",
    0x0119: "the peer finds that class and instance disagree",
    0x0120: "the peer misses an attribute",
    0x0121: "the peer misses a value",
    0x0122: "the peer does not support the SOP class",
    0x0124: "the peer does not allow it",
    0x0210: "the peer got the same message number twice",
    0x0211: "the peer does not know the operation",
    0x0212: "the peer found a mistyped argument",
    0x0213: "the peer has reached a limit",
    0xFE00: "the peer cancelled it",
}
_RANGES = (
    (range(0xA700, 0xA800), "the peer is out of resources"),
    (range(0xA900, 0xAA00), "the peer finds that the data set does not match its SOP class"),
    (range(0xC000, 0xD000), "the peer cannot understand it"),
)
_OTHER_WARNINGS = range(0xB000, 0xC000)


def state_of(code: int) -> tuple[SendState, str]:
    """Return what a status code says of an object: its state, and why; for success, an empty reason.

    A code that the standard does not have is a failure, unless it lies among the warnings.
    """
    if code == _SUCCESS:
        return SendState.SENT, ""
    if code in _WARNINGS or code in _OTHER_WARNINGS:
        return SendState.WARNING, f"{_WARNINGS.get(code, 'the peer warns')} (status {code:04X})"
    in_range = (words for codes, words in _RANGES if code in codes)
    words = _FAILURES.get(code) or next(in_range, "the peer refused it")
    return SendState.FAILED, f"{words} (status {code:04X})"
