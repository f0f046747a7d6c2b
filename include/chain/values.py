"""What the chain of an alarm is made of: events as they are kept, tasks as they stand, and a move that somebody wants to make."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from include.chain.steps import ENDED, HOLDERS_SLOTS, JOINT, STANDING, waiting_step


@dataclass(frozen=True)
class Event:
    """One event of the chain of an alarm; key: alarm and `seq` (1, 2, 3 … in the order in which they were taken).

    `task_no`: the task that it is of, 0 for the alarm as a whole. `event_at`: when it counts as having happened, never before the one
    before it; `receipt_at`: the moment on our clock by which its timeliness is judged; `recorded_at`: when the store learnt of it.
    `actor`: the account or run that recorded it; `person`: who did it; `unit_code`: the unit that speaks (an `assigned`: the holder).
    `state`: of its task afterwards; `due_at`: until when what comes next is asked for, None where nothing is; `met_due_at`: the deadline
    by which this step itself is judged, None for one that nothing waited for; `answer_due_at`: until when the report is asked for.
    `rectify_by`: promised by a report. `inspected_at`: what the unit says of its own time, for information. `is_drawn`: it is to be
    spot-checked before 销号. `key`: the sender's own, by which a repetition is known; empty for none. `of_seq`: of an extension that gives
    a step that was taken a later deadline (`met_due_at`), which step; None of every other event.
    """

    seq: int
    task_no: int
    event: str
    event_at: datetime
    receipt_at: datetime
    recorded_at: datetime
    actor: str
    person: str
    unit_code: str
    state: str
    due_at: datetime | None = None
    met_due_at: datetime | None = None
    answer_due_at: datetime | None = None
    role: str = ""
    problem_found: bool | None = None
    category: str = ""
    note: str = ""
    rectify_by: datetime | None = None
    inspected_at: datetime | None = None
    is_drawn: bool = False
    key: str = ""
    of_seq: int | None = None


@dataclass(frozen=True)
class Task:
    """One 交办件 as it stands: an alarm in the hands of one unit. `persons`: who took part in its present round, by event, as compared.
    `answer_due_at`: until when the report is asked for. `has_problem`: what the last report said. `former`: who held it before, each with until when."""

    task_no: int
    holder_code: str
    role: str
    state: str
    state_at: datetime
    due_at: datetime | None
    answer_due_at: datetime | None
    has_problem: bool | None = None
    rectify_by: datetime | None = None
    is_drawn: bool = False
    persons: tuple[tuple[str, frozenset[str]], ...] = ()
    former: tuple[tuple[str, datetime], ...] = ()

    def holders_at(self, at: datetime) -> tuple[str, ...]:
        """The units that may speak of it by a word that reached us at a moment: its holder, and who still held it then."""
        return (self.holder_code, *(code for code, until in self.former if at < until))

    @property
    def is_ended(self) -> bool:
        return self.state in ENDED

    @property
    def is_standing(self) -> bool:
        """Its report was passed and not sent back since."""
        return self.state in STANDING

    def persons_of(self, events: tuple[str, ...]) -> frozenset[str]:
        """Who took these steps of the task."""
        return frozenset().union(*(names for event, names in self.persons if event in events))


@dataclass(frozen=True)
class Chain:
    """The chain of one alarm as it stands: its tasks by number, whether it is closed, its last event."""

    tasks: tuple[Task, ...] = ()
    is_closed: bool = False
    last: Event | None = None
    keys: frozenset[str] = field(default=frozenset())

    def task(self, task_no: int) -> Task | None:
        """The task of that number."""
        return next((one for one in self.tasks if one.task_no == task_no), None)

    @property
    def running(self) -> tuple[Task, ...]:
        """The tasks that were not withdrawn."""
        return tuple(one for one in self.tasks if one.state != "withdrawn")

    def task_of(self, unit_code: str, at: datetime) -> Task | None:
        """The running task of which a unit may speak by a word that reached us at a moment; of several the one that waits for it."""
        own = [one for one in self.running if unit_code in one.holders_at(at)]
        waiting = (one for one in own if waiting_step(one.state) in HOLDERS_SLOTS)
        return next(waiting, own[0] if own else None)

    @property
    def is_answered(self) -> bool:
        """Every holder's report stands: what is answered upward."""
        return bool(self.running) and all(one.is_standing for one in self.running)


@dataclass(frozen=True)
class Problem:
    """One problem that a report tells. `problem_id`: the sender's own, by which a later report of the same round names it again;
    `found_at`, `rectified_at`: as the unit says, the latter None where it is not rectified yet; `rectify_by`: as it promises."""

    problem_id: str
    category: str
    description: str
    found_at: datetime
    status: str = ""
    rectify_by: datetime | None = None
    rectified_at: datetime | None = None


@dataclass(frozen=True)
class Move:
    """A step that somebody wants to take. `step`: a key of STEPS or OF_ALARM; `at`: the moment on our clock by which it counts (a
    mail's receipt, or now); `now`: the moment of recording. `unit_code`: the unit for which it speaks, empty for the office; of
    `assign` the holder. Of `extend`, `due_at` is the new deadline. `is_by_rule`: the profile's rules decided it, no person.
    `is_for_outage`: an extension that gives lost time back, whose new deadline may have passed meanwhile.
    `problems`: what a report tells apart, beside its first category and its note."""

    step: str
    now: datetime
    at: datetime
    actor: str
    person: str = ""
    unit_code: str = ""
    task_no: int = 0
    role: str = JOINT
    problem_found: bool | None = None
    category: str = ""
    note: str = ""
    rectify_by: datetime | None = None
    inspected_at: datetime | None = None
    due_at: datetime | None = None
    is_drawn: bool = False
    key: str = ""
    is_by_rule: bool = False
    is_for_outage: bool = False
    problems: tuple[Problem, ...] = ()
