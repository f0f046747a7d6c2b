"""What a case of 解剖分析 is made of: events as they are kept, measures, how it stands, and a move that somebody wants to make."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

OPEN: Final = "open"
ANALYSED: Final = "analysed"
ACCEPTED: Final = "accepted"
DROPPED: Final = "dropped"
STATES: Final = {OPEN: "待分析", ANALYSED: "已分析待验收", ACCEPTED: "已验收", DROPPED: "已撤销"}
"""Every state of a case, and what people call it."""
ENDED: Final = (ACCEPTED, DROPPED)

OPENED: Final = "opened"
REOPENED: Final = "reopened"
BY_RULE: Final = {OPENED: "立案", REOPENED: "重新立案"}
"""Events that the alarms of the grid bring by themselves."""

MEASURE_STATES: Final = {"running": "进行中", "done": "已完成", "cancelled": "已取消", "failed": "未奏效"}
"""Of a measure. failed: it was done, the case was accepted, and the grid alarmed again."""


@dataclass(frozen=True)
class CaseEvent:
    """One event of a case; key: case and `seq` (1, 2, 3 …). `event_at`: when it counts as having happened (of an opening: the push of
    the alarm that decided it); `recorded_at`: when the store learnt of it. `person` did it, `actor` recorded it.

    `measure_no`: the measure that it is of, 0 for the case. Of a new measure: `unit_code`, `owner` and `due_at`. Of a filed analysis:
    `document_sha256` and `document_name`. Of an opening: `alarm_id` decided it, and `rule_alarms` in `rule_days` was the rule.
    """

    seq: int
    event: str
    event_at: datetime
    recorded_at: datetime
    actor: str
    person: str
    note: str = ""
    measure_no: int = 0
    unit_code: str = ""
    owner: str = ""
    due_at: datetime | None = None
    document_sha256: str = ""
    document_name: str = ""
    alarm_id: str = ""
    rule_alarms: int = 0
    rule_days: int = 0


@dataclass(frozen=True)
class Measure:
    """One measure of a case. `round_no`: of which opening it is; `done_at`: when it was done, None before; `done_by`: who said so, as persons are compared."""

    measure_no: int
    round_no: int
    what: str
    unit_code: str
    owner: str
    due_at: datetime | None
    state: str = "running"
    done_at: datetime | None = None
    done_by: frozenset[str] = frozenset()

    def is_overdue(self, as_of: datetime) -> bool:
        """Whether it runs and its date is over. A moment belongs to its deadline."""
        return self.state == "running" and self.due_at is not None and as_of > self.due_at


@dataclass(frozen=True)
class Case:
    """How a case stands. `round_no`: how often it was opened; `opened_at`: the last time, `first_opened_at`: the first; `ended_at`:
    when it was accepted or dropped, None while it runs; `analysts`: who filed the analysis of this round, as compared."""

    state: str = ""
    round_no: int = 0
    first_opened_at: datetime | None = None
    opened_at: datetime | None = None
    ended_at: datetime | None = None
    measures: tuple[Measure, ...] = ()
    analysts: frozenset[str] = frozenset()
    document_sha256: str = ""
    document_name: str = ""
    rule_alarms: int = 0
    rule_days: int = 0
    last: CaseEvent | None = None

    @property
    def is_ended(self) -> bool:
        return self.state in ENDED

    @property
    def own_measures(self) -> tuple[Measure, ...]:
        """The measures of the present round that were not cancelled."""
        return tuple(
            one for one in self.measures if one.round_no == self.round_no and one.state != "cancelled"
        )

    def measure(self, measure_no: int) -> Measure | None:
        """The measure of that number."""
        return next((one for one in self.measures if one.measure_no == measure_no), None)

    @property
    def done_at(self) -> datetime | None:
        """When the last measure of the present round was done; None where there is none or one still runs."""
        moments = [one.done_at for one in self.own_measures]
        return max((one for one in moments if one), default=None) if all(moments) else None


@dataclass(frozen=True)
class CaseMove:
    """A step that somebody wants to take: a key of STEPS. `at`: now."""

    step: str
    at: datetime
    actor: str
    person: str = ""
    note: str = ""
    measure_no: int = 0
    unit_code: str = ""
    owner: str = ""
    due_at: datetime | None = None
    document_sha256: str = ""
    document_name: str = ""
