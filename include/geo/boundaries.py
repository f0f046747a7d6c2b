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


def counties(unit_codes: Collection[str] | None = None) -> gpd.GeoDataFrame:
    """One row a county of the given cities (default: all shipped), by county_code.

    Columns `county_code, county_name, unit_code, geometry` (EPSG:4326). Development zones have no outline of their
    own: they lie in the counties around them. A city without outlines gives no rows.
    """
    return _of_cities(_counties(), unit_codes)


def city_outlines(unit_codes: Collection[str] | None = None) -> gpd.GeoDataFrame:
    """One row a city, by unit_code: `unit_code, geometry` (EPSG:4326), its counties dissolved."""
    return _of_cities(_city_outlines(), unit_codes)


def _of_cities(outlines: gpd.GeoDataFrame, unit_codes: Collection[str] | None) -> gpd.GeoDataFrame:
    if unit_codes is None:
        return outlines.copy()
    return outlines[outlines["unit_code"].isin(list(unit_codes))].reset_index(drop=True)


@cache
def _counties() -> gpd.GeoDataFrame:
    return gpd.read_parquet(COUNTIES_PATH)


@cache
def _city_outlines() -> gpd.GeoDataFrame:
    # The counties share their borders exactly, which is what the quick "coverage" method asks for.
    return _counties()[["unit_code", "geometry"]].dissolve(by="unit_code", method="coverage").reset_index()
