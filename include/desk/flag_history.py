"""The flags of one unit, morning by morning, each with its reasons: what the day's letters were told by."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import accumulate
from typing import Final

import pandas as pd

from include.desk.facts import morning
from include.house import House
from include.periods import DAY, last_complete, midnight, office_date, rolling
from include.profile.current import rules_on
from include.rules import LOW_RESPONSE
from include.store.engine import reading
from include.store.facts import ALL_KNOWN, states_as_of_each
from include.supervision.daily import flag_window
from include.supervision.feedback import judge
from include.supervision.figures import Flag
from include.supervision.low_response import NONE, flag, responses

DAYS: Final = 7


@dataclass(frozen=True)
class FlagDay:
    """The flag of a unit on the morning of a day. `open_alarms`: however old."""

    day: date
    at: datetime
    flag: Flag
    open_alarms: int


def flag_history(
    house: House, unit_code: str, until: datetime, known_at: datetime = ALL_KNOWN
) -> tuple[FlagDay, ...]:
    """The last DAYS mornings up to `until`, the latest first; none before the season's second day. `known_at`: facts received after it are
    left out."""
    last = office_date(until)
    last = min(last if morning(last) <= until else last - DAY, house.season[1])
    first = max(last - (DAYS - 1) * DAY, house.season[0] + DAY)
    mornings = [morning(last - number * DAY) for number in range((last - first).days + 1)]
    if not mornings:
        return ()
    with reading(house.engine) as connection:
        windows = [_window(at) for at in mornings]
        states, counts = states_as_of_each(connection, windows, known_at=known_at, unit_code=unit_code)
    moments = pd.Series(
        [pd.Timestamp(at) for at, count in zip(mornings, counts, strict=True) for _ in range(count)],
        dtype=states["pushed_at"].dtype,
    )
    judged = judge(states, moments)
    return tuple(
        _flag_day(judged.iloc[end - count : end], unit_code, at)
        for at, count, end in zip(mornings, counts, accumulate(counts), strict=True)
    )


def _window(at: datetime) -> tuple[datetime, datetime, datetime]:
    """What the flag of a morning is judged by: from when on the unit's alarms, until when, and as of when."""
    period = replace(last_complete("day", at), as_of=at)
    return flag_window(period)[0], midnight(office_date(at) + DAY), at


def _flag_day(own: pd.DataFrame, unit_code: str, at: datetime) -> FlagDay:
    """`own`: the judged alarms of its window, and the open ones of any age."""
    period = last_complete("day", at)
    answering = responses(own, *rolling(period, LOW_RESPONSE.rolling_days)).get(unit_code, NONE)
    told = flag(answering, rules_on(period.end, unit_code).low_response)
    return FlagDay(office_date(at), at, told, int(own["is_open"].sum()))
