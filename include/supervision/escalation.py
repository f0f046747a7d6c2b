"""The ladder of DOMAIN.md: it belongs to the alarm, not to the day's flag, and never ends by age.

One 督办函 an overdue alarm, repeated once, then the list for the level above until the alarm is answered, withdrawn or closed.
What was urged before comes from the letters that left, so a re-run of a day starts from the same rung.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

import pandas as pd

from include.periods import DAY, office_date
from include.rules import LOW_RESPONSE, LowResponse

ROUNDS: Final = 2  # a first 督办 and its repetition
NO_URGES: Final = pd.DataFrame(
    {
        "alarm_id": pd.Series(dtype=str),
        "unit_code": pd.Series(dtype=str),
        "left_at": pd.Series(dtype="datetime64[us, UTC]"),
    }
)


@dataclass(frozen=True)
class Rungs:
    """Where the overdue alarms of a unit stand: alarm ids by what is next for them."""

    urge: dict[str, int]  # alarm id → the round (1 or 2) that is due now, on a working day
    listed: dict[str, int]  # alarm id → how often it was urged, in vain


def rungs(
    overdue: pd.DataFrame,
    urged: pd.DataFrame,
    late: int,
    as_of: datetime,
    on_date: date,
    rules: LowResponse = LOW_RESPONSE,
) -> Rungs:
    """What is due for each overdue alarm of a unit on a date, that of the run.

    `overdue`: its overdue alarms, judged (`feedback.judge`). `urged`: one row a 督办函 that left on an earlier date (`alarm_id`,
    `unit_code`, `left_at`); only those to the present unit that left after the alarm's applicable deadline count, so an
    answer followed by a return begins a new ladder. `late`: the unit's late alarms of the rolling days; `rules`: the unit's.
    """
    history = letters_by_alarm(urged)
    urge: dict[str, int] = {}
    listed: dict[str, int] = {}
    keys = zip(overdue["alarm_id"], overdue["unit_code"], overdue["applicable_deadline_at"], strict=True)
    for alarm_id, unit, deadline_at in keys:
        letters = [one for one in history.get((alarm_id, unit), ()) if one > deadline_at]
        if not letters:
            is_taken_up = pd.Timestamp(as_of) - deadline_at > rules.urge_overdue
            if is_taken_up or late >= rules.urge_late:
                urge[alarm_id] = 1
            continue
        last = letters[min(len(letters), ROUNDS) - 1]
        if on_date < office_date(last.to_pydatetime()) + rules.repeat_dates * DAY:
            continue
        if len(letters) < ROUNDS:
            urge[alarm_id] = len(letters) + 1
        else:
            listed[alarm_id] = len(letters)
    return Rungs(urge, listed)


def letters_by_alarm(urged: pd.DataFrame) -> dict[tuple[str, str], tuple[pd.Timestamp, ...]]:
    """When the 督办函 of each alarm to each unit left, the earliest first, by alarm id and unit."""
    history: dict[tuple[str, str], list[pd.Timestamp]] = {}
    rows = zip(urged["alarm_id"], urged["unit_code"], urged["left_at"], strict=True)
    for alarm_id, unit, left_at in rows:
        history.setdefault((str(alarm_id), str(unit)), []).append(pd.Timestamp(left_at))
    return {key: tuple(sorted(moments)) for key, moments in history.items()}


@dataclass(frozen=True)
class Urged:
    """How many alarms of a unit were urged the first time (首次督办), or again (再次督办), by letters that left in a window."""

    first: int = 0
    again: int = 0


def urged_between(
    judged: pd.DataFrame, urged: pd.DataFrame, start_at: datetime, end_at: datetime
) -> dict[str, Urged]:
    """By unit: the 督办函 of the alarms in `judged` that left in [start_at, end_at).

    A ladder begins anew after the alarm's applicable deadline: letters before it are counted by themselves.
    """
    deadlines = dict(zip(judged["alarm_id"], judged["applicable_deadline_at"], strict=True))
    found: dict[str, list[int]] = {}
    for (alarm_id, unit), letters in letters_by_alarm(urged).items():
        if alarm_id not in deadlines:
            continue
        before = [one for one in letters if one <= deadlines[alarm_id]]
        ladders = (before, list(letters[len(before) :]))
        for letter, is_first in ((one, place == 0) for part in ladders for place, one in enumerate(part)):
            if pd.Timestamp(start_at) <= letter < pd.Timestamp(end_at):
                found.setdefault(unit, [0, 0])[0 if is_first else 1] += 1
    return {unit: Urged(*numbers) for unit, numbers in found.items()}
