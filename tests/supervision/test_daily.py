"""One hand-made day: every number below was worked out by hand."""

from datetime import date, timedelta
from typing import Any

import pandas as pd

from include.periods import custom_period, period_ending
from include.supervision.daily import daily_figures, flag_window, listed_alarms, read_window
from include.supervision.escalation import NO_URGES
from include.supervision.figures import (
    DailyFigures,
    FeedbackCounts,
    Flag,
    FlagReason,
    FormRow,
    Suspected,
    from_json,
    to_json,
)
from tests.supervision.states import moment, problems, states

PERIOD = period_ending("day", date(2020, 3, 12))  # a Thursday; the window is Wednesday 11 March
CITIES = pd.DataFrame(
    {
        "unit_code": ["130100", "140300", "610100"],
        "unit_name": ["石家庄市", "阳泉市", "西安市"],
        "province_code": ["130000", "140000", "610000"],
        "province_name": ["河北省", "山西省", "陕西省"],
        "bureau": ["石家庄市生态环境局", "阳泉市生态环境局", "西安市生态环境局"],
        "upper_bureau": ["河北省生态环境厅", "山西省生态环境厅", "陕西省生态环境厅"],
        "address_form": ["你市", "你市", "你市"],
    }
)

ALARMS = states(
    # 阳泉: answered; twice more the same grid, one overdue for long, one not due; an old one; one that was no alarm
    {"alarm_id": "Y1", "unit_code": "140300", "grid_id": "T85711", "pushed_at": "03-11 06:00", "alarm_count": 2,
     "standing_event": "submitted", "standing_submission_at": "03-11 18:00", "acknowledged_at": "03-11 07:00"},
    {"alarm_id": "Y2", "unit_code": "140300", "grid_id": "T85711", "pushed_at": "03-11 20:00", "alarm_count": 3,
     "peak_pm25_ug_m3": 222.0},
    {"alarm_id": "Y3", "unit_code": "140300", "grid_id": "T2", "pushed_at": "03-09 06:00"},
    {"alarm_id": "Y4", "unit_code": "140300", "grid_id": "T3", "pushed_at": "02-20 06:00", "lon": None, "lat": None},
    {"alarm_id": "Y5", "unit_code": "140300", "grid_id": "T4", "pushed_at": "03-11 09:00", "upheld_at": "03-11 12:00"},
    # 石家庄: everything answered before, nothing new
    {"alarm_id": "S1", "unit_code": "130100", "pushed_at": "03-08 06:00", "standing_event": "accepted",
     "standing_submission_at": "03-08 12:00"},
)  # fmt: skip
PROBLEMS = problems(
    {"problem_id": "P1", "alarm_id": "Y1", "found_at": "03-11 12:00", "category": "扬尘（裸土堆场）"},
    {"problem_id": "P2", "alarm_id": "S1", "found_at": "03-08 10:00", "rectified_at": "03-08 11:00"},
)


def figures(
    period: Any = PERIOD, urged: pd.DataFrame = NO_URGES, silent: tuple[str, ...] = ()
) -> DailyFigures:
    return daily_figures(ALARMS, PROBLEMS, CITIES, urged, silent, period, "数据完整。")


def left(*rows: tuple[str, str], unit: str = "140300") -> pd.DataFrame:
    """Former 督办函: alarm and when they left."""
    return pd.DataFrame(
        {
            "alarm_id": [row[0] for row in rows],
            "unit_code": unit,
            "left_at": pd.to_datetime([moment(row[1]) for row in rows], utc=True),
        }
    )


def test_the_read_window_covers_all_that_the_figures_need() -> None:
    assert read_window(PERIOD) == (moment("03-01 00:00"), moment("03-12 00:00"))
    assert read_window(period_ending("day", date(2020, 4, 3)))[0] == moment("03-27 00:00")
    early = custom_period(date(2020, 3, 10), date(2020, 3, 12), moment("03-04 08:30"))
    assert flag_window(early) == (moment("02-26 00:00"), moment("03-12 00:00"))


def test_counts_over_window_rolling_days_and_month() -> None:
    yangquan = figures().cities[1]
    assert yangquan.unit_name == "阳泉市"
    assert yangquan.window == FeedbackCounts(
        pushed=2, answered=1, due=1, on_time=1, upheld=1, problems=1, alarms_with_problem=1
    )
    assert yangquan.rolling == FeedbackCounts(
        pushed=3, answered=1, due=2, on_time=1, overdue=1, upheld=1, problems=1, alarms_with_problem=1
    )
    assert yangquan.month == yangquan.rolling  # Y4 was pushed in February
    assert yangquan.open_alarms == 3
    assert yangquan.flag == Flag(
        "urge", (FlagReason("overdue", 1), FlagReason("long_overdue", 1, 50.5)), chronic=1, recent_overdue=1
    )


def test_a_city_with_new_or_open_alarms_gets_a_letter_and_the_others_are_named() -> None:
    result = figures()
    assert [notice.unit_name for notice in result.notices] == ["阳泉市"]
    assert result.nothing_due == ("石家庄市", "西安市")
    notice = result.notices[0]
    assert [(row.grid_id, row.status, row.alarm_count, row.alarm_ids) for row in notice.rows] == [
        ("T3", "超期未反馈", 1, ("Y4",)),
        ("T2", "超期未反馈", 1, ("Y3",)),
        ("T85711", "部分反馈（1/2）", 5, ("Y1", "Y2")),
        ("T4", "误报（已核减）", 1, ("Y5",)),
    ]
    assert notice.rows[2].peak_pm25_ug_m3 == 222.0
    assert notice.rows[2].deadline_at == moment("03-12 20:00")  # of the one still open
    assert [(row.alarm_id, row.overdue_hours) for row in notice.overdue] == [("Y4", 482.5), ("Y3", 50.5)]
    assert [row.alarm_id for row in notice.form] == ["Y4", "Y3", "Y2"]
    assert notice.form[0].lon is None
    assert [(row.problem_id, row.status) for row in notice.problems] == [("P1", "整改中")]
    assert notice.long_unanswered == 1
    assert notice.reply_by == moment("03-13 08:30")
    assert (notice.rolling_label, notice.month_label) == ("3月5日至11日", "3月1日至11日")


def test_a_reminder_names_every_overdue_alarm_once() -> None:
    (reminder,) = figures().reminders
    assert (reminder.unit_name, reminder.province_name, reminder.round) == ("阳泉市", "山西省", 1)
    assert [row.alarm_id for row in reminder.overdue] == ["Y4", "Y3"]
    assert (reminder.overdue_total, reminder.chronic) == (2, 1)
    lately = left(("Y3", "03-11 08:30"), ("Y4", "03-09 08:00"))
    (second,) = figures(urged=lately).reminders
    assert ([row.alarm_id for row in second.overdue], second.round) == (["Y4"], 2)
    assert [row.alarm_id for row in second.form] == ["Y4", "Y3", "Y2"]  # every open alarm
    assert second.overdue_total == len(figures().notices[0].overdue) == 2
    twice = left(("Y3", "03-11 08:30"), ("Y4", "03-05 08:00"), ("Y4", "03-08 08:00"))
    result = figures(urged=twice)
    assert result.reminders == ()
    assert [(one.unit_name, one.alarm.alarm_id, one.urged) for one in result.listed] == [("阳泉市", "Y4", 2)]


def test_a_chronic_alarm_is_urged_though_no_flag_says_so() -> None:
    alone = daily_figures(
        ALARMS[ALARMS["alarm_id"] == "Y4"], PROBLEMS.iloc[:0], CITIES, NO_URGES, (), PERIOD, ""
    )
    assert alone.cities[1].flag == Flag("", (), chronic=1)
    assert [row.alarm_id for row in alone.reminders[0].overdue] == ["Y4"]


def test_no_reminder_on_a_quiet_day_and_the_next_working_day_decides_anew() -> None:
    saturday = figures(period_ending("day", date(2020, 3, 14)))
    assert (saturday.reminders, saturday.quiet_reason) == ((), "周末")
    assert saturday.cities[1].flag.level == "urge"
    assert len(figures(period_ending("day", date(2020, 3, 16))).reminders) == 1


def test_a_city_that_nobody_hears_of_is_a_task_and_is_urged_all_the_same() -> None:
    result = figures(silent=("140300",))
    assert [city.needs_address for city in result.cities] == [False, True, False]
    assert result.cities[1].flag == figures().cities[1].flag
    assert result.reminders == figures().reminders
    assert result.notices == figures().notices


def test_a_code_belongs_to_its_letter_and_its_alarm() -> None:
    result = figures()
    codes = {row.code for letter in (*result.notices, *result.reminders) for row in letter.form}
    assert len(codes) == sum(len(letter.form) for letter in (*result.notices, *result.reminders))
    assert isinstance(result.notices[0].form[0], FormRow)


def test_no_alarms_at_all() -> None:
    result = daily_figures(ALARMS.iloc[:0], PROBLEMS.iloc[:0], CITIES, NO_URGES, (), PERIOD, "")
    assert (result.notices, result.reminders, result.is_simulated) == ((), (), False)
    assert result.nothing_due == ("石家庄市", "阳泉市", "西安市")
    assert all(city.window == FeedbackCounts() and city.flag.level == "" for city in result.cities)


def test_figures_survive_json() -> None:
    result = figures()
    assert from_json(DailyFigures, to_json(result)) == result


def test_a_lone_silent_alarm_climbs_the_ladder_and_stays_on_the_list() -> None:
    """Fault 1: pushed on 9 March 07:00 and never answered, all others on time; each 督办函 leaves on its morning."""
    alone = states({"alarm_id": "Y", "unit_code": "140300", "pushed_at": "03-09 07:00"})
    sent: list[tuple[str, str]] = []
    urged_on, listed_on, named = [], [], []
    for day in [date(2020, 3, 10) + timedelta(days=n) for n in range(60)]:
        history = left(*sent) if sent else NO_URGES
        result = daily_figures(alone, PROBLEMS.iloc[:0], CITIES, history, (), period_ending("day", day), "")
        named.append([row.alarm_id for one in result.notices for row in one.form])
        if result.reminders:
            urged_on.append((day.isoformat(), result.reminders[0].round))
            sent.append(("Y", f"{day:%m-%d} 08:30"))
        if result.listed:
            listed_on.append(day)
    # Overdue for a day from the 11th 07:00; three dates later is Saturday the 14th, so Monday; the list from the 19th on.
    assert urged_on == [("2020-03-11", 1), ("2020-03-16", 2)]
    assert listed_on == [date(2020, 3, 19) + timedelta(days=n) for n in range(51)]
    assert named == [["Y"]] * 60


def test_suspects_go_to_the_letters_that_list_their_alarms_and_nowhere_else() -> None:
    one = (Suspected("甲厂", "high", "位于上风向1.2公里"),)
    listed = listed_alarms(ALARMS, PERIOD)
    told = daily_figures(
        ALARMS,
        PROBLEMS,
        CITIES,
        NO_URGES,
        (),
        PERIOD,
        "",
        dict.fromkeys((*listed, "foreign"), one),
    )
    shuffled = daily_figures(
        ALARMS.sample(frac=1, random_state=1),
        PROBLEMS,
        CITIES,
        NO_URGES,
        (),
        PERIOD,
        "",
        dict.fromkeys(listed, one),
    )
    assert [notice.suspects for notice in told.notices] == [notice.suspects for notice in shuffled.notices]
    assert any(notice.suspects for notice in told.notices)
    for notice in told.notices:
        named = [
            alarm_id for row in notice.rows for alarm_id in row.alarm_ids if row.status != "误报（已核减）"
        ]
        assert {alarm.alarm_id for alarm in notice.suspects} <= set(named)
        assert {row.alarm_id for row in notice.form} <= {alarm.alarm_id for alarm in notice.suspects}
    for reminder in told.reminders:
        assert {alarm.alarm_id for alarm in reminder.suspects} == {row.alarm_id for row in reminder.form}
