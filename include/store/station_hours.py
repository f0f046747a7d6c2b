"""Readings of stations, too many for the store: Parquet by natural Beijing day below one folder.

    <root>/<table>/2020-04-03.parquet    key, hour, the table's values, is_simulated, received_at

Tables are those of `TABLES`. `hour` is the start of the hour and `received_at` our receipt, both UTC. A file holds every
revision that was ever told: a corrected or late hour stands beside the earlier one with a later receipt, so that what was known
at any moment can be read again. A file is written beside its place and renamed: a reader sees the day before or after, never half.
"""

from __future__ import annotations

import json
import os
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from include.periods import DAY, midnight, office_date, office_zone

_HOUR_MS: Final = 3_600_000
_INSTANT: Final = pa.timestamp("ms")  # UTC; without a zone, as DuckDB reads it without an extension
_UTC: Final = pa.timestamp("ms", "UTC")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
# Of a file's metadata: whether any hour stands in it more than once; and by hour when the last of its rows came (both in
# milliseconds since the epoch): every run asks for that, and a day has a hundred thousand rows.
_REVISED: Final = b"revised"
_RECEIPTS: Final = b"receipts"


@dataclass(frozen=True)
class HourTable:
    """One table of hours: `key` names whose hour a row is, `values` its float columns, `counts` its small integers. `rows_at_once`:
    a day's file lies in groups of so many rows, by key, so that a few keys are read without all others; None: all at once."""

    name: str
    key: str
    values: tuple[str, ...]
    counts: tuple[str, ...] = ()
    rows_at_once: int | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """What an hour says, without whose it is and when."""
        return (*self.values, *self.counts)


STATION_HOURS: Final = HourTable(
    "station_hours",
    "station_id",
    ("pm25_ug_m3", "pm10_ug_m3", "rh_pct", "temperature_c"),
    ("sample_count",),
)
WINDS: Final = HourTable("winds", "station_id", ("wind_from_deg", "wind_speed_m_s"))
SUBMETER_HOURS: Final = HourTable(
    "submeter_hours", "enterprise_id", ("production_kw", "treatment_kw"), rows_at_once=128 * 24
)
TABLES: Final[dict[str, HourTable]] = {table.name: table for table in (STATION_HOURS, WINDS, SUBMETER_HOURS)}


@dataclass(frozen=True)
class DayKept:
    """What became of the hours of one day: `new`, `revised` (another value than told before) and `unchanged`. `disputed`: of the
    revised those whose former value has the same receipt, so that nothing says which of the two is later."""

    day: date
    new: int
    revised: int
    unchanged: int
    disputed: int = field(default=0, compare=False)


def day_path(root: Path, table: HourTable, day: date) -> Path:
    """Where the hours of a day are, or will be."""
    return root / table.name / f"{day}.parquet"


def known_days(root: Path, table: HourTable) -> list[date]:
    """The days of which there are hours, in order."""
    return sorted(date.fromisoformat(path.stem) for path in (root / table.name).glob("[0-9]*.parquet"))


def keep_hours(
    root: Path, table: HourTable, hours: pd.DataFrame, *, is_simulated: bool, received_at: datetime
) -> list[DayKept]:
    """Adds hours (the key, `hour` as UTC timestamps, the table's columns; one row an hour of a key) to their days.

    What was told already with the same values is not kept again; another value is a revision with this receipt. All files are
    written beside their places first and then renamed: a failure leaves what was there, and running again gives the same.
    """
    kept: list[DayKept] = []
    drafts: dict[Path, Path] = {}
    try:
        for day, rows in _by_day(hours):
            path = day_path(root, table, day)
            told = _told(table, rows, is_simulated, received_at)
            before = pq.read_table(path) if path.exists() else None
            whole, counted = _merged(table, day, before, told)
            kept.append(counted)
            if whole is not None:
                drafts[path] = path.with_name(f".new-{os.getpid()}-{path.name}")
                _write(table, drafts[path], whole)
        for path, draft in drafts.items():
            draft.replace(path)
    finally:
        for draft in drafts.values():
            draft.unlink(missing_ok=True)
    return kept


def read_hours(
    root: Path,
    table: HourTable,
    start_at: datetime,
    end_at: datetime,
    *,
    known_at: datetime | None = None,
    enterprises: Collection[str] | None = None,
    columns: Sequence[str] | None = None,
) -> pa.Table:
    """The hours in [start_at, end_at) as they were known at `known_at` (None: as they are known now): one row an hour of a
    key with the key (dictionary), `hour`, the table's columns and `is_simulated` (or these `columns` only), in no order. Of
    meters those of these `enterprises` only, where they are told."""
    days = [day for day in _days(start_at, end_at) if day_path(root, table, day).exists()]
    asked = None if enterprises is None else frozenset(enterprises)
    names = [table.key, "hour", *(columns or (*table.columns, "is_simulated"))]
    parts = [_told_in(root, table, day, start_at, end_at, known_at, asked, names) for day in days]
    if not parts:
        return _with_zone(_schema(table).empty_table().select(names))
    return _with_zone(pa.concat_tables(parts).unify_dictionaries())


def last_receipts(
    root: Path, table: HourTable, start_at: datetime, end_at: datetime
) -> dict[datetime, datetime]:
    """By hour of [start_at, end_at) of which there are values: when the last of them came; both in UTC."""
    begin, end = _milliseconds(start_at), _milliseconds(end_at)
    paths = [day_path(root, table, day) for day in _days(start_at, end_at)]
    told = (pair for path in paths if path.exists() for pair in _receipts_in(path))
    return {_moment(hour): _moment(at) for hour, at in told if begin <= hour < end}


def _receipts_in(path: Path) -> list[tuple[int, int]]:
    """By hour of a day's file when the last of its rows came."""
    with pq.ParquetFile(path) as file:
        told = (file.schema_arrow.metadata or {}).get(_RECEIPTS)
        if told is None:  # written by an earlier version
            told = _receipts_text(file.read(columns=["hour", "received_at"], use_threads=False))
    return [(hour, at) for hour, at in json.loads(told)]


def _receipts_text(rows: pa.Table) -> bytes:
    hours, place = np.unique(_numbers_of(rows, "hour"), return_inverse=True)
    last = np.zeros(len(hours), np.int64)
    np.maximum.at(last, place, _numbers_of(rows, "received_at"))
    return json.dumps(list(zip(hours.tolist(), last.tolist(), strict=True))).encode()


def day_fingerprint(root: Path, table: HourTable, day: date) -> str:
    """Tells one state of a day from another, cheaply: size and time of its file; empty where there is none."""
    try:
        status = day_path(root, table, day).stat()
    except FileNotFoundError:
        return ""
    return f"{status.st_size}-{status.st_mtime_ns}"


def _schema(table: HourTable) -> pa.Schema:
    fields = [(table.key, pa.dictionary(pa.int32(), pa.string())), ("hour", _INSTANT)]
    fields += [(name, pa.float32()) for name in table.values] + [(name, pa.int16()) for name in table.counts]
    return pa.schema([*fields, ("is_simulated", pa.bool_()), ("received_at", _INSTANT)])


def _by_day(hours: pd.DataFrame) -> list[tuple[date, pd.DataFrame]]:
    """The rows of each Beijing day."""
    local = hours["hour"].dt.tz_convert(office_zone()).dt.tz_localize(None)
    days = local.to_numpy().astype("datetime64[D]")
    found = np.unique(days)
    if len(found) == 1:
        return [(found[0].item(), hours)]
    return [(day.item(), hours[days == day]) for day in found]


def _told(table: HourTable, rows: pd.DataFrame, is_simulated: bool, received_at: datetime) -> pa.Table:
    length = len(rows)
    moment = pd.Timestamp(received_at).tz_convert("UTC")
    columns: dict[str, Any] = {
        table.key: pa.array(rows[table.key]).cast(pa.string()),
        "hour": pa.array(rows["hour"], _UTC, safe=False).cast(_INSTANT),
        **{name: pa.array(rows[name].to_numpy("float32"), from_pandas=True) for name in table.values},
        **{name: pa.array(rows[name].to_numpy("int16")) for name in table.counts},
        "is_simulated": pa.array(np.full(length, is_simulated)),
        "received_at": pa.array(np.full(length, moment.value // 1_000_000), pa.int64()).cast(_INSTANT),
    }
    return _as_stored(table, pa.table(columns))


def _as_stored(table: HourTable, rows: pa.Table) -> pa.Table:
    """The columns in their order, the keys as one dictionary."""
    keys = rows[table.key].cast(pa.string()).combine_chunks().dictionary_encode()
    if isinstance(keys, pa.ChunkedArray):
        keys = keys.combine_chunks()
    place = rows.schema.get_field_index(table.key)
    return rows.set_column(place, table.key, keys).select(_schema(table).names).cast(_schema(table))


def _merged(
    table: HourTable, day: date, before: pa.Table | None, told: pa.Table
) -> tuple[pa.Table | None, DayKept]:
    """The whole day, or None where nothing is new; and what became of the told rows."""
    if before is None or not len(before):
        return _ordered(table, told, is_revised=False), DayKept(day, len(told), 0, 0)
    both = _as_stored(
        table,
        pa.concat_tables(
            [_plain(table, before), _plain(table, told)],
        ),
    )
    last = _last_of_key(table, both, len(before))
    is_known = last >= 0
    is_same = np.zeros(len(told), dtype=bool)
    is_same[is_known] = _are_equal(table, both, len(before) + np.flatnonzero(is_known), last[is_known])
    if is_same.all():
        return None, DayKept(day, 0, 0, len(told))
    keep = np.r_[np.ones(len(before), dtype=bool), ~is_same]
    revised = int((is_known & ~is_same).sum())
    was_revised = (before.schema.metadata or {}).get(_REVISED) == b"1"
    whole = _ordered(table, both.filter(pa.array(keep)), is_revised=was_revised or revised > 0)
    receipts = both["received_at"].cast(pa.int64()).to_numpy()
    is_disputed = is_known & ~is_same & (receipts[last] == receipts[len(before) :])
    kept = DayKept(day, int((~is_known).sum()), revised, int(is_same.sum()), int(is_disputed.sum()))
    return whole, kept


def _plain(table: HourTable, rows: pa.Table) -> pa.Table:
    return _with_texts(table, rows).replace_schema_metadata(None)


def _with_texts(table: HourTable, rows: pa.Table) -> pa.Table:
    """The rows with their keys as texts."""
    place = rows.schema.get_field_index(table.key)
    return rows.set_column(place, table.key, rows[table.key].cast(pa.string()))


def _numbers(table: HourTable, rows: pa.Table) -> NDArray[np.int64]:
    """A number for each hour of a key, the same for its revisions."""
    keys = rows[table.key].combine_chunks()
    codes = keys.indices.to_numpy(zero_copy_only=False).astype("int64")
    hours = rows["hour"].cast(pa.int64()).to_numpy() // _HOUR_MS
    numbers: NDArray[np.int64] = codes * 10_000_000 + hours
    return numbers


def _last_of_key(table: HourTable, both: pa.Table, stored: int) -> NDArray[np.int64]:
    """For each told row (those from `stored` on) the place of the last stored row of the same hour, or -1."""
    numbers = _numbers(table, both)
    receipts = both["received_at"].cast(pa.int64()).to_numpy()[:stored]
    order = np.lexsort((np.arange(stored), receipts, numbers[:stored]))
    place = np.searchsorted(numbers[:stored][order], numbers[stored:], side="right") - 1
    candidate = order[np.maximum(place, 0)]
    is_found = (place >= 0) & (numbers[candidate] == numbers[stored:])
    return np.where(is_found, candidate, -1)


def _are_equal(
    table: HourTable, rows: pa.Table, left: NDArray[np.int64], right: NDArray[np.int64]
) -> NDArray[np.bool_]:
    same = np.ones(len(left), dtype=bool)
    for name in (*table.columns, "is_simulated"):
        values = rows[name].to_numpy()
        a, b = values[left], values[right]
        same &= (a == b) | (pd.isna(a) & pd.isna(b))
    return same


def _ordered(table: HourTable, rows: pa.Table, *, is_revised: bool) -> pa.Table:
    keys = rows[table.key].combine_chunks()
    names = np.asarray(keys.dictionary.to_pylist(), dtype=object)
    rank = np.empty(len(names), dtype="int64")
    rank[np.argsort(names, kind="stable")] = np.arange(len(names))
    codes = rank[keys.indices.to_numpy(zero_copy_only=False)]
    hours, receipts = (rows[name].cast(pa.int64()).to_numpy() for name in ("hour", "received_at"))
    ordered = _as_stored(table, rows.take(pa.array(np.lexsort((receipts, hours, codes)))))
    return ordered.replace_schema_metadata(
        {_REVISED: b"1" if is_revised else b"0", _RECEIPTS: _receipts_text(ordered)}
    )


def _write(table: HourTable, draft: Path, rows: pa.Table) -> None:
    draft.parent.mkdir(parents=True, exist_ok=True)
    how: dict[str, Any] = {"compression": "lz4"}
    if table.rows_at_once is not None:
        rows = _with_texts(table, rows)  # the dictionary of a day would stand whole in every group
        coded = [name for name in rows.column_names if name not in table.values]
        how |= {"row_group_size": table.rows_at_once, "use_dictionary": coded}
        how |= {"write_statistics": [table.key]}  # the only ones that are asked for, and a reader reads all
    with draft.open("wb") as stream:
        pq.write_table(rows, stream, **how)
        stream.flush()
        os.fsync(stream.fileno())


def _told_in(
    root: Path,
    table: HourTable,
    day: date,
    start_at: datetime,
    end_at: datetime,
    known_at: datetime | None,
    enterprises: frozenset[str] | None,
    names: list[str],
) -> pa.Table:
    """The rows of a day in [start_at, end_at), of these keys and as they were told last by then."""
    with pq.ParquetFile(day_path(root, table, day), read_dictionary=[table.key]) as file:
        is_revised = (file.schema_arrow.metadata or {}).get(_REVISED) == b"1"
        read = [*names, "received_at"] if is_revised or known_at is not None else names
        groups = _groups_of(file, enterprises)
        rows = file.read_row_groups(groups, columns=read, use_threads=False)
    rows = rows.replace_schema_metadata(None).unify_dictionaries()
    wanted = np.ones(len(rows), bool)
    if start_at > midnight(day) or end_at < midnight(day + DAY):
        hours = _numbers_of(rows, "hour")
        wanted &= (hours >= _milliseconds(start_at)) & (hours < _milliseconds(end_at))
    if known_at is not None:
        wanted &= _numbers_of(rows, "received_at") <= _milliseconds(known_at)
    if enterprises is not None and len(rows):
        keys = rows[table.key].combine_chunks()
        asked = pa.array(sorted(enterprises), pa.string())
        is_asked = pc.is_in(keys.dictionary, value_set=asked).to_numpy(zero_copy_only=False)
        wanted &= is_asked[keys.indices.to_numpy(zero_copy_only=False)]
    if not wanted.all():
        rows = rows.take(pa.array(np.flatnonzero(wanted)))
        rows = rows if enterprises is None else _with_names_in_use(table, rows)
    if is_revised:
        rows = _last_told(table, rows)
    return rows.select(names)


def _groups_of(file: pq.ParquetFile, keys: frozenset[str] | None) -> list[int]:
    """The groups of rows of a file that can hold any of the keys, by the first and last key of each (the first column); all of
    them without keys, or where a file does not tell."""
    everywhere = list(range(file.num_row_groups))
    if keys is None:
        return everywhere
    asked = sorted(keys)

    def holds(group: int) -> bool:
        told = file.metadata.row_group(group).column(0).statistics
        if told is None or not told.has_min_max:
            return True
        return bisect_left(asked, told.min) < bisect_right(asked, told.max)

    return [group for group in everywhere if holds(group)]


def _with_names_in_use(table: HourTable, rows: pa.Table) -> pa.Table:
    """The rows with a dictionary of the keys that are left: few of a day's many."""
    keys = rows[table.key].combine_chunks()
    used, place = np.unique(keys.indices.to_numpy(zero_copy_only=False), return_inverse=True)
    left = pa.DictionaryArray.from_arrays(
        pa.array(place.astype(np.int32)), keys.dictionary.take(pa.array(used))
    )
    return rows.set_column(rows.schema.get_field_index(table.key), table.key, left)


def _numbers_of(rows: pa.Table, name: str) -> NDArray[np.int64]:
    """Instants as milliseconds since the epoch."""
    return np.asarray(rows[name].cast(pa.int64()).to_numpy(), np.int64)


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _moment(milliseconds: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=milliseconds)


def _last_told(table: HourTable, rows: pa.Table) -> pa.Table:
    """Of the revisions of an hour the one that was received last."""
    numbers, receipts = _numbers(table, rows), rows["received_at"].cast(pa.int64()).to_numpy()
    order = np.lexsort((receipts, numbers))
    is_last = np.r_[numbers[order][1:] != numbers[order][:-1], np.ones(min(1, len(order)), dtype=bool)]
    return rows.take(pa.array(order[is_last]))


def _with_zone(rows: pa.Table) -> pa.Table:
    place = rows.schema.get_field_index("hour")
    return rows.set_column(place, "hour", rows["hour"].cast(_UTC))


def _days(start_at: datetime, end_at: datetime) -> list[date]:
    first, days = office_date(start_at), []
    while midnight(first) < end_at:
        days.append(first)
        first += DAY
    return days
