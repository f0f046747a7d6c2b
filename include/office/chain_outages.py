"""Outages on our own side (our link, our mail server): listed, and what was asked of holders meanwhile extended by a person, once each:
what is waited for, and what came too late before the outage was recorded.

An outage is what the extensions say that were made for it: their key names its span, the task and the step.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pandas as pd
from sqlalchemy import Connection

from include.act import Act
from include.chain.clocks import ACKNOWLEDGE, REPORT, Clock, clocks_of
from include.chain.machine import chain_of
from include.chain.steps import ASSIGNED, HOLDERS_SLOTS
from include.chain.values import Event, Move
from include.errors import InputError, QianliyanError
from include.house import House
from include.language import say
from include.office.chain import chain_settings
from include.office.chain_lists import running
from include.periods import moment_label, moment_text
from include.sources.chain_steps import give_time, take_in
from include.store.chain import chain_events
from include.store.engine import reading, writing
from include.store.statements import frame
from include.store.units import names_of_units

Span = tuple[datetime, datetime]
_KEY: Final = "outage"
_NONE: Final = timedelta(0)
WAITING: Final = (
    "alarm_id",
    "task_no",
    "holder_name",
    "step",
    "due_at",
    "new_due_at",
    "taken_at",
    "taken_seq",
)
COLUMNS: Final = ("started_at", "ended_at", "tasks", "extended_at", "actor", "note")
"""One row an outage: its span, how many tasks were extended for it, when first, by whom, why."""


def waiting_in(house: House, started_at: datetime, ended_at: datetime, now: datetime) -> pd.DataFrame:
    """One row a step asked of a holder whose time ran during an outage: it is waited for, or came too late (`taken_at`): `alarm_id,
    task_no, holder_name, step, due_at, new_due_at, taken_at, taken_seq`. `new_due_at` is later by as long as the outage took of its time,
    without what was given back for it before: an outage that is told again, longer or in parts, counts once. What was overdue before it is
    not among them. Raises InputError."""
    if not started_at < ended_at <= now:
        raise InputError(
            "an outage has a beginning before its end, and is over",
            where="outage",
            got=f"{moment_text(started_at)} to {moment_text(ended_at)}",
            expected=f"until {moment_text(now)} at most",
        )
    found: list[dict[str, Any]] = []
    with reading(house.engine) as connection:
        given, names = _given(connection), names_of_units(connection, now)
        for alarm_id in _touched(connection, started_at, now):
            for clock in _asked(chain_events(connection, alarm_id, now), started_at):
                ran = clock.due_at >= started_at and clock.since_at < ended_at
                if not ran or (clock.taken_at is not None and not clock.is_late):
                    continue
                spans = [each for name in _names_of(alarm_id, clock) for each in given.get(name, ())]
                lost = _uncovered((max(clock.since_at, started_at), ended_at), spans)
                if lost > _NONE:
                    found.append(_row(alarm_id, clock, names, clock.due_at + lost))
    rows = pd.DataFrame(found, columns=list(WAITING))
    return rows.sort_values(["due_at", "alarm_id", "task_no"], ignore_index=True)


def extend_for(house: House, started_at: datetime, ended_at: datetime, act: Act) -> tuple[int, list[str]]:
    """Extends what waited during an outage, and what came too late because of it; returns how many, and what could not be and why. Said
    again, nothing is done. Raises InputError without a reason."""
    if not act.reason.strip():
        raise InputError("a reason is needed", where="outage", todo="say what was out of order")
    settings = chain_settings()
    note = say(
        "我方系统中断（{first}至{last}）：{why}",
        first=moment_label(started_at, year=True),
        last=moment_label(ended_at, year=True),
        why=act.reason.strip(),
    )
    done, troubles = 0, []
    for row in waiting_in(house, started_at, ended_at, act.now).to_dict("records"):
        alarm_id, task_no = str(row["alarm_id"]), int(row["task_no"])
        taken_seq = None if pd.isna(row["taken_seq"]) else int(row["taken_seq"])
        names = _names(alarm_id, task_no, row["step"] if taken_seq is None else _taken_name(taken_seq))
        move = Move(
            "extend",
            act.now,
            act.now,
            act.actor,
            task_no=task_no,
            note=note,
            due_at=row["new_due_at"].to_pydatetime(),
            is_for_outage=True,
            key=" ".join((_KEY, _span(started_at, ended_at), *names)),
        )
        try:
            with writing(house.engine, lock="intake") as connection:
                is_waited_for = taken_seq is None and not _is_unsigned(connection, alarm_id, row)
                if is_waited_for:
                    done += take_in(connection, alarm_id, move, settings) is not None
                else:
                    done += give_time(connection, alarm_id, taken_seq, move, settings) is not None
        except QianliyanError as error:
            troubles.append(f"{alarm_id} task {task_no}: {error}")
    return done, troubles


def _is_unsigned(connection: Connection, alarm_id: str, row: Mapping[Any, Any]) -> bool:
    """Whether the report of a task is meant that still waits for its 签收."""
    task = chain_of(chain_events(connection, alarm_id)).task(int(row["task_no"]))
    return row["step"] == REPORT and task is not None and task.state == ASSIGNED


def _touched(connection: Connection, started_at: datetime, now: datetime) -> list[str]:
    """The alarms of which something may have waited during an outage that began then."""
    rows = running(connection, now)
    # A task that waits for its 签收 is looked at however long that is overdue: the time of its report may run.
    may_run = (rows["due_at"] >= started_at) | (rows["step"] == ACKNOWLEDGE)
    waiting = rows.loc[rows["step"].isin(HOLDERS_SLOTS) & may_run, "alarm_id"]
    late = frame(connection, "chain_touched", since_at=started_at)["alarm_id"]
    return sorted({*waiting.astype(str), *late.astype(str)})


def _asked(events: tuple[Event, ...], started_at: datetime) -> Iterator[Clock]:
    """The steps of an alarm's holders that may be given time; the report of a task that waits for its 签收 gets what that gets, and its own
    where the 签收 was overdue before."""
    clocks = clocks_of(events)
    unsigned = {
        one.task_no
        for one in clocks
        if one.slot == ACKNOWLEDGE and one.taken_seq is None and one.due_at >= started_at
    }
    for clock in clocks:
        if clock.slot != REPORT or clock.taken_seq is not None or clock.task_no not in unsigned:
            yield clock


def _row(alarm_id: str, clock: Clock, names: Mapping[str, str], new_due_at: datetime) -> dict[str, Any]:
    return {
        "alarm_id": alarm_id,
        "task_no": clock.task_no,
        "holder_name": names.get(clock.holder_code, clock.holder_code),
        "step": clock.slot,
        "due_at": clock.due_at,
        "new_due_at": new_due_at,
        "taken_at": clock.taken_at,
        "taken_seq": clock.taken_seq,
    }


def outages(house: House) -> pd.DataFrame:
    """The outages for which something was extended, the latest first; columns `COLUMNS`."""
    with reading(house.engine) as connection:
        rows = frame(connection, "chain_outages")
    if rows.empty:
        return pd.DataFrame(columns=list(COLUMNS))
    spans = [_span_of(key) for key in rows["event_key"]]
    rows = rows.assign(
        started_at=pd.to_datetime([one[0] for one in spans], utc=True),
        ended_at=pd.to_datetime([one[1] for one in spans], utc=True),
    )
    found = rows.groupby(["started_at", "ended_at"], as_index=False).agg(
        tasks=("alarm_id", "size"),
        extended_at=("event_at", "min"),
        actor=("actor", "first"),
        note=("note", "first"),
    )
    return found[list(COLUMNS)].sort_values("started_at", ascending=False).reset_index(drop=True)


def _span(started_at: datetime, ended_at: datetime) -> str:
    return "/".join(f"{one.astimezone(UTC):%Y%m%dT%H%M%SZ}" for one in (started_at, ended_at))


def _span_of(key: str) -> Span:
    first, last = (
        datetime.strptime(one, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC) for one in key.split(" ")[1].split("/")
    )
    return first, last


def _names(alarm_id: str, task_no: int, step: object) -> tuple[str, str, str]:
    """What an outage's key says of the task and the step."""
    return alarm_id[:50], str(task_no), str(step)[:8]


def _names_of(alarm_id: str, clock: Clock) -> Iterator[tuple[str, str, str]]:
    """The names under which a step may have been given time: while it was waited for, with the 签收 beside it, and since it was taken."""
    yield _names(alarm_id, clock.task_no, clock.slot)
    if clock.is_first:
        yield _names(alarm_id, clock.task_no, ACKNOWLEDGE)
    if clock.taken_seq is not None:
        yield _names(alarm_id, clock.task_no, _taken_name(clock.taken_seq))


def _taken_name(seq: int) -> str:
    return f"#{seq}"


def _given(connection: Connection) -> dict[tuple[str, str, str], list[Span]]:
    """The spans for which a waiting step was given its time back, by the names of the step."""
    found: dict[tuple[str, str, str], list[Span]] = {}
    for row in frame(connection, "chain_outages").to_dict("records"):
        key = str(row["event_key"])
        names = _names(str(row["alarm_id"]), int(row["task_no"]), key.rpartition(" ")[2])
        found.setdefault(names, []).append(_span_of(key))
    return found


def _uncovered(span: Span, others: Iterable[Span]) -> timedelta:
    """How much of a span lies in none of the others."""
    place, last = span
    found = _NONE
    for began, ended in sorted(others):
        if began >= last:
            break
        found += max(began - place, _NONE)
        place = max(place, min(ended, last))
    return found + (last - place)
