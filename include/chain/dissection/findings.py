"""What was found at a grid each time, and what of it did not hold; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Visit:
    """One alarm of the grid and what became of it. `holders`: who was to look, the leading unit first; `found`: whether a problem was
    (None: nothing reported yet); `returns`, `failures`: how often the report was sent back, the rectification not accepted."""

    alarm_id: str
    started_at: datetime
    last_at: datetime
    pushed_at: datetime
    alarm_count: int
    peak_pm25_ug_m3: float | None
    holders: tuple[str, ...]
    standing: str
    answered_at: datetime | None = None
    found: bool | None = None
    categories: tuple[str, ...] = ()
    note: str = ""
    reporter: str = ""
    rectified_at: datetime | None = None
    rectified_note: str = ""
    accepted_at: datetime | None = None
    returns: int = 0
    failures: int = 0


@dataclass(frozen=True)
class Unheld:
    """Something of a visit that did not hold. `why`: again (the grid alarmed after the rectification), nothing_found (no problem was
    found, and it alarmed again), not_accepted (the rectification was not accepted). `next_alarm_id`: the alarm that shows it, `days`
    later."""

    alarm_id: str
    why: str
    holders: tuple[str, ...]
    what: str
    at: datetime
    next_alarm_id: str = ""
    days: float | None = None


def unheld(visits: Sequence[Visit], within: timedelta) -> tuple[Unheld, ...]:
    """What did not hold, in the order of the alarms; an alarm more than `within` later speaks against nothing."""
    told: list[Unheld] = []
    for visit in visits:
        what = "、".join(visit.categories)
        if visit.failures:
            at = visit.rectified_at or visit.pushed_at
            told.append(
                Unheld(visit.alarm_id, "not_accepted", visit.holders, visit.rectified_note or what, at)
            )
        done_at = visit.rectified_at if visit.found else visit.answered_at if visit.found is False else None
        if done_at is None:
            continue
        after = [one for one in visits if done_at < one.pushed_at <= done_at + within]
        if after:
            first = min(after, key=lambda one: (one.pushed_at, one.alarm_id))
            why = "again" if visit.found else "nothing_found"
            days = (first.pushed_at - done_at) / timedelta(days=1)
            told.append(
                Unheld(
                    visit.alarm_id,
                    why,
                    visit.holders,
                    visit.rectified_note or what or visit.note,
                    done_at,
                    first.alarm_id,
                    days,
                )
            )
    return tuple(told)
