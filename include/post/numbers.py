"""发文字号: given at release, inside its transaction, so that a release that fails leaves no gap."""

from datetime import date, datetime

import pandas as pd
from sqlalchemy import Connection, func, insert, select, update

from include.language import say
from include.letter_kinds import letter_kind
from include.post.server import Office
from include.store import statements, tables


def allocate(
    connection: Connection, office: Office, kind: str, letter_id: int, *, issued_on: date, now: datetime
) -> str | None:
    """The next number of this kind and year, `机关代字〔2020〕N号`, entered in the register; None for a kind that carries none.

    The caller's transaction must be the only one that allocates: `writing(engine, lock="release")`.
    """
    word = office.number_words.get(kind) if letter_kind(kind).is_numbered else None
    if word is None:
        return None
    register = tables.letter_number.c
    last = connection.execute(
        select(func.max(register.seq)).where(register.series == kind, register.year == issued_on.year)
    ).scalar_one()
    seq = (last or 0) + 1
    number = say("{word}〔{year}〕{seq}号", word=word, year=issued_on.year, seq=seq)
    connection.execute(
        insert(tables.letter_number).values(
            series=kind, year=issued_on.year, seq=seq, letter_id=letter_id, number=number, allocated_at=now
        )
    )
    return number


def void(connection: Connection, number: str, reason: str) -> None:
    """作废: the number stays in the register and is never given again."""
    connection.execute(
        update(tables.letter_number).where(tables.letter_number.c.number == number).values(void_reason=reason)
    )


def register(connection: Connection, year: int) -> pd.DataFrame:
    """Every number given in a year; columns in `sql/list_letter_numbers.sql`."""
    return statements.frame(connection, "list_letter_numbers", year=year)


def gaps(connection: Connection) -> list[str]:
    """What must not be in the register: a missing number, or one that its letter does not print (Chinese, one a line)."""
    found = statements.frame(connection, "find_number_faults")
    return [
        say("文号登记簿 {series}〔{year}〕：{fault}", series=row.series, year=row.year, fault=row.fault)
        for row in found.itertuples()
    ]
