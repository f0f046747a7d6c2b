"""Letters in the store: drafting, recomposing in place, and the states before anything is sent.

drafted ─▶ awaiting_approval ─▶ released          (release.py)
   └───────────┴──▶ withheld ─▶ released, rejected
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final, Literal, TypeVar

from sqlalchemy import Connection, Engine, RowMapping, Select, delete, func, insert, select, update

from include.act import Act
from include.errors import StateError
from include.former_names import json_of_today
from include.language import say
from include.letter_kinds import letter_kind
from include.periods import Period
from include.post import audit
from include.post.composed import ComposedLetter, keep_files, replace_files
from include.post.recipients import addressees
from include.store import tables
from include.store.archive import Archive
from include.store.engine import reading, writing

_Found = TypeVar("_Found")

UNSETTLED: Final = ("drafted", "awaiting_approval", "withheld")
"""The states from which a letter may still be released or rejected."""
_ALLOWED: Final[Mapping[str, tuple[str, ...]]] = {
    "drafted": ("drafted", "awaiting_approval", "withheld"),
    "awaiting_approval": ("drafted",),
    "withheld": UNSETTLED,
    "rejected": UNSETTLED,
    "released": UNSETTLED,
}
"""New state: the states it may come from. From `released` there is only release.withdraw."""


@dataclass(frozen=True)
class NamedAlarm:
    """An alarm that a letter names. `is_urged`: the letter is a 督办 of it."""

    alarm_id: str
    is_urged: bool = False


@dataclass(frozen=True)
class LetterFacts:
    """One document to one addressee for one window. Key: kind, addressee, period, revision.

    `addressee` is the unit_code, or the role it goes to (`leader`, `operators`) when it is about all cities.
    """

    kind: str
    addressee: str
    unit_code: str | None
    period: Period
    figures_json: str
    is_simulated: bool
    alarms: tuple[NamedAlarm, ...] = ()
    revision: int = 1

    @property
    def key(self) -> str:
        """The key in one word: `notice_140300_day_2020-03-12_2020-03-13_1`."""
        return self.period.letter_key(self.kind, self.addressee, self.revision)


@dataclass(frozen=True)
class StoredLetter:
    """One row of `letter` with the name of its addressee."""

    letter_id: int
    kind: str
    addressee: str
    addressee_name: str  # of the city or province, or what people call the addressee
    unit_code: str | None
    period: Period
    revision: int
    letter_key: str
    state: str
    state_reason: str
    state_at: datetime
    is_stuck: bool
    held_by: str | None
    is_simulated: bool
    figures_json: str
    subject: str
    number: str | None
    issued_on: date | None
    message_id: str | None
    composed_at: datetime
    released_at: datetime | None
    run_id: str | None


@dataclass(frozen=True)
class Drafted:
    """What `draft` did. `left`: the letter is released or rejected and was not touched; `differs`: its frozen figures
    are not those that were drafted now (a case for a 更正)."""

    letter_id: int
    letter_key: str
    action: Literal["created", "recomposed", "left"]
    state: str
    reason: str
    differs: bool = False


def draft(
    engine: Engine,
    archive: Archive,
    facts: LetterFacts,
    composed: ComposedLetter,
    *,
    now: datetime,
    actor: str,
    run_id: str = "",
) -> Drafted:
    """Creates the letter, or recomposes it in place (files, alarms, figures) when it was not released or rejected.

    A recomposed letter is `drafted` again, except one that a person withheld: it stays withheld.
    """
    files = keep_files(archive, composed)
    with writing(engine, lock="draft") as connection:
        known = _locked(connection, tables.letter.c.letter_key == facts.key)
        if known is not None and known.state in ("released", "rejected"):
            reason = say(
                "{state}，未改动：{state_reason}",
                state=say("已发出") if known.state == "released" else say("已决定不签发"),
                state_reason=known.state_reason,
            )
            return Drafted(
                known.letter_id,
                facts.key,
                "left",
                known.state,
                reason,
                json_of_today(known.figures_json) != facts.figures_json,
            )
        reason = say("；").join(composed.warnings) or say("已拟稿")
        if known is None:
            letter_id = insert_letter(
                connection,
                facts,
                composed.subject,
                state="drafted",
                act=Act(now, actor, reason),
                action="draft",
                run_id=run_id,
            )
            state = "drafted"
        else:
            letter_id = known.letter_id
            connection.execute(
                update(tables.letter)
                .where(tables.letter.c.letter_id == letter_id)
                .values(**_content(facts, composed.subject, now, run_id))
            )
            state = "withheld" if known.held_by else "drafted"
            if not known.held_by:
                change_state(
                    connection, known, "drafted", now=now, actor=actor, action="recompose", reason=reason
                )
            connection.execute(
                delete(tables.letter_alarm).where(tables.letter_alarm.c.letter_id == letter_id)
            )
            _name_alarms(connection, letter_id, facts.alarms)
        replace_files(connection, letter_id, files)
        return Drafted(letter_id, facts.key, "created" if known is None else "recomposed", state, reason)


def replace_content(
    connection: Connection, letter: StoredLetter, figures_json: str, alarms: tuple[NamedAlarm, ...]
) -> StoredLetter:
    """The letter with other figures and alarms, in the transaction of its release: what was settled meanwhile is struck."""
    mine = tables.letter.c.letter_id == letter.letter_id
    connection.execute(update(tables.letter).where(mine).values(figures_json=figures_json))
    connection.execute(delete(tables.letter_alarm).where(tables.letter_alarm.c.letter_id == letter.letter_id))
    _name_alarms(connection, letter.letter_id, alarms)
    return replace(letter, figures_json=figures_json)


def await_approval(engine: Engine, letter_id: int, *, now: datetime, actor: str, reason: str) -> None:
    """drafted → awaiting_approval. Raises StateError."""
    _change(
        engine, letter_id, "awaiting_approval", now=now, actor=actor, action="await_approval", reason=reason
    )


def reject(engine: Engine, letter_id: int, *, now: datetime, actor: str, reason: str) -> None:
    """A person decides that the letter never goes out; a re-run leaves it alone. Raises StateError when it is released."""
    _change(engine, letter_id, "rejected", now=now, actor=actor, action="reject", reason=reason)


def withhold(
    engine: Engine,
    letter_id: int,
    *,
    now: datetime,
    actor: str,
    reason: str,
    is_person: bool = False,
    is_stuck: bool = False,
) -> None:
    """Keeps the letter back, with the reason. By a person: no run drafts it anew or releases it. Raises StateError when
    it is released (see `release.withdraw`) or rejected. `is_stuck`: it stands in the list of what waits for a person."""
    held: dict[str, Any] = {"held_by": actor} if is_person else {}
    if is_stuck:
        held["is_stuck"] = True
    _change(engine, letter_id, "withheld", now=now, actor=actor, action="withhold", reason=reason, **held)


def find(connection: Connection, letter_id: int) -> StoredLetter:
    """The letter. Raises StateError when there is none."""
    row = connection.execute(_query().where(tables.letter.c.letter_id == letter_id)).mappings().first()
    return _stored(_existing(row, letter_id))


def find_by_key(connection: Connection, key: str) -> StoredLetter | None:
    """The letter with this `letter_key`, or None."""
    row = connection.execute(_query().where(tables.letter.c.letter_key == key)).mappings().first()
    return None if row is None else _stored(row)


def letters_of_run(engine: Engine, run_id: str) -> list[StoredLetter]:
    """The letters that this run composed last, in the order of their kinds and cities."""
    with reading(engine) as connection:
        rows = connection.execute(
            _query()
            .where(tables.letter.c.run_id == run_id)
            .order_by(tables.letter.c.kind, tables.letter.c.addressee)
        ).mappings()
        return [_stored(row) for row in rows]


def locked(connection: Connection, letter_id: int) -> StoredLetter:
    """The letter, locked until the transaction ends. Raises StateError when there is none."""
    return _existing(_locked(connection, tables.letter.c.letter_id == letter_id), letter_id)


def change_state(
    connection: Connection,
    letter: StoredLetter,
    to_state: str,
    *,
    now: datetime,
    actor: str,
    action: str,
    reason: str,
    **columns: Any,
) -> None:
    """Changes the state of a locked letter, with its audit row. Raises StateError for a change that is not allowed."""
    if letter.state not in _ALLOWED[to_state]:
        raise StateError(
            f"the letter is {letter.state} and cannot become {to_state}",
            where=letter.letter_key,
            expected=" or ".join(_ALLOWED[to_state]),
            todo=f"its reason: {letter.state_reason}",
        )
    write_state(connection, letter, to_state, now=now, actor=actor, action=action, reason=reason, **columns)


def write_state(
    connection: Connection,
    letter: StoredLetter,
    to_state: str,
    *,
    now: datetime,
    actor: str,
    action: str,
    reason: str,
    **columns: Any,
) -> None:
    """As `change_state`, for the two changes that have rules of their own: withdrawal, and a release that failed."""
    settled = {"is_stuck": False, "held_by": None, **columns}
    since = {} if letter.state == to_state else {"state_at": now}
    connection.execute(
        update(tables.letter)
        .where(tables.letter.c.letter_id == letter.letter_id)
        .values(state=to_state, state_reason=reason, **since, **settled)
    )
    change = audit.Change("letter", letter.letter_key, action, letter.state, to_state, reason)
    audit.record(connection, [change], now=now, actor=actor)


def _change(
    engine: Engine,
    letter_id: int,
    to_state: str,
    *,
    now: datetime,
    actor: str,
    action: str,
    reason: str,
    **columns: Any,
) -> None:
    with writing(engine) as connection:
        letter = locked(connection, letter_id)
        change_state(
            connection, letter, to_state, now=now, actor=actor, action=action, reason=reason, **columns
        )


def insert_letter(
    connection: Connection,
    facts: LetterFacts,
    subject: str,
    *,
    state: str,
    act: Act,
    action: str,
    run_id: str = "",
) -> int:
    """A new letter with the alarms it names and its first audit row; returns its id. Its files are the caller's."""
    period = facts.period
    letter_id = connection.execute(
        insert(tables.letter)
        .values(
            kind=letter_kind(facts.kind).name,
            addressee=facts.addressee,
            period_kind=period.kind,
            period_start=period.start,
            period_end=period.end,
            start_at=period.start_at,
            end_at=period.end_at,
            revision=facts.revision,
            letter_key=facts.key,
            state=state,
            state_reason=act.reason,
            state_at=act.now,
            is_stuck=False,
            **_content(facts, subject, act.now, run_id),
        )
        .returning(tables.letter.c.letter_id)
    ).scalar_one()
    _name_alarms(connection, letter_id, facts.alarms)
    change = audit.Change("letter", facts.key, action, None, state, act.reason)
    audit.record(connection, [change], now=act.now, actor=act.actor)
    return int(letter_id)


def _content(facts: LetterFacts, subject: str, now: datetime, run_id: str) -> dict[str, Any]:
    return {
        "as_of": facts.period.as_of,
        "is_simulated": facts.is_simulated,
        "figures_json": facts.figures_json,
        "subject": subject,
        "composed_at": now,
        "run_id": run_id or None,
        "unit_code": facts.unit_code,
    }


def _name_alarms(connection: Connection, letter_id: int, alarms: tuple[NamedAlarm, ...]) -> None:
    rows = [{"letter_id": letter_id, "alarm_id": one.alarm_id, "is_urged": one.is_urged} for one in alarms]
    if rows:
        connection.execute(insert(tables.letter_alarm), rows)


def _query() -> Select[Any]:
    of_province = tables.city.alias()
    province = (
        select(func.min(of_province.c.province_name))
        .where(of_province.c.province_code == tables.letter.c.addressee)
        .scalar_subquery()
    )
    return select(tables.letter, tables.city.c.unit_name, province.label("province_name")).join_from(
        tables.letter, tables.city, tables.letter.c.unit_code == tables.city.c.unit_code, isouter=True
    )


def _locked(connection: Connection, condition: Any) -> StoredLetter | None:
    row = connection.execute(_query().where(condition).with_for_update(of=tables.letter)).mappings().first()
    return None if row is None else _stored(row)


def _existing(found: _Found | None, letter_id: int) -> _Found:
    if found is None:
        raise StateError(
            "no such letter", where=f"letter {letter_id}", todo="see: python -m include letters list"
        )
    return found


def _stored(row: RowMapping) -> StoredLetter:
    own = {
        name: row[name]
        for name in StoredLetter.__dataclass_fields__
        if name not in ("period", "addressee_name")
    }
    period = Period(row["start_at"], row["end_at"], row["period_kind"], row["as_of"])
    addressee = row["addressee"]
    name = row["unit_name"] or row["province_name"] or addressees().get(addressee, addressee)
    return StoredLetter(period=period, addressee_name=name, **own)
