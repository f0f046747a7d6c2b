"""County and city outlines, WGS84, state of 2021; where they come from is told in `data/README.md`.

Any map drawn from them carries `NOTICE`.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from pathlib import Path
from typing import Final

import geopandas as gpd

NOTICE: Final = "示意图，不作为划界依据"
COUNTIES_PATH: Final = Path(__file__).parent / "data" / "counties.parquet"


def counties(city_codes: Collection[str] | None = None) -> gpd.GeoDataFrame:
    """One row a county of the given cities (default: all shipped), by county_code.

    Columns `county_code, county_name, city_code, geometry` (EPSG:4326). Development zones have no outline of their
    own: they lie in the counties around them. A city without outlines gives no rows.
    """
    return _of_cities(_counties(), city_codes)


def city_outlines(city_codes: Collection[str] | None = None) -> gpd.GeoDataFrame:
    """One row a city, by city_code: `city_code, geometry` (EPSG:4326), its counties dissolved."""
    return _of_cities(_city_outlines(), city_codes)


def _of_cities(outlines: gpd.GeoDataFrame, city_codes: Collection[str] | None) -> gpd.GeoDataFrame:
    if city_codes is None:
        return outlines.copy()
    return outlines[outlines["city_code"].isin(list(city_codes))].reset_index(drop=True)


@cache
def _counties() -> gpd.GeoDataFrame:
    return gpd.read_parquet(COUNTIES_PATH)


@cache
def _city_outlines() -> gpd.GeoDataFrame:
    # The counties share their borders exactly, which is what the quick "coverage" method asks for.
    return _counties()[["city_code", "geometry"]].dissolve(by="city_code", method="coverage").reset_index()
