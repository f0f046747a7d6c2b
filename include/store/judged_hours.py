"""What the watch made of each hour, as Arrow files by Beijing day: judged grids, judged stations.

    <root>/<name>/2020-04-03.arrow    the columns of the frame, `hour` in UTC, `edition`

Judged hours are functions of facts: a new judgement of an hour takes the place of the old one, whole. Files are written beside
their places and renamed: a killed run leaves the hours before it or after it, never a half day. Every hour its day is read and written
again: Arrow files are mapped into memory and written as they lie there, in a fifth of the processor time of Parquet. Days in
Parquet, of earlier versions, are read as well.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from include.former_names import present
from include.periods import DAY, midnight, office_date

GRID_HOURS: Final = "judged_grids"
STATION_JUDGED: Final = "judged_stations"
_EDITION: Final = b"edition"


@dataclass(frozen=True)
class Wanted:
    """Which rows are wanted: told by `are` of a table of these `columns` alone."""

    columns: tuple[str, ...]
    are: Callable[[pa.Table], NDArray[np.bool_]]


def judged_path(root: Path, name: str, day: date) -> Path:
    """Where the judged hours of a day are, or will be."""
    return root / name / f"{day}.arrow"


def replace_judged(
    root: Path, name: str, frame: pd.DataFrame, start_at: datetime, end_at: datetime, edition: str
) -> None:
    """Puts the rows of `frame` (`hour`: UTC timestamps, in order) in the place of what there was for [start_at, end_at)."""
    drafts: dict[Path, Path] = {}
    try:
        for day in days_between(start_at, end_at):
            begin, end = max(midnight(day), start_at), min(midnight(day + DAY), end_at)
            parts = [_coded(frame[(frame["hour"] >= begin) & (frame["hour"] < end)])]
            path = judged_path(root, name, day)
            if begin > midnight(day) or end < midnight(day + DAY):
                before = _stored(path, edition)
                parts.insert(0, _between(before, midnight(day), begin))
                parts.append(_between(before, end, midnight(day + DAY)))
            parts = [part for part in parts if part is not None and len(part)]
            if parts or path.exists() or _path_of_before(path).exists():
                drafts[path] = path.with_name(f".new-{os.getpid()}-{path.name}")
                _write(drafts[path], parts or [_coded(frame.iloc[:0])], edition)
        for path, draft in drafts.items():
            draft.replace(path)
            _path_of_before(path).unlink(missing_ok=True)
    finally:
        for draft in drafts.values():
            draft.unlink(missing_ok=True)


def read_judged(
    root: Path,
    name: str,
    start_at: datetime,
    end_at: datetime,
    edition: str,
    columns: Sequence[str] | None = None,
    wanted: Wanted | None = None,
) -> pd.DataFrame:
    """The judged hours in [start_at, end_at) of that edition, in the order of days and as they were kept (only these columns, where
    they are named; `hour` among them; and only the rows that are `wanted`); where there are none an empty frame of these columns."""
    found = (
        _between(_stored(judged_path(root, name, day), edition, columns), start_at, end_at)
        for day in days_between(start_at, end_at)
    )
    tables = [table for table in found if table is not None and len(table)]
    if not tables:
        kinds = dict.fromkeys(columns or (), "object") | {"hour": "datetime64[s, UTC]"}
        return pd.DataFrame({one: pd.Series([], dtype=kind) for one, kind in kinds.items()})
    if wanted is not None:
        tables = _chosen(tables, wanted)
    return _frame(_joined(tables))


def _chosen(tables: Sequence[pa.Table], wanted: Wanted) -> list[pa.Table]:
    """The rows of each table that are wanted of all of them: found by few columns, before the others are put together."""
    is_wanted = wanted.are(_joined([table.select(wanted.columns) for table in tables]))
    ends = np.cumsum([len(table) for table in tables])
    places = [np.flatnonzero(own) for own in np.split(is_wanted, ends[:-1])]
    return [table.take(pa.array(own)) for table, own in zip(tables, places, strict=True)]


def _joined(tables: Sequence[pa.Table]) -> pa.Table:
    """The tables below each other, in the columns of the first, texts as codes of the same words."""
    schema = tables[0].schema
    whole = pa.concat_tables([table.select(schema.names).cast(schema) for table in tables])
    return whole.unify_dictionaries().combine_chunks()


def numbers_of(table: pa.Table, name: str) -> NDArray[Any]:
    """The values of a column; of texts the codes of their words, of instants the seconds since the epoch."""
    column = table[name].combine_chunks()
    if isinstance(column, pa.ChunkedArray):
        column = pa.concat_arrays(column.chunks)
    if pa.types.is_dictionary(column.type):
        column = column.indices.fill_null(-1)
    elif pa.types.is_timestamp(column.type):
        column = column.cast(pa.timestamp("s", "UTC")).cast(pa.int64())
    return np.asarray(column.to_numpy(zero_copy_only=False))


def days_between(start_at: datetime, end_at: datetime) -> list[date]:
    """The Beijing days that [start_at, end_at) touches."""
    days, day = [], office_date(start_at)
    while midnight(day) < end_at:
        days.append(day)
        day += DAY
    return days


def _stored(path: Path, edition: str, columns: Sequence[str] | None = None) -> pa.Table | None:
    """A day as it was kept, None where there is none of that edition."""
    table = _mapped(path) if path.exists() else _of_before(_path_of_before(path))
    if table is None or (table.schema.metadata or {}).get(_EDITION) != edition.encode():
        return None
    table = table.rename_columns([present(name) for name in table.column_names])
    # A column that the day does not have is none of the frame's.
    wanted = (
        table if columns is None else table.select([name for name in columns if name in table.column_names])
    )
    return wanted.replace_schema_metadata(None)


def _mapped(path: Path) -> pa.Table:
    """A day's file; what is not looked at is not read."""
    with pa.memory_map(str(path)) as source:
        return pa.ipc.open_file(source).read_all()


def _path_of_before(path: Path) -> Path:
    return path.with_suffix(".parquet")


def _of_before(path: Path) -> pa.Table | None:
    """A day as an earlier version kept it, in Parquet."""
    if not path.exists():
        return None
    with pq.ParquetFile(path) as file:
        return file.read(use_threads=False)


def _between(table: pa.Table | None, start_at: datetime, end_at: datetime) -> pa.Table | None:
    """The rows of [start_at, end_at) of a day, which lie in the order of their hours."""
    if table is None or not len(table):
        return table
    hours = table["hour"].cast(pa.timestamp("s", "UTC")).cast(pa.int64()).to_numpy()
    first, last = np.searchsorted(hours, [start_at.timestamp(), end_at.timestamp()])
    return table.slice(int(first), int(last - first))


def _coded(frame: pd.DataFrame) -> pa.Table:
    """The frame with its texts as codes of words."""
    coded = [name for name in frame if isinstance(frame[name].dtype, pd.CategoricalDtype)]
    table = pa.Table.from_pandas(frame.drop(columns=coded), preserve_index=False, nthreads=1)
    table = table.replace_schema_metadata(None)
    for place, one in enumerate(table.schema):
        # A column of texts without any word has no type of its own.
        if pa.types.is_string(one.type) or pa.types.is_large_string(one.type) or pa.types.is_null(one.type):
            texts = table[one.name].cast(pa.string()).combine_chunks().dictionary_encode()
            table = table.set_column(place, one.name, texts)
    for name in coded:
        table = table.append_column(name, _of_words(frame[name]))
    return table.select(list(frame.columns))


def _of_words(values: pd.Series[Any]) -> pa.Array:
    codes = np.asarray(values.cat.codes.to_numpy(), np.int32)
    words = pa.array(values.cat.categories.to_numpy(object), pa.string())
    return pa.DictionaryArray.from_arrays(pa.array(codes, mask=codes < 0), words)


def _write(draft: Path, parts: Sequence[pa.Table], edition: str) -> None:
    draft.parent.mkdir(parents=True, exist_ok=True)
    table = _joined(parts).replace_schema_metadata({_EDITION: edition.encode()})
    with draft.open("wb") as stream:
        with pa.ipc.new_file(stream, table.schema) as file:
            file.write_table(table)
        stream.flush()
        os.fsync(stream.fileno())


def _frame(table: pa.Table) -> pd.DataFrame:
    columns = {
        name: _texts(column) if pa.types.is_dictionary(column.type) else column.to_pandas()
        for name, column in zip(table.column_names, table.columns, strict=True)
    }
    frame = pd.DataFrame(columns, copy=False)
    return frame.assign(hour=frame["hour"].dt.tz_convert("UTC").astype("datetime64[s, UTC]"))


def _texts(column: pa.ChunkedArray) -> pd.Series[Any]:
    """Texts as objects, None for none: each word is made once."""
    whole = column.combine_chunks()
    if isinstance(whole, pa.ChunkedArray):
        whole = pa.concat_arrays(whole.chunks) if whole.num_chunks else pa.array([], column.type)
    words = np.array([*whole.dictionary.to_pylist(), None], dtype=object)
    places: NDArray[np.int64] = whole.indices.fill_null(len(words) - 1).to_numpy(zero_copy_only=False)
    return pd.Series(words[places], dtype=object)
