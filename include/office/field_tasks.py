"""The chain on the phone page: what a letter's link asks of its holder, how the tasks stand, and a step that came from there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, select

from include.chain.figures import ASKING, VISIT, ChainFigures
from include.chain.machine import allowed, chain_of
from include.chain.persons import taking_part
from include.chain.steps import RECTIFIED, RETURNED, STATES, STEPS
from include.chain.values import Chain, Move, Task
from include.errors import InputError, StateError
from include.field.bundles import BundleAlarm, TaskTold
from include.field.reports import Answer
from include.field.steps import OF_HOLDERS, OF_LETTERS, OF_VISITS
from include.field.steps import STEPS as OF_PAGE
from include.house import House
from include.language import say
from include.profile.current import office
from include.sources.chain_steps import take_in
from include.store import tables
from include.store.alarm_aliases import main_ids
from include.store.chain import chain_events
from include.store.spot_checks import draw_key

# Steps of the page that only a chain knows; the others are words that every intake turns into steps.
_ITS_OWN: Final = ("rectified", "inspected_passed", "inspected_failed")
_LONGEST_ACTOR: Final = 128


def steps_asked(kind: str) -> tuple[str, ...]:
    """The codes of the steps that a kind of letter asks by its link."""
    if kind == VISIT:
        return OF_VISITS
    if kind in ASKING:
        return OF_HOLDERS
    return (*OF_LETTERS, "mended") if office().chain is not None else OF_LETTERS


def cases_told(figures: ChainFigures) -> tuple[BundleAlarm, ...]:
    """The cases of a letter of a chain as the page shows alarms, each once."""
    found = {
        one.alarm_id: BundleAlarm(
            alarm_id=one.alarm_id,
            grid_id=one.grid_id,
            county=one.county,
            point_name=one.point_name,
            lon=one.lon,
            lat=one.lat,
            started_at=one.started_at,
            alarm_count=one.alarm_count,
            peak_pm25_ug_m3=one.peak_pm25_ug_m3,
            deadline_at=one.report_by or one.due_at or figures.period.as_of,
        )
        for one in figures.cases
    }
    return tuple(found.values())


def tasks_told(connection: Connection, letter_id: int, unit_code: str, now: datetime) -> tuple[TaskTold, ...]:
    """How the tasks of a letter's alarms stand that its unit holds, or, of this office's own letters, that wait for an acceptance."""
    if office().chain is None:
        return ()
    named = tables.letter_alarm.c
    asked = select(named.alarm_id).where(named.letter_id == letter_id).order_by(named.alarm_id)
    return tuple(_told(connection, list(connection.execute(asked).scalars()), unit_code, now))


def _told(connection: Connection, alarm_ids: list[str], unit_code: str, now: datetime) -> Iterator[TaskTold]:
    main = main_ids(connection, alarm_ids)
    for alarm_id in alarm_ids:
        events = chain_events(connection, main.get(alarm_id, alarm_id), now)
        chain = chain_of(events)
        task = _task_of(chain, unit_code, now)
        if task is None:
            continue
        is_own = unit_code == office().own_unit
        returned = [one for one in events if one.task_no == task.task_no and one.state == RETURNED]
        yield TaskTold(
            alarm_id=alarm_id,
            state=say(STATES[task.state]),
            due_at=task.due_at,
            steps=allowed(chain, task.task_no, is_holder=not is_own),
            note=returned[-1].note[:2000] if returned and task.state == RETURNED else "",
        )


def _task_of(chain: Chain, unit_code: str, at: datetime) -> Task | None:
    """The task that a unit speaks of: the one that it holds; of this office one that waits for its acceptance, else any."""
    if unit_code != office().own_unit:
        return chain.task_of(unit_code, at)
    waiting = (one for one in chain.running if one.state == RECTIFIED)
    return next(waiting, next(iter(chain.running), None))


def is_step_of_chain(answer: Answer) -> bool:
    """Whether an answer is a step that only a chain knows."""
    return OF_PAGE[answer.step].event in _ITS_OWN


def spot_check_key(house: House, now: datetime) -> bytes:
    """The key of the draw of spot checks, where a step may ask for it: made before the transaction of the step."""
    return draw_key(house.engine, now) if office().chain is not None else b""


def take_step(connection: Connection, answer: Answer, by: str, key: bytes, now: datetime) -> str:
    """Takes such a step inside a transaction that holds the lock `intake`; returns why it cannot be taken (in people's words), or empty.
    `by`: in whose name the device speaks."""
    settings = office().chain
    if settings is None:
        return say("本机关没有交办流程")
    main = main_ids(connection, [answer.alarm_id])
    alarm_id = main.get(answer.alarm_id, answer.alarm_id)
    events = chain_events(connection, alarm_id)
    chain, step = chain_of(events), STEPS[OF_PAGE[answer.step].chain_step]
    task = _task_of(chain, answer.unit_code, answer.received_at)
    if task is None:
        return say("该报警没有交办给本单位")
    if step.name not in allowed(chain, task.task_no):
        return say("该交办件{state}，现在不能办理{step}", state=say(STATES[task.state]), step=say(step.label))
    if "photos" in OF_PAGE[answer.step].needs and not answer.photos:
        return say("现场验收须附照片")
    if same := taking_part(task.persons_of(step.unlike), answer.inspector, by):
        return say("{step}须由{names}以外的人办理", step=say(step.label), names=say("、").join(same))
    move = Move(
        step.name,
        now,
        answer.received_at,
        by[:_LONGEST_ACTOR],
        answer.inspector,
        answer.unit_code if step.by == "holder" else "",
        task.task_no,
        note=_note(answer),
        inspected_at=answer.inspected_at,
        key=f"field {answer.report_id}",
    )
    try:
        with connection.begin_nested():
            take_in(connection, alarm_id, move, settings, key)
    except (InputError, StateError) as error:
        return str(error)
    return ""


def _note(answer: Answer) -> str:
    photos = say("照片{n}张", n=len(answer.photos)) if answer.photos else ""
    return say("；").join(filter(None, (answer.note, photos)))
