"""One grid: its days against the limit, its months as a warning grid, the enterprises around; as values and on its page."""

from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import Engine, insert

from include.desk.grids import GridDay, GridHour, GridWarning, grid_days, grid_warnings
from include.desk.pages.grid_charts import Bar, HourBar, Mark, day_chart, hour_chart
from include.store import tables
from include.store.air_tables import enterprise
from include.store.engine import writing
from include.store.hourly import place_days, replace_files
from include.store.warning_history import KeptMonth, replace_month
from tests.desk.facts import NOW, YANGQUAN, Browser, add_alarm, house_of, moment, provenance

GRID = "T85711"
FIRST = date(2020, 3, 1)


def put_days(root: Path, *means: tuple[float, int]) -> list[date]:
    """Daily means with their hours from 1 March on, beside those of another grid."""
    dates = [FIRST + timedelta(days=number) for number in range(len(means))]
    days = pd.DataFrame(
        {
            "place_id": [GRID, "other"] * len(means),
            "observed_on": [pd.Timestamp(day) for day in dates for _ in range(2)],
            "pm25_ug_m3": [value for mean, _ in means for value in (mean, 999.0)],
            "pm25_hours": [value for _, hours in means for value in (hours, 24)],
        }
    )
    hours = days.rename(columns={"pm25_hours": "hour"}).assign(hour=0)
    replace_files(root, "grid", dates, hours, days)
    return dates


def test_days_are_judged_by_their_hours_and_the_limit_of_the_day(tmp_path: Path) -> None:
    dates = put_days(tmp_path, (75.4, 24), (75.6, 20), (200.0, 19))
    told = place_days(tmp_path, "grid", GRID, [*dates, date(2020, 3, 4)])
    assert grid_days(told, [*dates, date(2020, 3, 4)]) == (
        GridDay(date(2020, 3, 1), 75.4, 24, True, 75, False),  # prints 75: not above 75
        GridDay(date(2020, 3, 2), 75.6, 20, True, 75, True),
        GridDay(date(2020, 3, 3), 200.0, 19, False, 75, False),  # an hour short of a daily mean
        GridDay(date(2020, 3, 4), None, 0, False, 75, False),
    )
    [after] = grid_days(told.assign(observed_on=pd.Timestamp("2026-03-01")).iloc[:1], [date(2026, 3, 1)])
    assert (after.limit_ug_m3, after.is_over) == (60, True)
    assert place_days(tmp_path, "grid", GRID, [date(2021, 1, 1)]).empty


def test_the_chart_places_bars_lines_and_limits() -> None:
    days = (
        GridDay(date(2026, 2, 28), 60.0, 24, True, 75, False),
        GridDay(date(2026, 3, 1), None, 0, False, 60, False),
        GridDay(date(2026, 3, 2), 90.0, 10, False, 60, False),
        GridDay(date(2026, 3, 3), 90.0, 24, True, 60, True),
    )
    chart = day_chart(days, {date(2026, 3, 2): 2, date(2026, 4, 1): 1})
    assert chart is not None
    assert [value for _, value in chart.lines] == [0, 20, 40, 60, 80, 100]
    # 216 units high, 100 μg/m³ at y 30, 0 at y 246; 916 wide from x 44, so 229 a day; the limits' values stand right of x 960
    assert chart.bars == (
        Bar(days[0], 44.0, 116.4, 129.6, "level-ok"),
        Bar(days[2], 502.0, 51.6, 194.4, "level-thin"),
        Bar(days[3], 731.0, 51.6, 194.4, "level-over"),
    )
    assert chart.dates == ((44.0, "2026-02-28"), (273.0, "03-01"), (502.0, "03-02"), (731.0, "03-03"))
    assert chart.limits == ((44.0, 273.0, 84.0, 75), (273.0, 960.0, 116.4, 60))
    assert chart.marks == (Mark(593.6, 14.0, date(2026, 3, 2), 2),)
    assert day_chart(days[1:2], {}) is None


@pytest.mark.parametrize(("count", "apart"), [(14, 1), (31, 5), (62, 5), (92, 7), (183, 14), (366, 28)])
def test_dates_on_the_axis_do_not_crowd(count: int, apart: int) -> None:
    days = [GridDay(FIRST + timedelta(days=number), 40.0, 24, True, 75, False) for number in range(count)]
    chart = day_chart(days, {})
    assert chart is not None
    assert len(chart.dates) == -(-count // apart) <= 14


def test_the_hours_of_a_day_and_those_of_an_alarm() -> None:
    hours = (GridHour(0, 50.0, False), GridHour(1, None, True))
    chart = hour_chart(hours)
    assert chart is not None
    # 60 μg/m³ at the top
    assert chart.bars == (HourBar(hours[0], 44.0, 66.0, 180.0), HourBar(hours[1], 502.0, 246.0, 0.0))
    assert chart.alarms == ((685.2, 14.0),)
    assert chart.hours == ((227.2, 0), (685.2, 1))
    assert hour_chart(hours[1:]) is None
    assert hour_chart(()) is None


def test_the_page_of_a_grid_shows_the_hours_of_a_day_on_demand(engine: Engine, tmp_path: Path) -> None:
    add_alarm(engine, "A1", "03-11 06:00", last_at=moment("03-11 08:00"))
    house = house_of(engine, tmp_path)
    day = date(2020, 3, 11)
    hours = pd.DataFrame(
        {
            "place_id": GRID,
            "observed_on": pd.Timestamp(day),
            "hour": range(24),
            "pm25_ug_m3": [100.0 + hour for hour in range(24)],
        }
    )
    replace_files(house.hourly_dir, "grid", [day], hours)
    browser = Browser(house)
    assert "03-11 小时浓度" not in browser.get(f"/grids/{GRID}?at=2020-03-12T08:30").text
    page = browser.get(f"/grids/{GRID}?at=2020-03-12T08:30&day=2020-03-11").text
    # the picture for a wide page and the one for a phone
    assert page.count('class="level-alarm"') == 2 * 3
    assert "<title>7:00 107.0 μg/m³ · 报警时段</title>" in page
    assert "这一天没有小时值。" in browser.get(f"/grids/{GRID}?day=2020-03-10").text
    assert browser.get(f"/grids/{GRID}?day=2020-02-31").status_code == 400


def ranks(*rows: tuple[str, str, int]) -> pd.DataFrame:
    """Rows of sql/warnings_of_grid.sql: month, reason, rank."""
    return pd.DataFrame(
        [
            {
                "month": f"{month}-01",
                "unit_code": YANGQUAN,
                "grid_id": GRID,
                "reason": reason,
                "rank": rank,
                "pm25_ug_m3": 60.0,
                "yoy_pct": 5.0,
                "pop_pct": None,
            }
            for month, reason, rank in rows
        ]
    )


def test_months_of_warning_carry_their_counts() -> None:
    listed = ranks(
        ("2020-02", "level", 1),
        ("2020-02", "year_on_year", 1),
        ("2020-01", "level", 1),
        ("2019-12", "level", 1),
        ("2019-10", "level", 2),
        ("2019-03", "level", 1),
        ("2019-02", "level", 1),
    )
    judged = [moment.date() for moment in pd.date_range("2019-01-01", "2020-02-01", freq="MS")]
    assert grid_warnings(listed, judged)[:4] == (
        GridWarning(date(2020, 2, 1), "月均浓度最高、同比变化最差", 60.0, 3, 4, "连续3次", False),
        GridWarning(date(2020, 1, 1), "月均浓度最高", 60.0, 2, 4, "", False),
        GridWarning(date(2019, 12, 1), "月均浓度最高", 60.0, 1, 3, "", False),
        GridWarning(date(2019, 10, 1), "月均浓度最高（第2位）", 60.0, 0, 0, "", True),
    )
    assert grid_warnings(listed.iloc[:0], judged) == ()


@pytest.fixture
def store(engine: Engine) -> Engine:
    """The grid with bounds (3 km), one alarm, two enterprises near it and one far away."""
    add_alarm(engine, "A1", "03-11 06:00")
    with writing(engine) as connection:
        connection.execute(
            insert(tables.grid).values(
                grid_id=GRID,
                unit_code=YANGQUAN,
                county="郊区",
                name="荫营镇",
                west=113.55,
                south=37.92,
                east=113.584,
                north=37.947,
                is_hot=True,
                is_monitored=True,
                **provenance(),
            )
        )
        spots = (
            ("E1", "荫营<铝业>", 113.56, 37.93),
            ("E2", "东边水泥厂", 113.60, 37.9335),
            ("E3", "远处电厂", 113.9, 37.93),
        )
        for enterprise_id, name, lon, lat in spots:
            connection.execute(
                insert(enterprise).values(
                    source="test",
                    enterprise_id=enterprise_id,
                    name=name,
                    industry="水泥",
                    unit_code=YANGQUAN,
                    county="郊区",
                    lon=lon,
                    lat=lat,
                    is_simulated=False,
                    received_at=NOW,
                )
            )
        for month in ("2020-02", "2020-03"):
            rows = ranks((month, "level", 1)).drop(columns="month")
            first = date.fromisoformat(f"{month}-01")
            replace_month(connection, KeptMonth(first, 1, 1, False, ""), rows, now=NOW)
    return engine


def test_the_page_of_a_grid(store: Engine, tmp_path: Path) -> None:
    house = house_of(store, tmp_path)
    put_days(house.hourly_dir, *[(40.0, 24)] * 10, (90.2, 24), (500.0, 24))
    page = Browser(house).get(f"/grids/{GRID}?at=2020-03-12T08:30").text
    assert "2020-03-01 至 2020-03-11：有效11天，其中超标1天" in page  # 12 March is not over
    assert "<title>2020-03-11 90.2 μg/m³ · 24小时 · 超标</title>" in page
    assert "GB 3095-2012" in page
    assert '<code>113.567000,37.933500</code> <button type="button" data-copy="113.567000,37.933500"' in page
    assert "2020-02</th>" in page
    assert "2020-03</th>" not in page  # March was not over: it was no warning grid of March yet
    assert page.index("荫营&lt;铝业&gt;") < page.index("东边水泥厂")
    assert ("网格内</span>" in page, "东 1.4 km" in page, "远处电厂" in page) == (True, True, False)


def test_the_page_of_a_grid_says_what_is_not_known(engine: Engine, tmp_path: Path) -> None:
    add_alarm(engine, "A1", "03-11 06:00")
    page = Browser(house_of(engine, tmp_path)).get(f"/grids/{GRID}?at=2020-03-12T08:30").text
    for words in (
        "空气质量库中没有这个网格监管期的数据。",
        "没有被列为预警网格的记录。",
        "没有导入企业名录，或网格没有边界。",
    ):
        assert words in page
