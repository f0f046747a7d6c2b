"""One city: its counts, its alarms with everything that happened to them, its rates by week, its hot grids."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

import pandas as pd
from sqlalchemy import Connection, select

from include.desk.facts import Facts, season_facts, values_of
from include.errors import StateError
from include.house import House
from include.language import say
from include.periods import DAY, last_complete, midnight, office_date, rolling
from include.rules import LOW_RESPONSE
from include.store import tables
from include.store.engine import reading
from include.store.facts import ALL_KNOWN, answers_given
from include.store.statements import frame
from include.supervision.answer_quality import AnswerQuality, answer_quality
from include.supervision.feedback import (
    added,
    counts,
    counts_between,
    counts_by_span,
    pushed_between,
    standing,
)
from include.supervision.figures import FeedbackCounts
from include.supervision.spot_checks import week_of

_REPEATS: Final = 15
HISTORY_DAYS: Final = 30  # of alarms with their steps on the city's page; open ones are there however old


@dataclass(frozen=True)
class Step:
    """One thing that happened to an alarm. `event`: pushed, an event of feedback, found or rectified (of a problem)."""

    event: str
    at: datetime
    words: str


@dataclass(frozen=True)
class AlarmStory:
    """One alarm with its steps, oldest first. `deadline_at`: the one that counts now (A of `judge`). `standing`: a key of `STANDINGS` of the pages."""

    alarm_id: str
    grid_id: str
    county: str
    point_name: str
    alarm_count: int
    peak_pm25_ug_m3: float | None
    pushed_at: datetime
    deadline_at: datetime
    overdue_hours: float
    standing: str
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Week:
    """The counts of one week of pushes, from `start` (a Sunday, as all weeks of the office begin, cut to the season)."""

    start: date
    counts: FeedbackCounts


@dataclass(frozen=True)
class RepeatGrid:
    """One grid of a city with the alarms of the season up to the moment."""

    grid_id: str
    point_name: str
    alarms: int
    open_alarms: int


@dataclass(frozen=True)
class ProblemCount:
    """The problems of one category found in the season up to the moment; those rectified and those past their time among them."""

    category: str
    found: int
    rectified: int
    overdue: int


@dataclass(frozen=True)
class CityPage:
    """Everything about one city as of a moment. `rolling`: of the days that the desk's first page counts, those up to the last complete one."""

    unit_code: str
    unit_name: str
    province_name: str
    rolling: FeedbackCounts
    season: FeedbackCounts
    weeks: tuple[Week, ...]
    alarms: tuple[AlarmStory, ...]
    is_simulated: bool
    categories: tuple[ProblemCount, ...] = ()
    repeats: tuple[RepeatGrid, ...] = ()  # grids with several alarms in the season, the most first
    quality: tuple[tuple[str, AnswerQuality], ...] = ()  # 近7日 and 监管期


def city_page(house: House, unit_code: str, as_of: datetime, known_at: datetime = ALL_KNOWN) -> CityPage:
    """The city as of a moment, by the facts received by `known_at`. Raises StateError for an unknown city."""
    own = season_facts(house, as_of, known_at, unit_code=unit_code)
    with reading(house.engine) as connection:
        city = tables.city.c
        row = connection.execute(
            select(city.unit_name, city.province_name).where(city.unit_code == unit_code)
        ).one_or_none()
        if row is None:
            raise StateError("no such city", where="city", got=unit_code, expected="an adcode of six digits")
        start_at = as_of - HISTORY_DAYS * DAY
        alarms = stories(connection, own, start_at, as_of, unit_code=unit_code)
        answers = answers_given(connection, own.start_at, as_of + DAY, as_of, known_at, unit_code=unit_code)
    rolling_start, rolling_end = rolling(last_complete("day", as_of), LOW_RESPONSE.rolling_days)
    week = counts_between(own.judged, own.problems, rolling_start, rolling_end, [unit_code])
    weeks = _weeks(own, house.season[0], min(office_date(as_of) + DAY, house.season[1]), unit_code)
    return CityPage(
        unit_code,
        row.unit_name,
        row.province_name,
        counts(week),
        added(week.counts for week in weeks),
        weeks,
        alarms,
        own.is_simulated,
        _categories(own.problems),
        _repeats(own.judged),
        tuple(
            (name, _quality(own, answers, span, unit_code, row.unit_name))
            for name, span in (
                ("近7日", (rolling_start, rolling_end)),
                ("监管期", (own.start_at, as_of + DAY)),
            )
        ),
    )


def _categories(problems: pd.DataFrame) -> tuple[ProblemCount, ...]:
    """One a category, the most problems first."""
    states: dict[str, list[tuple[bool, bool]]] = defaultdict(list)
    for category, *state in values_of(problems, "category", "is_rectified", "is_rectification_due"):
        states[str(category)].append((state[0], state[1] and not state[0]))
    counted = (
        ProblemCount(category, len(found), sum(done for done, _ in found), sum(late for _, late in found))
        for category, found in states.items()
    )
    return tuple(sorted(counted, key=lambda one: (-one.found, one.category)))


def _repeats(judged: pd.DataFrame) -> tuple[RepeatGrid, ...]:
    """The grids with two alarms or more, the most first."""
    alarms: dict[str, list[tuple[str, bool]]] = defaultdict(list)
    pushed = judged[judged["is_pushed"]]
    for grid_id, point_name, is_open in values_of(pushed, "grid_id", "point_name", "is_open"):
        alarms[str(grid_id)].append((str(point_name), is_open))
    many = (
        RepeatGrid(grid_id, own[-1][0], len(own), sum(is_open for _, is_open in own))
        for grid_id, own in alarms.items()
        if len(own) > 1
    )
    return tuple(sorted(many, key=lambda one: (-one.alarms, one.grid_id))[:_REPEATS])


def _quality(
    own: Facts, answers: pd.DataFrame, span: tuple[datetime, datetime], code: str, name: str
) -> AnswerQuality:
    """The answer quality of the city's alarms pushed in `span`, its end left out."""
    alarms, found = (pushed_between(rows, *span) for rows in (own.judged, own.problems))
    (quality,) = answer_quality(alarms, found, answers, own.judged, {code: name}, own.as_of)
    return quality


def stories(
    connection: Connection,
    facts: Facts,
    start_at: datetime,
    as_of: datetime,
    *,
    unit_code: str | None = None,
    grid_id: str | None = None,
) -> tuple[AlarmStory, ...]:
    """The alarms of `facts` pushed from `start_at` on, and the open ones however old, with their steps, the latest first."""
    judged = facts.judged
    alarms = judged[(judged["pushed_at"] >= pd.Timestamp(start_at)) | judged["is_open"]]
    first_at = min(start_at, alarms["pushed_at"].min().to_pydatetime()) if len(alarms) else start_at
    told = frame(
        connection,
        "alarm_steps",
        unit_code=unit_code,
        grid_id=grid_id,
        start_at=first_at,
        end_at=as_of + timedelta(days=1),
        as_of_at=as_of,
        known_at=facts.known_at,
    )
    steps: dict[str, list[Step]] = defaultdict(list)
    for row in told.to_dict("records"):
        words = say("　").join(part for part in (row["unit"], row["inspector"], row["note"]) if part)
        steps[row["alarm_id"]].append(Step(row["event"], row["event_at"].to_pydatetime(), words))
    for row in facts.problems.to_dict("records"):
        found = steps[row["alarm_id"]]
        found.append(
            Step(
                "found",
                row["found_at"].to_pydatetime(),
                say("{category}　{description}", category=row["category"], description=row["description"]),
            )
        )
        if row["is_rectified"]:
            found.append(Step("rectified", row["rectified_at"].to_pydatetime(), row["category"]))
    ordered = alarms.sort_values(["pushed_at", "alarm_id"], ascending=[False, True])
    return tuple(_story(row, steps[str(row["alarm_id"])]) for row in ordered.to_dict("records"))


def _story(row: dict[Any, Any], steps: list[Step]) -> AlarmStory:
    peak, pushed_at = row["peak_pm25_ug_m3"], row["pushed_at"].to_pydatetime()
    return AlarmStory(
        row["alarm_id"],
        row["grid_id"],
        row["county"],
        row["point_name"],
        int(row["alarm_count"]),
        None if peak is None or peak != peak else float(peak),
        pushed_at,
        row["applicable_deadline_at"].to_pydatetime(),
        float(row["overdue_hours"]),
        standing(row),
        tuple(sorted([Step("pushed", pushed_at, ""), *steps], key=lambda step: step.at)),
    )


def _weeks(own: Facts, first: date, last: date, unit_code: str) -> tuple[Week, ...]:
    """The weeks of [first, last): they hold every alarm of `own`, none twice."""
    starts = []
    start = first
    while start < last:
        starts.append(start)
        start = week_of(start) + 7 * DAY
    counted = counts_by_span(
        own.judged, own.problems, {start: midnight(start) for start in starts}, [unit_code]
    )
    return tuple(Week(start, counted[unit_code, start]) for start in starts)
