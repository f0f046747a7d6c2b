"""What changes of a task beside its way: who holds it, and by which deadline a step that was taken is judged; pure.

A task follows its holder's successor (承接单位). Where the leading unit's task is withdrawn and others still hold the alarm, the first of
them leads: an alarm in somebody's hands has one 主办.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from include.chain.guards import require_duty, require_words
from include.chain.machine import event_of
from include.chain.steps import ACKNOWLEDGED, ASSIGNED, HANDED_OVER, LEAD, RETURNED
from include.chain.values import Chain, Event, Move, Task
from include.profile.chain_values import ChainSettings

_OWED = (ASSIGNED, ACKNOWLEDGED, RETURNED)


def to_lead(chain: Chain) -> Task | None:
    """The task that leads from now on, because no unit does: the first of those that run; None where one leads or none runs."""
    if any(one.role == LEAD for one in chain.running):
        return None
    return next((one for one in chain.running if not one.is_ended), None)


def handed_over(chain: Chain, task: Task, move: Move, holder_code: str, role: str) -> Event:
    """The event by which a task has another holder or part; what is asked of it, and until when, stays. `move`: when, by whom, why."""
    return replace(_beside(chain, task, move, HANDED_OVER), unit_code=holder_code, role=role)


def is_doubled(chain: Chain, task: Task, holder_code: str) -> bool:
    """Whether a unit that is to take over a task owes the alarm's report by a task of its own already."""
    own = any(one.holder_code == holder_code and one.task_no != task.task_no for one in chain.running)
    return own and task.state in _OWED


def moved_deadline(
    chain: Chain, taken: Event, met_due_at: datetime, move: Move, settings: ChainSettings
) -> Event:
    """The event by which a step that was taken is judged by a later deadline, because of an outage on our own side."""
    require_words(move)
    task = chain.task(taken.task_no)
    assert task is not None  # its step was taken
    require_duty(chain, task, move, "", settings)
    return replace(_beside(chain, task, move, "extended"), met_due_at=met_due_at, of_seq=taken.seq)


def moved_report(
    chain: Chain, task_no: int, answer_due_at: datetime, move: Move, settings: ChainSettings
) -> Event:
    """The event by which the report of a task that was not acknowledged in time is asked for until later, because of an outage on our own
    side; until when it was to be acknowledged stays."""
    require_words(move)
    task = chain.task(task_no)
    assert task is not None  # its report is waited for
    require_duty(chain, task, move, "", settings)
    return replace(_beside(chain, task, move, "extended"), answer_due_at=answer_due_at)


def _beside(chain: Chain, task: Task, move: Move, name: str) -> Event:
    return replace(
        event_of(chain, move, name, task.task_no),
        state=task.state,
        due_at=task.due_at,
        answer_due_at=task.answer_due_at,
        role=task.role,
        is_drawn=task.is_drawn,
    )
