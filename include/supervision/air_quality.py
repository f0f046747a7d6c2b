"""Air quality of places (cities, grids, stations): daily means, means of windows, changes and ranks. Frames in, frames out.

`observed_on` is a natural Beijing day (midnight, without zone), `hour` 0 to 23 of it. A daily mean needs
`VALIDITY.day_hours` hours; the mean of a window is that of its valid daily means and a figure only with enough of them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import pandas as pd

from include.errors import InputError
from include.periods import DAY, Period, previous
from include.supervision.standards import (
    VALIDITY,
    WindowKind,
    edition_on,
    iaqi_pm25,
    least_valid_days,
    rounded_ug_m3,
    steady,
)

VALID: Final = "有效"
INSUFFICIENT: Final = "数据不足"
HOUR_COLUMNS: Final = ("pm25_ug_m3", "pm10_ug_m3", "so2_ug_m3", "no2_ug_m3", "co_mg_m3", "o3_ug_m3")
# What a day keeps of each pollutant: its figure, and what that rests on.
DAY_COLUMNS: Final = {
    "pm25_ug_m3": "pm25_hours",
    "pm10_ug_m3": "pm10_hours",
    "so2_ug_m3": "so2_hours",
    "no2_ug_m3": "no2_hours",
    "co_mg_m3": "co_hours",
    "o3_8h_ug_m3": "o3_8h_windows",
}
_DUSTY: Final = ("pm25_ug_m3", "pm10_ug_m3")
_DAY_KEY: Final = ["place_id", "observed_on"]


def day_means(hours: pd.DataFrame, dust: pd.DataFrame | None = None) -> pd.DataFrame:
    """One row a place and day of `hours` (`place_id, observed_on, hour` and any of `HOUR_COLUMNS`): `DAY_COLUMNS`.

    Means of the hours present, however few, with their number; of ozone the highest 8-hour mean (HJ 663: windows inside
    the day, 6 hours each). With `dust` (`place_id, observed_on, hour`: hours under dust) particulates are 扣除沙尘:
    those hours are left out, and `pm25_dust_hours` says how many measured ones were.
    """
    kept = hours
    if dust is not None:
        keys = [*_DAY_KEY, "hour"]
        is_dusty = pd.MultiIndex.from_frame(hours[keys]).isin(pd.MultiIndex.from_frame(dust[keys]))
        kept = hours.assign(**{name: hours[name].mask(is_dusty) for name in _DUSTY if name in hours})
    groups = kept.groupby(_DAY_KEY, sort=True)
    means = [name for name in DAY_COLUMNS if name in kept]
    days = groups[means].mean()
    counts = groups[means].count()
    for name in means:
        days[DAY_COLUMNS[name]] = counts[name]
    if "o3_ug_m3" in kept:
        days = days.join(_ozone(kept))
    if dust is not None and "pm25_ug_m3" in hours:
        days["pm25_dust_hours"] = (
            hours.groupby(_DAY_KEY, sort=True)["pm25_ug_m3"].count() - days["pm25_hours"]
        )
    return days.reset_index()


def _ozone(hours: pd.DataFrame) -> pd.DataFrame:
    by_hour = hours.pivot(index=_DAY_KEY, columns="hour", values="o3_ug_m3").reindex(columns=range(24))
    windows = np.lib.stride_tricks.sliding_window_view(by_hour.to_numpy(float), 8, axis=1)
    counts = (~np.isnan(windows)).sum(axis=2)
    sums = np.nansum(windows, axis=2)
    is_valid = counts >= VALIDITY.ozone_window_hours
    highest = np.where(is_valid, sums / np.maximum(counts, 1), -np.inf).max(axis=1)
    return pd.DataFrame(
        {
            "o3_8h_ug_m3": np.where(is_valid.any(axis=1), highest, np.nan),
            "o3_8h_windows": is_valid.sum(axis=1),
        },
        index=by_hour.index,
    )


def has_valid_mean(days: pd.DataFrame, column: str = "pm25_ug_m3") -> pd.Series:
    """Whether each day of `day_means` measured enough for `column` to be a daily mean."""
    least = VALIDITY.ozone_windows if column == "o3_8h_ug_m3" else VALIDITY.day_hours
    return days[DAY_COLUMNS[column]] >= least


@dataclass(frozen=True)
class Windows:
    """The dates that one comparison reads. `same_dates` is `current` without 29 February, which the year before lacks;
    `before` is empty for the year to date."""

    kind: WindowKind
    current: tuple[date, ...]
    same_dates: tuple[date, ...]
    year_before: tuple[date, ...]
    before: tuple[date, ...]

    def least(self, dates: Sequence[date]) -> int:
        """How many of `dates` (one of the four) must be valid."""
        return least_valid_days(self.kind, dates)


_OF_PERIODS: Final[dict[str, WindowKind]] = {"half_month": "half_month", "month": "month"}


def windows(period: Period) -> Windows:
    """The dates of a half-month or month. Raises InputError for another kind of period."""
    kind: WindowKind | None = _OF_PERIODS.get(period.kind)
    if kind is None:
        raise InputError(
            "air quality has no such window", where="kind", got=period.kind, expected=" | ".join(_OF_PERIODS)
        )
    earlier = previous(period)
    return _windows(kind, _dates(period.start, period.end), _dates(earlier.start, earlier.end))


def year_to_date(period: Period) -> Windows:
    """1 January to the period's last day."""
    return _windows("year_to_date", _dates(period.last_date.replace(month=1, day=1), period.end), ())


def _windows(kind: WindowKind, current: tuple[date, ...], before: tuple[date, ...]) -> Windows:
    # In both directions: a leap day on either side has no counterpart on the other.
    same_dates = tuple(day for day in current if (day.month, day.day) != (2, 29))
    return Windows(
        kind, current, same_dates, tuple(day.replace(year=day.year - 1) for day in same_dates), before
    )


def _dates(start: date, end: date) -> tuple[date, ...]:
    return tuple(start + place * DAY for place in range((end - start).days))


def levels(days: pd.DataFrame, dates: Sequence[date], column: str = "pm25_ug_m3") -> pd.DataFrame:
    """One row a place (index `place_id`): the mean of its valid daily means on `dates` (`column`), their number
    `valid_days`, and `dust_days`, those that fell below the least hours only because dust was left out."""
    inside = days[days["observed_on"].isin(pd.to_datetime(list(dates)))]
    is_valid = has_valid_mean(inside, column)
    means = inside[column].where(is_valid)
    is_excused = pd.Series(False, index=inside.index)
    if "pm25_dust_hours" in inside and column in _DUSTY:
        measured = inside[DAY_COLUMNS[column]] + inside["pm25_dust_hours"]
        is_excused = ~is_valid & (measured >= VALIDITY.day_hours)
    grouped = pd.DataFrame(
        {"place_id": inside["place_id"], column: means, "valid_days": is_valid, "dust_days": is_excused}
    ).groupby("place_id")
    return grouped.agg({column: "mean", "valid_days": "sum", "dust_days": "sum"})


@dataclass(frozen=True)
class WindowLevels:
    """The `levels` of PM2.5 on the four sets of dates of `Windows`."""

    current: pd.DataFrame
    same_dates: pd.DataFrame
    year_before: pd.DataFrame
    before: pd.DataFrame


def window_levels(dates: Windows, read: Callable[[Sequence[date]], pd.DataFrame]) -> WindowLevels:
    """The levels on every set of dates, by a function that gives those of one (each is asked for once)."""
    current = read(dates.current)
    same_dates = current if dates.same_dates == dates.current else read(dates.same_dates)
    return WindowLevels(current, same_dates, read(dates.year_before), read(dates.before))


def compare(found: WindowLevels, dates: Windows, places: Sequence[str]) -> pd.DataFrame:
    """One row a place (index `place_id`, in the given order), unrounded.

    `pm25_ug_m3, valid_days, yoy_pct, pop_pct, rank, status`; and what the changes rest on: `same_dates_ug_m3,
    year_before_ug_m3, before_ug_m3`. A mean that fails its validity is empty, and so is every change that uses it.
    `rank` 1 is the lowest, equal means share it; `status` is 有效, or 数据不足 (no mean, no rank).
    """
    table = pd.DataFrame(index=pd.Index(list(places), name="place_id", dtype="str"))
    table["pm25_ug_m3"] = _figures(found.current, dates, dates.current, table.index)
    table["valid_days"] = found.current["valid_days"].reindex(table.index).fillna(0).astype(int)
    table["same_dates_ug_m3"] = _figures(found.same_dates, dates, dates.same_dates, table.index)
    table["year_before_ug_m3"] = _figures(found.year_before, dates, dates.year_before, table.index)
    table["before_ug_m3"] = _figures(found.before, dates, dates.before, table.index)
    table["yoy_pct"] = change_pct(table["same_dates_ug_m3"], table["year_before_ug_m3"]).where(
        table["pm25_ug_m3"].notna()
    )
    table["pop_pct"] = change_pct(table["pm25_ug_m3"], table["before_ug_m3"])
    table["rank"] = ranks(table["pm25_ug_m3"])
    table["status"] = np.where(table["pm25_ug_m3"].notna(), VALID, INSUFFICIENT)
    return table


def _figures(found: pd.DataFrame, windows: Windows, dates: Sequence[date], places: pd.Index) -> pd.Series:
    if not dates:
        return pd.Series(np.nan, index=places)
    # A day lost to dust is neither measured nor missing; with nothing but dust there is no figure.
    is_enough = (found["valid_days"] > 0) & (found["valid_days"] + found["dust_days"] >= windows.least(dates))
    return found["pm25_ug_m3"].where(is_enough).reindex(places)


def change_pct(now: pd.Series, then: pd.Series) -> pd.Series:
    """The change from `then` to `now` in per cent of `then`."""
    return 100 * (now - then) / then


def ranks(values: pd.Series) -> pd.Series:
    """Places in ascending order, 1 the lowest, on unrounded values; equal ones share the best (并列); empty ones none."""
    return steady(values).rank(method="min").astype("Int64")


def worst(table: pd.DataFrame, by: str, count: int) -> pd.DataFrame:
    """The rows of `compare` with the `count` highest values of `by`, highest first; ties with the last are included.

    `by` is `pm25_ug_m3` (highest level), `yoy_pct` (worst year-on-year) or `pop_pct` (worst over the previous period).
    """
    keys = pd.DataFrame({"value": steady(table[by]), "level": steady(table["pm25_ug_m3"])})
    keys = keys[keys["value"].rank(method="min", ascending=False) <= count]
    return table.loc[keys.sort_values(["value", "level"], ascending=False, kind="stable").index]


def area_levels(table: pd.DataFrame, areas: pd.Series) -> pd.DataFrame:
    """One row an area (index) of `areas` (index place_id, e.g. the county of each grid), from the rows of `compare`.

    `places` with a valid mean, their mean `pm25_ug_m3`; `yoy_pct` and `pop_pct` over the same places on both sides,
    those valid in both, of which there are `yoy_places` and `pop_places`.
    """
    rows = table.assign(area=areas.reindex(table.index))
    valid = rows.groupby("area")["pm25_ug_m3"]
    found = pd.DataFrame({"places": valid.count(), "pm25_ug_m3": valid.mean()})
    for change, now, then in (
        ("yoy", "same_dates_ug_m3", "year_before_ug_m3"),
        ("pop", "pm25_ug_m3", "before_ug_m3"),
    ):
        both = rows[rows[f"{change}_pct"].notna()].groupby("area")[[now, then]]
        means = both.mean().reindex(found.index)
        found[f"{change}_places"] = both.size().reindex(found.index).fillna(0).astype(int)
        found[f"{change}_pct"] = change_pct(means[now], means[then])
    return found


def days_over_limit(days: pd.DataFrame, dates: Sequence[date]) -> pd.DataFrame:
    """One row a place (index): `valid_days` on `dates`, and `days_over`, those whose daily mean of PM2.5, rounded (HJ 663), is
    above the 24 h limit (class II) of the edition of GB 3095 in force on that day."""
    inside = days[days["observed_on"].isin(pd.to_datetime(list(dates))) & has_valid_mean(days)]
    limits = inside["observed_on"].map(
        {day: edition_on(day.date()).day_limits_ug_m3[1] for day in inside["observed_on"].unique()}
    )
    over = rounded_ug_m3(inside["pm25_ug_m3"]) > limits
    judged = pd.DataFrame({"place_id": inside["place_id"], "valid_days": 1, "days_over": over.astype(int)})
    return judged.groupby("place_id").agg({"valid_days": "sum", "days_over": "sum"})


def with_iaqi(days: pd.DataFrame) -> pd.DataFrame:
    """The days of `day_means` with `pm25_iaqi`: empty where the daily mean is not valid or no breakpoints are published."""
    is_known = days["observed_on"].map(
        {
            day: edition_on(day.date()).index_breakpoints_ug_m3 is not None
            for day in days["observed_on"].unique()
        }
    )
    valid = days[has_valid_mean(days) & is_known.astype(bool)]
    found = [
        iaqi_pm25(mean, day.date())
        for mean, day in zip(valid["pm25_ug_m3"], valid["observed_on"], strict=True)
    ]
    return days.assign(pm25_iaqi=pd.Series(found, index=valid.index, dtype="Int64").reindex(days.index))


def pollutants(days: pd.DataFrame, dates: Sequence[date]) -> pd.DataFrame:
    """One row a place (index): for each pollutant of `DAY_COLUMNS` that `days` has, the mean of its valid days on
    `dates` and their number (`pm10_ug_m3`, `pm10_valid_days` …), whether they suffice or not."""
    found = []
    for column in DAY_COLUMNS:
        if column in days:
            stem = DAY_COLUMNS[column].rsplit("_", 1)[0]
            found.append(
                levels(days, dates, column)
                .drop(columns="dust_days")
                .rename(columns={"valid_days": f"{stem}_valid_days"})
            )
    return pd.concat(found, axis=1)
