"""The chain as people read it: the steps of an alarm, what may be done now, the tasks that run, what waits for a person."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

import pandas as pd
from sqlalchemy import Connection

from include.chain.machine import allowed
from include.chain.steps import HOLDERS_SLOTS, waiting_step
from include.chain.values import Chain, Event, Task
from include.errors import StateError
from include.house import House
from include.office.chain import chain_at, chain_settings
from include.office.chain_assigning import unassigned
from include.periods import office_date
from include.store.chain import chain_tasks
from include.store.engine import reading
from include.store.statements import frame
from include.store.units import names_of_units

EVENT_COLUMNS: Final = (
    "seq",
    "task_no",
    "event",
    "event_at",
    "unit_code",
    "role",
    "person",
    "state",
    "due_at",
    "met_due_at",
    "problem_found",
    "category",
    "rectify_by",
    "is_drawn",
    "note",
    "actor",
    "receipt_at",
    "inspected_at",
)
TASK_COLUMNS: Final = (
    "alarm_id",
    "task_no",
    "holder_code",
    "role",
    "state",
    "step",
    "due_at",
    "overdue_hours",
    "office_late_hours",
    "is_escalated",
    "unit_code",
    "county",
    "point_name",
    "assigned_at",
    "returns",
    "failures",
    "holder_name",
    "since_at",
    "is_simulated",
)
UNASSIGNED_COLUMNS: Final = (
    "alarm_id",
    "unit_code",
    "county",
    "point_name",
    "pushed_at",
    "deadline_at",
    "is_simulated",
)
_HOUR_SECONDS: Final = 3600


def event_rows(events: Sequence[Event]) -> pd.DataFrame:
    """One row a step, in their order; columns `EVENT_COLUMNS`."""
    return pd.DataFrame([asdict(one) for one in events], columns=list(EVENT_COLUMNS))


def possible_steps(chain: Chain) -> Iterator[str]:
    """One line a task and one for the alarm: what may be done now."""
    for task in chain.tasks:
        yield f"task {task.task_no} ({task.holder_code}, {task.state}): {_names(allowed(chain, task.task_no))}"
    yield f"alarm: {_names(allowed(chain, 0))}"


def _names(steps: Iterable[str]) -> str:
    return ", ".join(steps) or "nothing"


def meant_task(house: House, alarm_id: str, step: str, task_no: int | None, now: datetime) -> Task:
    """The task of an alarm that a step is of: the one named, else the only one of which it may be taken. Raises StateError."""
    _, chain = chain_at(house, alarm_id, now)
    if task_no is not None:
        found = chain.task(task_no)
        fitting = [found] if found else []
    else:
        running = [one for one in chain.tasks if not one.is_ended]
        fitting = [one for one in running if step in allowed(chain, one.task_no)]
        fitting = fitting or (running if len(running) == 1 else [])
    if len(fitting) == 1:
        return fitting[0]
    raise StateError(
        f"no single task of which one could {step}",
        where=f"alarm {alarm_id}",
        got="; ".join(possible_steps(chain)),
        expected="--task N",
        todo="see: chain show",
    )


def running_tasks(house: House, as_of: datetime) -> pd.DataFrame:
    """One row a task that runs as of a moment, the first due first; columns `TASK_COLUMNS`. `overdue_hours`: of the holder's step;
    `office_late_hours`: of the office's own (待审核、待验收、待销号), for which no unit is overdue."""
    chain_settings()
    with reading(house.engine) as connection:
        return running(connection, as_of)


def running(connection: Connection, as_of: datetime) -> pd.DataFrame:
    """The same inside a transaction."""
    settings = chain_settings()
    rows = chain_tasks(connection, as_of, as_of, as_of, with_open=True)
    rows = rows[~rows["state"].isin(("written_off", "withdrawn", "closed"))]
    names = names_of_units(connection, as_of)
    rows = rows.assign(
        holder_name=rows["holder_code"].map(names).fillna(rows["holder_code"]),
        since_at=rows["state_at"],
        step=[waiting_step(str(state)) for state in rows["state"]],
        over=[_hours_over(due_at, as_of) for due_at in rows["due_at"]],
        is_escalated=[
            settings.is_escalated(None if pd.isna(due_at) else due_at.to_pydatetime(), as_of)
            for due_at in rows["due_at"]
        ],
    )
    is_holders = rows["step"].isin(HOLDERS_SLOTS)
    rows["overdue_hours"] = rows["over"].where(is_holders, 0.0).astype(float)
    rows["office_late_hours"] = rows["over"].mask(is_holders, 0.0).astype(float)
    return rows[list(TASK_COLUMNS)].sort_values(["due_at", "alarm_id", "task_no"]).reset_index(drop=True)


def unassigned_rows(house: House, as_of: datetime) -> pd.DataFrame:
    """One row an open alarm that nobody holds, the oldest first; columns `UNASSIGNED_COLUMNS`."""
    chain_settings()
    with reading(house.engine) as connection:
        rows = unassigned(connection, as_of)
    return pd.DataFrame(rows, columns=list(UNASSIGNED_COLUMNS))


def _hours_over(due_at: Any, as_of: datetime) -> float:
    """By how much what was due then is overdue; 0 where it is not."""
    if pd.isna(due_at):
        return 0.0
    return max(0.0, float((as_of - due_at.to_pydatetime()).total_seconds()) / _HOUR_SECONDS)


def unit_names(house: House, at: datetime) -> dict[str, str]:
    """What units are called, by code: also those that have ended."""
    with reading(house.engine) as connection:
        return names_of_units(connection, at)


def holders_to_choose(house: House, now: datetime) -> dict[str, str]:
    """The units that an alarm may be handed to now: names by code."""
    with reading(house.engine) as connection:
        rows = frame(connection, "units_on", on_date=office_date(now))
    rows = rows[rows["is_addressed"]]
    return dict(zip(rows["unit_code"].astype(str), rows["name"].astype(str), strict=True))
