"""Outages on our own side (our link, our mail server): listed, and what was asked of holders meanwhile extended by a person, once each.

An outage is what the extensions say that were made for it: their key names its span, the task and the step that waited.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import pandas as pd

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

_KEY: Final = "outage"
_HOLDERS: Final = ("acknowledge", "report", "rectify")
COLUMNS: Final = ("started_at", "ended_at", "tasks", "extended_at", "actor", "note")
"""One row an outage: its span, how many tasks were extended for it, when first, by whom, why."""


def waiting_in(house: House, started_at: datetime, ended_at: datetime, now: datetime) -> pd.DataFrame:
    """One row a task that waits for its holder and whose time ran during an outage: `alarm_id, task_no, holder_name, step, due_at,
    new_due_at` (later by as long as the outage took of its time). What was overdue before it is not among them. Raises InputError."""
    if not started_at < ended_at <= now:
        raise InputError(
            "an outage has a beginning before its end, and is over",
            where="outage",
            got=f"{started_at.isoformat()} to {ended_at.isoformat()}",
            expected=f"until {now.isoformat()} at most",
        )
    with reading(house.engine) as connection:
        rows = running(connection, now)
    rows = rows[rows["step"].isin(_HOLDERS) & (rows["due_at"] >= started_at) & (rows["since_at"] < ended_at)]
    later = [ended_at - max(since.to_pydatetime(), started_at) for since in rows["since_at"]]
    rows = rows.assign(new_due_at=rows["due_at"] + pd.to_timedelta(later))
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
            key=" ".join(
                (_KEY, _span(started_at, ended_at), alarm_id[:50], str(task_no), str(row["step"])[:8])
            ),
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
    spans = rows["event_key"].str.split(" ").str[1].str.split("/", expand=True)
    rows = rows.assign(
        started_at=pd.to_datetime(spans[0], utc=True), ended_at=pd.to_datetime(spans[1], utc=True)
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
