"""The outbox: what becomes of each recipient of each copy of a letter.

    queued ─▶ sending ─▶ sent ─bounce─▶ refused
      ▲          ├─▶ refused   (5xx: an operator must act)
      ├──retry───┤             (4xx, or failed before the body; `expired` when its useful life is over)
      └─operator─┴─▶ unknown   (connection lost after the body began, or a crash: never resent by itself)

A *mail* is one copy of one letter: its recipients are claimed, sent and settled together.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Engine, Integer, bindparam, func, select, update

from include.errors import InputError, StateError
from include.language import say
from include.letter_kinds import useful_life
from include.post import audit
from include.post.outcomes import Outcome, Transmission
from include.replies.answered import TAG_BYTES
from include.rules import POST
from include.store import statements, tables
from include.store.columns import Instant
from include.store.engine import writing

_delivery = tables.delivery
TAKEN_CODES: Final = (250, 251, 252)
_RESULT_STATES: Final = {"accepted": "sent", "refused": "refused", "unknown": "unknown", "retry": "queued"}


@dataclass(frozen=True)
class Claim:
    """A mail that this owner alone may send until its lease ends: `addresses` by delivery_id."""

    owner: str
    letter_id: int
    letter_key: str
    subject: str
    message_id: str
    eml_sha256: str
    is_simulated: bool
    is_rehearsal: bool
    attempts: int  # with this one
    addresses: dict[int, str]
    # By delivery_id, where each has an envelope sender of its own.
    return_tags: dict[int, str] = field(default_factory=dict)


_CLAIMED = (
    select(
        _delivery.c.delivery_id,
        _delivery.c.address,
        _delivery.c.letter_id,
        _delivery.c.message_id,
        _delivery.c.eml_sha256,
        _delivery.c.is_rehearsal,
        _delivery.c.attempts,
        _delivery.c.return_tag,
        tables.letter.c.letter_key,
        tables.letter.c.subject,
        tables.letter.c.is_simulated,
    )
    .join_from(_delivery, tables.letter)
    .where(_delivery.c.state == "sending", _delivery.c.lease_owner == bindparam("owner"))
    .order_by(_delivery.c.delivery_id)
)


_SETTLE = (
    update(_delivery)
    .where(_delivery.c.delivery_id.in_(bindparam("ids", expanding=True)))
    .where(_delivery.c.lease_owner == bindparam("owner"), _delivery.c.state == bindparam("from_state"))
    .values(
        state=bindparam("to_state"),
        state_reason=bindparam("reason"),
        smtp_code=bindparam("code"),
        smtp_text=bindparam("text"),
        attempts=_delivery.c.attempts - bindparam("uncounted", type_=Integer),
        lease_owner=None,
        lease_until_at=None,
        next_attempt_at=func.coalesce(bindparam("next", type_=Instant), _delivery.c.next_attempt_at),
        updated_at=bindparam("now"),
    )
    .returning(_delivery.c.delivery_id)
)


def claim(
    connection: Connection, *, owner: str, actor: str, now: datetime, has_own_senders: bool = False
) -> Claim | None:
    """Claims the oldest mail that is due, all its due recipients at once; None when nothing is due. With `has_own_senders` each
    delivery has a tag that nobody can guess, the same at every attempt.

    `owner` must be of one round, and hold no other claim. Nothing may be sent before the caller's commit.
    """
    if not statements.run(connection, "claim_mail", now=now, owner=owner, lease_until_at=now + POST.lease):
        return None
    rows = connection.execute(_CLAIMED, {"owner": owner}).all()
    first = rows[0]
    reason = say("第 {attempts} 次尝试", attempts=first.attempts)
    changes = [_change(row.delivery_id, "claim", "queued", "sending", reason) for row in rows]
    audit.record(connection, changes, now=now, actor=actor)
    return Claim(
        owner,
        first.letter_id,
        first.letter_key,
        first.subject,
        first.message_id,
        first.eml_sha256,
        first.is_simulated,
        first.is_rehearsal,
        first.attempts,
        {row.delivery_id: row.address for row in rows},
        _tagged(connection, rows) if has_own_senders else {},
    )


def _tagged(connection: Connection, rows: Sequence[Any]) -> dict[int, str]:
    tags = {row.delivery_id: row.return_tag or secrets.token_hex(TAG_BYTES) for row in rows}
    for row in rows:
        if not row.return_tag:
            own = update(_delivery).where(_delivery.c.delivery_id == row.delivery_id)
            connection.execute(own.values(return_tag=tags[row.delivery_id]))
    return tags


def settle(
    connection: Connection, claimed: Claim, transmission: Transmission, *, actor: str, now: datetime
) -> None:
    """Records what the server said about each recipient.

    A claim that was swept in the meantime (`unknown`) is settled too, as long as no person has decided about it.
    """
    ids = {address: delivery_id for delivery_id, address in claimed.addresses.items()}
    groups: dict[Outcome, list[int]] = {}
    for address, outcome in transmission.outcomes.items():
        groups.setdefault(outcome, []).append(ids[address])
    changes: list[audit.Change] = []
    for outcome, delivery_ids in groups.items():
        values = _settlement(outcome, claimed, transmission, now)
        for from_state in ("sending", "unknown"):
            key = {"ids": delivery_ids, "owner": claimed.owner, "from_state": from_state}
            done = sorted(connection.execute(_SETTLE, {**key, **values}).scalars())
            changes += [
                _change(each, "settle", from_state, values["to_state"], values["reason"]) for each in done
            ]
            delivery_ids = [each for each in delivery_ids if each not in done]
            if not delivery_ids:
                break
        # A person has decided meanwhile; what the server said is still worth knowing.
        late = say("邮件服务器的迟到答复：{reason}", reason=values["reason"])
        changes += [
            audit.Change("delivery", str(each), "settle_late", None, None, late) for each in delivery_ids
        ]
    audit.record(connection, changes, now=now, actor=actor)


def sweep(connection: Connection, *, actor: str, now: datetime) -> int:
    """Claims whose lease is over were left by a crash: nobody can know whether the server has the mail. Returns recipients."""
    reason = say("发送进程中断，无法确定邮件服务器是否已收下：请核实后选择“已送达”或“重新发送”")
    stale = (_delivery.c.state == "sending", _delivery.c.lease_until_at <= now)
    # The owner stays on record: should it live after all, it may still settle.
    return len(
        _move_all(
            connection,
            stale,
            "unknown",
            action="sweep",
            reason=reason,
            actor=actor,
            now=now,
            skip_locked=True,
        )
    )


def distrust(connection: Connection, *, actor: str, now: datetime) -> int:
    """After a restore from a backup: what is queued or being sent there may have left since. Returns recipients."""
    reason = say("从备份恢复：备份之后是否已经送出无法确定，请核实后选择“已送达”或“重新发送”")
    open_states = (_delivery.c.state.in_(("queued", "sending")),)
    return len(
        _move_all(connection, open_states, "unknown", action="distrust", reason=reason, actor=actor, now=now)
    )


def expire(connection: Connection, *, actor: str, now: datetime) -> int:
    """Queued recipients whose useful life is over are not tried any more. Returns recipients."""
    stale = (_delivery.c.state == "queued", _delivery.c.expires_at <= now)
    reason = say("超过有效期仍未送出")
    return len(
        _move_all(
            connection,
            stale,
            "expired",
            action="expire",
            reason=reason,
            actor=actor,
            now=now,
            skip_locked=True,
        )
    )


def due(connection: Connection, now: datetime) -> int:
    """How many recipients could be sent to at `now`."""
    return connection.execute(
        select(func.count())
        .select_from(_delivery)
        .where(
            _delivery.c.state == "queued", _delivery.c.next_attempt_at <= now, _delivery.c.expires_at > now
        )
    ).scalar_one()


def resolve(
    engine: Engine,
    letter_id: int,
    *,
    arrived: bool,
    now: datetime,
    actor: str,
    reason: str,
    address: str | None = None,
) -> int:
    """A person settles what is `unknown` (of one address, or of all of the letter): it arrived, or send it again.

    Sending again is the same mail (same Message-ID) with a new useful life. Returns recipients. Raises StateError when
    nothing is unknown, InputError without a reason.
    """
    if not reason.strip():
        raise InputError(
            "a reason is needed",
            where=f"letter {letter_id}",
            todo="say how you know, or why it must go again",
        )
    with writing(engine) as connection:
        unknown = [_delivery.c.letter_id == letter_id, _delivery.c.state == "unknown"]
        if address is not None:
            unknown.append(_delivery.c.address == address)
        action = "resolve_arrived" if arrived else "resolve_again"
        again: dict[str, Any] = {}
        if not arrived:
            kind = connection.execute(
                select(tables.letter.c.kind).where(tables.letter.c.letter_id == letter_id)
            ).scalar_one_or_none()
            again = {"next_attempt_at": now, "expires_at": now + useful_life(kind or "")}
        moved = _move_all(
            connection,
            unknown,
            "sent" if arrived else "queued",
            action=action,
            reason=reason,
            actor=actor,
            now=now,
            lease_owner=None,
            lease_until_at=None,
            **again,
        )
    if not moved:
        raise StateError(
            "nothing is unknown",
            where=f"letter {letter_id} {address or ''}".strip(),
            expected="a delivery in state unknown",
        )
    return len(moved)


def withdraw_all(
    connection: Connection, conditions: Sequence[Any], *, actor: str, reason: str, now: datetime
) -> int:
    """Takes deliveries that never left out of the outbox, for good. Returns recipients."""
    return len(
        _move_all(connection, conditions, "withdrawn", action="withdraw", reason=reason, actor=actor, now=now)
    )


def refuse_bounced(
    connection: Connection, ids: Sequence[int], reason: str, words: str, *, actor: str, now: datetime
) -> int:
    """A later bounce: the addressee's server does not take it after all, so an operator must act. What was refused or settled
    already stays. Returns recipients."""
    left = (_delivery.c.delivery_id.in_(list(ids)), _delivery.c.state.in_(("sent", "unknown")))
    return len(
        _move_all(
            connection,
            left,
            "refused",
            action="bounce",
            reason=reason,
            actor=actor,
            now=now,
            smtp_code=TAKEN_CODES[0],  # a server had taken it, or it could not come back
            smtp_text=words,
        )
    )


def has_left(state: str, smtp_code: int | None) -> bool:
    """Whether a delivery may have reached somebody, or came back from there."""
    return state in ("sending", "sent", "unknown") or smtp_code in TAKEN_CODES


def note_bounce(
    connection: Connection, ids: Sequence[int], reason: str, *, actor: str, now: datetime
) -> None:
    """A bounce that says nothing for good: on record, and no state changes."""
    changes = [audit.Change("delivery", str(each), "bounce_note", None, None, reason) for each in ids]
    audit.record(connection, changes, now=now, actor=actor)


def restore_settled(
    connection: Connection, letter_id: int, settled_reason: str, reason: str, *, actor: str, now: datetime
) -> None:
    """Deliveries that were withdrawn for this reason are again what they were before: refused, expired."""
    audited = tables.audit.c
    rows = connection.execute(
        select(_delivery.c.delivery_id).where(
            _delivery.c.letter_id == letter_id,
            _delivery.c.state == "withdrawn",
            _delivery.c.state_reason == settled_reason,
        )
    ).scalars()
    for delivery_id in list(rows):
        before = connection.execute(
            select(audited.from_state)
            .where(
                audited.subject == "delivery",
                audited.subject_id == str(delivery_id),
                audited.action == "withdraw",
            )
            .order_by(audited.audit_id.desc())
            .limit(1)
        ).scalar_one()
        found = [_delivery.c.delivery_id == delivery_id]
        _move_all(connection, found, before, action="restore", reason=reason, actor=actor, now=now)


def _settlement(
    outcome: Outcome, claimed: Claim, transmission: Transmission, now: datetime
) -> dict[str, Any]:
    next_attempt_at, uncounted = None, 0
    if outcome.result == "retry":
        if (
            transmission.is_server_down
        ):  # nobody was asked: it does not count, and the next round begins with it
            next_attempt_at, uncounted = now, 1
        else:
            next_attempt_at = now + retry_delay(claimed.attempts)
    return {
        "to_state": _RESULT_STATES[outcome.result],
        "reason": outcome.text or say("已交邮件服务器"),
        "code": outcome.code,
        "text": outcome.text,
        "now": now,
        "next": next_attempt_at,
        "uncounted": uncounted,
    }


def retry_delay(attempts: int) -> timedelta:
    """From a failed attempt to the next: POST.retry_first, doubled each time, at most POST.retry_longest."""
    doubled: int = 2 ** min(attempts - 1, 20)
    return min(POST.retry_first * doubled, POST.retry_longest)


def _move_all(
    connection: Connection,
    conditions: Sequence[Any],
    to_state: str,
    *,
    action: str,
    reason: str,
    actor: str,
    now: datetime,
    skip_locked: bool = False,
    **columns: Any,
) -> list[int]:
    """Changes the state of all deliveries that match; with `skip_locked` those that another process holds are left alone."""
    rows = connection.execute(
        select(_delivery.c.delivery_id, _delivery.c.state)
        .where(*conditions)
        .order_by(_delivery.c.delivery_id)
        .with_for_update(skip_locked=skip_locked)
    ).all()
    if not rows:
        return []
    ids = [row.delivery_id for row in rows]
    connection.execute(
        update(_delivery)
        .where(_delivery.c.delivery_id.in_(ids))
        .values(state=to_state, state_reason=reason, updated_at=now, **columns)
    )
    changes = [_change(row.delivery_id, action, row.state, to_state, reason) for row in rows]
    audit.record(connection, changes, now=now, actor=actor)
    return ids


def _change(delivery_id: int, action: str, from_state: str, to_state: str, reason: str) -> audit.Change:
    return audit.Change("delivery", str(delivery_id), action, from_state, to_state, reason)
