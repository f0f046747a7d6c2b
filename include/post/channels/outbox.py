"""The outbox of channels beside mail: the states of a delivery (`post/outbox.py`), one message at a time, at the pace that a channel takes.

A chat message whose fate is not known is never sent again by itself. A webhook's is: its receiver knows the event by its id.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Engine, select, update

from include.errors import InputError, StateError
from include.language import say
from include.post import audit
from include.post.channels.robots import Verdict
from include.post.channels.settings import Channel
from include.post.outbox import retry_delay
from include.rules import CHANNELS, POST
from include.store.channel_tables import channel_message, channel_state
from include.store.engine import writing

_message, _state = channel_message.c, channel_state.c
_RESULT_STATES: Final = {"accepted": "sent", "refused": "refused", "unknown": "unknown", "retry": "queued"}
_SUBJECT: Final = "channel"


@dataclass(frozen=True)
class Claim:
    """A message that this owner alone may send until its lease ends. `attempts`: with this one."""

    message_id: int
    message_key: str
    content_json: str
    is_simulated: bool
    attempts: int
    owner: str


def queue(
    connection: Connection,
    channel: Channel,
    messages: Iterable[tuple[str, str, str, bool]],
    *,
    now: datetime,
    useful_life: timedelta,
    is_rehearsal: bool = False,
) -> int:
    """Queues messages (key, topic, content as JSON, whether simulated) that the channel was never given; returns how many."""
    rows = [
        {
            "channel": channel.name,
            "kind": channel.kind,
            "message_key": key,
            "topic": topic,
            "content_json": content,
            "is_simulated": is_simulated,
            "is_rehearsal": is_rehearsal,
            "queued_at": now,
            "state": "queued",
            "state_reason": say("等待发送"),
            "attempts": 0,
            "next_attempt_at": now,
            "expires_at": now + useful_life,
            "updated_at": now,
        }
        for key, topic, content, is_simulated in messages
    ]
    known = set(
        connection.execute(
            select(_message.message_key).where(
                _message.channel == channel.name,
                _message.message_key.in_([row["message_key"] for row in rows]),
            )
        ).scalars()
    )
    fresh = list({row["message_key"]: row for row in rows if row["message_key"] not in known}.values())
    if fresh:
        connection.execute(channel_message.insert(), fresh)
    return len(fresh)


def ready_at(connection: Connection, channel: Channel, now: datetime) -> datetime | None:
    """From when on the channel may be sent something that is due at `now`; None where nothing is due or it is switched off."""
    is_due = (
        _message.channel == channel.name,
        _message.state == "queued",
        _message.next_attempt_at <= now,
        _message.expires_at > now,
    )
    if connection.execute(select(_message.message_id).where(*is_due).limit(1)).first() is None:
        return None
    state = connection.execute(select(channel_state).where(_state.channel == channel.name)).first()
    if state is not None and state.disabled_at is not None:
        return None
    moments = [now, *([state.quiet_until_at] if state is not None and state.quiet_until_at else [])]
    for count, span in CHANNELS.rates[channel.kind]:
        attempted = connection.execute(
            select(_message.attempted_at)
            .where(_message.channel == channel.name, _message.attempted_at > now - span)
            .order_by(_message.attempted_at.desc())
            .offset(count - 1)
            .limit(1)
        ).scalar_one_or_none()
        if attempted is not None:
            moments.append(attempted + span)
    return _beside_the_rush(channel, max(moments))


def claim(connection: Connection, channel: Channel, *, owner: str, now: datetime) -> Claim | None:
    """Claims the oldest message that is due and may go now. Nothing may be sent before the caller's commit.

    The caller holds the lock `channels`, so that the pace holds over all processes.
    """
    moment = ready_at(connection, channel, now)
    if moment is None or moment > now:
        return None
    row = connection.execute(
        select(channel_message)
        .where(
            _message.channel == channel.name,
            _message.state == "queued",
            _message.next_attempt_at <= now,
            _message.expires_at > now,
        )
        .order_by(_message.next_attempt_at, _message.message_id)
        .limit(1)
    ).one()
    connection.execute(
        update(channel_message)
        .where(_message.message_id == row.message_id)
        .values(
            state="sending",
            state_reason=say("第 {attempts} 次尝试", attempts=row.attempts + 1),
            attempts=row.attempts + 1,
            attempted_at=now,
            lease_owner=owner,
            lease_until_at=now + POST.lease,
            updated_at=now,
        )
    )
    return Claim(row.message_id, row.message_key, row.content_json, row.is_simulated, row.attempts + 1, owner)


def settle(
    connection: Connection, channel: Channel, claimed: Claim, verdict: Verdict, *, now: datetime
) -> None:
    """Records what became of a message and how the channel stands. One that was swept meanwhile is settled too, as long as nobody decided."""
    outcome = verdict.outcome
    to_state = _RESULT_STATES[outcome.result]
    wait = max(retry_delay(claimed.attempts), verdict.quiet)
    reason = outcome.text or say("对方已收下")
    changed = connection.execute(
        update(channel_message)
        .where(_message.message_id == claimed.message_id, _message.lease_owner == claimed.owner)
        .values(
            state=to_state,
            state_reason=reason,
            next_attempt_at=now + wait,
            lease_owner=None,
            lease_until_at=None,
            answer_code=outcome.code,
            answer_text=outcome.text,
            updated_at=now,
        )
    ).rowcount
    change = (
        audit.Change(_SUBJECT, str(claimed.message_id), "settle", "sending", to_state, reason)
        if changed
        else audit.Change(_SUBJECT, str(claimed.message_id), "settle_late", None, None, reason)
    )
    audit.record(connection, [change], now=now, actor=claimed.owner)
    _note(connection, channel, verdict, now)


def sweep(connection: Connection, *, actor: str, now: datetime) -> int:
    """Claims whose lease is over were left by a crash: a chat message is unknown, a webhook's goes again. Returns messages."""
    stale = (_message.state == "sending", _message.lease_until_at <= now)
    words = say("发送进程中断，不知是否已发出：请在群里核实")
    again = say("发送进程中断，将再次发送")
    swept = _move(connection, (*stale, _message.kind != "webhook"), "unknown", "sweep", words, actor, now)
    return swept + _move(
        connection,
        (*stale, _message.kind == "webhook"),
        "queued",
        "sweep",
        again,
        actor,
        now,
        next_attempt_at=now,
        lease_owner=None,
    )


def expire(connection: Connection, *, actor: str, now: datetime) -> int:
    """Messages whose useful life is over are not tried any more. Returns messages."""
    stale = (_message.state == "queued", _message.expires_at <= now)
    return _move(connection, stale, "expired", "expire", say("超过有效期仍未送出"), actor, now)


def distrust(connection: Connection, *, actor: str, now: datetime) -> int:
    """After a restore from a backup: what waited there may have gone out since. A webhook's goes again. Returns messages."""
    waiting = (_message.state.in_(("queued", "sending")), _message.kind != "webhook")
    words = say("从备份恢复：备份之后是否已经发出无法确定，请在群里核实")
    return _move(connection, waiting, "unknown", "distrust", words, actor, now)


def resolve(engine: Engine, message_id: int, how: str, *, now: datetime, actor: str, reason: str) -> None:
    """A person settles a message that is unknown, refused or expired: `arrived`, `again` (with a new useful life), `dropped`.

    Raises InputError without a reason, StateError for a message that waits for nobody.
    """
    if not reason.strip():
        raise InputError("a reason is needed", where=f"message {message_id}", todo="say how you know")
    state = {"arrived": "sent", "again": "queued", "dropped": "withdrawn"}[how]
    more: dict[str, Any] = {"expires_at": now + CHANNELS.useful_life} if how == "again" else {}
    with writing(engine, lock="channels") as connection:
        row = connection.execute(select(channel_message).where(_message.message_id == message_id)).first()
        if row is None or row.state not in ("unknown", "refused", "expired"):
            raise StateError(
                "the message waits for nobody",
                where=f"message {message_id}",
                expected="unknown, refused or expired",
                got=row.state if row else "no such message",
            )
        if how == "again":
            span = max((span for _, span in CHANNELS.rates[row.kind]), default=timedelta(0))
            more["next_attempt_at"] = max(now, (row.attempted_at or now) + span)
        _move(
            connection,
            (_message.message_id == message_id,),
            state,
            f"resolve_{how}",
            reason,
            actor,
            now,
            lease_owner=None,
            **more,
        )


def enable(engine: Engine, name: str, *, now: datetime, actor: str, reason: str) -> None:
    """A person switches a webhook on again. Raises InputError without a reason, StateError where it is on."""
    if not reason.strip():
        raise InputError("a reason is needed", where=f"channel {name}", todo="say what was mended")
    with writing(engine, lock="channels") as connection:
        done = connection.execute(
            update(channel_state)
            .where(_state.channel == name, _state.disabled_at.is_not(None))
            .values(disabled_at=None, failing_since_at=None, quiet_until_at=None, reason=reason)
        ).rowcount
        if not done:
            raise StateError("the channel is not switched off", where=f"channel {name}")
        change = audit.Change(_SUBJECT, name, "enable", "disabled", "enabled", reason)
        audit.record(connection, [change], now=now, actor=actor)


def _note(connection: Connection, channel: Channel, verdict: Verdict, now: datetime) -> None:
    """How the channel stands after an answer; a webhook that fails for days, or says that it is gone, is switched off."""
    before = connection.execute(select(channel_state).where(_state.channel == channel.name)).first()
    result, words = verdict.outcome.result, verdict.outcome.text
    is_fine = result == "accepted"
    since = None if is_fine else (before.failing_since_at if before else None) or now
    quiet_until_at = now + verdict.quiet if verdict.quiet else (before.quiet_until_at if before else None)
    disabled_at = before.disabled_at if before else None
    if channel.kind == "webhook" and not is_fine and disabled_at is None:
        is_over = since is not None and now - since >= CHANNELS.disable_after
        disabled_at = now if verdict.is_gone or is_over else None
        if disabled_at is not None:
            change = audit.Change(_SUBJECT, channel.name, "disable", "enabled", "disabled", words)
            audit.record(connection, [change], now=now, actor="channels")
    values = {
        "failing_since_at": since,
        "quiet_until_at": quiet_until_at,
        "disabled_at": disabled_at,
        "reason": "" if is_fine else words,
    }
    if before is None:
        connection.execute(channel_state.insert().values(channel=channel.name, **values))
    else:
        connection.execute(update(channel_state).where(_state.channel == channel.name).values(**values))


def _beside_the_rush(channel: Channel, moment: datetime) -> datetime:
    """飞书 asks to leave the first minute of the full and the half hour to others."""
    if channel.kind == "feishu" and moment.minute in (0, 30):
        return moment.replace(second=0, microsecond=0) + timedelta(minutes=1)
    return moment


def _move(
    connection: Connection,
    conditions: Iterable[Any],
    to_state: str,
    action: str,
    reason: str,
    actor: str,
    now: datetime,
    **columns: Any,
) -> int:
    rows = connection.execute(
        select(_message.message_id, _message.state).where(*conditions).order_by(_message.message_id)
    ).all()
    if rows:
        connection.execute(
            update(channel_message)
            .where(_message.message_id.in_([row.message_id for row in rows]))
            .values(state=to_state, state_reason=reason, updated_at=now, **columns)
        )
    changes = [
        audit.Change(_SUBJECT, str(row.message_id), action, row.state, to_state, reason) for row in rows
    ]
    audit.record(connection, changes, now=now, actor=actor)
    return len(rows)
