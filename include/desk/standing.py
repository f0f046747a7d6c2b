"""Letters with their standing, one letter with its recipients, and the file of one: what the desk's letter pages ask."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import pandas as pd
from sqlalchemy import select

from include.desk.search import in_own_words
from include.errors import StateError
from include.house import House
from include.office.letter_acts import corrected, letter_history
from include.office.mailroom.tray import correspondence
from include.periods import DAY
from include.post.drafts import StoredLetter, find
from include.post.outbox import has_left
from include.post.recipients import addressees
from include.post.revisions import corrected_letter, revisions
from include.store import tables
from include.store.engine import reading
from include.store.statements import contains, frame


def letters_standing(
    house: House,
    *,
    unit_code: str | None = None,
    on_date: date | None = None,
    run_id: str | None = None,
    kind: str | None = None,
    unit: str = "",
    standing: str | None = None,
    from_date: date | None = None,
    to_date: date | None = None,
    number: str = "",
    most: int,
    skip: int = 0,
) -> pd.DataFrame:
    """One row a letter (sql/letters_standing.sql), newest windows first. `unit`: part of the addressee's name or code, or its English name; `number`: part
    of the 发文字号; `from_date` to `to_date`: days that the window touches."""
    with reading(house.engine) as connection:
        found = frame(
            connection,
            "letters_standing",
            unit_code=unit_code,
            on_date=on_date,
            run_id=run_id,
            kind=kind,
            unit_pattern=contains(in_own_words(unit)),
            standing=standing,
            from_date=from_date + DAY if from_date else date.min,
            to_date=to_date or date.max,
            number_pattern=contains(number),
            first_date=date.min,
            last_date=date.max,
            most=most,
            skip=skip,
        )
    return _plain(found.assign(addressee_name=found["addressee_name"].replace(addressees())))


_WORST_FIRST: Final = ("unknown", "refused", "expired", "queued", "sent")


@dataclass(frozen=True)
class LetterPage:
    """A letter; one row a file, a template that they were made from, a recipient of a copy (sql/list_recipients.sql), a change of state. Empty values are None."""

    letter: StoredLetter
    files: pd.DataFrame
    templates: pd.DataFrame
    recipients: pd.DataFrame
    history: pd.DataFrame
    revisions: tuple[StoredLetter, ...]  # the letter and its corrections, the first one first
    changes: tuple[str, ...]  # of a correction: what it says otherwise than the letter that left
    mails: tuple[dict[str, Any], ...] = ()  # that came about it, in the order of their receipt

    @property
    def standing(self) -> str:
        """The word for it, as in the list of letters (sql/letters_standing.sql): before release its state, then the worst of its recipients'."""
        if self.letter.state != "released":
            return self.letter.state
        states = {"queued" if row["state"] == "sending" else row["state"] for row in self._real}
        return next((one for one in _WORST_FIRST if one in states), "released")

    @property
    def unknown(self) -> list[str]:
        """Addresses whose delivery a person must settle."""
        rows = self.recipients.to_dict("records")
        return sorted(row["address"] for row in rows if row["state"] == "unknown" and not row["is_rehearsal"])

    @property
    def has_left(self) -> bool:
        """Whether something of it may have reached somebody: then it cannot be withheld as a whole."""
        return any(has_left(row["state"], row["smtp_code"]) for row in self._real)

    @property
    def may_be_sent_again(self) -> bool:
        """Whether every copy is settled: while one is under way or unknown, another cannot be sent."""
        return not any(row["state"] in ("queued", "sending", "unknown") for row in self._real)

    @property
    def may_be_taken_back(self) -> bool:
        """Whether a resend, or recipients that are tried again, still wait in the outbox."""
        is_more = self.has_left or any(row["copy_no"] > 1 for row in self._real)
        return is_more and any(row["state"] == "queued" for row in self._real)

    @property
    def _real(self) -> list[dict[str, Any]]:
        rows = self.recipients.to_dict("records")
        return [{str(name): value for name, value in row.items()} for row in rows if not row["is_rehearsal"]]


def letter_page(house: House, letter_id: int) -> LetterPage:
    """Everything that the letter's page shows. Raises StateError when there is no such letter."""
    told = letter_history(house, letter_id)
    with reading(house.engine) as connection:
        recipients = frame(connection, "list_recipients", letter_id=letter_id)
        every = tuple(revisions(connection, told.letter))
        original = corrected_letter(connection, told.letter)
        mails = correspondence(connection, letter_id)
    changes = corrected(original, told.letter.figures_json).changes if original else ()
    return LetterPage(
        told.letter,
        _plain(told.files),
        _plain(told.templates),
        _plain(recipients),
        _plain(told.history),
        every,
        changes,
        tuple(mails),
    )


@dataclass(frozen=True)
class ArchivedFile:
    """A file of a letter. `role`: a role of letter_file, or `json` for its figures."""

    role: str
    file_name: str
    content: bytes


def letter_file(house: House, letter_id: int, role: str) -> ArchivedFile:
    """One file of a letter; the store names its bytes. Raises StateError when the letter has none of that role."""
    named = tables.letter_file.c
    with reading(house.engine) as connection:
        row = connection.execute(
            select(named.file_name, named.sha256).where(named.letter_id == letter_id, named.role == role)
        ).one_or_none()
    if row is None:
        raise StateError("the letter has no such file", where=f"letter {letter_id}", got=role)
    return ArchivedFile(role, row.file_name, house.archive.get(row.sha256))


def letter_figures(house: House, letter_id: int) -> ArchivedFile:
    """The frozen figures that a letter was composed from, as JSON. Raises StateError when there is no such letter."""
    with reading(house.engine) as connection:
        letter = find(connection, letter_id)
    return ArchivedFile("json", f"{letter.letter_key}.json", letter.figures_json.encode())


def delivered_mail(house: House, delivery_id: int) -> ArchivedFile:
    """The exact mail of one delivery. Raises StateError when there is no such delivery."""
    delivery = tables.delivery.c
    with reading(house.engine) as connection:
        row = connection.execute(
            select(delivery.eml_sha256, delivery.letter_id, delivery.copy_no).where(
                delivery.delivery_id == delivery_id
            )
        ).one_or_none()
    if row is None:
        raise StateError("no such delivery", where=f"delivery {delivery_id}")
    return ArchivedFile("eml", f"letter-{row.letter_id}-{row.copy_no}.eml", house.archive.get(row.eml_sha256))


def _plain(rows: pd.DataFrame) -> pd.DataFrame:
    """None for what is empty, as templates ask for it."""
    return rows.astype(object).where(rows.notna(), None)
