"""Parquet files with the same columns as CSV files: for amounts that are too large to print.

A file is read by a process of its own (`parquet_child.py`) that has limits and may be killed.
"""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from threading import Timer
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from include.errors import InputError
from include.sources.delivery import CHUNK_ROWS, Chunk
from include.sources.reading.cells import NO_TEXT
from include.sources.reading.children import child
from include.sources.reading.file_names import label
from include.sources.reading.parquet_child import LIMITS, MOST_SECONDS
from include.sources.reading.text_files import clean_header
from include.sources.reading.time_limits import OutOfTime, seconds_allowed

MOST_ROWS: Final = 100_000_000  # of one file: a month of hours of 100,000 grids
MOST_RECORDS: Final = 5_000_000  # of one file that is no file of hours
_MOST_BYTES: Final = 8 << 30  # of the texts of all cells
_ROWS: Final = 1_000_000  # at a time; of a file of many columns fewer, but so many
_FEWEST: Final = 1_000
_USUAL_COLUMNS: Final = 8
_SETTINGS: Final = {
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}
# One that is at work for so long without computing for more than its limit is dead, or has no machine to work on.
_PATIENCE_SECONDS: Final = 3 * MOST_SECONDS
_LAST_WORD: Final = 1 << 16  # bytes


def read_parquet(path: Path, *, most_rows: int = MOST_ROWS) -> Iterator[Chunk]:
    """The rows of a Parquet file in pieces, as text like those of a CSV file; `lines` count rows from 1.

    A column is a categorical: few different values need not be printed row by row. Nulls are empty texts. Raises InputError
    when the file cannot be used; one that was cut anywhere has lost the end without which none of it can be read.
    """
    number = 1
    batches = parquet_batches(path, most_rows=most_rows)
    header = clean_header(str(path), next(batches).schema.names)
    for batch in batches:
        lines = np.arange(number, number + batch.num_rows)
        number += batch.num_rows
        columns = {name: _text(column) for name, column in zip(header, batch.columns, strict=True)}
        yield Chunk(label(path), lines, pd.DataFrame(columns))
    if number == 1:
        yield Chunk(label(path), np.arange(0), pd.DataFrame({name: pd.Categorical([]) for name in header}))


def read_text_parquet(path: Path) -> Iterator[Chunk]:
    """The same as plain texts, as many rows at a time as of a CSV file: for tables of records, not of hours."""
    for chunk in read_parquet(path, most_rows=MOST_RECORDS):
        for start in range(0, max(len(chunk.rows), 1), CHUNK_ROWS):
            rows = chunk.rows.iloc[start : start + CHUNK_ROWS].reset_index(drop=True).astype("str")
            yield Chunk(chunk.origin, chunk.lines[start : start + CHUNK_ROWS], rows)


def parquet_batches(path: Path, *, most_rows: int) -> Iterator[pa.RecordBatch]:
    """The rows of a Parquet file in pieces and their own types, the first piece without a row; see `parquet_child.batches`.

    Raises InputError when the file cannot be used, or is larger than `parquet_child.LIMITS`.
    """
    seconds = seconds_allowed(MOST_SECONDS)
    request = {"rows": most_rows, "bytes": _MOST_BYTES, "batch_rows": _ROWS, "seconds": seconds}
    with child(path, "parquet_child", request, _SETTINGS) as process:
        overdue = Timer(_PATIENCE_SECONDS, process.kill)
        overdue.daemon = True
        overdue.start()
        try:
            with pa.ipc.open_stream(process.stdout) as stream:
                yield from stream
        except pa.ArrowException:
            pass  # the process says why, or was killed
        finally:
            overdue.cancel()
        if code := process.wait():
            raise _refused(path, code, process.stderr.read(_LAST_WORD), seconds)


def _refused(path: Path, code: int, said: bytes, seconds: int) -> InputError:
    try:
        parts = json.loads(said)
        return InputError(parts.pop("what"), where=str(path), **parts)
    except ValueError:  # it was killed, by a limit or by the system
        pass
    is_late = code in (-signal.SIGXCPU, -signal.SIGKILL)
    return (OutOfTime if is_late else InputError)(
        "the file is larger than one that is read" if is_late else "the file cannot be read as Parquet",
        where=str(path),
        expected=LIMITS,
        got=f"more than {seconds} s" if is_late else f"a reader that ended with {code}",
        todo="split it, or export it as CSV",
    )


def _text(column: pa.Array) -> pd.Categorical:
    """A column as text, by its different values."""
    encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    texts = _texts(encoded.dictionary)
    distinct = {text or "": place for place, text in enumerate(texts)}
    if len(distinct) < len(texts) or encoded.null_count:
        places = {text: place for place, text in enumerate({**distinct, "": 0})}
        of_code = np.array([places[text or ""] for text in [*texts, None]])
        codes = of_code[pc.fill_null(encoded.indices, len(texts)).to_numpy(zero_copy_only=False)]
        return pd.Categorical.from_codes(codes, pd.Index(list(places), dtype="str"))
    return pd.Categorical.from_codes(
        encoded.indices.to_numpy(zero_copy_only=False), pd.Index(texts, dtype="str")
    )


def _texts(values: pa.Array) -> list[str | None]:
    """Values of one type as a CSV file of the same content would print them."""
    try:
        if pa.types.is_timestamp(values.type):
            values = _in_whole_seconds(values)
        texts: list[str | None] = values.cast(pa.string()).to_pylist()
    except pa.ArrowException:  # times of a zone that nobody knows
        return [f"{NO_TEXT}{values.type}" for _ in values]
    return texts


def _in_whole_seconds(values: pa.Array) -> pa.Array:
    """Times without a fraction of nothing: spreadsheets and databases print none."""
    try:
        return values.cast(pa.timestamp("s", values.type.tz))
    except pa.ArrowInvalid:  # it would lose something
        return values
