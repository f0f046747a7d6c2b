"""The simulated season: its dates, the published totals that it reproduces, its weather, and its random numbers.

Inside the simulator an instant is a whole number of seconds since the season's first midnight in Beijing.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from include.periods import midnight
from include.rules import SEASON_END, SEASON_START

HOUR_S: Final = 3600
DAY_S: Final = 24 * HOUR_S
DEFAULT_SEED: Final = 20200301


@dataclass(frozen=True)
class Block:
    """Days [first_day, end_day) of the season, counted from 0, whose totals are known."""

    first_day: int
    end_day: int
    pushed: int
    problems: int


@dataclass(frozen=True)
class Season:
    """The dates (`early_end` and `end` exclusive) and the published totals, which hold as of `counted_on` 00:00.

    `*_pushed` are alarms without those whose dispute was upheld; `*_problems` are their problems; early: those of
    alarms pushed before `early_end`.
    """

    start: date = SEASON_START
    early_end: date = date(2020, 3, 29)
    end: date = SEASON_END
    counted_on: date = date(2020, 6, 30)
    pushed: int = 5093
    answered: int = 5030
    problems: int = 3273
    early_pushed: int = 1989
    early_problems: int = 1191

    @property
    def days(self) -> int:
        return (self.end - self.start).days

    @property
    def blocks(self) -> tuple[Block, Block]:
        """The part before `early_end` and the rest."""
        early_days = (self.early_end - self.start).days
        return (
            Block(0, early_days, self.early_pushed, self.early_problems),
            Block(
                early_days, self.days, self.pushed - self.early_pushed, self.problems - self.early_problems
            ),
        )

    def second(self, day: date) -> int:
        """The midnight that begins a Beijing day, in seconds of the season."""
        return (day - self.start).days * DAY_S

    def moment(self, second: int) -> datetime:
        """A second of the season as an instant in Beijing time."""
        return midnight(self.start) + timedelta(seconds=int(second))


SEASON: Final = Season()


def stream(seed: int, name: str) -> np.random.Generator:
    """The random numbers of one part of the region: parts do not disturb each other when one of them changes."""
    digest = hashlib.sha256(f"{seed}/{name}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:16], "big"))


def severity(season: Season, rng: np.random.Generator) -> NDArray[np.float64]:
    """One number a day, about 1 in early March: how strongly the air stagnates.

    Declines from winter to summer; pollution episodes of several days ride on it.
    """
    decline = np.exp(-np.arange(season.days) / 70.0)
    return np.asarray(decline * np.exp(swing(season.days, rng)))


def swing(days: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """The pollution episodes of so many days, as the logarithm of a factor around 1: one day is much like the last."""
    found = np.empty(days)
    found[0] = rng.normal(0.0, 0.35)
    for day in range(1, days):
        found[day] = 0.7 * found[day - 1] + rng.normal(0.0, 0.25)
    return found
