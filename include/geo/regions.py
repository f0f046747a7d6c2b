"""Cities with their provinces, and which of them belong to a key region on a day.

Names and codes follow GB/T 2260; membership follows 国发〔2018〕22号 and, from 2023-11-30, 国发〔2023〕24号.
"""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path

import pandas as pd

_DATA = Path(__file__).parent / "data"


def cities() -> pd.DataFrame:
    """One row a city, by unit_code: `unit_code, unit_name` (with 市), province_code, province_name`."""
    return _cities().copy()


def region_members() -> pd.DataFrame:
    """One row a city and stay in a region: `unit_code, region, valid_from, valid_to` (exclusive; NaT: until further notice)."""
    return _region_members().copy()


def members_on(day: date) -> pd.DataFrame:
    """One row a city that is in a key region on `day`, by unit_code: the columns of `cities()` and `region`."""
    members = _region_members()
    at = pd.Timestamp(day)
    stays = members[(members["valid_from"] <= at) & ~(members["valid_to"] <= at)]
    return _cities().merge(stays[["unit_code", "region"]], on="unit_code", validate="1:1")


@cache
def _cities() -> pd.DataFrame:
    return pd.read_csv(_DATA / "cities.csv", dtype=str).sort_values("unit_code", ignore_index=True)


@cache
def _region_members() -> pd.DataFrame:
    return pd.read_csv(
        _DATA / "region_members.csv",
        dtype={"unit_code": str, "region": str},
        parse_dates=["valid_from", "valid_to"],
    ).sort_values(["unit_code", "valid_from"], ignore_index=True)
