"""What is left of units that have ended: their open alarms that nobody was named to answer, which no later letter names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from include.periods import DAY, office_date
from include.profile.current import office
from include.profile.dates import ends, groups
from include.store.facts import alarm_states
from include.store.successors import successor_of, successors
from include.supervision.feedback import judge


@dataclass(frozen=True)
class EndedUnit:
    """A unit that holds no longer, the first day of that, and its open alarms without a successor, oldest first."""

    unit_code: str
    unit_name: str
    ended_on: date
    alarm_ids: tuple[str, ...]
    is_simulated: bool


def open_of_ended(connection: Connection, now: datetime) -> list[EndedUnit]:
    """The units that have ended and still have open alarms, by code."""
    today, named = office_date(now), successors(connection)
    found = []
    for same in groups(office().units, lambda unit: unit.unit_code):
        last = max(same, key=ends)
        if last.valid_to is None or last.valid_to > today:
            continue
        code = last.unit_code
        states = alarm_states(connection, now - 7 * DAY, now, now, with_old=True, unit_code=code)
        judged = judge(states, now)
        is_left = judged["county"].map(lambda county, code=code: successor_of(named, code, county) is None)
        left = judged[judged["is_open"] & is_left.astype(bool)].sort_values(["pushed_at", "alarm_id"])
        if len(left):
            ids = tuple(str(alarm_id) for alarm_id in left["alarm_id"])
            found.append(EndedUnit(code, last.name, last.valid_to, ids, bool(left["is_simulated"].any())))
    return sorted(found, key=lambda one: one.unit_code)
