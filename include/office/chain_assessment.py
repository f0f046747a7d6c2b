"""考核 of a month by holder: its figures, and the letter of it that waits for a person, once a month."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pandas as pd

from include.chain.assessment import assessed
from include.chain.assessment_figures import ASSESSMENT_LIST, AssessedUnit, AssessmentFigures
from include.errors import QianliyanError
from include.house import House
from include.language import say
from include.letter_kinds import is_in_use, letter_label
from include.office.chain import chain_settings
from include.office.letter_acts import render
from include.periods import DAY, Period, midnight, office_date
from include.post.drafts import LetterFacts, draft, find_by_key, withhold
from include.post.recipients import addressees
from include.profile.current import office
from include.rules import ASSESSMENT, RULES_VERSION
from include.store.chain import chain_tasks
from include.store.engine import reading
from include.store.facts import ALL_KNOWN
from include.store.statements import frame
from include.supervision.figures import to_json

_LEADER = "leader"


def assessment_figures(house: House, month: date, as_of: datetime) -> AssessmentFigures:
    """The holders of the alarms first assigned in the month, as of a moment."""
    chain_settings()
    start, end = _span(month)
    period = Period.of_days(start, end, "month", as_of)
    with reading(house.engine) as connection:
        tasks = chain_tasks(connection, period.start_at, period.end_at, as_of)
        steps = frame(
            connection,
            "chain_steps",
            start_at=period.start_at,
            end_at=period.end_at,
            as_of_at=as_of,
            known_at=ALL_KNOWN,
        )
        units = frame(connection, "unit_names", on_date=office_date(min(as_of, period.end_at - DAY)))
    known = units.set_index("unit_code")
    kinds, names = (
        {str(code): str(value) for code, value in known[column].items()} for column in ("kind", "name")
    )
    rows = assessed(tasks, steps, as_of, kinds, ASSESSMENT.least_due)
    title = addressees()[_LEADER]
    return AssessmentFigures(
        period.letter_key(ASSESSMENT_LIST, _LEADER),
        ASSESSMENT_LIST,
        _LEADER,
        title,
        title,
        period,
        start,
        tuple(_unit(row, names) for row in rows.to_dict("records")),
        ASSESSMENT.least_due,
        RULES_VERSION,
        bool(tasks["is_simulated"].any()),
    )


def assessment_table(figures: AssessmentFigures) -> pd.DataFrame:
    """One row a holder, as the list has them."""
    return pd.DataFrame([vars(one) for one in figures.rows], columns=list(AssessedUnit.__annotations__))


def assessment_letter(house: House, now: datetime, actor: str) -> dict[str, Any]:
    """Makes the letter of last month once it is due (`ASSESSMENT.day_of_next_month`), by the facts as of that moment; it waits for a
    person, who releases it. Nothing where the profile has no such letter, or nobody held a task."""
    today = office_date(now)
    due = today.replace(day=ASSESSMENT.day_of_next_month)
    if office().chain is None or today < due or not is_in_use(ASSESSMENT_LIST, office().letters):
        return {}
    month = (today.replace(day=1) - DAY).replace(day=1)
    key = Period.of_days(*_span(month), "month", midnight(due)).letter_key(ASSESSMENT_LIST, _LEADER)
    with reading(house.engine) as connection:
        known = find_by_key(connection, key)
    if known is not None and known.state != "drafted":
        return {}
    figures = assessment_figures(house, month, midnight(due))
    if not figures.rows:
        return {}
    try:
        facts = LetterFacts(
            figures.kind, _LEADER, None, figures.period, to_json(figures), figures.is_simulated
        )
        letter = render(house, figures.kind, facts.figures_json, None, None)
        drafted = draft(house.engine, house.archive, facts, letter, now=now, actor=actor)
        reason = say("{label}须由人员核实后放行", label=letter_label(figures.kind))
        withhold(house.engine, drafted.letter_id, now=now, actor=actor, reason=reason, is_stuck=True)
    except QianliyanError as error:
        return {"trouble": f"{key}: {error}"}
    return {"assessed": len(figures.rows)}


def _span(month: date) -> tuple[date, date]:
    start = month.replace(day=1)
    return start, (start + 31 * DAY).replace(day=1)


def _unit(row: dict[Any, Any], names: dict[str, str]) -> AssessedUnit:
    code = str(row["unit_code"])
    values: dict[str, Any] = {str(name): value for name, value in row.items()}
    counts = {
        name: int(value)
        for name, value in values.items()
        if name not in ("group", "unit_code", "is_small", "rank")
    }
    rank = None if pd.isna(values["rank"]) else int(values["rank"])
    return AssessedUnit(
        group=str(values["group"]),
        unit_code=code,
        unit_name=names.get(code, code),
        is_small=bool(values["is_small"]),
        rank=rank,
        **counts,
    )
