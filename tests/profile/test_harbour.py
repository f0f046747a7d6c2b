"""An office with summer time: its days have 23, 24 and 25 hours, and each gives its window."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pandas as pd
import pytest
from sqlalchemy import Engine

from include.office_demo import played_days
from include.periods import HOUR, KINDS, Period, midnight, period_ending, period_of_interval, schedule
from include.profile.current import load, using
from include.sources.checks import moments
from include.sources.ledger import completeness
from include.store.engine import reading
from include.supervision.standards import edition_on
from include.supervision.workdays import day_status

SHORT, LONG = date(2020, 3, 29), date(2020, 10, 25)


@pytest.fixture(autouse=True)
def _harbour() -> Iterator[None]:
    with using(load("harbour")):
        yield


@pytest.mark.parametrize(("day", "hours"), [(SHORT, 23), (date(2020, 3, 30), 24), (LONG, 25)])
def test_a_day_is_as_long_as_its_clocks_say(day: date, hours: int) -> None:
    window = period_ending("day", day + timedelta(days=1))
    assert window.end_at.astimezone(UTC) - window.start_at.astimezone(UTC) == timedelta(hours=hours)
    assert (window.start, window.last_date) == (day, day)
    assert window.as_of == midnight(day + timedelta(days=1)) + timedelta(hours=8)
    assert window.key == f"day_{day}_{day + timedelta(days=1)}"


@pytest.mark.parametrize(("day", "hours"), [(SHORT, 23), (LONG, 25)])
def test_the_hours_of_a_days_data_are_those_that_passed(engine: Engine, day: date, hours: int) -> None:
    window = period_ending("day", day + timedelta(days=1))
    with reading(engine) as connection:
        found = completeness(connection, (), window.start_at, window.end_at)
    assert (found.hours_received, found.hours_expected) == (hours, hours)
    assert found.sentence.endswith(f" complete ({hours}/{hours} hours).")


@pytest.mark.parametrize(("day", "hours"), [(SHORT, 23), (LONG, 25)])
def test_the_hourly_beat_passes_both(day: date, hours: int) -> None:
    kind, windows = KINDS["hour"], []
    end_at = kind.after(midnight(day))
    while end_at <= midnight(day + timedelta(days=1)):
        windows.append(period_ending("hour", end_at))
        end_at = kind.after(end_at)
    assert len(windows) == hours
    assert len({one.key for one in windows}) == hours
    assert all(first.end_at == second.start_at for first, second in pairwise(windows))
    assert all(one.end_at.astimezone(UTC) - one.start_at.astimezone(UTC) == HOUR for one in windows)


def test_words_are_in_english() -> None:
    labels = [
        Period.of_days(date(2020, 3, 1), date(2020, 3, 16), "custom", midnight(date(2020, 3, 16))).label,
        period_ending("day", date(2020, 3, 13)).label,
        period_ending("hour", datetime(2020, 3, 12, 9, tzinfo=UTC)).label,
    ]
    assert labels == ["1 to 15 March", "12 March", "12 March 10:00 to 11:00"]


def test_times_without_an_offset_are_the_offices() -> None:
    told = moments(
        pd.Series(["2020-03-28T03:30", "2020-03-29T03:30", "2020-03-30T03:30", "2020-10-25T03:30"])
    )
    assert [None if one is pd.NaT else one.isoformat() for one in told] == [
        "2020-03-28T01:30:00+00:00",
        None,  # the clocks skip it
        "2020-03-30T00:30:00+00:00",
        "2020-10-25T00:30:00+00:00",  # the first of two
    ]


def test_its_beats_limits_and_holidays_are_its_own() -> None:
    assert schedule("daily_dispatch") == "0 8 * * *"
    assert edition_on(date(2020, 3, 12)).day_limits_ug_m3 == (15, 25)
    assert day_status(date(2020, 4, 13)).is_quiet
    assert not day_status(date(2020, 4, 6)).is_quiet


def test_a_scheduled_interval_over_the_change_is_its_day() -> None:
    start, end = (datetime(2020, 3, day, 8, tzinfo=midnight(SHORT).tzinfo) for day in (29, 30))
    assert period_of_interval("day", start, end) == period_ending("day", date(2020, 3, 30))


@pytest.mark.parametrize(
    ("season_start", "days"),
    [
        (date(2020, 3, 1), (date(2020, 3, 11), date(2020, 3, 12), date(2020, 3, 16))),
        (date(2026, 3, 1), (date(2026, 3, 11), date(2026, 3, 12), date(2026, 3, 16))),
        (date(2025, 11, 15), (date(2025, 11, 26), date(2025, 11, 27), date(2025, 12, 1))),
    ],
)
def test_a_demo_is_played_in_the_offices_own_season(
    season_start: date, days: tuple[date, date, date]
) -> None:
    assert played_days(season_start) == days
    assert period_ending("midweek", days[0]).end == days[0]
    assert period_ending("half_month", days[2]).end == days[2]
