"""The units that this office addresses, with the level above them, and which of them belong to a key region on a day: as the
profile says it. What an operator changed since stands in the store (`store.units`), which figures read."""

from __future__ import annotations

from datetime import date

import pandas as pd

from include.profile.current import office

_COLUMNS = ["unit_code", "unit_name", "province_code", "province_name"]


def cities() -> pd.DataFrame:
    """One row an addressed unit, by its code, as its last row says: `unit_code, unit_name, province_code, province_name`.

    The province is the unit above; where that is this office itself, the unit stands for it."""
    profile = office()
    rows = {}
    for unit in profile.addressees():
        above = profile.upper_unit(unit)
        rows[unit.unit_code] = (unit.unit_code, unit.name, above.unit_code, above.name)
    return pd.DataFrame(list(rows.values()), columns=_COLUMNS).sort_values("unit_code", ignore_index=True)


def region_members() -> pd.DataFrame:
    """One row a unit and stay in a region: `unit_code, region, valid_from, valid_to` (exclusive; NaT: until further notice)."""
    rows = [(stay.unit_code, stay.region, stay.valid_from, stay.valid_to) for stay in office().regions]
    found = pd.DataFrame(rows, columns=["unit_code", "region", "valid_from", "valid_to"])
    dates = {name: pd.to_datetime(found[name]) for name in ("valid_from", "valid_to")}
    return found.assign(**dates).sort_values(["unit_code", "valid_from"], ignore_index=True)


def members_on(day: date) -> pd.DataFrame:
    """One row a unit that is in a key region on `day`, by unit_code: the columns of `cities()` and `region`."""
    members = region_members()
    at = pd.Timestamp(day)
    stays = members[(members["valid_from"] <= at) & ~(members["valid_to"] <= at)]
    return cities().merge(stays[["unit_code", "region"]], on="unit_code", validate="1:1")
