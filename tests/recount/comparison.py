"""The second computation against the product's: every state, count, rate, flag, rung and list. The first difference raises AssertionError."""

import random
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from include.connections import read_registry
from include.house import SETTINGS_FILE, House, open_house
from include.office.feedback import feedback_table
from include.periods import Period, custom_period, midnight, office_zone, periods_between
from include.sources.config import SourceConfig
from include.sources.intake import pull
from include.store.engine import reading
from include.store.facts import alarm_states, problems_found
from include.store.migrate import migrate
from include.supervision.feedback import all_counts, counts_between, judge, judge_problems
from include.workflows import daily_dispatch
from tests.recount.sent import send
from tests.recount.walk import COUNTS, DAY, HOUR, Recount, Sent, State, flags, ladder

FLAGS = ("upheld", "answered", "open", "closed", "in_dispute", "due", "on_time", "late", "overdue", "chronic")
NOTHING = dict.fromkeys(COUNTS, 0)


@dataclass
class Compared:
    """How much was compared."""

    states: int = 0
    figures: int = 0
    flags: int = 0
    urged: int = 0
    listed: int = 0
    days: int = 0
    moments: int = 0

    def __str__(self) -> str:
        return "，".join(f"{name} {number:,}" for name, number in vars(self).items()).replace("，", ", ")


def house_of(engine: Engine, files: Path, var: Path, start: date, end: date, now: datetime) -> House:
    """An installation whose empty store takes the files in one pull."""
    migrate(engine)
    source = SourceConfig("region", "files", str(files))
    pull(engine, source, midnight(start), midnight(end) + 20 * DAY, now=now)
    return replace(open_house(read_registry(SETTINGS_FILE, {}), var), engine=engine, sources=(source,))


def edges(walk: Recount, until: datetime, chance: random.Random, most: int) -> list[datetime]:
    """`most` of each kind of moment at which a rule turns, each with the seconds before and after it, up to `until`."""
    kinds: dict[str, set[datetime]] = {}
    for one in walk.states(until):
        kinds.setdefault("deadline", set()).add(one.first)
        kinds.setdefault("urged", set()).add(one.until + DAY)
        kinds.setdefault("chronic", set()).add(one.until + 7 * DAY)
        for at, _, event in walk.events[one.alarm_id]:
            kinds.setdefault(event, set()).add(at)
            if event in ("returned", "dispute_rejected"):
                kinds.setdefault(f"{event} + 24 h", set()).add(at + 24 * HOUR)
    for problems in walk.problems.values():
        kinds.setdefault("rectify", set()).update(one.rectify_due for one in problems)
    picked = [
        at
        for _, moments in sorted(kinds.items())
        for at in chance.sample(sorted(moments), min(most, len(moments)))
    ]
    second = timedelta(seconds=1)
    return [at + step for at in picked for step in (-second, timedelta(), second) if at + step <= until]


def compare_moment(engine: Engine, walk: Recount, as_of: datetime, start: date, done: Compared) -> None:
    """Every alarm's state, the counts, rates and flags of the season so far, cut off at a moment."""
    end = max(as_of.astimezone(office_zone()).date(), start) + timedelta(days=1)
    period = custom_period(start, end, as_of)
    states = walk.states(as_of)
    with reading(engine) as connection:
        span = (period.starts_at, period.ends_at, as_of)
        judged = judge(alarm_states(connection, *span, with_old=True), as_of)
        found = judge_problems(problems_found(connection, *span), judged, as_of)
    _same_states(judged, states, as_of)
    expected = walk.counts(period.starts_at, period.ends_at, as_of, states)
    table = all_counts(
        counts_between(
            judged, found, period.starts_at, period.ends_at, sorted({*judged["unit_code"], *expected})
        )
    )
    told = {code: {name: getattr(one, name) for name in COUNTS} for code, one in table.items()}
    assert told == {code: expected.get(code, NOTHING) for code in told}, as_of
    rows = feedback_table(engine, period).iloc[:-1].to_dict("records")
    for row in rows:
        own = expected.get(str(row["unit_code"]), NOTHING)
        printed = {name: row[name] for name in COUNTS if name in row}
        assert printed == {name: own[name] for name in printed}, (as_of, row["unit_code"])
        assert _rate(row["feedback_rate"]) == _share(own["answered"], own["pushed"]), (as_of, row)
        assert _rate(row["on_time_rate"]) == _share(own["on_time"], own["due"]), (as_of, row)
    marks = {str(row["unit_code"]): row["flag"] for row in rows if row["flag"]}
    assert marks == flags(states, period.ends_at, as_of), as_of
    done.states += len(states)
    done.figures += len(told) * len(COUNTS)
    done.flags += len(marks)
    done.moments += 1


def _same_states(judged: Any, states: list[State], as_of: datetime) -> None:
    told = {
        str(row["alarm_id"]): (
            str(row["unit_code"]),
            row["first_deadline_at"].to_pydatetime(),
            row["applicable_deadline_at"].to_pydatetime(),
            *(bool(row[f"is_{name}"]) for name in FLAGS),
        )
        for row in judged.to_dict("records")
    }
    expected = {
        one.alarm_id: (one.unit, one.first, one.until, *(getattr(one, name) for name in FLAGS))
        for one in states
    }
    assert told.keys() == expected.keys(), as_of
    for alarm_id, own in expected.items():
        assert told[alarm_id] == own, (as_of, alarm_id, FLAGS)


def _rate(value: Any) -> float | None:
    return None if value is None or value != value else float(value)


def _share(n: int, of: int) -> float | None:
    return n / of if of else None


def compare_season(
    house: House, walk: Recount, start: date, end: date, chance: random.Random, done: Compared
) -> None:
    """The mornings of [start, end) one after the other: what each says, and what its letters that left do to the next ones."""
    sent: list[Sent] = []
    for period in periods_between("day", start, end):
        day = daily_dispatch.compute(house, period)
        states = walk.states(period.as_of)
        _same_day(day, walk, states, period, done)
        urge, listed = ladder(states, period.as_of, period.ends_at, sent)
        told = {one.unit_code: {row.alarm_id for row in one.overdue} for one in day.reminders}
        assert told == {unit: set(alarms) for unit, alarms in urge.items()}, period.key
        assert {one.unit_code: one.round for one in day.reminders} == {
            unit: max(alarms.values()) for unit, alarms in urge.items()
        }, period.key
        assert {one.alarm.alarm_id for one in day.listed} == listed, period.key
        done.urged += sum(map(len, urge.values()))
        done.listed += len(listed)
        done.days += 1
        sent += send(house.engine, day.reminders, chance)


def _same_day(day: Any, walk: Recount, states: list[State], period: Period, done: Compared) -> None:
    """Counts of the three spans and flags of every unit; what each notice names as open and overdue, what a reminder says in all."""
    month = period.last_date.replace(day=1)
    spans = {
        "window": period.starts_at,
        "rolling": midnight(period.end - timedelta(days=7)),
        "month": midnight(month),
    }
    for span, start_at in spans.items():
        expected = walk.counts(start_at, period.ends_at, period.as_of, states)
        for unit in day.cities:
            told = {name: getattr(getattr(unit, span), name) for name in COUNTS}
            assert told == expected.get(unit.unit_code, NOTHING), (period.key, span, unit.unit_code)
            done.figures += len(COUNTS)
    marks = {one.unit_code: one.flag.level for one in day.cities if one.flag.level}
    assert marks == flags(states, period.ends_at, period.as_of), period.key
    done.flags += len(marks)
    overdue: dict[str, set[str]] = {}
    is_open: dict[str, set[str]] = {}
    for one in states:
        if one.pushed_at < period.ends_at and one.open:
            is_open.setdefault(one.unit, set()).add(one.alarm_id)
            if one.overdue:
                overdue.setdefault(one.unit, set()).add(one.alarm_id)
    notices = {one.unit_code: one for one in day.notices}
    assert {code: {row.alarm_id for row in one.form} for code, one in notices.items() if one.form} == is_open
    assert {
        code: {row.alarm_id for row in one.overdue} for code, one in notices.items() if one.overdue
    } == overdue
    for reminder in day.reminders:
        assert reminder.overdue_total == len(overdue[reminder.unit_code]), reminder.letter_key
    done.states += len(states)
