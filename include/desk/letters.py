"""Letters as operators handle them: look, release, withhold, send again, settle what is unknown."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

import pandas as pd
from sqlalchemy import Connection, Engine, select

from include.errors import StateError
from include.house import House
from include.letters.composition import Letter, compose_notice, compose_reminder
from include.letters.summary import compose_summary
from include.periods import Period, chinese_date
from include.post.letters import StoredLetter, find, withhold
from include.post.release import ReleaseOutcome, release, withdraw
from include.sources.ledger import ensure_covered
from include.store import tables
from include.store.engine import reading
from include.store.facts import alarm_states
from include.store.statements import frame
from include.supervision.feedback import judge
from include.supervision.figures import Issue, NoticeFigures, ReminderFigures, from_json
from include.supervision.weekly_figures import SummaryFigures

_INSTANT: Final = timedelta(microseconds=1)


def render(house: House, kind: str, figures_json: str, number: str | None, issued_on: date | None) -> Letter:
    """The files of a letter of any kind from its frozen figures; a preview without number and date of issue."""
    issuer = house.issuer
    issue = Issue(
        issuer.name,
        issuer.contact,
        issuer.phone,
        issuer.reply_to,
        number,
        chinese_date(issued_on) if issued_on else None,
    )
    fonts_dir, red_head = house.fonts_dir, house.has_red_head
    if kind == "notice":
        return compose_notice(
            from_json(NoticeFigures, figures_json), issue, fonts_dir=fonts_dir, red_head=red_head
        )
    if kind == "reminder":
        return compose_reminder(
            from_json(ReminderFigures, figures_json), issue, fonts_dir=fonts_dir, red_head=red_head
        )
    if kind == "summary":
        return compose_summary(
            from_json(SummaryFigures, figures_json), issue, fonts_dir=fonts_dir, red_head=red_head
        )
    raise StateError(
        "a kind of letter that nothing composes",
        where="letter",
        got=kind,
        expected="notice, reminder or summary",
    )


def premise(now: datetime) -> Callable[[Connection, StoredLetter], str | None]:
    """Whether a letter is still to be sent at `now`: a reminder to a city that has answered meanwhile is not."""

    def ask(connection: Connection, letter: StoredLetter) -> str | None:
        if letter.kind != "reminder":
            return None
        overdue = from_json(ReminderFigures, letter.figures_json).overdue
        pushed = [row.pushed_at for row in overdue]
        states = alarm_states(connection, min(pushed), max(pushed) + _INSTANT, now)
        judged = judge(states[states["alarm_id"].isin([row.alarm_id for row in overdue])], now)
        if (judged["is_pushed"] & ~judged["is_answered"]).any():
            return None
        return f"所列{len(overdue)}条报警均已反馈或核减，不再督办"

    return ask


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

    What a city answered since the letter was composed decides about a reminder, so it is pulled first.
    """
    with reading(house.engine) as connection:
        letter = find(connection, letter_id)
    if letter.kind == "reminder" and letter.state != "released":
        ensure_covered(house.engine, house.sources, letter.period.as_of, now, now=now)
    return release(
        house.engine, house.archive, letter_id, now=now, actor=actor, reason=reason, office=house.office,
        server=house.mail_server, is_person=is_person, run_id=run_id, premise=premise(now),
        render=lambda stored, number, issued_on: render(house, stored.kind, stored.figures_json, number, issued_on),
    )  # fmt: skip


def withhold_letter(house: House, letter_id: int, *, now: datetime, actor: str, reason: str) -> str:
    """A person keeps a letter back. A released one is withdrawn (its number becomes 作废) if nothing of it has left.

    Returns what was done, in words. Raises StateError.
    """
    with reading(house.engine) as connection:
        letter = find(connection, letter_id)
    if letter.state != "released":
        withhold(house.engine, letter_id, now=now, actor=actor, reason=reason, is_person=True)
        return f"{letter.letter_key} withheld"
    void = withdraw(
        house.engine, house.archive, letter_id, now=now, actor=actor, reason=reason,
        render=lambda stored, number, issued_on: render(house, stored.kind, stored.figures_json, number, issued_on),
    )  # fmt: skip
    return f"{letter.letter_key} withdrawn; number {void or '—'} is 作废"


@dataclass(frozen=True)
class LetterHistory:
    """A letter with frames of its files, its recipients (one row a recipient of a copy) and its audit rows."""

    letter: StoredLetter
    files: pd.DataFrame
    deliveries: pd.DataFrame
    history: pd.DataFrame


def letter_history(house: House, letter_id: int) -> LetterHistory:
    """Everything on record about one letter. Raises StateError when there is none."""
    with reading(house.engine) as connection:
        letter = find(connection, letter_id)
        return LetterHistory(
            letter,
            frame(connection, "list_letter_files", letter_id=letter_id),
            frame(connection, "list_deliveries", letter_id=letter_id),
            frame(connection, "list_letter_history", letter_id=letter_id, letter_key=letter.letter_key),
        )


def letter_list(engine: Engine, *, on_date: date | None, state: str | None, most: int) -> pd.DataFrame:
    """One row a letter (sql/list_letters.sql), of one day (its period_end) or all, newest first."""
    with reading(engine) as connection:
        return frame(connection, "list_letters", on_date=on_date, state=state, most=most)


def letters_of_period(connection: Connection, period: Period, kinds: Sequence[str]) -> list[StoredLetter]:
    """The letters of one window, newest revision of each included, in the order of kind and addressee."""
    rows = connection.execute(
        select(tables.letter.c.letter_id)
        .where(
            tables.letter.c.period_kind == period.kind, tables.letter.c.period_start == period.start,
            tables.letter.c.period_end == period.end, tables.letter.c.kind.in_(kinds),
        )
        .order_by(tables.letter.c.kind, tables.letter.c.addressee, tables.letter.c.revision)
    ).scalars()  # fmt: skip
    return [find(connection, letter_id) for letter_id in rows]
