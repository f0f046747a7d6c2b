"""The times that ran for the holders of a chain: each step that was asked of them, since when, until when, and whether it was taken; pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from include.chain.steps import ASSIGNED, FAILED, HANDED_OVER, HOLDING, PASSED, RETURNED
from include.chain.values import Event

ACKNOWLEDGE, REPORT, RECTIFY = "acknowledge", "report", "rectify"
_ENDS: Final = {"acknowledged": (ACKNOWLEDGE,), "reported": (ACKNOWLEDGE, REPORT), "rectified": (RECTIFY,)}
_BEGINS: Final = {RETURNED: REPORT, PASSED: RECTIFY, FAILED: RECTIFY}


@dataclass(frozen=True)
class Clock:
    """One step asked of a holder. `slot`: which; `since_at`, `due_at`: from when and until when it was or is asked for; `is_first`: the
    report of the first round, whose time runs beside that of the 签收. `taken_seq`: of one that was taken, the event by which its deadline is known (of a
    签收 that came with the report the 交办 itself), `taken_at` its receipt; None of one that is waited for."""

    task_no: int
    holder_code: str
    slot: str
    since_at: datetime
    due_at: datetime
    is_first: bool = False
    taken_seq: int | None = None
    taken_at: datetime | None = None

    @property
    def is_late(self) -> bool:
        """Taken after its deadline."""
        return self.taken_at is not None and self.taken_at > self.due_at


def clocks_of(events: Iterable[Event]) -> tuple[Clock, ...]:
    """Every step that was asked of the holders of an alarm's tasks and not taken back, in the order in which they were taken; last those
    that are waited for."""
    running: dict[tuple[int, str], Clock] = {}
    first: dict[int, int] = {}
    holders: dict[int, str] = {}
    done: list[Clock] = []
    for event in events:
        task_no = event.task_no
        if event.event in HOLDING:
            holders[task_no] = event.unit_code
        if event.of_seq is not None and event.met_due_at is not None:
            moved = event.met_due_at
            done = [_moved(one, moved) if one.taken_seq == event.of_seq else one for one in done]
        elif event.event == "assigned" and event.due_at and event.answer_due_at:
            first[task_no] = event.seq
            asked = Clock(task_no, event.unit_code, ACKNOWLEDGE, event.event_at, event.due_at)
            running[task_no, ACKNOWLEDGE] = asked
            running[task_no, REPORT] = replace(asked, slot=REPORT, due_at=event.answer_due_at, is_first=True)
        elif event.event in HOLDING:
            for key, clock in running.items():
                if key[0] == task_no:
                    running[key] = replace(clock, holder_code=event.unit_code)
        elif event.event == "extended":
            _extend(running, event)
        else:
            for slot in _ENDS.get(event.event, ()):
                if ended := running.pop((task_no, slot), None):
                    is_implied = slot == ACKNOWLEDGE and event.event == "reported"
                    seq = first[task_no] if is_implied else event.seq
                    done.append(replace(ended, taken_seq=seq, taken_at=event.receipt_at))
            _begin(running, event, holders.get(task_no, ""))
    return (*done, *running.values())


def due_as_known(events: Iterable[Event], asked: Event) -> datetime | None:
    """Until when the step that an event asks for is or was asked for, by every extension that is known, however late it was made; None of
    one to which a later event gave another deadline, which tells it instead."""
    every = tuple(events)
    later = [one for one in every if one.task_no == asked.task_no and one.seq > asked.seq]
    taken: Event | None = None
    for one in later:
        if one.of_seq is not None or one.event == HANDED_OVER:
            continue
        if one.event != "extended":
            taken = one
            break
        if one.due_at != asked.due_at:
            return None
    if taken is None or asked.due_at is None:
        return asked.due_at
    is_implied = asked.state == ASSIGNED and taken.event == "reported"
    judged = _assignment_of(every, asked.task_no) if is_implied else taken.seq
    return max([asked.due_at, *(one.met_due_at for one in later if one.of_seq == judged and one.met_due_at)])


def _assignment_of(events: tuple[Event, ...], task_no: int) -> int:
    return next(one.seq for one in events if one.task_no == task_no and one.event == "assigned")


def _moved(clock: Clock, due_at: datetime) -> Clock:
    return replace(clock, due_at=max(clock.due_at, due_at))


def _extend(running: dict[tuple[int, str], Clock], event: Event) -> None:
    if event.state == ASSIGNED and event.due_at:
        _set(running, (event.task_no, ACKNOWLEDGE), event.due_at)
    for slot, due_at in ((REPORT, event.answer_due_at), (RECTIFY, event.due_at)):
        if due_at:
            _set(running, (event.task_no, slot), due_at)


def _set(running: dict[tuple[int, str], Clock], key: tuple[int, str], due_at: datetime) -> None:
    if key in running:
        running[key] = replace(running[key], due_at=due_at)


def _begin(running: dict[tuple[int, str], Clock], event: Event, holder: str) -> None:
    """A step that the event asks for; what was asked of the task before it is not any more, where the event changes its state."""
    if event.event in _ENDS or not event.task_no:
        return
    for slot in (ACKNOWLEDGE, REPORT, RECTIFY):
        running.pop((event.task_no, slot), None)
    slot = _BEGINS.get(event.state, "")
    if slot and event.due_at:
        running[event.task_no, slot] = Clock(event.task_no, holder, slot, event.event_at, event.due_at)
