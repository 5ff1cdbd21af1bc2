"""Record batches as files: Parquet, CSV, and Arrow's own format."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fileroom._tables.arrow import Batches

FORMATS = ("parquet", "csv", "arrow")


def write_table(reader: Batches, file: BinaryIO, form: str) -> None:
    """Write record batches, one after the other.

    Args:
        reader: the batches.
        file: open for writing.
        form: one of `FORMATS`. CSV has several values as one text, with backslashes as in DICOM, and several
            values of several items as JSON.

    Raises:
        OSError: the file could not be written.
    """
    writers: dict[str, Callable[[Any, BinaryIO], Any]] = {"csv": _csv, "parquet": _parquet, "arrow": _arrow}
    with writers[form](reader.schema, file) as writer:
        for batch in reader:
            writer.write_batch(_flat(batch) if form == "csv" else batch)


def _csv(schema: Any, file: BinaryIO) -> Any:  # noqa: ANN401 - pyarrow's, which has no types
    import pyarrow as pa  # type: ignore[import-untyped]  # noqa: PLC0415 - an extra
    from pyarrow import csv  # noqa: PLC0415 - as above

    return csv.CSVWriter(file, pa.schema([pa.field(one.name, _flat_type(one.type)) for one in schema]))


def _parquet(schema: Any, file: BinaryIO) -> Any:  # noqa: ANN401 - as above
    from pyarrow import parquet  # noqa: PLC0415 - as above

    return parquet.ParquetWriter(file, schema)


def _arrow(schema: Any, file: BinaryIO) -> Any:  # noqa: ANN401 - as above
    from pyarrow import ipc  # noqa: PLC0415 - as above

    return ipc.new_file(file, schema)


def _flat_type(kind: Any) -> Any:  # noqa: ANN401 - as above
    import pyarrow as pa  # noqa: PLC0415 - as above

    return pa.string() if pa.types.is_list(kind) else kind


def _flat(batch: Any) -> Any:  # noqa: ANN401 - as above
    """Return a batch as CSV can have it: several values in one text, with backslashes as in DICOM."""
    import pyarrow as pa  # noqa: PLC0415 - as above

    arrays = []
    for array in batch.columns:
        if pa.types.is_list(array.type):
            arrays.append(pa.array([_joined(values) for values in array.to_pylist()], pa.string()))
        else:
            arrays.append(array)
    return pa.record_batch(arrays, names=batch.schema.names)


def _joined(values: Sequence[Any] | None) -> str | None:
    if values is None:
        return None
    if any(isinstance(one, list) for one in values):
        return json.dumps(values, default=str)
    return "\\".join("" if one is None else str(one) for one in values)
