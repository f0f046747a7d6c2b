"""How the channels beside mail stand: what waits for a person, and the last messages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import pandas as pd
from sqlalchemy import Connection, func, select

from include.post.channels.settings import Channel
from include.store.channel_tables import channel_message, channel_state

_message, _state = channel_message.c, channel_state.c
_WAITING = ("refused", "unknown", "expired")


@dataclass(frozen=True)
class Unsettled:
    """Messages of one channel that wait for a person for one reason."""

    channel: str
    reason: str
    count: int
    since: datetime
    is_simulated: bool


def unsettled(connection: Connection) -> list[Unsettled]:
    """Messages to groups that were refused, expired or are unknown, by channel and reason."""
    rows = connection.execute(
        select(
            _message.channel,
            _message.state_reason,
            func.count().label("number"),
            func.min(_message.updated_at).label("since"),
            func.max(_message.is_simulated.cast(_message.attempts.type)).label("simulated"),
        )
        .where(_message.state.in_(_WAITING), _message.kind != "webhook")
        .group_by(_message.channel, _message.state_reason)
        .order_by(_message.channel, _message.state_reason)
    ).all()
    return [
        Unsettled(row.channel, row.state_reason, int(row.number), row.since, bool(row.simulated))
        for row in rows
    ]


def switched_off(connection: Connection) -> list[Unsettled]:
    """Webhooks that took nothing for days; `count`: the events that wait for them, at least 1."""
    rows = connection.execute(
        select(_state.channel, _state.reason, _state.disabled_at)
        .where(_state.disabled_at.is_not(None))
        .order_by(_state.channel)
    ).all()
    found = []
    for row in rows:
        waiting = connection.execute(
            select(func.count(), func.max(_message.is_simulated.cast(_message.attempts.type))).where(
                _message.channel == row.channel, _message.state == "queued"
            )
        ).one()
        found.append(
            Unsettled(row.channel, row.reason, max(1, int(waiting[0])), row.disabled_at, bool(waiting[1]))
        )
    return found


def messages(connection: Connection, channel: str = "", state: str = "", most: int = 200) -> pd.DataFrame:
    """The last messages, the newest first, without their words."""
    names = (
        "message_id",
        "channel",
        "kind",
        "topic",
        "message_key",
        "state",
        "state_reason",
        "attempts",
        "answer_code",
        "is_rehearsal",
        "updated_at",
    )
    asked = select(*(_message[name] for name in names)).order_by(_message.message_id.desc()).limit(most)
    asked = asked.where(_message.channel == channel) if channel else asked
    asked = asked.where(_message.state == state) if state else asked
    rows = pd.DataFrame(connection.execute(asked).all(), columns=list(names))
    return rows.astype({"answer_code": "Int64"})


def standing(connection: Connection, channels: Sequence[Channel]) -> pd.DataFrame:
    """One row a configured channel: what it is told, how many messages wait, how it stands."""
    queued = {
        row.channel: int(row.number)
        for row in connection.execute(
            select(_message.channel, func.count().label("number"))
            .where(_message.state == "queued")
            .group_by(_message.channel)
        )
    }
    states = {row.channel: row for row in connection.execute(select(channel_state))}
    rows = []
    for one in channels:
        state = states.get(one.name)
        rows.append(
            {
                "channel": one.name,
                "kind": one.kind,
                "topics": ", ".join(sorted(one.topics)) or "all",
                "queued": queued.get(one.name, 0),
                "failing_since": state.failing_since_at.isoformat()
                if state is not None and state.failing_since_at
                else "",
                "is_off": bool(state is not None and state.disabled_at),
                "reason": state.reason if state is not None else "",
            }
        )
    names = ["channel", "kind", "topics", "queued", "failing_since", "is_off", "reason"]
    return pd.DataFrame(rows, columns=names)
