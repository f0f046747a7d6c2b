"""What a leaders' group is told: the morning table, urgent alarms, overdue ones by name of unit. Figures in, words out.

A group gets one message a run, not one an alarm; every number stands as n/N.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from include.language import say
from include.periods import moment_label
from include.rules import CHANNELS, SIMULATED_LABEL
from include.supervision.alarm_push import AlarmFigures, HourlyPushes, PushedAlarm
from include.supervision.figures import CityDay, DailyFigures, FeedbackCounts
from include.supervision.weekly import ranks_by_overdue


@dataclass(frozen=True)
class GroupWords:
    """One message: its title and lines, the most important first."""

    title: str
    lines: tuple[str, ...]
    is_urgent: bool = False


def morning_rows(figures: DailyFigures) -> list[tuple[str, int, int, int]]:
    """The morning table, the worst first: unit, 已反馈 and 应反馈 of the rolling days, overdue. Units without a due alarm are not in it.

    An alarm that was sent back counts as answered while its grace runs, as in every figure of the house.
    """
    ranks = ranks_by_overdue({one.unit_code: one.rolling for one in figures.cities})
    listed = sorted(
        (one for one in figures.cities if one.unit_code in ranks),
        key=lambda one: (ranks[one.unit_code], one.unit_code),
    )
    return [
        (one.unit_name, one.rolling.due - one.rolling.overdue, one.rolling.due, one.rolling.overdue)
        for one in listed
    ]


def morning(figures: DailyFigures) -> GroupWords:
    """The morning table: yesterday's alarms, 已反馈/应反馈 of the last seven days by unit, and the last three by name."""
    rows = morning_rows(figures)
    pushed = sum(one.window.pushed for one in figures.cities)
    answered = sum(one.window.answered for one in figures.cities)
    done, due = sum(row[1] for row in rows), sum(row[2] for row in rows)
    head = [
        say(
            "{label}推送报警{pushed}条，已反馈{answered}条",
            label=figures.period.label,
            pushed=pushed,
            answered=answered,
        ),
        say("近7日应反馈{due}条，已反馈{done}条", due=due, done=done)
        if due
        else say("近7日没有到期应反馈的报警"),
    ]
    last = bottom(figures.cities)
    tail = (
        [say("后{count}位：{names}", count=len(last), names=say("、").join(last))]
        if last
        else [say("近7日到期的均已按期反馈")]
        if due
        else []
    )
    complete = [row for row in rows if not row[3]]
    table = [say("{name} {done}/{due}", name=name, done=n, due=of) for name, n, of, late in rows if late]
    rest = [say("其余{count}个单位已全部反馈", count=len(complete))] if complete and table else []
    return _marked(
        GroupWords(
            say(
                "{label}反馈情况（截至{as_of}）",
                label=figures.period.label,
                as_of=moment_label(figures.period.as_of),
            ),
            (*head, *tail, *table, *rest),
        ),
        is_simulated=figures.is_simulated,
    )


def bottom(cities: Sequence[CityDay]) -> list[str]:
    """The names that the morning table ends with: at most three ranks from the worst, ties together, never a unit that did all in time.

    Where a tie would name more than twice as many, those of the rank before stand alone.
    """
    named = {one.unit_code: one for one in cities if _has_fault(one.rolling)}
    ranks = ranks_by_overdue({code: one.rolling for code, one in named.items()})
    worst = [
        code for code in sorted(ranks, key=lambda code: (ranks[code], code)) if ranks[code] <= CHANNELS.bottom
    ]
    if len(worst) > 2 * CHANNELS.bottom:
        last = max(ranks[code] for code in worst)
        worst = [code for code in worst if ranks[code] < last]
    return [named[code].unit_name for code in worst]


def overdue(figures: DailyFigures) -> GroupWords | None:
    """Units with overdue alarms by name, the most first; None where there is none."""
    found = [
        (one.unit_name, one.flag.recent_overdue, one.flag.chronic)
        for one in figures.cities
        if one.flag.recent_overdue or one.flag.chronic
    ]
    if not found:
        return None
    found.sort(key=lambda one: (-(one[1] + one[2]), one[0]))
    lines = [
        say(
            "{name}：超期{recent}条，其中长期未反馈{chronic}条",
            name=name,
            recent=recent + chronic,
            chronic=chronic,
        )
        if chronic
        else say("{name}：超期{recent}条", name=name, recent=recent)
        for name, recent, chronic in found
    ]
    total = sum(recent + chronic for _, recent, chronic in found)
    title = say(
        "超期未反馈{total}条，涉及{units}个单位（截至{as_of}）",
        total=total,
        units=len(found),
        as_of=moment_label(figures.period.as_of),
    )
    return _marked(GroupWords(title, tuple(lines)), is_simulated=figures.is_simulated)


def urgent(pushes: HourlyPushes) -> GroupWords | None:
    """New and escalated alarms of an hour whose peak is that of heavy pollution; None where there is none."""
    found = [
        (one, alarm)
        for one in pushes.pushes
        if not one.is_by_person
        for alarm in one.alarms
        if alarm.peak_pm25_ug_m3 >= CHANNELS.urgent_ug_m3
    ]
    if not found:
        return None
    found.sort(key=lambda pair: (-pair[1].peak_pm25_ug_m3, pair[1].alarm_id))
    title = say("{label}重度污染报警{count}条", label=pushes.period.label, count=len(found))
    return _marked(
        GroupWords(title, tuple(_alarm_line(*pair) for pair in found), is_urgent=True),
        is_simulated=any(one.is_simulated for one, _ in found),
    )


def _has_fault(counts: FeedbackCounts) -> bool:
    return counts.overdue > 0 or counts.late > 0


def _alarm_line(figures: AlarmFigures, alarm: PushedAlarm) -> str:
    return say(
        "{unit} {county} {point}：PM2.5最高{peak:.0f}微克/立方米，{deadline}前反馈",
        unit=figures.unit_name,
        county=alarm.county,
        point=alarm.point_name,
        peak=alarm.peak_pm25_ug_m3,
        deadline=moment_label(alarm.deadline_at),
    )


def _marked(words: GroupWords, *, is_simulated: bool) -> GroupWords:
    if not is_simulated:
        return words
    return GroupWords(f"【{say(SIMULATED_LABEL)}】{words.title}", words.lines, words.is_urgent)
