"""The file of one choice: which rasters, inventories and tables, which year, which rules. YAML; paths are beside it.

name: 2025年热点网格
year: 2025                  # the last year of PM2.5
date: 2026-01-15            # the day the list is made for: units and outlines of that day, and the date of its documents
pm25:
  - {path: pm25_2025.tif, year: 2025}
  - {path: pm25_2024.nc, year: 2024, variable: PM2.5}
emissions:
  - {path: edgar_pm25.nc, year: 2022, variable: emissions, unit: kg m-2 s-1}
county_tables:
  - {path: survey.csv, year: 2022}     # county_code, emission_t
enterprises: store          # or {path: points.csv, datum: wgs84} with name, lon, lat, county (its name, to check the datum), or none
rules: {hot_share: 0.083}
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from include.errors import InputError
from include.geo.datum import datum_named
from include.sources.rasters.told import RasterEntry
from include.yaml_once import load_yaml

LARGEST_BYTES: Final = 1024 * 1024
MOST_FILES: Final = 200
_KEYS: Final = {
    "name",
    "year",
    "date",
    "pm25",
    "emissions",
    "county_tables",
    "population",
    "enterprises",
    "outlines",
    "units",
    "previous",
    "rules",
    "simulated",
}
_ENTRY_KEYS: Final = {
    "path",
    "year",
    "month",
    "variable",
    "unit",
    "crs",
    "scale",
    "nodata",
    "registration",
    "species",
    "weight",
}
_FIRST_YEAR, _LAST_YEAR = 1990, 2100


@dataclass(frozen=True)
class PointsEntry:
    """Key enterprises: of the store, of a file (with its datum), or none."""

    kind: str  # store, file, none
    path: Path | None = None
    datum: str = "WGS84"


@dataclass(frozen=True)
class SelectionFile:
    """What the file says. `previous`: the list that is kept from: `store` (the one in force, or the store's hotspot grids), `none`, or
    the path of a table with `grid_id`."""

    name: str
    year: int
    date: datetime.date
    pm25: tuple[RasterEntry, ...]
    emissions: tuple[RasterEntry, ...] = ()
    county_tables: tuple[RasterEntry, ...] = ()
    population: tuple[RasterEntry, ...] = ()
    enterprises: PointsEntry = PointsEntry("store")
    outlines: Path | None = None
    units: tuple[str, ...] = ()
    previous: str | Path = "store"
    rules: Mapping[str, Any] = field(default_factory=dict)
    is_simulated: bool = False


def read_selection_file(path: Path) -> SelectionFile:
    """Raises InputError for a file that is none, an unknown or missing key, or a value that cannot be one, each with its place."""
    told = _yaml(path)
    where, folder = str(path), path.parent
    _require_keys(told, _KEYS, where)
    for key in ("name", "year", "date", "pm25"):
        if told.get(key) in (None, "", []):
            raise InputError(
                "the file of the choice lacks a key", where=where, expected=f"`{key}:`", todo="see --help"
            )
    lists = {
        key: _entries(told.get(key), folder, f"{where} {key}")
        for key in ("pm25", "emissions", "county_tables", "population")
    }
    if sum(map(len, lists.values())) > MOST_FILES:
        raise InputError("too many files", where=where, expected=f"at most {MOST_FILES}")
    outlines, previous = told.get("outlines"), told.get("previous", "store")
    year, made_for = _year(told["year"], f"{where} year"), _date(told["date"], f"{where} date")
    if year > made_for.year:
        raise InputError(
            "the last year of PM2.5 lies after the day of the list",
            where=where,
            got=f"year {year}, date {made_for}",
            expected="a year that has ended by the date",
        )
    return SelectionFile(
        name=str(told["name"])[:128],
        year=year,
        date=made_for,
        enterprises=_points(told.get("enterprises", "store"), folder, f"{where} enterprises"),
        outlines=_beside(outlines, folder, f"{where} outlines") if outlines else None,
        units=tuple(str(code) for code in _list(told.get("units"), f"{where} units")),
        previous=str(previous)
        if previous in ("store", "none")
        else _beside(previous, folder, f"{where} previous"),
        rules=_mapping(told.get("rules"), f"{where} rules"),
        is_simulated=bool(told.get("simulated", False)),
        **lists,
    )


def _yaml(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise InputError(
                "the file of the choice is too large",
                where=str(path),
                expected=f"at most {LARGEST_BYTES} bytes",
            )
        told = load_yaml(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeError, yaml.YAMLError, RecursionError) as error:
        raise InputError(
            "the file of the choice cannot be read", where=str(path), got=error, expected="YAML"
        ) from error
    return _mapping(told, str(path), is_whole=True)


def _entries(told: Any, folder: Path, where: str) -> tuple[RasterEntry, ...]:
    return tuple(
        _entry(one, folder, f"{where}[{number}]") for number, one in enumerate(_list(told, where), 1)
    )


def _entry(told: Any, folder: Path, where: str) -> RasterEntry:
    values = _mapping(told, where, is_whole=True)
    _require_keys(values, _ENTRY_KEYS, where)
    for key in ("path", "year"):
        if values.get(key) in (None, ""):
            raise InputError("an entry lacks a key", where=where, expected=f"`{key}:`")
    month, registration = values.get("month"), values.get("registration")
    if month is not None and (not isinstance(month, int) or not 1 <= month <= 12):
        raise InputError(
            "not a month", where=where, got=month, expected="1 to 12, or none for the whole year"
        )
    if registration not in (None, "centre", "corner"):
        raise InputError("not a registration", where=where, got=registration, expected="centre | corner")
    nodata = values.get("nodata", [])
    return RasterEntry(
        path=_beside(values["path"], folder, where),
        year=_year(values["year"], where),
        month=month,
        variable=str(values.get("variable", "")),
        unit=str(values.get("unit", "")),
        crs=str(values.get("crs", "")),
        scale=None if values.get("scale") is None else _number(values["scale"], f"{where} scale"),
        nodata=tuple(
            _number(one, f"{where} nodata") for one in (nodata if isinstance(nodata, list) else [nodata])
        ),
        registration=registration,
        species=str(values.get("species", "")),
        weight=_number(values.get("weight", 1.0), f"{where} weight"),
    )


def _points(told: Any, folder: Path, where: str) -> PointsEntry:
    if told in ("store", "none"):
        return PointsEntry(str(told))
    values = _mapping(told, where, is_whole=True)
    _require_keys(values, {"path", "datum"}, where)
    if not values.get("path") or not values.get("datum"):
        raise InputError(
            "points need a file and their datum",
            where=where,
            got=told,
            expected="{path: points.csv, datum: wgs84}, store or none",
        )
    return PointsEntry(
        "file", _beside(values["path"], folder, where), datum_named(str(values["datum"]), where)
    )


def _beside(told: Any, folder: Path, where: str) -> Path:
    path = Path(str(told)).expanduser()
    if "\x00" in str(told) or "://" in str(told) or str(told).startswith("/vsi"):
        raise InputError(
            "not the path of a local file", where=where, got=told, todo="copy the file to this machine"
        )
    return path if path.is_absolute() else folder / path


def _require_keys(told: Mapping[str, Any], known: set[str], where: str) -> None:
    if unknown := sorted(str(key) for key in set(told) - known):
        raise InputError(
            "unknown keys", where=where, got=", ".join(unknown), expected=", ".join(sorted(known))
        )


def _mapping(told: Any, where: str, *, is_whole: bool = False) -> dict[str, Any]:
    if told is None and not is_whole:
        return {}
    if not isinstance(told, dict):
        raise InputError(
            "not a mapping of keys to values", where=where, got=str(told)[:80], expected="`key: value`"
        )
    return {str(key): value for key, value in told.items()}


def _list(told: Any, where: str) -> list[Any]:
    if told is None:
        return []
    if not isinstance(told, list):
        raise InputError("not a list", where=where, got=str(told)[:80], expected="entries that begin with -")
    return told


def _year(told: Any, where: str) -> int:
    if isinstance(told, bool) or not isinstance(told, int) or not _FIRST_YEAR <= told <= _LAST_YEAR:
        raise InputError("not a year", where=where, got=told, expected=f"{_FIRST_YEAR} to {_LAST_YEAR}")
    return told


def _date(told: Any, where: str) -> datetime.date:
    if isinstance(told, datetime.datetime) or not isinstance(told, datetime.date):
        raise InputError("not a date", where=where, got=told, expected="such as 2026-01-15")
    return told


def _number(told: Any, where: str) -> float:
    try:
        return float(told)
    except (TypeError, ValueError) as error:
        raise InputError("not a number", where=where, got=told) from error
