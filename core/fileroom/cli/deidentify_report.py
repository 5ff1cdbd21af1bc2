"""The report of ``fileroom deidentify``: what was done to each object, without telling who anybody is."""

from __future__ import annotations

import csv
import io
import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TextIO

from fileroom.cli.failures import CommandError, UsageProblem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_COLUMNS = ("number", "uid", "path", "keyword", "action", "rule")
_STARTS = ('{"number":', ",".join(_COLUMNS))
_RESIDUAL = "residual"


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one object.

    Attributes:
        name: the object: a path or a public id. It may tell who the patient is.
        uid: SOP Instance UID of the new object; empty where there is none.
        where: the new object: a path or a public id.
        report: what was done, as the processor tells it.
        reason: why there is no new object.
    """

    name: str
    uid: str = ""
    where: str = ""
    report: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""


class ReportFile:
    """Writes what was done, an object at a time.

    Objects are numbered, and named by their new UIDs; no path and no id of an original is in it.

    Args:
        file: where to write to.
        table: a CSV table with a row for each attribute, and not a line of JSON for each object.
    """

    def __init__(self, file: TextIO, *, table: bool) -> None:
        self._file = file
        self._number = 0
        self._rows = csv.writer(file, lineterminator="\n") if table else None
        if self._rows:
            self._rows.writerow(_COLUMNS)

    def add(self, done: Done) -> None:
        """Write what became of one object.

        Raises:
            CommandError: the file cannot be written to.
        """
        self._number += 1
        try:
            if self._rows:
                self._rows.writerows(self._attributes(done))
            else:
                told = {"reason": done.reason} if done.reason else {"uid": done.uid, **done.report}
                self._file.write(f"{json.dumps({'number': self._number, **told})}\n")
            self._file.flush()
        except OSError as error:
            raise _unwritable(error) from error

    def _attributes(self, done: Done) -> Iterator[tuple[object, ...]]:
        if done.reason:
            yield self._number, "", "", "", "", done.reason
        for one in done.report.get("touched") or ():
            yield self._number, done.uid, one["path"], one["keyword"], one["action"], one["rule"]
        for one in done.report.get(_RESIDUAL) or ():
            yield self._number, done.uid, one["path"], one["keyword"], _RESIDUAL, one["origin"]


@contextmanager
def opened(path: Path | None) -> Iterator[ReportFile | None]:
    """Open the report; a name that ends in ``.csv`` makes it a table.

    Only an earlier report is written over.

    Raises:
        UsageProblem: the file is there, and is no report.
        CommandError: it cannot be written.
    """
    if path is None:
        yield None
        return
    try:
        if path.is_file() and not _is_report(path):
            raise UsageProblem("--report: this file exists and is no report: choose another name")
        file = path.open("w", encoding="utf-8", errors="backslashreplace", newline="")
    except OSError as error:
        raise _unwritable(error) from error
    with file:
        yield ReportFile(file, table=path.suffix.lower() == ".csv")


def _is_report(path: Path) -> bool:
    with path.open("rb") as file:
        start = io.BytesIO(file.read(1000)).readline().decode("utf-8", "replace")
    return not start or start.startswith(_STARTS)


def _unwritable(error: OSError) -> CommandError:
    return CommandError(f"the report cannot be written: {error.strerror or type(error).__name__}")
