"""The hourly surface of 500 m cells as frames and files; made when asked for, from judged hours."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from include.errors import InputError
from include.house import House
from include.periods import office_zone
from include.rules import SIMULATED_LABEL
from include.store.engine import reading
from include.store.judged_hours import GRID_HOURS, STATION_JUDGED, read_judged
from include.store.watch_facts import grids_known, stations_known
from include.watch import DEFAULT_RULES, Judged, cell_table, cells
from include.workflows.watch_inputs import HOUR, network_of


def cells_of_hour(house: House, hour: datetime) -> pd.DataFrame:
    """One row a cell of a judged grid (columns of `watch.cells`, `west, south, east, north`, `is_simulated`). Raises InputError
    where the hour was not judged."""
    start = hour.astimezone(UTC)
    if start.minute or start.second or start.microsecond:
        raise InputError(
            "not a whole hour", where="--hour", got=hour.isoformat(), expected="such as 2020-04-03T08:00"
        )
    with reading(house.engine) as connection:
        network = network_of(stations_known(connection), grids_known(connection))
    edition = DEFAULT_RULES.edition
    grid_hours = read_judged(house.stations_dir, GRID_HOURS, start, start + HOUR, edition)
    station_hours = read_judged(house.stations_dir, STATION_JUDGED, start, start + HOUR, edition)
    if grid_hours.empty:
        raise InputError(
            "the hour was not judged",
            where="watch cells",
            got=f"{start.astimezone(office_zone()):%Y-%m-%d %H:%M}",
            todo="run: watch --start … --end …",
        )
    grids = network.grids[network.grids["west"].notna()]
    found = cells(network.stations, grids, Judged(station_hours, grid_hours), DEFAULT_RULES)
    bounds = cell_table(grids).drop(columns="grid_id")
    return found.merge(bounds, on="cell_id", validate="m:1").assign(is_simulated=network.is_simulated)


def write_cells(found: pd.DataFrame, path: Path) -> None:
    """Writes cells as Parquet, GeoJSON (polygons, WGS84) or CSV, by the file's name. Raises InputError for another name."""
    suffix = path.suffix.lower()
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.part")
    if suffix == ".parquet":
        found.to_parquet(draft, index=False)
    elif suffix == ".csv":
        found.assign(hour=_local(found)).to_csv(draft, index=False, lineterminator="\n")
    elif suffix in (".geojson", ".json"):
        draft.write_text(json.dumps(geojson(found), ensure_ascii=False), encoding="utf-8")
    else:
        raise InputError(
            "no such form of cells",
            where=str(path),
            expected="*.parquet, *.geojson or *.csv",
            got=suffix or "no suffix",
        )
    draft.replace(path)


def geojson(found: pd.DataFrame) -> dict[str, Any]:
    """The cells as a FeatureCollection."""
    hours = _local(found)
    columns = ("cell_id", "grid_id", "kind", "stations", "west", "south", "east", "north", "is_simulated")
    rows = zip(
        hours, found["pm25_ug_m3"], found["variance_ug2_m6"], *(found[name] for name in columns), strict=True
    )
    return {"type": "FeatureCollection", "features": [_feature(*row) for row in rows]}


def _feature(
    hour: str,
    pm25: float,
    variance: float,
    cell_id: str,
    grid_id: str,
    kind: str,
    stations: int,
    west: float,
    south: float,
    east: float,
    north: float,
    is_simulated: bool,
) -> dict[str, Any]:
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    properties: dict[str, Any] = {
        "cell_id": cell_id,
        "grid_id": grid_id,
        "hour": hour,
        "pm25_ug_m3": _number(pm25),
        "variance_ug2_m6": _number(variance),
        "kind": kind,
        "stations": int(stations),
    }
    if is_simulated:
        properties["data_origin"] = SIMULATED_LABEL
    geometry = {"type": "Polygon", "coordinates": [[[round(x, 6), round(y, 6)] for x, y in ring]]}
    return {"type": "Feature", "id": cell_id, "geometry": geometry, "properties": properties}


def _number(value: float) -> float | None:
    return None if pd.isna(value) else round(float(value), 2)


def _local(found: pd.DataFrame) -> list[str]:
    return [
        moment.isoformat() for moment in pd.to_datetime(found["hour"], utc=True).dt.tz_convert(office_zone())
    ]
