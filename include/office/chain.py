"""The chain of an alarm in the store of this office, as persons and rules move it: one step a transaction."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select

from include.act import Act
from include.chain.machine import chain_of
from include.chain.steps import LEAD
from include.chain.values import Chain, Event, Move
from include.errors import InputError
from include.house import House
from include.profile.chain_values import ChainSettings
from include.profile.current import office
from include.sources.chain_steps import take_in
from include.store import tables
from include.store.alarm_aliases import main_ids
from include.store.chain import chain_events
from include.store.engine import reading, writing
from include.store.spot_checks import draw_key


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


def is_alarm(house: House, alarm_id: str) -> bool:
    """Whether the store knows an alarm of this number."""
    with reading(house.engine) as connection:
        main_id = main_ids(connection, [alarm_id]).get(alarm_id, alarm_id)
        known = select(tables.alarm.c.alarm_id).where(tables.alarm.c.alarm_id == main_id).limit(1)
        return connection.execute(known).first() is not None


def take(house: House, alarm_id: str, move: Move) -> Event | None:
    """Takes one step of the chain of an alarm and returns its event; None for one whose `key` was taken before. Raises InputError for
    a move that says too little or an unknown alarm or unit, StateError where the step may not be taken, with what may."""
    settings, key = chain_settings(), draw_key(house.engine, move.now)
    with writing(house.engine, lock="intake") as connection:
        return take_in(connection, alarm_id, move, settings, key)


def withdraw_all(connection: Connection, alarm_id: str, act: Act) -> None:
    """Takes an alarm back from all who hold it, as one that is none (误报) is, inside a transaction that holds the lock `intake`."""
    chain = chain_of(chain_events(connection, alarm_id))
    # Who leads last: nobody is to lead only to be taken back.
    tasks = () if chain.is_closed else sorted(chain.tasks, key=lambda one: one.role == LEAD)
    for task in tasks:
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
