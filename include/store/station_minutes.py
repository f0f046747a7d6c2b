"""Five-minute values of the hours of stations that are not complete yet: what comes later of such an hour joins them.

    <root>/station_minutes/2020-04-03.parquet    station_id, hour (the moment), the values of a station's hour, received_at

One file a natural Beijing day. An hour leaves it once it has all its values: from then on its mean stands for them.
"""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from include.periods import office_zone
from include.store.station_hours import STATION_HOURS

MINUTE_COLUMNS: Final = ("station_id", "hour", *STATION_HOURS.values)
_FOLDER: Final = "station_minutes"


def read_minutes(root: Path, told: pd.DataFrame) -> pd.DataFrame:
    """What is kept of the hours (`station_id`, `hour`: a moment in it) that are told: `MINUTE_COLUMNS` and `received_at`."""
    parts = [pd.read_parquet(path) for day in _days(told["hour"]) if (path := _path(root, day)).exists()]
    if not parts:
        return pd.DataFrame(columns=[*MINUTE_COLUMNS, "received_at"])
    kept = pd.concat(parts, ignore_index=True)
    return kept[_hours(kept).isin(_hours(told).unique())].reset_index(drop=True)


def keep_minutes(root: Path, minutes: pd.DataFrame) -> None:
    """Puts `MINUTE_COLUMNS` and `received_at` in the place of what is kept of their hours."""
    for day, rows in _by_day(minutes):
        path = _path(root, day)
        if path.exists():
            before = pd.read_parquet(path)
            others = before[~_hours(before).isin(_hours(rows).unique())]
            rows = pd.concat([others, rows], ignore_index=True) if len(others) else rows
        _write(path, rows)


def forget_minutes(root: Path, hours: pd.DataFrame) -> None:
    """Drops what is kept of these hours (`station_id`, `hour`)."""
    for day, rows in _by_day(hours):
        path = _path(root, day)
        if not path.exists():
            continue
        before = pd.read_parquet(path)
        left = before[~_hours(before).isin(_hours(rows).unique())]
        if left.empty:
            path.unlink()
        elif len(left) < len(before):
            _write(path, left.reset_index(drop=True))


def _path(root: Path, day: date) -> Path:
    return root / _FOLDER / f"{day}.parquet"


def _hours(rows: pd.DataFrame) -> pd.MultiIndex:
    """Which hour of which station each row is of."""
    hours = rows["hour"].dt.tz_convert("UTC").dt.floor("h").astype("datetime64[us, UTC]")
    return pd.MultiIndex.from_arrays([rows["station_id"].astype("str"), hours])


def _by_day(rows: pd.DataFrame) -> list[tuple[date, pd.DataFrame]]:
    local = rows["hour"].dt.tz_convert(office_zone()).dt.tz_localize(None)
    days = local.to_numpy().astype("datetime64[D]")
    return [(day.item(), rows[days == day]) for day in np.unique(days)]


def _days(moments: pd.Series) -> list[date]:
    local = moments.dt.tz_convert(office_zone()).dt.tz_localize(None)
    return [day.item() for day in np.unique(local.to_numpy().astype("datetime64[D]"))]


def _write(path: Path, rows: pd.DataFrame) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".new-{os.getpid()}-{path.name}")
    try:
        rows.to_parquet(draft, compression="lz4", index=False)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
