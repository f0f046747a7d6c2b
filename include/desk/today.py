"""The desk's first page: every city as of a moment, and its last letter."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final

import pandas as pd

from include.desk.facts import facts_since
from include.house import House
from include.periods import DAY, Period, last_complete, office_zone, rolling
from include.profile.current import rules_on
from include.rules import LOW_RESPONSE
from include.sources.ledger import completeness
from include.store.engine import reading
from include.store.facts import ALL_KNOWN, cities_on, last_letters, unheard_cities
from include.supervision.daily import read_window
from include.supervision.feedback import added, counts_by_span, pushed_between
from include.supervision.figures import FeedbackCounts, Flag, Share
from include.supervision.low_response import NONE, flag, responses

LEVELS: Final = ("urge", "verify", "remind", "")  # the most urgent first


@dataclass(frozen=True)
class LastLetter:
    """The last letter of a city. `standing`: its state before release, afterwards the worst state of its recipients."""

    letter_id: int
    kind: str
    start_at: datetime
    end_at: datetime
    number: str | None
    standing: str


@dataclass(frozen=True)
class CityToday:
    """One city: counts of the last complete day, of the rolling days, and of the alarms pushed since; its flag."""

    unit_code: str
    unit_name: str
    region: str
    window: FeedbackCounts
    rolling: FeedbackCounts
    since: FeedbackCounts
    open_alarms: int  # however old
    flag: Flag
    trend: tuple[Share, ...]  # answered of pushed, one a day of the rolling days
    letter: LastLetter | None
    needs_address: bool = False  # 核实地址: a task for a person


@dataclass(frozen=True)
class Today:
    """All cities of the key regions. `period`: the last complete day, as of the moment that was asked for."""

    period: Period
    rolling_start: date
    cities: tuple[CityToday, ...]
    total: CityToday
    completeness: str
    is_complete: bool
    is_simulated: bool


def today(house: House, as_of: datetime, known_at: datetime = ALL_KNOWN) -> Today:
    """Every city's figures as of any moment: the same query as a letter's figures of that moment. Facts received after `known_at`
    are left out."""
    period = replace(last_complete("day", as_of), as_of=as_of)
    start_rolling, end_rolling = rolling(period, LOW_RESPONSE.rolling_days)
    with reading(house.engine) as connection:
        cities = cities_on(connection, period.last_date)
        facts = facts_since(connection, read_window(period)[0], as_of, known_at)
        unheard = set(unheard_cities(connection, LOW_RESPONSE.silent_letters, period.end, as_of))
        letters = _last_letters(last_letters(connection, period.end))
        complete = completeness(connection, house.sources, start_rolling, as_of)
    codes = cities["unit_code"].tolist()
    starts = {"before": start_rolling, "window": period.starts_at, "since": period.ends_at}
    spans = counts_by_span(facts.judged, facts.problems, starts, codes)
    open_alarms = facts.judged[facts.judged["is_open"]].groupby("unit_code").size()
    week = pushed_between(facts.judged, start_rolling, end_rolling)
    answering = responses(facts.judged, start_rolling, end_rolling)
    days = [period.end - number * DAY for number in range(LOW_RESPONSE.rolling_days, 0, -1)]
    trends = _trends(week, days)
    rows = []
    for code, name, region in zip(codes, cities["unit_name"], cities["region"], strict=True):
        window, before, since = (spans[code, span] for span in ("window", "before", "since"))
        own = added((before, window))
        city_flag = flag(answering.get(code, NONE), rules_on(period.end, code).low_response)
        trend = trends.get(code, (Share(0, 0),) * len(days))
        rows.append(
            CityToday(
                code,
                name,
                region,
                window,
                own,
                since,
                int(open_alarms.get(code, 0)),
                city_flag,
                trend,
                letters.get(code),
                code in unheard,
            )
        )
    total = CityToday(
        "",
        "",
        "",
        added(row.window for row in rows),
        added(row.rolling for row in rows),
        added(row.since for row in rows),
        sum(row.open_alarms for row in rows),
        Flag(),
        tuple(
            Share(sum(one.n for one in day), sum(one.of for one in day))
            for day in zip(*(row.trend for row in rows), strict=True)
        ),
        None,
    )
    return Today(
        period,
        days[0],
        tuple(rows),
        total,
        complete.sentence,
        complete.share >= house.least_completeness,
        facts.is_simulated,
    )


def sorted_cities(cities: tuple[CityToday, ...], by: str) -> tuple[CityToday, ...]:
    """The rows in the order of one column: a key of `ORDERS`; ties by unit_code."""
    return tuple(sorted(cities, key=lambda row: (ORDERS[by](row), row.unit_code)))


ORDERS: Final[dict[str, Any]] = {
    "flag": lambda row: (
        LEVELS.index(row.flag.level),
        -row.flag.chronic,
        -row.rolling.overdue,
        -row.open_alarms,
    ),
    "city": lambda row: row.unit_code,
    "window": lambda row: -row.window.pushed,
    "feedback": lambda row: _lowest_first(row.rolling.feedback_rate),
    "on_time": lambda row: _lowest_first(row.rolling.on_time_rate),
    "overdue": lambda row: -row.rolling.overdue,
    "open": lambda row: -row.open_alarms,
    "problems": lambda row: -row.rolling.problems,
}


def _lowest_first(share: Share) -> tuple[float, int]:
    return (2.0 if share.value is None else share.value, -share.of)


def _trends(week: pd.DataFrame, days: list[date]) -> dict[str, tuple[Share, ...]]:
    pushed = week[week["is_pushed"]]
    by_day = pushed.groupby(["unit_code", pushed["pushed_at"].dt.tz_convert(office_zone()).dt.date])[
        "is_answered"
    ].agg(["sum", "size"])
    shares: dict[tuple[Any, ...], Share] = {
        key: Share(int(answered), int(size))
        for key, answered, size in zip(by_day.index, by_day["sum"], by_day["size"], strict=True)
    }
    return {
        code: tuple(shares.get((code, day), Share(0, 0)) for day in days)
        for code in {key[0] for key in shares}
    }


def _last_letters(rows: pd.DataFrame) -> dict[str, LastLetter]:
    return {
        row["unit_code"]: LastLetter(
            row["letter_id"],
            row["kind"],
            row["start_at"].to_pydatetime(),
            row["end_at"].to_pydatetime(),
            row["number"] or None,
            _standing(row),
        )
        for row in rows.to_dict("records")
    }


def _standing(row: dict[Any, Any]) -> str:
    if row["state"] != "released":
        return str(row["state"])
    states = {"unknown": "unknown", "refused": "refused", "under_way": "queued", "sent": "sent"}
    return next((state for name, state in states.items() if row[name]), "released")
