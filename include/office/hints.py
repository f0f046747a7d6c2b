"""Hints of the public at the office: what waits, moderation by a person, the answer from a template, erasure.

No hint becomes an alarm: nothing here writes a fact, and no figure and no letter reads a hint.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import jinja2
from sqlalchemy import Connection, Engine, and_, func, or_, select, update

from include.errors import InputError, StateError
from include.house import House
from include.letters.document.templates import template_text
from include.post import audit
from include.rules import HINTS
from include.sources.hints import REJECTED
from include.store.archive import Archive
from include.store.engine import reading, writing
from include.store.mail_tables import mail
from include.store.open_tables import hint
from include.store.retention import Aged
from include.store.tables import grid

OPEN: Final = ("waiting", "checking")
# What a person may make of a hint, and what it is called.
OUTCOMES: Final = {
    "checking": "核查中",
    "confirmed": "属实",
    "not_confirmed": "不属实",
    "passed_on": "已转交",
    "spam": "无效",
}
STATES: Final = {"waiting": "待处理", **OUTCOMES}
_ERASED: Final = ("place", "lon", "lat", "text", "name", "contact", "answer")
_ERASED_OF_MAIL: Final = {"sender": "", "subject": "", "message_id": "", "files_json": "[]"}
_LONGEST_ANSWER: Final = 4000
_PUT_WITHIN: Final = timedelta(hours=1)  # what a round put and has not yet written down


def hints(engine: Engine, states: Sequence[str] = tuple(STATES), limit: int = 200) -> list[dict[str, Any]]:
    """The hints in those states, the oldest first: the columns of `hint`."""
    query = select(hint).where(hint.c.state.in_(list(states))).order_by(hint.c.received_at, hint.c.hint_id)
    with reading(engine) as connection:
        return [dict(row) for row in connection.execute(query.limit(limit)).mappings()]


def mails_of(engine: Engine, hint_ids: Sequence[str]) -> dict[str, int]:
    """The mail by which each of these hints came, of those that came by one; the first, where several mailboxes had it."""
    query = select(mail.c.hint_id, func.min(mail.c.mail_id)).where(mail.c.hint_id.in_(list(hint_ids)))
    with reading(engine) as connection:
        rows = connection.execute(query.group_by(mail.c.hint_id)).all()
    return {str(hint_id): int(mail_id) for hint_id, mail_id in rows}


def count_hints(engine: Engine, states: Sequence[str] = tuple(STATES)) -> int:
    """How many hints are in those states."""
    query = select(func.count()).select_from(hint).where(hint.c.state.in_(list(states)))
    with reading(engine) as connection:
        return int(connection.execute(query).scalar_one())


def waiting_hints(connection: Connection) -> list[dict[str, Any]]:
    """When each hint that nobody has looked at was received, the oldest first: `received_at, is_simulated`."""
    query = select(hint.c.received_at, hint.c.is_simulated).where(hint.c.state == "waiting")
    return [dict(row) for row in connection.execute(query.order_by(hint.c.received_at)).mappings()]


def hint_of(engine: Engine, hint_id: str) -> dict[str, Any]:
    """One hint. Raises InputError for an unknown one."""
    with reading(engine) as connection:
        return _one(connection, hint_id)


def settle(
    house: House,
    hint_id: str,
    outcome: str,
    *,
    now: datetime,
    actor: str,
    grid_id: str = "",
    answer: str = "",
) -> None:
    """Moderates a hint: its state (a key of `OUTCOMES`), where told another grid, and the answer that the person gave.

    The audit trail keeps who and what, never the sender's words. Raises InputError for what is no outcome, grid or answer,
    StateError for a hint that is closed.
    """
    if outcome not in OUTCOMES:
        raise InputError(
            "not an outcome of a hint", where="outcome", got=outcome, expected=" or ".join(OUTCOMES)
        )
    if len(answer) > _LONGEST_ANSWER:
        raise InputError(
            "the answer is too long", where="answer", expected=f"at most {_LONGEST_ANSWER} characters"
        )
    with writing(house.engine, lock="hints") as connection:
        own = _one(connection, hint_id)
        if own["state"] not in OPEN:
            raise StateError("this hint is closed", where=f"hint {hint_id}", got=STATES[own["state"]])
        values: dict[str, Any] = {"state": outcome, "decided_by": actor[:128]}
        if grid_id.strip():
            values |= _matched(connection, grid_id.strip())
        if answer.strip():
            values |= {"answer": answer.strip(), "answered_at": now}
        if outcome not in OPEN:
            values["closed_at"] = now
        connection.execute(hint.update().where(hint.c.hint_id == hint_id).values(values))
        change = audit.Change(
            "hint", hint_id, "settle", str(own["state"]), outcome, values.get("grid_id") or ""
        )
        audit.record(connection, [change], now=now, actor=actor)


def answer_text(house: House, row: dict[str, Any], outcome: str) -> str:
    """The answer to a sender from the template, for a person to change and send."""
    # Plain text: nothing of it is read as markup.
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False)  # noqa: S701
    template = environment.from_string(template_text("hint_answer.txt"))
    return template.render(
        name=row["name"] or "",
        place=row["place"] or "",
        received_at=row["received_at"],
        outcome=outcome,
        issuer=house.issuer.name,
        is_simulated=row["is_simulated"],
    ).strip()


def erasable(connection: Connection, now: datetime) -> list[str]:
    """Ids of the hints that were closed long enough ago and still name or quote their sender."""
    query = select(hint.c.hint_id).where(
        and_(hint.c.closed_at < now - HINTS.kept_after_closing, hint.c.erased_at.is_(None))
    )
    return [str(one) for one in connection.execute(query.order_by(hint.c.hint_id)).scalars()]


def erase(engine: Engine, archive: Archive, now: datetime) -> int:
    """Erases everything that names or quotes the senders of those hints, in the rows of their mails too, and the mails as they came;
    returns how many hints. What a crash left of these mails goes with the next call."""
    with writing(engine, lock="hints") as connection:
        names = erasable(connection, now)
        nothing: dict[str, Any] = dict.fromkeys(_ERASED)
        for name in names:
            connection.execute(hint.update().where(hint.c.hint_id == name).values(**nothing, erased_at=now))
        gone = select(hint.c.hint_id).where(hint.c.erased_at.is_not(None))
        connection.execute(update(mail).where(mail.c.hint_id.in_(gone)).values(_ERASED_OF_MAIL))
        others = select(mail.c.raw_sha256).where(or_(mail.c.hint_id.is_(None), mail.c.hint_id.not_in(gone)))
        originals = select(mail.c.raw_sha256).where(
            mail.c.hint_id.in_(gone), mail.c.raw_sha256.not_in(others)
        )
        held = sorted(set(connection.execute(originals).scalars()))
    for sha256 in held:
        archive.remove(sha256, not_put_since=now - _PUT_WITHIN)
    return len(names)


def aged_rows(inbox: Path) -> Aged:
    """The rows of hints that were not taken, which go by their age."""
    return Aged("hints", inbox / REJECTED, "*.csv", HINTS.kept_after_closing)


def _one(connection: Connection, hint_id: str) -> dict[str, Any]:
    row = connection.execute(select(hint).where(hint.c.hint_id == hint_id)).mappings().first()
    if row is None:
        raise InputError("no such hint", where="hints", got=hint_id, todo="see: hints list")
    return dict(row)


def _matched(connection: Connection, grid_id: str) -> dict[str, Any]:
    unit = connection.execute(select(grid.c.unit_code).where(grid.c.grid_id == grid_id)).scalar_one_or_none()
    if unit is None:
        raise InputError(
            "no such grid", where="grid", got=grid_id, expected="the number of a grid that is known"
        )
    return {"grid_id": grid_id, "unit_code": str(unit), "match_how": "person"}
