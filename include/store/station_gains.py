"""What the hours of a day are judged with, by station, in Parquet by Beijing day: made from daily facts, kept so that a run of
one hour need not read two weeks of them.

    <root>/station_gains/2020-04-03.parquet    the columns of `watch.station_gains` but `date`, and what they were made from
"""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from typing import Final

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

_MADE_FROM: Final = b"made_from"


def last_gains(root: Path, day: date) -> pd.DataFrame | None:
    """The gains of a day as they were last made; None where none are kept."""
    path = _path(root, day)
    return _rows(pq.read_table(path, use_threads=False), day) if path.exists() else None


def read_gains(root: Path, day: date, made_from: str) -> pd.DataFrame | None:
    """The gains of a day, where they are kept and were made from that (a hash); else None."""
    path = _path(root, day)
    if not path.exists():
        return None
    table = pq.read_table(path, use_threads=False)
    if (table.schema.metadata or {}).get(_MADE_FROM) != made_from.encode():
        return None
    return _rows(table, day)


def _rows(table: pa.Table, day: date) -> pd.DataFrame:
    rows: pd.DataFrame = table.replace_schema_metadata(None).to_pandas()
    rows.insert(1, "date", day)
    return rows


def keep_gains(root: Path, day: date, gains: pd.DataFrame, made_from: str) -> None:
    """Keeps the gains of a day (columns of `watch.station_gains`); a killed run leaves the file before or after."""
    path = _path(root, day)
    path.parent.mkdir(parents=True, exist_ok=True)
    table = pa.Table.from_pandas(gains.drop(columns="date"), preserve_index=False, nthreads=1)
    draft = path.with_name(f".new-{os.getpid()}-{path.name}")
    try:
        pq.write_table(table.replace_schema_metadata({_MADE_FROM: made_from.encode()}), draft)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _path(root: Path, day: date) -> Path:
    return root / "station_gains" / f"{day}.parquet"
