"""Runs the files under sql/: one statement a file, bound parameters only.

Values and names carry the types: an aware datetime is bound as an instant, a date as a date, a tuple as the list of
`in :name` (of words; of numbers where `_LISTS_OF_NUMBERS` has its name); result columns that end in `_at`
come back as UTC timestamps, those that start with `is_` as booleans.
"""

from collections.abc import Sequence
from contextlib import closing
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from sqlalchemy import BigInteger, Connection, Date, String, TextClause, bindparam, text
from sqlalchemy.types import TypeEngine

from include.store.columns import Instant

SQL_DIR: Final = Path(__file__).resolve().parents[2] / "sql"
# An empty list tells no type, and PostgreSQL compares no number with words: these names are of numbers, all others of words.
_LISTS_OF_NUMBERS: Final = frozenset({"letter_ids", "years"})


def frame(
    connection: Connection, name: str, only: tuple[str, ...] = (), /, **parameters: Any
) -> pd.DataFrame:
    """The rows of `sql/<name>.sql`; grain and columns are in the file's header comment. `only`: the columns that are wanted, where not
    all are: a value that nobody looks at is read for as long as one that counts."""
    return _framed(*_fetched(connection, name, parameters, only))


def frame_of_each(
    connection: Connection, name: str, several: Sequence[dict[str, Any]]
) -> tuple[pd.DataFrame, list[int]]:
    """The rows of `sql/<name>.sql` for each of several sets of parameters, below each other, and how many each has."""
    told = [_fetched(connection, name, parameters) for parameters in several]
    rows = [row for _, found in told for row in found]
    return _framed(told[0][0], rows), [len(found) for _, found in told]


def _fetched(
    connection: Connection, name: str, parameters: dict[str, Any], only: tuple[str, ...] = ()
) -> tuple[list[str], Sequence[Any]]:
    """The columns and the driver's own rows: a text tells no types, and SQLAlchemy would wrap them one by one."""
    result = connection.execute(_prepared(connection, name, parameters, only), parameters)
    with closing(result):
        return list(result.keys()), result.cursor.fetchall() if result.cursor else []


def _framed(names: list[str], found: Sequence[Any]) -> pd.DataFrame:
    told = dict(zip(names, zip(*found, strict=True), strict=True)) if found else dict.fromkeys(names, ())
    instants = [name for name in names if name.endswith("_at")]
    others = [name for name in names if not name.endswith("_at")]
    rows = pd.DataFrame.from_records(list(zip(*(told[name] for name in others), strict=True)), columns=others)
    columns = dict(zip(instants, _moments([told[name] for name in instants]), strict=True))
    for name in others:
        columns[name] = rows[name].astype(bool) if name.startswith("is_") else rows[name]
    return pd.DataFrame(columns, columns=names)


def _moments(columns: list[Sequence[Any]]) -> list[Any]:
    """Columns of instants, as texts (SQLite) or datetimes as the driver gives them; all are read at once, and as what they are: what they
    might be besides need not be found out, and few moments are told twice, so that to look for those takes as long as to read them all."""
    told = np.array([value for column in columns for value in column], dtype=object)
    moments = pd.to_datetime(told, utc=True, format="ISO8601", cache=False).as_unit("us")
    return [moments[place * len(column) : (place + 1) * len(column)] for place, column in enumerate(columns)]


def count(connection: Connection, name: str, **parameters: Any) -> int:
    """How many rows `sql/<name>.sql` gives, without reading them."""
    source = _source(name, connection.dialect.name)
    clause = text(f"select count(*) from (\n{source}\n) as counted")  # noqa: S608 - a file under sql/
    return int(connection.execute(_typed(clause, parameters), parameters).scalar_one())


def contains(text: str) -> str | None:
    """The pattern of `lower(…) like :pattern escape '!'` for what holds the text somewhere; None for none."""
    plain = text.strip().lower().replace("!", "!!").replace("%", "!%").replace("_", "!_")
    return f"%{plain}%" if plain else None


def run(connection: Connection, name: str, **parameters: Any) -> int:
    """Runs `sql/<name>.sql` for its effect; returns the number of rows it touched."""
    return int(connection.execute(_prepared(connection, name, parameters), parameters).rowcount)


def _prepared(
    connection: Connection, name: str, parameters: dict[str, Any], only: tuple[str, ...] = ()
) -> TextClause:
    return _typed(_clause(name, connection.dialect.name, only), parameters)


def _typed(clause: TextClause, parameters: dict[str, Any]) -> TextClause:
    typed = [
        bindparam(key, type_=_type(value)) for key, value in parameters.items() if isinstance(value, date)
    ] + [
        bindparam(key, expanding=True, type_=BigInteger() if key in _LISTS_OF_NUMBERS else String())
        for key, value in parameters.items()
        if isinstance(value, tuple)
    ]
    return clause.bindparams(*typed) if typed else clause


def _type(value: date) -> TypeEngine[Any]:
    return Instant() if isinstance(value, datetime) else Date()


@cache
def _clause(name: str, dialect: str, only: tuple[str, ...]) -> TextClause:
    source = _source(name, dialect)
    return text(f"select {', '.join(only)} from (\n{source}\n) as told" if only else source)  # noqa: S608 - a file under sql/


@cache
def _source(name: str, dialect: str) -> str:
    special = SQL_DIR / f"{name}.{dialect}.sql"
    return (special if special.exists() else SQL_DIR / f"{name}.sql").read_text(encoding="utf-8")
