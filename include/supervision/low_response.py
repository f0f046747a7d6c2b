"""Low response: which units to remind, and by which rule. Thresholds are this project's defaults (系统默认)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import pandas as pd

from include.periods import office_date
from include.profile.current import rules_on
from include.rules import LOW_RESPONSE, LowResponse
from include.supervision.figures import Flag, FlagReason, Level


@dataclass(frozen=True)
class Response:
    """The facts that a unit's flag is judged by, as of a moment; neither letters nor quiet days are among them."""

    recent_overdue: int = 0  # overdue by at most seven days, whenever pushed before the window's end
    long_overdue: int = 0  # of them for longer than the limit of 督办
    longest_hours: float = 0.0  # how long the oldest recent one is overdue
    late: int = 0  # late alarms among those pushed in the rolling days
    chronic: int = 0  # overdue for longer than seven days


NONE: Final = Response()
_JUDGED_BY: Final = ["unit_code", "pushed_at", "is_late", "is_recent", "is_chronic", "overdue_hours"]


def responses(judged: pd.DataFrame, rolling_start_at: datetime, end_at: datetime) -> dict[str, Response]:
    """By unit, those with an alarm in `judged` (see `feedback.judge`) pushed before `end_at`, the window's end.

    `judged` holds every open alarm, however old, and all alarms of the rolling days from `rolling_start_at`.
    """
    counted = judged.loc[judged["pushed_at"] < pd.Timestamp(end_at), _JUDGED_BY]
    is_late = counted["is_late"] & (counted["pushed_at"] >= pd.Timestamp(rolling_start_at))
    hours = counted["overdue_hours"].where(counted["is_recent"], 0.0)
    on = office_date(end_at)
    limits = {
        code: rules_on(on, str(code)).low_response.urge_overdue.total_seconds() / 3600
        for code in counted["unit_code"].unique()
    }
    table = pd.DataFrame(
        {
            "recent_overdue": counted["is_recent"],
            "long_overdue": hours > counted["unit_code"].map(limits).astype(float),
            "late": is_late,
            "chronic": counted["is_chronic"],
        }
    )
    sums = table.groupby(counted["unit_code"]).sum().astype(int)
    longest = hours.groupby(counted["unit_code"]).max()
    rows: Any = sums.assign(longest_hours=longest).to_dict("index")
    return {str(code): Response(**row) for code, row in rows.items()}


def flag(one: Response, rules: LowResponse = LOW_RESPONSE) -> Flag:
    """The flag of one unit.

    提醒: a recent overdue alarm, or several late ones in the rolling days. 督办: a recent overdue alarm that is overdue for
    long, or one beside many late ones. Chronic alarms are a mark of their own: they neither raise nor replace the level.
    """
    reasons: list[FlagReason] = []
    level: Level = ""
    is_overdue = one.recent_overdue >= rules.remind_overdue
    if is_overdue:
        level = "remind"
        reasons.append(FlagReason("overdue", one.recent_overdue, limit=_own(rules, "recent_overdue", 24)))
    if one.late >= rules.remind_late:
        level = "remind"
        reasons.append(FlagReason("late", one.late))
    if is_overdue and one.long_overdue:
        level = "urge"
        reasons.append(
            FlagReason(
                "long_overdue", one.long_overdue, round(one.longest_hours, 2), _own(rules, "urge_overdue", 1)
            )
        )
    if is_overdue and one.late >= rules.urge_late:
        level = "urge"
        reasons.append(FlagReason("overdue_and_late", one.late))
    return Flag(level, tuple(reasons), one.chronic, one.recent_overdue)


def _own(rules: LowResponse, name: str, hours: int) -> float | None:
    """A time of the rules in units of so many hours, where it is not the default."""
    found: timedelta = getattr(rules, name)
    return None if found == getattr(LOW_RESPONSE, name) else found / timedelta(hours=hours)
