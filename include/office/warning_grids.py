"""The warning grids of a month, with their counts: a function of the readings, the table of grids and the regions alone.

Months are judged once and kept; a kept month stands for as long as the bytes that it was judged from are the same
(`warning_month.readings_sha256`). One that is missing or stale is judged where it is asked for, so no count depends on which
bulletins have run, in which order, or when.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import pandas as pd
from sqlalchemy import Connection, Engine

from include.office.air_quality import grid_air
from include.periods import DAY, Period, previous
from include.store.air_days import grid_places, imported_days
from include.store.engine import reading, writing
from include.store.facts import cities_on
from include.store.grid_lists import places_on
from include.store.hourly import day_digests, days_with_means
from include.store.warning_history import KeptMonth, kept_months, month_ranks, replace_month
from include.supervision.air_quality import Windows, windows
from include.supervision.warning import month_of, near_warnings, warning_grids, warning_ranks

_MONTHS_COUNTED = 12  # of warnings within a year
_RULE = b"warning_ranks 2"  # another rule of ranking judges every month anew


@dataclass(frozen=True)
class WarningGrids:
    """The warning grids of one month: `warned` (`warning.warning_grids`) and `near` (`warning.near_warnings`), both with
    the grid's `county, name, west, south, east, north`; `missing_months`: months of the twelve without a grid that has a valid
    mean, so that counts are lower bounds. `grids` with readings, `valid_grids` with a valid monthly mean."""

    month: date
    warned: pd.DataFrame
    near: pd.DataFrame
    grids: int
    valid_grids: int
    missing_months: tuple[date, ...]
    is_simulated: bool


@dataclass(frozen=True)
class _JudgedMonth:
    """One month as it was judged; `kept` says how much it rests on, `ranks` are rows of `warning.warning_ranks`."""

    kept: KeptMonth
    ranks: pd.DataFrame
    is_new: bool


def warning_list(engine: Engine, parquet_root: Path, period: Period) -> WarningGrids:
    """The warning grids of a full month (`warning.warning_period`) by the readings as they are. Raises InputError for another
    kind of period."""
    return _listed(engine, _judged(engine, parquet_root, period), month_of(period))


def set_warning_grids(engine: Engine, parquet_root: Path, period: Period, *, now: datetime) -> WarningGrids:
    """The same, and keeps every month that had to be judged for it. Raises InputError for another kind of period."""
    judged = _judged(engine, parquet_root, period)
    new = [one for one in judged if one.is_new]
    if new:
        with writing(engine, lock="warning_grids") as connection:
            for one in new:
                replace_month(connection, one.kept, one.ranks, now=now)
    return _listed(engine, judged, month_of(period))


def _judged(engine: Engine, root: Path, period: Period) -> list[_JudgedMonth]:
    """Every month with readings of its own up to that of `period`, and that one, the oldest first."""
    month_of(period)
    with reading(engine) as connection:
        kept = kept_months(connection)
    months = _months_with_readings(root, period)
    used = {day for one in months for day in _used(windows(one))}
    digests = day_digests(root, "grid", sorted(used))
    judged = []
    for one in months:
        with reading(engine) as connection:
            members = cities_on(connection, one.last_date)["unit_code"].tolist()
            places = places_on(connection, one.last_date)["unit_code"]
            table = hashlib.sha256(pd.util.hash_pandas_object(places).to_numpy().tobytes()).digest()
            readings = _fingerprint(one, members, table, digests)
            known = kept.get(one.start)
            if known is not None and known.readings_sha256 == readings:
                judged.append(_JudgedMonth(known, month_ranks(connection, one.start), is_new=False))
                continue
            is_simulated = _is_simulated(connection, one)
        grids = grid_air(engine, root, one)
        grids = grids[grids["unit_code"].isin(members)]
        fresh = KeptMonth(
            one.start, len(grids), int(grids["pm25_ug_m3"].notna().sum()), is_simulated, readings
        )
        judged.append(_JudgedMonth(fresh, warning_ranks(grids), is_new=True))
    return judged


def _months_with_readings(root: Path, period: Period) -> list[Period]:
    firsts = {day.replace(day=1) for day in days_with_means(root, "grid") if day < period.end}
    months = [period]
    while firsts and months[-1].start > min(firsts):
        months.append(previous(months[-1]))
    return [one for one in reversed(months) if one.start in firsts or one is period]


def _fingerprint(month: Period, members: Sequence[str], table: bytes, digests: Mapping[date, str]) -> str:
    told = hashlib.sha256(_RULE + table)
    told.update(f"{month.start} {' '.join(sorted(members))}\n".encode())
    for day in _used(windows(month)):
        told.update(f"{day} {digests.get(day, '')}\n".encode())
    return told.hexdigest()


def _is_simulated(connection: Connection, month: Period) -> bool:
    used = _used(windows(month))
    ledger = imported_days(connection, "grid", used[0], used[-1] + DAY)
    return bool(ledger.loc[ledger["observed_on"].isin(pd.to_datetime(used)), "is_simulated"].any())


def _used(window: Windows) -> list[date]:
    return sorted({*window.current, *window.year_before, *window.before})


def _listed(engine: Engine, judged: Sequence[_JudgedMonth], month: date) -> WarningGrids:
    history = pd.concat(
        [one.ranks.assign(month=pd.Timestamp(one.kept.month)) for one in judged], ignore_index=True
    )
    months = {one.kept.month for one in judged if one.kept.valid_grids}
    with reading(engine) as connection:
        places = grid_places(connection).drop(columns="unit_code")
    twelve = [moment.date() for moment in pd.date_range(end=month, periods=_MONTHS_COUNTED, freq="MS")]
    own = judged[-1].kept
    return WarningGrids(
        month=month,
        warned=warning_grids(history, month, months).join(places, on="grid_id"),
        near=near_warnings(history, month).join(places, on="grid_id"),
        grids=own.grids,
        valid_grids=own.valid_grids,
        missing_months=tuple(day for day in twelve if day not in months and day != month),
        is_simulated=own.is_simulated,
    )
