"""Whether the figures of a letter agree with each other: what a reader would recompute, over whatever figures a case of the gallery has."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from typing import Any, Final

from include.chain.assessment_figures import AssessmentFigures
from include.chain.figures import ESCALATION, ChainFigures
from include.periods import Period, office_zone
from include.supervision.alarm_push import PushedAlarm
from include.supervision.bulletin_figures import AirLevel, BulletinFigures, GridInspection, OverviewFigures
from include.supervision.figures import FeedbackCounts, Issue, NoticeFigures, OverdueRow, ReminderFigures
from include.supervision.standards import rounded
from include.supervision.weekly_figures import SummaryFigures

_SUMMED: Final = ("pushed", "answered", "due", "on_time", "late", "overdue", "problems", "rectified")
_PRINTED_UG_M3: Final = 1.0  # means are printed as whole numbers
_PRINTED_PCT: Final = 0.1
_DAY: Final = re.compile(r"(\d{4})年(\d+)月(\d+)日")
Found = Iterator[str]


def contradictions(figures: Any, issue: Issue | None = None) -> list[str]:
    """Every pair of figures of one letter that cannot both be true, in words."""
    found = list(_of_parts(figures))
    for kind, check in _WHOLE.items():
        if isinstance(figures, kind):
            found += check(figures)
    return found + list(_issued_in_time(figures, issue))


def _of_parts(figures: Any) -> Found:
    for one in _walk(figures):
        for kind, check in _PARTS.items():
            if isinstance(one, kind):
                yield from check(one)


def _walk(value: Any) -> Iterator[Any]:
    if is_dataclass(value):
        yield value
        for field in fields(value):
            yield from _walk(getattr(value, field.name))
    elif isinstance(value, tuple):
        for one in value:
            yield from _walk(one)


def _counts(one: FeedbackCounts) -> Found:
    if not one.answered <= one.pushed:
        yield f"answered {one.answered} of {one.pushed} pushed"
    if one.due > one.pushed or one.on_time + one.late + one.overdue != one.due:
        yield f"due {one.due} of {one.pushed}, but {one.on_time} + {one.late} + {one.overdue} on time, late, overdue"
    if one.overdue > one.pushed - one.answered:
        yield f"overdue {one.overdue}, unanswered {one.pushed - one.answered}"
    if one.alarms_with_problem > min(one.problems, one.answered):
        yield f"{one.alarms_with_problem} alarms with {one.problems} problems, {one.answered} answered"
    if one.rectified > one.rectification_due or one.rectification_due > one.problems:
        yield f"corrected {one.rectified} of {one.rectification_due} due of {one.problems} problems"


def _inspection(one: GridInspection) -> Found:
    if not (one.answered + one.overdue <= one.pushed and one.rectified <= one.problems):
        yield f"a grid with {one.pushed} alarms, {one.answered} answered, {one.overdue} overdue"
    if sum(count for _, count in one.categories) > one.problems:
        yield f"{one.problems} problems of a grid by category: {one.categories}"


def _level(one: AirLevel) -> Found:
    for name, before, change in (
        ("the year before", one.year_before_ug_m3, one.yoy_pct),
        ("the window before", one.before_ug_m3, one.pop_pct),
    ):
        if one.pm25_ug_m3 is None or before is None or change is None:
            continue
        if abs(100 * (one.pm25_ug_m3 / before - 1) - change) > _PRINTED_PCT:
            yield f"{one.pm25_ug_m3:.1f} against {before:.1f} of {name} called {change:+.1f} %"
    if one.rank is not None and not 1 <= one.rank <= one.ranked:
        yield f"place {one.rank} of {one.ranked}"


def _overdue(one: OverdueRow) -> Found:
    if not one.pushed_at < one.deadline_at or one.overdue_hours < 0:
        yield f"{one.alarm_id} pushed {one.pushed_at}, due {one.deadline_at}, overdue {one.overdue_hours} h"


def _pushed_alarm(one: PushedAlarm) -> Found:
    above, around = one.above_ug_m3, one.background_ug_m3
    if (
        above is not None
        and around is not None
        and abs(one.peak_pm25_ug_m3 - around - above) > _PRINTED_UG_M3
    ):
        yield f"{one.peak_pm25_ug_m3} is {above} above {around}"
    hours = [hour.pm25_ug_m3 for hour in one.trend if hour.pm25_ug_m3 is not None]
    if hours and abs(max(hours) - one.peak_pm25_ug_m3) > _PRINTED_UG_M3:
        yield f"peak {one.peak_pm25_ug_m3}, the hours up to {max(hours)}"
    if not one.started_at < one.raised_at < one.deadline_at:
        yield f"begun {one.started_at}, raised {one.raised_at}, due {one.deadline_at}"


def _sums(parts: Iterable[FeedbackCounts], whole: FeedbackCounts) -> Found:
    rows = list(parts)
    for name in _SUMMED:
        total = sum(getattr(one, name) for one in rows)
        if total != getattr(whole, name):
            yield f"{name}: {total} of the units, {getattr(whole, name)} in all"


def _categories(rows: Iterable[Any], problems: int) -> Found:
    listed = list(rows)
    if sum(one.problems for one in listed) != problems:
        yield f"{problems} problems, by category {[one.problems for one in listed]}"
    if len({one.category for one in listed}) != len(listed):
        yield f"one category twice: {[one.category for one in listed]}"


def _of_all(one: SummaryFigures | OverviewFigures) -> Found:
    yield from _sums((city.window for city in one.cities), one.total)
    yield from _sums((city.season for city in one.cities), one.season_total)
    yield from _categories(one.categories, one.total.problems)
    yield from _one_name(city.unit_name for city in one.cities)


def _summary(one: SummaryFigures) -> Found:
    yield from _of_all(one)
    drawn = sum(day.pushed for day in one.days if one.window.start <= day.day < one.window.end)
    if drawn != one.total.pushed:
        yield f"{one.total.pushed} pushed, {drawn} in the chart"
    flagged = [city.flag.recent_overdue for city in one.cities if city.flag.recent_overdue]
    asked = [suggestion.count for suggestion in one.suggestions if suggestion.rule == "overdue"]
    if asked and asked != [sum(flagged)]:
        yield f"{asked} to be answered, {sum(flagged)} by unit"


def _bulletin(one: BulletinFigures) -> Found:
    half, length = one.city.half, (one.period.end - one.period.start).days
    yield from _categories(one.categories, one.city.window.problems)
    counted = [half.valid_days, *(mean.valid_days for mean in one.pollutants)]
    if max(counted) > length:
        yield f"{max(counted)} valid days in a half of {length}"
    valid = [day.pm25_ug_m3 for day in one.days if day.pm25_ug_m3 is not None]
    if len(valid) != half.valid_days:
        yield f"{half.valid_days} valid days, {len(valid)} in the chart"
    if (
        half.pm25_ug_m3 is not None
        and valid
        and abs(sum(valid) / len(valid) - half.pm25_ug_m3) > _PRINTED_UG_M3
    ):
        yield f"mean {half.pm25_ug_m3}, of the days in the chart {sum(valid) / len(valid):.1f}"
    over = sum(rounded(day.pm25_ug_m3) > day.limit_ug_m3 for day in one.days if day.pm25_ug_m3 is not None)
    if over != one.city.days_over:
        yield f"{one.city.days_over} days above the limit, {over} in the chart"
    if one.reply_by < one.period.end:
        yield f"to be reported by {one.reply_by}, before the half ends"
    waiting = one.city.window.pushed - one.city.window.answered - one.city.window.closed
    if len(one.open_alarms) < waiting:
        yield f"{len(one.open_alarms)} alarms are open, {waiting} of the half alone"
    levels = [grid.half.pm25_ug_m3 for grid in one.grids if grid.half.pm25_ug_m3 is not None]
    if levels and abs(max(levels) - (one.highest[0].grid.half.pm25_ug_m3 or 0.0)) > _PRINTED_UG_M3:
        yield f"the highest of all grids {max(levels)}, of the list {one.highest[0].grid.half.pm25_ug_m3}"


def _overview(one: OverviewFigures) -> Found:
    yield from _of_all(one)
    for region in one.regions:
        is_whole = region is one.regions[-1]
        levels = [
            city.half.pm25_ug_m3
            for city in one.cities
            if city.half.pm25_ug_m3 is not None and (is_whole or city.region == region.name)
        ]
        mean = sum(levels) / len(levels) if levels else None
        if mean is not None and abs((region.pm25_ug_m3 or 0.0) - mean) > _PRINTED_UG_M3:
            yield f"{region.name} {region.pm25_ug_m3}, its units {mean:.1f}"


def _notice(one: NoticeFigures) -> Found:
    for name in _SUMMED:
        if getattr(one.window, name) > getattr(one.rolling, name):
            yield f"{name}: {getattr(one.window, name)} of the day, {getattr(one.rolling, name)} of seven"
    waiting = one.rolling.pushed - one.rolling.answered - one.rolling.closed
    if not len(one.overdue) <= len(one.form) or waiting > len(one.form):
        yield f"{len(one.form)} to be answered, {len(one.overdue)} overdue, {waiting} of seven days open"
    if one.rolling.problems != len(one.problems):
        yield f"{one.rolling.problems} problems of seven days, {len(one.problems)} listed"


def _reminder(one: ReminderFigures) -> Found:
    if not len(one.overdue) <= one.overdue_total <= len(one.form):
        yield f"{len(one.overdue)} urged of {one.overdue_total} overdue of {len(one.form)} open"


def _assessment(one: AssessmentFigures) -> Found:
    for row in one.rows:
        steps = row.acknowledge_due + row.report_due + row.rectify_due
        in_time = row.acknowledge_on_time + row.report_on_time + row.rectify_on_time
        if (steps, in_time) != (row.due, row.on_time) or in_time > steps:
            yield f"{row.unit_name}: {in_time}/{steps} by step, {row.on_time}/{row.due}"
    for group in {row.group for row in one.rows}:
        ranked = sorted(
            (row.rank, row.on_time / row.due) for row in one.rows if row.group == group and row.rank
        )
        if [share for _, share in ranked] != sorted((share for _, share in ranked), reverse=True):
            yield f"{group}: not in the order of the shares"


def _chain(one: ChainFigures) -> Found:
    twice = [name for name, count in Counter(case.case_no for case in one.cases).items() if count > 1]
    if twice:
        yield f"one number for two cases: {twice}"
    for case in one.cases:
        begun = case.started_at
        steps = (
            case.acknowledge_by,
            case.report_by,
            case.inspected_at,
            case.reported_at,
            case.rectify_by,
            case.due_at,
        )
        if any(step is not None and step < begun for step in steps):
            yield f"{case.case_no}: a step before its alarm of {begun}"
        if one.kind == ESCALATION and case.due_at is not None and case.due_at >= one.period.as_of:
            yield f"{case.case_no}: raised before its deadline {case.due_at}"
        if case.problem_found is False and (case.category or case.rectified_at):
            yield f"{case.case_no}: nothing was found, yet {case.category or 'it was corrected'}"


def _one_name(names: Iterable[str]) -> Found:
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        yield f"two units of one name: {twice}"


def _issued_in_time(figures: Any, issue: Issue | None) -> Found:
    told = _DAY.search(issue.issued_on or "") if issue is not None else None
    if told is None:
        return
    issued = date(*map(int, told.groups()))
    period: Period | None = getattr(figures, "period", None)
    if period is not None and issued < period.as_of.astimezone(office_zone()).date():
        yield f"issued {issued}, as of {period.as_of}"
    asked = getattr(figures, "reply_by", None)
    if asked is not None and (asked.date() if isinstance(asked, datetime) else asked) < issued:
        yield f"issued {issued}, to be answered by {asked}"


_PARTS: Final[dict[type, Callable[[Any], Found]]] = {
    FeedbackCounts: _counts,
    GridInspection: _inspection,
    AirLevel: _level,
    OverdueRow: _overdue,
    PushedAlarm: _pushed_alarm,
}
_WHOLE: Final[dict[type, Callable[[Any], Found]]] = {
    SummaryFigures: _summary,
    BulletinFigures: _bulletin,
    OverviewFigures: _overview,
    NoticeFigures: _notice,
    ReminderFigures: _reminder,
    AssessmentFigures: _assessment,
    ChainFigures: _chain,
}
