"""The whole demo season through intake and figures, against a second computation that shares nothing with the product.

The second one reads the raw CSV files and walks through each alarm's events one by one, as the formulas are worded.
"""

import csv
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from include.desk.feedback import feedback_table
from include.periods import custom_period, midnight, parse_moment, period_ending, periods_between
from include.rules import SEASON_END, SEASON_START
from include.simulator.region import write_region
from include.sources.config import SourceConfig
from include.sources.intake import pull
from include.store.engine import open_engine
from include.store.migrate import migrate

END_OF_JUNE = parse_moment("2020-06-30T00:00+08:00")
NOW = datetime(2020, 7, 1, tzinfo=UTC)
COUNTS = ("pushed", "answered", "due", "on_time", "overdue", "problems", "alarms_with_problem")


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


class Walk:
    """The raw files, walked through event by event."""

    def __init__(self, files: Path) -> None:
        def rows(name: str) -> list[dict[str, str]]:
            with (files / name).open(encoding="utf-8-sig") as file:
                return list(csv.DictReader(file))

        self.alarms: dict[str, dict[str, str]] = {}
        for row in rows("alarms.csv"):
            self.alarms.setdefault(row["alarm_id"], row)
        self.events: dict[str, list[tuple[datetime, str]]] = {alarm_id: [] for alarm_id in self.alarms}
        for row in rows("feedback.csv"):
            self.events[row["alarm_id"]].append((datetime.fromisoformat(row["event_at"]), row["event"]))
        self.problems: dict[str, list[datetime]] = {}
        for row in rows("problems.csv"):
            self.problems.setdefault(row["alarm_id"], []).append(datetime.fromisoformat(row["found_at"]))

    def counts(self, start: datetime, end: datetime, as_of: datetime) -> dict[str, dict[str, int]]:
        cities: dict[str, dict[str, int]] = {}
        for alarm_id, alarm in self.alarms.items():
            pushed_at = datetime.fromisoformat(alarm["pushed_at"])
            if not (start <= pushed_at < end and pushed_at <= as_of):
                continue
            answer_state, dispute, submission, return_at = None, None, None, None
            for at, event in sorted(self.events[alarm_id]):
                if at > as_of:
                    continue
                if event in ("disputed", "dispute_upheld", "dispute_rejected"):
                    dispute = event
                if event == "returned":
                    return_at, submission = at, None
                if event == "submitted" and submission is None:
                    submission = at
                if event in ("submitted", "returned", "accepted"):
                    answer_state = event
            if dispute == "dispute_upheld":
                continue
            city = cities.setdefault(alarm["city_code"], dict.fromkeys(COUNTS, 0))
            deadline = datetime.fromisoformat(alarm["deadline_at"])
            city["pushed"] += 1
            is_answered = answer_state in ("submitted", "accepted")
            city["answered"] += is_answered
            if deadline < as_of:
                city["due"] += 1
                latest = deadline if return_at is None else max(deadline, return_at + timedelta(hours=24))
                city["on_time"] += bool(is_answered and submission is not None and submission <= latest)
                city["overdue"] += not is_answered
            found = sum(at <= as_of for at in self.problems.get(alarm_id, []))
            city["problems"] += found
            city["alarms_with_problem"] += found > 0
        return cities


@pytest.fixture(scope="module")
def walk(files: Path) -> Walk:
    return Walk(files)


def test_the_published_totals(season: Engine) -> None:
    whole = feedback_table(season, custom_period(SEASON_START, SEASON_END, END_OF_JUNE)).iloc[-1]
    assert (whole["city_code"], whole["pushed"], whole["answered"], whole["problems"]) == (
        "total",
        5093,
        5030,
        3273,
    )
    assert f"{whole['feedback_rate']:.4f}" == "0.9876"
    march = feedback_table(season, custom_period(date(2020, 3, 1), date(2020, 3, 29), END_OF_JUNE)).iloc[-1]
    assert (march["pushed"], march["problems"]) == (1989, 1191)


def test_every_day_of_the_season_equals_the_second_computation(season: Engine, walk: Walk) -> None:
    days = list(periods_between("day", SEASON_START, SEASON_END))
    assert len(days) == 107
    step = 1 if season.dialect.name == "sqlite" else 9
    for period in days[::step]:
        table = feedback_table(season, period)
        expected = walk.counts(period.starts_at, period.ends_at, period.as_of)
        for row in table.iloc[:-1].to_dict("records"):
            wanted = expected.get(row["city_code"], dict.fromkeys(COUNTS, 0))
            assert {name: row[name] for name in COUNTS} == wanted, (period.key, row["city_name"])


@pytest.mark.parametrize("period_end", ["2020-03-12", "2020-04-05", "2020-06-16"])
def test_the_season_so_far_equals_the_second_computation(season: Engine, walk: Walk, period_end: str) -> None:
    as_of = period_ending("day", date.fromisoformat(period_end)).as_of
    period = custom_period(SEASON_START, date.fromisoformat(period_end), as_of)
    total = feedback_table(season, period).iloc[-1]
    expected = walk.counts(period.starts_at, period.ends_at, as_of).values()
    assert {name: total[name] for name in COUNTS} == {
        name: sum(city[name] for city in expected) for name in COUNTS
    }


def test_pulling_again_and_in_pieces_changes_nothing(files: Path, tmp_path: Path, walk: Walk) -> None:
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
