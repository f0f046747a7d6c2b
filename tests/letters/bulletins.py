"""Small bulletins for the tests of letters, written out by hand; and a whole city's lattice for looking and for speed."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from math import cos, hypot, sin
from typing import Any
from unittest.mock import patch

from matplotlib.figure import Figure

from include.geo.boundaries import counties
from include.geo.grids import grid_cells
from include.geo.regions import cities, members_on
from include.letters.pictures.bulletin_pictures import bulletin_pictures
from include.letters.pictures.chart_style import small_png
from include.letters.pictures.overview_pictures import overview_pictures
from include.periods import Period, custom_period, period_ending
from include.supervision.bulletin_figures import (
    AirLevel,
    BulletinFigures,
    CitySituation,
    CountySituation,
    DayLevel,
    Enterprise,
    FollowUp,
    GridInspection,
    GridSituation,
    HighArea,
    ListedGrid,
    OpenAlarm,
    OverviewFigures,
    PollutantMean,
    ProblemCount,
    RegionSituation,
    WarnedGrid,
    Warnings,
)
from include.supervision.figures import FeedbackCounts, Issue

ISSUE = Issue(
    issuer="热点网格远程监督组",
    contact="王建国",
    phone="010-12345678",
    reply_to="fankui@example.org",
    number="环执法通函〔2020〕3号",
    issued_on="2020年4月1日",
)
OVERVIEW_ISSUE = replace(ISSUE, number=None)
PREVIEW = replace(ISSUE, number=None, issued_on=None)
SECOND_HALF: Period = period_ending("half_month", date(2020, 4, 1))
FIRST_HALF: Period = period_ending("half_month", date(2020, 3, 16))
SEASON = custom_period(date(2020, 3, 1), date(2020, 6, 16))
NOTHING = GridInspection(0, 0, 0, 0, 0, ())
WILD = "=1+1 <b>甲</b> #let {{ 乙 }} 鄠瀍洺"


def level(value: float | None, valid_days: int = 16, **changes: Any) -> AirLevel:
    """A level that fell by 20 % on the year before and rose by 5 % on the window before, 7th of 39."""
    found = AirLevel(
        value,
        valid_days,
        None if value is None else value / 0.8,
        -20.0,
        None if value is None else value / 1.05,
        5.0,
        7,
        39,
        False,
    )
    if value is None:
        found = replace(found, yoy_pct=None, pop_pct=None, rank=None)
    return replace(found, **changes)


def situation(**changes: Any) -> CitySituation:
    """石家庄市 of the second half of March."""
    found = CitySituation(
        unit_code="130100",
        unit_name="石家庄市",
        province_name="河北省",
        region="2+26",
        half=level(52.5),
        month=level(50.5, 31),
        year=level(80.4, 91, pop_pct=None, before_ug_m3=None, yoy_pct=0.04),
        days_over=2,
        without_dust=None,
        dust_hours=0,
        window=FeedbackCounts(
            pushed=12,
            answered=11,
            due=11,
            on_time=9,
            late=1,
            overdue=1,
            problems=7,
            alarms_with_problem=5,
            rectification_due=6,
            rectified=4,
        ),
        season=FeedbackCounts(
            pushed=30,
            answered=29,
            due=29,
            on_time=26,
            late=2,
            overdue=1,
            problems=15,
            alarms_with_problem=12,
            rectification_due=14,
            rectified=12,
        ),
    )
    return replace(found, **changes)


def grid(number: int, value: float | None, **changes: Any) -> GridSituation:
    """Grid `number` (from 1): three columns of 0.04°, in 赵县 (1 to 3) and 晋州市."""
    west, south = 114.7 + 0.0334 * ((number - 1) % 3), 37.7 + 0.027 * ((number - 1) // 3)
    found = GridSituation(
        grid_id=f"T{number}",
        county="赵县" if number <= 3 else "晋州市",
        name=f"第{number}号网格",
        west=round(west, 4),
        south=round(south, 4),
        east=round(west + 0.0334, 4),
        north=round(south + 0.027, 4),
        half=level(value, rank=number, ranked=5),
        inspection=NOTHING,
        is_high=False,
    )
    return replace(found, **changes)


FOUND = GridInspection(3, 2, 1, 2, 1, (("扬尘（工地）", 1), ("工业企业", 1)))
GRIDS = (
    grid(
        1,
        92.4,
        is_high=True,
        inspection=FOUND,
        half=level(92.4, rank=5, ranked=5, yoy_pct=12.34, pop_pct=-0.04),
    ),
    grid(2, 88.0, is_high=True, half=level(88.0, rank=3, ranked=5, is_tied=True, yoy_pct=3.0, pop_pct=26.0)),
    grid(3, 88.0, half=level(88.0, rank=3, ranked=5, is_tied=True, yoy_pct=3.0, pop_pct=0.0)),
    grid(4, 61.5, name=WILD, half=level(61.5, rank=2, ranked=5, yoy_pct=-31.0, pop_pct=None)),
    grid(5, 40.0, half=level(40.0, rank=1, ranked=5)),
    grid(6, None, half=level(None, 9, ranked=5)),
)


def enterprise(number: int, **changes: Any) -> Enterprise:
    """Enterprise `number`: 1 inside the grid, the others 1.2 km further to the north-east each."""
    found = Enterprise(
        f"E{number}",
        f"第{number}热电厂",
        "火力发电",
        "石家庄市",
        "赵县",
        114.71,
        37.71,
        1.25 * (number - 1),
        "东北" if number > 1 else "",
    )
    return replace(found, **changes)


def days(period: Period, values: tuple[float | None, ...] = ()) -> tuple[DayLevel, ...]:
    """Days of a window; the first values are given, the others 40, of a limit of 75."""
    count = (period.end - period.start).days
    whole = (*values, *((40.0,) * (count - len(values))))
    return tuple(
        DayLevel(period.start + timedelta(days=place), value, 24 if value is not None else 11, 55.0, 75, None)
        for place, value in enumerate(whole)
    )


WARNED = WarnedGrid(
    "130100",
    "石家庄市",
    "T1",
    "赵县",
    "第1号网格",
    "月均浓度最高、环比变化最差",
    92.4,
    10.0,
    8.0,
    3,
    4,
    "连续3次",
    114.7167,
    37.7135,
)
NEAR = replace(
    WARNED,
    grid_id="T2",
    name="第2号网格",
    reasons="月均浓度最高（第2位）",
    pm25_ug_m3=88.0,
    in_a_row=0,
    in_a_year=0,
    escalation="",
)
WARNINGS = Warnings(date(2020, 3, 1), (WARNED,), (NEAR,), ())


def open_alarm(number: int, pushed_at: str, deadline_at: str, **changes: Any) -> OpenAlarm:
    """Alarm `number` at grid T`number`, Beijing times; within its time unless `changes` say otherwise."""
    found = OpenAlarm(
        f"A{number}",
        f"T{number}",
        "赵县",
        f"第{number}号点位",
        datetime.fromisoformat(f"{pushed_at}+08:00"),
        datetime.fromisoformat(f"{deadline_at}+08:00"),
        "待反馈",
        0.0,
        False,
    )
    return replace(found, **changes)


# One since before the season, one of the window that is overdue, one whose time is not up.
OPEN_ALARMS = (
    open_alarm(
        9, "2020-02-20T07:00", "2020-02-21T07:00", status="超期未反馈", overdue_hours=937.5, is_chronic=True
    ),
    open_alarm(1, "2020-03-29T09:00", "2020-03-30T09:00", status="超期未反馈", overdue_hours=47.5),
    open_alarm(2, "2020-03-31T22:15", "2020-04-01T22:15"),
)


def bulletin(**changes: Any) -> BulletinFigures:
    """The bulletin of the second half of March to 石家庄市: six grids, one without enough days."""
    listed = (
        ListedGrid(1, GRIDS[0], (enterprise(1), enterprise(2)), 1, 1),
        ListedGrid(2, GRIDS[1], (), 0, 0),
        ListedGrid(2, GRIDS[2], (), 0, 0),
        ListedGrid(4, GRIDS[3], (), 0, 0),
        ListedGrid(5, GRIDS[4], (), 0, 0),
    )
    figures = BulletinFigures(
        letter_key=SECOND_HALF.letter_key("bulletin", "130100"),
        city=situation(),
        bureau="石家庄市生态环境局",
        period=SECOND_HALF,
        window=SECOND_HALF,
        season=replace(SEASON, end_at=SECOND_HALF.end_at),
        days=days(SECOND_HALF, (80.0, 76.0, 75.0, None)),
        pollutants=(
            PollutantMean("pm10_ug_m3", 104.5, 16),
            PollutantMean("co_mg_m3", 1.25, 16),
            PollutantMean("o3_8h_ug_m3", None, 9),
        ),
        editions=("GB 3095-2012",),
        counties=(
            CountySituation("赵县", 3, 89.5, 6.1, 8.6, 2, FOUND),
            CountySituation("晋州市", 2, 50.75, -25.5, None, 0, NOTHING),
            CountySituation("新乐市", 0, None, None, None, 0, GridInspection(1, 1, 0, 0, 0, ())),
        ),
        grids=GRIDS,
        high_areas=(HighArea(1, ("赵县",), ("T1", "T2"), 90.2, 92.4, 114.7334, 37.7135, FOUND, 1),),
        highest=listed,
        rising=(listed[0], replace(listed[1], place=2), replace(listed[2], place=2)),
        warnings=WARNINGS,
        categories=(ProblemCount("扬尘（工地）", 4, 3), ProblemCount("工业企业", 3, 1)),
        follow_ups=(FollowUp("warned_again", 1, 1, ("T1",)), FollowUp("overdue", 2, 3, ("T9", "T1"))),
        cities=39,
        reply_by=date(2020, 4, 11),
        completeness="统计时段内应有数据均已取得",
        rules_version="2026-11",
        is_simulated=False,
        sources=("城市空气质量存档", "热点网格监管平台"),
        open_alarms=OPEN_ALARMS,
    )
    return replace(figures, **changes)


def first_half(**changes: Any) -> BulletinFigures:
    """The same city in the first half: no month, no warning grids."""
    base = bulletin()
    return replace(
        base,
        letter_key=FIRST_HALF.letter_key("bulletin", "130100"),
        period=FIRST_HALF,
        window=FIRST_HALF,
        season=replace(SEASON, end_at=FIRST_HALF.end_at),
        city=situation(month=None, half=level(52.5, 15), year=level(80.4, 75, yoy_pct=-3.0)),
        days=days(FIRST_HALF),
        warnings=None,
        reply_by=date(2020, 3, 26),
        **changes,
    )


def without_air(**changes: Any) -> BulletinFigures:
    """A city whose air has too few days, without readings of grids and without alarms."""
    return bulletin(
        city=situation(
            half=level(None, 4),
            month=level(None, 19),
            year=level(None, 60),
            days_over=0,
            window=FeedbackCounts(),
        ),
        days=days(SECOND_HALF, (None,) * 12),
        pollutants=(),
        counties=(),
        grids=(),
        high_areas=(),
        highest=(),
        rising=(),
        warnings=Warnings(date(2020, 3, 1), (), (), ()),
        categories=(),
        follow_ups=(),
        open_alarms=(),
        **changes,
    )


def city_situations(count: int = 39) -> tuple[CitySituation, ...]:
    """Cities by rank: two share the first place, the last one has too few days."""
    rows = members_on(SECOND_HALF.start).iloc[:count]
    found = []
    for place, (_, row) in enumerate(rows.iterrows()):
        value = None if place == count - 1 else 30.25 if place <= 1 else 30.0 + 0.9 * place
        rank = None if value is None else 1 if place <= 1 else place + 1
        now = level(
            value,
            16 if value else 8,
            rank=rank,
            ranked=count - 1,
            is_tied=place <= 1,
            yoy_pct=None if value is None else -20 + 1.1 * place,
            pop_pct=None if value is None else 9 - 0.5 * place,
        )
        counts = FeedbackCounts(
            place % 5,
            place % 5 - (place == 9),
            place % 5,
            place % 5 - (place == 9),
            0,
            int(place == 9),
            0,
            place % 3,
            min(place % 3, place % 5),
        )
        found.append(
            situation(
                unit_code=str(row["unit_code"]),
                unit_name=str(row["unit_name"]),
                region=str(row["region"]),
                half=now,
                month=now,
                year=now,
                window=counts,
                season=counts,
                days_over=place // 20,
            )
        )
    return tuple(found)


def overview(count: int = 39, **changes: Any) -> OverviewFigures:
    """The overview of the second half of March."""
    rows = city_situations(count)
    total = FeedbackCounts(
        *(sum(getattr(one.window, name) for one in rows) for name in FeedbackCounts.__dataclass_fields__)
    )
    figures = OverviewFigures(
        letter_key=SECOND_HALF.letter_key("overview", "leader"),
        period=SECOND_HALF,
        window=SECOND_HALF,
        season=replace(SEASON, end_at=SECOND_HALF.end_at),
        cities=rows,
        regions=(
            RegionSituation("2+26", 28, 45.5, -12.3, 4.5),
            RegionSituation("汾渭平原", 10, 39.5, -0.04, -3.0),
            RegionSituation("39个城市", 38, 44.0, -10.0, 0.0),
        ),
        worst_level=tuple(one.unit_code for one in rows[-2:-5:-1]),
        worst_yoy=tuple(one.unit_code for one in rows[-2:-5:-1]),
        worst_pop=tuple(one.unit_code for one in rows[2:5]),
        total=total,
        season_total=total,
        categories=(ProblemCount("扬尘（工地）", 20, 15), ProblemCount("工业企业", 10, 9)),
        highest=tuple(("石家庄市", one) for one in GRIDS[:5]),
        rising=(("石家庄市", GRIDS[0]), ("石家庄市", GRIDS[1]), ("石家庄市", GRIDS[2])),
        warnings=WARNINGS,
        grids=6,
        valid_grids=5,
        editions=("GB 3095-2012",),
        completeness="统计时段内应有数据均已取得",
        rules_version="2026-11",
        is_simulated=False,
        sources=("城市空气质量存档", "热点网格监管平台"),
    )
    return replace(figures, **changes)


def whole_city(unit_code: str, every: int = 1) -> BulletinFigures:
    """A bulletin with every n-th cell of the city's real lattice; smooth made-up concentrations around two middles."""
    cells = grid_cells(counties([unit_code])).iloc[::every]
    x0, y0 = cells["west"].mean(), cells["south"].mean()
    rows = []
    for place, cell in enumerate(cells.itertuples()):
        far = hypot(cell.west - x0 - 0.15, cell.south - y0 + 0.1)
        value = 44 + 30 * max(0.0, 0.6 - far) + 4 * sin(37 * cell.west) * cos(29 * cell.south)
        change = 18 * sin(9 * cell.west) + 9 * cos(23 * cell.south)
        half = level(value, yoy_pct=change, pop_pct=change / 2) if place % 29 else level(None, 9)
        rows.append(
            GridSituation(
                cell.grid_id,
                cell.county,
                cell.name,
                cell.west,
                cell.south,
                cell.east,
                cell.north,
                half,
                NOTHING,
                False,
            )
        )
    rows.sort(key=lambda one: -(one.half.pm25_ug_m3 or 0))
    valid = sum(one.half.pm25_ug_m3 is not None for one in rows)
    ranked = [
        replace(one, half=replace(one.half, rank=valid - place if place < valid else None, ranked=valid))
        for place, one in enumerate(rows)
    ]
    high = ranked[: max(len(ranked) // 20, 3)]
    ids = {one.grid_id for one in high}
    grids = tuple(replace(one, is_high=one.grid_id in ids) for one in ranked)
    top = grids[0]
    area = HighArea(
        1,
        (top.county,),
        tuple(one.grid_id for one in high),
        70.0,
        77.0,
        (top.west + top.east) / 2,
        (top.south + top.north) / 2,
        FOUND,
        4,
    )
    names = cities().set_index("unit_code")["unit_name"]
    near = tuple(enterprise(number) for number in range(1, 6))
    listed = tuple(ListedGrid(place, one, near, 1, 9) for place, one in enumerate(grids[:10], start=1))
    warned = tuple(
        replace(
            WARNED,
            unit_code=unit_code,
            unit_name=str(names[unit_code]),
            grid_id=one.grid_id,
            county=one.county,
            name=one.name,
        )
        for one in (grids[0], grids[len(grids) // 2], grids[-40 if len(grids) > 40 else -1])
    )
    by_county = sorted({one.county for one in grids})
    return bulletin(
        letter_key=SECOND_HALF.letter_key("bulletin", unit_code),
        city=situation(unit_code=unit_code, unit_name=str(names[unit_code])),
        bureau=f"{names[unit_code]}生态环境局",
        counties=tuple(
            CountySituation(name, 20, 70.0 - place, -3.0 + place, 2.0 - place, place % 3, FOUND)
            for place, name in enumerate(by_county)
        ),
        grids=grids,
        high_areas=(area,),
        highest=listed,
        rising=tuple(one for one in listed if (one.grid.half.yoy_pct or 0.0) > 0),
        warnings=replace(WARNINGS, warned=warned),
        is_simulated=True,
    )


@contextmanager
def small_pictures() -> Iterator[None]:
    """Pictures of few pixels, for tests that look at something else."""

    def few(figure: Figure) -> bytes:
        return small_png(figure, dpi=30)

    bulletin_pictures.cache_clear()
    overview_pictures.cache_clear()
    with (
        patch("include.letters.pictures.bulletin_pictures.small_png", few),
        patch("include.letters.pictures.overview_pictures.small_png", few),
    ):
        yield
    bulletin_pictures.cache_clear()
    overview_pictures.cache_clear()
