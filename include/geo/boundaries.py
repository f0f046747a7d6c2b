"""Outlines of places, WGS84: those of the profile (`outlines.parquet`), where they come from is told beside them.

Any map drawn from them carries `map_notice()`.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from typing import Final

import geopandas as gpd
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from include.errors import InputError
from include.geo.datum import DATUMS, to_wgs84
from include.profile.current import office
from include.profile.values import Profile

_COLUMNS: Final = ["county_code", "county_name", "unit_code", "geometry"]


def map_notice() -> str:
    """What every map of this office says about its borders."""
    return office().map_notice


def counties(unit_codes: Collection[str] | None = None) -> gpd.GeoDataFrame:
    """One row an outlined place that lies in the place of a given unit (default: all), by county_code.

    Columns `county_code, county_name, unit_code, geometry` (EPSG:4326). Development zones may have no outline of their
    own: they lie in the places around them. A unit without outlines gives no rows; so does a profile without outlines.
    """
    return _of_cities(_counties(), unit_codes)


def city_outlines(unit_codes: Collection[str] | None = None) -> gpd.GeoDataFrame:
    """One row a unit, by unit_code: `unit_code, geometry` (EPSG:4326), its places dissolved."""
    return _of_cities(_city_outlines(), unit_codes)


def _of_cities(outlines: gpd.GeoDataFrame, unit_codes: Collection[str] | None) -> gpd.GeoDataFrame:
    if unit_codes is None:
        return outlines.copy()
    return outlines[outlines["unit_code"].isin(list(unit_codes))].reset_index(drop=True)


def _counties() -> gpd.GeoDataFrame:
    return _places_of(office())[0]


def _city_outlines() -> gpd.GeoDataFrame:
    return _places_of(office())[1]


@lru_cache(maxsize=4)
def _places_of(profile: Profile) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    found = read_outlines(profile)
    units = units_of_places(profile)
    names = {place.place_code: place.name for place in profile.places}
    found = found.assign(
        county_code=found["place_code"],
        county_name=found["place_code"].map(names),
        unit_code=found["place_code"].map(units),
    )
    found = found.dropna(subset=["county_name", "unit_code"]).sort_values("county_code", ignore_index=True)
    counties = found[_COLUMNS]
    if counties.empty:
        return counties, counties[["unit_code", "geometry"]]
    # Neighbours share their borders exactly, which is what the quick "coverage" method asks for.
    return counties, counties[["unit_code", "geometry"]].dissolve(
        by="unit_code", method="coverage"
    ).reset_index()


def units_of_places(profile: Profile) -> dict[str, str]:
    """The addressed unit of every place: of the place itself, or of the nearest place around it that has one. Departments have no
    place of their own."""
    own = {unit.place_code: unit.unit_code for unit in profile.addressees() if unit.kind != "department"}
    parents = {place.place_code: place.parent_code for place in profile.places}
    found = {}
    for code in parents:
        at, seen = code, set[str]()
        while at in parents and at not in own and at not in seen:
            seen.add(at)
            at = parents[at]
        if at in own:
            found[code] = own[at]
    return found


def read_outlines(profile: Profile) -> gpd.GeoDataFrame:
    """The outlines of a profile in WGS84: `place_code, geometry`; none where it has none. Raises InputError for a file that is no
    such table, and for an unknown datum."""
    path = profile.outlines_path
    if path is None:
        return gpd.GeoDataFrame({"place_code": pd.Series(dtype=str)}, geometry=[], crs="EPSG:4326")
    where = f"{profile.folder.name}/{path.name}"
    try:
        found = gpd.read_parquet(path)
    except (OSError, ValueError, KeyError, TypeError, shapely.errors.ShapelyError) as error:
        raise InputError(
            "the outlines cannot be read", where=where, expected="GeoParquet", got=error
        ) from error
    missing = [name for name in ("place_code", "datum", "source", "licence") if name not in found]
    if missing:
        raise InputError(
            f"columns are missing: {', '.join(missing)}",
            where=where,
            expected="place_code, datum, source, licence, geometry",
            got=", ".join(map(str, found.columns)),
        )
    _check_crs(found, where)
    unknown = found.loc[~found["datum"].isin(list(DATUMS)), ["place_code", "datum"]]
    if len(unknown):
        first = unknown.iloc[0]
        raise InputError(
            "an outline in an unknown datum",
            where=f"{where}: place {first['place_code']}",
            expected=" | ".join(DATUMS),
            got=first["datum"],
        )
    geometry = found.geometry
    for datum in sorted(set(found["datum"]) - {"WGS84"}):
        is_in_it = found["datum"] == datum

        def converted(points: object, datum: str = datum) -> object:
            return _columns(points, datum)

        geometry = geometry.where(~is_in_it, shapely.transform(geometry.values, converted))
    return gpd.GeoDataFrame(
        {"place_code": found["place_code"].astype(str)}, geometry=geometry.to_numpy(), crs="EPSG:4326"
    )


def _check_crs(found: gpd.GeoDataFrame, where: str) -> None:
    """Raises InputError where coordinates are not longitude and latitude in degrees: which datum, the column says."""
    if found.crs is not None and found.crs not in ("EPSG:4326", "OGC:CRS84"):
        raise InputError(
            "the outlines have a reference system of their own",
            where=where,
            expected="EPSG:4326 or OGC:CRS84, or none: longitude and latitude, and the column datum",
            got=found.crs.name,
        )


def shape_fault(shape: BaseGeometry | None) -> tuple[str, str, str] | None:
    """What is wrong with one outline in WGS84: what, expected, got; None where nothing is."""
    if shape is None or shape.is_empty or "Polygon" not in shape.geom_type:
        got = "nothing" if shape is None or shape.is_empty else shape.geom_type
        return "not an outline", "a valid polygon", got
    if not shape.is_valid:
        return "not an outline", "a valid polygon", shapely.is_valid_reason(shape)
    west, south, east, north = shape.bounds
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        return "not on the earth", "longitude and latitude in degrees", str(shape.bounds)
    return None


def _columns(points: object, datum: str) -> object:
    import numpy as np

    table = np.asarray(points)
    return np.column_stack(to_wgs84(table[:, 0], table[:, 1], datum))
