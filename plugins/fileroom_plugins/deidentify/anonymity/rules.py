"""Rules made of what a document says, and refused where the attribute cannot be treated so."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast

from pydicom import config
from pydicom.valuerep import validate_value

from fileroom.plugin import MissingDependencyError
from fileroom_plugins.deidentify.actions import Action, Rule
from fileroom_plugins.standard.vrs import PROSE_VRS, STRING_VRS

if TYPE_CHECKING:
    from collections.abc import Iterable

WORDS = {
    "dummy": Action.DUMMY,
    "empty": Action.EMPTY,
    "remove": Action.REMOVE,
    "keep": Action.KEEP,
    "clean": Action.CLEAN,
    "uid": Action.UID,
    "shift": Action.SHIFT,
} | {action.value: action for action in Action if action is not Action.REPLACE}
"""What documents call actions: a word, or the standard's code."""

LONGEST_TEXT = 1024
"""Characters of a replacement, or of an expression."""

_REALS = {"FL", "FD"}
_INTEGERS = {
    "SL": (-(1 << 31), (1 << 31) - 1),
    "SS": (-(1 << 15), (1 << 15) - 1),
    "SV": (-(1 << 63), (1 << 63) - 1),
    "UL": (0, (1 << 32) - 1),
    "US": (0, (1 << 16) - 1),
    "UV": (0, (1 << 64) - 1),
}


_DATES = {"DA", "DT"}
_UIDS = {Action.UID: {"UI"}, Action.REMOVE_EMPTY_OR_UID: {"UI", "SQ"}}


def simple_rule(word: str, vr: str, name: str) -> Rule:
    """Return the rule that a word or a code of PS3.15 means.

    Args:
        word: see `WORDS`.
        vr: of the attribute; empty if it may be any.
        name: what reports call the rule.

    Raises:
        ValueError: it is no action, or none for this VR.
    """
    action = WORDS.get(word)
    if action is None:
        raise ValueError(f"no action is called that: expected one of {', '.join(WORDS)}")
    if vr and vr not in _UIDS.get(action, {vr}):
        raise ValueError(f"only a UID can become another UID, and this is {vr}")
    if action is Action.SHIFT and vr and vr not in _DATES:
        raise ValueError(f"only dates (DA, DT) can be shifted, and this is {vr}")
    return Rule(action, name)


def replacing_rule(text: str, vr: str, name: str) -> Rule:
    """Return a rule that puts a text in the place of the value.

    Raises:
        ValueError: the VR has no such value.
    """
    _check_text(text)
    if vr and (reason := _misfit(text, vr)):
        raise ValueError(reason)
    return Rule(Action.REPLACE, name, text)


def matching_rule(pattern: str, text: str, vr: str, name: str) -> Rule:
    """Return a rule that replaces what an expression matches.

    The expression is one of RE2, which takes time in proportion to the text, whatever the expression is.

    Raises:
        ValueError: it is none, or the VR is not one of texts.
        MissingDependencyError: RE2 is not installed.
    """
    _check_text(text)
    if len(pattern) > LONGEST_TEXT:
        raise ValueError(f"longer than {LONGEST_TEXT} characters")
    if vr and vr not in STRING_VRS:
        raise ValueError(f"an expression is for texts, and this is {vr}")
    compiled = _compiled(pattern)
    if any(int(group) > compiled.groups for group in re.findall(r"\\(\d)", text)):
        raise ValueError("the replacement names a group that the expression does not have")
    return Rule(Action.REPLACE, name, text, compiled)


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        import re2  # type: ignore[import-untyped]  # noqa: PLC0415 - a package of its own, for those who match
    except ImportError as error:
        raise MissingDependencyError(
            "regular expressions in documents need google-re2: pip install 'fileroom[deidentify]'",
            "deidentify",
            "fileroom",
        ) from error
    options = re2.Options()
    options.log_errors = False
    try:
        return cast("re.Pattern[str]", re2.compile(pattern, options))
    except re2.error as error:
        reason = error.args[0] if error.args else ""
        said = reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
        raise ValueError(f"no regular expression: {said}") from error


def _check_text(text: str) -> None:
    if len(text) > LONGEST_TEXT:
        raise ValueError(f"longer than {LONGEST_TEXT} characters")
    if not text.isascii():
        raise ValueError("only ASCII: it has to do in objects of every character set")


def _misfit(text: str, vr: str) -> str:
    """Return why a text is no value of a VR; empty if it is one."""
    values: Iterable[str] = [text] if vr in PROSE_VRS else text.split("\\")
    if vr in STRING_VRS:
        return _refused_text(values, vr)
    try:
        if vr in _REALS:
            [float(value) for value in values]
        elif vr in _INTEGERS:
            low, high = _INTEGERS[vr]
            if not all(low <= int(value) <= high for value in values):
                return f"{vr} is a number from {low} to {high}"
        else:
            return f"a value of {vr} cannot be written as text: remove it, or let it be empty"
    except ValueError:
        return f"not a number, and this is {vr}"
    return ""


def _refused_text(values: Iterable[str], vr: str) -> str:
    try:
        for value in values:
            validate_value(vr, value, config.RAISE)
    except ValueError as error:
        return f"not a value of {vr}: {str(error).partition('. Please')[0]}"
    return ""
