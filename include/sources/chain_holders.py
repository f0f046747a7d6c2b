"""Who holds the tasks of chains, where that changes by itself: a holder's successor takes its running tasks over, and where no unit leads
an alarm any more the first that still holds it does. Each change is an event of the chain, in the caller's transaction.

A task goes to the successor from the day on that was named, with its deadlines; what its former holder had done stays that unit's. Of two
tasks that one unit would owe the same report for, the one that is taken over is withdrawn.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, select

from include.chain.changes import handed_over, is_doubled, to_lead
from include.chain.machine import chain_of, next_event
from include.chain.steps import LEAD, STEPS
from include.chain.values import Chain, Event, Move, Task
from include.language import say
from include.profile.current import office
from include.store import tables
from include.store.chain import add_event, chain_events
from include.store.chain_tables import chain_alarm
from include.store.successors import Successors, successor_of, successors
from include.store.units import names_of_units

_ACTOR: Final = "succession"


def follow_successors(connection: Connection, now: datetime, alarm_ids: Iterable[str] | None = None) -> int:
    """Hands the running tasks of units that have a successor by now over to it, of these alarms or of all; returns how many. The caller
    holds the lock `intake`."""
    known = successors(connection)
    if not known or office().chain is None:
        return 0
    if alarm_ids is None:
        running = select(chain_alarm.c.alarm_id).where(chain_alarm.c.open_until_at.is_(None))
        alarm_ids = connection.execute(running.order_by(chain_alarm.c.alarm_id)).scalars().all()
    return sum(_follow(connection, one, known, now) for one in alarm_ids)


def lead_on(connection: Connection, alarm_id: str, now: datetime) -> Event | None:
    """Lets the first of the units that hold an alarm lead it, where no other leads; the event, or None where nothing changes."""
    chain = chain_of(chain_events(connection, alarm_id))
    task = to_lead(chain)
    if task is None:
        return None
    note = say("主办单位的交办已撤回，由在办单位中最先接办的主办")
    return _changed(connection, alarm_id, chain, task, task.holder_code, LEAD, _move(now, now, note))


def heir_of(known: Successors, unit_code: str, county: str, now: datetime) -> tuple[str, datetime | None]:
    """Who answers at a moment for what is a unit's, and since when; the unit itself, and None, where nobody was named by then."""
    code, since, been = unit_code, None, {unit_code}
    while (found := successor_of(known, code, county)) and found.since_at <= now:
        if found.successor_code in been:
            break
        code, since = found.successor_code, max(found.since_at, since or found.since_at)
        been.add(code)
    return code, since


def _follow(connection: Connection, alarm_id: str, known: Successors, now: datetime) -> int:
    chain = chain_of(chain_events(connection, alarm_id))
    if chain.is_closed:
        return 0
    done, county = 0, _county(connection, alarm_id, now)
    for task in [one for one in chain.tasks if not one.is_ended]:
        first = task.former[0][0] if task.former else task.holder_code
        code, since = heir_of(known, first, county, now)
        if code == task.holder_code or (since is None and not task.former):
            continue
        chain = chain_of(chain_events(connection, alarm_id))
        names = names_of_units(connection, now)
        note = say(
            "原承办单位{name}已撤销，由承接单位续办", name=names.get(task.holder_code, task.holder_code)
        )
        move = _move(now, since or now, note)
        if is_doubled(chain, task, code):
            _withdraw(connection, alarm_id, chain, task, move)
        else:
            _changed(connection, alarm_id, chain, task, code, task.role, move)
        done += 1
    if done:
        lead_on(connection, alarm_id, now)
    return done


def _move(now: datetime, at: datetime, note: str) -> Move:
    return Move("", now, at, _ACTOR, note=note, is_by_rule=True)


def _changed(
    connection: Connection, alarm_id: str, chain: Chain, task: Task, code: str, role: str, move: Move
) -> Event:
    event = handed_over(chain, task, move, code, role)
    return _kept(connection, alarm_id, chain, task, event)


def _withdraw(connection: Connection, alarm_id: str, chain: Chain, task: Task, move: Move) -> Event:
    settings = office().chain
    assert settings is not None  # asked in `follow_successors`
    step = Move(
        STEPS["withdraw"].name,
        move.now,
        move.at,
        move.actor,
        task_no=task.task_no,
        note=move.note,
        is_by_rule=True,
    )
    return _kept(connection, alarm_id, chain, task, next_event(chain, step, settings))


def _kept(connection: Connection, alarm_id: str, chain: Chain, task: Task, event: Event) -> Event:
    add_event(connection, alarm_id, chain, event, is_simulated=_is_simulated(connection, alarm_id))
    values = {
        "at": event.recorded_at,
        "actor": event.actor,
        "subject": "alarm",
        "subject_id": alarm_id,
        "action": f"chain {event.event}",
        "from_state": task.holder_code[:24],
        "to_state": (event.unit_code or event.state)[:24],
        "reason": event.note,
    }
    connection.execute(tables.audit.insert().values(values))
    return event


def _present(connection: Connection, alarm_id: str, now: datetime, column: Any) -> Any:
    own = tables.alarm.c
    asked = select(column).where(own.alarm_id == alarm_id, own.revised_at <= now)
    return connection.execute(asked.order_by(own.revised_at.desc(), own.revision.desc()).limit(1)).scalar()


def _county(connection: Connection, alarm_id: str, now: datetime) -> str:
    return str(_present(connection, alarm_id, now, tables.alarm.c.county) or "")


def _is_simulated(connection: Connection, alarm_id: str) -> bool:
    asked = select(tables.alarm.c.is_simulated).where(tables.alarm.c.alarm_id == alarm_id).limit(1)
    return bool(connection.execute(asked).scalar())
