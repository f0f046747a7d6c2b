"""抽查 in the store: the key of the draw, the answers of a week, the results that persons recorded."""

from datetime import date, datetime
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Engine

from include.periods import DAY, midnight
from include.store.keys import kept_key
from include.store.review_tables import spot_check, spot_check_key
from include.store.statements import frame

_WEEK = 7


def draw_key(engine: Engine, now: datetime) -> bytes:
    """The key of this store; made by whoever asks first, the same ever after."""
    return kept_key(engine, spot_check_key, now)


def answers_of_week(connection: Connection, week_start: date) -> pd.DataFrame:
    """One row an alarm that was answered in the week (sql/answers_of_week.sql)."""
    return frame(
        connection,
        "answers_of_week",
        start_at=midnight(week_start),
        end_at=midnight(week_start + _WEEK * DAY),
    )


def check_results(connection: Connection, start: date, end: date, as_of: datetime) -> pd.DataFrame:
    """One row a checked answer of the weeks that begin in [start, end), as of a moment (sql/spot_check_results.sql)."""
    rows = frame(connection, "spot_check_results", start_date=start, end_date=end, as_of_at=as_of)
    return rows.assign(week_start=pd.to_datetime(rows["week_start"]).dt.date)


def insert_result(connection: Connection, row: dict[str, Any]) -> None:
    """Adds one result: the columns of `spot_check`."""
    connection.execute(spot_check.insert().values(**row))
