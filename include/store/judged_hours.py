"""What the watch made of each hour, in Parquet by Beijing day: judged grids, judged stations, cells.

    <root>/<name>/2020-04-03.parquet    the columns of the frame, `hour` in UTC, `edition`

Judged hours are functions of facts: a new judgement of an hour takes the place of the old one, whole. Files are written beside
their places and renamed: a killed run leaves the hours before it or after it, never a half day.
"""

from __future__ import annotations

import os
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from include.periods import DAY, midnight, office_date

GRID_HOURS: Final = "judged_grids"
STATION_JUDGED: Final = "judged_stations"
CELLS: Final = "cells"
_EDITION: Final = b"edition"


def judged_path(root: Path, name: str, day: date) -> Path:
    """Where the judged hours of a day are, or will be."""
    return root / name / f"{day}.parquet"


def replace_judged(
    root: Path, name: str, frame: pd.DataFrame, start_at: datetime, end_at: datetime, edition: str
) -> None:
    """Puts the rows of `frame` (`hour`: UTC timestamps) in the place of what there was for [start_at, end_at)."""
    drafts: dict[Path, Path] = {}
    try:
        for day in days_between(start_at, end_at):
            begin, end = max(midnight(day), start_at), min(midnight(day + DAY), end_at)
            own = frame[(frame["hour"] >= begin) & (frame["hour"] < end)]
            path = judged_path(root, name, day)
            if begin > midnight(day) or end < midnight(day + DAY):
                before = read_judged(root, name, midnight(day), midnight(day + DAY), edition)
                others = before[(before["hour"] < begin) | (before["hour"] >= end)]
                own = pd.concat([others[own.columns], own], ignore_index=True) if len(others) else own
            if own.empty and not path.exists():
                continue
            drafts[path] = path.with_name(f".new-{os.getpid()}-{path.name}")
            _write(drafts[path], own.sort_values("hour", kind="stable"), edition)
        for path, draft in drafts.items():
            draft.replace(path)
    finally:
        for draft in drafts.values():
            draft.unlink(missing_ok=True)


def read_judged(root: Path, name: str, start_at: datetime, end_at: datetime, edition: str) -> pd.DataFrame:
    """The judged hours in [start_at, end_at) of that edition, by day as they were kept; an empty frame where there are none."""
    frames = []
    for day in days_between(start_at, end_at):
        path = judged_path(root, name, day)
        if not path.exists():
            continue
        table = pq.read_table(path)
        if (table.schema.metadata or {}).get(_EDITION) != edition.encode():
            continue
        frames.append(_frame(table.replace_schema_metadata(None)))
    if not frames:
        return pd.DataFrame({"hour": pd.Series([], dtype="datetime64[s, UTC]")})
    found = pd.concat(frames, ignore_index=True) if len(frames) > 1 else frames[0]
    return found[(found["hour"] >= start_at) & (found["hour"] < end_at)].reset_index(drop=True)


def days_between(start_at: datetime, end_at: datetime) -> list[date]:
    """The Beijing days that [start_at, end_at) touches."""
    days, day = [], office_date(start_at)
    while midnight(day) < end_at:
        days.append(day)
        day += DAY
    return days


def _write(draft: Path, frame: pd.DataFrame, edition: str) -> None:
    draft.parent.mkdir(parents=True, exist_ok=True)
    table = pa.Table.from_pandas(frame, preserve_index=False, nthreads=1)
    for place, one in enumerate(table.schema):
        if pa.types.is_string(one.type) or pa.types.is_large_string(one.type):
            texts = table[one.name].cast(pa.string()).combine_chunks().dictionary_encode()
            table = table.set_column(place, one.name, texts)
    with draft.open("wb") as stream:
        pq.write_table(
            table.replace_schema_metadata({_EDITION: edition.encode()}), stream, compression="zstd"
        )
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
