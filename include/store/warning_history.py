"""The history of warning grids: what each month said, from which every count is derived."""

from datetime import date, datetime

import pandas as pd
from sqlalchemy import Connection

from include.store.air_days import plain_rows
from include.store.air_tables import warning_month, warning_rank
from include.store.statements import frame


def replace_month(
    connection: Connection,
    month: date,
    ranks: pd.DataFrame,
    *,
    grids: int,
    valid_grids: int,
    is_simulated: bool,
    now: datetime,
) -> None:
    """Puts the rows of `warning.warning_ranks` of one month in the place of what was there; other months stay as they are."""
    connection.execute(warning_rank.delete().where(warning_rank.c.month == month))
    connection.execute(warning_month.delete().where(warning_month.c.month == month))
    connection.execute(
        warning_month.insert().values(
            month=month, grids=grids, valid_grids=valid_grids, is_simulated=is_simulated, set_at=now
        )
    )
    if len(ranks):
        connection.execute(warning_rank.insert(), [{**row, "month": month} for row in plain_rows(ranks)])


def warning_history(connection: Connection, month: date) -> pd.DataFrame:
    """One row a grid, reason and month up to and with `month`: `month` and the columns of `warning.warning_ranks`
    (sql/warning_history.sql)."""
    rows = frame(connection, "warning_history", month=month)
    numbers = dict.fromkeys(("pm25_ug_m3", "yoy_pct", "pop_pct"), "float64")
    return rows.assign(month=pd.to_datetime(rows["month"]).astype("datetime64[s]")).astype(numbers)


def warning_months(connection: Connection, start: date, end: date) -> pd.DataFrame:
    """One row a month that was set, its first day in [start, end) (sql/warning_months.sql)."""
    rows = frame(connection, "warning_months", start_date=start, end_date=end)
    return rows.assign(month=pd.to_datetime(rows["month"]).astype("datetime64[s]"))
