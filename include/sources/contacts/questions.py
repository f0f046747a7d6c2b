"""Questions about contacts: asked once where a source says otherwise than the book, void when that goes away by itself."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import pandas as pd
from sqlalchemy import Connection, insert, update

from include.errors import InputError
from include.language import say
from include.sources.contacts.plan import Ask, Listing, Plan
from include.sources.contacts.rows import Contact, Stay, contact_of
from include.store.contact_tables import contact_question
from include.store.statements import frame
from include.store.tables import audit

CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "differs": ("keep", "take"),
    "held": ("keep", "take", "both"),
    "replaced": ("keep", "take", "both"),
    "vanished": ("keep", "take"),
    "unread": ("keep", "take"),
}
_NOTHING: Final = hashlib.sha256(b"nothing told").hexdigest()
_NAMED: Final = 5  # contacts that a warning names
_WARNINGS: Final = {
    "differs": "位联系人与现行记录不一致，以现行记录为准，请在待办中决定",
    "held": "位联系人的新邮箱未启用（原邮箱为人工确定），请在待办中决定",
    "replaced": "位联系人的邮箱已被来源更正，旧邮箱已停用，请在待办中确认",
    "vanished": "位联系人在来源中不再出现，仍按有效处理，请在待办中决定",
    "unread": "位联系人的邮箱可能无人收信，请在待办中决定",
}


@dataclass(frozen=True)
class Question:
    """One question. `told` is the source's row, None where it tells none; `region_name` of the row of ours; `used`: the row that letters go
    to where that is another than the row that was asked about."""

    question_id: int
    kind: str
    contact_id: int
    other_id: int | None
    source: str
    mine: Contact
    told: Contact | None
    told_hash: str
    region_code: str
    region_name: str
    asked_at: datetime
    state: str
    settled_at: datetime | None
    settled_by: str
    reason: str
    used: Contact | None = None

    @property
    def choices(self) -> tuple[str, ...]:
        """What a person may answer."""
        return CHOICES[self.kind]

    @property
    def pairs(self) -> list[tuple[str, str, str]]:
        """(field, ours, the source's) of every field, for a person to compare; the source's is empty where it tells none."""
        mine, told = (self.used or self.mine).shown(), self.told.shown() if self.told else {}
        return [(name, mine[name], told.get(name, "")) for name in mine]

    @property
    def is_simulated(self) -> bool:
        """Whether a person must see 模拟数据 beside it."""
        return self.mine.is_simulated or (self.told is not None and self.told.is_simulated)


def questions(connection: Connection, *, is_open: bool = True) -> list[Question]:
    """Questions that wait, the oldest first; with `is_open` false all that were ever asked."""
    return [_question(row) for row in _rows(connection, is_open=is_open)]


def open_question(connection: Connection, question_id: int) -> Question:
    """One question that waits. Raises InputError when there is none of that number, or it is settled."""
    found = next((one for one in questions(connection) if one.question_id == question_id), None)
    if found is None:
        raise InputError(
            "no such open question", where="contacts", got=question_id, todo="run: contacts questions"
        )
    return found


def of_source(connection: Connection, source: str) -> list[Question]:
    """All questions that this source ever caused."""
    return [one for one in questions(connection, is_open=False) if one.source == source]


def held(asked: list[Question]) -> dict[Stay, int]:
    """The source's rows that wait behind one of ours, with its contact_id: as long as it is open, and where ours was kept."""
    waiting = [one for one in asked if one.kind == "held" and one.state in ("open", "kept")]
    return {one.told.stay: one.contact_id for one in waiting if one.told is not None}


def ask(
    connection: Connection,
    listing: Listing,
    made: Plan,
    id_of: Callable[[Contact], int],
    asked: list[Question],
    *,
    now: datetime,
) -> tuple[str, ...]:
    """Opens the questions of a plan, and closes those of the source that it asks no more. Returns sentences for operators."""
    new: dict[str, list[Contact]] = {}
    wanted: set[tuple[str, int]] = set()
    for one in made.asks:
        contact_id, digest = id_of(one.mine), one.told.digest if one.told else _NOTHING
        wanted.add((one.kind, contact_id))
        same = [each for each in asked if (each.kind, each.contact_id) == (one.kind, contact_id)]
        if any(each.state == "kept" and each.told_hash == digest for each in same):
            continue
        waiting = next((each for each in same if each.state == "open"), None)
        if waiting is None:
            _insert(connection, one, contact_id, id_of, digest, listing.source, now)
            new.setdefault(one.kind, []).append(one.mine)
        elif waiting.told_hash != digest:
            values = {"told_json": one.told.as_json if one.told else None, "told_hash": digest}
            _set(connection, waiting.question_id, **values)
    for each in asked:
        if each.state == "open" and (each.kind, each.contact_id) not in wanted and _is_over(each, listing):
            settle(connection, each, "void", say("来源已不再这样提供"), actor="intake", now=now)
    return tuple(_warning(kind, rows) for kind, rows in new.items())


def settle(
    connection: Connection, question: Question, state: str, reason: str, *, actor: str, now: datetime
) -> None:
    """Closes a question, with its row of the audit trail."""
    values = {"state": state, "settled_at": now, "settled_by": actor[:128], "reason": reason}
    _set(connection, question.question_id, **values)
    words = say(
        "{reason}（{source}：{address} {more}）",
        reason=reason,
        source=question.source,
        address=question.mine.address,
        more=question.told.address if question.told else "—",
    )
    connection.execute(
        insert(audit).values(
            at=now,
            actor=actor[:128],
            subject="question",
            subject_id=str(question.question_id),
            action=question.kind,
            from_state="open",
            to_state=state,
            reason=words,
        )
    )


def close_about(
    connection: Connection, contact_ids: set[int], reason: str, *, actor: str, now: datetime
) -> None:
    """A person decided about these contacts otherwise: what was asked about them is void."""
    for one in questions(connection):
        if one.contact_id in contact_ids or one.other_id in contact_ids:
            settle(connection, one, "void", reason, actor=actor, now=now)


def _insert(
    connection: Connection,
    one: Ask,
    contact_id: int,
    id_of: Callable[[Contact], int],
    digest: str,
    source: str,
    now: datetime,
) -> None:
    other_id = id_of(one.told) if one.kind == "replaced" and one.told else None
    connection.execute(
        insert(contact_question).values(
            kind=one.kind,
            contact_id=contact_id,
            other_id=other_id,
            source=source,
            mine_json=one.mine.as_json,
            told_json=one.told.as_json if one.told else None,
            told_hash=digest,
            asked_at=now,
            state="open",
            is_simulated=one.mine.is_simulated or bool(one.told and one.told.is_simulated),
        )
    )


def _is_over(question: Question, listing: Listing) -> bool:
    """Whether a list that does not ask it any more answers it: a part of a list only for the rows that it tells."""
    if question.kind == "replaced":  # the source took its correction back
        return question.mine.key in {row.key for row in listing.rows if row.valid_to is None}
    if question.kind not in ("differs", "held", "vanished"):
        return False
    told = question.told or question.mine
    return listing.is_complete or told.key in {row.key for row in listing.rows}


def _warning(kind: str, rows: list[Contact]) -> str:
    names = say("、").join(f"{row.name} <{row.address}>" for row in rows[:_NAMED])
    return say(
        "{count}{warning}：{names}{more}",
        count=len(rows),
        warning=_WARNINGS[kind],
        names=names,
        more=say("等") if len(rows) > _NAMED else "",
    )


def _set(connection: Connection, question_id: int, **values: Any) -> None:
    connection.execute(
        update(contact_question).where(contact_question.c.question_id == question_id).values(**values)
    )


def _rows(connection: Connection, *, is_open: bool) -> list[dict[str, Any]]:
    found = frame(connection, "contact_questions", is_open=int(is_open))
    return [{str(name): value for name, value in row.items()} for row in found.to_dict("records")]


def _question(row: Mapping[str, Any]) -> Question:
    told = row["told_json"] if isinstance(row["told_json"], str) else None
    return Question(
        int(row["question_id"]),
        row["kind"],
        int(row["contact_id"]),
        None if pd.isna(row["other_id"]) else int(row["other_id"]),
        row["source"],
        contact_of(json.loads(row["mine_json"])),
        contact_of(json.loads(told)) if told else None,
        row["told_hash"],
        row["region_code"],
        row["region_name"],
        row["asked_at"].to_pydatetime(),
        row["state"],
        None if pd.isna(row["settled_at"]) else row["settled_at"].to_pydatetime(),
        row["settled_by"] or "",
        row["reason"] or "",
    )
