"""Acts of the office on one alarm: accept and return an answer, uphold and reject a dispute, close (结案) and reopen.

Each is a step of the alarm's feedback with the office as its source, and a row of the audit trail, in one transaction.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import pandas as pd
from sqlalchemy import Connection, select

from include.act import Act
from include.errors import InputError, StateError
from include.house import House
from include.office.chain import withdraw_all
from include.post.audit import Change, record
from include.profile.current import office
from include.sources.config import DECIDING_KINDS
from include.sources.own_facts import tell_step
from include.store import tables
from include.store.alarm_aliases import main_ids
from include.store.chain import has_chain
from include.store.engine import reading, writing
from include.store.facts import alarm_states
from include.supervision.feedback import judge

EVENTS: Final = {
    "accept": "accepted",
    "return": "returned",
    "uphold": "dispute_upheld",
    "reject": "dispute_rejected",
    "close": "closed",
    "reopen": "reopened",
}
# What the owner of a platform decides itself; closing and reopening are this office's own everywhere.
_DECISIONS: Final = ("accept", "return", "uphold", "reject")
# What an alarm's own chain decides, where it has one.
_OF_CHAIN: Final = ("accept", "return", "close", "reopen")
_LONGEST_REASON: Final = 500
_INSTANT: Final = timedelta(microseconds=1)


@dataclass(frozen=True)
class Acts:
    """What can be done to an alarm now: keys of `EVENTS`. `owner`: the source whose platform takes the decisions, or empty."""

    possible: tuple[str, ...] = ()
    owner: str = ""


def possible_acts(house: House, alarm_id: str, now: datetime) -> Acts:
    """The acts that `act` would do to this alarm at this moment; none for an alarm that is not pushed yet or unknown."""
    with reading(house.engine) as connection:
        try:
            alarm = _state(connection, alarm_id, now)
        except (InputError, StateError):
            return Acts()
        is_chained = has_chain(connection, str(alarm["alarm_id"]))
    owner = _owner(house, alarm)
    own = (
        name
        for name in EVENTS
        if not (owner and name in _DECISIONS) and not (is_chained and name in _OF_CHAIN)
    )
    return Acts(tuple(name for name in own if not _not_so(alarm, name)), owner)


def act(house: House, alarm_id: str, name: str, *, now: datetime, actor: str, reason: str) -> str:
    """Does one of `EVENTS` to an alarm; returns the event. Raises InputError without a reason or for an unknown alarm, StateError
    where the owner of a platform decides, or where the alarm does not stand so that it could be done."""
    if not 0 < len(reason.strip()) <= _LONGEST_REASON:
        raise InputError(
            "a reason is needed",
            where=f"alarm {alarm_id}",
            expected=f"1 to {_LONGEST_REASON} characters",
            todo="say why, for the audit trail",
        )
    with writing(house.engine, lock="intake") as connection:
        alarm = _state(connection, alarm_id, now)
        _require_own_decision(house, alarm, name)
        if name in _OF_CHAIN and has_chain(connection, str(alarm["alarm_id"])):
            raise StateError(
                "its chain decides that", where=f"alarm {alarm_id}", todo="take the step there: chain show"
            )
        if wrong := _not_so(alarm, name):
            raise StateError(
                f"the alarm does not stand so that one could {name}", where=f"alarm {alarm_id}", got=wrong
            )
        event = EVENTS[name]
        tell_step(
            connection,
            str(alarm["alarm_id"]),
            event,
            now,
            is_simulated=bool(alarm["is_simulated"]),
            now=now,
            note=reason.strip(),
        )
        if name == "uphold" and office().chain is not None:
            withdraw_all(connection, str(alarm["alarm_id"]), Act(now, actor, reason.strip()))
        change = Change("alarm", str(alarm["alarm_id"]), name, None, event, reason.strip())
        record(connection, [change], now=now, actor=actor)
    return event


def _state(connection: Connection, alarm_id: str, now: datetime) -> dict[Any, Any]:
    alarm_id = main_ids(connection, [alarm_id]).get(alarm_id, alarm_id)
    columns = tables.alarm.c
    pushed = connection.execute(select(columns.pushed_at).where(columns.alarm_id == alarm_id)).scalars().all()
    if not pushed:
        raise InputError("no such alarm", where="alarms", got=alarm_id, expected="an alarm_id")
    states = alarm_states(connection, min(pushed), max(pushed) + _INSTANT, now)
    judged = judge(states[states["alarm_id"] == alarm_id], now)
    if judged.empty:
        raise StateError("the alarm is not pushed yet", where=f"alarm {alarm_id}")
    row: dict[Any, Any] = judged.iloc[0].to_dict()
    return row


def _owner(house: House, alarm: dict[Any, Any]) -> str:
    """The source whose platform takes the decisions about an alarm; empty where this office does."""
    owner = next((source for source in house.sources if source.name == alarm["source"]), None)
    return owner.name if owner is not None and owner.kind in DECIDING_KINDS else ""


def _require_own_decision(house: House, alarm: dict[Any, Any], name: str) -> None:
    if name in _DECISIONS and (owner := _owner(house, alarm)):
        raise StateError(
            "its platform decides that",
            where=f"alarm {alarm['alarm_id']}",
            got=f"the alarm is of the source {owner}",
            todo=f"ask the owner of {owner}; its decision comes with the next pull",
        )


def _not_so(alarm: dict[Any, Any], name: str) -> str:
    """Why an act is not possible now, or empty."""
    is_disputed = not pd.isna(alarm["last_disputed_at"])
    decisions = [alarm[name] for name in ("upheld_at", "rejected_at") if not pd.isna(alarm[name])]
    is_undecided = is_disputed and all(decided_at < alarm["last_disputed_at"] for decided_at in decisions)
    faults = {
        "accept": "no answer"
        if pd.isna(alarm["first_answer_at"])
        else "it is accepted already"
        if alarm["standing_event"] == "accepted"
        else "",
        "return": "" if alarm["is_answered"] else "no standing answer",
        "uphold": "" if is_disputed and not alarm["is_upheld"] else "no dispute that could be upheld",
        "reject": "" if is_undecided or alarm["is_upheld"] else "no dispute that could be rejected",
        "close": "" if alarm["is_open"] else "it is answered, withdrawn or closed already",
        "reopen": "" if alarm["is_closed"] else "it is not closed",
    }
    return faults[name]
