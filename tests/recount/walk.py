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
    "upheld",
    "in_dispute",
    "chronic",
    "closed",
    "problems",
    "alarms_with_problem",
    "rectification_due",
    "rectified",
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
# The State Council's notice for 2020, from March to June: days off, and the working days that make up for them.
OFF = {
    *(date(2020, 4, day) for day in (4, 5, 6)),
    *(date(2020, 5, day) for day in (1, 2, 3, 4, 5)),
    *(date(2020, 6, day) for day in (25, 26, 27)),
}
MADE_UP = {date(2020, 4, 26), date(2020, 5, 9), date(2020, 6, 28)}


@dataclass(frozen=True)
class Revision:
    """One revision of an alarm."""

    known_at: datetime
    unit: str
    grid_id: str
    pushed_at: datetime
    deadline: datetime


@dataclass(frozen=True)
class Problem:
    """One problem found."""

    found_at: datetime
    rectify_due: datetime
    rectified_at: datetime | None


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

        self.revisions: dict[str, list[Revision]] = {}
        for row in rows("alarms.csv"):
            pushed_at = moment(row["pushed_at"])
            deadline = moment(row["deadline_at"]) if row.get("deadline_at") else pushed_at + 24 * HOUR
            known_at = moment(row["revised_at"]) if row.get("revised_at") else pushed_at
            self.revisions.setdefault(row["alarm_id"], []).append(
                Revision(
                    known_at, row.get("unit_code") or row["city_code"], row["grid_id"], pushed_at, deadline
                )
            )
        for revisions in self.revisions.values():
            revisions.sort(key=lambda one: one.known_at)
        self.events: dict[str, list[tuple[datetime, int, str]]] = {one: [] for one in self.revisions}
        for row in rows("feedback.csv"):
            if row["alarm_id"] in self.events:
                at = moment(row["event_at"])
                self.events[row["alarm_id"]].append((at, ORDER[row["event"]], row["event"]))
        for steps in self.events.values():
            steps.sort()
        self.problems: dict[str, list[Problem]] = {}
        for row in rows("problems.csv"):
            found_at = moment(row["found_at"])
            promised = moment(row["rectify_by"]) if row.get("rectify_by") else found_at + 3 * DAY
            rectified_at = moment(row["rectified_at"]) if row.get("rectified_at") else None
            self.problems.setdefault(row["alarm_id"], []).append(
                Problem(found_at, min(promised, found_at + 15 * DAY), rectified_at)
            )

    def states(self, as_of: datetime) -> list[State]:
        """Every alarm pushed by the moment."""
        found = (self.state(alarm_id, as_of) for alarm_id in self.revisions)
        return [one for one in found if one is not None]

    def state(self, alarm_id: str, as_of: datetime) -> State | None:
        """One alarm; None before its push."""
        known = [one for one in self.revisions[alarm_id] if one.known_at <= as_of]
        if not known or known[-1].pushed_at > as_of:
            return None
        row = known[-1]
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
            elif event == "disputed" and at <= row.deadline:
                waiting = timely = True
            elif event in ("dispute_upheld", "dispute_rejected"):
                waiting, upheld = False, event == "dispute_upheld"
                if timely and not upheld:
                    rejected = at
        first = max(row.deadline, rejected + 24 * HOUR) if rejected else row.deadline
        until = max(first, last_return + 24 * HOUR) if last_return else first
        due = as_of > first and not waiting and not closed and not upheld
        overdue = due and not standing and as_of > until
        on_time = due and not overdue and first_answer is not None and first_answer <= first
        return State(
            alarm_id,
            row.unit,
            row.pushed_at,
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
        )

    def counts(
        self, start: datetime, end: datetime, as_of: datetime, states: list[State] | None = None
    ) -> dict[str, dict[str, int]]:
        """The counts of each unit with an alarm pushed in [start, end); `states` saves making them again."""
        units: dict[str, dict[str, int]] = {}
        for one in states or self.states(as_of):
            if not start <= one.pushed_at < end:
                continue
            own = units.setdefault(one.unit, dict.fromkeys(COUNTS, 0))
            if one.upheld:
                own["upheld"] += 1
                continue
            own["pushed"] += 1
            for name in ("answered", "due", "on_time", "late", "overdue", "in_dispute", "chronic", "closed"):
                own[name] += getattr(one, name)
            found = [each for each in self.problems.get(one.alarm_id, []) if each.found_at <= as_of]
            own["problems"] += len(found)
            own["alarms_with_problem"] += one.answered and bool(found)
            to_rectify = [each for each in found if as_of > each.rectify_due]
            own["rectification_due"] += len(to_rectify)
            own["rectified"] += sum(
                each.rectified_at is not None and each.rectified_at <= as_of for each in to_rectify
            )
        return units


def flags(states: list[State], end: datetime, as_of: datetime) -> dict[str, str]:
    """`remind` or `urge` of each unit that has one; the window ends at `end`."""
    recent: dict[str, list[State]] = {}
    late: dict[str, int] = {}
    for one in states:
        if one.pushed_at >= end:
            continue
        if one.overdue and not one.chronic:
            recent.setdefault(one.unit, []).append(one)
        if one.late and one.pushed_at >= end - 7 * DAY:
            late[one.unit] = late.get(one.unit, 0) + 1
    found = {}
    for unit in {*recent, *late}:
        mine, times = recent.get(unit, []), late.get(unit, 0)
        if any(as_of > one.until + DAY for one in mine) or (mine and times >= 3):
            found[unit] = "urge"
        elif mine or times >= 2:
            found[unit] = "remind"
    return found


def ladder(
    states: list[State], as_of: datetime, end: datetime, sent: list[Sent]
) -> tuple[dict[str, dict[str, int]], set[str]]:
    """By unit the alarms to urge today with their round, and the alarms on the list for the level above.

    `as_of` lies on the day of the run, whose window ends at `end`; `sent`: the 督办函 that left so far.
    """
    today = day_of(as_of)
    told: dict[tuple[str, str], list[datetime]] = {}
    for letter in sent:
        for alarm_id in letter.alarms:
            told.setdefault((letter.unit, alarm_id), []).append(letter.left_at)
    late: dict[str, int] = {}
    known = [one for one in states if one.pushed_at < end]
    for one in known:
        late[one.unit] = late.get(one.unit, 0) + (one.late and one.pushed_at >= end - 7 * DAY)
    urge: dict[str, dict[str, int]] = {}
    listed: set[str] = set()
    for one in known:
        if not one.overdue:
            continue
        letters = sorted(
            left_at
            for left_at in told.get((one.unit, one.alarm_id), [])
            if left_at > one.until and day_of(left_at) < today
        )
        if len(letters) >= 2:
            if today >= day_of(letters[1]) + 3 * DAY:
                listed.add(one.alarm_id)
        elif letters:
            if is_working_day(today) and today >= day_of(letters[0]) + 3 * DAY:
                urge.setdefault(one.unit, {})[one.alarm_id] = 2
        elif is_working_day(today) and (as_of > one.until + DAY or late[one.unit] >= 3):
            urge.setdefault(one.unit, {})[one.alarm_id] = 1
    return urge, listed


def is_working_day(day: date) -> bool:
    """Whether 督办函 are written on that day."""
    return day in MADE_UP or (day.weekday() < 5 and day not in OFF)


def moment(text: str) -> datetime:
    """An instant; without an offset in the office's time."""
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=OFFICE)


def day_of(at: datetime) -> date:
    """The office's date."""
    return at.astimezone(OFFICE).date()
