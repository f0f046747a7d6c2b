"""From layers, tables and points to one row a cell: what `choice` ranks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pandas as pd

from include.errors import InputError
from include.geo.lattice import Lattice
from include.geo.zonal import Floats, Raster, pixel_km2, zonal
from include.language import say
from include.selection.county_tables import CountyTable, county_notes, require_different_tables, spread
from include.selection.layers import Layer, Note, days, density, whole_years
from include.selection.points import enterprises_in
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
        cells["enterprises"], more = enterprises_in(cells, inputs.points)
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
    for layer in inputs.population:
        require_sound_mass(layer)
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
    notes = [note for layer in layers for note in require_sound_pm25(layer)]
    require_different(layers, "a raster of its own for each year")
    require_common_registration(layers)
    found = {one: _year_mean(cells, own, rules) for one, own in sorted(years.items())}
    notes += region_levels(found, rules)
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
    require_different_tables(inputs.county_tables)
    for (name, weight), layers in groups.items():
        whole_years(layers, name)
        own = sum((_amount(density(layer), cells) for layer in layers), start=total * 0)
        require_emission_level(own, cells["area_km2"], rules, layers[0].name)
        total = total + weight * own
    notes += county_notes(of, inputs.county_tables)
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
