"""The whole demo season through intake and figures, against a second computation that shares nothing with the product.

The second one (`recount`) reads the raw CSV files and walks through each alarm's steps one by one, as the rules are worded.
"""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import Engine

from include.desk.feedback import feedback_table
from include.periods import custom_period, midnight, office_zone, parse_moment, period_ending, periods_between
from include.rules import SEASON_END, SEASON_START
from include.simulator.region import write_region
from include.sources.config import SourceConfig
from include.sources.intake import pull
from include.store.engine import open_engine, reading
from include.store.facts import alarm_states, cities_on, problems_found
from include.store.migrate import migrate
from include.supervision.daily import daily_figures, read_window
from include.supervision.workdays import day_status
from tests.recount import COUNTS, Recount, Sent

END_OF_JUNE = parse_moment("2020-06-30T00:00+08:00")
NOW = datetime(2020, 7, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("region")
    write_region(SEASON_START, SEASON_END, folder)
    return folder


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def season(
    request: pytest.FixtureRequest, files: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Engine]:
    """A store with the season pulled once; on PostgreSQL in a database of its own."""
    if request.param == "sqlite":
        engine = open_engine(f"sqlite:///{tmp_path_factory.mktemp('season') / 'supervision.db'}")
    else:
        engine = request.getfixturevalue("new_postgresql_engine")
    migrate(engine)
    pull(engine, SourceConfig("region", "files", str(files)), midnight(SEASON_START), END_OF_JUNE, now=NOW)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def walk(files: Path) -> Recount:
    return Recount(files)


def test_the_published_totals(season: Engine) -> None:
    whole = feedback_table(season, custom_period(SEASON_START, SEASON_END, END_OF_JUNE)).iloc[-1]
    assert (whole["unit_code"], whole["pushed"], whole["answered"], whole["problems"]) == (
        "total",
        5093,
        5030,
        3273,
    )
    assert f"{whole['feedback_rate']:.4f}" == "0.9876"
    march = feedback_table(season, custom_period(date(2020, 3, 1), date(2020, 3, 29), END_OF_JUNE)).iloc[-1]
    assert (march["pushed"], march["problems"]) == (1989, 1191)


def test_every_day_of_the_season_equals_the_second_computation(season: Engine, walk: Recount) -> None:
    days = list(periods_between("day", SEASON_START, SEASON_END))
    assert len(days) == 107
    step = 1 if season.dialect.name == "sqlite" else 9
    for period in days[::step]:
        table = feedback_table(season, period)
        expected = walk.counts(period.starts_at, period.ends_at, period.as_of)
        for row in table.iloc[:-1].to_dict("records"):
            wanted = expected.get(row["unit_code"], dict.fromkeys(COUNTS, 0))
            assert {name: row[name] for name in COUNTS} == wanted, (period.key, row["unit_name"])
        flags = {row["unit_code"]: row["flag"] for row in table.iloc[:-1].to_dict("records") if row["flag"]}
        assert flags == walk.flags(period.ends_at, period.as_of), period.key


@pytest.mark.parametrize("period_end", ["2020-03-12", "2020-04-05", "2020-06-16"])
def test_the_season_so_far_equals_the_second_computation(
    season: Engine, walk: Recount, period_end: str
) -> None:
    as_of = period_ending("day", date.fromisoformat(period_end)).as_of
    period = custom_period(SEASON_START, date.fromisoformat(period_end), as_of)
    total = feedback_table(season, period).iloc[-1]
    expected = walk.counts(period.starts_at, period.ends_at, as_of).values()
    assert {name: total[name] for name in COUNTS} == {
        name: sum(city[name] for city in expected) for name in COUNTS
    }


def odd_moments(walk: Recount, seed: int, most: int) -> list[datetime]:
    """Deadlines, applicable deadlines and the ends of chronic weeks, and a second before and after each; chosen by the seed."""
    chosen = random.Random(seed)
    states = walk.states(END_OF_JUNE)
    edges = {moment for one in states for moment in (one.first, one.until, one.until + timedelta(days=7))}
    second = timedelta(seconds=1)
    picked = chosen.sample(sorted(edges), most)
    return [moment + step for moment in picked for step in (-second, timedelta(), second)]


def test_odd_moments_equal_the_second_computation(season: Engine, walk: Recount) -> None:
    for as_of in odd_moments(walk, 1, 3):
        agrees(season, walk, as_of)


def agrees(season: Engine, walk: Recount, as_of: datetime) -> None:
    """Counts of the season so far and flags of a window, both cut off at an odd moment."""
    day = as_of.astimezone(office_zone()).date()
    period = custom_period(SEASON_START, day + timedelta(days=1), as_of)
    rows = feedback_table(season, period).iloc[:-1].to_dict("records")
    expected = walk.counts(period.starts_at, period.ends_at, as_of)
    nothing = dict.fromkeys(COUNTS, 0)
    told = {row["unit_code"]: {name: row[name] for name in COUNTS} for row in rows}
    assert told == {code: expected.get(code, nothing) for code in told}, as_of
    flags = {row["unit_code"]: row["flag"] for row in rows if row["flag"]}
    assert flags == walk.flags(period.ends_at, as_of), as_of


def test_the_ladder_of_march_equals_the_second_computation(season: Engine, walk: Recount) -> None:
    """Every 督办函 leaves on its morning; both computations are told so."""
    sent: list[Sent] = []
    last = date(2020, 3, 25) if season.dialect.name == "sqlite" else date(2020, 3, 13)
    for period in periods_between("day", SEASON_START, last):
        start_at, end_at = read_window(period)
        with reading(season) as connection:
            states = alarm_states(connection, start_at, end_at, period.as_of, with_old=True)
            found = problems_found(connection, start_at, end_at, period.as_of)
            cities = cities_on(connection, period.last_date)
        history = pd.DataFrame(
            [(alarm_id, one.unit, one.left_at) for one in sent for alarm_id in sorted(one.alarms)],
            columns=["alarm_id", "city_code", "left_at"],
        )
        day = daily_figures(states, found, cities, history, (), period, "")
        urge, listed = walk.ladder(
            period.as_of, period.ends_at, sent, is_working_day=not day_status(period.end).is_quiet
        )
        told = {one.city_code: {row.alarm_id for row in one.overdue} for one in day.reminders}
        assert told == {unit: set(alarms) for unit, alarms in urge.items()}, period.key
        assert {one.city_code: one.round for one in day.reminders} == {
            unit: max(alarms.values()) for unit, alarms in urge.items()
        }
        assert {one.alarm.alarm_id for one in day.listed} == listed, period.key
        sent += [Sent(unit, period.as_of, frozenset(alarms)) for unit, alarms in urge.items()]
    assert any(len(one.alarms) for one in sent)


def test_pulling_again_and_in_pieces_changes_nothing(files: Path, tmp_path: Path, walk: Recount) -> None:
    """Windows in reverse and one of them twice: the same store as one pull."""
    engine = open_engine(f"sqlite:///{tmp_path / 'pieces.db'}")
    migrate(engine)
    source = SourceConfig("region", "files", str(files))
    edges = [midnight(date(2020, 2, 1)), midnight(date(2020, 3, 20)), midnight(date(2020, 5, 1)), END_OF_JUNE]
    for start_at, end_at in [
        (edges[2], edges[3]),
        (edges[0], edges[1]),
        (edges[1], edges[2]),
        (edges[1], edges[2]),
    ]:
        pull(engine, source, start_at, end_at, now=NOW)
    whole = feedback_table(engine, custom_period(SEASON_START, SEASON_END, END_OF_JUNE)).iloc[-1]
    assert (whole["pushed"], whole["answered"], whole["problems"]) == (5093, 5030, 3273)
    engine.dispose()
