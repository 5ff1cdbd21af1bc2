"""Rows as Arrow's record batches and pandas' data frames; both packages are the extra ``table``."""

from __future__ import annotations

import itertools
from contextlib import closing
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from fileroom._tables.columns import Origin, columns_of
from fileroom._tables.rows import rows
from fileroom._tables.values import DECIMALS, INTEGERS, LARGE_INTEGERS, cells
from fileroom.errors import MissingDependencyError
from fileroom.model import Level

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import pandas as pd
    import pyarrow as pa  # type: ignore[import-untyped] # as it says itself

    from fileroom._tables.columns import Column
    from fileroom._tables.reading import Found
    from fileroom._tables.rows import Row, Unreadable
    from fileroom.archive import Archive

    Batches: TypeAlias = pa.RecordBatchReader
    Table: TypeAlias = pa.Table
    Frame: TypeAlias = pd.DataFrame

BATCH = 1000
"""Rows of one record batch."""


def batches(
    archive: Archive,
    level: Level | str,
    names: Sequence[str],
    arguments: Mapping[str, Any],
    *,
    on_row: Callable[[], object] | None = None,
    on_unreadable: Unreadable | None = None,
) -> Batches:
    """Return what a search finds as record batches; see `fileroom.Archive.to_batches`."""
    arrow = the_package()
    level = Level.parse(level)
    columns = columns_of(archive.tags, level, names)
    computed = [column.keyword for column in columns if column.origin is Origin.COMPUTED]
    returning = [*arguments.get("returning", ()), *computed]
    found = archive.find(level, **{**arguments, "returning": returning})
    every = rows(archive, found, columns, on_unreadable or _ignore)
    pages: Iterator[list[Row]] = iter(lambda: list(itertools.islice(every, BATCH)), [])
    if not all(column.is_settled for column in columns):
        first = next(pages, [])
        columns = [_settled(column, first, number) for number, column in enumerate(columns)]
        pages = itertools.chain([first] if first else [], pages)
    schema = arrow.schema([arrow.field(column.name, _type(arrow, column)) for column in columns])

    def made() -> Iterator[pa.RecordBatch]:
        with closing(every):
            for page in pages:
                for _ in page if on_row else ():
                    on_row()  # type: ignore[misc] # which is not None
                arrays = [
                    arrow.array(_cells(column, values), field.type)
                    for column, values, field in zip(columns, zip(*page, strict=True), schema, strict=True)
                ]
                yield arrow.record_batch(arrays, schema=schema)

    return arrow.RecordBatchReader.from_batches(schema, made())


def as_frame(reader: Batches) -> Frame:
    """Return record batches as a data frame, with pandas' types for integers that may be missing.

    Raises:
        MissingDependencyError: pandas is not installed.
    """
    try:
        import pandas as pd  # noqa: PLC0415 - an extra, and slow to import
    except ImportError as error:
        raise _missing(error) from error
    arrow = the_package()
    types = {arrow.int64(): pd.Int64Dtype(), arrow.uint64(): pd.UInt64Dtype()}
    frame: Frame = reader.read_pandas(types_mapper=types.get, date_as_object=False)
    return frame


def the_package() -> Any:  # noqa: ANN401 - a module
    """Return pyarrow.

    Raises:
        MissingDependencyError: it is not installed.
    """
    try:
        import pyarrow as pa  # noqa: PLC0415 - an extra, and slow to import
    except ImportError as error:
        raise _missing(error) from error
    return pa


def _missing(error: ImportError) -> MissingDependencyError:
    package = error.name or "a package"
    return MissingDependencyError(
        f"tables need {package}: pip install 'fileroom[table]'", "table", "fileroom"
    )


def _settled(column: Column, page: Sequence[Row], number: int) -> Column:
    """Return a column with the type that the first rows tell, where no dictionary does."""
    if column.is_settled:
        return column
    return column.settled(one for row in page for one in cast("Sequence[Found]", row[number]))


def _cells(column: Column, values: Sequence[Any]) -> Sequence[Any]:
    if column.origin is not Origin.PLACE:
        return values
    return [cells(column, [one.value for one in found]) for found in values]


def _type(arrow: Any, column: Column) -> pa.DataType:  # noqa: ANN401 - the module
    types = {
        **dict.fromkeys(INTEGERS, arrow.int64()),
        **dict.fromkeys(LARGE_INTEGERS, arrow.uint64()),
        **dict.fromkeys(DECIMALS, arrow.float64()),
        "DA": arrow.date32(),
        "TM": arrow.time64("us"),
        "DT": arrow.timestamp("us"),
    }
    one = types.get(column.vr or "", arrow.string())
    one = arrow.list_(one) if column.several else one
    return arrow.list_(one) if column.every else one


def _ignore(id_: str, error: Exception) -> None:
    del id_, error
