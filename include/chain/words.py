"""What a unit says of an alarm, by whatever way it came, as a step of its task; pure.

A form, a mail, a file or the phone page knows of answers, not of steps: an answer is 巡查上报 while its report is asked for or waits for
its review, and 整改 once the report was passed and the answer says that all is rectified. Said again word by word it is no second step;
said again after it was sent back it is one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from include.chain.steps import ACKNOWLEDGED, ASSIGNED, FAILED, PASSED, REPORTED, RETURNED, STATES
from include.chain.values import Chain, Event, Move, Problem, Task
from include.language import say

_TO_REPORT: Final = (ASSIGNED, ACKNOWLEDGED, RETURNED, REPORTED)
_BEGIN_A_ROUND: Final = ("returned", "inspected_failed", "spot_failed")
_LONGEST_PERSON: Final = 128
_LONGEST_NOTE: Final = 10_000


@dataclass(frozen=True)
class Word:
    """What a unit said of one alarm. `event`: acknowledged, submitted, or empty where it only tells problems; `at`: the moment by which
    it counts; `speaker`: the code of the unit, empty where the way it came does not tell; `unit`, `inspector`: as written in it."""

    alarm_id: str
    event: str
    at: datetime
    speaker: str = ""
    unit: str = ""
    inspector: str = ""
    problem_found: bool | None = None
    note: str = ""
    inspected_at: datetime | None = None
    problems: tuple[Problem, ...] = ()


class Unfit(ValueError):
    """A word of which no step can be made; the text says why, for people."""


def task_meant(chain: Chain, word: Word, names: Mapping[str, str]) -> Task:
    """The task that a word is of: its speaker's. `names`: of units by code. Raises Unfit."""
    running = chain.running
    if not running:
        raise Unfit(say("该报警的交办已撤回"))
    if chain.is_closed:
        raise Unfit(say("该报警已结案"))
    speaker = word.speaker or next((code for code, name in names.items() if name == word.unit.strip()), "")
    own = chain.task_of(speaker, word.at)
    if own:
        return own
    held_by = say("、").join(names.get(one.holder_code, one.holder_code) for one in running)
    if word.speaker:
        raise Unfit(say("该报警交办给{held_by}，不是该单位", held_by=held_by))
    if len(running) > 1:
        raise Unfit(say("该报警由{held_by}共同承办，须写明是其中哪个单位的反馈", held_by=held_by))
    return running[0]


def move_of(
    task: Task, word: Word, events: tuple[Event, ...], actor: str, now: datetime, *, unnamed: str
) -> Move | None:
    """The move that a word makes of its task; None where it says nothing that is still asked. `unnamed`: the category of a problem whose
    own one was not told (it may come after). Raises Unfit."""
    step = _step(task, word)
    move = Move(
        step,
        now,
        word.at,
        actor,
        (word.inspector or word.unit).strip()[:_LONGEST_PERSON],
        word.speaker if word.speaker in task.holders_at(word.at) else task.holder_code,
        task.task_no,
        note=_note(word, step),
        inspected_at=word.inspected_at,
        key=_key(task, word, events, step),
    )
    if step != "report":
        return move if step else None
    found = bool(word.problems) or word.problem_found
    if found is None:
        raise Unfit(say("须写明是否发现问题"))
    promised = [one.rectify_by for one in word.problems if one.rectify_by and not one.rectified_at]
    category = word.problems[0].category if word.problems else unnamed
    return replace(
        move,
        problem_found=found,
        category=category if found else "",
        rectify_by=max(promised, default=None),
        problems=word.problems,
    )


def _step(task: Task, word: Word) -> str:
    """The name of the step, empty for none."""
    if word.event == "acknowledged":
        return "acknowledge" if task.state == ASSIGNED else ""
    if task.state in _TO_REPORT:
        return "report"
    is_rectified = bool(word.problems) and all(one.rectified_at for one in word.problems)
    return "rectify" if is_rectified and task.state in (PASSED, FAILED) else "report"


def is_said_before(task: Task, word: Word, events: tuple[Event, ...]) -> bool:
    """Whether a step of the task was made of the same words in this round."""
    known = {one.key for one in events}
    return any(_key(task, word, events, step) in known for step in ("acknowledge", "report", "rectify"))


def not_taken(task: Task) -> Unfit:
    """Why a word that asks for a step which the task does not allow is not taken."""
    return Unfit(
        say(
            "该交办件{state}，不再采用新的反馈；需要改报的，由本单位退回后重报", state=say(STATES[task.state])
        )
    )


def _note(word: Word, step: str) -> str:
    told = [word.note.strip(), *(one.description.strip() for one in word.problems)]
    found = say("；").join(dict.fromkeys(filter(None, told)))
    if not found and step == "report":
        found = say("有问题") if word.problems or word.problem_found else say("未发现问题")
    return found[:_LONGEST_NOTE]


def _key(task: Task, word: Word, events: tuple[Event, ...], step: str) -> str:
    """Names the step that these words make in this round of the task."""
    round_no = sum(
        one.task_no == task.task_no and one.event in _BEGIN_A_ROUND and one.event_at <= word.at
        for one in events
    )
    told = (
        *(word.event, word.unit, word.inspector, word.problem_found, word.note),
        *(
            (one.category, one.description, one.status, one.rectify_by, one.rectified_at)
            for one in word.problems
        ),
    )
    text = repr((word.alarm_id, task.task_no, round_no, step, told))
    return "word " + hashlib.sha256(text.encode()).hexdigest()
