"""The chain of alarms in the store: the events of one, the tasks of many as of a moment, and one event more."""

from collections.abc import Iterable
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any, Final

import pandas as pd
from sqlalchemy import Connection, select

from include.chain.machine import after
from include.chain.values import Chain, Event, Problem
from include.store.chain_tables import chain_alarm, chain_event, chain_problem
from include.store.facts import ALL_KNOWN
from include.store.statements import frame

_MOMENTS: Final = (
    "event_at",
    "receipt_at",
    "recorded_at",
    "due_at",
    "met_due_at",
    "answer_due_at",
    "rectify_by",
    "inspected_at",
)


def chain_events(
    connection: Connection, alarm_id: str, as_of: datetime = ALL_KNOWN, known_at: datetime = ALL_KNOWN
) -> tuple[Event, ...]:
    """The events of the chain of an alarm up to a moment, in their order (sql/chain_events.sql); none for one without a chain."""
    rows = frame(connection, "chain_events", alarm_id=alarm_id, as_of_at=as_of, known_at=known_at)
    return tuple(_event(row) for row in rows.to_dict("records"))


def chain_tasks(
    connection: Connection,
    start_at: datetime,
    end_at: datetime,
    as_of: datetime,
    *,
    known_at: datetime = ALL_KNOWN,
    with_open: bool = False,
) -> pd.DataFrame:
    """One row a task of the alarms first assigned in [start_at, end_at), as of a moment; with `with_open` also of all that run then,
    of any age (sql/chain_tasks.sql)."""
    return frame(
        connection,
        "chain_tasks",
        start_at=start_at,
        end_at=end_at,
        as_of_at=as_of,
        known_at=known_at,
        with_open=int(with_open),
    ).assign(has_problem=lambda rows: rows["has_problem"].astype("boolean"))


def has_chain(connection: Connection, alarm_id: str) -> bool:
    """Whether an alarm was ever assigned."""
    asked = select(chain_alarm.c.alarm_id).where(chain_alarm.c.alarm_id == alarm_id)
    return connection.execute(asked).first() is not None


def is_taken(connection: Connection, key: str) -> bool:
    """Whether a step with this key of its sender was taken already."""
    asked = select(chain_event.c.seq).where(chain_event.c.event_key == key)
    return connection.execute(asked).first() is not None


def add_event(
    connection: Connection, alarm_id: str, chain: Chain, event: Event, *, is_simulated: bool
) -> Chain:
    """Adds the next event of a chain, which `include.chain.machine.next_event` gave, and returns how it stands now. The caller holds the
    lock `chain` of the store (or `intake`): the number of an event is given once, and two at once would be refused by the key."""
    values = asdict(event)
    values["event_key"] = values.pop("key") or None
    connection.execute(chain_event.insert().values(alarm_id=alarm_id, is_simulated=is_simulated, **values))
    was_over = chain.is_closed or (bool(chain.tasks) and all(one.is_ended for one in chain.tasks))
    chain = after(chain, event)
    is_over = chain.is_closed or all(one.is_ended for one in chain.tasks)
    until = {"open_until_at": event.event_at if is_over else None}
    if event.seq == 1:
        connection.execute(
            chain_alarm.insert().values(alarm_id=alarm_id, assigned_at=event.event_at, **until)
        )
    elif not (was_over and is_over):
        connection.execute(chain_alarm.update().where(chain_alarm.c.alarm_id == alarm_id).values(**until))
    return chain


def add_problems(connection: Connection, alarm_id: str, seq: int, problems: Iterable[Problem]) -> None:
    """Keeps what a report tells apart."""
    rows = [
        {"alarm_id": alarm_id, "seq": seq, "place": place, **asdict(one)}
        for place, one in enumerate(problems, start=1)
    ]
    if rows:
        connection.execute(chain_problem.insert(), rows)


def reported_problems(
    connection: Connection, alarm_id: str, seqs: Iterable[int]
) -> tuple[tuple[int, Problem], ...]:
    """The problems that these reports of an alarm tell apart, in their order, each with the report's number."""
    own = chain_problem.c
    columns = (own.seq, *(own[one.name] for one in fields(Problem)))
    asked = select(*columns).where(own.alarm_id == alarm_id, own.seq.in_(tuple(seqs)))
    return tuple(
        (int(seq), Problem(*rest)) for seq, *rest in connection.execute(asked.order_by(own.seq, own.place))
    )


def _event(row: dict[Any, Any]) -> Event:
    values: dict[str, Any] = {str(name): value for name, value in row.items() if name != "alarm_id"}
    values["rectify_by"] = values.pop("rectify_by_at")
    values["key"] = values.pop("event_key")
    for name in _MOMENTS:
        values[name] = None if pd.isna(values[name]) else values[name].to_pydatetime()
    values["of_seq"] = None if pd.isna(values["of_seq"]) else int(values["of_seq"])
    found = values["problem_found"]
    values["problem_found"] = None if found is None or pd.isna(found) else bool(found)
    return Event(**values)
