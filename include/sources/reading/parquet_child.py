"""Reads one Parquet file in a process of its own that may be killed: `python -c "… main()"`, the file as standard input.

A Parquet file of a few kilobytes can hold a billion equal rows, a page that unpacks to gigabytes, or bytes that make a decoder
stop its process. What is read leaves on standard output as an Arrow stream; an error leaves on standard error as JSON, with an
exit code that is not 0. Columns of text are coded by their different values, so that nothing is laid out that is not there.
Knows no setting or secret of the installation.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from typing import Any, BinaryIO, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from include.sources.reading.cells import NO_TEXT, decoded
from include.sources.reading.confinement import confine

MOST_COLUMNS: Final = 4096
MOST_SECONDS: Final = 300  # of computing
MOST_MEMORY: Final = 3 << 30  # bytes of address space
LONGEST_TEXT: Final = 32_767  # bytes of a value
LIMITS: Final = (
    f"at most {MOST_COLUMNS:,} columns, {LONGEST_TEXT:,} bytes a value, {MOST_SECONDS} s and {MOST_MEMORY >> 20} MB "
    "of memory to read it"
)
_BATCH_BYTES: Final = 32 << 20  # of the texts of a batch, each cell counted
_THRIFT: Final = 64 << 20  # bytes and items of what describes the file
_TEXT: Final = pa.dictionary(pa.int32(), pa.string())
_OWN_TYPES: Final = (
    pa.types.is_integer,
    pa.types.is_float32,
    pa.types.is_float64,
    pa.types.is_boolean,
    pa.types.is_decimal,
    pa.types.is_timestamp,
    pa.types.is_date,
    pa.types.is_time,
)
_TEXT_TYPES: Final = (
    pa.types.is_string,
    pa.types.is_large_string,
    pa.types.is_binary,
    pa.types.is_large_binary,
    pa.types.is_fixed_size_binary,
    pa.types.is_null,
    pa.types.is_string_view,
    pa.types.is_binary_view,
)


class Unusable(Exception):
    """The file cannot be used; the parts of the message."""

    def __init__(self, what: str, *, expected: str = LIMITS, got: object = "", todo: str = "") -> None:
        super().__init__(what)
        self.parts = {"what": what, "expected": expected, "got": str(got), "todo": todo}


def batches(stream: BinaryIO, request: dict[str, int]) -> Iterator[pa.RecordBatch]:
    """The rows in pieces, the first of them with no row: it tells the columns.

    Texts and bytes come as dictionaries of texts, everything else that has a text in its own type; of lists and objects only the
    mark `cells.NO_TEXT`, which no check lets pass. `request`: `rows` and `bytes`, the most rows and bytes of text of all cells;
    `batch_rows`. Raises Unusable.
    """
    with _opened(stream, []) as file:
        schema = file.schema_arrow
        _require_bounded(file, request["rows"])
        texts = [field.name for field in schema if _is_any(field.type, _TEXT_TYPES)]
    yield schema_only(schema)
    if len(set(schema.names)) < len(schema.names):
        return  # which the caller sees
    wanted = [field.name for field in schema if _is_read(field.type)]
    left, rows = request["bytes"], 0
    with _opened(stream, texts) as file:
        for batch in file.iter_batches(request["batch_rows"], columns=wanted, use_threads=False):
            columns = {name: _column(batch.column(name)) for name in wanted}
            rows += batch.num_rows
            ends = np.cumsum(_bytes_of_rows(columns, batch.num_rows))
            left -= int(ends[-1]) if len(ends) else 0
            if left < 0:
                raise _too_large(f"more than {request['bytes']:,} bytes of text in all cells")
            shaped = pa.record_batch(
                [columns.get(field.name, _marks(batch.num_rows)) for field in schema], schema=_told(schema)
            )
            yield from _pieces(shaped, ends)
        if rows != file.metadata.num_rows:
            raise Unusable(
                "the file has not the rows that it says", expected=f"{file.metadata.num_rows:,}", got=rows
            )


def schema_only(schema: pa.Schema) -> pa.RecordBatch:
    """The columns that are told, without a row."""
    told = _told(schema)
    return pa.record_batch([pa.array([], field.type) for field in told], schema=told)


def _opened(stream: BinaryIO, texts: list[str]) -> pq.ParquetFile:
    stream.seek(0)
    return pq.ParquetFile(
        stream,
        pre_buffer=False,
        read_dictionary=texts,
        thrift_string_size_limit=_THRIFT,
        thrift_container_size_limit=_THRIFT,
    )


def _require_bounded(file: pq.ParquetFile, most_rows: int) -> None:
    if len(file.schema_arrow) > MOST_COLUMNS:
        raise _too_large(f"{len(file.schema_arrow):,} columns")
    if not 0 <= file.metadata.num_rows <= most_rows:
        raise Unusable(
            "the file has too many rows",
            expected=f"at most {most_rows:,}",
            got=f"{file.metadata.num_rows:,}",
            todo="split it by day or month",
        )


def _too_large(got: str) -> Unusable:
    return Unusable("the file is larger than one that is read", got=got, todo="split it, or export it as CSV")


def _told(schema: pa.Schema) -> pa.Schema:
    """The columns as they leave."""
    return pa.schema([(field.name, _type(field.type)) for field in schema])


def _type(kind: pa.DataType) -> pa.DataType:
    if isinstance(kind, pa.BaseExtensionType):
        return _type(kind.storage_type)
    if pa.types.is_dictionary(kind):
        return _type(kind.value_type)
    if pa.types.is_float16(kind):
        return pa.float32()
    return kind if _is_any(kind, _OWN_TYPES) else _TEXT


def _is_read(kind: pa.DataType) -> bool:
    if isinstance(kind, pa.BaseExtensionType):
        return _is_read(kind.storage_type)
    if pa.types.is_dictionary(kind):
        return _is_read(kind.value_type)
    return _is_any(kind, (*_OWN_TYPES, *_TEXT_TYPES, pa.types.is_float16))


def _is_any(kind: pa.DataType, types: tuple[Any, ...]) -> bool:
    return any(is_such(kind) for is_such in types)


def _column(values: pa.Array) -> pa.Array:
    if isinstance(values, pa.ExtensionArray):
        return _column(values.storage)
    wanted = _type(values.type)
    if wanted != _TEXT:
        if pa.types.is_dictionary(values.type):
            values = values.dictionary_decode()
        return values if values.type == wanted else values.cast(wanted)
    if pa.types.is_null(values.type):
        return pa.nulls(len(values), _TEXT)
    if _is_any(values.type, (pa.types.is_string_view, pa.types.is_binary_view)):
        values = values.cast(pa.large_binary())
    coded = values if pa.types.is_dictionary(values.type) else values.dictionary_encode()
    texts = _texts(coded.dictionary)
    return pa.DictionaryArray.from_arrays(coded.indices.cast(pa.int32()), texts)


def _texts(values: pa.Array) -> pa.Array:
    """Different values as texts: UTF-8, or GB18030, or with the mark of lost characters."""
    longest = pc.max(pc.binary_length(values)).as_py() or 0
    if longest > LONGEST_TEXT:
        raise _too_large(f"a value of {longest:,} bytes")
    if pa.types.is_string(values.type):
        try:
            values.validate(full=True)
        except pa.ArrowInvalid:
            pass
        else:
            return values
    raw = values.cast(pa.large_binary() if pa.types.is_large_string(values.type) else pa.binary()).to_pylist()
    return pa.array([None if each is None else decoded(each) for each in raw], pa.string())


def _marks(rows: int) -> pa.Array:
    return pa.DictionaryArray.from_arrays(
        pa.array(np.zeros(rows, np.int32)), pa.array([f"{NO_TEXT}[]"], pa.string())
    )


def _bytes_of_rows(columns: dict[str, pa.Array], rows: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    total = np.zeros(rows, np.int64)
    for values in columns.values():
        if values.type == _TEXT and len(values.dictionary):
            lengths = pc.fill_null(pc.binary_length(values.dictionary), 0).to_numpy(zero_copy_only=False)
            places = pc.fill_null(values.indices, -1).to_numpy(zero_copy_only=False)
            total += np.append(lengths, 0)[places]  # -1: nothing
    return total


def _pieces(batch: pa.RecordBatch, ends: np.ndarray[Any, np.dtype[np.int64]]) -> Iterator[pa.RecordBatch]:
    """The batch, cut where the texts of its rows would be too much at once. `ends`: their bytes up to each row."""
    start = 0
    while start < batch.num_rows:
        before = int(ends[start - 1]) if start else 0
        stop = max(int(np.searchsorted(ends, before + _BATCH_BYTES, side="right")), start + 1)
        yield batch.slice(start, stop - start)
        start = stop


def load() -> None:
    """What every process needs beside what this module imports."""
    import pandas  # noqa: F401  which Arrow looks for when it makes its first array


def main() -> None:
    """The process: limits first, then the file on standard input to an Arrow stream on standard output."""
    request = json.loads(sys.argv[1])
    confine(MOST_MEMORY, min(int(request["seconds"]), MOST_SECONDS))
    pa.set_cpu_count(1)
    try:
        told = batches(sys.stdin.buffer, request)
        first = next(told)
        with (
            os.fdopen(os.dup(1), "wb", buffering=0) as output,
            pa.ipc.new_stream(output, first.schema) as stream,
        ):
            stream.write_batch(first)
            for batch in told:
                stream.write_batch(batch)
    except Unusable as error:
        _leave(error.parts)
    except (MemoryError, pa.ArrowMemoryError):
        _leave(_too_large("more memory than that").parts)
    except Exception as error:  # a broken file can fail anywhere inside Arrow, with any exception
        got = " ".join(f"{type(error).__name__}: {error}".split())[:500]
        parts = Unusable("the file cannot be read as Parquet", expected="a whole Parquet file", got=got).parts
        _leave(parts)


def _leave(parts: dict[str, str]) -> None:
    os.write(2, json.dumps(parts).encode("ascii"))
    os._exit(1)
