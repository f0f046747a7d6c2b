"""What was found at a grid each time, and what of it did not hold; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Finding:
    """What one holder said of one alarm: the leading unit's or a joint one's, each its own. `found`: whether a problem was (None: nothing
    reported yet); `role`: lead or joint, empty where the alarm has no chain; `returns`, `failures`: how often its report was sent back,
    its rectification not accepted."""

    holder: str
    role: str = ""
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
class Visit:
    """One alarm of the grid and what became of it. `findings`: of who was to look, the leading unit first; one alarm has at least one."""

    alarm_id: str
    started_at: datetime
    last_at: datetime
    pushed_at: datetime
    alarm_count: int
    peak_pm25_ug_m3: float | None
    findings: tuple[Finding, ...]
    standing: str
    answered_at: datetime | None = None

    @property
    def holders(self) -> tuple[str, ...]:
        """Who was to look, the leading unit first."""
        return tuple(one.holder for one in self.findings)

    @property
    def found(self) -> bool | None:
        """Whether a problem was found by anybody; None where nobody has reported yet."""
        told = [one.found for one in self.findings if one.found is not None]
        return any(told) if told else None


@dataclass(frozen=True)
class Unheld:
    """Something of a visit that did not hold. `why`: again (the grid alarmed after the rectification), nothing_found (nobody found a
    problem, and it alarmed again), not_accepted (the rectification was not accepted). `holders`: whose it was. `next_alarm_id`: the alarm
    that shows it, `days` later."""

    alarm_id: str
    why: str
    holders: tuple[str, ...]
    what: str
    at: datetime
    next_alarm_id: str = ""
    days: float | None = None


def unheld(visits: Sequence[Visit], within: timedelta) -> tuple[Unheld, ...]:
    """What did not hold, in the order of the alarms and of their holders; an alarm more than `within` later speaks against nothing."""
    told: list[Unheld] = []
    for visit in visits:
        for one in visit.findings:
            what = one.rectified_note or "、".join(one.categories)
            if one.failures:
                at = one.rectified_at or visit.pushed_at
                told.append(Unheld(visit.alarm_id, "not_accepted", (one.holder,), what, at))
            if one.found and one.rectified_at:
                told += _shown_by_next(
                    visit, visits, "again", (one.holder,), what or one.note, one.rectified_at, within
                )
        if visit.found is False and visit.answered_at:
            notes = "；".join(dict.fromkeys(one.note for one in visit.findings if one.note))
            told += _shown_by_next(
                visit, visits, "nothing_found", visit.holders, notes, visit.answered_at, within
            )
    return tuple(told)


def _shown_by_next(
    visit: Visit,
    visits: Sequence[Visit],
    why: str,
    holders: tuple[str, ...],
    what: str,
    done_at: datetime,
    within: timedelta,
) -> list[Unheld]:
    """That the grid alarmed again soon after it was said to be done; nothing where it did not."""
    later = [one for one in visits if done_at < one.pushed_at <= done_at + within]
    if not later:
        return []
    first = min(later, key=lambda one: (one.pushed_at, one.alarm_id))
    days = (first.pushed_at - done_at) / timedelta(days=1)
    return [Unheld(visit.alarm_id, why, holders, what, done_at, first.alarm_id, days)]
