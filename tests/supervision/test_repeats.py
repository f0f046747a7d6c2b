import pandas as pd

from include.supervision.feedback import judge
from include.supervision.figures import FeedbackCounts, Flag
from include.supervision.repeats import long_unanswered
from include.supervision.suggestions import suggestions
from include.supervision.weekly_figures import CategoryCount, RepeatAlarm, RepeatProblem, Subject, Suggestion
from tests.supervision.states import moment, problems, states
from tests.supervision.summaries import CITIES, MIDWEEK, answered, city_week, summary

DAYS = states(
    *(
        answered(
            f"03-0{day} 06:00",
            f"03-0{day} 12:00",
            alarm_id=f"Y{day}",
            unit_code="140300",
            grid_id="T85711",
            county="郊区",
        )
        for day in (1, 5, 8)
    ),
    {
        "pushed_at": "03-09 06:00",
        "alarm_id": "Y9",
        "unit_code": "140300",
        "grid_id": "T85711",
        "county": "郊区",
        "point_name": "新名称",
        "peak_pm25_ug_m3": 480.0,
    },
    *(
        answered(f"03-0{day} 06:00", f"03-0{day} 12:00", alarm_id=f"S{day}", unit_code="130100", grid_id="G1")
        for day in (1, 2, 3, 4)
    ),  # none in the window
)
FOUND = problems(
    {"problem_id": "P1", "alarm_id": "Y1", "found_at": "03-01 09:00", "category": "垃圾露天倾倒", "rectified_at": "03-02 09:00"},
    {"problem_id": "P2", "alarm_id": "Y8", "found_at": "03-08 09:00", "category": "垃圾露天倾倒"},
    {"problem_id": "P3", "alarm_id": "Y8", "found_at": "03-08 09:00", "category": "扬尘（裸土堆场）"},
    {"problem_id": "P4", "alarm_id": "Y8", "found_at": "03-08 10:00", "category": "扬尘（裸土堆场）"},  # the same alarm is no repetition
)  # fmt: skip


def test_a_repeat_alarm_is_a_grid_with_many_of_which_one_is_new() -> None:
    assert summary(DAYS, FOUND).repeat_alarms == (
        RepeatAlarm("T85711", "140300", "阳泉市", "郊区", "新名称", 2, 4, 4, 480.0, 4, 1),
    )


def test_a_repeat_problem_is_a_category_found_at_an_earlier_alarm_too() -> None:
    assert summary(DAYS, FOUND).repeat_problems == (
        RepeatProblem(
            "T85711",
            "140300",
            "阳泉市",
            "郊区",
            "点位",
            "垃圾露天倾倒",
            2,
            moment("03-01 09:00"),
            moment("03-08 09:00"),
            "整改中",
        ),
    )


def test_finds_of_one_day_are_no_repetition_and_finds_go_by_their_own_order() -> None:
    """Fault 8: two alarms of one grid inspected in one visit; and the earlier alarm whose find came later."""
    one_visit = problems(
        {"problem_id": "P1", "alarm_id": "Y5", "found_at": "03-08 09:00", "category": "露天焚烧"},
        {"problem_id": "P2", "alarm_id": "Y8", "found_at": "03-08 10:00", "category": "露天焚烧"},
    )
    assert summary(DAYS, one_visit).repeat_problems == ()
    later_find = problems(  # the window's alarm was looked into first: its find repeats nothing
        {"problem_id": "P1", "alarm_id": "Y8", "found_at": "03-08 09:00", "category": "露天焚烧"},
        {"problem_id": "P2", "alarm_id": "Y5", "found_at": "03-09 10:00", "category": "露天焚烧"},
    )
    assert summary(DAYS, later_find).repeat_problems == ()
    three_days = problems(
        {"problem_id": "P1", "alarm_id": "Y1", "found_at": "03-02 09:00", "category": "露天焚烧"},
        {"problem_id": "P2", "alarm_id": "Y5", "found_at": "03-08 08:00", "category": "露天焚烧"},
        {"problem_id": "P3", "alarm_id": "Y8", "found_at": "03-08 09:00", "category": "露天焚烧"},
        {"problem_id": "P4", "alarm_id": "Y9", "found_at": "03-10 09:00", "category": "露天焚烧"},
    )
    [row] = summary(DAYS, three_days).repeat_problems
    assert (row.alarms, row.first_found_at, row.last_found_at) == (
        3,
        moment("03-02 09:00"),
        moment("03-10 09:00"),
    )


def test_chronic_alarms_are_overdue_for_more_than_seven_days_and_know_their_reminders() -> None:
    alarms = states(
        {"pushed_at": "02-01 06:00", "alarm_id": "OLD", "unit_code": "140300"},  # before the season
        {"pushed_at": "03-03 08:59", "alarm_id": "EDGE", "unit_code": "130100"},
        {"pushed_at": "03-03 09:00", "alarm_id": "YOUNG", "unit_code": "130100"},
        answered("03-01 06:00", "03-02 06:00", alarm_id="DONE", unit_code="130100"),
    )
    urged = pd.DataFrame(
        {
            "alarm_id": ["OLD", "OLD", "OLD"],
            "unit_code": ["140300", "140300", "130100"],
            "left_at": [moment("03-03 08:30"), moment("03-06 08:30"), moment("03-09 08:30")],
        }
    )
    rows = summary(alarms, FOUND.iloc[:0], urged=urged).long_unanswered
    assert [(row.alarm.alarm_id, row.unit_name, row.days, row.urged) for row in rows] == [
        ("OLD", "阳泉市", 39, 2),
        ("EDGE", "石家庄市", 8, 0),
    ]
    assert long_unanswered(judge(alarms.iloc[:0], MIDWEEK.as_of), urged, {}, MIDWEEK) == ()


def categories(*rows: tuple[str, int, int | None]) -> tuple[CategoryCount, ...]:
    return tuple(CategoryCount(name, now, before, now, 0) for name, now, before in rows)


def test_what_is_suggested_and_in_which_order() -> None:
    cities = (
        city_week(
            "140300",
            6,
            8,
            rolling=FeedbackCounts(due=7, overdue=1),
            flag=Flag(
                "urge", (), chronic=4, recent_overdue=2
            ),  # one of them was pushed before the rolling days
            season=FeedbackCounts(rectification_due=9, rectified=6),
        ),
        city_week(
            "130100",
            5,
            5,
            rolling=FeedbackCounts(due=3, overdue=1),
            flag=Flag("remind", (), recent_overdue=1),
            season=FeedbackCounts(rectification_due=4, rectified=4),
        ),
        city_week("610100", 4, 4, level="remind"),
    )
    repeats = (RepeatAlarm("T85711", "140300", "阳泉市", "郊区", "点位", 2, 17, 20, 480.0, 4, 1),)
    found = categories(("露天焚烧", 10, 9), ("工业企业", 9, 4), ("VOCs", 7, 4), ("其他", 14, 0))
    assert suggestions(cities, found, repeats, (), has_previous=True) == (
        Suggestion("overdue", 3, 0, (Subject("阳泉市", 2), Subject("石家庄市", 1))),
        Suggestion("repeated", 1, 0, (Subject("阳泉市郊区T85711", 17),)),
        Suggestion(
            "frequent_problems", 19, 40, (Subject("露天焚烧", 10, 9), Subject("工业企业", 9, 4))
        ),  # a quarter of all; 5 more, 125 %
        Suggestion("rectification_overdue", 3, 13, (Subject("阳泉市", 3),)),
        Suggestion("no_problem_found", 2, 0, (Subject("阳泉市", 6), Subject("石家庄市", 5))),
    )


def test_without_a_window_before_only_a_leading_category_is_suggested() -> None:
    found = categories(("露天焚烧", 10, None), ("工业企业", 2, None))
    assert suggestions((), found, (), (), has_previous=False) == (
        Suggestion("frequent_problems", 10, 12, (Subject("露天焚烧", 10),)),
    )
    few = categories(("露天焚烧", 4, None))
    assert suggestions((), few, (), (), has_previous=False) == ()


def test_nothing_is_suggested_where_all_is_well() -> None:
    assert (
        suggestions(tuple(city_week(code, 3, 3) for code in CITIES), categories(), (), (), has_previous=True)
        == ()
    )
