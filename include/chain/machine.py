"""The chain as a state machine: what was kept gives how it stands; a move gives the next event, or a refusal that says what may be done.

Pure: no clock, no store. `next_event` decides, `after` follows an event that was kept; what is stored has passed `next_event`, so
`after` never refuses.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from include.chain.guards import require, require_another, require_duty, require_speaker, require_words
from include.chain.persons import persons_in
from include.chain.steps import (
    ACCEPTED,
    ACKNOWLEDGED,
    ASSIGN,
    ASSIGNED,
    CHECKED,
    CLOSE,
    FAILED,
    HANDED_OVER,
    JOINT,
    LEAD,
    OF_ALARM,
    PASSED,
    RECTIFIED,
    REOPEN,
    REPORTED,
    RETURNED,
    STEPS,
    WITHDRAWN,
    WRITTEN_OFF,
    Step,
)
from include.chain.values import Chain, Event, Move, Task
from include.errors import InputError, StateError
from include.periods import moment_text
from include.profile.chain_values import ChainSettings
from include.rules import ChainRules

SKEW: Final = timedelta(minutes=5)  # between the clocks of two machines that record steps


def chain_of(events: Iterable[Event]) -> Chain:
    """How a chain stands after its events, in their order."""
    chain = Chain()
    for event in events:
        chain = after(chain, event)
    return chain


def allowed(chain: Chain, task_no: int, *, is_holder: bool | None = None) -> tuple[str, ...]:
    """The steps that may be taken of a task now, or of the alarm as a whole (0); with `is_holder` only those of the holder or of
    the office. Who may not take one for what they did before is asked by `next_event`."""
    if not task_no:
        return _allowed_of_alarm(chain)
    task = chain.task(task_no)
    if task is None or chain.is_closed:
        return ()
    return tuple(
        step.name
        for step in STEPS.values()
        if not _standing_in_the_way(task, step) and (is_holder is None or (step.by == "holder") == is_holder)
    )


def next_event(chain: Chain, move: Move, settings: ChainSettings) -> Event:
    """The event that a move makes. Raises InputError for a move that says too little, StateError where it may not be taken, with what
    may."""
    require_words(move)
    moments(chain, move)  # one that cannot be is refused before the step is looked at
    if move.step in OF_ALARM:
        require(
            move.step in allowed(chain, 0),
            f"the alarm does not stand so that one could {move.step}",
            move,
            got="its chain is closed" if chain.is_closed else _standing_words(chain),
            expected=allowed(chain, 0),
        )
        require_duty(chain, None, move, "assign", settings)
        return _event_of_alarm(chain, move, settings)
    step, task = STEPS.get(move.step), chain.task(move.task_no)
    if step is None or task is None:
        raise InputError(
            "no such step" if step is None else "no such task of this alarm",
            where=f"task {move.task_no}",
            got=move.step,
            expected=" | ".join(STEPS) if step is None else f"1 to {len(chain.tasks)}",
        )
    wrong = "its chain is closed" if chain.is_closed else _standing_in_the_way(task, step)
    require(
        not wrong,
        f"the task does not stand so that one could {step.name}",
        move,
        wrong,
        allowed(chain, move.task_no),
    )
    require_speaker(task, step, move)
    require_another(task, step, move)
    if step.by == "office":
        require_duty(chain, task, move, step.slot, settings)
    state = _state_after(task, step)
    is_report = step.name == "report"
    event = replace(
        event_of(chain, move, step.event, task.task_no),
        unit_code=move.unit_code,
        state=state,
        met_due_at=_met_due_at(task, step),
        role=task.role,
        problem_found=move.problem_found if is_report else None,
        category=move.category if is_report and move.problem_found else "",
        rectify_by=_promise(move, settings.rules) if is_report and move.problem_found else None,
        inspected_at=move.inspected_at,
        is_drawn=move.is_drawn and state == ACCEPTED,
    )
    due_at = _due_at(task, event, move, settings.rules)
    answer_due_at = due_at if state in (RETURNED, ACKNOWLEDGED) else task.answer_due_at
    if step.name == "extend" and state == ASSIGNED and due_at is not None:
        answer_due_at = max(due_at, _answer_due_later(task, due_at, move))
    return replace(event, due_at=due_at, answer_due_at=answer_due_at)


def is_told_again(events: Sequence[Event], move: Move) -> bool:
    """Whether a move tells word by word the report of its task that waits for its review: the same fact, however often it is told."""
    own = [
        one for one in events if one.task_no == move.task_no and one.event not in (HANDED_OVER, "extended")
    ]
    if move.step != "report" or move.problems or not own or own[-1].state != REPORTED:
        return False
    last, person = own[-1], move.person.strip() or move.actor
    told = (person, move.problem_found, move.category, move.note.strip(), move.rectify_by, move.inspected_at)
    return told == (
        last.person,
        last.problem_found,
        last.category,
        last.note,
        last.rectify_by,
        last.inspected_at,
    )


def after(chain: Chain, event: Event) -> Chain:
    """How a chain stands after one more event that was kept."""
    chain = replace(chain, last=event, keys=chain.keys | ({event.key} if event.key else set()))
    if not event.task_no:
        return replace(chain, is_closed=event.event == "closed")
    if event.event == "assigned":
        task = Task(
            event.task_no,
            event.unit_code,
            event.role,
            event.state,
            event.event_at,
            event.due_at,
            event.answer_due_at,
        )
        return replace(chain, tasks=(*chain.tasks, task))
    tasks = tuple(_task_after(one, event) if one.task_no == event.task_no else one for one in chain.tasks)
    return replace(chain, tasks=tasks)


def _is_contact(actor: str) -> bool:
    return " <" in actor


def _task_after(task: Task, event: Event) -> Task:
    task = replace(task, due_at=event.due_at, answer_due_at=event.answer_due_at)
    if event.event == "extended":
        return task
    if event.event == HANDED_OVER:
        before = () if event.unit_code == task.holder_code else ((task.holder_code, event.event_at),)
        return replace(task, holder_code=event.unit_code, role=event.role, former=(*task.former, *before))
    # Who typed it in for somebody took no part; a contact whose phone it came from did, whatever name was typed there.
    names = persons_in(event.person) | (persons_in(event.actor) if _is_contact(event.actor) else frozenset())
    persons = dict(task.persons)
    # A report that completes one (补报) is of both; a new round has its own persons.
    persons[event.event] = names | (persons.get(event.event, names) if task.state == event.state else names)
    task = replace(
        task,
        state=event.state,
        state_at=event.event_at,
        persons=tuple(sorted(persons.items())),
        is_drawn=event.is_drawn or (event.state == CHECKED and task.is_drawn),
    )
    if event.event == "reported":
        return replace(task, has_problem=event.problem_found, rectify_by=event.rectify_by)
    return task


def event_of(chain: Chain, move: Move, name: str, task_no: int) -> Event:
    """What every event says: which, when, by whom, why; of no unit and no state yet."""
    event_at, recorded_at = moments(chain, move)
    return Event(
        seq=next_seq(chain),
        task_no=task_no,
        event=name,
        event_at=event_at,
        receipt_at=min(move.at, recorded_at),
        recorded_at=recorded_at,
        actor=move.actor,
        person=move.person.strip() or move.actor,
        unit_code="",
        state="",
        note=move.note.strip(),
        key=move.key,
    )


def _event_of_alarm(chain: Chain, move: Move, settings: ChainSettings) -> Event:
    event = event_of(chain, move, {CLOSE: "closed", REOPEN: "reopened", ASSIGN: "assigned"}[move.step], 0)
    if move.step != ASSIGN:
        return event
    holders = {one.holder_code for one in chain.running}
    require(move.unit_code not in holders, "that unit holds the alarm already", move, got=move.unit_code)
    has_lead = any(one.role == LEAD for one in chain.running)
    require(not (has_lead and move.role == LEAD), "another unit leads already", move, expected=(JOINT,))
    return replace(
        event,
        task_no=len(chain.tasks) + 1,
        unit_code=move.unit_code,
        state=ASSIGNED,
        role=move.role if has_lead else LEAD,
        due_at=event.event_at + settings.rules.acknowledge,
        answer_due_at=event.event_at + settings.rules.report,
    )


def next_seq(chain: Chain) -> int:
    return (chain.last.seq if chain.last else 0) + 1


def moments(chain: Chain, move: Move) -> tuple[datetime, datetime]:
    """When the event counts as having happened, and as recorded: neither before what was taken last."""
    if move.at > move.now + SKEW:
        raise InputError(
            "a step cannot come from the future",
            where=move.step,
            expected=f"at most {moment_text(move.now)}",
            got=moment_text(move.at),
        )
    if chain.last is None:
        return min(move.at, move.now), move.now
    if move.now < chain.last.recorded_at - SKEW:
        raise StateError(
            "the clock stands before the last step of this chain",
            where=move.step,
            expected=f"{moment_text(chain.last.recorded_at)} or later",
            got=moment_text(move.now),
            todo="set the clock of this machine",
        )
    recorded_at = max(move.now, chain.last.recorded_at)
    return max(min(move.at, recorded_at), chain.last.event_at), recorded_at


def _allowed_of_alarm(chain: Chain) -> tuple[str, ...]:
    if chain.is_closed:
        return (REOPEN,)
    return (ASSIGN, CLOSE) if chain.tasks and all(one.is_ended for one in chain.tasks) else (ASSIGN,)


def _standing_in_the_way(task: Task, step: Step) -> str:
    """Why a step may not be taken of a task as it stands, or empty."""
    if task.state not in step.begins:
        return f"it is {task.state}"
    if step.name in ("check", "doubt") and not task.is_drawn:
        return "it was not drawn for a spot check"
    if step.name == "write_off" and task.state == ACCEPTED and task.is_drawn:
        return "its spot check is not done"
    return ""


def _standing_words(chain: Chain) -> str:
    return ", ".join(f"task {one.task_no} is {one.state}" for one in chain.tasks) or "nobody holds it"


def _state_after(task: Task, step: Step) -> str:
    if step.name == "pass":
        return PASSED if task.has_problem else ACCEPTED
    if step.name == "doubt":
        return FAILED if task.has_problem else RETURNED
    if step.name == "extend":
        return task.state
    return {
        "acknowledge": ACKNOWLEDGED,
        "report": REPORTED,
        "return": RETURNED,
        "rectify": RECTIFIED,
        "accept": ACCEPTED,
        "fail": FAILED,
        "check": CHECKED,
        "write_off": WRITTEN_OFF,
        "withdraw": WITHDRAWN,
    }[step.name]


def _met_due_at(task: Task, step: Step) -> datetime | None:
    """The deadline by which a step is judged: none of what came beside the way."""
    if step.name == "report":
        return None if task.state == REPORTED else task.answer_due_at
    is_beside = step.name in ("check", "doubt") or (step.name == "return" and task.state != REPORTED)
    return task.due_at if step.slot and not is_beside else None


def _due_at(task: Task, event: Event, move: Move, rules: ChainRules) -> datetime | None:
    """Until when what comes after the event is asked for."""
    if event.event == "extended":
        passed = [task.due_at] if move.is_for_outage else [task.due_at, event.event_at]
        after_at = max(one for one in passed if one) if task.due_at else event.event_at
        require(
            move.due_at is not None and task.due_at is not None and move.due_at > after_at,
            "an extension leads forward",
            move,
            got=moment_text(move.due_at) if move.due_at else "nothing",
            expected=(f"later than {moment_text(after_at)}",),
        )
        return move.due_at
    if event.state == ACKNOWLEDGED:
        return task.answer_due_at
    if event.state == PASSED and task.rectify_by is not None:
        return max(task.rectify_by, event.event_at)
    if event.state == CHECKED:
        return task.due_at
    lengths = {
        REPORTED: rules.review,
        RETURNED: rules.report_again,
        PASSED: rules.rectify,
        FAILED: rules.rectify,
        RECTIFIED: rules.accept,
        ACCEPTED: rules.write_off,
    }
    return event.event_at + lengths[event.state] if event.state in lengths else None


def _answer_due_later(task: Task, due_at: datetime, move: Move) -> datetime:
    """Until when the report is asked for, where the 签收 got more time: the report too gets what an outage took, of which its time ran."""
    answer_due_at = task.answer_due_at or due_at
    if not move.is_for_outage or task.due_at is None:
        return answer_due_at
    return answer_due_at + (due_at - task.due_at)


def _promise(move: Move, rules: ChainRules) -> datetime | None:
    if move.rectify_by is None:
        return None
    if not move.at <= move.rectify_by <= move.at + rules.promise_longest:
        raise InputError(
            "this date of rectification cannot be promised",
            where="rectify_by",
            expected=f"from {moment_text(move.at)} to {moment_text(move.at + rules.promise_longest)}",
            got=moment_text(move.rectify_by),
        )
    return move.rectify_by
