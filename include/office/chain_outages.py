"""Outages on our own side (our link, our mail server): listed, and what was asked of holders meanwhile extended by a person, once each.

An outage is what the extensions say that were made for it: their key names its span, the task and the step that waited.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

import pandas as pd
from sqlalchemy import Connection

from include.act import Act
from include.chain.values import Move
from include.errors import InputError, QianliyanError
from include.house import House
from include.language import say
from include.office.chain import chain_settings
from include.office.chain_lists import running
from include.periods import moment_label
from include.sources.chain_steps import take_in
from include.store.engine import reading, writing
from include.store.statements import frame

Span = tuple[datetime, datetime]
_KEY: Final = "outage"
_NONE: Final = timedelta(0)
_HOLDERS: Final = ("acknowledge", "report", "rectify")
COLUMNS: Final = ("started_at", "ended_at", "tasks", "extended_at", "actor", "note")
"""One row an outage: its span, how many tasks were extended for it, when first, by whom, why."""


def waiting_in(house: House, started_at: datetime, ended_at: datetime, now: datetime) -> pd.DataFrame:
    """One row a task that waits for its holder and whose time ran during an outage: `alarm_id, task_no, holder_name, step, due_at,
    new_due_at` (later by as long as the outage took of its time, without what was given back for it before: an outage that is told
    again, longer or in parts, counts once). What was overdue before it is not among them. Raises InputError."""
    if not started_at < ended_at <= now:
        raise InputError(
            "an outage has a beginning before its end, and is over",
            where="outage",
            got=f"{started_at.isoformat()} to {ended_at.isoformat()}",
            expected=f"until {now.isoformat()} at most",
        )
    with reading(house.engine) as connection:
        rows = running(connection, now)
        given = _given(connection)
    rows = rows[rows["step"].isin(_HOLDERS) & (rows["due_at"] >= started_at) & (rows["since_at"] < ended_at)]
    later = []
    for row in rows.to_dict("records"):
        span = max(row["since_at"].to_pydatetime(), started_at), ended_at
        names = _names(str(row["alarm_id"]), int(row["task_no"]), row["step"])
        later.append(_uncovered(span, given.get(names, ())))
    rows = rows.assign(new_due_at=rows["due_at"] + pd.to_timedelta(later))[[one > _NONE for one in later]]
    return rows[["alarm_id", "task_no", "holder_name", "step", "due_at", "new_due_at"]].reset_index(drop=True)


def extend_for(house: House, started_at: datetime, ended_at: datetime, act: Act) -> tuple[int, list[str]]:
    """Extends what waited during an outage; returns how many, and what could not be and why. Said again, nothing is done. Raises
    InputError without a reason."""
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
        move = Move(
            "extend",
            act.now,
            act.now,
            act.actor,
            task_no=task_no,
            note=note,
            due_at=row["new_due_at"].to_pydatetime(),
            is_for_outage=True,
            key=" ".join((_KEY, _span(started_at, ended_at), *_names(alarm_id, task_no, row["step"]))),
        )
        try:
            with writing(house.engine, lock="intake") as connection:
                done += take_in(connection, alarm_id, move, settings) is not None
        except QianliyanError as error:
            troubles.append(f"{alarm_id} task {task_no}: {error}")
    return done, troubles


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
    """What an outage's key says of the task and the step that waited."""
    return alarm_id[:50], str(task_no), str(step)[:8]


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
