"""更正: letters that left and would say something else today. They are proposed to a person, never sent by themselves."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from include.house import House
from include.periods import Period, period_ending
from include.store.engine import reading
from include.store.facts import letters_with_late_facts
from include.supervision.corrections import Told, differences
from include.supervision.figures import NoticeFigures, ReminderFigures, from_json
from include.supervision.weekly_figures import SummaryFigures
from include.workflows import daily_dispatch, weekly_summary

_KINDS: Final[dict[str, Any]] = {
    "notice": NoticeFigures,
    "reminder": ReminderFigures,
    "summary": SummaryFigures,
}


@dataclass(frozen=True)
class Correction:
    """One released letter that facts learnt after it left would change, with every difference in words."""

    letter_id: int
    letter_key: str
    number: str
    differences: tuple[str, ...]


def proposed_corrections(house: House, since: date) -> tuple[Correction, ...]:
    """The letters with a period_end from `since` on that would differ today, the oldest first.

    Only windows that late facts touch are computed again. A letter that would not be written at all today says so.
    """
    with reading(house.engine) as connection:
        touched = letters_with_late_facts(connection, since)
    now: dict[Period, dict[str, Told]] = {}
    found = []
    for letter in touched.to_dict("records"):
        period = period_ending(str(letter["period_kind"]), letter["period_end"])
        if period not in now:
            now[period] = _computed_now(house, period)
        told: Told = from_json(_KINDS[str(letter["kind"])], str(letter["figures_json"]))
        again = now[period].get(str(letter["letter_key"]))
        words = ("按现有数据不再需要这封函件",) if again is None else differences(told, again)
        if words:
            number = letter["number"] if isinstance(letter["number"], str) else ""
            found.append(Correction(int(letter["letter_id"]), str(letter["letter_key"]), number, words))
    return tuple(found)


def _computed_now(house: House, period: Period) -> dict[str, Told]:
    figures: list[Any]
    if period.kind == "day":
        day = daily_dispatch.compute(house, period)
        figures = [*day.notices, *day.reminders]
    else:
        figures = list(weekly_summary.summaries(house, period).summaries)
    return {one.letter_key: one for one in figures}
