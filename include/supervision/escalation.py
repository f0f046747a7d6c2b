"""The ladder of DOMAIN.md: one 督办 an overdue alarm, repeated once, then the list for the ministry.

What was urged before comes from the letters themselves, so a re-run of a day starts from the same rung, and a rung is
left as soon as the alarm is answered (it is no longer overdue).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import pandas as pd

from include.rules import LOW_RESPONSE

ROUNDS: Final = 2  # a first 督办 and its repetition
NO_URGES: Final = pd.DataFrame(
    {"alarm_id": pd.Series(dtype=str), "urged_at": pd.Series(dtype="datetime64[us, UTC]")}
)


@dataclass(frozen=True)
class Rungs:
    """Where the overdue alarms of a city stand: alarm ids by what is next for them."""

    urge: dict[str, int]  # alarm id → the round (1 or 2) that is due now
    listed: dict[str, int]  # alarm id → how often it was urged, in vain


def rungs(overdue_alarm_ids: list[str], urged: pd.DataFrame, as_of: datetime) -> Rungs:
    """What is due for each overdue alarm.

    `urged`: one row a former 督办 of an alarm (`alarm_id`, `urged_at`), of letters for earlier windows. An alarm whose
    last 督办 is younger than `LOW_RESPONSE.repeat_after` is in neither set: its city still has time.
    """
    history: dict[str, list[pd.Timestamp]] = {}
    for alarm_id, urged_at in zip(urged["alarm_id"], urged["urged_at"], strict=True):
        history.setdefault(alarm_id, []).append(urged_at)
    urge: dict[str, int] = {}
    listed: dict[str, int] = {}
    for alarm_id in overdue_alarm_ids:
        former = history.get(alarm_id, [])
        if former and pd.Timestamp(as_of) - max(former) < LOW_RESPONSE.repeat_after:
            continue
        if len(former) < ROUNDS:
            urge[alarm_id] = len(former) + 1
        else:
            listed[alarm_id] = len(former)
    return Rungs(urge, listed)
