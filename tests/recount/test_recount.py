"""A slice of `python -m tests.recount`: two weeks as written and with random edits, on both databases; and that it can fail."""

import random
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from include.periods import midnight
from include.simulator.region import write_region
from tests.recount.comparison import Compared, compare_moment, compare_season, edges, house_of
from tests.recount.edits import edit, read, write
from tests.recount.walk import Recount, is_working_day

START, END = date(2020, 3, 1), date(2020, 3, 15)
NOW = datetime(2020, 7, 1, tzinfo=UTC)
pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("plain")
    write_region(START, END, folder, seed=11)
    return folder


@pytest.fixture(scope="module")
def edited(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("edited")
    write_region(START, END, folder, seed=12)
    assert edit(folder, 12)["alarms with other steps"] > 100
    return folder


def test_edited_weeks_and_odd_moments_are_the_same(engine: Engine, edited: Path, tmp_path: Path) -> None:
    """As they are written: tests/test_season.py."""
    walk, chance, done = Recount(edited), random.Random(1), Compared()
    house = house_of(engine, edited, tmp_path, START, END, NOW)
    moments = edges(walk, midnight(END) + timedelta(days=14), chance, 1)
    for as_of in chance.sample(moments, 6 if engine.dialect.name == "sqlite" else 3):
        compare_moment(engine, walk, as_of, START, done)
    compare_season(house, walk, START, date(2020, 3, 12), chance, done)
    assert done.urged
    assert done.listed


def test_an_answer_that_the_files_do_not_hold_is_a_difference(
    engine: Engine, plain: Path, tmp_path: Path
) -> None:
    """What is compared can differ: the store read other files than the second computation."""
    other = tmp_path / "other"
    write_region(START, END, other, seed=11)
    steps = read(other / "feedback.csv")
    first = next(row for row in steps if row["event"] == "submitted")
    write(other / "feedback.csv", [row for row in steps if row["alarm_id"] != first["alarm_id"]])
    house_of(engine, other, tmp_path, START, END, NOW)
    with pytest.raises(AssertionError, match=first["alarm_id"]):
        compare_moment(engine, Recount(plain), midnight(END), START, Compared())


def test_the_days_off_of_the_season() -> None:
    days = [
        date(2020, 4, 6),
        date(2020, 4, 26),
        date(2020, 5, 5),
        date(2020, 5, 9),
        date(2020, 5, 16),
        date(2020, 6, 15),
    ]
    assert [is_working_day(day) for day in days] == [False, True, False, True, False, True]
