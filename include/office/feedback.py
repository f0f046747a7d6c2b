"""The units' feedback over any window, as of any moment, by what was known at any moment."""

from datetime import datetime

import pandas as pd
from sqlalchemy import Engine

from include.language import say
from include.periods import DAY, Period, rolling
from include.profile.current import rules_on
from include.rules import LOW_RESPONSE
from include.store.engine import reading
from include.store.facts import ALL_KNOWN, alarm_states, cities_on, city_stays, problems_found
from include.supervision.daily import flag_window
from include.supervision.feedback import counts, counts_between, judge, judge_problems
from include.supervision.figures import FeedbackCounts
from include.supervision.low_response import NONE, flag, responses
from include.supervision.membership import in_region

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
    """One row a unit of the key regions on the window's last day, one a unit that left them or ended inside the window (its alarms of
    before, no flag), and a last one with `unit_code` = `total`.

    Columns `COLUMNS`: counts of alarms pushed in the window, rates as shares (empty for a zero denominator), `problems`
    found, `alarms_with_problem` of the answered ones, `flag` (`remind`, `urge` or empty, by the rules of `low_response`: recent
    overdue alarms whenever pushed, late ones of the rolling days). `due` = `on_time` + `late` + `overdue`. Facts received later
    than `known_at` are left out.
    """
    window = (*flag_window(period), period.as_of)
    with reading(engine) as connection:
        cities = cities_on(connection, period.last_date).drop_duplicates("unit_code")
        stays = city_stays(connection, period.start, period.last_date + DAY)
        judged = judge(alarm_states(connection, *window, known_at=known_at, with_old=True), period.as_of)
        found = judge_problems(problems_found(connection, *window, known_at=known_at), judged, period.as_of)
    present = cities["unit_code"].tolist()
    gone = stays[~stays["unit_code"].isin(present)]
    gone_alarms = in_region(judged[judged["unit_code"].isin(gone["unit_code"])], gone)
    judged = judged[judged["unit_code"].isin(present) | judged["alarm_id"].isin(gone_alarms["alarm_id"])]
    found = found[found["alarm_id"].isin(judged["alarm_id"])]
    shown = pd.concat([cities, gone.drop_duplicates("unit_code", keep="last")])[["unit_code", "unit_name"]]
    codes = shown["unit_code"].tolist()
    table = counts_between(judged, found, period.starts_at, period.ends_at, codes)
    answering = responses(judged, *rolling(period, LOW_RESPONSE.rolling_days))
    rows = [
        _row(
            code,
            name,
            counts(table, code),
            flag(answering.get(code, NONE), rules_on(period.end, str(code)).low_response).level
            if code in present
            else "",
        )
        for code, name in zip(codes, shown["unit_name"], strict=True)
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
