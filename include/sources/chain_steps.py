"""One step of the chain of an alarm, with what it says upward, in the caller's transaction.

What counts upward is told by the chain alone: 签收 = acknowledged, the 审核通过 that makes every holder's report stand = submitted, 退回 =
returned, 结案 = closed. A report is internal; 验收, 抽查 and 销号 never touch the answer. A problem is a fact from the 审核通过 of its
report on, and rectified by its 验收.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, select

from include.chain.changes import moved_deadline, moved_report
from include.chain.machine import chain_of, is_told_again, next_event
from include.chain.steps import ASSIGN, RETURNED
from include.chain.values import Chain, Event, Move, Problem, Task
from include.errors import InputError, StateError
from include.language import say
from include.periods import moment_text, office_date
from include.profile.chain_values import ChainSettings
from include.profile.current import office
from include.sources.chain_holders import follow_successors, lead_on
from include.sources.own_facts import tell_problem, tell_step
from include.store import tables
from include.store.alarm_aliases import main_ids
from include.store.chain import add_event, add_problems, chain_events, is_taken, reported_problems
from include.store.statements import frame
from include.store.units import names_of_units

_LONGEST_ID: Final = 64
_LONGEST_TOLD: Final = 2000
_PERCENT: Final = 100


def take_in(
    connection: Connection, alarm_id: str, move: Move, settings: ChainSettings, key: bytes = b""
) -> Event | None:
    """Takes one step of the chain of an alarm and returns its event; None for one whose `key` was taken before. The caller holds the
    lock `intake`. So is a report that tells word by word what waits for its review already. `key`: of the draw of spot checks, which only steps of the office ask for. Raises InputError for a move that says too
    little or an unknown alarm or unit, StateError where the step may not be taken, with what may."""
    if move.key and is_taken(connection, move.key):
        return None
    alarm = _alarm(connection, alarm_id, move.now)
    alarm_id = str(alarm["alarm_id"])
    if move.at < alarm["pushed_at"]:
        raise StateError(
            "a step cannot come before the push of its alarm",
            where=f"alarm {alarm_id}",
            got=moment_text(move.at),
            expected=f"{moment_text(alarm['pushed_at'])} or later",
            todo="give the moment at which it reached this office",
        )
    if move.step == ASSIGN:
        _require_unit(connection, move.unit_code, move.now)
    for category in {move.category, *(one.category for one in move.problems)} - {""}:
        if category not in office().categories:
            raise InputError(
                "unknown category of problem",
                where=move.step,
                got=category,
                expected=" | ".join(office().categories),
            )
    follow_successors(connection, move.now, [alarm_id])
    events = chain_events(connection, alarm_id)
    before = chain_of(events)
    if is_told_again(events, move):
        return None
    drawn = _is_drawn(key, alarm_id, move.task_no, settings.rules.spot_check_percent)
    event = next_event(before, replace(move, is_drawn=drawn), settings)
    chain = add_event(connection, alarm_id, before, event, is_simulated=bool(alarm["is_simulated"]))
    if event.event == "reported" and event.problem_found:
        add_problems(connection, alarm_id, event.seq, move.problems)
    _tell_upward(connection, alarm, (*events, event), before, chain)
    _note(connection, alarm_id, before, event, move)
    if event.event == "withdrawn":
        lead_on(connection, alarm_id, move.now)
    if event.event == "passed":
        _rectified_at_once(connection, alarm_id, chain, (*events, event), move, settings)
    return event


def give_time(
    connection: Connection, alarm_id: str, seq: int | None, move: Move, settings: ChainSettings
) -> Event | None:
    """Judges a step that was taken by a later deadline, `move.due_at`, or without `seq` asks for the report of a task that was not
    acknowledged in time until then; None where the key was taken before. The caller holds the lock
    `intake`."""
    if is_taken(connection, move.key) or move.due_at is None:
        return None
    alarm = _alarm(connection, alarm_id, move.now)
    events = chain_events(connection, alarm_id)
    before = chain_of(events)
    if seq is None:
        event = moved_report(before, move.task_no, move.due_at, move, settings)
    else:
        taken = next(one for one in events if one.seq == seq)
        event = moved_deadline(before, taken, move.due_at, move, settings)
    add_event(connection, alarm_id, before, event, is_simulated=bool(alarm["is_simulated"]))
    _note(connection, alarm_id, before, event, move)
    return event


def _note(connection: Connection, alarm_id: str, before: Chain, event: Event, move: Move) -> None:
    was = before.task(event.task_no)
    values = {
        "at": event.recorded_at,
        "actor": event.actor,
        "subject": "alarm",
        "subject_id": alarm_id,
        "action": f"chain {move.step}",
        "from_state": was.state if was else None,
        "to_state": event.state or event.event,
        "reason": event.note or f"{event.event} {event.unit_code}".strip(),
    }
    connection.execute(tables.audit.insert().values(values))


def _rectified_at_once(
    connection: Connection,
    alarm_id: str,
    chain: Chain,
    events: tuple[Event, ...],
    move: Move,
    settings: ChainSettings,
) -> None:
    """What a report told as rectified already (立行立改) waits for its acceptance as soon as the report is passed."""
    task = chain.task(move.task_no)
    report = _last(events, move.task_no, "reported")
    problems = _problems_of_round(connection, alarm_id, move.task_no, events)
    if task is None or report is None or not problems or not all(one.rectified_at for one in problems):
        return
    if task.has_problem:
        told = Move(
            "rectify",
            move.now,
            report.receipt_at,
            report.actor,
            report.person,
            task.holder_code,
            move.task_no,
            note=say("上报时已整改"),
        )
        take_in(connection, alarm_id, told, settings)


def _is_drawn(key: bytes, alarm_id: str, task_no: int, percent: int) -> bool:
    """Whether a task is spot-checked before its 销号: nobody who lacks the store's key can know beforehand."""
    place = hmac.new(key, f"chain\n{alarm_id}\n{task_no}".encode(), hashlib.sha256).digest()
    return int.from_bytes(place[:8]) * _PERCENT < percent << 64


def _alarm(connection: Connection, alarm_id: str, now: datetime) -> dict[str, Any]:
    main_id = main_ids(connection, [alarm_id]).get(alarm_id, alarm_id)
    columns = tables.alarm.c
    asked = (
        select(columns.alarm_id, columns.pushed_at, columns.started_at, columns.is_simulated)
        .where(columns.alarm_id == main_id)
        .order_by(columns.revised_at.desc(), columns.revision.desc())
    )
    row = connection.execute(asked.limit(1)).mappings().first()
    if row is None:
        raise InputError("no such alarm", where="alarms", got=alarm_id[:_LONGEST_ID], expected="an alarm_id")
    if row["pushed_at"] > now:
        raise StateError("the alarm is not pushed yet", where=f"alarm {main_id}")
    return dict(row)


def _require_unit(connection: Connection, unit_code: str, now: datetime) -> None:
    known = frame(connection, "units_on", on_date=office_date(now))
    others = sorted(known.loc[known["is_addressed"], "unit_code"])
    if unit_code not in others:
        raise InputError(
            "no unit that could hold an alarm",
            where="assign",
            got=unit_code or "nothing",
            expected=" | ".join(others[:40]),
        )


def _tell_upward(
    connection: Connection, alarm: dict[str, Any], events: tuple[Event, ...], before: Chain, chain: Chain
) -> None:
    """What the step says of the alarm as facts of this office."""
    event = events[-1]
    more: dict[str, Any] = {"is_simulated": bool(alarm["is_simulated"]), "now": event.recorded_at}
    alarm_id, at = str(alarm["alarm_id"]), event.event_at
    told = {one.event for one in events[:-1]}
    if event.event in ("acknowledged", "reported") and not told & {"acknowledged", "reported"}:
        tell_step(connection, alarm_id, "acknowledged", at, inspector=event.person, **more)
    if event.event in ("returned", "closed", "reopened"):
        tell_step(connection, alarm_id, event.event, at, note=event.note, **more)
    if chain.is_answered and not before.is_answered:
        tell_step(connection, alarm_id, "submitted", at, **_answer(connection, chain, events), **more)
    task = chain.task(event.task_no)
    if event.event in ("passed", "inspected_passed", "spot_failed") and task is not None and task.has_problem:
        _tell_problems(connection, alarm, task, events, more)


def _answer(connection: Connection, chain: Chain, events: tuple[Event, ...]) -> dict[str, Any]:
    """What the holders' reports say together, the leading unit's first."""
    running = sorted(chain.running, key=lambda one: (one.role != "lead", one.task_no))
    reports = [found for one in running if (found := _last(events, one.task_no, "reported"))]
    names = names_of_units(connection, events[-1].event_at)
    return {
        "unit": say("、").join(names.get(one.holder_code, one.holder_code) for one in running)[:255],
        "inspector": say("、").join(dict.fromkeys(one.person for one in reports))[:255],
        "problem_found": any(one.problem_found for one in reports),
        "note": say("；").join(one.note for one in reports)[:_LONGEST_TOLD],
        "inspected_at": max((one.inspected_at for one in reports if one.inspected_at), default=None),
    }


def _tell_problems(
    connection: Connection,
    alarm: dict[str, Any],
    task: Task,
    events: tuple[Event, ...],
    more: dict[str, Any],
) -> None:
    report = _last(events, task.task_no, "reported")
    if report is None:
        return
    alarm_id = str(alarm["alarm_id"])
    is_accepted = events[-1].event == "inspected_passed"
    rectified = _last(events, task.task_no, "rectified")
    told = _problems_of_round(connection, alarm_id, task.task_no, events)
    for place, one in enumerate(told or (_problem_of(report),)):
        tell_problem(
            connection,
            _problem_id(alarm_id, task.task_no, place),
            alarm_id,
            category=one.category,
            description=one.description,
            found_at=max(one.found_at, alarm["started_at"]),
            status=say("已验收") if is_accepted else say("整改中"),
            rectify_by=one.rectify_by,
            rectified_at=rectified.receipt_at if is_accepted and rectified else None,
            **more,
        )


def _problem_of(report: Event) -> Problem:
    """The problem of a report that names none apart."""
    return Problem("", report.category, report.note, report.receipt_at, rectify_by=report.rectify_by)


def _problems_of_round(
    connection: Connection, alarm_id: str, task_no: int, events: tuple[Event, ...]
) -> tuple[Problem, ...]:
    """What the reports of a task since its last 退回 told apart, each problem as told last."""
    own = [one for one in events if one.task_no == task_no]
    since = max((one.seq for one in own if one.state == RETURNED), default=0)
    seqs = [one.seq for one in own if one.event == "reported" and one.seq > since]
    found: dict[str, Problem] = {}
    for _, one in reported_problems(connection, alarm_id, seqs):
        found[one.problem_id] = one
    return tuple(found.values())


def _problem_id(alarm_id: str, task_no: int, place: int) -> str:
    plain = f"{alarm_id}-C{task_no}" + (f".{place + 1}" if place else "")
    return plain if len(plain) <= _LONGEST_ID else "C" + hashlib.sha256(plain.encode()).hexdigest()[:40]


def _last(events: tuple[Event, ...], task_no: int, name: str) -> Event | None:
    return next((one for one in reversed(events) if one.task_no == task_no and one.event == name), None)
