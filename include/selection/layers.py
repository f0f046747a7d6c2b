"""What the choice is made from, as values: rasters with their year and unit, tables, and the notes that reading them left."""

from __future__ import annotations

import re
from calendar import isleap, monthrange
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np

from include.errors import InputError
from include.geo.zonal import Floats, Raster, pixel_km2

# Names of notes and refusals; each has a test of its name.
NoteCode = Literal[
    "y_flipped",
    "lon_0_360",
    "axes_transposed",
    "half_cell",
    "crs_stated",
    "crs_from_units",
    "crs_foreign",
    "nodata",
    "scaled",
    "one_dimensional",
    "unit_assumed",
    "unit_converted",
    "low_coverage",
    "few_years",
    "other_year",
    "old_county_code",
    "county_unknown",
    "county_missing",
    "lone_value",
    "points_unchecked",
    "points_doubled",
    "points_outside",
    "points_datum",
    "points_converted",
    "quota_missing",
    "over_cap",
    "zero_values",
    "looks_flipped",
    "unlike_years",
    "capped",
    "no_old_list",
    "old_unmatched",
]

# How the rows and columns of a file may stand the other way round, and "" as they were read.
Turn = Literal["", "north", "west", "both"]

_GRAMS: Final = {
    "g": 1e-6,
    "kg": 1e-3,
    "mg": 1e-9,
    "t": 1.0,
    "ton": 1.0,
    "tons": 1.0,
    "tonne": 1.0,
    "tonnes": 1.0,
}
_MICROGRAMS: Final = {
    "ug": 1.0,
    "μg": 1.0,
    "µg": 1.0,
    "microgram": 1.0,
    "micrograms": 1.0,
    "ng": 1e-3,
    "mg": 1e3,
    "g": 1e6,
    "kg": 1e9,
}
_SECONDS: Final = 86400.0


@dataclass(frozen=True)
class Note:
    """Something about an input that a person should know. `text` is Chinese, for operators."""

    code: NoteCode
    where: str
    text: str


@dataclass(frozen=True)
class Layer:
    """One raster of the choice. `month`: 1 to 12, or None for a whole year; `unit` as `values` are in. `turned`: the file's pixel at the
    centre of each cell as it was read, and if the whole file's rows, columns or both stood the other way round; empty where a file
    cannot be turned, for it names the place of every value."""

    name: str
    year: int
    month: int | None
    unit: str
    raster: Raster
    turned: Mapping[Turn, Floats] = field(default_factory=dict)


def pm25_factor(unit: str, where: str) -> float:
    """What a value in this unit is multiplied with to be μg/m³. Raises InputError for a unit that is no concentration."""
    found = re.fullmatch(r"([a-zμµ]+)(?:/m3|m-3|/m\^3|m\^-3|m\*\*-3|/m\*\*3|percubicmeter)", _plain(unit))
    if found is None or found[1] not in _MICROGRAMS:
        raise InputError(
            "not a unit of concentration",
            where=where,
            got=unit,
            expected="such as ug/m3",
            todo="state `unit:` in the file of the choice",
        )
    return _MICROGRAMS[found[1]]


@dataclass(frozen=True)
class EmissionUnit:
    """`tonnes`: what one of its grams, kilograms … is in tonnes; `per`: a cell, km² and year, or m² and second."""

    tonnes: float
    per: Literal["cell", "km2", "m2s"]


def emission_unit(unit: str, where: str) -> EmissionUnit:
    """Reads `t/cell`, `kg m-2 s-1`, `t/km2` and their spellings. Raises InputError for anything else: what is mass and what is flux
    must be known, not guessed."""
    plain = _plain(unit).replace("**", "").replace("^", "").replace("·", "")
    plain = re.sub(r"(/(yr|year|a)|(yr|year|a)-1|/month|month-1)$", "", plain)
    mass = re.fullmatch(r"(mg|g|kg|t|tons?|tonnes?)(?:/(?:cell|grid|gridcell|pixel))?", plain)
    # `Mg` is a megagram, `mg` a milligram.
    is_mega = unit.strip().startswith("Mg")
    flux = re.fullmatch(r"(mg|g|kg|t|tons?|tonnes?)(?:/m2/s|m-2s-1|/\(m2s\)|/m2s|s-1m-2)", plain)
    density = re.fullmatch(r"(mg|g|kg|t|tons?|tonnes?)(?:/km2|km-2)", plain)
    for found, per in ((mass, "cell"), (flux, "m2s"), (density, "km2")):
        if found is not None:
            tonnes = 1.0 if is_mega and found[1] == "mg" else _GRAMS[found[1]]
            return EmissionUnit(tonnes, per)  # type: ignore[arg-type]
    raise InputError(
        "not a unit of emission",
        where=where,
        got=unit,
        expected="mass per cell (t/cell), flux (kg m-2 s-1) or density (t/km2)",
        todo="state `unit:` in the file of the choice",
    )


def density(layer: Layer) -> Raster:
    """The emission layer as t/km² a year (or month): a mass by the true area of its pixel, so that it is shared out by area."""
    unit, values = emission_unit(layer.unit, layer.name), layer.raster.values
    factor: float | Floats = unit.tonnes
    if unit.per == "cell":
        factor = unit.tonnes / pixel_km2(layer.raster)
    elif unit.per == "m2s":
        factor = unit.tonnes * 1e6 * days(layer.year, layer.month) * _SECONDS
    raster = layer.raster
    return Raster(
        np.asarray(values * factor), raster.left, raster.top, raster.width, raster.height, raster.crs
    )


def days(year: int, month: int | None) -> int:
    """Days of a month, or of a year."""
    return monthrange(year, month)[1] if month else 365 + isleap(year)


def _plain(unit: str) -> str:
    return (
        re.sub(r"[\s.]+", "", unit.strip())
        .lower()
        .replace("³", "3")
        .replace("²", "2")
        .replace("⁻", "-")
        .replace("¹", "1")
    )


def whole_years(layers: list[Layer], kind: str) -> dict[int, list[Layer]]:
    """The layers by year: one of the whole year, or one of each of its twelve months. Raises InputError for a year that is there
    twice, or of which months are missing."""
    found: dict[int, list[Layer]] = {}
    for layer in layers:
        found.setdefault(layer.year, []).append(layer)
    for year, own in sorted(found.items()):
        months = sorted(layer.month or 0 for layer in own)
        if months not in ([0], list(range(1, 13))):
            names = ", ".join(layer.name for layer in own)
            doubled = [month for month in months if months.count(month) > 1] or (
                0 in months and len(months) > 1
            )
            raise InputError(
                "a year is given twice" if doubled else "a year lacks months",
                where=f"{kind} {year}: {names}",
                got=f"months {months}" if any(months) else f"{len(own)} files",
                expected="one raster of the whole year, or one of each month",
                todo="remove the one too many, or give the months that are missing",
            )
    return found
