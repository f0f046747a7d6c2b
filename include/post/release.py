"""Release: the one transaction after which a letter is official and everything needed to send it exists."""

import logging
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal

from sqlalchemy import Connection, insert, select

from include.act import Act
from include.errors import QianliyanError, StateError
from include.language import say
from include.letter_kinds import letter_kind
from include.periods import office_date
from include.post import numbers
from include.post.composed import EML_ROLE, ComposedLetter, keep_files, replace_files
from include.post.copies import QueuedCopy, TooLarge, queue_copy, simulated_blocker
from include.post.drafts import NamedAlarm, StoredLetter, change_state, locked, replace_content, write_state
from include.post.outbox import has_left, withdraw_all
from include.post.outgoing import Outgoing
from include.post.recipients import Addressing, Recipient, recipients_for
from include.post.revisions import revisions
from include.store import tables
from include.store.engine import writing

_log = logging.getLogger(__name__)

Render = Callable[[StoredLetter, str | None, date | None], ComposedLetter]
"""The final files of a letter with its number (None: its kind has none, or a preview) and date of issue."""


@dataclass(frozen=True)
class Struck:
    """A letter less what is settled by the moment of its release: its figures, its alarms, and a remark (Chinese)."""

    figures_json: str
    alarms: tuple[NamedAlarm, ...]
    remark: str


Premise = Callable[[Connection, StoredLetter], str | Struck | None]
"""Whether the letter is still to be sent, asked at release: a reason (Chinese) withholds it; or with what it is sent."""

_LONGEST_THREAD: Final = 10
_delivery, _letter = tables.delivery, tables.letter


@dataclass(frozen=True)
class ReleaseOutcome:
    """What `release` did: `released` now; `withheld` with the reason; `failed` (nothing happened, the letter is as it was,
    the reason is on record); `left` alone (released before, or a person's decision stands). `number` as printed."""

    letter_id: int
    letter_key: str
    action: Literal["released", "withheld", "failed", "left"]
    number: str | None
    reason: str
    remarks: tuple[str, ...] = ()


class _Withheld(Exception):
    def __init__(self, reason: str, *, is_stuck: bool) -> None:
        self.reason, self.is_stuck = reason, is_stuck
        super().__init__(reason)


def release(
    outgoing: Outgoing,
    letter_id: int,
    act: Act,
    *,
    render: Render,
    premise: Premise | None = None,
    recipients: tuple[Recipient, ...] | None = None,
    is_person: bool = False,
    run_id: str | None = None,
) -> ReleaseOutcome:
    """Gives the number, renders the final files, builds and archives the mail and queues its deliveries, or nothing of it.

    A run releases only what is `drafted` (with `run_id`: and composed last by that run); a person (`is_person`) also what
    awaits approval or is withheld. `recipients` replaces the contacts table (digests). Raises StateError only for a
    person who asks for what cannot be; whatever else goes wrong is the outcome `failed`.
    """
    try:
        with writing(outgoing.engine, lock="release") as connection:
            letter = locked(connection, letter_id)
            if left := _reason_to_leave(letter, is_person=is_person, run_id=run_id):
                return ReleaseOutcome(letter_id, letter.letter_key, "left", letter.number, left)
            try:
                with connection.begin_nested():
                    return _release(connection, outgoing, letter, act, render, premise, recipients)
            except _Withheld as withheld:
                change_state(
                    connection,
                    letter,
                    "withheld",
                    now=act.now,
                    actor=act.actor,
                    action="withhold",
                    reason=withheld.reason,
                    is_stuck=withheld.is_stuck,
                    held_by=letter.held_by,
                )
                return ReleaseOutcome(letter_id, letter.letter_key, "withheld", None, withheld.reason)
    except StateError:
        raise
    except Exception as error:  # one letter that cannot be released must not stop the others
        return _failed(outgoing, letter_id, error, act)


def reason_against(
    connection: Connection,
    outgoing: Outgoing,
    letter: StoredLetter,
    now: datetime,
    premise: Premise | None = None,
) -> str:
    """Why `release` would withhold this letter at `now`, by what is known before it is rendered; empty where nothing stands against it."""
    try:
        _asked(connection, outgoing, letter, now, premise)
    except _Withheld as withheld:
        return withheld.reason
    return ""


def withdraw(outgoing: Outgoing, letter_id: int, act: Act, render: Render) -> str | None:
    """A person takes a released letter back before anything left: withheld again, its number 作废 (returned), previews
    in place of its files. Raises StateError when a copy was sent, is being sent, or may have arrived."""
    with writing(outgoing.engine, lock="release") as connection:
        letter = locked(connection, letter_id)
        if letter.state != "released":
            raise StateError(f"the letter is {letter.state}", where=letter.letter_key, expected="released")
        real = (_delivery.c.letter_id == letter_id, _delivery.c.is_rehearsal.is_(False))
        rows = connection.execute(
            select(_delivery.c.address, _delivery.c.state, _delivery.c.smtp_code)
            .where(*real)
            .with_for_update()
        ).all()
        left = [f"{row.address} {row.state}" for row in rows if has_left(row.state, row.smtp_code)]
        if left:
            raise StateError(
                "the letter has left",
                where=letter.letter_key,
                got=", ".join(left),
                todo="send a 更正 instead",
            )
        withdraw_all(
            connection,
            [*real, _delivery.c.state != "withdrawn"],
            actor=act.actor,
            reason=act.reason,
            now=act.now,
        )
        if letter.number is not None:
            numbers.void(connection, letter.number, act.reason)
        write_state(
            connection,
            letter,
            "withheld",
            now=act.now,
            actor=act.actor,
            action="withdraw",
            reason=act.reason,
            held_by=act.actor,
            number=None,
            issued_on=None,
            released_at=None,
            message_id=None,
        )
        replace_files(
            connection,
            letter_id,
            keep_files(outgoing.archive, render(locked(connection, letter_id), None, None)),
        )
        return letter.number


def _release(
    connection: Connection,
    outgoing: Outgoing,
    letter: StoredLetter,
    act: Act,
    render: Render,
    premise: Premise | None,
    recipients: tuple[Recipient, ...] | None,
) -> ReleaseOutcome:
    issued_on = office_date(act.now)
    answer, addressing = _asked(connection, outgoing, letter, act.now, premise, recipients)
    struck: tuple[str, ...] = ()
    if answer is not None:
        letter = replace_content(connection, letter, answer.figures_json, answer.alarms)
        struck = (answer.remark,)
    number = numbers.allocate(
        connection, outgoing.office, letter.kind, letter.letter_id, issued_on=issued_on, now=act.now
    )
    composed = render(letter, number, issued_on)
    remarks = (*struck, *addressing.remarks, *composed.warnings)
    try:
        copy = queue_copy(
            connection,
            outgoing,
            letter,
            composed,
            addressing.recipients,
            act,
            references=_thread(connection, letter),
        )
    except TooLarge as too_large:
        raise _Withheld(str(too_large), is_stuck=True) from too_large
    replace_files(connection, letter.letter_id, keep_files(outgoing.archive, composed))
    _keep_eml(connection, letter, copy)
    change_state(
        connection,
        letter,
        "released",
        now=act.now,
        actor=act.actor,
        action="release",
        reason=say("；").join((act.reason, *remarks)),
        subject=composed.subject,
        number=number,
        issued_on=issued_on,
        released_at=act.now,
        message_id=copy.message_id,
    )
    return ReleaseOutcome(letter.letter_id, letter.letter_key, "released", number, act.reason, remarks)


def _asked(
    connection: Connection,
    outgoing: Outgoing,
    letter: StoredLetter,
    now: datetime,
    premise: Premise | None,
    recipients: tuple[Recipient, ...] | None = None,
) -> tuple[Struck | None, Addressing]:
    """With what the letter is sent where its premise holds in part, and to whom. Raises _Withheld where it is not to be sent."""
    if blocker := simulated_blocker(letter, outgoing.server):
        raise _Withheld(blocker, is_stuck=True)
    answer = premise(connection, letter) if premise is not None else None
    if isinstance(answer, str):
        raise _Withheld(answer, is_stuck=False)
    addressing = (
        recipients_for(connection, letter.kind, letter.unit_code, office_date(now), letter.addressee)
        if recipients is None
        else Addressing(recipients)
    )
    if addressing.blocker:
        raise _Withheld(addressing.blocker, is_stuck=True)
    return answer, addressing


def _reason_to_leave(letter: StoredLetter, *, is_person: bool, run_id: str | None) -> str:
    """Why this caller may not release the letter, or empty. Raises StateError for a person."""
    if letter.state == "released":
        return say("已于此前发出：{state_reason}", state_reason=letter.state_reason)
    if run_id is not None and letter.run_id != run_id:
        return say("已由另一次运行重新拟稿，由该次运行决定")
    if is_person:
        if letter.state == "rejected":
            raise StateError(
                "the letter is rejected",
                where=letter.letter_key,
                expected="drafted, awaiting_approval or withheld",
                todo=f"its reason: {letter.state_reason}",
            )
        return ""
    return (
        ""
        if letter.state == "drafted"
        else say(
            "等待人工决定（{state}）：{state_reason}", state=letter.state, state_reason=letter.state_reason
        )
    )


def _thread(connection: Connection, letter: StoredLetter) -> tuple[str, ...]:
    """Message-IDs that a mail answers to, oldest first: a 更正 the letters it corrects; a letter of a
    kind that answers others (a reminder) those that told the city of the same alarms."""
    if letter.revision > 1:
        before = [one for one in revisions(connection, letter) if one.revision < letter.revision]
        return tuple(one.message_id for one in before if one.message_id)
    answers = letter_kind(letter.kind).answers
    if not answers:
        return ()
    named = tables.letter_alarm
    alarms = select(named.c.alarm_id).where(named.c.letter_id == letter.letter_id)
    earlier = connection.execute(
        select(_letter.c.message_id)
        .where(_letter.c.unit_code == letter.unit_code, _letter.c.message_id.is_not(None))
        .where(_letter.c.kind.in_(answers), _letter.c.letter_id != letter.letter_id)
        .where(_letter.c.letter_id.in_(select(named.c.letter_id).where(named.c.alarm_id.in_(alarms))))
        .order_by(_letter.c.released_at, _letter.c.letter_id)
    ).scalars()
    thread = [each for each in earlier if each]
    return tuple(thread[:1] + thread[1:][-(_LONGEST_THREAD - 1) :])


def _keep_eml(connection: Connection, letter: StoredLetter, copy: QueuedCopy) -> None:
    name = f"{letter.letter_key}.eml"
    connection.execute(
        insert(tables.letter_file).values(
            letter_id=letter.letter_id,
            role=EML_ROLE,
            file_name=name,
            ascii_name=name,
            media_type="message/rfc822",
            sha256=copy.eml_sha256,
            size_bytes=copy.size_bytes,
        )
    )


def _failed(outgoing: Outgoing, letter_id: int, error: Exception, act: Act) -> ReleaseOutcome:
    """Nothing of the release was kept; the letter stays as it was, with the reason on record."""
    words = str(error) if isinstance(error, QianliyanError) else f"{type(error).__name__}: {error}"
    reason = say("发出失败，函件未变动：{redact}", redact=outgoing.server.redact(words))
    trace = "".join(
        traceback.format_exception(error)
    )  # not left to the logger: what it tells may hold the password
    _log.error("release of letter %s failed\n%s", letter_id, outgoing.server.redact(trace))
    with writing(outgoing.engine) as connection:
        letter = locked(connection, letter_id)
        if letter.state in ("released", "rejected"):  # by somebody else meanwhile
            return ReleaseOutcome(letter_id, letter.letter_key, "left", letter.number, letter.state_reason)
        write_state(
            connection,
            letter,
            letter.state,
            now=act.now,
            actor=act.actor,
            action="release_failed",
            reason=reason,
            is_stuck=True,
            held_by=letter.held_by,
        )
        return ReleaseOutcome(letter_id, letter.letter_key, "failed", letter.number, reason)
