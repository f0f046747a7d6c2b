"""The summaries of the whole demo season, against the second computation of `test_season` that shares nothing with them.

The same numbers are then read from the finished PDF, docx and workbook of one window.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from docx import Document

from include.connections import read_registry
from include.house import SETTINGS_FILE, House, open_house
from include.letters.summary import compose_summary
from include.periods import cut, midnight, office_zone, period_ending, periods_between
from include.rules import SEASON_END, SEASON_START
from include.simulator.region import write_region
from include.sources.config import SourceConfig
from include.sources.intake import pull
from include.store.engine import open_engine, reading
from include.store.facts import alarm_states, problems_found
from include.store.migrate import migrate
from include.supervision.feedback import counts, counts_between, judge, judge_problems
from include.supervision.figures import FeedbackCounts, Issue
from include.supervision.weekly_figures import SummaryFigures
from include.workflows.weekly_summary import summaries
from tests.letters.reading import pdf_pages, pdf_text, squeezed
from tests.letters.summaries import small_pictures
from tests.recount.walk import COUNTS, Recount
from tests.test_season import END_OF_JUNE, NOW

ISSUE = Issue("监管办公室", "值班室", "010-00000000", "fankui@example.org", issued_on="2020年4月5日")
WINDOWS = [
    ("midweek", "2020-03-04"),
    ("midweek", "2020-03-11"),
    ("weekend", "2020-04-05"),
    ("midweek", "2020-06-17"),
]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("region")
    write_region(SEASON_START, SEASON_END, folder)
    return folder


@pytest.fixture(scope="module")
def house(files: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """An installation whose store has the whole season."""
    var = tmp_path_factory.mktemp("var")
    engine = open_engine(f"sqlite:///{var / 'supervision.db'}")
    migrate(engine)
    source = SourceConfig("region", "files", str(files))
    pull(engine, source, midnight(SEASON_START), END_OF_JUNE, now=NOW)
    yield replace(open_house(read_registry(SETTINGS_FILE, {}), var), engine=engine, sources=(source,))
    engine.dispose()


@pytest.fixture(scope="module")
def walk(files: Path) -> Recount:
    return Recount(files)


@pytest.fixture(scope="module", params=WINDOWS, ids=lambda param: param[1])
def figures(request: pytest.FixtureRequest, house: House) -> SummaryFigures:
    kind, end = request.param
    return summaries(house, period_ending(kind, date.fromisoformat(end))).summaries[0]


def chosen(counts: FeedbackCounts) -> dict[str, int]:
    return {name: getattr(counts, name) for name in COUNTS}


def total(cities: dict[str, dict[str, int]]) -> dict[str, int]:
    return {name: sum(city[name] for city in cities.values()) for name in COUNTS}


def test_the_windows_add_up_to_the_season_at_one_moment(house: House) -> None:
    with reading(house.engine) as connection:
        read = (midnight(SEASON_START), midnight(SEASON_END), END_OF_JUNE)
        judged = judge(alarm_states(connection, *read), END_OF_JUNE)
        found = judge_problems(problems_found(connection, *read), judged, END_OF_JUNE)
    beats = [
        beat
        for kind in ("midweek", "weekend")
        for beat in periods_between(kind, SEASON_START, SEASON_END + timedelta(days=4))
    ]
    windows = [window for beat in beats if (window := cut(beat, SEASON_START, SEASON_END))]
    assert len(windows) == 31
    cities = sorted(set(judged["unit_code"]))
    parts = [
        counts(counts_between(judged, found, window.starts_at, window.ends_at, cities)) for window in windows
    ]
    whole = FeedbackCounts(
        **{name: sum(getattr(part, name) for part in parts) for name in FeedbackCounts.__dataclass_fields__}
    )
    assert (whole.pushed, whole.answered, whole.problems) == (5093, 5030, 3273)
    assert whole == counts(
        counts_between(judged, found, midnight(SEASON_START), midnight(SEASON_END), cities)
    )


def test_every_city_equals_the_second_computation(figures: SummaryFigures, walk: Recount) -> None:
    now = walk.counts(figures.window.starts_at, figures.window.ends_at, figures.period.as_of)
    season = walk.counts(figures.season.starts_at, figures.season.ends_at, figures.period.as_of)
    before = figures.previous and walk.counts(
        figures.previous.starts_at, figures.previous.ends_at, figures.previous.as_of
    )
    nothing = dict.fromkeys(COUNTS, 0)
    assert len(figures.cities) == 39
    for city in figures.cities:
        assert chosen(city.window) == now.get(city.unit_code, nothing), city.unit_name
        assert chosen(city.season) == season.get(city.unit_code, nothing), city.unit_name
        if before is not None:
            assert city.previous is not None
            assert chosen(city.previous) == before.get(city.unit_code, nothing), city.unit_name
    assert chosen(figures.total) == total(now)
    assert chosen(figures.season_total) == total(season)
    assert (figures.previous_total and chosen(figures.previous_total)) == (before and total(before))


def test_days_categories_and_repeats_equal_a_count_of_the_raw_files(
    figures: SummaryFigures, walk: Recount, files: Path
) -> None:
    as_of = figures.period.as_of
    upheld = {
        alarm
        for alarm, events in walk.events.items()
        if any(event == "dispute_upheld" and at <= as_of for at, _, event in events)
    }
    pushed = {
        alarm: revisions[0].pushed_at for alarm, revisions in walk.revisions.items() if alarm not in upheld
    }
    by_day = Counter(at.astimezone(office_zone()).date() for at in pushed.values())
    assert {one.day: one.pushed for one in figures.days} == {one.day: by_day[one.day] for one in figures.days}
    with (files / "problems.csv").open(encoding="utf-8-sig") as file:
        problems = [
            row
            for row in csv.DictReader(file)
            if row["alarm_id"] in pushed and datetime.fromisoformat(row["found_at"]) <= as_of
        ]
    window = [
        row
        for row in problems
        if figures.window.starts_at <= pushed[row["alarm_id"]] < figures.window.ends_at
    ]
    assert {one.category: one.problems for one in figures.categories if one.problems} == Counter(
        row["category"] for row in window
    )
    grids = Counter(
        walk.revisions[alarm][0].grid_id
        for alarm, at in pushed.items()
        if figures.window.ends_at - timedelta(days=30) <= at < figures.window.ends_at
    )
    new = {
        walk.revisions[alarm][0].grid_id
        for alarm, at in pushed.items()
        if figures.window.starts_at <= at < figures.window.ends_at
    }
    assert {one.grid_id: one.recent_alarms for one in figures.repeat_alarms} == {
        grid: count for grid, count in grids.items() if count >= 4 and grid in new
    }


def test_pdf_docx_and_workbook_have_the_numbers_of_the_second_computation(
    house: House, walk: Recount
) -> None:
    period = period_ending("weekend", date(2020, 4, 5))
    (figures,) = summaries(house, period).summaries
    letter = compose_summary(figures, ISSUE)
    pdf_file, docx_file, xlsx_file = letter.file("pdf"), letter.file("docx"), letter.file("xlsx")
    assert pdf_file is not None
    assert docx_file is not None
    assert xlsx_file is not None
    expected = walk.counts(period.starts_at, period.ends_at, period.as_of)
    workbook = pd.read_excel(
        io.BytesIO(xlsx_file.content), sheet_name="城市", dtype={"城市代码": str}, engine="openpyxl"
    ).set_index("城市")
    text = pdf_text(pdf_file.content, "模拟数据")
    (table,) = (
        one for one in Document(io.BytesIO(docx_file.content)).tables if one.rows[0].cells[0].text == "排名"
    )
    rows = [[cell.text for cell in row.cells] for row in table.rows][1:]
    assert len(rows) == 40
    for row in rows[:-1]:
        name, in_book = row[1], workbook.loc[row[1]]
        city = expected.get(in_book["城市代码"], dict.fromkeys(COUNTS, 0))
        printed = re.match(r"(\d+)/(\d+)（", row[4])
        assert (printed and (int(printed[1]), int(printed[2]))) == (
            (city["answered"], city["pushed"]) if city["pushed"] else None
        ), name
        assert row[6] == (f"{city['on_time']}/{city['due']}" if city["due"] else "—")
        assert [int(row[2]), int(row[7]), int(row[8])] == [city["pushed"], city["overdue"], city["problems"]]
        assert [in_book[key] for key in ("推送", "已反馈", "按期", "已到时限", "超期未反馈", "问题")] == [
            city[key] for key in ("pushed", "answered", "on_time", "due", "overdue", "problems")
        ]
        assert squeezed("".join(row)) in text, name  # the PDF has the whole row
    whole = total(expected)
    said = re.search(r"推送报警(\d+)条.*?已反馈(\d+)/(\d+)（([\d.]+)%）", text)
    assert said is not None
    assert [int(said[1]), int(said[2]), int(said[3])] == [whole["pushed"], whole["answered"], whole["pushed"]]
    assert said[4] == f"{100 * whole['answered'] / whole['pushed']:.1f}"
    assert f"排查发现问题{whole['problems']}个" in text
    assert letter.subject.startswith("【模拟数据】")


@pytest.mark.parametrize(
    ("kind", "end"), [("weekend", "2020-03-22"), ("midweek", "2020-04-15"), ("weekend", "2020-05-03")]
)
def test_the_busiest_windows_fit_two_pages(house: House, kind: str, end: str) -> None:
    (figures,) = summaries(house, period_ending(kind, date.fromisoformat(end))).summaries
    with small_pictures():
        file = compose_summary(figures, ISSUE).file("pdf")
    assert file is not None
    pages = [squeezed(page) for page in pdf_pages(file.content)]
    # What leaders read are two pages; the third begins with the annexes.
    assert [page.replace("模拟数据", "").startswith("附件1报警及反馈情况图") for page in pages[:4]] == [
        False,
        False,
        True,
        False,
    ]
    assert len(pages) <= 11


def test_a_summary_of_another_year_is_not_due(house: House) -> None:
    assert summaries(house, period_ending("midweek", date(2026, 3, 4))).summaries == ()
