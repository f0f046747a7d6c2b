"""What a leaders' group is told: the morning table, urgent alarms, overdue ones by name of unit, what was 提级. Figures in, words out.

A group gets one message a run, not one an alarm; every number stands as n/N.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from include.chain.figures import ChainCase
from include.chain.overdue import ChainStanding
from include.chain.steps import HOLDERS_SLOTS, SLOT_LABELS
from include.language import say
from include.periods import HOUR, moment_label
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
        say("近7日推送、已到时限{due}条，已反馈{done}条", due=due, done=done)
        if due
        else say("近7日推送的报警没有已到时限的"),
    ]
    last = bottom(figures.cities)
    tail = (
        [say("后{count}位：{names}", count=len(last), names=say("、").join(last))]
        if last
        else [say("近7日推送、已到时限的均已按期反馈")]
        if due
        else []
    )
    complete = [row for row in rows if not row[3]]
    table = [say("{name} {done}/{due}", name=name, done=n, due=of) for name, n, of, late in rows if late]
    rest = [say("其余{count}个单位已到时限的全部反馈", count=len(complete))] if complete and table else []
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


def overdue(figures: DailyFigures, chain: ChainStanding | None = None) -> GroupWords | None:
    """Units with overdue alarms by name, the most first; in an office with a chain also the holders whose steps are overdue, and what
    waits for the office itself. None where no unit and no holder is overdue."""
    found = [
        (one.unit_name, one.flag.recent_overdue, one.flag.chronic)
        for one in figures.cities
        if one.flag.recent_overdue or one.flag.chronic
    ]
    if not found:
        return None if chain is None or not chain.holders else _of_chain(chain, figures)
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
    if chain is not None:
        lines += chain_lines(chain)
    return _marked(GroupWords(title, tuple(lines)), is_simulated=figures.is_simulated)


def _of_chain(chain: ChainStanding, figures: DailyFigures) -> GroupWords:
    title = say(
        "交办件超期{total}件，涉及{units}个单位（截至{as_of}）",
        total=sum(one.count for one in chain.holders),
        units=len(chain.holders),
        as_of=moment_label(figures.period.as_of),
    )
    return _marked(GroupWords(title, tuple(chain_lines(chain))), is_simulated=chain.is_simulated)


def chain_lines(chain: ChainStanding) -> list[str]:
    """The holders with overdue tasks by name and step, and what waits for the office: that is no unit's delay."""
    lines = []
    for one in chain.holders:
        slots = say("、").join(
            say("{slot}{count}件", slot=say(SLOT_LABELS[slot]), count=count) for slot, count in one.slots
        )
        lines.append(
            say(
                "{name}：交办件超期{count}件（{slots}），其中提级{raised}件",
                name=one.name,
                count=one.count,
                slots=slots,
                raised=one.escalated,
            )
            if one.escalated
            else say("{name}：交办件超期{count}件（{slots}）", name=one.name, count=one.count, slots=slots)
        )
    if chain.own:
        waiting = say("、").join(
            say("待{slot}{count}件（逾时{late}件）", slot=say(SLOT_LABELS[slot]), count=count, late=late)
            if late
            else say("待{slot}{count}件", slot=say(SLOT_LABELS[slot]), count=count)
            for slot, count, late in chain.own
        )
        lines.append(say("本机关：{waiting}", waiting=waiting))
    return lines


def escalations(cases: Sequence[ChainCase], start_at: datetime, *, is_simulated: bool) -> GroupWords | None:
    """The cases that were 提级 in the hour from `start_at` on, the longest overdue first; None for none."""
    if not cases:
        return None
    title = say(
        "{start}至{end}提级{count}件",
        start=moment_label(start_at),
        end=moment_label(start_at + HOUR),
        count=len(cases),
    )
    ordered = sorted(cases, key=lambda one: (one.due_at or start_at, one.case_no))
    return _marked(GroupWords(title, tuple(map(_escalated_line, ordered))), is_simulated=is_simulated)


def _escalated_line(one: ChainCase) -> str:
    """Whose step it is: a holder's is overdue, the office's own waits for the office."""
    duty = say("（{duty}）", duty=one.duty) if one.duty else ""
    parts = {
        "name": one.holder_name,
        "place": f"{one.county} {one.point_name}".strip(),
        "slot": say(SLOT_LABELS[one.waits_for]),
        "due": moment_label(one.due_at) if one.due_at else "",
    }
    if one.waits_for in HOLDERS_SLOTS:
        return say("{name} {place}：{slot}超期，应于{due}前完成", **parts) + duty
    return say("{name} {place}：待本机关{slot}，应于{due}前完成", **parts) + duty


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
    mark = say("【{mark}】", mark=say(SIMULATED_LABEL))
    return GroupWords(mark + words.title, words.lines, words.is_urgent)
