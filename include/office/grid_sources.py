"""What the file of a choice names beside its rasters: the region, the enterprises, small tables, and the list that is kept from."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import geopandas as gpd
import pandas as pd
from sqlalchemy import Connection

from include.errors import InputError
from include.former_names import present
from include.geo.boundaries import counties
from include.geo.datum import to_wgs84
from include.sources.rasters.selection_file import PointsEntry, SelectionFile
from include.store.enterprises import key_enterprises
from include.store.facts import cities_on
from include.store.grid_lists import hot_grids_on

POINT_COLUMNS: Final = ["name", "lon", "lat"]
_YES: Final = ("1", "true", "yes", "是")
_HEADINGS_SHOWN: Final = 12
_LARGEST_TABLE: Final = 64 * 1024 * 1024
_OUTLINE_COLUMNS: Final = ["county_code", "county_name", "unit_code", "geometry"]


def region_of(connection: Connection, told: SelectionFile) -> tuple[dict[str, str], gpd.GeoDataFrame]:
    """The units (name by code) and their counties on the day of the list."""
    cities = cities_on(connection, told.date)
    units = dict(zip(cities["unit_code"].astype(str), cities["unit_name"].astype(str), strict=True))
    if told.outlines is not None:
        outlines = _own_outlines(told.outlines)
        units = {code: units.get(code, code) for code in sorted(set(outlines["unit_code"]))}
    else:
        outlines = counties(list(units))
    if outlines.empty:
        raise InputError(
            "no unit has outlines on that day",
            where="date",
            got=told.date.isoformat(),
            todo="correct `date:`, or give `outlines:`",
        )
    if told.units:
        if unknown := sorted(set(told.units) - set(outlines["unit_code"])):
            raise InputError(
                "units without outlines",
                where="units",
                got=", ".join(unknown),
                expected="codes of units that are supervised on that day, such as 370100",
            )
        outlines = outlines[outlines["unit_code"].isin(told.units)].reset_index(drop=True)
        units = {code: name for code, name in units.items() if code in told.units}
    return units, outlines


def _own_outlines(path: Path) -> gpd.GeoDataFrame:
    try:
        found = gpd.read_parquet(path) if path.suffix == ".parquet" else gpd.read_file(path)
    except Exception as error:  # whatever a driver raises about a file from outside
        raise InputError(
            "the outlines cannot be read", where=str(path), got=error, expected="GeoParquet or GeoJSON"
        ) from error
    found = found.rename(columns=present)
    missing = [name for name in _OUTLINE_COLUMNS if name not in found]
    if missing:
        raise InputError(
            "the outlines lack columns",
            where=str(path),
            got=f"lacks {', '.join(missing)}; has {', '.join(map(str, found.columns[:_HEADINGS_SHOWN]))}"[
                :400
            ],
            expected="county_code, county_name, unit_code, geometry",
        )
    texts = dict.fromkeys(("county_code", "county_name", "unit_code"), str)
    return found[_OUTLINE_COLUMNS].astype(texts)


def points_of(connection: Connection, told: PointsEntry) -> tuple[pd.DataFrame | None, bool]:
    """The enterprises (`name, lon, lat` in WGS84, `county` as told or empty) and whether some are 模拟数据; None without any."""
    if told.kind == "none":
        return None, False
    if told.kind == "store":
        found = key_enterprises(connection)
        return (found if len(found) else None), bool(found["is_simulated"].any()) if len(found) else False
    assert told.path is not None
    found = small_table(told.path, POINT_COLUMNS)
    for name in ("lon", "lat"):
        found[name] = pd.to_numeric(found[name], errors="coerce")
    if found[["lon", "lat"]].isna().any().any():
        line = int(found[["lon", "lat"]].isna().any(axis=1).to_numpy().argmax()) + 2
        raise InputError(
            "not coordinates", where=f"{told.path.name} line {line}", expected="lon and lat in degrees"
        )
    found["lon"], found["lat"] = to_wgs84(found["lon"], found["lat"], told.datum)
    if "county" not in found:
        found["county"] = ""
    return found, False


def small_table(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    """A small CSV table (UTF-8 or GB18030) with these columns at least, all as text."""
    try:
        if path.stat().st_size > _LARGEST_TABLE:
            raise InputError(
                "the table is too large", where=str(path), expected=f"at most {_LARGEST_TABLE} bytes"
            )
        raw = path.read_bytes()
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = raw.decode("gb18030")
        found = pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False)
    except (OSError, UnicodeError, ValueError, pd.errors.ParserError) as error:
        raise InputError(
            "the table cannot be read", where=str(path), got=error, expected="CSV with a heading"
        ) from error
    if missing := [name for name in columns if name not in found]:
        raise InputError(
            f"the table lacks the columns {', '.join(missing)}",
            where=str(path),
            got=f"the headings {', '.join(map(str, found.columns[:_HEADINGS_SHOWN]))}"[:400],
            expected=f"the headings {', '.join(columns)}",
            todo="rename the file's own columns",
        )
    return found


def old_list(connection: Connection, told: SelectionFile, known: pd.DataFrame) -> pd.DataFrame:
    """The list that is kept from: `grid_id, is_monitored`."""
    if told.previous == "none":
        return pd.DataFrame({"grid_id": pd.Series(dtype=str), "is_monitored": pd.Series(dtype=bool)})
    if isinstance(told.previous, Path):
        found = small_table(told.previous, ["grid_id"])
        if "is_hot" in found:
            found = found[found["is_hot"].str.lower().isin(_YES)]
        monitored = found["is_monitored"].str.lower().isin(_YES) if "is_monitored" in found else False
        own = pd.DataFrame({"grid_id": found["grid_id"].str.strip(), "is_monitored": monitored})
        return own.sort_values("grid_id", ignore_index=True)
    in_force = hot_grids_on(connection, told.date)
    listed = in_force if in_force is not None else known[known["is_hot"]]
    return listed[["grid_id", "is_monitored"]].sort_values("grid_id", ignore_index=True)
