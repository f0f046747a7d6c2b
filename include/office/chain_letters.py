"""The letters of a chain: 交办单, 退回单 and 现场验收单 to the holder, 反馈单 to the office's own leaders (and to the unit above, where the
profile says so), 验收通知 to the operators, 提级单 to who stands in and to the leaders; one for each addressee and minute in which such steps were taken or such
deadlines passed, made once that minute is over. An office whose profile names none of these kinds makes none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, func, select

from include.chain.clocks import due_as_known
from include.chain.figures import (
    ACCEPTANCE,
    ASSIGNMENT,
    ESCALATION,
    LEADER,
    OPERATORS,
    REPORT_SHEET,
    RETURN,
    VISIT,
    ChainCase,
    ChainFigures,
)
from include.chain.machine import chain_of
from include.chain.steps import (
    ASSIGNED,
    FAILED,
    HANDED_OVER,
    HOLDERS_SLOTS,
    HOLDING,
    PASSED,
    RETURNED,
    WITHDRAWN,
    waiting_step,
)
from include.chain.values import Event, Task
from include.errors import QianliyanError
from include.house import House
from include.language import say
from include.letter_kinds import is_in_use, letter_label
from include.office.letter_acts import release_letter, render
from include.office.register import CHAIN_KINDS
from include.office.suspected import suspected
from include.periods import DAY, Period, custom_period, office_date
from include.post.drafts import LetterFacts, NamedAlarm, draft
from include.post.recipients import addressees
from include.profile.current import office
from include.rules import RULES_VERSION
from include.store import tables
from include.store.chain import chain_events
from include.store.engine import reading
from include.store.facts import alarm_states
from include.store.statements import frame
from include.store.units import names_of_units
from include.supervision.figures import to_json

_KIND_OF: Final = {
    "assigned": ASSIGNMENT,
    HANDED_OVER: ASSIGNMENT,
    "passed": REPORT_SHEET,
    "returned": RETURN,
    "spot_failed": RETURN,
    "rectified": VISIT,
    "inspected_passed": ACCEPTANCE,
    "inspected_failed": ACCEPTANCE,
}
_MINUTE: Final = timedelta(minutes=1)
_OVERLAP: Final = 2 * DAY  # before the latest letter: what was learnt later than it happened


@dataclass(frozen=True)
class _Told:
    """What a letter tells of one task at a moment: a step that was taken (the last of `events`), or that none was by its deadline
    (`due_at`)."""

    kind: str
    addressee: str
    at: datetime
    alarm_id: str
    task_no: int
    events: tuple[Event, ...]
    is_simulated: bool
    due_at: datetime | None = None

    @property
    def event(self) -> Event:
        return self.events[-1]

    @property
    def task(self) -> Task:
        found = chain_of(self.events).task(self.task_no)
        assert found is not None  # its step is told
        return found


def chain_letters(house: House, now: datetime, actor: str) -> dict[str, Any]:
    """Makes and releases the letters of the minutes that are over; returns how many were released, and what stood in the way."""
    done, troubles = 0, []
    for figures in due_figures(house, now, without_made=True):
        facts = LetterFacts(
            figures.kind,
            figures.unit_code,
            None if figures.unit_code in _not_units() else figures.unit_code,
            figures.period,
            to_json(figures),
            figures.is_simulated,
            tuple(NamedAlarm(one) for one in dict.fromkeys(case.alarm_id for case in figures.cases)),
        )
        try:
            letter = render(house, figures.kind, facts.figures_json, None, None)
            drafted = draft(house.engine, house.archive, facts, letter, now=now, actor=actor)
            reason = letter_label(figures.kind)
            outcome = release_letter(
                house, drafted.letter_id, now=now, actor=actor, reason=reason, is_person=False
            )
            done += outcome.action == "released"
        except QianliyanError as error:
            troubles.append(f"{facts.key}: {error}")
    return {"letters": done} | ({"trouble": say("；").join(troubles)} if troubles else {})


def due_figures(house: House, now: datetime, *, without_made: bool = False) -> Iterator[ChainFigures]:
    """The letters of the minutes that are over by `now`, of the kinds in use, by minute, kind and addressee; `without_made`: but those
    that are made. However long no round ran: it looks back to the latest letter of a chain, and beyond it at whatever is open."""
    wanted = [kind for kind in CHAIN_KINDS if is_in_use(kind, office().letters)]
    end_at = now.replace(second=0, microsecond=0)
    if office().chain is None or not wanted:
        return
    with reading(house.engine) as connection:
        start_at = _start_at(connection, end_at)
        groups: dict[tuple[str, str, datetime], list[_Told]] = {}
        for told in (*_steps(connection, start_at, end_at), *_overdue(connection, start_at, end_at)):
            if told.kind in wanted:
                minute = _minute(told.at)
                groups.setdefault((told.kind, told.addressee, minute), []).append(told)
        earliest = min((minute for _, _, minute in groups), default=end_at)
        made = _made_since(connection, earliest) if without_made else frozenset()
        found = [
            _figures(connection, *key, steps)
            for key, steps in sorted(groups.items(), key=lambda one: (one[0][2], *one[0]))
            if _period(key[2]).letter_key(key[0], key[1]) not in made
        ]
    yield from found


def escalated_between(
    house: House, start_at: datetime, end_at: datetime
) -> list[tuple[datetime, ChainCase, bool]]:
    """The cases that were 提级 in [start_at, end_at), each with when, and whether it is simulated: those that the leaders' 提级单 of these
    minutes tell."""
    with reading(house.engine) as connection:
        found = [
            (told.at, told)
            for told in _overdue(connection, start_at, end_at)
            if told.addressee == LEADER and start_at <= told.at < end_at
        ]
        names = names_of_units(connection, end_at)
        return [
            (
                at,
                _case(connection, told, names, _period(at.replace(second=0, microsecond=0))),
                told.is_simulated,
            )
            for at, told in found
        ]


def _not_units() -> tuple[str, ...]:
    """Addressees that are none of the units below: the office's own people, the unit above."""
    return (LEADER, OPERATORS, office().told_superior)


def _made_since(connection: Connection, start_at: datetime) -> frozenset[str]:
    """The letters of chains that are made of the minutes from then on: drafted ones are made again."""
    columns = tables.letter.c
    asked = select(columns.letter_key).where(
        columns.kind.in_(CHAIN_KINDS), columns.state != "drafted", columns.start_at >= start_at
    )
    return frozenset(connection.execute(asked).scalars())


def _start_at(connection: Connection, end_at: datetime) -> datetime:
    """From when on every step and deadline is told, also of chains that are closed since: the latest letter of a chain, or `end_at`
    where there is none, less what is learnt late."""
    columns = tables.letter.c
    latest = connection.execute(
        select(func.max(columns.start_at)).where(columns.kind.in_(CHAIN_KINDS), columns.start_at < end_at)
    ).scalar_one()
    return (latest or end_at) - _OVERLAP


def _period(minute: datetime) -> Period:
    return custom_period(minute, minute + _MINUTE)


def _steps(connection: Connection, start_at: datetime, end_at: datetime) -> Iterator[_Told]:
    """The steps that letters tell."""
    rows = frame(connection, "chain_letters", start_at=start_at, end_at=end_at)
    for row in rows.to_dict("records"):
        alarm_id, seq, task_no = str(row["alarm_id"]), int(row["seq"]), int(row["task_no"])
        every = chain_events(connection, alarm_id)
        events = tuple(one for one in every if one.seq <= seq)
        if row["event"] in HOLDING and not _is_to_tell(every, events, task_no):
            continue
        kind = _KIND_OF[str(row["event"])]
        task = chain_of(events).task(task_no)
        if task is None or (kind == RETURN and task.state != RETURNED):
            continue  # a spot check that failed on site asks for a rectification, not for a report
        addressees = [OPERATORS if kind == VISIT else task.holder_code]
        if kind == REPORT_SHEET:
            addressees = [LEADER, office().told_superior]
        for addressee in filter(None, addressees):
            yield _Told(
                kind, addressee, events[-1].event_at, alarm_id, task_no, events, bool(row["is_simulated"])
            )


def _is_to_tell(every: tuple[Event, ...], events: tuple[Event, ...], task_no: int) -> bool:
    """Whether who holds a task since the last of the events is told so: not of one that was taken back before its letter left or that
    went to another unit in the same minute. One that waits for this office is told to who takes it over."""
    own = [one for one in every if one.task_no == task_no]
    told = events[-1]
    later = [one for one in own if one.event == HANDED_OVER and one.seq > told.seq]
    is_gone = any(_minute(one.event_at) == _minute(told.event_at) for one in later)
    is_asked = bool(waiting_step(told.state))
    return is_asked and not is_gone and all(one.state != WITHDRAWN for one in own)


def _minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)


def _overdue(connection: Connection, start_at: datetime, end_at: datetime) -> Iterator[_Told]:
    """The deadlines that passed with nothing done: to who stands in at once, to the leaders once they are 提级."""
    settings = office().chain
    if settings is None:
        return
    for addressee, after in ((OPERATORS, timedelta(0)), (LEADER, settings.rules.escalate_after)):
        span = {"start_at": start_at - after, "end_at": end_at - after}
        for row in frame(connection, "chain_due", **span).to_dict("records"):
            alarm_id, task_no = str(row["alarm_id"]), int(row["task_no"])
            every = chain_events(connection, alarm_id)
            asked = next(one for one in every if one.seq == row["seq"])
            # By the deadline as it is known now: what was given for an outage counts, also to a step that was taken meanwhile.
            due_at = due_as_known(every, asked)
            if due_at is None or due_at + after >= end_at:
                continue
            at = due_at + after
            if _is_beside(every, asked) and asked.event_at > at:
                continue  # the step before it is told
            # What came by then counts, whenever it was taken: whether it was in time is judged by its receipt.
            events = tuple(
                one for one in every if one.seq <= row["seq"] or min(one.event_at, one.receipt_at) <= at
            )
            if chain_of(events).is_closed or _last_of(events, task_no).seq != row["seq"]:
                continue
            yield _Told(
                ESCALATION, addressee, at, alarm_id, task_no, events, bool(row["is_simulated"]), due_at
            )


def _is_beside(events: tuple[Event, ...], asked: Event) -> bool:
    """Whether an event asks for what the one before it of its task asks for, by the same deadline."""
    if asked.event not in (HANDED_OVER, "extended"):
        return False
    before = [one for one in events if one.task_no == asked.task_no and one.seq < asked.seq]
    return before[-1].due_at == asked.due_at


def _last_of(events: tuple[Event, ...], task_no: int) -> Event:
    return next(one for one in reversed(events) if one.task_no == task_no)


def _figures(
    connection: Connection, kind: str, addressee: str, minute: datetime, steps: list[_Told]
) -> ChainFigures:
    period = _period(minute)
    units = frame(connection, "unit_names", on_date=office_date(minute)).set_index("unit_code")
    names = {str(code): str(name) for code, name in units["name"].items()}
    if addressee in (LEADER, OPERATORS):
        title = addressees()[addressee]
        name, bureau, form = title, title, ""
    else:
        name, bureau = names.get(addressee, addressee), _text(units, addressee, "bureau") or addressee
        form = _text(units, addressee, "address_form")
    return ChainFigures(
        period.letter_key(kind, addressee),
        kind,
        addressee,
        name,
        bureau,
        form,
        period,
        tuple(_case(connection, one, names, period) for one in steps),
        RULES_VERSION,
        any(one.is_simulated for one in steps),
    )


def _text(units: Any, code: str, column: str) -> str:
    return str(units[column].get(code) or "") if code in units.index else ""


def _case(connection: Connection, told: _Told, names: dict[str, str], period: Period) -> ChainCase:
    task, event = told.task, told.event
    alarm = _alarm(connection, told.alarm_id, period.as_of)
    whole = chain_of(chain_events(connection, told.alarm_id, period.as_of))  # with who was named after it
    beside = [one for one in whole.running if one.task_no != task.task_no]
    case = ChainCase(
        f"{told.alarm_id}-{task.task_no}",
        told.alarm_id,
        str(alarm["grid_id"]),
        str(alarm["county"]),
        str(alarm["point_name"]),
        alarm["started_at"].to_pydatetime(),
        alarm["last_at"].to_pydatetime(),
        int(alarm["alarm_count"]),
        _number(alarm["peak_pm25_ug_m3"]),
        task.role,
        names.get(task.holder_code, task.holder_code),
        tuple(names.get(one.holder_code, one.holder_code) for one in beside),
        other_roles=tuple(one.role for one in beside),
        lon=_number(alarm["lon"]),
        lat=_number(alarm["lat"]),
    )
    if told.kind == ESCALATION:
        return _as_overdue(case, told)
    if told.kind == ASSIGNMENT:
        suspects = suspected(connection, [told.alarm_id], event.event_at).get(told.alarm_id, ())
        case = replace(case, suspected=tuple(one.name for one in suspects))
        return _with_deadlines(case, told, names)
    return _with_report(_with_former(case, told, names), told)


def _number(value: Any) -> float | None:
    """What a source told, or None where it told nothing."""
    return None if value is None or value != value else float(value)


def _as_overdue(case: ChainCase, told: _Told) -> ChainCase:
    """What is overdue of the case, and with whom of the office it lies."""
    settings, task = office().chain, told.task
    slot = waiting_step(task.state)
    duty = settings.duty(slot) if settings else None
    return replace(
        case,
        waits_for=slot,
        due_at=told.due_at,
        duty="" if duty is None else duty.leader if told.addressee == LEADER else duty.deputy or duty.person,
    )


def _with_deadlines(case: ChainCase, told: _Told, names: dict[str, str]) -> ChainCase:
    """Until when its holder is asked for what; of one that had another holder before, from whom it came."""
    task, event = told.task, told.event
    former = task.former[-1][0] if task.former and event.event == HANDED_OVER else ""
    slot = waiting_step(task.state)
    report_by = event.answer_due_at if task.state == ASSIGNED else event.due_at
    case = replace(
        case,
        acknowledge_by=event.due_at if slot == "acknowledge" else None,
        report_by=report_by if slot in ("acknowledge", "report") else None,
        handed_from=names.get(former, former),
        with_office="" if slot in HOLDERS_SLOTS else slot,
    )
    return case if task.has_problem is None else replace(_with_report(case, told), due_at=event.due_at)


def _with_former(case: ChainCase, told: _Told, names: dict[str, str]) -> ChainCase:
    """From whom the case came, where a unit of before took the step that the letter speaks of."""
    step = "reported" if told.kind in (RETURN, REPORT_SHEET) else "rectified"
    own = [one for one in told.events if one.task_no == told.task_no and one.event == step]
    code = own[-1].unit_code if own else ""
    if not code or code == told.task.holder_code:
        return case
    return replace(case, handed_from=names.get(code, code))


def _with_report(case: ChainCase, told: _Told) -> ChainCase:
    """What is known of the case by the step that is told: its report, and its acceptance."""
    own = [one for one in told.events if one.task_no == told.task_no]
    report = next(one for one in reversed(own) if one.event == "reported")
    is_to_rectify = told.event.event in ("passed", HANDED_OVER) and told.event.state in (PASSED, FAILED)
    case = replace(
        case,
        problem_found=report.problem_found,
        category=report.category,
        report_note=report.note,
        reporter=report.person,
        inspected_at=report.inspected_at,
        reported_at=report.receipt_at,
        rectify_by=told.event.due_at if is_to_rectify and report.problem_found else None,
    )
    if told.kind in (ASSIGNMENT, REPORT_SHEET):
        return case
    if told.kind == RETURN:
        return replace(
            case,
            is_returned=True,
            result_note=told.event.note,
            result_by=told.event.person,
            result_at=told.event.event_at,
            due_at=told.event.due_at,
        )
    rectified = next(one for one in reversed(own) if one.event == "rectified")
    case = replace(case, rectified_at=rectified.receipt_at, rectified_note=rectified.note)
    if told.kind == VISIT:
        return replace(case, due_at=told.event.due_at)
    return replace(
        case,
        is_accepted=told.event.event == "inspected_passed",
        result_note=told.event.note,
        result_by=told.event.person,
        result_at=told.event.event_at,
        due_at=told.event.due_at,
    )


def _alarm(connection: Connection, alarm_id: str, as_of: datetime) -> dict[Any, Any]:
    columns = tables.alarm.c
    pushed = connection.execute(select(columns.pushed_at).where(columns.alarm_id == alarm_id)).scalars().all()
    rows = alarm_states(connection, min(pushed), max(pushed) + _MINUTE, as_of)
    row: dict[Any, Any] = rows[rows["alarm_id"] == alarm_id].iloc[0].to_dict()
    return row
