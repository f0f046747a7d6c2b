"""What webhooks are told: alarms, assignments, answers, acceptances and letters, each once, in the order in which the store learnt of them.

Events are read from the facts, not raised by whoever stores them: what one round misses the next finds, and a crash loses none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import quote

import pandas as pd
from sqlalchemy import Connection, select, update

from include.house import House
from include.post.channels import outbox
from include.post.channels.settings import Channel
from include.post.channels.webhooks import event_json
from include.profile.current import office
from include.rules import CHANNELS, SIMULATED_LABEL
from include.store.channel_tables import channel_state
from include.store.engine import reading, writing
from include.store.statements import frame

# A transaction that learnt of something is committed at most this much later: so far back every round looks again.
_LATE_COMMIT: Final = timedelta(hours=6)
_AT_ONCE: Final = timedelta(days=1)  # of facts that are read together
_STEPS: Final = {
    "acknowledged": "answer.acknowledged",
    "submitted": "answer.submitted",
    "disputed": "answer.disputed",
    "accepted": "acceptance.accepted",
    "returned": "acceptance.returned",
    "dispute_upheld": "acceptance.dispute_upheld",
    "dispute_rejected": "acceptance.dispute_rejected",
    "closed": "acceptance.closed",
    "reopened": "acceptance.reopened",
}
# Steps of a city's chain; what it tells upward (acknowledged, submitted, returned) is among the steps above.
_CHAIN: Final = {
    "assigned": "assignment.assigned",
    "withdrawn": "assignment.withdrawn",
    "extended": "assignment.extended",
    "handed_over": "assignment.handed_over",
    "reported": "answer.reported",
    "passed": "answer.passed",
    "rectified": "answer.rectified",
    "inspected_passed": "acceptance.inspected_passed",
    "inspected_failed": "acceptance.inspected_failed",
    "written_off": "acceptance.written_off",
}
TOPICS: Final = ("alarm", "assignment", "answer", "acceptance", "letter")


@dataclass(frozen=True)
class Event:
    """One thing that happened. `kind`: as `alarm.pushed`; `key`: of the very thing, so that it is told once."""

    kind: str
    key: str
    subject: str
    at: datetime
    is_simulated: bool
    data: dict[str, Any]

    @property
    def topic(self) -> str:
        """The first word of its kind: what a webhook asks for."""
        return self.kind.partition(".")[0]


def queue_events(house: House, now: datetime) -> int:
    """Queues what every webhook was not told yet; returns how many messages. A webhook that is new is told nothing of before."""
    queued = 0
    for channel in house.channels.webhooks:
        since = _told_until(house, channel, now)
        while since < now:
            until = min(now, since + _AT_ONCE)
            with reading(house.engine) as connection:
                events = [one for read in _READERS for one in read(connection, since - _LATE_COMMIT, until)]
            queued += _queue(house, channel, events, until, now)
            since = until
    return queued


def _told_until(house: House, channel: Channel, now: datetime) -> datetime:
    asked = select(channel_state.c.told_until_at).where(channel_state.c.channel == channel.name)
    with writing(house.engine, lock="channels") as connection:
        row = connection.execute(asked).first()
        if row is None:
            connection.execute(
                channel_state.insert().values(channel=channel.name, reason="", told_until_at=now)
            )
            return now
        if row.told_until_at is None:
            _note(connection, channel, now)
            return now
    told: datetime = row.told_until_at
    return told


def _note(connection: Connection, channel: Channel, until: datetime) -> None:
    connection.execute(
        update(channel_state).where(channel_state.c.channel == channel.name).values(told_until_at=until)
    )


def _queue(house: House, channel: Channel, events: list[Event], until: datetime, now: datetime) -> int:
    source = "/qianliyan/" + quote(office().own_unit, safe="")
    messages = []
    for one in events:
        if channel.wants(one.topic):
            event_id, content = event_json(
                f"cn.qianliyan.{one.kind}",
                one.key,
                source,
                one.subject,
                one.at,
                one.data,
                is_simulated=one.is_simulated,
            )
            messages.append((event_id, one.topic, content, one.is_simulated))
    with writing(house.engine, lock="channels") as connection:
        queued = outbox.queue(connection, channel, messages, now=now, useful_life=CHANNELS.webhook_life)
        _note(connection, channel, until)
    return queued


def _alarms(connection: Connection, since: datetime, until: datetime) -> Iterator[Event]:
    for row in _rows(frame(connection, "alarms_received", since_at=since, until_at=until)):
        kind = "alarm.pushed" if row["revision"] == 1 else "alarm.revised"
        key = f"{row['alarm_id']}\n{row['revision']}"
        yield _event(kind, key, str(row["alarm_id"]), row["revised_at"], row)


def _steps(connection: Connection, since: datetime, until: datetime) -> Iterator[Event]:
    for row in _rows(frame(connection, "steps_received", since_at=since, until_at=until)):
        if kind := _STEPS.get(str(row["event"])):
            key = f"{row['alarm_id']}\n{row['event']}\n{row['event_at'].isoformat()}\n{row['revision']}"
            yield _event(kind, key, str(row["alarm_id"]), row["event_at"], row)


def _letters(connection: Connection, since: datetime, until: datetime) -> Iterator[Event]:
    for row in _rows(frame(connection, "letters_released", since_at=since, until_at=until)):
        key = f"{row['letter_key']}\n{row['released_at'].isoformat()}"
        yield _event("letter.released", key, str(row["letter_key"]), row["released_at"], row)


def _chain(connection: Connection, since: datetime, until: datetime) -> Iterator[Event]:
    for row in _rows(frame(connection, "chain_received", since_at=since, until_at=until)):
        if kind := _CHAIN.get(str(row["event"])):
            key = f"{row['alarm_id']}\n{row['seq']}"
            yield _event(kind, key, str(row["alarm_id"]), row["event_at"], row)


_READERS: Final[tuple[Callable[[Connection, datetime, datetime], Iterator[Event]], ...]] = (
    _alarms,
    _steps,
    _chain,
    _letters,
)


def _event(kind: str, key: str, subject: str, at: Any, row: Mapping[str, Any]) -> Event:
    """An event of a row: its columns as the platform contract names them, without what only the store needs."""
    is_simulated = bool(row["is_simulated"])
    told = {name: _plain(value) for name, value in row.items() if name not in ("received_at", "is_simulated")}
    if told.get("problem_found") is not None:
        told["problem_found"] = bool(told["problem_found"])
    if is_simulated:
        told["data_origin"] = SIMULATED_LABEL
    return Event(kind, key, subject, pd.Timestamp(at).to_pydatetime(), is_simulated, told)


def _plain(value: Any) -> Any:
    """A value as JSON has it; none for an empty one."""
    if value is None or pd.isna(value):
        return None
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return value.item() if hasattr(value, "item") else value


def _rows(rows: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in rows.to_dict("records")]
