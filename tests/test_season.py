"""The whole demo season through intake and figures, against a second computation that shares nothing with the product.

The second one (`recount.walk`) reads the raw CSV files and walks through each alarm's steps one by one, as the rules are worded.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from include.office.feedback import feedback_table
from include.periods import custom_period, midnight, parse_moment, period_ending, periods_between
from include.rules import SEASON_END, SEASON_START
from include.simulator.region import write_region
from include.sources.config import SourceConfig
from include.sources.intake import pull
from include.store.engine import open_engine
from include.store.migrate import migrate
from tests.recount.comparison import Compared, compare_moment
from tests.recount.walk import COUNTS, Recount, flags

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
            told = {name: row[name] for name in COUNTS if name in row}
            assert told == {name: wanted[name] for name in told}, (period.key, row["unit_name"])
        marks = {row["unit_code"]: row["flag"] for row in table.iloc[:-1].to_dict("records") if row["flag"]}
        assert marks == flags(walk.states(period.as_of), period.ends_at, period.as_of), period.key


@pytest.mark.parametrize("period_end", ["2020-03-12", "2020-04-05", "2020-06-16"])
def test_the_season_so_far_equals_the_second_computation(
    season: Engine, walk: Recount, period_end: str
) -> None:
    as_of = period_ending("day", date.fromisoformat(period_end)).as_of
    compare_moment(season, walk, as_of, SEASON_START, Compared())


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
