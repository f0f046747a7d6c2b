"""更正: letters that left and would say something else today. A person asks for a correction; nothing is sent by itself."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import include.workflows.beats  # noqa: F401  enters the beats whose letters are compared
from include.errors import StateError
from include.house import House
from include.language import say
from include.office.letter_acts import corrected, frozen_figures, letter_differences, render
from include.office.register import due_letters
from include.periods import Period, period_ending
from include.post.drafts import Drafted, LetterFacts, find
from include.post.revisions import correctable, draft_correction, urged_before
from include.store.engine import reading
from include.store.facts import letters_with_late_facts
from include.supervision.differences import under_key
from include.supervision.figures import to_json


@dataclass(frozen=True)
class Correction:
    """One released letter that facts learnt after it left would change, with every difference in words."""

    letter_id: int
    letter_key: str
    number: str
    differences: tuple[str, ...]


def proposed_corrections(house: House, since: date) -> tuple[Correction, ...]:
    """The letters with a period_end from `since` on that would differ today, the oldest first.

    Only windows that late facts touch are computed again. A letter that would not be written at all today says so; one
    that a person corrected, or decided not to, is no longer compared.
    """
    with reading(house.engine) as connection:
        touched = letters_with_late_facts(connection, since)
    now: dict[Period, dict[str, LetterFacts]] = {}
    found = []
    for letter in touched.to_dict("records"):
        kind, period = str(letter["kind"]), _window(letter)
        if period not in now:
            now[period] = _due_now(house, period)
        told = frozen_figures(kind, str(letter["figures_json"]))
        again = now[period].get(period.letter_key(kind, str(letter["addressee"])))
        words = (
            (say("按现有数据不再需要这封函件"),)
            if again is None
            else letter_differences(kind, told, frozen_figures(kind, again.figures_json))
        )
        if words:
            number = letter["number"] if isinstance(letter["number"], str) else ""
            found.append(Correction(int(letter["letter_id"]), str(letter["letter_key"]), number, words))
    return tuple(found)


def correct(house: House, letter_id: int, *, now: datetime, actor: str, reason: str) -> Drafted:
    """Drafts the 更正 of a released letter: its next revision, with its window's figures as of its own moment by the facts
    as they are known now. It awaits approval; asked twice, the first one is `left` as it is.

    The deadlines are those of the letter that left. Raises StateError when the letter did not leave, was corrected, is no
    longer due, or would say the same.
    """
    with reading(house.engine) as connection:
        told = find(connection, letter_id)
        known, revision = correctable(connection, told)
        urged = urged_before(connection, told)
    if known is not None:
        return Drafted(known.letter_id, known.letter_key, "left", known.state, known.state_reason)
    period = told.period
    again = _due_now(house, period).get(period.letter_key(told.kind, told.addressee))
    if again is None:
        raise StateError(
            "by the facts of now this letter is not due at all",
            where=told.letter_key,
            todo="there is nothing to correct it with: tell the addressee by phone",
        )
    figures = under_key(
        frozen_figures(told.kind, again.figures_json), period.letter_key(told.kind, told.addressee, revision)
    )
    # What an earlier revision urged is not urged a second time by this one.
    alarms = tuple(replace(one, is_urged=one.is_urged and one.alarm_id not in urged) for one in again.alarms)
    facts = replace(again, revision=revision, figures_json=to_json(figures), alarms=alarms)
    corrects = corrected(told, facts.figures_json)
    if not corrects.changes:
        raise StateError(
            "the letter would say the same today", where=told.letter_key, todo="nothing to correct"
        )
    composed = render(house, told.kind, facts.figures_json, None, None, corrects)
    return draft_correction(
        house.engine, house.archive, letter_id, facts, composed, now=now, actor=actor, reason=reason
    )


def _window(letter: Mapping[Hashable, Any]) -> Period:
    """The window of a row of `letters_with_late_facts`, as of the moment at which its beat reads it."""
    kind = str(letter["period_kind"])
    return period_ending(kind, letter["end_at"].to_pydatetime())


def _due_now(house: House, period: Period) -> dict[str, LetterFacts]:
    """The letters of a window by their keys, by the facts as they are known now."""
    return {one.facts.key: one.facts for one in due_letters(house, period)}
