"""What the desk's map shows: features of the store by window and box, each answer bounded, as GeoJSON (WGS84).

A bounded answer says how many features it left off (`left_off`); a feature without a place is not on any map (`without_place`).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final, Literal

import pandas as pd
from shapely import Geometry, coverage_simplify
from shapely.geometry import mapping
from sqlalchemy import Connection, Engine, func, select

from include.errors import InputError
from include.geo.boundaries import counties
from include.periods import office_zone
from include.profile.current import office
from include.profile.values import Profile
from include.store import tables
from include.store.air_tables import enterprise
from include.store.engine import reading
from include.store.enterprises import key_enterprises
from include.store.facts import alarm_states, cities_on
from include.store.grid_lists import (
    grid_lists,
    list_in_force,
    list_rows,
    with_list_in_force,
    without_later_places,
)
from include.store.statements import frame
from include.store.watch_tables import station
from include.supervision.feedback import judge

State = Literal["open", "answered", "overdue", "chronic"]
Sides = tuple[float, float, float, float]  # west, south, east, north, degrees
MOST_FEATURES: Final = 20_000  # of one answer: some 5 MB
LONGEST_WINDOW: Final = timedelta(days=62)
_SKETCH_DEG, _NEAR_DEG = (
    0.012,
    0.002,
)  # how much simpler outlines are: about a pixel of a whole region's map, some 200 m near by
_SKETCH_DIGITS, _NEAR_DIGITS = 3, 4  # of their degrees
_DIGITS: Final = 5  # of a degree: about a metre


@dataclass(frozen=True)
class Box:
    """A part of the map, degrees WGS84; what lies on its edge is in it."""

    west: float
    south: float
    east: float
    north: float


WORLD: Final = Box(-180.0, -90.0, 180.0, 90.0)


def read_box(text: str) -> Box:
    """`west,south,east,north` in degrees; empty: everywhere. Raises InputError for anything else."""
    if not text:
        return WORLD
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        west = south = east = north = float("nan")
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise InputError("not a box", where="box", got=text, expected="west,south,east,north in degrees")
    return Box(west, south, east, north)


def last_pushed_at(engine: Engine, as_of: datetime) -> datetime | None:
    """When the last alarm up to that moment was pushed; None without any."""
    pushed_at = tables.alarm.c.pushed_at
    with reading(engine) as connection:
        found: datetime | None = connection.execute(
            select(func.max(pushed_at)).where(pushed_at <= as_of)
        ).scalar_one()
    return found


def has_simulated(engine: Engine) -> bool:
    """Whether anything that the map may show is 模拟数据."""
    shown = (tables.alarm, tables.grid, station, enterprise)
    with reading(engine) as connection:
        return any(
            connection.execute(select(one.c.is_simulated).where(one.c.is_simulated).limit(1)).first()
            is not None
            for one in shown
        )


def alarms(
    engine: Engine, start_at: datetime, end_at: datetime, as_of: datetime, state: State | None, box: Box
) -> dict[str, Any]:
    """One point an alarm pushed in [start_at, end_at) and known by `as_of`, judged as of it; in the middle of its grid where its
    source gave no point. `state`: open (however late), answered, overdue (the chronic ones too), chronic. The newest first.
    Raises InputError for a window of no or too many days."""
    if not timedelta(0) < end_at - start_at <= LONGEST_WINDOW:
        raise InputError(
            "not a window of the map",
            where="start, end",
            got=f"{start_at.isoformat()} — {end_at.isoformat()}",
            expected=f"at most {LONGEST_WINDOW.days} days",
        )
    with reading(engine) as connection:
        judged = judge(alarm_states(connection, start_at, end_at, as_of), as_of)
        middles = _grids(connection)[["grid_id", "lon", "lat"]]
    if state is not None:
        judged = judged[judged[f"is_{state}"]]
    placed = judged.merge(middles, on="grid_id", how="left", suffixes=("", "_grid"))
    for side in ("lon", "lat"):
        placed[side] = placed[side].astype(float).fillna(placed[f"{side}_grid"].astype(float))
    placed["standing"] = _standing(placed)
    placed["pushed"] = [f"{at.tz_convert(office_zone()):%Y-%m-%dT%H:%M}" for at in placed["pushed_at"]]
    newest = placed.sort_values(["pushed_at", "alarm_id"], ascending=False)
    columns = [
        "alarm_id",
        "grid_id",
        "unit_code",
        "county",
        "point_name",
        "pushed",
        "standing",
        "peak_pm25_ug_m3",
        "source",
    ]
    return _points(newest, columns, box)


def grids(engine: Engine, box: Box, on: datetime) -> dict[str, Any]:
    """One rectangle a grid that has bounds, by grid_id: `is_hot`, `is_monitored` as the list of hotspot grids says that is in force
    at that moment, or the source where none is. Places that only a later list will use are not there."""
    with reading(engine) as connection:
        day = on.astimezone(office_zone()).date()
        found = with_list_in_force(connection, without_later_places(connection, _grids(connection), day), day)
    known = found[found["lon"].notna()]
    inside = known[
        (known["east"] >= box.west)
        & (known["west"] <= box.east)
        & (known["north"] >= box.south)
        & (known["south"] <= box.north)
    ]
    kept = inside.head(MOST_FEATURES)
    columns = ["grid_id", "unit_code", "county", "name", "is_hot", "is_monitored"]
    features = _features(_rectangles(kept), kept[columns])
    return _collection(features, kept, len(inside) - len(kept), len(found) - len(known))


def grid_list(engine: Engine, list_id: int | None, on: datetime, box: Box) -> dict[str, Any]:
    """One rectangle a grid of a list of hotspot grids: `change` (new, kept, left, or first), `decision`, `is_monitored`. Without a
    number: the newest that waits for its release, else the one in force at that moment; no features without either."""
    with reading(engine) as connection:
        lists = grid_lists(connection)
        waiting = lists[lists["state"] == "proposed"]
        own = list_in_force(connection, on.astimezone(office_zone()).date())
        chosen = list_id or (
            int(waiting["list_id"].iloc[0]) if len(waiting) else own["list_id"] if own else 0
        )
        rows = list_rows(connection, chosen)
    simulated = bool(lists["is_simulated"][lists["list_id"] == chosen].any())
    inside = rows[
        (rows["east"] >= box.west)
        & (rows["west"] <= box.east)
        & (rows["north"] >= box.south)
        & (rows["south"] <= box.north)
    ]
    kept = inside.head(MOST_FEATURES).assign(is_simulated=simulated)
    kept["change"] = kept["change"].mask(kept["change"] == "", "first").mask(~kept["is_hot"], "left")
    columns = ["grid_id", "unit_code", "county", "change", "decision", "is_monitored"]
    told = _collection(_features(_rectangles(kept), kept[columns]), kept, len(inside) - len(kept), 0)
    return {**told, "list_id": chosen}


def enterprises(engine: Engine, box: Box) -> dict[str, Any]:
    """One point a key enterprise, by source and id."""
    with reading(engine) as connection:
        found = key_enterprises(connection)
    return _points(found, ["enterprise_id", "name", "industry", "unit_code", "county"], box)


def outlines(engine: Engine, on: datetime, box: Box = WORLD, *, is_near: bool = False) -> dict[str, Any]:
    """The counties of the cities of the key regions on that day, simplified (a sketch of the whole; less so where `is_near`); development
    zones have none of their own."""
    with reading(engine) as connection:
        cities = cities_on(connection, on.astimezone(office_zone()).date())
    names = tuple(zip(cities["unit_code"], cities["unit_name"], strict=True))
    sides = (box.west, box.south, box.east, box.north)
    own = [feature for bounds, feature in _outlined(office(), names, is_near) if _meet(bounds, sides)]
    return _collection(own, pd.DataFrame(), 0, 0)


@lru_cache(maxsize=8)
def _outlined(
    profile: Profile, names: tuple[tuple[str, str], ...], is_near: bool
) -> tuple[tuple[Sides, dict[str, Any]], ...]:
    """The counties of an office's cities, each with its bounds. Neighbours keep their common border where they become simpler."""
    own = counties(dict(names))
    told = pd.DataFrame(
        {
            "county_code": own["county_code"].astype(str),
            "county": own["county_name"].astype(str),
            "unit_code": own["unit_code"].astype(str),
        }
    ).assign(unit_name=own["unit_code"].map(dict(names)))
    simpler = coverage_simplify(own.geometry.values, _NEAR_DEG if is_near else _SKETCH_DEG)
    geometries = (_rounded(shape, _NEAR_DIGITS if is_near else _SKETCH_DIGITS) for shape in simpler)
    sides = [tuple(row) for row in own.geometry.bounds.itertuples(index=False)]
    return tuple(zip(sides, _features(geometries, told), strict=True))


def _meet(one: Sides, other: Sides) -> bool:
    return one[0] <= other[2] and one[2] >= other[0] and one[1] <= other[3] and one[3] >= other[1]


def _grids(connection: Connection) -> pd.DataFrame:
    """One row a grid (sql/grids_on_map.sql) with its middle: `lon`, `lat`."""
    found = frame(connection, "grids_on_map")
    for side in ("west", "south", "east", "north"):
        found[side] = found[side].astype(float)
    return found.assign(lon=(found["west"] + found["east"]) / 2, lat=(found["south"] + found["north"]) / 2)


def _standing(judged: pd.DataFrame) -> list[str]:
    """The one word of each alarm: the gravest that holds."""
    words = ("upheld", "answered", "closed", "chronic", "overdue")
    flags = zip(*(judged[f"is_{word}"] for word in words), strict=True)
    return [next((word for word, holds in zip(words, row, strict=True) if holds), "open") for row in flags]


def _points(rows: pd.DataFrame, columns: list[str], box: Box) -> dict[str, Any]:
    lon, lat = rows["lon"].astype(float), rows["lat"].astype(float)
    inside = rows[lon.between(box.west, box.east) & lat.between(box.south, box.north)]
    kept = inside.head(MOST_FEATURES)
    geometries = (
        {"type": "Point", "coordinates": [round(float(x), _DIGITS), round(float(y), _DIGITS)]}
        for x, y in zip(kept["lon"], kept["lat"], strict=True)
    )
    unplaced = int((lon.isna() | lat.isna()).sum())
    return _collection(_features(geometries, kept[columns]), kept, len(inside) - len(kept), unplaced)


def _features(geometries: Iterable[dict[str, Any]], told: pd.DataFrame) -> list[dict[str, Any]]:
    names = [str(name) for name in told.columns]
    plain = (told[name].astype(object).where(told[name].notna(), None).tolist() for name in told.columns)
    return [
        {"type": "Feature", "geometry": geometry, "properties": dict(zip(names, row, strict=True))}
        for geometry, row in zip(geometries, zip(*plain, strict=True), strict=True)
    ]


def _collection(
    features: list[dict[str, Any]], rows: pd.DataFrame, left_off: int, without_place: int
) -> dict[str, Any]:
    simulated = bool(rows["is_simulated"].any()) if "is_simulated" in rows else False
    return {
        "type": "FeatureCollection",
        "features": features,
        "left_off": left_off,
        "without_place": without_place,
        "is_simulated": simulated,
    }


def _rectangles(rows: pd.DataFrame) -> Iterator[dict[str, Any]]:
    sides = (rows[side].astype(float).round(_DIGITS).tolist() for side in ("west", "south", "east", "north"))
    for west, south, east, north in zip(*sides, strict=True):
        ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
        yield {"type": "Polygon", "coordinates": [ring]}


def _rounded(shape: Geometry, digits: int) -> dict[str, Any]:
    """A MultiPolygon with short coordinates, whatever kind of area it was."""
    told = mapping(shape)
    several = told["coordinates"] if told["type"] == "MultiPolygon" else [told["coordinates"]]
    return {
        "type": "MultiPolygon",
        "coordinates": [
            [[[round(x, digits), round(y, digits)] for x, y in ring] for ring in polygon]
            for polygon in several
        ],
    }
