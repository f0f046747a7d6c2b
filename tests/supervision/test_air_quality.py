"""Figures of air quality, on tiny frames whose results are worked out by hand."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from include.errors import InputError
from include.periods import DAY, custom_period, period_ending
from include.supervision.air_quality import (
    area_levels,
    compare,
    day_means,
    days_over_limit,
    levels,
    pollutants,
    ranks,
    window_levels,
    windows,
    with_iaqi,
    worst,
    year_to_date,
)


def hours_of(place: str, day: str, values: Sequence[float], column: str = "pm25_ug_m3") -> pd.DataFrame:
    """The hours 0, 1, … of one place and day."""
    frame = pd.DataFrame(
        {"place_id": place, "observed_on": pd.Timestamp(day), "hour": range(len(values)), column: values}
    )
    return frame.astype({column: float})


def days_of(means: Mapping[str, Mapping[str, float]], hours: int = 24) -> pd.DataFrame:
    """Daily means: place → day → μg/m³."""
    rows = [
        (place, pd.Timestamp(day), mean, hours) for place, days in means.items() for day, mean in days.items()
    ]
    return pd.DataFrame(rows, columns=["place_id", "observed_on", "pm25_ug_m3", "pm25_hours"])


def constant(start: str, end: str, mean: float) -> dict[str, float]:
    """The same mean on every day of [start, end)."""
    first, last = date.fromisoformat(start), date.fromisoformat(end)
    return {str(first + number * DAY): mean for number in range((last - first).days)}


def compared(days: pd.DataFrame, kind: str, period_end: str, places: Sequence[str]) -> pd.DataFrame:
    window = windows(period_ending(kind, date.fromisoformat(period_end)))
    return compare(window_levels(window, lambda dates: levels(days, dates)), window, places)


def test_a_day_is_the_mean_of_its_hours_and_their_number() -> None:
    hours = pd.concat([hours_of("A", "2020-03-01", [10, 20, np.nan]), hours_of("B", "2020-03-01", [7])])
    found = day_means(hours)
    assert found.to_dict("records") == [
        {"place_id": "A", "observed_on": pd.Timestamp("2020-03-01"), "pm25_ug_m3": 15.0, "pm25_hours": 2},
        {"place_id": "B", "observed_on": pd.Timestamp("2020-03-01"), "pm25_ug_m3": 7.0, "pm25_hours": 1},
    ]


@pytest.mark.parametrize(("measured", "valid_days"), [(19, 0), (20, 1), (24, 1)])
def test_a_daily_mean_needs_twenty_hours(measured: int, valid_days: int) -> None:
    days = day_means(hours_of("A", "2020-03-01", [40.0] * measured + [np.nan] * (24 - measured)))
    found = levels(days, [date(2020, 3, 1)])
    assert found["valid_days"].tolist() == [valid_days]
    assert found["pm25_ug_m3"].dropna().tolist() == [40.0] * valid_days


def test_dust_hours_leave_the_particulates_of_that_figure_only() -> None:
    hours = hours_of("A", "2020-03-18", [30.0] * 20 + [300.0] * 4).assign(so2_ug_m3=[10.0] * 20 + [40.0] * 4)
    dust = pd.DataFrame(
        {"place_id": "A", "observed_on": pd.Timestamp("2020-03-18"), "hour": [20, 21, 22, 23, 23]}
    )
    with_dust, without = day_means(hours).iloc[0], day_means(hours, dust).iloc[0]
    assert (with_dust["pm25_ug_m3"], with_dust["pm25_hours"], with_dust["so2_ug_m3"]) == (75.0, 24, 15.0)
    assert (
        without["pm25_ug_m3"],
        without["pm25_hours"],
        without["pm25_dust_hours"],
        without["so2_ug_m3"],
    ) == (30.0, 20, 4, 15.0)


def test_a_day_lost_to_dust_is_neither_valid_nor_missing() -> None:
    march = [f"2020-03-{day:02d}" for day in range(1, 16)]
    hours = pd.concat([hours_of("A", day, [40.0] * 24) for day in march])
    dusty = pd.DataFrame(
        [(day, hour) for day in march[:5] for hour in range(12)], columns=["observed_on", "hour"]
    ).assign(place_id="A", observed_on=lambda rows: pd.to_datetime(rows["observed_on"]))
    days = day_means(hours, dusty)
    found = levels(days, windows(period_ending("half_month", date(2020, 3, 16))).current)
    assert found.loc["A"].to_dict() == {"pm25_ug_m3": 40.0, "valid_days": 10, "dust_days": 5}
    row = compared(days, "half_month", "2020-03-16", ["A"]).loc["A"]
    assert (row["pm25_ug_m3"], row["valid_days"], row["status"]) == (40.0, 10, "有效")
    # Five days that were not measured at all are missing: then ten are too few.
    row = compared(
        day_means(hours[~hours["observed_on"].isin(pd.to_datetime(march[:5]))]),
        "half_month",
        "2020-03-16",
        ["A"],
    ).loc["A"]
    assert (row["valid_days"], row["status"]) == (10, "数据不足")


def test_ozone_is_the_highest_eight_hour_mean_inside_the_day() -> None:
    values = [10.0] * 24
    values[12:20] = [100.0] * 8  # one window is all of it
    found = day_means(hours_of("A", "2020-06-01", values, "o3_ug_m3")).iloc[0]
    assert (found["o3_8h_ug_m3"], found["o3_8h_windows"]) == (100.0, 17)
    values[12:15] = [np.nan] * 3  # five of eight left: that window does not count, the next best starts at 13
    found = day_means(hours_of("A", "2020-06-01", values, "o3_ug_m3")).iloc[0]
    assert (found["o3_8h_ug_m3"], found["o3_8h_windows"]) == (pytest.approx((5 * 100 + 10) / 6), 11)


def test_the_windows_of_a_half_month() -> None:
    found = windows(period_ending("half_month", date(2020, 3, 16)))
    assert (found.current[0], found.current[-1], len(found.current)) == (
        date(2020, 3, 1),
        date(2020, 3, 15),
        15,
    )
    assert (found.year_before[0], found.year_before[-1]) == (date(2019, 3, 1), date(2019, 3, 15))
    assert (found.before[0], found.before[-1]) == (date(2020, 2, 16), date(2020, 2, 29))
    to_date = year_to_date(period_ending("half_month", date(2020, 3, 16)))
    assert (to_date.current[0], to_date.current[-1], len(to_date.current)) == (
        date(2020, 1, 1),
        date(2020, 3, 15),
        75,
    )
    assert (len(to_date.same_dates), len(to_date.year_before), to_date.before) == (74, 74, ())
    with pytest.raises(InputError, match=r"expected half_month \| month"):
        windows(custom_period(date(2020, 3, 1), date(2020, 3, 3)))


@pytest.mark.parametrize("period_end", ["2020-03-01", "2021-03-01"])
def test_the_leap_day_has_no_counterpart_in_either_direction(period_end: str) -> None:
    year = int(period_end[:4])
    means = {str(year): 44.0, str(year - 1): 40.0}
    days = {
        day: means[day[:4]]
        for year_ in (year, year - 1)
        for day in constant(f"{year_}-02-01", f"{year_}-03-01", 0.0)
    }
    days["2020-02-29"] = 400.0  # would change every comparison that saw it
    found = windows(period_ending("month", date.fromisoformat(period_end)))
    assert date(2020, 2, 29) not in (*found.same_dates, *found.year_before)
    row = compared(days_of({"A": days}), "month", period_end, ["A"]).loc["A"]
    assert row["yoy_pct"] == pytest.approx(10.0)
    assert row["pm25_ug_m3"] == pytest.approx(
        (28 * 44 + 400) / 29 if year == 2020 else 44.0
    )  # the level counts it


def test_levels_changes_and_ranks() -> None:
    days = days_of(
        {
            "A": constant("2020-03-01", "2020-03-16", 50)
            | constant("2019-03-01", "2019-03-16", 40)
            | constant("2020-02-16", "2020-03-01", 80),
            "B": constant("2020-03-01", "2020-03-16", 30) | constant("2019-03-01", "2019-03-16", 60),
            "C": constant("2020-03-01", "2020-03-13", 10) | constant("2019-03-01", "2019-03-16", 60),
            "D": constant("2020-03-01", "2020-03-16", 30),
        }
    )
    table = compared(days, "half_month", "2020-03-16", ["A", "B", "C", "D", "E"])
    expected = pd.DataFrame(
        {
            "pm25_ug_m3": [50.0, 30.0, np.nan, 30.0, np.nan],
            "valid_days": [15, 15, 12, 15, 0],
            "yoy_pct": [25.0, -50.0, np.nan, np.nan, np.nan],
            "pop_pct": [-37.5, np.nan, np.nan, np.nan, np.nan],
            "rank": pd.array([3, 1, pd.NA, 1, pd.NA], dtype="Int64"),
            "status": ["有效", "有效", "数据不足", "有效", "数据不足"],
        },
        index=pd.Index(["A", "B", "C", "D", "E"], name="place_id"),
    )
    pd.testing.assert_frame_equal(table[list(expected)], expected)


def test_missing_hours_lower_valid_days_and_never_the_mean_silently() -> None:
    days = days_of({"A": constant("2020-03-01", "2020-03-16", 50)})
    days.loc[0, ["pm25_ug_m3", "pm25_hours"]] = [1.0, 19]  # a day of few, low hours
    row = compared(days, "half_month", "2020-03-16", ["A"]).loc["A"]
    assert (row["pm25_ug_m3"], row["valid_days"]) == (50.0, 14)


def test_ties_share_a_rank_on_unrounded_values() -> None:
    values = pd.Series([0.1 + 0.2 + 0.3, 0.3 + 0.2 + 0.1, 0.6001, np.nan])
    assert ranks(values).tolist() == [1, 1, 3, pd.NA]


def test_the_worst_lists_include_ties_with_the_last() -> None:
    table = pd.DataFrame(
        {"pm25_ug_m3": [50.0, 70.0, 60.0, 60.0, np.nan], "yoy_pct": [np.nan, -3.0, 5.0, -1.0, np.nan]},
        index=list("ABCDE"),
    )
    assert worst(table, "pm25_ug_m3", 2).index.tolist() == ["B", "C", "D"]
    assert worst(table, "yoy_pct", 2).index.tolist() == ["C", "D"]


def test_areas_compare_the_same_grids_on_both_sides() -> None:
    current = constant("2020-03-01", "2020-04-01", 60)
    days = days_of(
        {
            "G1": current | constant("2019-03-01", "2019-04-01", 50),
            "G2": constant("2020-03-01", "2020-04-01", 90),  # new: no year before
            "G3": constant("2019-03-01", "2019-04-01", 10),  # gone
            "G4": constant("2020-03-01", "2020-04-01", 20) | constant("2019-03-01", "2019-04-01", 30),
        }
    )
    table = compared(days, "month", "2020-04-01", ["G1", "G2", "G3", "G4"])
    found = area_levels(table, pd.Series({"G1": "盂县", "G2": "盂县", "G3": "盂县", "G4": "郊区"}))
    assert found.loc["盂县"].drop("pop_pct").to_dict() == {
        "places": 2,
        "pm25_ug_m3": 75.0,
        "yoy_places": 1,
        "yoy_pct": 20.0,
        "pop_places": 0,
    }
    assert found.loc["郊区", "yoy_pct"] == pytest.approx(-100 / 3)


def test_days_over_the_limit_follow_the_edition_of_each_day() -> None:
    means = {
        "2026-02-27": 75.4,
        "2026-02-28": 76.0,
        "2026-03-01": 60.4,
        "2026-03-02": 61.0,
        "2026-03-03": 75.0,
    }
    dates = [date(2026, 2, 27) + timedelta(days=number) for number in range(5)]
    found = days_over_limit(days_of({"A": means}), dates)
    assert found.to_dict("index") == {"A": {"valid_days": 5, "days_over": 3}}
    assert days_over_limit(days_of({"A": means}, hours=19), dates).empty


def test_iaqi_of_valid_days_only() -> None:
    days = days_of({"A": {"2026-02-28": 60.0, "2026-03-01": 60.0, "2031-01-01": 60.0}})
    days.loc[3] = ["A", pd.Timestamp("2026-03-02"), 60.0, 19]
    assert with_iaqi(days)["pm25_iaqi"].tolist() == [82, 100, pd.NA, pd.NA]


def test_the_other_pollutants_have_means_and_days() -> None:
    hours = pd.concat(
        [
            hours_of("A", "2020-03-01", [1.2] * 24, "co_mg_m3"),
            hours_of("A", "2020-03-02", [0.8] * 19, "co_mg_m3"),
        ]
    )
    days = day_means(hours.assign(pm25_ug_m3=50.0))
    found = pollutants(days, [date(2020, 3, 1), date(2020, 3, 2)])
    assert found.loc["A"].to_dict() == {
        "pm25_ug_m3": 50.0,
        "pm25_valid_days": 1,
        "co_mg_m3": pytest.approx(1.2),
        "co_valid_days": 1,
    }
