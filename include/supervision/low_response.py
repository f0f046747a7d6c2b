"""Low response: which units to remind, and by which rule. Thresholds are this project's defaults (系统默认)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

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


def responses(judged: pd.DataFrame, rolling_start_at: datetime, end_at: datetime) -> dict[str, Response]:
    """By unit, those with an alarm in `judged` (see `feedback.judge`) pushed before `end_at`, the window's end.

    `judged` holds every open alarm, however old, and all alarms of the rolling days from `rolling_start_at`.
    """
    is_told = judged["pushed_at"] < pd.Timestamp(end_at)
    is_late = judged["is_late"] & (judged["pushed_at"] >= pd.Timestamp(rolling_start_at))
    told = (judged["unit_code"], judged["is_recent"], judged["overdue_hours"], is_late, judged["is_chronic"])
    by_unit: dict[str, list[tuple[bool, float, bool, bool]]] = {}
    for code, *row in zip(*(column[is_told].tolist() for column in told), strict=True):
        by_unit.setdefault(code, []).append(tuple(row))
    on = office_date(end_at)
    return {
        code: _response(by_unit[code], rules_on(on, code).low_response.urge_overdue)
        for code in sorted(by_unit)
    }


def _response(alarms: list[tuple[bool, float, bool, bool]], limit: timedelta) -> Response:
    """`alarms`: of each whether it is recent, its hours overdue, whether it is late in the rolling days, whether it is chronic."""
    hours = [overdue for is_recent, overdue, _, _ in alarms if is_recent]
    return Response(
        len(hours),
        sum(overdue > limit / timedelta(hours=1) for overdue in hours),
        max(hours, default=0.0),
        sum(is_late for _, _, is_late, _ in alarms),
        sum(is_chronic for _, _, _, is_chronic in alarms),
    )


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
