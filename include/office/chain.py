"""The chain of an alarm in the store of this office: one step taken, with what it says upward, as one transaction.

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

from include.act import Act
from include.chain.machine import chain_of, next_event
from include.chain.steps import ASSIGN
from include.chain.values import Chain, Event, Move, Task
from include.errors import InputError, StateError
from include.house import House
from include.language import say
from include.office.own_facts import tell_problem, tell_step
from include.periods import office_date
from include.post.audit import Change, record
from include.profile.chain_values import ChainSettings
from include.profile.current import office
from include.store import tables
from include.store.alarm_aliases import main_ids
from include.store.chain import add_event, chain_events, is_taken
from include.store.engine import reading, writing
from include.store.spot_checks import draw_key
from include.store.statements import frame

_LONGEST_ID: Final = 64
_LONGEST_TOLD: Final = 2000
_PERCENT: Final = 100


def chain_settings() -> ChainSettings:
    """The chain of this office. Raises InputError where its profile has none."""
    found = office().chain
    if found is None:
        raise InputError(
            "this office has no chain of its own",
            where=f"profile {office().name}",
            expected="chain: in profile.yaml",
            todo="see docs/profiles.md",
        )
    return found


def take(house: House, alarm_id: str, move: Move) -> Event | None:
    """Takes one step of the chain of an alarm and returns its event; None for one whose `key` was taken before. Raises InputError for
    a move that says too little or an unknown alarm or unit, StateError where the step may not be taken, with what may."""
    settings, key = chain_settings(), draw_key(house.engine, move.now)
    with writing(house.engine, lock="intake") as connection:
        return take_in(connection, alarm_id, move, settings, key)


def take_in(
    connection: Connection, alarm_id: str, move: Move, settings: ChainSettings, key: bytes
) -> Event | None:
    """The same inside a transaction that holds the lock `intake`. `key`: of the draw of spot checks."""
    if move.key and is_taken(connection, move.key):
        return None
    alarm = _alarm(connection, alarm_id, move.now)
    alarm_id = str(alarm["alarm_id"])
    if move.step == ASSIGN:
        _require_unit(connection, move.unit_code, move.now)
    if move.category and move.category not in office().categories:
        raise InputError(
            "unknown category of problem",
            where=move.step,
            got=move.category,
            expected=" | ".join(office().categories),
        )
    events = chain_events(connection, alarm_id)
    before = chain_of(events)
    drawn = _is_drawn(key, alarm_id, move.task_no, settings.rules.spot_check_percent)
    event = next_event(before, replace(move, is_drawn=drawn), settings)
    chain = add_event(connection, alarm_id, before, event, is_simulated=bool(alarm["is_simulated"]))
    _tell_upward(connection, alarm, (*events, event), before, chain)
    was = before.task(event.task_no)
    change = Change(
        "alarm",
        alarm_id,
        f"chain {move.step}",
        was.state if was else None,
        event.state or event.event,
        event.note or f"{event.event} {event.unit_code}".strip(),
    )
    record(connection, [change], now=event.recorded_at, actor=event.actor)
    return event


def withdraw_all(connection: Connection, alarm_id: str, act: Act) -> None:
    """Takes an alarm back from all who hold it, as one that is none (误报) is, inside a transaction that holds the lock `intake`."""
    chain = chain_of(chain_events(connection, alarm_id))
    for task in () if chain.is_closed else chain.tasks:
        if not task.is_ended:
            move = Move(
                "withdraw",
                act.now,
                act.now,
                act.actor,
                task_no=task.task_no,
                note=act.reason,
                is_by_rule=True,
            )
            take_in(connection, alarm_id, move, chain_settings(), b"")


def chain_at(house: House, alarm_id: str, as_of: datetime) -> tuple[tuple[Event, ...], Chain]:
    """The events of the chain of an alarm up to a moment, and how it stands then."""
    with reading(house.engine) as connection:
        main_id = main_ids(connection, [alarm_id]).get(alarm_id, alarm_id)
        events = chain_events(connection, main_id, as_of)
    return events, chain_of(events)


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
        _tell_problem(connection, alarm, task, events, more)


def _answer(connection: Connection, chain: Chain, events: tuple[Event, ...]) -> dict[str, Any]:
    """What the holders' reports say together, the leading unit's first."""
    running = sorted(chain.running, key=lambda one: (one.role != "lead", one.task_no))
    reports = [found for one in running if (found := _last(events, one.task_no, "reported"))]
    names = {
        str(row["unit_code"]): str(row["name"])
        for row in frame(connection, "units_on", on_date=office_date(events[-1].event_at)).to_dict("records")
    }
    return {
        "unit": say("、").join(names.get(one.holder_code, one.holder_code) for one in running)[:255],
        "inspector": say("、").join(dict.fromkeys(one.person for one in reports))[:255],
        "problem_found": any(one.problem_found for one in reports),
        "note": say("；").join(one.note for one in reports)[:_LONGEST_TOLD],
        "inspected_at": max((one.inspected_at for one in reports if one.inspected_at), default=None),
    }


def _tell_problem(
    connection: Connection,
    alarm: dict[str, Any],
    task: Task,
    events: tuple[Event, ...],
    more: dict[str, Any],
) -> None:
    report = _last(events, task.task_no, "reported")
    if report is None:
        return
    is_accepted = events[-1].event == "inspected_passed"
    rectified = _last(events, task.task_no, "rectified")
    tell_problem(
        connection,
        _problem_id(str(alarm["alarm_id"]), task.task_no),
        str(alarm["alarm_id"]),
        category=report.category,
        description=report.note,
        found_at=max(report.receipt_at, alarm["started_at"]),
        status=say("已验收") if is_accepted else say("整改中"),
        rectify_by=report.rectify_by,
        rectified_at=rectified.receipt_at if is_accepted and rectified else None,
        **more,
    )


def _problem_id(alarm_id: str, task_no: int) -> str:
    plain = f"{alarm_id}-C{task_no}"
    return plain if len(plain) <= _LONGEST_ID else "C" + hashlib.sha256(plain.encode()).hexdigest()[:40]


def _last(events: tuple[Event, ...], task_no: int, name: str) -> Event | None:
    return next((one for one in reversed(events) if one.task_no == task_no and one.event == name), None)
