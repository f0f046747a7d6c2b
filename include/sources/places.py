"""Cities by any of their names, counties by code and former names, and whether a point lies in the city that a row names.

The aliases are the profile's: of units, among them those that are notified on their own but counted in another, and of places
that were renamed. A mapping's `values` add a source's own spellings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from sqlalchemy import Connection, select

from include.geo.boundaries import city_outlines, counties, units_of_places
from include.geo.grids import locate
from include.profile.current import office
from include.profile.dates import begins, ends, groups
from include.profile.values import Profile
from include.store.successors import Successors, successor_of, successors
from include.store.tables import city

# Outlines are simplified by at most 200 m and of 2021: only a point farther out is worth a word.
_TOLERANCE_DEG: Final = 0.005


@dataclass(frozen=True)
class Places:
    """`cities`: every accepted spelling → unit_code; `regions`: codes that contacts may belong to;
    `counties`: (unit_code, code or former name) → name today; `dated_counties`: the same, and the name today, of a place that was
    renamed on a date → its names with their first days; `unit_days`: the days [from, to) of each unit that does not hold for ever;
    `successors`: who answers for one that ended, by (unit_code, county or empty); `named_counties`: every name that a county of a
    unit has or had, by unit (none where the profile has no places in it)."""

    cities: Mapping[str, str]
    regions: frozenset[str]
    counties: Mapping[tuple[str, str], str]
    dated_counties: Mapping[tuple[str, str], tuple[tuple[date, str], ...]] = field(default_factory=dict)
    unit_days: Mapping[str, tuple[tuple[date, date], ...]] = field(default_factory=dict)
    successors: Successors = field(default_factory=dict)
    named_counties: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def answers_on(self, unit_code: str, county: str, day: date) -> bool:
        """Whether there is somebody to answer what is pushed to a unit on a day: itself, or who was named for it."""
        days = self.unit_days.get(unit_code)
        if days is None or any(first <= day < end for first, end in days):
            return True
        found = successor_of(self.successors, unit_code, county)
        return found is not None and found.since_date <= day


def places(connection: Connection) -> Places:
    """What the store knows of cities, with the aliases of the profile."""
    rows = connection.execute(select(city.c.unit_code, city.c.unit_name, city.c.province_code)).all()
    known = _places([(code, name, province) for code, name, province in rows], office())
    return replace(known, successors=successors(connection))


def profile_places(profile: Profile) -> Places:
    """The same of a profile alone: what a store that it fills will know."""
    rows = [(unit.unit_code, unit.name, profile.upper_unit(unit).unit_code) for unit in profile.addressees()]
    return _places(rows, profile)


def _places(rows: Sequence[tuple[str, str, str]], profile: Profile) -> Places:
    codes = {code for code, _, _ in rows}
    names: dict[str, str] = {}
    for code, name, _ in rows:
        names |= {code: code, name: code, name.removesuffix("市"): code}
    for unit in profile.addressees():
        for alias in (unit.name, *unit.aliases) if unit.unit_code in codes else ():
            names.setdefault(alias, unit.unit_code)
    above = {province for _, _, province in rows} | {profile.told_superior} - {""}
    regions = frozenset(codes | above | {profile.own_unit})
    return Places(
        names,
        regions,
        _former_counties(profile),
        _dated_counties(profile),
        _unit_days(profile),
        named_counties=_named_counties(profile),
    )


def _unit_days(profile: Profile) -> dict[str, tuple[tuple[date, date], ...]]:
    """The days of each unit that begins or ends, by code."""
    return {
        same[0].unit_code: tuple((begins(one), ends(one)) for one in same)
        for same in groups(profile.units, lambda unit: unit.unit_code)
        if any(one.valid_from or one.valid_to for one in same)
    }


def _named_counties(profile: Profile) -> dict[str, frozenset[str]]:
    """Every name of the places in each unit, by unit."""
    own = {unit.place_code for unit in profile.addressees()}
    units = units_of_places(profile)
    found: dict[str, set[str]] = {}
    for place in profile.places:
        if place.place_code in units and place.place_code not in own:
            found.setdefault(units[place.place_code], set()).update((place.name, *place.aliases))
    return {code: frozenset(names) for code, names in found.items()}


def _dated_counties(profile: Profile) -> dict[tuple[str, str], tuple[tuple[date, str], ...]]:
    """(unit_code; code or any name of a place in it that has had several) → its names by their first days."""
    units = units_of_places(profile)
    found: dict[tuple[str, str], tuple[tuple[date, str], ...]] = {}
    inside = [place for place in profile.places if place.place_code in units]
    borne = {(units[place.place_code], place.name): place.place_code for place in inside}
    for same in groups(inside, lambda place: place.place_code):
        code = same[0].place_code
        if len({place.name for place in same}) < 2:
            continue
        names = tuple((begins(place), place.name) for place in same)
        for said in {code, *(name for place in same for name in (place.name, *place.aliases))}:
            if borne.get((units[code], said), code) == code:
                found[units[code], said] = names
    return found


def _former_counties(profile: Profile) -> dict[tuple[str, str], str]:
    """(unit_code; code, alias or earlier name of a place in it) → its name today. A name that another place there bears is its own; the
    place of the unit itself is no county, but for its code and aliases."""
    own = {unit.place_code for unit in profile.addressees()}
    units = units_of_places(profile)
    inside = [place for place in profile.places if place.place_code in units]
    today = {
        place.place_code: place.name for place in sorted(inside, key=lambda one: one.valid_from or date.min)
    }
    borne = {(units[code], name) for code, name in today.items()}
    return {
        (units[place.place_code], said): today[place.place_code]
        for place in inside
        for said in (place.place_code, *place.aliases, *(() if place.place_code in own else (place.name,)))
        if (units[place.place_code], said) not in borne
    }


def outside_city(
    unit_codes: pd.Series[str],
    lon: pd.Series[float],
    lat: pd.Series[float],
    tolerance_deg: float = _TOLERANCE_DEG,
) -> NDArray[np.bool_]:
    """True for points more than the tolerance (about 500 m) outside the city that the row names; False without coordinates or
    outline."""
    points = pd.DataFrame({"unit_code": unit_codes.to_numpy(), "lon": lon.to_numpy(), "lat": lat.to_numpy()})
    different = points.dropna().drop_duplicates()
    if different.empty:
        return np.zeros(len(points), dtype=bool)
    different = different[different["unit_code"].isin(_outlines().index)]
    found = locate(different["lon"], different["lat"])["unit_code"].to_numpy()
    suspects = different[found != different["unit_code"].to_numpy()]
    distance = shapely.distance(
        shapely.points(suspects["lon"], suspects["lat"]),
        _outlines().geometry.reindex(suspects["unit_code"]).to_numpy(),
    )
    outside = suspects[distance > tolerance_deg]
    if outside.empty:
        return np.zeros(len(points), dtype=bool)
    found_again = points.merge(
        outside.assign(is_outside=True), how="left", on=["unit_code", "lon", "lat"], validate="m:1"
    )
    return found_again["is_outside"].notna().to_numpy()


def outside_county(
    unit_codes: pd.Series[str], county_names: pd.Series[str], lon: pd.Series[float], lat: pd.Series[float]
) -> NDArray[np.bool_]:
    """True for points more than about 500 m outside the county that the row names; False without outline (development zones)."""
    named = pd.MultiIndex.from_arrays([unit_codes, county_names])
    distance = shapely.distance(shapely.points(lon, lat), _county_outlines().reindex(named).to_numpy())
    return np.asarray(distance > _TOLERANCE_DEG)


def _outlines() -> gpd.GeoDataFrame:
    return city_outlines().set_index("unit_code")


def _county_outlines() -> gpd.GeoSeries:
    return counties().set_index(["unit_code", "county_name"]).geometry
