from datetime import date, timedelta
from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from include.errors import InputError
from include.supervision.standards import (
    edition_on,
    editions_of,
    iaqi_pm25,
    least_valid_days,
    rounded,
    rounded_ug_m3,
    steady,
)


@pytest.mark.parametrize(
    ("day", "name", "day_limits", "year_limits"),
    [
        (date(2019, 3, 1), "GB 3095-2012", (35, 75), (15, 35)),
        (date(2026, 2, 28), "GB 3095-2012", (35, 75), (15, 35)),
        (date(2026, 3, 1), "GB 3095-2026", (35, 60), (15, 30)),
        (date(2030, 12, 31), "GB 3095-2026", (35, 60), (15, 30)),
        (date(2031, 1, 1), "GB 3095-2026（2031年起）", (25, 50), (10, 25)),
    ],
)
def test_the_edition_follows_the_observation_date(
    day: date, name: str, day_limits: tuple[int, int], year_limits: tuple[int, int]
) -> None:
    edition = edition_on(day)
    assert (edition.name, edition.day_limits_ug_m3, edition.year_limits_ug_m3) == (
        name,
        day_limits,
        year_limits,
    )


def test_dates_that_cross_a_change_name_both_editions() -> None:
    days = [date(2026, 2, 27) + timedelta(days=number) for number in range(4)]
    assert [edition.name for edition in editions_of(days)] == ["GB 3095-2012", "GB 3095-2026"]
    assert [edition.name for edition in editions_of(days[2:])] == ["GB 3095-2026"]


@pytest.mark.parametrize(
    ("value", "decimals", "printed"),
    [
        (74.5, 0, "74"), (75.5, 0, "76"), (74.51, 0, "75"), (74.49999999999999, 0, "74"), (75.49999999999999, 0, "76"),
        (0.25, 1, "0.2"), (0.35, 1, "0.4"), (-2.25, 1, "-2.2"), (-0.04, 1, "0.0"), (2.5, 0, "2"), (3.5, 0, "4"), (12.345, 2, "12.34"),
    ],
)  # fmt: skip
def test_a_half_goes_to_the_even_digit(value: float, decimals: int, printed: str) -> None:
    assert str(rounded(value, decimals)) == printed


@settings(deadline=None)
@given(st.floats(min_value=0, max_value=2000, allow_nan=False))
def test_a_column_rounds_as_one_value_does(value: float) -> None:
    assert Decimal(int(rounded_ug_m3(pd.Series([value])).iloc[0])) == rounded(value)


def test_sums_in_another_order_are_the_same_mean() -> None:
    assert steady(pd.Series([0.1 + 0.2 + 0.3, 0.3 + 0.2 + 0.1])).nunique() == 1


@pytest.mark.parametrize(
    ("pm25_ug_m3", "day", "iaqi"),
    [
        (0, date(2020, 3, 1), 0), (1, date(2020, 3, 1), 2), (35, date(2020, 3, 1), 50), (36, date(2020, 3, 1), 52),
        (75, date(2020, 3, 1), 100), (75.5, date(2020, 3, 1), 102), (75.4, date(2020, 3, 1), 100), (100, date(2020, 3, 1), 132),
        (150, date(2020, 3, 1), 200), (500, date(2020, 3, 1), 500), (900, date(2020, 3, 1), 500),
        (60, date(2026, 2, 28), 82), (60, date(2026, 3, 1), 100), (61, date(2026, 3, 1), 101), (115, date(2026, 3, 1), 150),
    ],
)  # fmt: skip
def test_iaqi_is_interpolated_by_the_edition_and_rounded_up(pm25_ug_m3: float, day: date, iaqi: int) -> None:
    assert iaqi_pm25(pm25_ug_m3, day) == iaqi


def test_no_iaqi_where_no_breakpoints_are_published_or_nothing_was_measured() -> None:
    with pytest.raises(InputError, match="no IAQI breakpoints are published"):
        iaqi_pm25(40, date(2031, 1, 1))
    for value in (-1.0, float("nan")):
        with pytest.raises(InputError, match="not a concentration"):
            iaqi_pm25(value, date(2020, 3, 1))


def days_of(start: str, count: int) -> list[date]:
    return [date.fromisoformat(start) + timedelta(days=number) for number in range(count)]


@pytest.mark.parametrize(
    ("kind", "days", "least"),
    [
        ("half_month", days_of("2020-03-01", 15), 13),
        ("half_month", days_of("2020-03-16", 16), 13),
        ("half_month", days_of("2020-02-16", 14), 12),
        ("half_month", days_of("2019-02-16", 13), 12),
        ("month", days_of("2020-03-01", 31), 27),
        ("month", days_of("2020-04-01", 30), 27),
        ("month", days_of("2020-02-01", 29), 25),
        ("month", days_of("2019-02-01", 28), 25),
        ("year_to_date", days_of("2019-01-01", 365), 324),
        ("year_to_date", days_of("2020-01-01", 15), 14),
    ],
)
def test_how_many_days_a_window_needs(kind: str, days: list[date], least: int) -> None:
    assert least_valid_days(kind, days) == least  # type: ignore[arg-type]
