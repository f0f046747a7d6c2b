"""The units' feedback over any window, as of any moment, by what was known at any moment."""

from datetime import datetime

import pandas as pd
from sqlalchemy import Engine

from include.language import say
from include.periods import Period, rolling
from include.profile.current import rules_on
from include.rules import LOW_RESPONSE
from include.store.engine import reading
from include.store.facts import ALL_KNOWN, alarm_states, cities_on, problems_found
from include.supervision.daily import flag_window
from include.supervision.feedback import counts, counts_between, judge, judge_problems
from include.supervision.figures import FeedbackCounts
from include.supervision.low_response import NONE, flag, responses

COLUMNS = [
    "unit_code",
    "unit_name",
    "pushed",
    "answered",
    "due",
    "on_time",
    "late",
    "overdue",
    "in_dispute",
    "chronic",
    "closed",
    "feedback_rate",
    "on_time_rate",
    "problems",
    "alarms_with_problem",
    "flag",
]
TOTAL = "total"


def feedback_table(engine: Engine, period: Period, known_at: datetime = ALL_KNOWN) -> pd.DataFrame:
    """One row a unit of the key regions on the window's last day, and a last one with `unit_code` = `total`.

    Columns `COLUMNS`: counts of alarms pushed in the window, rates as shares (empty for a zero denominator), `problems`
    found, `alarms_with_problem` of the answered ones, `flag` (`remind`, `urge` or empty, by the rules of `low_response`: recent
    overdue alarms whenever pushed, late ones of the rolling days). `due` = `on_time` + `late` + `overdue`. Facts received later
    than `known_at` are left out.
    """
    window = (*flag_window(period), period.as_of)
    with reading(engine) as connection:
        cities = cities_on(connection, period.last_date)
        judged = judge(alarm_states(connection, *window, known_at=known_at, with_old=True), period.as_of)
        found = judge_problems(problems_found(connection, *window, known_at=known_at), judged, period.as_of)
    codes = cities["unit_code"].tolist()
    table = counts_between(judged, found, period.starts_at, period.ends_at, codes)
    answering = responses(judged, *rolling(period, LOW_RESPONSE.rolling_days))
    rows = [
        _row(
            code,
            name,
            counts(table, code),
            flag(answering.get(code, NONE), rules_on(period.end, str(code)).low_response).level,
        )
        for code, name in zip(codes, cities["unit_name"], strict=True)
    ]
    return pd.DataFrame([*rows, _row(TOTAL, say("合计"), counts(table), "")], columns=COLUMNS)


def _row(code: str, name: str, one: FeedbackCounts, level: str) -> list[object]:
    return [
        code,
        name,
        one.pushed,
        one.answered,
        one.due,
        one.on_time,
        one.late,
        one.overdue,
        one.in_dispute,
        one.chronic,
        one.closed,
        one.feedback_rate.value,
        one.on_time_rate.value,
        one.problems,
        one.alarms_with_problem,
        level,
    ]
