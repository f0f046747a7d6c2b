"""What each simulated city does about each alarm: the lawful course of events from 签收 to 审核.

Which alarms stay unanswered is allotted first, so that the published number of answers always holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from include.simulator.habits import HABITS, SILENCE, Pace
from include.simulator.season import DAY_S, HOUR_S, Season, stream

_WORK_BEGINS_S, _WORK_ENDS_S = 7 * HOUR_S, int(22.5 * HOUR_S)
_OF_THE_CITY = {"acknowledged", "submitted", "disputed"}
_WEEKEND_SLOWER: Final = 1.3
_NIGHT_LATER, _DAY_LATER = (
    2.2,
    0.6,
)  # how much likelier an answer is late when its deadline falls before 09:00, or not
_DISPUTED = 0.012  # share of the answered alarms that were disputed first, in vain
_ACCEPTED = 0.93  # share of the answers that were reviewed in the end
_EARLY_DILIGENCE = 0.5  # how much rarer than later an alarm is forgotten for good in the first weeks
_FORGOTTEN = 0.05  # share of the late answers that come days late


class Step(NamedTuple):
    """One event of an alarm's course, at a second of the season."""

    event: str
    at: int


Course = tuple[Step, ...]


@dataclass(frozen=True)
class Alarm:
    """What a city knows of an alarm when it begins."""

    unit_code: str
    pushed_s: int
    deadline_s: int
    is_weekend: bool
    lateness: float  # of the city in that week, 1 on the average


def season_courses(season: Season, alarms: pd.DataFrame, seed: int) -> list[Course]:
    """The course of each row of `alarms.season_alarms`, in its order.

    Times strictly increase. Exactly `season.answered` of the alarms whose dispute is not upheld end in `submitted`
    or `accepted`; the upheld ones end in `dispute_upheld` and hold no submission.
    """
    rng = stream(seed, "answers")
    unanswered = _unanswered(season, alarms, rng)
    lateness = _weekly(alarms, rng.gamma(0.8, 1.25, size=(len(HABITS), season.days // 7 + 1)))
    courses = []
    for row, (unit_code, pushed_s, deadline_s, day, is_upheld) in enumerate(
        alarms[["unit_code", "pushed_s", "deadline_s", "day", "is_upheld"]].itertuples(index=False)
    ):
        is_weekend = season.moment(day * DAY_S).isoweekday() >= 6
        alarm = Alarm(unit_code, pushed_s, deadline_s, is_weekend, lateness[row])
        if is_upheld:
            course = _upheld_course(alarm, rng)
        elif unanswered[row]:
            course = _unanswered_course(alarm, rng)
        else:
            course = _answered_course(alarm, rng)
        courses.append(_after_silence(season, course) if unit_code == SILENCE.unit_code else course)
    return courses


def _answered_course(alarm: Alarm, rng: np.random.Generator) -> Course:
    pace = HABITS[alarm.unit_code].pace
    acknowledged = _acknowledged(alarm, pace, rng)
    answered = _answer_time(alarm, pace, rng)
    answered = max(answered, acknowledged + 20 * 60)
    steps = [Step("acknowledged", acknowledged)]
    if rng.random() < _DISPUTED:
        disputed = answered - int((answered - acknowledged) * rng.uniform(0.2, 0.6))
        rejected = disputed + int(rng.uniform(2, 8) * HOUR_S)
        steps += [Step("disputed", disputed), Step("dispute_rejected", rejected)]
        answered = max(answered, by_day(rejected + int(rng.uniform(1, 6) * HOUR_S), rng))
    steps.append(Step("submitted", answered))
    while rng.random() < pace.returned:
        returned = by_day(steps[-1].at + int(rng.uniform(0.5, 6) * HOUR_S), rng)
        hours = rng.uniform(25, 48) if rng.random() < 0.08 else rng.uniform(1, 9)
        again = by_day(returned + int(hours * HOUR_S), rng)
        steps += [Step("returned", returned), Step("submitted", again)]
    if rng.random() < _ACCEPTED:
        steps.append(Step("accepted", by_day(steps[-1].at + int(rng.uniform(1, 40) * HOUR_S), rng)))
    return tuple(steps)


def _unanswered_course(alarm: Alarm, rng: np.random.Generator) -> Course:
    """Never picked up, picked up and forgotten, sent back for good, or disputed without an answer."""
    pace = HABITS[alarm.unit_code].pace
    fate = rng.choice(
        ["unseen", "forgotten", "returned", "rejected", "pending"], p=[0.25, 0.3, 0.25, 0.12, 0.08]
    )
    if fate == "unseen":
        return ()
    acknowledged = Step("acknowledged", _acknowledged(alarm, pace, rng))
    if fate == "forgotten":
        return (acknowledged,)
    if fate == "returned":
        submitted = max(_answer_time(alarm, pace, rng), acknowledged.at + 20 * 60)
        returned = by_day(submitted + int(rng.uniform(0.5, 9) * HOUR_S), rng)
        return acknowledged, Step("submitted", submitted), Step("returned", returned)
    disputed = Step("disputed", acknowledged.at + int(rng.uniform(1, 8) * HOUR_S))
    if fate == "pending":
        return acknowledged, disputed
    return acknowledged, disputed, Step("dispute_rejected", disputed.at + int(rng.uniform(3, 30) * HOUR_S))


def _upheld_course(alarm: Alarm, rng: np.random.Generator) -> Course:
    acknowledged = _acknowledged(alarm, HABITS[alarm.unit_code].pace, rng)
    disputed = acknowledged + int(rng.uniform(0.5, 6) * HOUR_S)
    steps = [Step("acknowledged", acknowledged), Step("disputed", disputed)]
    if rng.random() < 0.2:  # rejected, disputed again with better proof
        rejected = disputed + int(rng.uniform(2, 8) * HOUR_S)
        disputed = rejected + int(rng.uniform(1, 5) * HOUR_S)
        steps += [Step("dispute_rejected", rejected), Step("disputed", disputed)]
    upheld = disputed + int(rng.uniform(2, 20) * HOUR_S)
    return *steps, Step("dispute_upheld", upheld)


def _after_silence(season: Season, course: Course) -> Course:
    """The course with nothing from the city inside the silence: from there on everything happens whole days later."""
    begins, ends = season.second(SILENCE.start), season.second(SILENCE.end)
    delay = 0
    steps = []
    for step in course:
        at = step.at + delay
        if step.event in _OF_THE_CITY and begins <= at < ends:
            later = -(-(ends - at) // DAY_S) * DAY_S
            delay, at = delay + later, at + later
        steps.append(Step(step.event, at))
    return tuple(steps)


def _acknowledged(alarm: Alarm, pace: Pace, rng: np.random.Generator) -> int:
    """Someone is on duty around the clock."""
    minutes = min(pace.acknowledge_minutes * rng.lognormal(0.0, 0.7), 360.0)
    return int(alarm.pushed_s + 60 * max(minutes, 1.0))


def _answer_time(alarm: Alarm, pace: Pace, rng: np.random.Generator) -> int:
    """When the first answer comes; inspections are made while people are up."""
    slower = _WEEKEND_SLOWER if alarm.is_weekend else 1.0
    sleepier = _NIGHT_LATER if alarm.deadline_s % DAY_S < 9 * HOUR_S else _DAY_LATER
    if rng.random() < pace.late * slower * sleepier * alarm.lateness:
        forgotten = rng.random() < _FORGOTTEN
        hours = rng.uniform(26, 60) if forgotten else 0.3 + rng.exponential(5.0)
        return by_day(int(alarm.deadline_s + hours * HOUR_S), rng)
    hours = pace.answer_hours * slower * rng.lognormal(0.0, 0.45)
    if hours > 23.0:
        hours = rng.uniform(16.0, 23.0)
    answered = by_day(int(alarm.pushed_s + hours * HOUR_S), rng)
    if answered <= alarm.deadline_s:
        return answered
    # The deadline falls into the night or early morning: the answer is written the evening before.
    evening = alarm.deadline_s - _WORK_ENDS_S
    return evening - evening % DAY_S + int(rng.uniform(18, 22) * HOUR_S)


def by_day(second: int, rng: np.random.Generator) -> int:
    """The same instant by day, the next morning by night."""
    of_day = second % DAY_S
    if _WORK_BEGINS_S <= of_day < _WORK_ENDS_S:
        return second
    midnight = second - of_day + (DAY_S if of_day >= _WORK_ENDS_S else 0)
    return midnight + _WORK_BEGINS_S + int(rng.uniform(0, 2.5) * HOUR_S)


def _unanswered(season: Season, alarms: pd.DataFrame, rng: np.random.Generator) -> NDArray[np.bool_]:
    """The alarms that no one ever answers, in bunches: a slow city has a bad week now and then."""
    habit = alarms["unit_code"].map(lambda code: HABITS[code].pace.unanswered)
    chance = habit * _weekly(alarms, rng.gamma(0.2, 5.0, size=(len(HABITS), season.days // 7 + 1)) + 1e-6)
    chance[alarms["block"] == 0] *= _EARLY_DILIGENCE
    chance[alarms["is_upheld"] | alarms["is_stubborn"] | (alarms["unit_code"] == SILENCE.unit_code)] = 0.0
    chosen = np.zeros(len(alarms), dtype=bool)
    number = season.pushed - season.answered
    chosen[rng.choice(len(alarms), size=number, replace=False, p=chance / chance.sum())] = True
    return chosen


def _weekly(alarms: pd.DataFrame, factors: NDArray[np.float64]) -> NDArray[np.float64]:
    """The factor of each alarm's city (row, in the order of codes) and week (column)."""
    city = alarms["unit_code"].map({code: row for row, code in enumerate(sorted(HABITS))})
    return np.asarray(factors[city, alarms["day"] // 7])
