"""更正: the next revision of a letter that left. A person asks for it, looks at it, and releases it or does not."""

from datetime import datetime
from typing import Final

from sqlalchemy import Connection, Engine, select

from include.act import Act
from include.errors import StateError
from include.language import say
from include.letter_kinds import is_corrected, letter_label
from include.post import audit
from include.post.composed import ComposedLetter, keep_files, replace_files
from include.post.drafts import Drafted, LetterFacts, StoredLetter, find, insert_letter, locked
from include.store import tables
from include.store.archive import Archive
from include.store.engine import writing

_OPEN: Final = ("drafted", "awaiting_approval", "withheld")
_letter = tables.letter.c


def draft_correction(
    engine: Engine,
    archive: Archive,
    letter_id: int,
    facts: LetterFacts,
    composed: ComposedLetter,
    *,
    now: datetime,
    actor: str,
    reason: str,
) -> Drafted:
    """Creates `facts`, the next revision of letter `letter_id`, awaiting approval; both letters' audit says who and why.

    Asked again while the correction is open, that one is `left` as it is. Raises StateError (see `correctable`).
    """
    files = keep_files(archive, composed)
    with writing(engine, lock="draft") as connection:
        told = locked(connection, letter_id)
        known, revision = correctable(connection, told)
        if known is not None:
            return Drafted(known.letter_id, known.letter_key, "left", known.state, known.state_reason)
        if facts.revision != revision:
            raise StateError(
                "another correction was settled meanwhile",
                where=told.letter_key,
                todo="look at it, then ask again",
            )
        words = say("更正{number}：{reason}", number=told.number or told.letter_key, reason=reason)
        new_id = insert_letter(
            connection,
            facts,
            composed.subject,
            state="awaiting_approval",
            act=Act(now, actor, words),
            action="correct",
        )
        replace_files(connection, new_id, files)
        change = audit.Change(
            "letter",
            told.letter_key,
            "correct",
            told.state,
            told.state,
            say("拟更正稿：{reason}", reason=reason),
        )
        audit.record(connection, [change], now=now, actor=actor)
        return Drafted(new_id, facts.key, "created", "awaiting_approval", words)


def correctable(connection: Connection, letter: StoredLetter) -> tuple[StoredLetter | None, int]:
    """The open correction of a letter, if a person asked for one before, and the revision that a new one would be.

    Raises StateError for a letter that did not leave, whose kind is not corrected (a push), or that a later revision has taken the place of.
    """
    if letter.state != "released":
        raise StateError(
            f"the letter is {letter.state}",
            where=letter.letter_key,
            expected="released",
            todo="run its period again: a letter that has not left is composed anew in place",
        )
    if not is_corrected(letter.kind):
        raise StateError(
            "letters of this kind are not corrected",
            where=letter.letter_key,
            got=letter_label(letter.kind),
            todo="what changed stands in the next letter; tell the addressee by phone where it cannot wait",
        )
    every = revisions(connection, letter)
    later = [one for one in every if one.revision > letter.revision]
    if replaced := next((one for one in later if one.state == "released"), None):
        raise StateError(
            "the letter was corrected",
            where=letter.letter_key,
            got=replaced.letter_key,
            todo="correct that one",
        )
    return next((one for one in later if one.state in _OPEN), None), every[-1].revision + 1


def revisions(connection: Connection, letter: StoredLetter) -> list[StoredLetter]:
    """The letter and its corrections, the first one first."""
    period = letter.period
    ids = connection.execute(
        select(_letter.letter_id)
        .where(
            _letter.kind == letter.kind,
            _letter.addressee == letter.addressee,
            _letter.period_kind == period.kind,
            _letter.start_at == period.start_at,
            _letter.end_at == period.end_at,
        )
        .order_by(_letter.revision)
    ).scalars()
    return [find(connection, letter_id) for letter_id in ids]


def urged_before(connection: Connection, letter: StoredLetter) -> frozenset[str]:
    """The alarms that this letter or an earlier revision of it urged (督办)."""
    named = tables.letter_alarm.c
    ids = [one.letter_id for one in revisions(connection, letter) if one.revision <= letter.revision]
    found = connection.execute(
        select(named.alarm_id).where(named.letter_id.in_(ids), named.is_urged)
    ).scalars()
    return frozenset(found)


def corrected_letter(connection: Connection, letter: StoredLetter) -> StoredLetter | None:
    """The released letter that this revision corrects; None for a first one."""
    if letter.revision == 1:
        return None
    earlier = [one for one in revisions(connection, letter) if one.revision < letter.revision]
    return next((one for one in reversed(earlier) if one.released_at is not None), None)
