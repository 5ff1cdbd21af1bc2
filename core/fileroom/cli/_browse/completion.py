"""What a word in the shell may become, from what is known without asking an index."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fileroom.cli._browse.commands import LEVELS, NAMES, expanded
from fileroom.cli.failures import CommandError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fileroom.cli._browse.session import Session

_MOST = 50  # resources of a list; nobody looks for one in more


def completions(session: Session, line: str) -> list[str]:
    """Return what the last word of a line may become; it is empty behind a blank."""
    words = line.split()
    last = "" if not words or line[-1].isspace() else words.pop()
    return [one for one in _candidates(session, _meant(words)) if one.startswith(last)]


def _meant(words: Sequence[str]) -> list[str]:
    """Return the words written out: a command's name, and behind ``send``, what to send."""
    try:
        names = [expanded(word, NAMES) for word in words[:1]]
        if names == ["send"]:
            names += [expanded(word, LEVELS) for word in words[1:2]]
    except CommandError:
        return ["nothing"]
    return [*names, *words[len(names) :]]


def _candidates(session: Session, names: Sequence[str]) -> Iterable[str]:
    match names:
        case []:
            return NAMES
        case ["send"]:
            return LEVELS
        case ["title"]:
            return (one.ae_title for one in session.peers)
        case ["database"]:
            return (one.title for one in session.databases)
        case [word] | ["send", word] if word in LEVELS:
            return (one.uid for one in session.known(LEVELS[word])[:_MOST])
    return ()
