"""What is published of one month: frozen values without anything that is not published, from which every file is made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from include.periods import DAY, office_zone

# Counts of each table, in the order in which tables print them. Rates are n of N: (name, n, N).
ANSWERS: Final = ("pushed", "answered", "answered_in_time", "due", "on_time")
PROBLEMS: Final = ("problems", "alarms_with_problem", "rectification_due", "rectified")
QUALITY: Final = ("drawn", "checked", "not_confirmed")
RATES: Final = {
    "feedback_rate": ("answered", "pushed"),
    "answered_in_time_rate": ("answered_in_time", "answered"),
    "on_time_rate": ("on_time", "due"),
    "problem_found_rate": ("alarms_with_problem", "answered"),
    "rectified_rate": ("rectified", "rectification_due"),
    "not_confirmed_rate": ("not_confirmed", "checked"),
}
# What the verb `feedback` prints of all that is published; the rest is computed by the definitions of the method page.
PRINTED: Final = (
    "pushed",
    "answered",
    "due",
    "on_time",
    "in_dispute",
    "feedback_rate",
    "on_time_rate",
    "problems",
    "alarms_with_problem",
)
# Number of the rules by which rows are merged and counts left out; 1 and 2: those of earlier releases, without
# `answered_in_time`.
RULES: Final = 3


@dataclass(frozen=True)
class Row:
    """One published row: a unit, or several merged. `counts`: by name, None for one that is withheld; an older edition has fewer."""

    members: tuple[str, ...]
    counts: dict[str, int | None]
    median_hours: float | None = None  # from the push to the first answer, of the answered alarms
    p90_hours: float | None = None

    @property
    def is_merged(self) -> bool:
        """Whether it stands for several."""
        return len(self.members) > 1


@dataclass(frozen=True)
class Month:
    """The figures of the alarms pushed in [start, end), as of one moment; all that an edition of a month says.

    `units`: code and name of every unit of the region on the last day, whether it had an alarm or not. `answers`, `problems`: rows of
    units; `quality`, `in_dispute` (None where withheld): of the whole region alone; `categories`: rows of problem categories of the whole
    region; `counties`: by unit, rows of its counties, for units that stand alone in `answers`. Each table's last row (`members` empty) is
    the total. `rules`: `RULES` when it was made.
    """

    start: date
    end: date
    as_of: datetime
    smallest: int
    is_simulated: bool
    hours_received: float
    hours_expected: float
    units: tuple[tuple[str, str], ...]
    answers: tuple[Row, ...]
    problems: tuple[Row, ...]
    quality: dict[str, int | None]
    in_dispute: int | None
    categories: tuple[Row, ...]
    counties: dict[str, tuple[Row, ...]]
    rules: int = 1

    @property
    def last_date(self) -> date:
        """The last day of pushes."""
        return self.end - DAY

    @property
    def command(self) -> str:
        """The verb that prints the columns `PRINTED` of the same month from the store."""
        return f"feedback --start {self.start} --end {self.end} --as-of {self.as_of.astimezone(office_zone()):%Y-%m-%dT%H:%M}"

    def rows_of(self, table: str) -> tuple[Row, ...]:
        """The rows of a table without its total."""
        found: tuple[Row, ...] = getattr(self, table)
        return found[:-1]

    def total_of(self, table: str) -> Row:
        """The total of a table."""
        found: tuple[Row, ...] = getattr(self, table)
        return found[-1]

    def row_of(self, table: str, unit_code: str) -> Row | None:
        """The row in which a unit is, alone or merged."""
        return next((row for row in self.rows_of(table) if unit_code in row.members), None)


@dataclass(frozen=True)
class Edition:
    """One edition of a month: `number` from 1; `released_on`: the date up to which that publication was asked for."""

    number: int
    released_on: date
    month: Month
    reason: str = ""  # why there is an edition after the first: see `changes`
    changed_cells: int = 0
    removed_on: date | None = None
    removed_reason: str = ""

    @property
    def first_date(self) -> date:
        """First day of what it is about."""
        return self.month.start

    @property
    def is_removed(self) -> bool:
        """Whether a person took it away."""
        return self.removed_on is not None

    @property
    def path(self) -> str:
        """Where its files are: `v1/2020/03`."""
        return f"v{self.number}/{self.first_date:%Y/%m}"
