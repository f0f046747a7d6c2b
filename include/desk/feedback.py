"""The cities' feedback over any window, as of any moment."""

from datetime import datetime

import pandas as pd
from sqlalchemy import Engine, select

from include.periods import Period, rolling
from include.rules import LOW_RESPONSE
from include.store.engine import reading
from include.store.facts import alarm_states, cities_on, problems_found
from include.store.tables import pull
from include.supervision.feedback import (
    counts,
    counts_between,
    judge,
    judge_problems,
    longest_overdue_hours,
    pushed_between,
)
from include.supervision.figures import FeedbackCounts
from include.supervision.low_response import flag

COLUMNS = [
    "city_code", "city_name", "pushed", "answered", "due", "on_time", "overdue", "feedback_rate", "on_time_rate",
    "problems", "alarms_with_problem", "flag",
]  # fmt: skip
TOTAL = "total"


def first_moment(period: Period) -> datetime:
    """The earliest push that `feedback_table` reads."""
    return min(period.starts_at, rolling(period, LOW_RESPONSE.rolling_days)[0])


def feedback_table(engine: Engine, period: Period) -> pd.DataFrame:
    """One row a city of the key regions on the window's last day, and a last one with `city_code` = `total`.

    Columns `COLUMNS`: counts of alarms pushed in the window, rates as shares (empty for a zero denominator), `problems`
    found, `alarms_with_problem`, `flag` (提醒, 督办 or empty, judged over the rolling days). `due` = `on_time` + late +
    `overdue`.
    """
    rolling_start, _ = rolling(period, LOW_RESPONSE.rolling_days)
    with reading(engine) as connection:
        cities = cities_on(connection, period.last_date)
        window = (first_moment(period), period.ends_at, period.as_of)
        judged = judge(alarm_states(connection, *window), period.as_of)
        found = judge_problems(problems_found(connection, *window), judged, period.as_of)
    codes = cities["city_code"].tolist()
    table = counts_between(judged, found, period.starts_at, period.ends_at, codes)
    week = pushed_between(judged, rolling_start, period.ends_at)
    week_counts = counts_between(judged, found, rolling_start, period.ends_at, codes)
    longest = longest_overdue_hours(week)
    rows = [
        _row(code, name, counts(table, code), flag(counts(week_counts, code), longest.get(code, 0.0)).level)
        for code, name in zip(codes, cities["city_name"], strict=True)
    ]
    return pd.DataFrame([*rows, _row(TOTAL, "合计", counts(table), "")], columns=COLUMNS)


def has_simulated_data(engine: Engine) -> bool:
    """Whether anything that was pulled is 模拟数据: whoever reads figures of this store must be told."""
    with reading(engine) as connection:
        found = connection.execute(select(pull.c.pull_id).where(pull.c.is_simulated).limit(1))
        return found.first() is not None


def _row(code: str, name: str, one: FeedbackCounts, level: str) -> list[object]:
    return [
        code, name, one.pushed, one.answered, one.due, one.on_time, one.overdue, one.feedback_rate.value,
        one.on_time_rate.value, one.problems, one.alarms_with_problem, level,
    ]  # fmt: skip
