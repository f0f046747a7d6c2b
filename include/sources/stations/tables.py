"""Checked rows of stations and grids, and the units that they name; told units and grids stand, whatever outlines say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import Connection, select

from include.language import say
from include.sources import merge
from include.sources.checks import check
from include.sources.delivery import Chunk
from include.sources.layout import DATA_ORIGIN, GRIDS
from include.sources.places import Places, outside_city, places
from include.sources.stations.faults import UNKNOWN_GRID, Fault
from include.sources.stations.layouts import STATIONS
from include.sources.units import register_units, unknown_units, with_units
from include.store import bulk
from include.store.tables import grid
from include.store.watch_tables import station

# A grid's bounds are printed to 1e-6 degrees, a station's place to a few metres.
_TOLERANCE_DEG: Final = 0.0005
_NAMED: Final = 20  # stations in one line
_SINCE_EVER: Final = date(2000, 1, 1)


@dataclass
class TableRows:
    """What became of the rows of one file."""

    read: int = 0
    new: int = 0
    revised: int = 0
    unchanged: int = 0
    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    is_simulated: bool = False


def keep_grids(connection: Connection, chunks: Iterable[Chunk], *, source: str, now: datetime) -> TableRows:
    """Takes grids in as last told; of two rows of one file that tell a grid differently, the first."""
    done = TableRows()
    merge.prepare(connection)
    taken: dict[str, str] = {}
    for chunk in chunks:
        rows = _whole(chunk, GRIDS.names)
        checked = check(GRIDS, rows, _places_with_new(connection, rows))
        reject, reasons = checked.reject.copy(), list(checked.reasons)
        told_otherwise = _told_otherwise(checked.rows, reject, taken)
        _reject(reject, reasons, told_otherwise, "grid_id", "两行同一编号的网格内容不同，采用先列的一行")
        done.faults += _faults(chunk, rows, reject, tuple(reasons))
        good = checked.rows[reject < 0]
        _register(connection, good, done)
        counts = merge.store(connection, GRIDS, good, source=source, now=now)
        done.read += len(rows) + len(chunk.broken)
        done.new, done.revised, done.unchanged = (
            done.new + counts.new,
            done.revised + counts.revised,
            done.unchanged + counts.unchanged,
        )
        done.is_simulated = done.is_simulated or bool(good["is_simulated"].any())
    return done


def keep_stations(
    connection: Connection, chunks: Iterable[Chunk], *, source: str, now: datetime
) -> TableRows:
    """Takes stations in: a row is a stay at a place. Of two stays of one id that overlap, the one that is known stands; where an
    open stay is followed by a later one, it ends there (moved)."""
    done = TableRows()
    parts = list(chunks)
    if not parts:
        return done
    rows = pd.concat([_whole(chunk, STATIONS.names) for chunk in parts], ignore_index=True)
    lines = np.concatenate([chunk.lines for chunk in parts])
    whole = Chunk(
        parts[0].origin, lines, rows, tuple(row for chunk in parts for row in chunk.broken), parts[0].word
    )
    checked = check(STATIONS, rows, _places_with_new(connection, rows))
    reject, reasons = checked.reject.copy(), list(checked.reasons)
    typed = checked.rows.assign(line=lines)
    typed["valid_from"] = typed["valid_from"].fillna(pd.Timestamp(_SINCE_EVER)).astype("datetime64[s]")
    _reject(reject, reasons, _misplaced(connection, typed), "lon", "站点不在所填网格范围内")
    needs_grid = (typed["kind"] == "micro") & (typed["grid_id"] == "")
    _reject(reject, reasons, needs_grid.to_numpy(), "grid_id", "微站须填写所在网格")
    _reject(reject, reasons, typed[["lon", "lat"]].isna().any(axis=1).to_numpy(), "lon", "须填写经度和纬度")
    _reject(
        reject, reasons, _twice(typed, reject), "station_id", "两行同一编号的站点时段重叠，采用先列的一行"
    )
    done.faults += _faults(whole, rows, reject, tuple(reasons))
    good = typed[reject < 0].drop_duplicates(["station_id", "valid_from"])
    done.read, done.is_simulated = len(rows) + len(whole.broken), bool(good["is_simulated"].any())
    done.faults += _without_grid(connection, good, whole.origin)
    done.notes += _elsewhere_said(good, whole.origin)
    _register(connection, good, done)
    _store(connection, good.drop(columns="line"), done, source, now)
    return done


def _places_with_new(connection: Connection, rows: pd.DataFrame) -> Places:
    """The store's places, and the units that the rows name: a watch may stand anywhere."""
    known = places(connection)
    return with_units(known, unknown_units(known, rows["unit_code"].unique()))


def _register(connection: Connection, good: pd.DataFrame, done: TableRows) -> None:
    """Units of rows that are taken; what a row says that is not taken registers nothing."""
    if added := register_units(connection, good["unit_code"].astype("str").unique()):
        done.notes.append(f"新登记的单位：{'、'.join(added)}")


def _store(connection: Connection, good: pd.DataFrame, done: TableRows, source: str, now: datetime) -> None:
    columns = (
        station.c.station_id,
        station.c.valid_from,
        station.c.content_hash,
        station.c.lon,
        station.c.lat,
    )
    stored = {(one, begin): told for one, begin, *told in connection.execute(select(*columns))}
    known = {key: digest for key, (digest, _, _) in stored.items()}
    keys = list(zip(good["station_id"], (moment.date() for moment in good["valid_from"]), strict=True))
    is_known = np.array([key in known for key in keys], dtype=bool)
    is_same = np.array(
        [known.get(key) == digest for key, digest in zip(keys, good["content_hash"], strict=True)], dtype=bool
    )
    for key, is_changed in zip(keys, is_known & ~is_same, strict=True):
        if is_changed:
            connection.execute(
                station.delete().where(station.c.station_id == key[0], station.c.valid_from == key[1])
            )
    done.notes += _other_places(good[is_known & ~is_same], stored)
    received_at = pd.Timestamp(now).tz_convert("UTC").as_unit("us")
    fresh = good[~is_same].assign(source=source, received_at=received_at)
    fresh["grid_id"] = fresh["grid_id"].where(fresh["grid_id"] != "", None)
    bulk.insert(connection, station, fresh)
    done.new, done.revised = int((~is_known).sum()), int((is_known & ~is_same).sum())
    done.unchanged = int(is_same.sum())
    _end_moved(connection, good["station_id"].unique().tolist(), done)


def _other_places(corrected: pd.DataFrame, stored: Mapping[tuple[str, date], Sequence[Any]]) -> list[str]:
    """What is said of corrections that put a station somewhere else from the same first day on: all its hours stand there now, which
    is wrong where it moved. `stored`: hash, lon, lat by station and first day."""
    placed = zip(
        corrected["station_id"],
        (moment.date() for moment in corrected["valid_from"]),
        corrected["lon"],
        corrected["lat"],
        strict=True,
    )
    moved = [
        f"{station_id}（{begin}起）"
        for station_id, begin, lon, lat in placed
        if max(abs(lon - stored[station_id, begin][1]), abs(lat - stored[station_id, begin][2]))
        > _TOLERANCE_DEG
    ]
    if not moved:
        return []
    said = "{count}个站点的位置与此前所填不同，启用日期未变，按更正处理，此前的读数也算在新位置；如系迁移，请另列一行并填写启用日期：{stations}"
    return [say(said, count=len(moved), stations=say("、").join(moved[:_NAMED]))]


def _end_moved(connection: Connection, ids: list[str], done: TableRows) -> None:
    """An open stay that a later one follows ends where that begins."""
    moved: list[str] = []
    wanted = set(ids)
    query = select(station.c.station_id, station.c.valid_from, station.c.valid_to).order_by(
        station.c.station_id, station.c.valid_from
    )
    before: Any = None
    for row in connection.execute(query).all():
        is_moved = before is not None and before.station_id == row.station_id and before.valid_to is None
        if is_moved and row.station_id in wanted:
            this = (station.c.station_id == before.station_id, station.c.valid_from == before.valid_from)
            connection.execute(station.update().where(*this).values(valid_to=row.valid_from))
            moved.append(f"{row.station_id}（{row.valid_from}）")
        before = row
    if moved:
        done.notes.append(f"{len(moved)}个站点迁移，前一位置止于：{'、'.join(moved)}")


def _told_otherwise(rows: pd.DataFrame, reject: NDArray[Any], taken: dict[str, str]) -> NDArray[np.bool_]:
    """Rows that tell a grid otherwise than a row of the same file before; `taken`: what those told, by grid, as a hash."""
    is_other = np.zeros(len(rows), dtype=bool)
    for place in np.flatnonzero(reject < 0).tolist():
        grid_id, digest = str(rows["grid_id"].iloc[place]), str(rows["content_hash"].iloc[place])
        is_other[place] = taken.setdefault(grid_id, digest) != digest
    return is_other


def _without_grid(connection: Connection, good: pd.DataFrame, origin: str) -> list[Fault]:
    """Micro-stations whose grid is not known (yet): kept, not judged; one fault a grid."""
    known = set(connection.execute(select(grid.c.grid_id)).scalars())
    waiting = good[(good["kind"] == "micro") & ~good["grid_id"].isin(known)]
    return [
        Fault(
            origin, "grid_id", UNKNOWN_GRID, str(grid_id), 0, len(own), row="、".join(own["station_id"][:20])
        )
        for grid_id, own in waiting.groupby("grid_id", sort=True)
    ]


def _elsewhere_said(good: pd.DataFrame, origin: str) -> list[str]:
    """What is said of stations whose coordinates lie outside the outline of the unit that they name, or at 0, 0: the told unit stands."""
    is_at_zero = ((good["lon"] == 0) & (good["lat"] == 0)).to_numpy()
    is_elsewhere = outside_city(good["unit_code"], good["lon"], good["lat"]) | is_at_zero
    if not is_elsewhere.any():
        return []
    said = [
        f"{row.station_id}（{row.lon:g}，{row.lat:g}）"
        for row in good[is_elsewhere].head(_NAMED).itertuples(index=False)
    ]
    return [
        say(
            "{origin}：{count}个站点的坐标不在所填单位的范围内，仍按所填单位采用，请核对：{stations}",
            origin=origin,
            count=int(is_elsewhere.sum()),
            stations=say("、").join(said),
        )
    ]


def _misplaced(connection: Connection, rows: pd.DataFrame) -> NDArray[np.bool_]:
    """Micro-stations outside the bounds of the grid that they name; False where its bounds are not known."""
    columns = (grid.c.grid_id, grid.c.west, grid.c.south, grid.c.east, grid.c.north)
    known = pd.DataFrame(
        connection.execute(select(*columns)).all(), columns=["grid_id", "west", "south", "east", "north"]
    )
    bounds = known.set_index("grid_id").astype("float64").reindex(rows["grid_id"])
    lon, lat = rows["lon"].to_numpy(), rows["lat"].to_numpy()
    outside = (lon < bounds["west"] - _TOLERANCE_DEG) | (lon > bounds["east"] + _TOLERANCE_DEG)
    outside |= (lat < bounds["south"] - _TOLERANCE_DEG) | (lat > bounds["north"] + _TOLERANCE_DEG)
    misplaced: NDArray[np.bool_] = np.asarray(outside) & np.asarray(rows["kind"] == "micro")
    return misplaced


def _twice(rows: pd.DataFrame, reject: NDArray[Any]) -> NDArray[Any]:
    """Rows whose stay overlaps an earlier listed one of the same id: the same first day, or a first day inside a stated end."""
    is_second = np.zeros(len(rows), dtype=bool)
    fit = rows[reject < 0]
    again = fit[fit["station_id"].duplicated(keep=False)]
    for _, stays in again.groupby("station_id", sort=False):
        taken: list[tuple[Any, Any, str]] = []
        for place, begin, end, digest in zip(
            stays.index, stays["valid_from"], stays["valid_to"], stays["content_hash"], strict=True
        ):
            if any(begin == first and digest == told for first, _, told in taken):
                continue  # the same row again
            if any(_overlap(begin, end, first, last) for first, last, _ in taken):
                is_second[place] = True
            else:
                taken.append((begin, end, digest))
    return is_second


def _overlap(begin: Any, end: Any, first: Any, last: Any) -> bool:
    if begin == first:
        return True
    earlier_end, later_begin = (last, begin) if first < begin else (end, first)
    return bool(not pd.isna(earlier_end) and later_begin < earlier_end)


def _whole(chunk: Chunk, names: tuple[str, ...]) -> pd.DataFrame:
    """The rows as text in every column of the layout."""
    columns: dict[str, pd.Series[Any]] = {}
    for name in (*names, DATA_ORIGIN):
        values: pd.Series[Any] = chunk.rows.get(name, pd.Series("", index=chunk.rows.index))
        if values.dtype.kind == "M":
            values = values.dt.strftime("%Y-%m-%d")
        elif values.dtype.kind == "b":
            values = values.map({True: "true", False: "false"})
        columns[name] = (
            values.astype("object").where(values.notna(), "").astype("str").str.strip().astype("str")
        )
    return pd.DataFrame(columns)


def _reject(
    reject: NDArray[Any], reasons: list[tuple[str, str]], is_bad: NDArray[Any], name: str, reason: str
) -> None:
    mask = is_bad & (reject < 0)
    if mask.any():
        reject[mask] = len(reasons)
        reasons.append((name, reason))


def _faults(
    chunk: Chunk, rows: pd.DataFrame, reject: NDArray[Any], reasons: tuple[tuple[str, str], ...]
) -> list[Fault]:
    """One fault a row: stations and grids are few, and each has a name."""
    found = [
        Fault(chunk.origin, "", f"该行不能拆成列：{row.reason}", row.text[:200], row.line, row=row.text)
        for row in chunk.broken
    ]
    for place in np.flatnonzero(reject >= 0):
        name, reason = reasons[reject[place]]
        row = rows.iloc[place]
        told = "，".join(f"{column}={row[column]}" for column in rows.columns)
        who = str(row.iloc[0])
        found.append(
            Fault(chunk.origin, name, f"{reason}（{who}）", str(row[name]), int(chunk.lines[place]), row=told)
        )
    return found
