"""From layers, tables and points to one row a cell: what `choice` ranks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from include.errors import InputError
from include.geo.county_codes import present_codes
from include.geo.datum import to_wgs84
from include.geo.lattice import BOUNDS, Lattice
from include.geo.zonal import Floats, Raster, pixel_km2, reach, zonal
from include.language import say
from include.selection.layers import Layer, Note, days, density, whole_years
from include.selection.rules import SelectionRules
from include.selection.soundness import (
    region_levels,
    require_common_registration,
    require_different,
    require_emission_level,
    require_sound_mass,
    require_sound_pm25,
)
from include.selection.turning import witness_notes, year_notes

_LEAST_REACH: Final = 0.99  # of the cells must lie inside an inventory's frame
_NEAR_CELLS: Final = 0.15  # of all points outside the lattice: more, and the file is of another place


@dataclass(frozen=True)
class CountyTable:
    """A table of tonnes a year by county: `rows` with `county_code, emission_t`."""

    name: str
    rows: pd.DataFrame
    weight: float = 1.0


@dataclass(frozen=True)
class Inputs:
    """Everything that one choice is made from. `emission`: layers with the weight of each; `points`: the key enterprises (`name, lon,
    lat`, degrees WGS84, optional `unit_code, county` as told); `population`: layers of persons a pixel."""

    pm25: Sequence[Layer]
    emission: Sequence[tuple[Layer, float]] = ()
    county_tables: Sequence[CountyTable] = ()
    points: pd.DataFrame | None = None
    population: Sequence[Layer] = ()
    notes: Sequence[Note] = field(default_factory=list)


def measured(
    of: Lattice, inputs: Inputs, year: int, rules: SelectionRules
) -> tuple[pd.DataFrame, list[Note]]:
    """One row a cell of the lattice with the columns that `choice` asks for, and the notes. `year` is the last year of PM2.5. Raises
    InputError for whatever `soundness` refuses, for years that are missing or beside the last ones, and for no emission at all."""
    cells, notes = of.cells.copy(), list(inputs.notes)
    values, more = _pm25(cells, inputs.pm25, year, rules)
    for one, column in values.items():
        cells[f"pm25_{one}_ug_m3"] = column
    notes += more
    cells["emission_t"], more = _emission(of, inputs, rules)
    notes += more
    if inputs.points is not None:
        cells["enterprises"], more = _enterprises(cells, inputs.points)
        notes += more
    elif rules.weight_enterprises > 0:
        raise InputError(
            "there are no enterprises",
            where="choice",
            expected="key enterprises in the store, or a file of points",
            todo="import-enterprises first, or set weight_enterprises: 0 in the rules",
        )
    else:
        cells["enterprises"] = 0
    notes += witness_notes(
        cells,
        whole_years(list(inputs.pm25), "PM2.5"),
        [layer for layer, _ in inputs.emission],
        cells["emission_t"] / cells["area_km2"],
    )
    require_different(inputs.population, "each raster of population once: they are added up")
    if inputs.population:
        cells["population"] = sum(_amount(_per_km2(layer.raster), cells) for layer in inputs.population)
    return cells, notes


def _pm25(
    cells: pd.DataFrame, layers: Sequence[Layer], year: int, rules: SelectionRules
) -> tuple[dict[int, pd.Series], list[Note]]:
    if not layers:
        raise InputError("there is no PM2.5", where="choice", expected="a raster of each of the last years")
    years = whole_years(list(layers), "PM2.5")
    wanted = [year - back for back in range(len(rules.year_weights))]
    if year not in years or set(years) - set(wanted):
        raise InputError(
            "the years of PM2.5 are not the last ones",
            where="pm25",
            got=", ".join(map(str, sorted(years))),
            expected=f"{wanted[-1]} to {year}, {year} among them",
            todo="correct `year:`, or give the rasters of these years",
        )
    for layer in layers:
        require_sound_pm25(layer)
    require_different(layers, "a raster of its own for each year")
    require_common_registration(layers)
    found = {one: _year_mean(cells, own, rules) for one, own in sorted(years.items())}
    notes = region_levels(found, rules)
    notes += year_notes(years)
    if missing := [one for one in wanted if one not in years]:
        text = say(
            "缺少{names}年，其余年份的权重按比例放大；年份少则清单更易变动",
            names=say("、").join(map(str, sorted(missing))),
        )
        notes.append(Note("few_years", "PM2.5", text))
    return found, notes


def _year_mean(cells: pd.DataFrame, layers: Sequence[Layer], rules: SelectionRules) -> pd.Series:
    """The mean of a year; of months, each counts by its days and a cell needs all of them."""
    total, weight = pd.Series(0.0, index=cells.index), 0
    for layer in layers:
        of_cells = zonal(layer.raster, cells)
        mean = of_cells["mean"].where(of_cells["coverage"] >= rules.least_coverage)
        total, weight = total + mean * days(layer.year, layer.month), weight + days(layer.year, layer.month)
    return total / weight


def _emission(of: Lattice, inputs: Inputs, rules: SelectionRules) -> tuple[pd.Series, list[Note]]:
    """Tonnes a year in each cell, all inventories by their weights."""
    cells, notes = of.cells, []
    total = pd.Series(0.0, index=cells.index)
    groups: dict[tuple[str, float], list[Layer]] = {}
    for layer, weight in inputs.emission:
        groups.setdefault((layer.name.split(" (")[0], weight), []).append(layer)
    for layer, _ in inputs.emission:
        require_sound_mass(layer)
        _require_reach(layer, cells)
    for month in {layer.month for layer, _ in inputs.emission}:
        # Two months of one inventory may be alike.
        of_month = [layer for layer, _ in inputs.emission if layer.month == month]
        require_different(of_month, "each inventory once: they are added up")
    _require_different_tables(inputs.county_tables)
    for (name, weight), layers in groups.items():
        whole_years(layers, name)
        own = sum((_amount(density(layer), cells) for layer in layers), start=total * 0)
        require_emission_level(own, cells["area_km2"], rules, layers[0].name)
        total = total + weight * own
    for table in inputs.county_tables:
        own, more = spread(of, table)
        notes += more
        require_emission_level(own, cells["area_km2"], rules, table.name)
        total = total + table.weight * own
    if not inputs.emission and not inputs.county_tables:
        if rules.weight_emission > 0:
            raise InputError(
                "there is no emission inventory",
                where="choice",
                expected="a raster of emissions or a table by county",
                todo="give one, or set weight_emission: 0 in the rules",
            )
        return pd.Series(np.nan, index=cells.index), notes
    return total, notes


def _require_different_tables(tables: Sequence[CountyTable]) -> None:
    """Refuses two tables by county with the same rows, in any order: one file given twice."""
    seen: dict[tuple[tuple[str, float], ...], str] = {}
    for table in tables:
        amounts = pd.to_numeric(table.rows["emission_t"], errors="coerce").fillna(0.0)
        rows = tuple(sorted(zip(table.rows["county_code"].astype(str), amounts.astype(float), strict=True)))
        if rows in seen:
            raise InputError(
                "two tables are the same",
                where=f"{seen[rows]} and {table.name}",
                expected="each inventory once: they are added up",
                todo="remove the copy, or give the file that was meant",
            )
        seen[rows] = table.name


def spread(of: Lattice, table: CountyTable) -> tuple[pd.Series, list[Note]]:
    """A table by county over the lattice's cells, by the county's area in each. Old codes become those of today; divided and
    unknown ones are refused, for no county can be given their figure."""
    codes, replaced, divided = present_codes(table.rows["county_code"])
    known = set(of.shares["county_code"])
    if divided:
        raise InputError(
            "old county codes that were divided",
            where=table.name,
            got="; ".join(f"{old}: {', '.join(new)}" for old, new in divided.items()),
            expected="a figure for each of the present counties",
        )
    amounts = pd.to_numeric(table.rows["emission_t"], errors="coerce")
    if amounts.isna().any() or (amounts < 0).any():
        raise InputError(
            "not an emission",
            where=f"{table.name}, row {int((amounts.isna() | (amounts < 0)).to_numpy().argmax()) + 1}",
            got=table.rows["emission_t"][(amounts.isna() | (amounts < 0))].iloc[0],
            expected="tonnes a year, 0 and more",
        )
    doubled = codes[codes.duplicated()].unique()
    if len(doubled) and not set(doubled) <= set(replaced.values()):
        raise InputError("a county is listed twice", where=table.name, got=", ".join(map(str, doubled[:5])))
    outside = sorted(set(codes) - known)
    notes = []
    if len(outside) == codes.nunique():
        raise InputError(
            "no county of the table is in the region",
            where=table.name,
            got=", ".join(outside[:5]),
            expected="codes of GB/T 2260",
        )
    if replaced:
        words = say("、").join(f"{old}→{new}" for old, new in list(replaced.items())[:5])
        text = say(
            "旧县码{count}个已换为现行代码（{words}{more}）",
            count=len(replaced),
            words=words,
            more=say("等") if len(replaced) > 5 else "",
        )
        notes.append(Note("old_county_code", table.name, text))
    if outside:
        text = say(
            "{count}个县不在本区域，未计（{names}）", count=len(outside), names=say("、").join(outside[:5])
        )
        notes.append(Note("county_unknown", table.name, text))
    by_county = amounts.groupby(codes.to_numpy()).sum()
    area = of.shares["share"] * of.shares["grid_id"].map(of.cells.set_index("grid_id")["area_km2"])
    whole = area.groupby(of.shares["county_code"]).transform("sum")
    part = of.shares["county_code"].map(by_county).fillna(0.0) * area / whole
    by_cell = part.groupby(of.shares["grid_id"]).sum()
    return pd.Series(of.cells["grid_id"].map(by_cell).fillna(0.0).to_numpy(float), of.cells.index), notes


def _enterprises(cells: pd.DataFrame, points: pd.DataFrame) -> tuple[pd.Series, list[Note]]:
    """How many points lie in each cell (on a common border: in the cell with the lower number)."""
    lon, lat = points["lon"].to_numpy(float), points["lat"].to_numpy(float)
    west, south, east, north = reach("EPSG:4326", cells)
    inside = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
    swapped = (lat >= west) & (lat <= east) & (lon >= south) & (lon <= north)
    if (swapped & ~inside).any():
        first = points[swapped & ~inside].iloc[0]
        raise InputError(
            "points with longitude and latitude exchanged",
            where=f"enterprises: {first['name']}",
            got=f"{int((swapped & ~inside).sum())} points, the first {first['lon']}, {first['lat']}",
            expected="longitude, then latitude",
            todo="exchange the columns and import them again",
        )
    notes = []
    at_point, at_cell = _tree(cells).query(shapely.points(lon, lat), predicate="intersects")
    first_cell = pd.Series(at_cell).groupby(at_point).min()
    if len(points) and len(first_cell) < len(points) * (1 - _NEAR_CELLS):
        text = say(
            "{count}家企业不在任何小格内（共{total}家）",
            count=len(points) - len(first_cell),
            total=len(points),
        )
        notes.append(Note("points_outside", say("企业"), text))
    if not len(first_cell):
        raise InputError(
            "no enterprise lies in the region",
            where="enterprises",
            got=f"{len(points)} points",
            todo="import-enterprises for this region, or set weight_enterprises: 0",
        )
    counts = first_cell.value_counts()
    return pd.Series(counts.reindex(range(len(cells)), fill_value=0).to_numpy(int), cells.index), notes


def require_told_datum(points: pd.DataFrame, outlines: gpd.GeoDataFrame) -> list[Note]:
    """Points whose told county fits far better once they are taken for GCJ-02 (or BD-09): their datum was not converted. Refuses
    them; a point without a told county says nothing. `points`: `lon, lat, county`; `outlines`: `county_name`."""
    told = points[points["county"].astype(str).str.len() > 0]
    straight = _misplaced(told, outlines, "WGS84")
    for datum in ("GCJ-02", "BD-09"):
        turned = _misplaced(told, outlines, datum)
        spelled = datum.lower().replace("-", "")
        if straight >= 5 and turned * 2 <= straight:
            raise InputError(
                f"the points are {datum}, not WGS84",
                where="enterprises",
                got=f"{straight} of {len(told)} lie outside their county, {turned} once converted",
                expected="WGS84",
                todo=f"import them again with --datum {spelled}, or state `datum: {spelled}`",
            )
    if straight:
        return [
            Note(
                "points_datum",
                say("企业"),
                say(
                    "{straight}家企业的坐标不在所填区县内（共{count}家）", straight=straight, count=len(told)
                ),
            )
        ]
    return []


def _misplaced(points: pd.DataFrame, outlines: gpd.GeoDataFrame, datum: str) -> int:
    lon, lat = to_wgs84(points["lon"].to_numpy(float), points["lat"].to_numpy(float), datum)
    tree = shapely.STRtree(outlines.geometry.to_numpy())
    at_point, at_county = tree.query(shapely.points(lon, lat), predicate="intersects")
    names = outlines["county_name"].to_numpy()[at_county]
    is_told = names == points["county"].to_numpy()[at_point]
    found, fitting = set(map(int, at_point)), set(map(int, at_point[is_told]))
    return len(found - fitting)


def _tree(cells: pd.DataFrame) -> shapely.STRtree:
    return shapely.STRtree(shapely.box(*(cells[side].to_numpy() for side in BOUNDS)))


def _amount(per_km2: Raster, cells: pd.DataFrame) -> pd.Series:
    """What lies in each cell of something spread over the ground: the mean of its density times the cell's own area. Pixels without a
    value are places without any. One density gives one density, however pixels and cells lie; sums are kept to a few 1e-5, for
    within a cell the parts of its pixels are weighed in the raster's plane."""
    of_cells = zonal(_with_values(per_km2, np.nan_to_num(per_km2.values)), cells)
    return of_cells["mean"].fillna(0.0) * of_cells["coverage"] * cells["area_km2"]


def _per_km2(raster: Raster) -> Raster:
    return _with_values(raster, raster.values / pixel_km2(raster))


def _with_values(raster: Raster, values: Floats) -> Raster:
    return Raster(values, raster.left, raster.top, raster.width, raster.height, raster.crs)


def _require_reach(layer: Layer, cells: pd.DataFrame) -> None:
    whole = np.ones_like(layer.raster.values)
    raster = layer.raster
    inside = zonal(_with_values(raster, whole), cells)
    share = float((inside["coverage"] > 0.999).mean())
    if share < _LEAST_REACH:
        raise InputError(
            "the inventory does not reach over the region",
            where=layer.name,
            got=f"{share:.0%} of the cells",
            expected=f"at least {_LEAST_REACH:.0%}",
            todo="give the inventory of the whole region",
        )
