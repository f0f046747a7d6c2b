"""The files of one list of hotspot grids: table, list with reasons, GeoJSON, map, manifest, and the PDF for each unit."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pandas as pd
import shapely

from include.errors import InputError
from include.geo.boundaries import city_outlines, counties, map_notice
from include.geo.lattice import BOUNDS
from include.language import say
from include.letters.grid_reasons import GridReasons, print_reasons
from include.letters.pictures.chart_style import small_png
from include.letters.pictures.selection_map import ListMap, selection_map
from include.office.grid_choice import manifest_bytes
from include.office.grid_lists import ListView
from include.rules import SIMULATED_LABEL

_DIGITS: Final = 6
_SIMPLER_DEG: Final = 0.002
_LIST_COLUMNS: Final = (
    "grid_id",
    "unit_code",
    "unit_name",
    "county_code",
    "county",
    "county_shares",
    *BOUNDS,
    "is_hot",
    "is_monitored",
    "is_isolated",
    "change",
    "decision",
    "pm25_ug_m3",
    "background_ug_m3",
    "excess_ug_m3",
    "emission_t_km2",
    "enterprises",
    "score",
    "unit_rank",
    "unit_count",
    "reason_words",
)


def list_files(
    of: ListView,
    units: Mapping[str, str],
    issuer: str,
    *,
    fonts_dir: Path | None = None,
    with_letters: bool = True,
) -> Iterator[tuple[str, bytes]]:
    """Name and content of each file. `units`: name by code."""
    yield "grids.csv", _csv(table_of_cells(of, units))
    yield "hot_grids.csv", _csv(listed(of, units))
    yield "hot_grids.geojson", geojson(of, units)
    yield "manifest.json", manifest_bytes(of.manifest)
    yield "map.png", region_map(of, units)
    if with_letters:
        for code in sorted(set(of.rows["unit_code"])):
            name = units.get(code, code)
            yield (
                say("为什么是这个网格_{name}.pdf", name=name),
                unit_reasons(of, code, name, issuer, fonts_dir=fonts_dir),
            )


def table_of_cells(of: ListView, units: Mapping[str, str]) -> pd.DataFrame:
    """One row a cell with all figures of the choice, by unit and number; what persons decided is in `listed`."""
    table = of.table.drop(columns=["words", "row", "column"])
    table.insert(2, "unit_name", table["unit_code"].map(units).fillna(table["unit_code"]))
    numbers = table.select_dtypes("number").columns
    return table.assign(**{name: table[name].round(_DIGITS) for name in numbers}).sort_values(
        ["unit_code", "grid_id"]
    )


def listed(of: ListView, units: Mapping[str, str]) -> pd.DataFrame:
    """One row a grid that is chosen, has left or was decided about, by unit and rank (columns `_LIST_COLUMNS`)."""
    rows = of.rows.rename(columns={"words": "reason_words"})
    if "county_shares" not in rows:  # lists of before it was kept
        rows["county_shares"] = ""
    rows["unit_name"] = rows["unit_code"].map(units).fillna(rows["unit_code"])
    numbers = rows.select_dtypes("number").columns
    rows = rows.assign(**{name: rows[name].round(_DIGITS) for name in numbers})
    return rows.sort_values(["unit_code", "unit_rank", "grid_id"])[list(_LIST_COLUMNS)].reset_index(drop=True)


def geojson(of: ListView, units: Mapping[str, str]) -> bytes:
    """The listed grids as polygons, WGS84."""
    rows = listed(of, units)
    plain = rows.astype(object).where(rows.notna(), None)
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Polygon", "coordinates": [_ring(*(float(row[side]) for side in BOUNDS))]},
            "properties": {str(key): value for key, value in row.items() if key not in BOUNDS},
        }
        for row in plain.to_dict("records")
    ]
    told = {
        "type": "FeatureCollection",
        "name": of.values["name"],
        "notice": map_notice(),
        "features": features,
    }
    if of.values["is_simulated"]:
        told["data_origin"] = say(SIMULATED_LABEL)
    return (json.dumps(told, ensure_ascii=False, separators=(",", ":")) + "\n").encode()


def region_map(of: ListView, units: Mapping[str, str]) -> bytes:
    """The map of all units of the list, PNG."""
    codes = sorted(set(of.table["unit_code"]))
    shapes = city_outlines(codes)
    known = dict(zip(shapes["unit_code"], shapes.geometry.simplify(_SIMPLER_DEG), strict=True))
    places = [
        (units.get(code, code).removesuffix("市"), known.get(code) or _joined(of, code)) for code in codes
    ]
    note = say("热点网格\u3000{name}", name=of.values["name"])
    return small_png(selection_map(ListMap(_drawn(of.rows), places, note, bool(of.values["is_simulated"]))))


def unit_reasons(
    of: ListView, unit_code: str, unit_name: str, issuer: str, *, fonts_dir: Path | None = None
) -> bytes:
    """The PDF for one unit. Raises InputError for a unit that the list knows nothing of."""
    cells = of.table[of.table["unit_code"] == unit_code]
    if cells.empty:
        raise InputError(
            "the list has no cell of this unit",
            where="unit",
            got=unit_code,
            expected=" | ".join(sorted(set(of.table["unit_code"]))),
        )
    rows = of.rows[of.rows["unit_code"] == unit_code]
    return print_reasons(
        GridReasons(
            unit_name=unit_name,
            issuer=issuer,
            list_name=str(of.values["name"]),
            made_on=of.values["made_for"],
            valid_from=of.values["valid_from"],
            years=of.years,
            rules=of.rules,
            cells=len(cells),
            rows=_drawn(rows),
            places=_counties(of, unit_code),
            notes=[
                say("{where}：{words}", where=one["where"], words=one["text"]) for one in of.manifest["notes"]
            ],
            manifest_sha256=str(of.values["manifest_sha256"]),
            is_simulated=bool(of.values["is_simulated"]),
        ),
        fonts_dir=fonts_dir,
    )


def _drawn(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows as a map shows them: what a person struck out has left, what they added is new."""
    change = (
        rows["change"].mask(rows["decision"] == "struck", "left").mask(rows["decision"] == "added", "new")
    )
    return rows.assign(change=change)


def _counties(of: ListView, unit_code: str) -> list[tuple[str, Any]]:
    shapes = counties([unit_code])
    if len(shapes):
        return list(zip(shapes["county_name"], shapes.geometry.simplify(_SIMPLER_DEG), strict=True))
    cells = of.table[of.table["unit_code"] == unit_code]
    return [
        (str(county), shapely.unary_union(shapely.box(*(own[side].to_numpy() for side in BOUNDS))))
        for county, own in cells.groupby("county")
    ]


def _joined(of: ListView, unit_code: str) -> Any:
    """The unit's cells as its outline, where none is shipped."""
    cells = of.table[of.table["unit_code"] == unit_code]
    return shapely.unary_union(shapely.box(*(cells[side].to_numpy() for side in BOUNDS)))


def _ring(west: float, south: float, east: float, north: float) -> list[list[float]]:
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


def _csv(rows: pd.DataFrame) -> bytes:
    """UTF-8 with BOM, so that office programs read it; a text that begins like a formula is none."""
    texts = rows.select_dtypes(["object", "string"]).columns
    safe = rows.assign(
        **{
            name: rows[name].map(lambda value: f"'{value}" if str(value)[:1] in "=+-@" and value else value)
            for name in texts
        }
    )
    return ("\ufeff" + safe.to_csv(index=False, lineterminator="\n")).encode()
