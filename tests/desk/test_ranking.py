"""Units by window: ranks, changes and lines were worked out by hand."""

import csv
import io
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import Engine

from include.desk.facts import season_facts
from include.desk.ranking import Span, UnitRow, last_whole_day, ranking, span_before, span_of
from include.supervision.figures import FeedbackCounts
from tests.desk.facts import (
    NOW,
    SHIJIAZHUANG,
    YANGQUAN,
    Browser,
    add_alarm,
    add_event,
    add_problem,
    house_of,
    moment,
)

SEASON = (date(2020, 3, 1), date(2020, 7, 1))


@pytest.mark.parametrize(
    ("name", "day", "span", "before"),
    [
        ("day", date(2020, 3, 1), ("2020-03-01", "2020-03-02"), ("2020-02-29", "2020-03-01")),
        ("week", date(2020, 3, 11), ("2020-03-08", "2020-03-15"), ("2020-03-01", "2020-03-08")),
        ("week", date(2020, 3, 8), ("2020-03-08", "2020-03-15"), ("2020-03-01", "2020-03-08")),
        ("half_month", date(2020, 3, 15), ("2020-03-01", "2020-03-16"), ("2020-02-16", "2020-03-01")),
        ("half_month", date(2020, 3, 16), ("2020-03-16", "2020-04-01"), ("2020-03-01", "2020-03-16")),
        ("month", date(2020, 12, 31), ("2020-12-01", "2021-01-01"), ("2020-11-01", "2020-12-01")),
        ("season", date(2020, 4, 1), ("2020-03-01", "2020-07-01"), None),
        ("free", date(2020, 3, 11), ("2020-03-09", "2020-03-12"), ("2020-03-06", "2020-03-09")),
    ],
)
def test_windows_and_the_ones_before(
    name: str, day: date, span: tuple[str, str], before: tuple[str, str] | None
) -> None:
    found = span_of(name, day, date(2020, 3, 9), SEASON)  # type: ignore[arg-type]
    assert (str(found.start), str(found.end)) == span
    earlier = span_before(name, found)  # type: ignore[arg-type]
    assert (None if earlier is None else (str(earlier.start), str(earlier.end))) == before


@pytest.fixture
def store(engine: Engine) -> Engine:
    add_alarm(engine, "late answer", "03-09 06:00")
    add_event(engine, "late answer", "submitted", "03-10 09:00")
    add_problem(engine, "P1", "late answer", "03-09 12:00")
    add_alarm(engine, "overdue", "03-10 06:00", unit_code=SHIJIAZHUANG)
    add_alarm(engine, "before", "03-05 06:00")
    add_event(engine, "before", "submitted", "03-05 09:00")
    return engine


def test_a_week_with_its_change_and_line(store: Engine, tmp_path: Path) -> None:
    house = house_of(store, tmp_path)
    found = ranking(house, season_facts(house, NOW), "week", date(2020, 3, 11), None, "overdue")
    assert (found.span, found.before) == (
        Span(date(2020, 3, 8), date(2020, 3, 15)),
        Span(date(2020, 3, 1), date(2020, 3, 8)),
    )
    assert found.rows[0] == UnitRow(
        SHIJIAZHUANG,
        "石家庄市",
        1,
        FeedbackCounts(pushed=1, due=1, overdue=1),
        FeedbackCounts(),
        (0, 0, 0, 0, 0, 0, 0, 1),
        {},
    )
    assert found.rows[1] == UnitRow(
        YANGQUAN,
        "阳泉市",
        2,
        FeedbackCounts(pushed=1, answered=1, due=1, late=1, problems=1, alarms_with_problem=1),
        FeedbackCounts(pushed=1, answered=1, due=1, on_time=1),
        (0,) * 8,
        {"其他": 1},
    )
    assert (found.rows[1].is_small, found.rows[2].rank, found.categories) == (True, None, ("其他",))


@pytest.mark.parametrize(
    ("sort", "line"),
    [
        ("overdue", (0, 0, 0, 0, 0, 0, 0, 0)),
        ("pushed", (0, 0, 0, 0, 0, 0, 1, 1)),
        ("late", (0, 0, 0, 0, 0, 0, 0, 1)),
        ("problems", (0, 0, 0, 0, 0, 0, 0, 1)),
        ("on_time", (None, None, None, None, None, None, 100, 0)),
        ("feedback", (None, None, None, None, None, None, 100, 100)),
    ],
)
def test_the_line_is_that_of_the_figure_that_was_asked_for(
    store: Engine, tmp_path: Path, sort: str, line: tuple[int | None, ...]
) -> None:
    house = house_of(store, tmp_path)
    found = ranking(house, season_facts(house, NOW), "week", date(2020, 3, 11), None, sort)
    (own,) = (row for row in found.rows if row.unit_code == YANGQUAN)
    assert own.line == line
    page = Browser(house).get("/ranking", params={"day": "2020-03-11", "sort": sort}).text
    words = " → ".join("—" if one is None else str(one) for one in line)
    assert f"<title>{words}</title>" in page


@pytest.mark.parametrize(
    ("name", "at", "day"),
    [
        ("week", "03-12 08:30", date(2020, 3, 7)),  # a Thursday: the week to Saturday is over
        ("week", "03-15 08:30", date(2020, 3, 14)),
        ("day", "03-12 08:30", date(2020, 3, 11)),
        ("half_month", "03-12 08:30", date(2020, 2, 29)),
        ("month", "04-01 00:00", date(2020, 3, 31)),
        ("season", "03-12 08:30", date(2020, 3, 11)),
    ],
)
def test_it_opens_on_the_last_window_that_is_over(name: str, at: str, day: date) -> None:
    assert last_whole_day(name, moment(at), SEASON) == day  # type: ignore[arg-type]


def test_a_running_window_is_compared_with_as_much_of_the_one_before(store: Engine, tmp_path: Path) -> None:
    house = house_of(store, tmp_path)
    add_alarm(store, "soon", "03-02 06:00")
    early = ranking(
        house, season_facts(house, moment("03-10 05:00")), "week", date(2020, 3, 9), None, "pushed"
    )
    assert (early.is_running, sum(row.before.pushed for row in early.rows)) == (True, 1)  # of two
    whole = ranking(house, season_facts(house, NOW), "week", date(2020, 3, 7), None, "pushed")
    assert (whole.is_running, whole.before) == (False, None)  # no day of the season is as old
    page = Browser(house).get("/ranking?day=2020-03-11").text
    assert "还没有结束" in page
    ahead = Browser(house).get("/ranking?window=day&day=2020-03-20").text
    assert ("还没有开始" in ahead, "还没有结束" in ahead) == (True, False)
    first = Browser(house).get("/ranking").text
    assert "2020-03-01 — 2020-03-07" in first
    assert "不作比较" in first
    assert "还没有结束" not in first


def test_the_page_and_its_files_say_the_same(store: Engine, tmp_path: Path) -> None:
    browser = Browser(house_of(store, tmp_path))
    page = browser.get("/ranking", params={"window": "week", "day": "2020-03-11"}).text
    assert "2020-03-08 — 2020-03-14" in page
    assert page.index("石家庄市") < page.index("阳泉市")
    saved = browser.get("/ranking.csv", params={"day": "2020-03-11"}).content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(saved)))
    assert [(row["位次"], row["单位"], row["超期未反馈"], row["其他"]) for row in rows[:2]] == [
        ("1", "石家庄市", "1", "0"),
        ("2", "阳泉市", "0", "1"),
    ]
    assert [rows[0][name] for name in ("时段自", "至", "截至（北京时间）")] == [
        "2020-03-08",
        "2020-03-14",
        "2020-03-12 08:30",
    ]
    book = openpyxl.load_workbook(
        io.BytesIO(browser.get("/ranking.xlsx", params={"day": "2020-03-11"}).content)
    )
    assert book.sheetnames == ["排名", "问题类别"]
    assert [cell.value for cell in book["排名"][2]][:4] == [1, SHIJIAZHUANG, "石家庄市", 1]
    by_problems = browser.get("/ranking", params={"day": "2020-03-11", "sort": "problems"}).text
    assert by_problems.index("阳泉市") < by_problems.index("石家庄市")
