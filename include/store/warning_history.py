"""The history of warning grids: what each month said, from which every count is derived, and what it was judged from."""

from dataclasses import asdict, dataclass
from datetime import date, datetime

import pandas as pd
from sqlalchemy import Connection

from include.store.air_days import plain_rows
from include.store.air_tables import warning_month, warning_rank
from include.store.statements import frame

_NUMBERS = dict.fromkeys(("pm25_ug_m3", "yoy_pct", "pop_pct"), "float64")


@dataclass(frozen=True)
class KeptMonth:
    """One month that was judged: its first day, how many grids had readings and a valid mean, whether a reading was 模拟数据,
    and the SHA-256 of what it was judged from (empty: judged before that was kept)."""

    month: date
    grids: int
    valid_grids: int
    is_simulated: bool
    readings_sha256: str


def replace_month(connection: Connection, kept: KeptMonth, ranks: pd.DataFrame, *, now: datetime) -> None:
    """Puts the rows of `warning.warning_ranks` of one month in the place of what was there; other months stay as they are."""
    connection.execute(warning_rank.delete().where(warning_rank.c.month == kept.month))
    connection.execute(warning_month.delete().where(warning_month.c.month == kept.month))
    connection.execute(warning_month.insert().values(**asdict(kept), set_at=now))
    if len(ranks):
        connection.execute(warning_rank.insert(), [{**row, "month": kept.month} for row in plain_rows(ranks)])


def kept_months(connection: Connection) -> dict[date, KeptMonth]:
    """Every month that is kept, by its first day (sql/warning_months.sql)."""
    rows = frame(connection, "warning_months").to_dict("records")
    months = [
        KeptMonth(
            pd.Timestamp(row["month"]).date(),
            int(row["grids"]),
            int(row["valid_grids"]),
            bool(row["is_simulated"]),
            str(row["readings_sha256"]),
        )
        for row in rows
    ]
    return {one.month: one for one in months}


def month_ranks(connection: Connection, month: date) -> pd.DataFrame:
    """The rows of `warning.warning_ranks` that are kept of one month (sql/warning_ranks_of_month.sql)."""
    return frame(connection, "warning_ranks_of_month", month=month).astype(_NUMBERS)
