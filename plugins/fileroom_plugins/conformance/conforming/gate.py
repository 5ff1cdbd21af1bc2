"""The intervention ``conforming``: decides by a check what becomes of an object that arrives."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from fileroom.plugin import (
    Accept,
    DocumentError,
    InvalidDatasetError,
    NotFoundError,
    Quarantine,
    Reject,
    hookimpl,
)
from fileroom_plugins.conformance.checking import check_with
from fileroom_plugins.conformance.constraints.loading import KIND, RuleBook
from fileroom_plugins.conformance.messages import Severity
from fileroom_plugins.conformance.reading.dictionary import DataDictionary
from fileroom_plugins.standard.definitions import read_definitions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fileroom.plugin import Decision, Incoming
    from fileroom_plugins.conformance.conforming import Options

NAMED = 3
"""At most so many errors are named in a reason."""


class Gate:
    """Checks each object whole. Threads may ask at the same time."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._lock = threading.Lock()
        self._read: tuple[Sequence[RuleBook], DataDictionary] | None = None

    @hookimpl
    def fileroom_before_store(self, incoming: Incoming) -> Decision | None:
        """Let pass what has no errors, and do with the rest as the options say.

        What cannot be checked, since a document is not there or cannot be used, is set aside.
        """
        options = self._options
        if options.on_error == "accept":
            return None
        try:
            reason = self._what_is_wrong(incoming)
        except (DocumentError, NotFoundError) as error:
            return Quarantine(f"cannot be checked: {error}")
        if not reason:
            return None
        match options.on_error:
            case "label":
                return Accept(labels=(options.label,))
            case "quarantine":
                return Quarantine(reason)
            case "reject":
                return Reject(reason)

    def _what_is_wrong(self, incoming: Incoming) -> str:
        books, dictionary = self._documents()
        asked = [(book, "") for book in books]
        try:
            with incoming.open() as file:
                found = check_with(file, asked, dictionary, standard=self._options.standard)
        except InvalidDatasetError as error:
            return str(error)
        errors = [f"{one.message} ({one.rule})" for one in found if one.severity is Severity.ERROR]
        more = f"; and {len(errors) - NAMED} more" if len(errors) > NAMED else ""
        return f"does not conform: {'; '.join(errors[:NAMED])}{more}" if errors else ""

    def _documents(self) -> tuple[Sequence[RuleBook], DataDictionary]:
        """Return what documents say, read with the first object: until then there may be no archive."""
        with self._lock:
            if self._read is None:
                options = self._options
                defined = read_definitions(
                    options.standard_dictionary, options.private_dictionary, options.uids
                )
                books = [RuleBook.of(name.read(KIND)) for name in options.rules]
                self._read = books, DataDictionary(defined)
            return self._read
