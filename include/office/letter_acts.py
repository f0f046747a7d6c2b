"""Letters as operators handle them: look, release, withhold, send again, settle what is unknown."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pandas as pd
from pydantic import ValidationError
from sqlalchemy import Connection, Engine, select

from include.act import Act
from include.errors import StateError
from include.house import House
from include.letters.composition import Letter, made
from include.office.field_links import link_key, reply_link
from include.office.field_told import open_link
from include.office.register import LETTER_TYPES, LetterType, Premise
from include.periods import Period, date_label, office_date
from include.post.drafts import StoredLetter, find, withhold
from include.post.recipients import addressees
from include.post.release import ReleaseOutcome, Render, Struck, reason_against, release, withdraw
from include.post.revisions import corrected_letter
from include.sources.ledger import ensure_covered
from include.store import tables
from include.store.engine import reading
from include.store.statements import frame
from include.supervision.figures import Corrected, Issue, from_json


def frozen_figures(kind: str, figures_json: str) -> Any:
    """The figures of a letter as it keeps them. Raises StateError for a kind that nothing composes, and when they cannot be
    read."""
    try:
        return from_json(_letter_type(kind).figures, figures_json)
    except ValidationError as error:
        raise StateError(
            "the frozen figures cannot be read",
            where=kind,
            got=f"{error.error_count()} faults",
            todo="they are of another version of this program",
        ) from error


def render(
    house: House,
    kind: str,
    figures_json: str,
    number: str | None,
    issued_on: date | None,
    corrects: Corrected | None = None,
    link_key: bytes | None = None,
) -> Letter:
    """The files of a letter of any kind from its frozen figures; a preview without number and date of issue. `link_key`: that of
    the phone page's links, where letters name one."""
    issuer = house.issuer
    figures = frozen_figures(kind, figures_json)
    issue = Issue(
        issuer.name,
        issuer.contact,
        issuer.phone,
        issuer.reply_to,
        number,
        date_label(issued_on) if issued_on else None,
        corrects=corrects,
        reply_link=reply_link(house, link_key, figures, issued_on),
    )
    compose = _letter_type(kind).compose
    return made(compose, figures, issue, fonts_dir=house.fonts_dir, red_head=house.has_red_head)


def letter_differences(kind: str, told: Any, now: Any) -> tuple[str, ...]:
    """What two figures of one letter say otherwise, in words; empty when nothing."""
    return _letter_type(kind).differences(told, now)


def _letter_type(kind: str) -> LetterType:
    known = LETTER_TYPES.get(kind)
    if known is None:
        raise StateError(
            "a kind of letter that nothing composes",
            where="letter",
            got=kind,
            expected=" or ".join(LETTER_TYPES),
        )
    return known


def corrected(told: StoredLetter, figures_json: str) -> Corrected:
    """How a 更正 with these figures cites the letter that left, and every difference to it."""
    day = told.issued_on or office_date(told.released_at or told.state_at)
    changes = letter_differences(
        told.kind, frozen_figures(told.kind, told.figures_json), frozen_figures(told.kind, figures_json)
    )
    return Corrected(told.number, date_label(day), changes)


def _final(house: House, now: datetime) -> Render:
    """Renders a stored letter; a 更正 cites the letter that it corrects."""
    key = link_key(house.engine, now) if house.field.is_on else None

    def render_stored(stored: StoredLetter, number: str | None, issued_on: date | None) -> Letter:
        with reading(house.engine) as connection:
            told = corrected_letter(connection, stored)
        corrects = corrected(told, stored.figures_json) if told else None
        return render(house, stored.kind, stored.figures_json, number, issued_on, corrects, key)

    return render_stored


def premise(now: datetime) -> Callable[[Connection, StoredLetter], str | Struck | None]:
    """Whether a letter is still to be sent at `now`, and with what, by the premise of its kind; a 更正 of one that left has none."""

    def ask(connection: Connection, letter: StoredLetter) -> str | Struck | None:
        asked = _premise_of(letter)
        if asked is None:
            return None
        return asked(connection, frozen_figures(letter.kind, letter.figures_json), now)

    return ask


def _premise_of(letter: StoredLetter) -> Premise | None:
    known = LETTER_TYPES.get(letter.kind)
    return known.premise if known and letter.revision == 1 else None


def release_letter(
    house: House,
    letter_id: int,
    *,
    now: datetime,
    actor: str,
    reason: str,
    is_person: bool,
    run_id: str | None = None,
) -> ReleaseOutcome:
    """Numbers, renders and queues one letter, if its premise still holds (see `post.release.release`).

    What a city answered since the letter was composed decides about a kind with a premise (a reminder), so it is pulled first.
    """
    with reading(house.engine) as connection:
        letter = find(connection, letter_id)
    if _premise_of(letter) is not None and letter.state != "released":
        ensure_covered(house.engine, house.sources, letter.period.as_of, now, now=now)
    outcome = release(
        house.outgoing,
        letter_id,
        Act(now, actor, reason),
        is_person=is_person,
        run_id=run_id,
        premise=premise(now),
        render=_final(house, now),
    )
    if outcome.action == "released":
        open_link(house, letter_id, now)
    return outcome


def reason_against_release(house: House, letter: StoredLetter, now: datetime) -> str:
    """Why a release of this letter, which has not left, would keep it back at `now`, by the facts in the store: the same question that the
    release asks. Empty where nothing stands against it. Raises StateError where its frozen figures cannot be read."""
    with reading(house.engine) as connection:
        return reason_against(connection, house.outgoing, letter, now, premise(now))


def withhold_letter(house: House, letter_id: int, *, now: datetime, actor: str, reason: str) -> str:
    """A person keeps a letter back. A released one is withdrawn (its number becomes 作废) if nothing of it has left.

    Returns what was done, in words. Raises StateError, also for a letter that is kept back already: nothing would change.
    """
    with reading(house.engine) as connection:
        letter = find(connection, letter_id)
    if letter.state == "withheld":
        raise StateError(
            "the letter is withheld already",
            where=letter.letter_key,
            todo=f"its reason: {letter.state_reason}",
        )
    if letter.state != "released":
        withhold(house.engine, letter_id, now=now, actor=actor, reason=reason, is_person=True)
        return f"{letter.letter_key} withheld"
    void = withdraw(house.outgoing, letter_id, Act(now, actor, reason), _final(house, now))
    return f"{letter.letter_key} withdrawn; number {void or '—'} is 作废"


@dataclass(frozen=True)
class LetterHistory:
    """A letter with frames of its files, of the templates that they were made from, its recipients (one row a recipient of a copy)
    and its audit rows."""

    letter: StoredLetter
    files: pd.DataFrame
    templates: pd.DataFrame
    deliveries: pd.DataFrame
    history: pd.DataFrame


def letter_history(house: House, letter_id: int) -> LetterHistory:
    """Everything on record about one letter. Raises StateError when there is none."""
    with reading(house.engine) as connection:
        letter = find(connection, letter_id)
        return LetterHistory(
            letter,
            frame(connection, "list_letter_files", letter_id=letter_id),
            frame(connection, "list_letter_templates", letter_id=letter_id),
            frame(connection, "list_deliveries", letter_id=letter_id),
            frame(connection, "list_letter_history", letter_id=letter_id, letter_key=letter.letter_key),
        )


def letter_list(engine: Engine, *, on_date: date | None, state: str | None, most: int) -> pd.DataFrame:
    """One row a letter (sql/list_letters.sql), of one day (its period_end) or all, newest first."""
    with reading(engine) as connection:
        rows = frame(connection, "list_letters", on_date=on_date, state=state, most=most)
    return rows.assign(addressee=rows["addressee"].replace(addressees()))


def letters_of_period(connection: Connection, period: Period, kinds: Sequence[str]) -> list[StoredLetter]:
    """The letters of one window, newest revision of each included, in the order of kind and addressee."""
    rows = connection.execute(
        select(tables.letter.c.letter_id)
        .where(
            tables.letter.c.period_kind == period.kind,
            tables.letter.c.start_at == period.start_at,
            tables.letter.c.end_at == period.end_at,
            tables.letter.c.kind.in_(kinds),
        )
        .order_by(tables.letter.c.kind, tables.letter.c.addressee, tables.letter.c.revision)
    ).scalars()
    return [find(connection, letter_id) for letter_id in rows]
