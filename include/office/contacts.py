"""Contacts as operators keep them: list, set with validity dates, and CSV in and out. Every change is in the audit trail.

A row passes the same checks as one that a source sends (`sources.checks`). What a person saves here stands against every
later pull; what a source says otherwise is a question (`sources.contacts.plan` has the rules).
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

import pandas as pd

from include.errors import InputError
from include.house import House
from include.language import say
from include.rules import SIMULATED_LABEL
from include.sources.checks import check
from include.sources.contacts.book import contacts_of, known_contacts
from include.sources.contacts.decisions import answer, edit, in_force, save
from include.sources.contacts.questions import Question, questions
from include.sources.contacts.rows import is_unread
from include.sources.layout import CONTACTS, DATA_ORIGIN
from include.sources.places import places
from include.store.engine import reading, writing
from include.store.statements import frame

COLUMNS: Final = CONTACTS.names
_MOST_ROWS: Final = 5_000
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Saved:
    """What became of rows: either all were stored, or none and `problems` names each bad row (line, column, reason).
    `remarks`: what the person should know of what was stored (Chinese)."""

    new: int
    changed: int
    unchanged: int
    problems: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


def contact_list(house: House, *, region_code: str | None, on_date: date | None) -> pd.DataFrame:
    """One row a contact and stay (sql/list_contacts.sql); with `on_date` only those valid on it. `is_unread`: the address looks
    like one whose mail nobody reads."""
    with reading(house.engine) as connection:
        rows = frame(connection, "list_contacts", region_code=region_code, on_date=on_date)
    rows["is_unread"] = [is_unread(address) for address in rows["address"]]
    return rows.astype(object).where(rows.notna(), None)


def save_contacts(
    house: House,
    rows: Sequence[dict[str, str]],
    *,
    actor: str,
    reason: str,
    now: datetime,
    contact_id: int | None = None,
    is_list: bool = False,
) -> Saved:
    """Stores contacts (texts in the columns COLUMNS), all or none of them: a person's decision, which no pull changes.

    With `contact_id` the one row takes the place of that contact. `is_list`: a new address of a unit and role that is known
    under an address which is not in the list takes its place. Raises InputError without a reason.
    """
    if not reason.strip():
        raise InputError("a reason is needed", where="contacts", todo="say why the contacts change")
    names = (*COLUMNS, DATA_ORIGIN)
    table = pd.DataFrame(
        {name: pd.array([row.get(name, "").strip() for row in rows], dtype="str") for name in names}
    )
    with writing(house.engine, lock="intake") as connection:
        checked = check(CONTACTS, table, places(connection))
        problems = tuple(
            say("第{place}行 {field}：{words}", place=place + 1, field=field, words=words)
            for place, bad in enumerate(checked.reject)
            if bad >= 0
            for field, words in [checked.reasons[bad]]
        )
        if problems or table.empty:
            return Saved(0, 0, 0, problems or (say("没有任何行"),))
        wanted = contacts_of(checked.rows)
        if contact_id is None:
            done = save(connection, wanted, actor=actor, reason=reason, now=now, is_list=is_list)
        else:
            done = edit(connection, contact_id, wanted[0], actor=actor, reason=reason, now=now)
    return Saved(done.new, done.changed, done.unchanged, remarks=done.remarks)


def contact_questions(house: House, today: date) -> list[Question]:
    """What waits for a person about contacts, the oldest first, each with the row that is used on that Beijing date; of an address that its
    source replaced the former row stands beside the new one."""
    with reading(house.engine) as connection:
        asked = questions(connection)
        book = {known.contact_id: known for known in known_contacts(connection)} if asked else {}
    return [
        one if one.kind == "replaced" else replace(one, used=in_force(book, one.contact_id, today))
        for one in asked
    ]


def answer_question(
    house: House, question_id: int, choice: str, *, actor: str, reason: str, now: datetime
) -> Question:
    """Settles one question: `keep` ours, `take` over the source's, `both`. Raises InputError."""
    with writing(house.engine, lock="intake") as connection:
        return answer(connection, question_id, choice, actor=actor, reason=reason, now=now)


def read_csv(content: bytes) -> list[dict[str, str]]:
    """The rows of a CSV file of contacts (UTF-8 or GB18030, header row). Raises InputError."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = content.decode("gb18030")
        except UnicodeDecodeError as error:
            raise InputError(
                "the file cannot be read", where="contacts", expected="CSV in UTF-8 or GB18030"
            ) from error
    if "\x00" in text:
        raise InputError("the file cannot be read", where="contacts", expected="CSV in UTF-8 or GB18030")
    try:
        reader = csv.DictReader(io.StringIO(text), strict=True)
        missing = [name for name in CONTACTS.required if name not in (reader.fieldnames or ())]
        if missing:
            raise InputError(
                "columns are missing", where="contacts", got=", ".join(missing), expected=", ".join(COLUMNS)
            )
        known = {*COLUMNS, DATA_ORIGIN}
        rows = [
            {name: _unescaped(value) for name, value in row.items() if name in known and value}
            for row in reader
        ]
    except csv.Error as error:
        raise InputError(
            "the file cannot be read", where="contacts", got=error, expected="CSV with a header row"
        ) from error
    if len(rows) > _MOST_ROWS:
        raise InputError("too many rows", where="contacts", got=len(rows), expected=f"at most {_MOST_ROWS}")
    return rows


def contacts_csv(rows: pd.DataFrame) -> str:
    """The rows of `contact_list` as CSV in the columns of intake; a text that a spreadsheet would run is escaped with an
    apostrophe, which `read_csv` takes off again."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow((*COLUMNS, DATA_ORIGIN))
    for row in rows.to_dict("records"):
        values = [
            str(row[name] or "")[:10] if name.startswith("valid_") else str(row[name] or "")
            for name in COLUMNS
        ]
        writer.writerow(
            [_escaped(value) for value in (*values, SIMULATED_LABEL if row["is_simulated"] else "")]
        )
    return stream.getvalue()


def _escaped(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _unescaped(text: str) -> str:
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA) else text
