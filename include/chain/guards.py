"""What a move must say, and who may make it: the holder its own steps, the office the others; another person than before; whose duty
the step is by the profile."""

from __future__ import annotations

from typing import Final

from include.chain.persons import persons_in, taking_part
from include.chain.steps import ASSIGN, CLOSE, REOPEN, ROLES, Step
from include.chain.values import Chain, Move, Task
from include.errors import InputError, StateError
from include.periods import moment_text
from include.profile.chain_values import ChainSettings

_LONGEST_NAME: Final = 128
_LONGEST_NOTE: Final = 10_000
_NEEDS_WORDS: Final = ("report", "return", "fail", "doubt", "extend", "withdraw", CLOSE, REOPEN)


def require_words(move: Move) -> None:
    faults = {
        "who does it": len(move.actor) <= _LONGEST_NAME
        and len(move.person) <= _LONGEST_NAME
        and bool(persons_in(move.actor))
        and (not move.person.strip() or bool(persons_in(move.person))),
        "what was found, or why": len(move.note) <= _LONGEST_NOTE
        and (move.step not in _NEEDS_WORDS or bool(move.note.strip())),
        "whether a problem was found": move.step != "report" or move.problem_found is not None,
        "the category of the problem": move.step != "report" or not move.problem_found or bool(move.category),
        "the unit that is to hold it": move.step != ASSIGN or bool(move.unit_code),
        f"the part of the unit, {' or '.join(ROLES)}": move.step != ASSIGN or move.role in ROLES,
    }
    for what, is_there in faults.items():
        if not is_there:
            raise InputError(
                "a step of the chain says too little",
                where=move.step,
                expected=what,
                todo="say it with the step",
            )
    require_no_contradiction(move)


def require_no_contradiction(move: Move) -> None:
    told = [move.category, *(one.category for one in move.problems)]
    if move.step == "report" and not move.problem_found and any(told):
        raise InputError(
            "a report that found no problem names one",
            where=move.step,
            got=" | ".join(filter(None, told)),
            todo="say that a problem was found, or leave its category out",
        )

    if move.step == "report" and not move.problem_found and move.rectify_by is not None:
        raise InputError(
            "a report that found no problem promises its rectification",
            where=move.step,
            got=moment_text(move.rectify_by),
            todo="say that a problem was found, or leave the date out",
        )


def require_speaker(task: Task, step: Step, move: Move) -> None:
    speakers = task.holders_at(move.at) if step.by == "holder" else ("",)
    require(
        move.unit_code in speakers,
        "that step is the holder's" if step.by == "holder" else "that step is the office's",
        move,
        got=move.unit_code or "the office",
        expected=tuple(one or "the office" for one in speakers),
    )


def require_another(task: Task, step: Step, move: Move) -> None:
    same = taking_part(task.persons_of(step.unlike), move.actor, move.person)
    require(
        not same,
        f"another person must {step.name} it",
        move,
        got=f"{', '.join(same)} took part in {' or '.join(step.unlike)}",
        expected=("somebody else",),
    )


def require_duty(chain: Chain, task: Task | None, move: Move, slot: str, settings: ChainSettings) -> None:
    """Whose step it is by the profile: the person, the deputy, and the leader too once it is escalated (of the alarm: always)."""
    duty = settings.duty(slot or "assign")
    if not duty.person or move.is_by_rule:
        return
    is_escalated = task is None or settings.is_escalated(task.due_at, move.now)
    names = [name for name in (duty.person, duty.deputy, duty.leader if is_escalated else "") if name]
    require(
        bool({move.actor, move.person.strip()} & set(names)),
        "that step is another person's",
        move,
        got=move.person or move.actor,
        expected=tuple(names),
    )


def require(holds: bool, what: str, move: Move, got: str = "", expected: tuple[str, ...] = ()) -> None:
    if not holds:
        raise StateError(
            what,
            where=f"task {move.task_no}" if move.task_no else "alarm",
            got=got,
            expected=" | ".join(expected) or "nothing",
            todo="see: chain show",
        )
