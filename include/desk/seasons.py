"""The season up to a moment: the headline figures, and one row a day."""

from dataclasses import dataclass
from datetime import date
from typing import Final

import pandas as pd

from include.desk.facts import Facts
from include.house import House
from include.periods import DAY, midnight, office_date
from include.supervision.feedback import added, counts_by_span
from include.supervision.figures import FeedbackCounts

DAY_COLUMNS: Final = (
    "date",
    "pushed",
    "answered",
    "due",
    "on_time",
    "overdue",
    "problems",
    "alarms_with_problem",
)


@dataclass(frozen=True)
class SeasonDay:
    """The alarms pushed on one day, as of the moment."""

    day: date
    counts: FeedbackCounts


@dataclass(frozen=True)
class SeasonPage:
    """The season's total and its days up to the moment; `most`: the largest number of pushes of a day."""

    start: date
    last_date: date
    total: FeedbackCounts
    days: tuple[SeasonDay, ...]
    most: int
    is_simulated: bool


def season_page(house: House, facts: Facts) -> SeasonPage:
    """The figures of the season as of `facts.as_of`, over all cities."""
    start, end = house.season
    last = min(end, office_date(facts.as_of) + DAY)
    dates = [start + number * DAY for number in range(max((last - start).days, 0))]
    # The same counting as for units, of all of them as one.
    judged, problems = (rows.assign(unit_code="") for rows in (facts.judged, facts.problems))
    spans = counts_by_span(judged, problems, {day: midnight(day) for day in dates}, [""])
    days = tuple(SeasonDay(day, spans["", day]) for day in dates)
    return SeasonPage(
        start,
        end - DAY,
        added(one.counts for one in days),
        days,
        max((one.counts.pushed for one in days), default=0),
        facts.is_simulated,
    )


def days_table(page: SeasonPage) -> pd.DataFrame:
    """One row a day of the season and a last one 合计: the columns DAY_COLUMNS."""
    rows = [(str(one.day), one.counts) for one in page.days] + [("合计", page.total)]
    return pd.DataFrame(
        [(name, *(getattr(one, column) for column in DAY_COLUMNS[1:])) for name, one in rows],
        columns=DAY_COLUMNS,
    )
