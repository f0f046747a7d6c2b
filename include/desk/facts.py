"""The facts of a span as the desk's pages read them, and a mark that tells whether the store has changed."""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Engine

from include.house import House
from include.periods import DAY, KINDS, midnight, office_date
from include.store.engine import reading
from include.store.facts import ALL_KNOWN, alarm_states, problems_found
from include.store.statements import frame
from include.supervision.feedback import COUNTED, COUNTED_PROBLEMS, judge, judge_problems


@dataclass(frozen=True)
class Facts:
    """Alarms pushed in [start_at, as_of] and their problems, judged as of `as_of` (see `supervision.feedback`) by what was known
    at `known_at`."""

    start_at: datetime
    as_of: datetime
    judged: pd.DataFrame
    problems: pd.DataFrame
    known_at: datetime = ALL_KNOWN

    @property
    def is_simulated(self) -> bool:
        """Whether any of it is 模拟数据."""
        return bool(self.judged["is_simulated"].any())


def facts_since(
    connection: Connection, start_at: datetime, as_of: datetime, known_at: datetime = ALL_KNOWN
) -> Facts:
    """The facts from `start_at` (seven days before `as_of` or earlier) up to the moment, and the open alarms of before."""
    end_at = midnight(office_date(as_of) + DAY)
    states = alarm_states(connection, start_at, end_at, as_of, known_at=known_at, with_old=True)
    judged = judge(states, as_of)
    judged = judged[(judged["pushed_at"] >= pd.Timestamp(start_at)) | judged["is_open"]]
    found = judge_problems(
        problems_found(connection, start_at, end_at, as_of, known_at=known_at), judged, as_of
    )
    return Facts(start_at, as_of, judged, found, known_at)


def season_facts(
    house: House,
    as_of: datetime,
    known_at: datetime = ALL_KNOWN,
    *,
    unit_code: str | None = None,
    grid_id: str | None = None,
) -> Facts:
    """The facts of the season up to the moment of one unit or grid; without one those of all, as far as counts read them (`COUNTED`).
    Alarms pushed after the season's end are not in it."""
    window = (midnight(house.season[0]), midnight(house.season[1]), as_of)
    of: dict[str, Any] = {"known_at": known_at, "unit_code": unit_code, "grid_id": grid_id}
    is_counted = unit_code is None and grid_id is None
    columns = (COUNTED, COUNTED_PROBLEMS) if is_counted else ((), ())
    with reading(house.engine) as connection:
        judged = judge(alarm_states(connection, *window, **of, only=columns[0]), as_of)
        found = judge_problems(problems_found(connection, *window, **of, only=columns[1]), judged, as_of)
    return Facts(window[0], as_of, judged, found, known_at)


def values_of(rows: pd.DataFrame, *columns: str) -> Iterator[tuple[Any, ...]]:
    """These columns, row by row."""
    return zip(*(rows[name].tolist() for name in columns), strict=True)


def store_state(engine: Engine) -> Hashable:
    """Differs whenever facts were pulled or a letter, contact or row in quarantine changed (sql/store_state.sql)."""
    with reading(engine) as connection:
        return tuple(frame(connection, "store_state").iloc[0].tolist())


def morning(day: date) -> datetime:
    """As of when this office's daily letters are told on a day."""
    return KINDS["day"].as_of(midnight(day))
