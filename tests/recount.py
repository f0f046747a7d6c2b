"""A second computation of the states, rates, flags and ladder of edition 2026-11: plain Python over the raw CSV files.

It imports nothing of the product and was written from the rules' text alone: it walks through the steps of one alarm after
another as they happened. Facts are those of the files; letters that left are given as a list.
"""

import csv
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
OFFICE = ZoneInfo("Asia/Shanghai")
COUNTS = (
    "pushed",
    "answered",
    "due",
    "on_time",
    "late",
    "overdue",
    "in_dispute",
    "chronic",
    "closed",
    "problems",
    "alarms_with_problem",
)
# At one instant: submitted, returned, accepted, closed; disputed, then its decision.
ORDER = {
    "acknowledged": 0,
    "submitted": 1,
    "returned": 2,
    "accepted": 3,
    "closed": 4,
    "reopened": 5,
    "disputed": 1,
    "dispute_rejected": 2,
    "dispute_upheld": 3,
}


@dataclass
class State:
    """One alarm as of a moment."""

    alarm_id: str
    unit: str
    pushed_at: datetime
    first: datetime  # F
    until: datetime  # A
    upheld: bool
    answered: bool
    in_dispute: bool
    closed: bool
    due: bool
    on_time: bool
    late: bool
    overdue: bool
    chronic: bool
    problems: int

    @property
    def open(self) -> bool:
        return not (self.upheld or self.answered or self.closed)


@dataclass(frozen=True)
class Sent:
    """A 督办函 that left: to whom, when, about which alarms."""

    unit: str
    left_at: datetime
    alarms: frozenset[str]


class Recount:
    """The raw files."""

    def __init__(self, files: Path) -> None:
        def rows(name: str) -> list[dict[str, str]]:
            with (files / name).open(encoding="utf-8-sig") as file:
                return list(csv.DictReader(file))

        self.revisions: dict[str, list[dict[str, str]]] = {}
        for row in rows("alarms.csv"):
            self.revisions.setdefault(row["alarm_id"], []).append(row)
        self.events: dict[str, list[tuple[datetime, int, str]]] = {one: [] for one in self.revisions}
        for row in rows("feedback.csv"):
            if row["alarm_id"] in self.events:
                at = moment(row["event_at"])
                self.events[row["alarm_id"]].append((at, ORDER[row["event"]], row["event"]))
        for steps in self.events.values():
            steps.sort()
        self.problems: dict[str, list[datetime]] = {}
        for row in rows("problems.csv"):
            self.problems.setdefault(row["alarm_id"], []).append(moment(row["found_at"]))

    def states(self, as_of: datetime) -> list[State]:
        """Every alarm pushed by the moment."""
        found = (self.state(alarm_id, as_of) for alarm_id in self.revisions)
        return [one for one in found if one is not None]

    def state(self, alarm_id: str, as_of: datetime) -> State | None:
        """One alarm; None before its push."""
        known = [
            row
            for row in self.revisions[alarm_id]
            if moment(row.get("revised_at") or row["pushed_at"]) <= as_of
        ]
        if not known:
            return None
        row = max(known, key=lambda one: moment(one.get("revised_at") or one["pushed_at"]))
        pushed_at = moment(row["pushed_at"])
        if pushed_at > as_of:
            return None
        deadline = moment(row["deadline_at"]) if row.get("deadline_at") else pushed_at + 24 * HOUR
        first_answer = last_return = rejected = None
        standing = closed = upheld = waiting = timely = False
        for at, _, event in self.events[alarm_id]:
            if at > as_of:
                break
            if event in ("submitted", "accepted"):
                first_answer = first_answer or at
                standing, closed = True, False
            elif event == "returned" and first_answer is not None:
                standing, closed, last_return = False, False, at
            elif event == "closed" and not standing:
                closed = True
            elif event == "reopened":
                closed = False
            elif event == "disputed" and at <= deadline:
                waiting = timely = True
            elif event in ("dispute_upheld", "dispute_rejected"):
                waiting, upheld = False, event == "dispute_upheld"
                if timely and not upheld:
                    rejected = at
        first = max(deadline, rejected + 24 * HOUR) if rejected else deadline
        until = max(first, last_return + 24 * HOUR) if last_return else first
        due = as_of > first and not waiting and not closed and not upheld
        overdue = due and not standing and as_of > until
        on_time = due and not overdue and first_answer is not None and first_answer <= first
        return State(
            alarm_id,
            row["unit_code"],
            pushed_at,
            first,
            until,
            upheld,
            standing and not upheld,
            waiting and not upheld,
            closed and not upheld,
            due,
            on_time,
            due and not overdue and not on_time,
            overdue,
            overdue and as_of > until + 7 * DAY,
            sum(at <= as_of for at in self.problems.get(alarm_id, [])),
        )

    def counts(self, start: datetime, end: datetime, as_of: datetime) -> dict[str, dict[str, int]]:
        """The counts of each unit with an alarm pushed in [start, end)."""
        units: dict[str, dict[str, int]] = {}
        for one in self.states(as_of):
            if one.upheld or not start <= one.pushed_at < end:
                continue
            own = units.setdefault(one.unit, dict.fromkeys(COUNTS, 0))
            own["pushed"] += 1
            for name in ("answered", "due", "on_time", "late", "overdue", "in_dispute", "chronic", "closed"):
                own[name] += getattr(one, name)
            own["problems"] += one.problems
            own["alarms_with_problem"] += one.answered and one.problems > 0
        return units

    def flags(self, end: datetime, as_of: datetime) -> dict[str, str]:
        """`remind` or `urge` of each unit that has one; the window ends at `end`."""
        recent: dict[str, list[State]] = {}
        late: dict[str, int] = {}
        for one in self.states(as_of):
            if one.pushed_at >= end:
                continue
            if one.overdue and not one.chronic:
                recent.setdefault(one.unit, []).append(one)
            if one.late and one.pushed_at >= end - 7 * DAY:
                late[one.unit] = late.get(one.unit, 0) + 1
        flags = {}
        for unit in {*recent, *late}:
            mine, times = recent.get(unit, []), late.get(unit, 0)
            if any(as_of > one.until + DAY for one in mine) or (mine and times >= 3):
                flags[unit] = "urge"
            elif mine or times >= 2:
                flags[unit] = "remind"
        return flags

    def ladder(
        self, as_of: datetime, end: datetime, sent: list[Sent], *, is_working_day: bool
    ) -> tuple[dict[str, dict[str, int]], set[str]]:
        """By unit the alarms to urge today with their round, and the alarms on the list for the level above.

        `as_of` lies on the day of the run, whose window ends at `end`; `sent`: the 督办函 that left so far.
        """
        today = as_of.astimezone(OFFICE).date()
        states = [one for one in self.states(as_of) if one.pushed_at < end]
        late: dict[str, int] = {}
        for one in states:
            late[one.unit] = late.get(one.unit, 0) + (one.late and one.pushed_at >= end - 7 * DAY)
        urge: dict[str, dict[str, int]] = {}
        listed: set[str] = set()
        for one in states:
            if not one.overdue:
                continue
            letters = sorted(
                letter.left_at
                for letter in sent
                if letter.unit == one.unit
                and one.alarm_id in letter.alarms
                and letter.left_at > one.until
                and day_of(letter.left_at) < today
            )
            if len(letters) >= 2:
                if today >= day_of(letters[1]) + 3 * DAY:
                    listed.add(one.alarm_id)
            elif letters:
                if is_working_day and today >= day_of(letters[0]) + 3 * DAY:
                    urge.setdefault(one.unit, {})[one.alarm_id] = 2
            elif is_working_day and (as_of > one.until + DAY or late[one.unit] >= 3):
                urge.setdefault(one.unit, {})[one.alarm_id] = 1
        return urge, listed


def moment(text: str) -> datetime:
    """An instant; without an offset in the office's time."""
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=OFFICE)


def day_of(at: datetime) -> date:
    """The office's date."""
    return at.astimezone(OFFICE).date()
