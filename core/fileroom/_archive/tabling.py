"""The part of `fileroom.Archive` that makes tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from fileroom._tables.arrow import as_frame, batches

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fileroom._tables.arrow import Batches, Frame, Table
    from fileroom.archive import Archive
    from fileroom.errors import FileroomError
    from fileroom.model import Level


class Tables:
    """Makes tables of what a search finds."""

    def to_batches(
        self,
        level: Level | str,
        *,
        columns: Sequence[str] = (),
        on_row: Callable[[], object] | None = None,
        on_unreadable: Callable[[str, FileroomError], object] | None = None,
        **arguments: Any,  # noqa: ANN401 - those of `find`
    ) -> Batches:
        """Search, and return what was found as Arrow record batches, read as they are asked for.

        A column is an attribute that the index keeps or computes, or any other, which is then read from
        stored headers, several at a time: of an instance its own, of a patient, study or series that of the
        first instance beneath. It is named as it was asked for: by keyword (``KVP``), by tag (``00180060``,
        ``(0018,0060)``), a private one with its creator (``0029xx10(SIEMENS CSA HEADER)``). A dot leads into
        a sequence, to its first item, or to the one whose number from 1 stands in brackets:
        ``RequestAttributesSequence[2].ScheduledProcedureStepID``; ``[*]`` makes a list of what all have.
        At the end, ``[3]`` is the third of several values. ``id``, ``level``, ``uid`` and ``received`` are
        the resource's.

        Dates, times, integers and decimals have such types, and attributes that may have several values have
        lists; a sequence is JSON. Of what no dictionary knows, the first thousand rows tell the type: by the
        VR that the files have, a list if one has several values; else it is text. What is missing, or not
        what its VR demands, is null. A moment is in UTC where its value tells how far that is away.

        Args:
            level: as for `find`.
            columns: without any, id, level and uid, and all that the index keeps of the level and above.
            on_row: called for each row that was made.
            on_unreadable: called with the public id of what has no header that could be read, and why.
            **arguments: those of `find`.

        Raises:
            QueryError: the search makes no sense, or a column is no attribute that a table can hold; the
                message names the column, and keywords that look like it.
            MissingDependencyError: pyarrow is not installed; it is in the extra ``table``.
        """
        archive = cast("Archive", self)
        return batches(archive, level, columns, arguments, on_row=on_row, on_unreadable=on_unreadable)

    def to_arrow(
        self,
        level: Level | str,
        *,
        columns: Sequence[str] = (),
        **arguments: Any,  # noqa: ANN401 - of `to_batches`
    ) -> Table:
        """Search, and return what was found as an Arrow table; arguments and errors as for `to_batches`."""
        return self.to_batches(level, columns=columns, **arguments).read_all()

    def to_pandas(
        self,
        level: Level | str,
        *,
        columns: Sequence[str] = (),
        **arguments: Any,  # noqa: ANN401 - of `to_batches`
    ) -> Frame:
        """Search, and return what was found as a data frame; arguments and errors as for `to_batches`.

        Integers have pandas' own types, in which some may be missing, and dates and moments are datetimes.
        """
        return as_frame(self.to_batches(level, columns=columns, **arguments))
