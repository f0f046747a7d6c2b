"""A case of 解剖分析 as a state machine: what was kept gives how it stands; a move gives the next event, or a refusal that says what
may be done.

    opened ─file─▶ analysed ─accept─▶ accepted ─the grid alarms again─▶ reopened ─▶ open …
       └───────────────┴─drop─▶ dropped

Measures are added, done, sent back and cancelled while it runs. Accepted is a case whose analysis was filed and all whose measures
are done, by a person who had no part in either. Pure: no clock, no store.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from include.chain.dissection.values import (
    ACCEPTED,
    ANALYSED,
    DROPPED,
    MEASURE_STATES,
    OPEN,
    OPENED,
    REOPENED,
    STATES,
    Case,
    CaseEvent,
    CaseMove,
    Measure,
)
from include.chain.persons import persons_in, taking_part
from include.errors import InputError, StateError

_LONGEST_NAME: Final = 128
_LONGEST_NOTE: Final = 2000


@dataclass(frozen=True)
class CaseStep:
    """One step. `event`: what is kept; `measure`: the state of the measure in which it may be taken, empty for a step of the case."""

    name: str
    event: str
    label: str
    measure: str = ""
    needs_words: bool = True


STEPS: Final[dict[str, CaseStep]] = {
    one.name: one
    for one in (
        CaseStep("file", "filed", "提交分析", needs_words=False),
        CaseStep("measure", "measure_added", "增加措施"),
        CaseStep("done", "measure_done", "措施完成", measure="running"),
        CaseStep("redo", "measure_returned", "退回措施", measure="done"),
        CaseStep("cancel", "measure_cancelled", "取消措施", measure="running"),
        CaseStep("accept", "accepted", "验收结案"),
        CaseStep("drop", "dropped", "撤销立案"),
    )
}
"""Every step by its name."""
EVENTS: Final = {OPENED: "立案", REOPENED: "重新立案", **{one.event: one.label for one in STEPS.values()}}
"""Every event that is kept, and what people call it."""


def case_of(events: Iterable[CaseEvent]) -> Case:
    """How a case stands after its events, in their order."""
    case = Case()
    for event in events:
        case = after(case, event)
    return case


def allowed(case: Case) -> tuple[str, ...]:
    """The steps that may be taken of a case now; those of a measure where some measure allows them."""
    if case.is_ended or not case.state:
        return ()
    states = {one.state for one in case.own_measures}
    return tuple(
        step.name
        for step in STEPS.values()
        if (not step.measure or step.measure in states) and (step.name != "accept" or _may_be_accepted(case))
    )


def next_event(case: Case, move: CaseMove) -> CaseEvent:
    """The event that a move makes. Raises InputError for a move that says too little, StateError where it may not be taken, with what
    may."""
    step = STEPS.get(move.step)
    if step is None:
        raise InputError("no such step", where="dissection", got=move.step, expected=" | ".join(STEPS))
    _require_words(step, move)
    _require_state(case, step, move)
    if step.name == "accept":
        _require_another(case, move)
    is_new = step.name == "measure"
    return CaseEvent(
        seq=(case.last.seq if case.last else 0) + 1,
        event=step.event,
        event_at=max(move.at, case.last.event_at) if case.last else move.at,
        recorded_at=max(move.at, case.last.recorded_at) if case.last else move.at,
        actor=move.actor,
        person=move.person.strip() or move.actor,
        note=move.note.strip(),
        measure_no=len(case.measures) + 1 if is_new else move.measure_no if step.measure else 0,
        unit_code=move.unit_code if is_new else "",
        owner=move.owner.strip() if is_new else "",
        due_at=move.due_at if is_new else None,
        document_sha256=move.document_sha256 if step.name == "file" else "",
        document_name=move.document_name if step.name == "file" else "",
    )


def after(case: Case, event: CaseEvent) -> Case:
    """How a case stands after one more event that was kept."""
    case = replace(case, last=event)
    if event.event in (OPENED, REOPENED):
        held = tuple(
            replace(one, state="failed") if one.state == "done" and event.event == REOPENED else one
            for one in case.measures
        )
        return replace(
            case,
            state=OPEN,
            round_no=case.round_no + 1,
            first_opened_at=case.first_opened_at or event.event_at,
            opened_at=event.event_at,
            ended_at=None,
            measures=held,
            analysts=frozenset(),
            rule_alarms=event.rule_alarms,
            rule_days=event.rule_days,
        )
    if event.event == "filed":
        return replace(
            case,
            state=ANALYSED,
            analysts=case.analysts | _persons_of(event),
            document_sha256=event.document_sha256,
            document_name=event.document_name,
        )
    if event.event in (ACCEPTED, DROPPED):
        return replace(case, state=event.event, ended_at=event.event_at)
    if event.event == "measure_added":
        new = Measure(event.measure_no, case.round_no, event.note, event.unit_code, event.owner, event.due_at)
        return replace(case, measures=(*case.measures, new))
    return replace(
        case,
        measures=tuple(
            _measure_after(one, event) if one.measure_no == event.measure_no else one for one in case.measures
        ),
    )


def _persons_of(event: CaseEvent) -> frozenset[str]:
    """Who took a step: who typed it in for somebody took no part."""
    return persons_in(event.person)


def _measure_after(measure: Measure, event: CaseEvent) -> Measure:
    if event.event == "measure_done":
        by = measure.done_by | _persons_of(event)
        return replace(measure, state="done", done_at=event.event_at, done_by=by)
    if event.event == "measure_returned":
        return replace(measure, state="running", done_at=None)
    return replace(measure, state="cancelled", done_at=None)


def _require_words(step: CaseStep, move: CaseMove) -> None:
    is_new = step.name == "measure"
    faults = {
        "who does it": len(move.actor) <= _LONGEST_NAME
        and len(move.person) <= _LONGEST_NAME
        and bool(persons_in(move.actor))
        and (not move.person.strip() or bool(persons_in(move.person))),
        "what is done, or why": len(move.note) <= _LONGEST_NOTE
        and (not step.needs_words or bool(move.note.strip())),
        "the unit that is to do it": not is_new or bool(move.unit_code),
        "who answers for it": not is_new or 0 < len(move.owner.strip()) <= _LONGEST_NAME,
        "until when": not is_new or move.due_at is not None,
        "a date that is to come": not is_new or move.due_at is None or move.due_at > move.at,
        "the finished document": step.name != "file" or bool(move.document_sha256),
    }
    for what, is_there in faults.items():
        if not is_there:
            raise InputError(
                "a step of the case says too little",
                where=move.step,
                expected=what,
                todo="say it with the step",
            )


def _require_state(case: Case, step: CaseStep, move: CaseMove) -> None:
    require(bool(case.state) and not case.is_ended, f"the case is {STATES.get(case.state, '—')}", case, move)
    if step.measure:
        measure = case.measure(move.measure_no)
        is_own = measure is not None and measure.round_no == case.round_no
        require(is_own, "no such measure of this round", case, move)
        state = measure.state if measure else ""
        require(state == step.measure, f"the measure is {MEASURE_STATES.get(state, '—')}", case, move)
    if step.name == "accept":
        require(case.state == ANALYSED, "its analysis is not filed", case, move)
        require(bool(case.own_measures), "it has no measure", case, move)
        require(not _running(case), f"measure {_running(case)} is not done", case, move)


def _may_be_accepted(case: Case) -> bool:
    return case.state == ANALYSED and bool(case.own_measures) and not _running(case)


def _running(case: Case) -> str:
    """The numbers of the measures of this round that still run."""
    return ", ".join(str(one.measure_no) for one in case.own_measures if one.state == "running")


def _require_another(case: Case, move: CaseMove) -> None:
    parts = case.analysts.union(*(one.done_by for one in case.own_measures))
    same = taking_part(parts, move.actor, move.person)
    got = f"{', '.join(same)} took part in this round"
    require(not same, "another person must accept the case", case, move, got=got)


def require(holds: bool, what: str, case: Case, move: CaseMove, got: str = "") -> None:
    if not holds:
        raise StateError(
            what,
            where=f"measure {move.measure_no}" if move.measure_no else "case",
            got=got or move.step,
            expected=" | ".join(allowed(case)) or "nothing",
            todo="see: dissection show",
        )
