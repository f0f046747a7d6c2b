"""The bulletin of a tiny region in full, by hand; and of a random one against plain pandas."""

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from include.periods import period_ending
from include.supervision.air_quality import windows
from include.supervision.bulletin import BulletinFacts, bulletin_figures, bulletin_windows
from include.supervision.bulletin_figures import (
    AirLevel,
    BulletinFigures,
    CitySituation,
    CountySituation,
    DayLevel,
    Enterprise,
    FollowUp,
    GridInspection,
    HalfMonthBulletins,
    HighArea,
    PollutantMean,
    ProblemCount,
    RegionSituation,
    WarnedGrid,
    Warnings,
)
from include.supervision.figures import FeedbackCounts, from_json, to_json
from tests.supervision.bulletins import (
    ALARMS,
    ENTERPRISES,
    GRIDS,
    bulletin_facts,
    enterprise_table,
    grid_table,
    windows_ending,
)
from tests.supervision.states import states
from tests.supervision.summaries import CITIES, SEASON, stays

APRIL_1 = windows_ending("2020-04-01")
NO_INSPECTION = GridInspection(0, 0, 0, 0, 0, ())


def figures(at: Any = APRIL_1, **changes: Any) -> HalfMonthBulletins:
    return bulletin_figures(bulletin_facts(at, **changes), at, "数据完整。")


def bulletin(code: str = "130100", at: Any = APRIL_1, **changes: Any) -> BulletinFigures:
    return next(one for one in figures(at, **changes).bulletins if one.city.unit_code == code)


def level(
    pm25: float | None, days: int, yoy: Any, pop: Any, rank: Any, of: int, *, tied: bool = False
) -> AirLevel:
    """`yoy`, `pop`: (the other value, change in per cent)."""
    return AirLevel(pm25, days, yoy[0], yoy[1], pop[0], pop[1], rank, of, tied)


def test_the_windows_of_a_beat() -> None:
    assert APRIL_1.month == period_ending("month", date(2020, 4, 1))
    assert (APRIL_1.season.start, APRIL_1.season.end) == (date(2020, 3, 1), date(2020, 4, 1))
    first = windows_ending("2020-03-16")
    assert first.month is None
    assert first.read == (first.window.starts_at, first.window.ends_at)
    assert bulletin_windows(period_ending("half_month", date(2020, 3, 1)), SEASON) is None
    cut = windows_ending("2020-04-01", (date(2020, 3, 20), date(2020, 6, 16)))
    assert (cut.period.start, cut.window.start, cut.season.start) == (
        date(2020, 3, 16),
        date(2020, 3, 20),
        date(2020, 3, 20),
    )


def test_the_situation_of_a_city_in_full() -> None:
    assert bulletin().city == CitySituation(
        unit_code="130100",
        unit_name="石家庄市",
        province_name="河北省",
        region="2+26",
        half=level(81.0, 16, (90.0, -10.0), (60.0, 35.0), 3, 3),
        month=level(81.0, 31, (90.0, -10.0), (60.0, 35.0), 2, 3),
        year=level(81.0, 16, (90.0, -10.0), (None, None), 3, 3),
        days_over=1,
        without_dust=level(78.0, 16, (90.0, pytest.approx(-40 / 3)), (60.0, 30.0), 3, 3),
        dust_hours=5,
        window=FeedbackCounts(
            pushed=4,
            answered=3,
            due=4,
            on_time=2,
            late=1,
            overdue=1,
            upheld=1,
            problems=3,
            alarms_with_problem=2,
            rectification_due=3,
            rectified=2,
            chronic=1,
        ),
        season=FeedbackCounts(
            pushed=5,
            answered=4,
            due=5,
            on_time=3,
            late=1,
            overdue=1,
            upheld=1,
            problems=3,
            alarms_with_problem=2,
            rectification_due=3,
            rectified=2,
            chronic=1,
        ),
    )


def test_days_pollutants_counties_and_categories_of_a_city_in_full() -> None:
    one = bulletin()
    assert len(one.days) == 16
    assert one.days[:4] == (
        DayLevel(date(2020, 3, 16), 90.0, 24, 80.0, 75, 90),
        DayLevel(date(2020, 3, 17), None, 19, None, 75, None),
        DayLevel(date(2020, 3, 18), 75.0, 20, None, 75, 75),
        DayLevel(date(2020, 3, 19), None, 0, None, 75, None),
    )
    # SO2 has a day too few; CO was not measured.
    assert one.pollutants == (PollutantMean("pm10_ug_m3", 150.0, 13), PollutantMean("so2_ug_m3", None, 12))
    inspected = GridInspection(2, 2, 0, 2, 1, (("扬尘（道路）", 1), ("其他", 1)))
    assert one.counties == (
        CountySituation("赵县", 2, 115.0, 15.0, 15.0, 2, inspected),
        # 长安区: level of G3 to G5, year-on-year of G3 and G4 (80 on 102.5), over the window before of all three (70 on 63⅓)
        CountySituation(
            "长安区",
            3,
            70.0,
            pytest.approx(100 * (80 / 102.5 - 1)),
            pytest.approx(100 * (70 / (190 / 3) - 1)),
            1,
            GridInspection(1, 0, 1, 0, 0, ()),
        ),
        CountySituation(
            "藁城区", 0, None, None, None, 0, GridInspection(1, 1, 0, 1, 1, (("扬尘（道路）", 1),))
        ),
    )
    assert one.categories == (ProblemCount("扬尘（道路）", 2, 2), ProblemCount("其他", 1, 0))


def test_grids_high_areas_and_lists_of_a_city_in_full() -> None:
    one = bulletin()
    assert [(grid.grid_id, grid.half.pm25_ug_m3, grid.half.rank, grid.is_high) for grid in one.grids] == [
        ("G1", 120.0, 5, True),
        ("G2", 110.0, 4, True),
        ("G3", 100.0, 3, True),
        ("G4", 60.0, 2, False),
        ("G5", 50.0, 1, False),
        ("G6", None, None, False),
    ]
    assert {grid.half.ranked for grid in one.grids} == {5}
    assert one.grids[2].inspection == GridInspection(1, 0, 1, 0, 0, ())
    # The mean of the five is 88, so that high grids are above 92.4: G1 and G2, one grid apart, and G3 on its own.
    assert one.high_areas == (
        HighArea(
            1,
            ("赵县",),
            ("G1", "G2"),
            115.0,
            120.0,
            pytest.approx(114 + 1.5 * 0.033713),
            pytest.approx(37 + 0.5 * 0.02703),
            GridInspection(2, 2, 0, 2, 1, (("扬尘（道路）", 1), ("其他", 1))),
            2,
        ),
        HighArea(
            2,
            ("长安区",),
            ("G3",),
            100.0,
            100.0,
            pytest.approx(114 + 9.5 * 0.033713),
            pytest.approx(37 + 9.5 * 0.02703),
            GridInspection(1, 0, 1, 0, 0, ()),
            0,
        ),
    )
    assert [(row.place, row.grid.grid_id, row.inside, row.nearby) for row in one.highest] == [
        (1, "G1", 1, 1),
        (2, "G2", 1, 1),
        (3, "G3", 0, 0),
        (4, "G4", 0, 0),
        (5, "G5", 0, 0),
    ]
    # E1 lies in G1, E2 in the missing grid between, E3 in G2; E4 stands 4.5 km over the northern edge of G2.
    first = one.highest[0].enterprises
    assert [(found.enterprise_id, round(found.distance_km, 2), found.direction) for found in first] == [
        ("E1", 0.0, ""),
        ("E2", 1.5, "东"),
    ]
    assert first[0] == Enterprise(
        "E1",
        "E1公司",
        "铸造",
        "石家庄市",
        "赵县",
        pytest.approx(114.0168565),
        pytest.approx(37.013515),
        0.0,
        "",
    )
    assert [(found.enterprise_id, found.direction) for found in one.highest[1].enterprises] == [
        ("E3", ""),
        ("E2", "西"),
    ]
    # Only rises: G3 and G4 fell, G5 has nothing to compare with, G6 no figure.
    assert [(row.place, row.grid.grid_id, row.grid.half.yoy_pct) for row in one.rising] == [
        (1, "G1", 20.0),
        (2, "G2", 10.0),
    ]


def test_warnings_and_follow_ups_of_a_city_in_full() -> None:
    one = bulletin()
    assert one.warnings == Warnings(
        date(2020, 3, 1),
        (
            WarnedGrid(
                "130100",
                "石家庄市",
                "G1",
                "赵县",
                "赵县G1号网格",
                "月均浓度最高",
                118.0,
                None,
                3.0,
                3,
                4,
                "连续3次",
                pytest.approx(114.0168565),
                pytest.approx(37.013515),
            ),
            WarnedGrid(
                "130100",
                "石家庄市",
                "G5",
                "长安区",
                "长安区G5号网格",
                "环比变化最差",
                51.0,
                1.0,
                9.0,
                1,
                1,
                "",
                pytest.approx(114 + 30.5 * 0.033713),
                pytest.approx(37.013515),
            ),
        ),
        (),
        (date(2019, 4, 1),),
    )
    assert one.follow_ups == (
        FollowUp("warned_again", 1, 2, ("G1",)),
        FollowUp("rising_without_alarm", 1, 2, ("G2",)),  # the alarm of G2 was none (误报)
        FollowUp("overdue", 1, 1, ("G3",)),
        FollowUp("rectification_overdue", 1, 3, ("其他",)),
        FollowUp("insufficient", 1, 6, ("G6",)),
    )


def test_open_alarms_stay_in_the_bulletin_however_old() -> None:
    """Also those pushed before the season and before the unit was of a key region; not those pushed after the window."""
    old = states(
        {
            "pushed_at": "02-20 07:00",
            "alarm_id": "S0",
            "unit_code": "130100",
            "county": "赵县",
            "grid_id": "G1",
        },
        {
            "pushed_at": "04-01 07:00",
            "alarm_id": "S9",
            "unit_code": "130100",
            "county": "赵县",
            "grid_id": "G1",
        },
    )
    told = [
        (one.alarm_id, one.status, one.is_chronic)
        for one in bulletin(states=pd.concat([ALARMS, old], ignore_index=True)).open_alarms
    ]
    assert told == [("S0", "超期未反馈", True), ("S4", "超期未反馈", True)]
    # Y1 was pushed at 12:00 of the last day: its time is not up.
    assert [(one.alarm_id, one.status, one.overdue_hours) for one in bulletin("140300").open_alarms] == [
        ("Y1", "待反馈", 0.0)
    ]


def test_what_every_letter_of_the_beat_says() -> None:
    beat = figures()
    one, overview = beat.bulletins[0], beat.overview
    assert overview is not None
    assert (one.letter_key, one.bureau, one.reply_by, one.cities) == (
        "bulletin_130100_half_month_2020-03-16_2020-04-01_1",
        "石家庄市生态环境局",
        date(2020, 4, 11),
        4,
    )
    assert overview.letter_key == "overview_leader_half_month_2020-03-16_2020-04-01_1"
    assert one.editions == overview.editions == ("GB 3095-2012",)
    assert one.sources == overview.sources == ("air-quality", "test")
    assert not one.is_simulated
    assert from_json(HalfMonthBulletins, to_json(beat)) == beat


def test_the_overview_in_full() -> None:
    overview = figures().overview
    assert overview is not None
    assert [(city.unit_name, city.half.rank, city.half.is_tied) for city in overview.cities] == [
        ("太原市", 1, True),
        ("阳泉市", 1, True),
        ("石家庄市", 3, False),
        ("西安市", None, False),
    ]
    # Year-on-year of the three with a figure (201 on 200), over the window before of 石家庄 and 太原 (141 on 140).
    all_cities = (3, 67.0, pytest.approx(0.5), pytest.approx(100 / 140))
    assert overview.regions == (RegionSituation("2+26", *all_cities), RegionSituation("4个城市", *all_cities))
    assert overview.worst_level == ("130100", "140100", "140300")
    assert overview.worst_yoy == ("140100", "140300", "130100")
    assert overview.worst_pop == ("130100", "140100")
    assert overview.month_worst_level == ("140300", "130100", "140100")
    assert overview.month_worst_yoy == ("140300", "140100", "130100")
    assert (overview.total.pushed, overview.season_total.pushed) == (5, 6)
    assert overview.categories == (ProblemCount("扬尘（道路）", 2, 2), ProblemCount("其他", 1, 0))
    assert [(city, grid.grid_id) for city, grid in overview.highest] == [
        ("石家庄市", "G1"),
        ("石家庄市", "G2"),
        ("石家庄市", "G3"),
        ("石家庄市", "G4"),
        ("阳泉市", "Y1"),
        ("石家庄市", "G5"),
    ]
    assert [grid.grid_id for _, grid in overview.rising] == ["G1", "G2"]
    assert (overview.grids, overview.valid_grids) == (7, 6)
    # 秦皇岛 is in no key region: its warning grid is in no letter.
    assert overview.warnings is not None
    assert [one.grid_id for one in overview.warnings.warned] == ["G1", "G5"]


def test_a_first_half_has_neither_month_nor_warnings() -> None:
    beat = figures(windows_ending("2020-03-16"))
    overview = beat.overview
    assert overview is not None
    assert (
        overview.warnings,
        overview.month_worst_level,
        overview.month_worst_yoy,
        overview.month_worst_pop,
    ) == (None, (), (), ())
    assert {one.warnings for one in beat.bulletins} == {one.city.month for one in beat.bulletins} == {None}
    assert "warned_again" not in {asked.rule for one in beat.bulletins for asked in one.follow_ups}


def test_a_city_without_grids_enterprises_dust_or_figure() -> None:
    one = bulletin("610100", enterprises=None)
    assert (one.grids, one.counties, one.high_areas, one.highest, one.rising, one.follow_ups) == ((),) * 6
    assert one.city.half == level(None, 0, (70.0, None), (70.0, None), None, 3)
    assert (one.city.without_dust, one.city.dust_hours, one.pollutants) == (None, 0, ())
    assert {day.pm25_ug_m3 for day in one.days} == {None}


def test_without_a_table_of_enterprises_nothing_is_said_of_them() -> None:
    one = bulletin(enterprises=None)
    assert {area.enterprises for area in one.high_areas} == {None}
    assert {(row.enterprises, row.inside, row.nearby) for row in one.highest} == {((), None, None)}


def test_a_grid_without_bounds_is_listed_and_forms_no_area() -> None:
    window = windows(APRIL_1.period)
    grids = {**GRIDS, "G0": ("130100", "赵县", None, (130.0, 100.0, 100.0))}
    one = bulletin(grids=grid_table(grids, window))
    assert [row.grid.grid_id for row in one.highest][:2] == ["G0", "G1"]
    assert (one.highest[0].grid.west, one.highest[0].inside, one.highest[0].grid.is_high) == (
        None,
        None,
        False,
    )
    assert [area.grid_ids for area in one.high_areas] == [("G1", "G2")]  # of the highest three one is nowhere


def test_a_flat_city_has_no_high_value_area() -> None:
    window = windows(APRIL_1.period)
    grids = {
        f"F{place}": ("130100", "赵县", (float(place), 0.0), (50.0 + place / 2, 50.0, 50.0))
        for place in range(6)
    }
    one = bulletin(grids=grid_table(grids, window))  # the mean is 51.25, the highest 52.5
    assert one.high_areas == ()


def test_ties_are_listed_together_and_share_their_place() -> None:
    window = windows(APRIL_1.period)
    grids = {
        f"F{place:02d}": ("130100", "赵县", (place * 3.0, 0.0), (100.0 if place < 9 else 60.0, 50.0, 50.0))
        for place in range(14)
    }
    one = bulletin(grids=grid_table(grids, window))
    assert [row.place for row in one.highest] == [1] * 9 + [10] * 5
    assert {grid.half.is_tied for grid in one.grids} == {True}
    assert {grid.half.rank for grid in one.grids} == {1, 6}
    assert (
        len({grid_id for area in one.high_areas for grid_id in area.grid_ids}) == 9
    )  # the last of the three is one of nine equal


def test_only_grids_without_a_figure() -> None:
    window = windows(APRIL_1.period)
    grids = dict.fromkeys(("F1", "F2"), ("130100", "赵县", (0.0, 0.0), (None, 50.0, 50.0)))
    one = bulletin(grids=grid_table(grids, window))
    assert [grid.half.rank for grid in one.grids] == [None, None]
    assert (one.high_areas, one.highest, one.rising) == ((), (), ())
    assert next(county for county in one.counties if county.county == "赵县").pm25_ug_m3 is None
    assert FollowUp("insufficient", 2, 2, ("F1", "F2")) in one.follow_ups


def test_crowded_areas_and_rebounding_counties_are_asked_about() -> None:
    window = windows(APRIL_1.period)
    grids = {
        "G1": ("130100", "赵县", (0.0, 0.0), (120.0, 150.0, 100.0)),
        "G2": ("130100", "长安区", (9.0, 0.0), (60.0, 90.0, 51.0)),
    }
    enterprises = enterprise_table({f"E{number}": (0.1 * number, 0.5) for number in range(1, 6)})
    one = bulletin(
        grids=grid_table(grids, window),
        enterprises=enterprises,
        states=bulletin_facts(APRIL_1).states.iloc[:0],
        warnings=None,
    )
    assert one.follow_ups == (FollowUp("rebound", 1, 2, ("赵县",)), FollowUp("clustered", 1, 1, ("1",)))
    assert (one.highest[0].inside, len(one.highest[0].enterprises)) == (5, 5)


def test_no_more_questions_than_the_rules_allow() -> None:
    window = windows(APRIL_1.period)
    grids = {
        **GRIDS,
        "G2": ("130100", "赵县", (2.0, 0.0), (110.0, 100.0, 80.0)),
        "G1": ("130100", "赵县", (0.0, 0.0), (120.0, 100.0, 80.0)),
    }
    asked = [one.rule for one in bulletin(grids=grid_table(grids, window)).follow_ups]
    assert asked == [
        "warned_again",
        "rising_without_alarm",
        "overdue",
        "rectification_overdue",
        "rebound",
    ]  # 数据不足 is the sixth


def test_high_grids_where_nothing_was_found_are_asked_about() -> None:
    facts = bulletin_facts(APRIL_1)
    one = bulletin(problems=facts.problems.iloc[:0])
    assert FollowUp("high_without_problem", 1, 1, ("G1",)) in one.follow_ups  # G3 has no answer yet


def test_a_city_that_joined_inside_the_window_counts_from_that_day() -> None:
    joined = stays(("130100", "2020-03-18", None), *((code, "2018-07-01", None) for code in list(CITIES)[1:]))
    one = bulletin(stays=joined)
    assert (one.city.window.pushed, one.city.season.pushed) == (2, 2)


def test_a_city_that_left_is_in_no_letter() -> None:
    left = stays(*((code, "2018-07-01", "2020-03-20" if code == "130100" else None) for code in CITIES))
    members = left[left["unit_code"] != "130100"][
        ["unit_code", "unit_name", "province_name", "region", "bureau", "address_form"]
    ]
    beat = figures(stays=left, cities=members)
    assert beat.overview is not None
    assert [one.city.unit_code for one in beat.bulletins] == ["140100", "140300", "610100"]
    assert (beat.overview.total.pushed, beat.overview.grids, beat.overview.categories) == (1, 1, ())
    assert beat.overview.worst_level == ("140100", "140300")


def test_inspections_count_inside_the_season_only() -> None:
    at = windows_ending("2020-04-01", (date(2020, 3, 18), date(2020, 6, 16)))
    one = bulletin(at=at)
    assert (one.city.window.pushed, one.city.season.pushed) == (2, 2)
    assert len(one.days) == 16  # the air of the whole half-month


def test_a_leap_day_has_no_day_a_year_before() -> None:
    at = windows_ending("2020-03-01", (date(2020, 2, 1), date(2020, 6, 16)))
    days = pd.DataFrame(
        {
            "place_id": "130100",
            "observed_on": pd.to_datetime(["2020-02-28", "2020-02-29", "2019-02-28"]),
            "pm25_ug_m3": [50.0, 60.0, 40.0],
            "pm25_hours": 24,
            "pm25_iaqi": pd.array([69, 82, 56], dtype="Int64"),
        }
    )
    one = bulletin(at=at, days=days)
    assert one.days[-2:] == (
        DayLevel(date(2020, 2, 28), 50.0, 24, 40.0, 75, 69),
        DayLevel(date(2020, 2, 29), 60.0, 24, None, 75, 82),
    )


@pytest.mark.parametrize(
    ("period_end", "limit", "edition"),
    [("2026-03-01", 75, "GB 3095-2012"), ("2026-03-16", 60, "GB 3095-2026")],
)
def test_each_half_is_judged_by_the_edition_of_its_days(period_end: str, limit: int, edition: str) -> None:
    at = windows_ending(period_end, (date(2026, 1, 1), date(2026, 6, 16)))
    one = bulletin(at=at, states=bulletin_facts(APRIL_1).states.iloc[:0])
    assert {day.limit_ug_m3 for day in one.days} == {limit}
    assert one.editions == (edition,)


def test_simulated_data_anywhere_marks_every_letter() -> None:
    facts = bulletin_facts(APRIL_1)
    for change in (
        {"is_simulated": True},
        {"enterprises": ENTERPRISES.assign(is_simulated=True)},
        {"states": facts.states.assign(is_simulated=facts.states["alarm_id"] == "S1")},
    ):
        beat = bulletin_figures(replace(facts, **change), APRIL_1, "")
        assert beat.overview is not None
        assert beat.overview.is_simulated
        assert all(one.is_simulated for one in beat.bulletins)


def test_the_noise_of_sums_is_not_in_the_figures() -> None:
    """DuckDB adds in any order: the same readings must not look like changed figures (更正)."""
    facts = bulletin_facts(APRIL_1)
    noisy = facts.grids.assign(
        pm25_ug_m3=facts.grids["pm25_ug_m3"] * (1 + 3e-16), yoy_pct=facts.grids["yoy_pct"] + 1e-13
    )
    assert to_json(bulletin_figures(replace(facts, grids=noisy), APRIL_1, "")) == to_json(
        bulletin_figures(facts, APRIL_1, "")
    )


def random_facts(seed: int) -> BulletinFacts:
    """Sixty grids of 石家庄 and thirty of 阳泉, some values equal, some missing; three hundred enterprises."""
    random = np.random.default_rng(seed)
    window = windows(APRIL_1.period)

    def value(least: float) -> float | None:
        return None if random.random() < 0.1 else float(np.round(random.gamma(9, 9), 1)) + least

    grids = {
        f"T{number:02d}": (
            "130100" if number < 60 else "140300",
            f"{number % 7}县",
            (float(number % 12), float(number // 12)),
            (value(1), value(1), value(1)),
        )
        for number in range(90)
    }
    enterprises = enterprise_table(
        {f"E{number:03d}": (random.uniform(-1, 13), random.uniform(-1, 9)) for number in range(300)}
    )
    return bulletin_facts(APRIL_1, grids=grid_table(grids, window), enterprises=enterprises)  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_order_of_rows_is_of_no_matter(seed: int) -> None:
    facts = random_facts(seed)
    shuffled = {
        name: rows.sample(frac=1, random_state=seed)
        for name, rows in vars(facts).items()
        if isinstance(rows, (pd.DataFrame, pd.Series))
    }
    expected = bulletin_figures(facts, APRIL_1, "")
    assert to_json(bulletin_figures(replace(facts, **shuffled), APRIL_1, "")) == to_json(expected)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_random_city_equals_plain_pandas(seed: int) -> None:
    facts = random_facts(seed)
    one = next(
        one for one in bulletin_figures(facts, APRIL_1, "").bulletins if one.city.unit_code == "130100"
    )
    own = facts.grids[facts.grids["unit_code"] == "130100"]
    known = own.dropna(subset=["pm25_ug_m3"])
    ranks = known["pm25_ug_m3"].rank(method="min")
    assert {grid.grid_id: grid.half.rank for grid in one.grids if grid.half.rank} == ranks.to_dict()
    tenth = known["pm25_ug_m3"].nlargest(10).iloc[-1]
    assert {row.grid.grid_id for row in one.highest} == set(known.index[known["pm25_ug_m3"] >= tenth])
    both = known.dropna(subset=["year_before_ug_m3"])
    change = (both["pm25_ug_m3"] / both["year_before_ug_m3"] - 1) * 100
    risen = change[change > 0]
    assert {row.grid.grid_id for row in one.rising} == set(risen.index[risen >= risen.nlargest(10).iloc[-1]])
    means = known.groupby("county")["pm25_ug_m3"].mean()
    sums = both.groupby("county")[["pm25_ug_m3", "year_before_ug_m3"]].sum()
    yoy = (sums["pm25_ug_m3"] / sums["year_before_ug_m3"] - 1) * 100
    with_grids = [county for county in one.counties if county.grids]
    assert {county.county: county.pm25_ug_m3 for county in with_grids} == pytest.approx(means.to_dict())
    assert {county.county: county.yoy_pct for county in with_grids} == pytest.approx(yoy.to_dict())
    assert [county.pm25_ug_m3 for county in with_grids] == pytest.approx(sorted(means, reverse=True))
    # 54 or so of 60 grids have a figure: the highest six, where they are 5 % above the mean.
    wanted = -(-len(known) // 10)
    high = known.index[
        (known["pm25_ug_m3"] >= known["pm25_ug_m3"].nlargest(wanted).iloc[-1])
        & (known["pm25_ug_m3"] > 1.05 * known["pm25_ug_m3"].mean())
    ]
    assert {grid_id for area in one.high_areas for grid_id in area.grid_ids} == set(high)
    for row in one.highest:
        at = {name: getattr(row.grid, name) for name in ("west", "south", "east", "north")}
        inside = facts.enterprises[  # type: ignore[index]
            facts.enterprises["lon"].between(at["west"], at["east"])  # type: ignore[index]
            & facts.enterprises["lat"].between(at["south"], at["north"])  # type: ignore[index]
        ]
        assert row.inside == len(inside)
