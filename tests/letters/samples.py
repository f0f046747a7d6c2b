"""Small figures for the tests of letters: one city, one day, as many rows as asked."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from include.answer_form.code import answer_code
from include.periods import Period, office_zone, period_ending
from include.supervision.figures import (
    FeedbackCounts,
    Flag,
    FlagReason,
    FormRow,
    Issue,
    NoticeFigures,
    NoticeRow,
    OverdueRow,
    ProblemRow,
    ReminderFigures,
)

PERIOD: Period = period_ending("day", date(2020, 3, 13))
ISSUE = Issue(
    issuer="热点网格远程监督组",
    contact="王建国",
    phone="010-12345678",
    reply_to="fankui@example.org",
    number="网格函〔2020〕7号",
    issued_on="2020年3月13日",
)
PREVIEW = replace(ISSUE, number=None, issued_on=None)
KEY = "notice/130100/day_2020-03-12_2020-03-13/1"
COUNTIES = ("长安区", "井陉矿区", "赵县", "正定县")
POINTS = ("建设大街与和平路交叉口东北角", "南孟村东", "石化园区北厂界外道路及裸土堆场", "诸福屯")


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """An hour of March 2020, Beijing time."""
    return datetime(2020, 3, day, hour, minute, tzinfo=office_zone())


def notice_row(number: int, **changes: Any) -> NoticeRow:
    """Row `number` (from 1) of the table: two alarms in three are unanswered."""
    row = NoticeRow(
        grid_id=f"T{85710 + number}",
        county=COUNTIES[number % 4],
        point_name=POINTS[number % 4],
        started_at=at(12, 8),
        last_at=at(12, 8 + number % 3),
        alarm_count=1 + number % 3,
        peak_pm25_ug_m3=186.5 + number,
        deadline_at=at(13, 9),
        status=("待反馈", "超期未反馈", "已反馈")[number % 3],
        alarm_ids=(f"A{number}",),
    )
    return replace(row, **changes)


def overdue_row(number: int, **changes: Any) -> OverdueRow:
    """Alarm `number`, overdue by 24·number − 1.5 hours as of 13 March 08:30."""
    pushed = at(12, 10) - timedelta(days=number)
    row = OverdueRow(
        f"A{number}",
        f"T{85710 + number}",
        COUNTIES[number % 4],
        POINTS[number % 4],
        pushed,
        pushed + timedelta(days=1),
        24 * number - 1.5,
    )
    return replace(row, **changes)


def form_row(number: int, **changes: Any) -> FormRow:
    """Open alarm `number`; the odd ones are overdue."""
    row = FormRow(
        code=answer_code(KEY, f"A{number}"),
        alarm_id=f"A{number}",
        grid_id=f"T{85710 + number}",
        county=COUNTIES[number % 4],
        point_name=POINTS[number % 4],
        lon=114.5,
        lat=38.04,
        started_at=at(12, 8),
        alarm_count=number,
        peak_pm25_ug_m3=186.5,
        deadline_at=at(12, 10) if number % 2 else at(13, 10),
    )
    return replace(row, **changes)


def problem_row(number: int, **changes: Any) -> ProblemRow:
    """Problem `number`."""
    row = ProblemRow(
        f"P{number}", f"A{number}", COUNTIES[number % 4], POINTS[number % 4],
        ("扬尘（工地）", "露天焚烧")[number % 2], "裸土未覆盖约200平方米，现场无洒水降尘设施。", at(12, 9 + number % 8),
        ("已整改", "整改中", "逾期未整改")[number % 3],
    )  # fmt: skip
    return replace(row, **changes)


def notice(
    rows: int = 3, overdue: int = 1, form: int = 2, problems: int = 2, **changes: Any
) -> NoticeFigures:
    """A 提示函 with so many rows in each list."""
    figures = NoticeFigures(
        letter_key=KEY,
        unit_code="130100",
        unit_name="石家庄市",
        bureau="石家庄市生态环境局",
        period=PERIOD,
        rolling_label="3月6日至12日",
        month_label="3月1日至12日",
        window=FeedbackCounts(pushed=3, answered=1, due=0, problems=2, alarms_with_problem=1),
        rolling=FeedbackCounts(
            pushed=9, answered=7, due=8, on_time=6, late=1, overdue=1, problems=5, alarms_with_problem=3
        ),
        month=FeedbackCounts(
            pushed=17, answered=15, due=16, on_time=13, late=2, overdue=1, problems=9, alarms_with_problem=7
        ),
        rows=tuple(notice_row(n) for n in range(1, rows + 1)),
        overdue=tuple(overdue_row(n) for n in range(1, overdue + 1)),
        problems=tuple(problem_row(n) for n in range(1, problems + 1)),
        form=tuple(form_row(n) for n in range(1, form + 1)),
        flag=Flag("remind", (FlagReason("overdue", 1),)) if overdue else Flag(),
        long_unanswered=0,
        reply_by=at(14, 8, 30),
        completeness="统计时段内应有数据均已取得",
        rules_version="2026-11",
        is_simulated=False,
    )
    return replace(figures, **changes)


def reminder(overdue: int = 3, **changes: Any) -> ReminderFigures:
    """A 督办函 that urges so many alarms."""
    figures = ReminderFigures(
        letter_key=KEY.replace("notice", "reminder"),
        unit_code="130100",
        unit_name="石家庄市",
        bureau="石家庄市生态环境局",
        province_name="河北省",
        period=PERIOD,
        rolling_label="3月6日至12日",
        rolling=FeedbackCounts(pushed=9, answered=6, due=8, on_time=4, late=1, overdue=3),
        overdue=tuple(overdue_row(n) for n in range(1, overdue + 1)),
        round=1,
        flag=Flag("urge", (FlagReason("overdue", 3), FlagReason("long_overdue", 2, 70.5))),
        overdue_total=overdue,
        chronic=0,
        form=tuple(form_row(n) for n in range(1, overdue + 1)),
        reply_by=at(14, 8, 30),
        completeness="统计时段内应有数据均已取得",
        rules_version="2026-11",
        is_simulated=False,
    )
    return replace(figures, **changes)
