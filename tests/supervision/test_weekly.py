"""One hand-made window and its edges: every number below was worked out by hand."""

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from include.periods import Period, period_ending
from include.supervision.figures import FeedbackCounts, Flag, FlagReason, from_json, to_json
from include.supervision.weekly import ranks_by_overdue, windows
from include.supervision.weekly_figures import CategoryCount, CountyCount, DayCount, SummaryFigures
from tests.supervision.states import moment, states
from tests.supervision.summaries import (
    ALARMS,
    MIDWEEK,
    PROBLEMS,
    SEASON,
    answered,
    city,
    stays,
    summary,
)


def test_the_windows_of_a_beat() -> None:
    at = windows(MIDWEEK, SEASON)
    assert at is not None
    assert at.window == MIDWEEK
    assert at.previous == period_ending("midweek", date(2020, 3, 4))
    assert (at.season.start, at.season.end, at.season.as_of) == (
        date(2020, 3, 1),
        date(2020, 3, 11),
        MIDWEEK.as_of,
    )
    assert at.read == (moment("03-01 00:00"), moment("03-11 00:00"))


def test_the_last_window_is_cut_at_the_seasons_end_and_the_next_beat_has_none() -> None:
    last = windows(period_ending("midweek", date(2020, 6, 17)), SEASON)
    assert last is not None
    assert (last.window.start, last.window.end) == (date(2020, 6, 14), date(2020, 6, 16))
    assert last.period.end == date(2020, 6, 17)  # the letter keeps the key of its beat
    assert windows(period_ending("weekend", date(2020, 6, 21)), SEASON) is None


def test_the_first_window_has_none_before_and_reads_the_days_of_the_flags() -> None:
    first = windows(period_ending("midweek", date(2020, 3, 4)), SEASON)
    assert first is not None
    assert first.previous is None
    assert first.read == (moment("02-26 00:00"), moment("03-04 00:00"))


def test_totals_of_the_window_the_one_before_and_the_season() -> None:
    figures = summary()
    assert figures.total == FeedbackCounts(
        pushed=6,
        answered=5,
        due=6,
        on_time=4,
        late=1,
        overdue=1,
        upheld=1,
        problems=4,
        alarms_with_problem=3,
    )
    assert figures.previous_total == FeedbackCounts(
        pushed=3, answered=2, due=3, on_time=2, overdue=1, problems=1, alarms_with_problem=1
    )
    assert figures.season_total == FeedbackCounts(
        pushed=9,
        answered=7,
        due=9,
        on_time=6,
        late=1,
        overdue=2,
        upheld=1,
        problems=5,
        alarms_with_problem=4,
        rectification_due=1,
        rectified=1,
        chronic=1,
    )


def test_who_ranks_before_whom() -> None:
    """Fault 9: 焦作 with one alarm whose time was not up stood last, 开封 with one late answer first. 1 is the worst."""
    alarms = states(
        {"pushed_at": "03-10 12:00", "alarm_id": "J1", "unit_code": "140100"},  # within its 24 hours
        answered("03-08 06:00", "03-09 18:00", alarm_id="K1", unit_code="130100"),
        answered("03-08 06:00", "03-08 18:00", alarm_id="X1", unit_code="610100"),
        answered("03-08 06:00", "03-08 18:00", alarm_id="Y1", unit_code="140300"),
    )
    found = [(one.unit_name, one.rank, one.is_tied) for one in summary(alarms, PROBLEMS.iloc[:0]).cities]
    assert found == [
        ("石家庄市", 1, False),
        ("阳泉市", 2, True),
        ("西安市", 2, True),
        ("太原市", None, False),
    ]


def test_cities_are_ranked_worst_first_and_without_those_whose_time_is_not_up() -> None:
    figures = summary()
    assert [
        (one.unit_name, one.rank, one.is_tied, str(one.window.on_time_rate)) for one in figures.cities
    ] == [
        ("阳泉市", 1, False, "2/3（66.7%）"),  # one is overdue
        ("石家庄市", 2, False, "1/2（50.0%）"),  # one was late
        ("西安市", 3, False, "1/1（100.0%）"),
        ("太原市", None, False, "—"),
    ]
    assert city(figures, "610100").previous == FeedbackCounts()
    yangquan = city(figures, "140300")
    # One alarm is overdue for 12 hours; the one of 1 March for more than seven days, which is a mark of its own.
    assert yangquan.flag == Flag("remind", (FlagReason("overdue", 1),), chronic=1, recent_overdue=1)
    assert city(figures, "140100").window == FeedbackCounts(upheld=1)


def test_ranks_go_by_overdue_then_on_time_over_due_then_late() -> None:
    standing = {
        "most overdue": FeedbackCounts(due=40, overdue=2, on_time=38),
        "least on time": FeedbackCounts(due=4, overdue=1, on_time=1, late=2),
        "tied": FeedbackCounts(due=4, on_time=3, late=1),
        "tied too": FeedbackCounts(due=4, on_time=3, late=1),
        "more late": FeedbackCounts(due=8, on_time=6, late=2),
        "none due": FeedbackCounts(pushed=5),
    }
    assert ranks_by_overdue(standing) == {
        "most overdue": 1,
        "least on time": 2,
        "more late": 3,
        "tied": 4,
        "tied too": 4,
    }


def test_letters_and_listed_alarms_are_counted_beside_the_flags() -> None:
    urged = pd.DataFrame(
        {
            "alarm_id": ["Y1", "Y1", "Y4"],
            "unit_code": "140300",
            "left_at": [moment("03-03 08:30"), moment("03-06 08:30"), moment("03-11 08:30")],
        }
    )
    told = city(summary(urged=urged), "140300")
    assert (told.first_urged, told.urged_again, told.listed) == (0, 0, 1)
    earlier = summary(urged=urged, period=period_ending("weekend", date(2020, 3, 8)))
    told = city(earlier, "140300")
    assert (told.first_urged, told.urged_again, told.listed) == (0, 1, 0)


def test_the_window_before_is_seen_as_of_its_own_moment() -> None:
    late = states(answered("03-03 08:00", "03-05 12:00", alarm_id="L1", unit_code="130100"))
    unanswered = late.assign(standing_event=None, standing_submission_at=pd.to_datetime([None], utc=True))
    figures = summary(late, PROBLEMS.iloc[:0], before_states=unanswered)
    assert figures.previous_total == FeedbackCounts(pushed=1, due=1, overdue=1)
    assert figures.season_total.answered == 1


def test_alarms_by_day_start_with_the_season_and_have_no_gap() -> None:
    days = summary().days
    assert [one.day for one in days] == [date(2020, 3, day) for day in range(1, 11)]
    assert days[7:] == (
        DayCount(date(2020, 3, 8), 2, 2),
        DayCount(date(2020, 3, 9), 3, 2),
        DayCount(date(2020, 3, 10), 1, 1),
    )
    later = summary(period=period_ending("midweek", date(2020, 4, 15))).days
    assert (len(later), later[0].day) == (28, date(2020, 3, 18))


def test_problems_by_category_and_county() -> None:
    figures = summary()
    assert [one for one in figures.categories if one.season] == [
        CategoryCount("扬尘（道路）", 1, 1, 2, 1),
        CategoryCount("露天焚烧", 1, 0, 1, 1),
        CategoryCount("垃圾露天倾倒", 1, 0, 1, 1),
        CategoryCount("其他", 1, 0, 1, 0),
    ]
    assert sum(one.problems for one in figures.categories) == figures.total.problems
    assert figures.counties == (
        CountyCount(1, "130100", "石家庄市", "赵县", 1, 2),
        CountyCount(2, "140300", "阳泉市", "郊区", 3, 1),
        CountyCount(2, "610100", "西安市", "鄠邑区", 1, 1),
    )


def test_no_alarms_at_all() -> None:
    figures = summary(ALARMS.iloc[:0], PROBLEMS.iloc[:0])
    assert figures.total == figures.season_total == FeedbackCounts()
    assert [one.rank for one in figures.cities] == [None] * 4
    assert (figures.cases, figures.suggestions, figures.counties, figures.sources) == ((), (), (), ())
    assert all(one == DayCount(one.day, 0, 0) for one in figures.days)
    assert figures.is_simulated is False


def test_one_province_has_its_own_cities_only() -> None:
    figures = summary(province_code="140000")
    assert figures.scope == "山西省"
    assert figures.letter_key == "summary_140000_midweek_2020-03-08_2020-03-11_1"
    assert [(one.unit_name, one.rank) for one in figures.cities] == [("阳泉市", 1), ("太原市", None)]
    assert (figures.total.pushed, figures.season_total.pushed, figures.total.upheld) == (3, 4, 1)


def test_one_city_alone_is_first_and_not_tied() -> None:
    figures = summary(stays=stays(("140300", "2018-07-01", None)))
    assert [(one.unit_name, one.rank, one.is_tied) for one in figures.cities] == [("阳泉市", 1, False)]
    assert figures.total.pushed == 3


def test_a_city_counts_from_the_day_it_joins_to_the_day_before_it_leaves() -> None:
    figures = summary(stays=stays(("130100", "2018-07-01", "2020-03-09"), ("140300", "2020-03-09", None)))
    assert [(one.unit_name, one.window.pushed, one.remark) for one in figures.cities] == [
        ("阳泉市", 2, "3月9日起纳入重点区域"),  # Y2 was pushed on the 8th
        ("石家庄市", 1, "3月9日起不再列入重点区域"),  # S4 was pushed on the 9th
    ]
    assert city(figures, "140300").previous is None  # it was not in the region then
    assert city(figures, "130100").previous == FeedbackCounts(
        pushed=2, answered=2, due=2, on_time=2, problems=1, alarms_with_problem=1
    )
    assert figures.total.pushed == 3


def test_a_city_that_changes_its_region_stays_in() -> None:
    figures = summary(stays=stays(("140300", "2018-07-01", "2020-03-09"), ("140300", "2020-03-09", None)))
    assert [(one.unit_name, one.window.pushed, one.remark) for one in figures.cities] == [("阳泉市", 3, "")]


def test_public_holidays_inside_the_window_are_named() -> None:
    season = (date(2020, 1, 1), date(2020, 3, 1))
    new_year = summary(
        ALARMS.iloc[:0], PROBLEMS.iloc[:0], period=period_ending("midweek", date(2020, 1, 29)), season=season
    )
    assert new_year.holidays == (date(2020, 1, 26), date(2020, 1, 27), date(2020, 1, 28))
    assert summary().holidays == ()  # a weekend alone is none


def test_an_unheard_city_is_a_task_beside_its_flag() -> None:
    told, plain = city(summary(unheard=("140300",)), "140300"), city(summary(), "140300")
    assert (told.needs_address, told.flag) == (True, plain.flag)
    assert not plain.needs_address


def test_figures_survive_json() -> None:
    figures = summary()
    assert from_json(SummaryFigures, to_json(figures)) == figures


def test_simulated_data_is_said() -> None:
    assert summary(ALARMS.assign(is_simulated=ALARMS["alarm_id"] == "S3")).is_simulated is True


@pytest.mark.parametrize(("days", "pushed"), [(1, 2), (2, 5), (3, 6)])
def test_a_cut_window_counts_its_days_only(days: int, pushed: int) -> None:
    season = (date(2020, 3, 1), date(2020, 3, 8 + days))
    figures = summary(season=season)
    assert figures.window == Period.of_days(date(2020, 3, 8), season[1], "midweek", MIDWEEK.as_of)
    assert figures.total.pushed == pushed
    assert replace(figures.window, end_at=MIDWEEK.end_at) == figures.period
