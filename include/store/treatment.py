"""疑似治污设施不正常运行 in the store: by enterprise and day, whether or not there is an alarm."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import pandas as pd
from sqlalchemy import Connection, func, select

from include.store.statements import frame
from include.store.watch_tables import suspected_treatment


def replace_treatment(
    connection: Connection, day: date, rules: Sequence[str], rows: Sequence[dict[str, Any]]
) -> None:
    """Puts the rows (columns of `suspected_treatment`) in the place of what these rules found on the day before."""
    table = suspected_treatment.c
    connection.execute(
        suspected_treatment.delete().where(table.observed_on == day, table.rule.in_(list(rules)))
    )
    if rows:
        connection.execute(suspected_treatment.insert(), list(rows))


def kept_treatment(connection: Connection, start: date, end: date) -> pd.DataFrame:
    """One row an enterprise, day and rule of [start, end), with the enterprise's name, city and county (sql/suspected_treatment.sql)."""
    return frame(connection, "suspected_treatment", start_date=start, end_date=end)


def last_treatment_day(connection: Connection) -> date | None:
    """The last day of which anything is kept; None where there is none."""
    found: date | None = connection.execute(select(func.max(suspected_treatment.c.observed_on))).scalar()
    return found
