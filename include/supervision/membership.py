"""Which city belongs to a key region on which day: a city counts from the day it joins to the day before it leaves."""

from datetime import date
from typing import Final

import pandas as pd

from include.language import say
from include.language.moments import day_words
from include.periods import Period, office_zone

CITY: Final = ["unit_code", "unit_name", "province_code", "province_name"]
ADDRESS: Final = ["bureau", "address_form", "upper_bureau"]


def members(stays: pd.DataFrame, window: Period) -> pd.DataFrame:
    """One row a city that belongs to a key region on at least one day of the window, by unit_code.

    `stays`: rows of `sql/city_stays.sql`. Columns: those of `CITY`, and `remark` (Chinese): joined or left inside the
    window; a city that only changes from one region to another stays a member and has none.
    """
    inside = stays[
        (stays["valid_from"] < pd.Timestamp(window.end)) & ~(stays["valid_to"] <= pd.Timestamp(window.start))
    ]
    rows = []
    for _, own in inside.groupby("unit_code", sort=True):
        joined = own["valid_from"].min()
        left = None if own["valid_to"].isna().any() else own["valid_to"].max()
        parts = []
        if joined > pd.Timestamp(window.start):
            parts.append(say("{day}起纳入重点区域", day=_day(joined)))
        if left is not None and left < pd.Timestamp(window.end):
            parts.append(say("{day}起不再列入重点区域", day=_day(left)))
        rows.append([*own.iloc[-1][CITY], say("，").join(parts)])
    return pd.DataFrame(rows, columns=[*CITY, "remark"])


def in_region(alarms: pd.DataFrame, stays: pd.DataFrame) -> pd.DataFrame:
    """The alarms whose city belonged to a key region on the Beijing day of the push."""
    pushed = alarms["pushed_at"].dt.tz_convert(office_zone()).dt.tz_localize(None).dt.normalize()
    keys = pd.DataFrame(
        {"alarm_id": alarms["alarm_id"], "unit_code": alarms["unit_code"], "pushed_on": pushed}
    )
    known = keys.merge(stays[["unit_code", "valid_from", "valid_to"]], on="unit_code")
    is_member = (known["valid_from"] <= known["pushed_on"]) & ~(known["valid_to"] <= known["pushed_on"])
    return alarms[alarms["alarm_id"].isin(known.loc[is_member, "alarm_id"])]


def _day(moment: pd.Timestamp) -> str:
    day: date = moment.date()
    return day_words(day)
