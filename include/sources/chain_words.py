"""Where a unit's word of an alarm that this office hands on itself becomes a step of its chain, whatever way it came by.

Every intake passes here before its rows become facts: an answer to an alarm in a chain is internal until it is reviewed. An alarm that
nobody was handed yet and nobody answered is handed to the unit that answers it. What cannot be a step goes into quarantine.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import Connection, select

from include.chain.machine import allowed, chain_of
from include.chain.steps import ASSIGN, LEAD
from include.chain.values import Event, Move, Problem
from include.chain.words import Unfit, Word, is_said_before, move_of, not_taken, task_meant
from include.errors import InputError, StateError
from include.language import say
from include.periods import moment_label
from include.profile.current import office
from include.sources.chain_holders import follow_successors
from include.sources.chain_steps import take_in
from include.sources.layout import FEEDBACK, PROBLEMS, Layout
from include.store import tables
from include.store.alarm_aliases import main_ids
from include.store.chain import chain_events
from include.store.chain_tables import chain_alarm
from include.store.units import names_of_units

UNKNOWN: Final = "-"
"""The speaker of a word whose way tells no unit."""
# How an alarm stands to the chain: it has one, it was answered without one, neither.
_CHAINED, _ANSWERED, _FREE = "chained", "answered", "free"
_ANSWERS: Final = ("submitted", "accepted")
_AT_ONCE: Final = 500
Ref = TypeVar("Ref")


@dataclass
class Settled(Generic[Ref]):
    """What became of the rows that were kept apart: of which a step was made, which had been said before, which cannot be used."""

    taken: list[Ref] = field(default_factory=list)
    known: list[Ref] = field(default_factory=list)
    refused: list[tuple[Ref, str]] = field(default_factory=list)


class ChainWords(Generic[Ref]):
    """The words of one delivery. `speaker`: the unit that it speaks for, `UNKNOWN`, or None where it is no unit's word; `by`: the contact who is known to speak, else the source is the actor. `Ref`: how the
    caller knows its rows again."""

    def __init__(
        self, connection: Connection, source: str, speaker: str | None, now: datetime, by: str = ""
    ) -> None:
        self._connection, self._source, self.speaker, self._now = connection, source, speaker, now
        self._actor = (by or source)[:128]
        self._stands: dict[str, str] = {}
        self._rows: list[tuple[Layout, dict[str, Any], Ref]] = []

    def are_steps(self, layout: Layout, rows: pd.DataFrame) -> NDArray[np.bool_]:
        """Which rows are words about an alarm in a chain; all others are facts as they stand."""
        if self.speaker is None or office().chain is None or layout not in (FEEDBACK, PROBLEMS) or rows.empty:
            return np.zeros(len(rows), dtype=bool)
        told = rows["alarm_id"].astype(str)
        self._look_up(sorted(set(told) - self._stands.keys()))
        stands = told.map(self._stands)
        if layout is PROBLEMS:
            return (stands != _ANSWERED).to_numpy(dtype=bool)
        is_step = (rows["event"] == "submitted") & (stands != _ANSWERED)
        return (is_step | ((rows["event"] == "acknowledged") & (stands == _CHAINED))).to_numpy(dtype=bool)

    def add(self, layout: Layout, rows: pd.DataFrame, refs: Sequence[Ref]) -> None:
        """Keeps rows apart until the delivery was read whole."""
        for row, ref in zip(rows.to_dict("records"), refs, strict=True):
            self._rows.append((layout, {str(name): value for name, value in row.items()}, ref))

    def settle(self) -> Settled[Ref]:
        """Takes the steps, each alarm's in the order in which they count."""
        done: Settled[Ref] = Settled()
        for word, refs in self._words():
            try:
                with self._connection.begin_nested():
                    is_new = self._take(word)
                (done.taken if is_new else done.known).extend(refs)
            except (Unfit, InputError, StateError) as error:
                done.refused += [(ref, str(error)) for ref in refs]
        self._rows = []
        return done

    def _look_up(self, alarm_ids: Sequence[str]) -> None:
        main = main_ids(self._connection, alarm_ids)
        ids = {one: main.get(one, one) for one in alarm_ids}
        wanted = sorted(set(ids.values()))
        chained: set[str] = set()
        answered: set[str] = set()
        facts = tables.feedback_event.c
        for at in range(0, len(wanted), _AT_ONCE):
            some = wanted[at : at + _AT_ONCE]
            own = select(chain_alarm.c.alarm_id).where(chain_alarm.c.alarm_id.in_(some))
            chained |= set(self._connection.execute(own).scalars())
            told = select(facts.alarm_id).where(facts.alarm_id.in_(some), facts.event.in_(_ANSWERS))
            answered |= set(self._connection.execute(told).scalars())
        for one, own_id in ids.items():
            self._stands[one] = _CHAINED if own_id in chained else _ANSWERED if own_id in answered else _FREE

    def _words(self) -> Iterator[tuple[Word, list[Ref]]]:
        """What the rows say, one word an answer with its problems; a problem without an answer beside it is one of its own."""
        answers: list[tuple[Word, list[Ref]]] = []
        last: dict[str, int] = {}
        for layout, row, ref in self._rows:
            if layout is FEEDBACK:
                answers.append((self._word(row), [ref]))
                if row["event"] == "submitted":
                    last[str(row["alarm_id"])] = len(answers) - 1
        for layout, row, ref in self._rows:
            if layout is not PROBLEMS:
                continue
            alarm_id, problem = str(row["alarm_id"]), _problem(row)
            if alarm_id not in last:
                last[alarm_id] = len(answers)
                answers.append((Word(alarm_id, "", self._now, self._code, problem_found=True), []))
            place = last[alarm_id]
            word, refs = answers[place]
            answers[place] = (replace(word, problems=(*word.problems, problem)), [*refs, ref])
        yield from sorted(answers, key=lambda one: one[0].at)

    @property
    def _code(self) -> str:
        return "" if self.speaker in (None, UNKNOWN) else str(self.speaker)

    def _word(self, row: dict[str, Any]) -> Word:
        found = row["problem_found"]
        return Word(
            str(row["alarm_id"]),
            str(row["event"]),
            row["event_at"].to_pydatetime(),
            self._code,
            str(row["unit"]),
            str(row["inspector"]),
            None if pd.isna(found) else bool(found),
            str(row["note"]),
            _instant(row["inspected_at"]),
        )

    def _take(self, word: Word) -> bool:
        """Takes the step that a word makes; whether there was one to take. Raises Unfit, InputError, StateError."""
        settings = office().chain
        assert settings is not None  # asked in `are_steps`
        main = main_ids(self._connection, [word.alarm_id])
        word = replace(word, alarm_id=main.get(word.alarm_id, word.alarm_id))
        follow_successors(self._connection, self._now, [word.alarm_id])
        events = chain_events(self._connection, word.alarm_id)
        if not events:
            take_in(self._connection, word.alarm_id, self._handed(word), settings)
            events = chain_events(self._connection, word.alarm_id)
        chain = chain_of(events)
        task = task_meant(chain, word, self._names(word.at))
        if is_said_before(task, word, events):
            return False
        move = move_of(task, word, events, self._actor, self._now, unnamed=_unnamed())
        if move is None:
            return False
        if move.step not in allowed(chain, task.task_no):
            raise not_taken(task)
        return self._taken(word.alarm_id, move) is not None

    def _taken(self, alarm_id: str, move: Move) -> Event | None:
        settings = office().chain
        assert settings is not None
        longest = move.at + settings.rules.promise_longest
        if move.rectify_by is not None and not move.at <= move.rectify_by <= longest:
            raise Unfit(
                say("承诺的整改期限须在反馈之后、{longest}以前", longest=moment_label(longest, year=True))
            )
        return take_in(self._connection, alarm_id, move, settings)

    def _handed(self, word: Word) -> Move:
        """交办 to the unit that answered an alarm before it was handed on."""
        columns = tables.alarm.c
        asked = select(columns.unit_code).where(
            columns.alarm_id == word.alarm_id, columns.revised_at <= self._now
        )
        asked = asked.order_by(columns.revised_at.desc(), columns.revision.desc()).limit(1)
        unit = word.speaker or str(self._connection.execute(asked).scalar_one())
        note = say("单位先行上报，视同交办")
        return Move(
            ASSIGN,
            self._now,
            word.at,
            self._source[:128],
            unit_code=unit,
            role=LEAD,
            note=note,
            is_by_rule=True,
        )

    def _names(self, at: datetime) -> dict[str, str]:
        return names_of_units(self._connection, at)


def _unnamed() -> str:
    """The category of a problem of which none is told."""
    other = say("其他")
    return other if other in office().categories else office().categories[-1]


def _problem(row: dict[str, Any]) -> Problem:
    return Problem(
        str(row["problem_id"]),
        str(row["category"]),
        str(row["description"]),
        row["found_at"].to_pydatetime(),
        str(row["status"]),
        _instant(row["rectify_by"]),
        _instant(row["rectified_at"]),
    )


def _instant(value: Any) -> datetime | None:
    return None if pd.isna(value) else value.to_pydatetime()
