"""How the air stands in a bulletin: levels of places; days, pollutants, regions and worst lists of cities. Frames in, values out.

A frame of cities has one row a city (index `unit_code`) with the columns of `air_quality.compare`.
"""

from datetime import date
from typing import Any, Final

import pandas as pd

from include.language import say
from include.periods import Period
from include.rules import BULLETIN
from include.supervision.air_quality import (
    DAY_COLUMNS,
    area_levels,
    has_valid_mean,
    ranks,
    windows,
    worst,
)
from include.supervision.bulletin_figures import AirLevel, DayLevel, PollutantMean, RegionSituation
from include.supervision.standards import edition_on, steady

_LEVEL: Final = ["pm25_ug_m3", "valid_days", "year_before_ug_m3", "yoy_pct", "before_ug_m3", "pop_pct"]


def air_levels(table: pd.DataFrame) -> dict[str, AirLevel]:
    """The rows of `air_quality.compare` as values by place, ranked among each other."""
    rank = ranks(table["pm25_ug_m3"])
    of_place = zip(rank, rank.duplicated(keep=False), plain_rows(table[_LEVEL]), strict=True)
    ranked = int(rank.count())
    return {
        str(place): AirLevel(
            **row,
            rank=None if pd.isna(number) else int(number),
            ranked=ranked,
            is_tied=bool(is_tied and pd.notna(number)),
        )
        for place, (number, is_tied, row) in zip(table.index, of_place, strict=True)
    }


def day_levels(days: pd.DataFrame, code: str, period: Period) -> tuple[DayLevel, ...]:
    """Every day of the half-month of a city, measured or not. `days`: rows of `air_quality.with_iaqi`."""
    own = days[days["place_id"] == code].set_index("observed_on")
    is_valid = has_valid_mean(own)
    rows = dict(
        zip(own.index, plain_rows(own.assign(pm25_ug_m3=own["pm25_ug_m3"].where(is_valid))), strict=True)
    )

    unmeasured = {"pm25_ug_m3": None, "pm25_hours": 0, "pm25_iaqi": None}

    def row(day: date) -> dict[str, Any]:
        found: dict[str, Any] = rows.get(pd.Timestamp(day), unmeasured)
        return found

    def year_before(day: date) -> float | None:
        is_leap_day = (day.month, day.day) == (2, 29)
        value: float | None = None if is_leap_day else row(day.replace(year=day.year - 1))["pm25_ug_m3"]
        return value

    return tuple(
        DayLevel(
            day,
            row(day)["pm25_ug_m3"],
            row(day)["pm25_hours"],
            year_before(day),
            edition_on(day).day_limits_ug_m3[1],
            row(day)["pm25_iaqi"],
        )
        for day in windows(period).current
    )


def pollutant_means(table: pd.DataFrame, code: str, period: Period) -> tuple[PollutantMean, ...]:
    """The pollutants other than PM2.5 that a city measured on a day; the mean is None where its valid days do not suffice.

    `table`: `air_quality.pollutants` of the half-month.
    """
    least = windows(period).least(windows(period).current)
    (row,) = plain_rows(table.reindex([code]))
    valid_days = {
        name: row[f"{stem.rsplit('_', 1)[0]}_valid_days"] or 0
        for name, stem in DAY_COLUMNS.items()
        if name in row and name != "pm25_ug_m3"
    }
    return tuple(
        PollutantMean(name, row[name] if days >= least else None, int(days))
        for name, days in valid_days.items()
        if days
    )


def region_situations(half: pd.DataFrame, cities: pd.DataFrame) -> tuple[RegionSituation, ...]:
    """Every region of `cities` (`unit_code, region`), and last all cities together."""
    region = cities.set_index("unit_code")["region"]
    all_cities = pd.Series(say("{count}个城市", count=len(half)), index=half.index)
    levels = pd.concat([area_levels(half, region), area_levels(half, all_cities)])
    return tuple(
        RegionSituation(name, row["places"], row["pm25_ug_m3"], row["yoy_pct"], row["pop_pct"])
        for name, row in zip(map(str, levels.index), plain_rows(levels), strict=True)
    )


def worst_cities(table: pd.DataFrame, by: str) -> tuple[str, ...]:
    """The codes of the `BULLETIN.worst_cities` worst cities by `by`, ties with the last included, the worst first."""
    return tuple(map(str, worst(table, by, BULLETIN.worst_cities).index))


def plain_rows(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows as plain Python values, None for what is empty; numbers without the noise of sums, so that the same facts
    always give the same text."""
    numbers = rows.select_dtypes("float")
    rows = rows.assign(**{str(name): steady(numbers[name]) + 0.0 for name in numbers})  # + 0.0: no -0.0
    found: Any = rows.astype(object).where(rows.notna(), None).to_dict("records")
    return list(found)
