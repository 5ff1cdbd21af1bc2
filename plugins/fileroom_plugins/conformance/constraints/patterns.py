"""Regular expressions that cannot run away: RE2's, which take time in proportion to the text.

A value matches as a whole. What RE2 has not, it cannot have in bounded time: references back,
looking ahead and behind.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, cast

from fileroom.plugin import MissingDependencyError

if TYPE_CHECKING:
    import re
    from collections.abc import Callable

LONGEST = 1024
"""Characters that a pattern may have."""

_CHARACTERS_A_STEP = 64


class PatternError(ValueError):
    """A text is no pattern; internal, ends as a `fileroom.plugin.DocumentError` with its line."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A regular expression.

    Attributes:
        text: as it was written.

    Raises:
        PatternError: it is none, or too large; the message says why.
        MissingDependencyError: RE2 is not installed.
    """

    text: str

    def __post_init__(self) -> None:
        _compiled(self.text)

    def matches(self, value: str, spend: Callable[[int], object] = lambda _: None) -> bool:
        """Say whether a value as a whole matches.

        Args:
            value: any text.
            spend: called with the steps that it takes.
        """
        spend(1 + len(value) // _CHARACTERS_A_STEP)
        return _compiled(self.text).fullmatch(value) is not None


@lru_cache(maxsize=256)
def _compiled(text: str) -> re.Pattern[str]:
    if len(text) > LONGEST:
        raise PatternError(f"longer than {LONGEST} characters")
    try:
        import re2  # type: ignore[import-untyped]  # noqa: PLC0415 - for documents that have patterns
    except ImportError as error:
        raise MissingDependencyError(
            "patterns in constraint documents need google-re2: pip install 'fileroom[constraint]'",
            "constraint",
            "fileroom",
        ) from error
    options = re2.Options()
    options.log_errors = False
    try:
        return cast("re.Pattern[str]", re2.compile(text, options))
    except re2.error as error:
        reason = error.args[0] if error.args else "RE2 refuses it"
        said = reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
        raise PatternError(said) from error
