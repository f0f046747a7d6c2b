"""Steps in any order, many at one instant: the state of an alarm is what a plain reading of its steps, one after the other, says."""

import random
from datetime import timedelta
from typing import Any

import pandas as pd
from sqlalchemy import Engine

from include.store.engine import reading
from include.store.facts import alarm_states
from tests.store.test_alarm_states import END, HOUR, PUSHED, START, put

_ALARMS, _MOST_STEPS, _HOURS = 120, 9, 8
_ORDER = {"submitted": 1, "returned": 2, "accepted": 3}
_EVENTS = (*_ORDER, *_ORDER, "acknowledged", "disputed", "dispute_upheld", "closed")


def plainly(steps: set[tuple[str, int]], until: int) -> dict[str, Any]:
    """What the steps up to an hour made of the alarm, by the words of sql/alarm_states.sql."""
    told = [(hour, event) for event, hour in steps if hour <= until]
    answers = [(hour, event) for hour, event in told if event in ("submitted", "accepted")]
    thread = [
        (hour, _ORDER[event], event)
        for hour, event in told
        if event in ("submitted", "accepted")
        or (event == "returned" and any(at <= hour if by == "submitted" else at < hour for at, by in answers))
    ]
    last = max(thread, default=None)
    returned = max((hour for hour, _, event in thread if event == "returned"), default=None)
    since = min(
        (hour for hour, _, event in thread if event == "submitted" and (returned is None or hour > returned)),
        default=last[0] if last else None,
    )
    return {
        "standing_event": last[2] if last else None,
        "standing_at": last[0] if last else None,
        "returned_at": returned,
        "first_answer_at": min((hour for hour, _ in answers), default=None),
        "standing_submission_at": since if last and last[2] != "returned" else None,
    }


def test_any_steps_are_what_a_plain_reading_says(engine: Engine) -> None:
    chance = random.Random(16)
    steps: dict[str, set[tuple[str, int]]] = {}
    for number in range(_ALARMS):
        own = {
            (chance.choice(_EVENTS), chance.randint(1, _HOURS)) for _ in range(chance.randint(0, _MOST_STEPS))
        }
        steps[f"A{number:03}"] = own
        put(engine, *sorted(own), alarm_id=f"A{number:03}")
    for until in (2, 5, _HOURS):
        with reading(engine) as connection:
            rows = alarm_states(connection, START, END, PUSHED + until * HOUR).to_dict("records")
        assert [row["alarm_id"] for row in rows] == sorted(steps)
        for row in rows:
            expected = plainly(steps[row["alarm_id"]], until)
            assert {name: _hours(row[name]) for name in expected} == expected, (steps[row["alarm_id"]], until)


def _hours(value: Any) -> Any:
    if isinstance(value, pd.Timestamp):
        return (value - PUSHED) / timedelta(hours=1)
    return None if pd.isna(value) else value
