"""Every city as of a moment; every number was worked out by hand."""

import re
from datetime import UTC, date
from pathlib import Path

import pytest
from sqlalchemy import Engine

from include.desk.cities import city_page
from include.desk.today import CityToday, LastLetter, sorted_cities, today
from include.periods import parse_moment
from include.supervision.figures import FeedbackCounts, Flag, FlagReason, Share
from tests.desk.facts import (
    NOW,
    SHIJIAZHUANG,
    YANGQUAN,
    Browser,
    add_alarm,
    add_event,
    add_problem,
    archive_in,
    house_of,
    moment,
)
from tests.post.samples import add_cities, released

NONE = FeedbackCounts()


@pytest.fixture
def store(engine: Engine) -> Engine:
    add_alarm(engine, "answered", "03-11 06:00")
    add_event(engine, "answered", "submitted", "03-11 18:00")
    add_problem(engine, "P1", "answered", "03-11 12:00")
    add_alarm(engine, "waiting", "03-11 20:00")
    add_alarm(engine, "overdue", "03-09 06:00")
    add_alarm(engine, "of today", "03-12 07:00")
    add_alarm(engine, "no alarm", "03-10 06:00")
    add_event(engine, "no alarm", "disputed", "03-10 07:00")
    add_event(engine, "no alarm", "dispute_upheld", "03-10 09:00")
    return engine


def city(found: object, code: str) -> CityToday:
    return next(row for row in found.cities if row.unit_code == code)  # type: ignore[attr-defined]


def test_a_city_as_of_a_morning(store: Engine, tmp_path: Path) -> None:
    found = today(house_of(store, tmp_path), NOW)
    assert len(found.cities) == 39
    assert (found.period.label, found.rolling_start, found.is_simulated) == (
        "3月11日",
        date(2020, 3, 5),
        False,
    )
    assert city(found, YANGQUAN) == CityToday(
        YANGQUAN,
        "阳泉市",
        "2+26",
        window=FeedbackCounts(pushed=2, answered=1, due=1, on_time=1, problems=1, alarms_with_problem=1),
        rolling=FeedbackCounts(
            pushed=3, answered=1, due=2, on_time=1, overdue=1, upheld=1, problems=1, alarms_with_problem=1
        ),
        since=FeedbackCounts(pushed=1),
        open_alarms=3,
        flag=Flag("urge", (FlagReason("overdue", 1), FlagReason("long_overdue", 1, 50.5)), recent_overdue=1),
        trend=(Share(0, 0), Share(0, 0), Share(0, 0), Share(0, 0), Share(0, 1), Share(0, 0), Share(1, 2)),
        letter=None,
    )
    empty = city(found, SHIJIAZHUANG)
    assert (empty.window, empty.rolling, empty.flag, empty.open_alarms) == (NONE, NONE, Flag(), 0)
    assert found.total.window == city(found, YANGQUAN).window


def test_the_past_is_shown_as_it_was_then(store: Engine, tmp_path: Path) -> None:
    found = today(house_of(store, tmp_path), moment("03-11 12:00"))
    row = city(found, YANGQUAN)
    assert found.period.label == "3月10日"
    assert (row.window, row.since) == (
        FeedbackCounts(upheld=1),
        FeedbackCounts(pushed=1, problems=1),  # found, and not answered yet
    )
    assert row.flag.level == "urge"  # overdue since 10 March, 30 hours


def test_rows_are_sorted_by_what_was_asked(store: Engine, tmp_path: Path) -> None:
    cities = today(house_of(store, tmp_path), NOW).cities
    assert sorted_cities(cities, "flag")[0].unit_code == YANGQUAN
    assert sorted_cities(cities, "city")[0].unit_code == "110000"
    assert sorted_cities(cities, "on_time")[0].unit_code == YANGQUAN


def test_the_last_letter_stands_with_the_worst_of_its_recipients(store: Engine, tmp_path: Path) -> None:
    house = house_of(store, tmp_path)
    add_cities(store)
    outcome = released(store, archive_in(tmp_path))
    letter = city(today(house, moment("03-13 08:30")), YANGQUAN).letter
    assert letter == LastLetter(
        outcome.letter_id,
        "notice",
        moment("03-12 00:00").astimezone(UTC),
        moment("03-13 00:00").astimezone(UTC),
        outcome.number,
        "queued",
    )
    browser = Browser(house, now=moment("03-13 08:30"))
    for path in ("/", "/letters", f"/letters/{outcome.letter_id}", f"/cities/{YANGQUAN}"):
        page = browser.get(path).text
        assert "2020-03-12 — 2020-03-13" not in page, path
        assert re.search(r"2020-03-12\s*(</a>|</td>|（)", page), path
        assert "待发送" in page, path
    assert city(today(house, NOW), YANGQUAN).letter is None  # it goes out on the day after


def test_a_store_without_alarms_says_so_and_what_to_do(engine: Engine, tmp_path: Path) -> None:
    add_cities(engine)
    browser = Browser(house_of(engine, tmp_path), now=moment("11-01 10:00"))
    page = browser.get("/").text
    assert "库中还没有任何报警" in page
    assert "最后有报警的一天" not in page
    add_alarm(engine, "A1", "03-12 06:00")
    browser = Browser(house_of(engine, tmp_path), now=moment("11-01 10:00"))
    page = browser.get("/").text
    assert "最后有报警的一天之后的早晨，2020-03-13 08:30" in page
    assert "库中还没有任何报警" not in page


@pytest.mark.parametrize("at", ["2020-03-12T08:30", "2020-03-12T04:00", "2020-03-13T00:00"])
def test_the_pages_of_a_city_and_of_every_city_count_the_same_seven_days(
    store: Engine, tmp_path: Path, at: str
) -> None:
    house, as_of = house_of(store, tmp_path), parse_moment(at)
    own = city_page(house, YANGQUAN, as_of)
    of_the_home = city(today(house, as_of), YANGQUAN).rolling
    assert of_the_home.pushed
    assert (own.rolling.pushed, own.rolling.answered, own.rolling.due, own.rolling.on_time) == (
        of_the_home.pushed,
        of_the_home.answered,
        of_the_home.due,
        of_the_home.on_time,
    )
    ((span, quality), _) = own.quality
    assert (span, quality.answered_once) == ("近7日", own.rolling.answered)
