"""The figures of a case of 解剖分析: what the store says of its grid as of a moment, gathered for its page and its draft."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import pandas as pd
from sqlalchemy import Connection

from include.chain.dissection.effect import adjusted_ratio, mean_difference, rate_ratio
from include.chain.dissection.figures import CaseFigures, Effect, NamedSuspect
from include.chain.dissection.findings import Finding, Visit, unheld
from include.chain.dissection.values import Case
from include.house import House
from include.language import say
from include.office.chain import chain_settings
from include.office.dissection_cases import stored_case
from include.periods import DAY, midnight, office_date
from include.rules import DissectionRules
from include.store.air_days import imported_days
from include.store.chain import chain_events, chain_tasks, reported_problems
from include.store.dissection import StoredCase, counted_alarms
from include.store.engine import reading
from include.store.facts import ALL_KNOWN, problems_of, states_of
from include.store.hourly import days_beside_others
from include.store.statements import frame
from include.store.suspects import suspects_for_letters
from include.store.units import names_of_units
from include.supervision.feedback import judge, standing
from include.supervision.standards import VALIDITY
from include.suspects.repeated import Ranked, repeated, wind_shares
from include.suspects.wording import suspect_name, wind_words

SUSPECTS_NAMED: Final = 5
_INSTANT: Final = timedelta(microseconds=1)


def case_figures(house: House, case_id: str, as_of: datetime) -> CaseFigures:
    """Everything of one case as of a moment. Raises InputError for one that is not there."""
    rules = chain_settings().dissection
    with reading(house.engine) as connection:
        stored = stored_case(connection, case_id, as_of)
        first_at = stored.case.first_opened_at or as_of
        since = first_at - rules.within
        pushes = counted_alarms(connection, since, as_of + _INSTANT, as_of, grid_id=stored.grid_id)
        states = judge(states_of(connection, pushes, as_of), as_of)
        unit_names = names_of_units(connection, as_of)
        visits = _visits(connection, stored.grid_id, states, since, as_of, unit_names)
        ids = [one.alarm_id for one in visits]
        suspects, winds, hours, ranked_alarms = _suspects(connection, ids, as_of)
        effect, effect_from_at = _effect(house, connection, stored, rules, as_of)
    last = states.sort_values("pushed_at").iloc[-1] if len(states) else None
    return CaseFigures(
        stored.case_id,
        stored.grid_id,
        stored.case_no,
        str(last["county"]) if last is not None else "",
        str(last["point_name"]) if last is not None else "",
        unit_names.get(str(last["unit_code"]), str(last["unit_code"])) if last is not None else "",
        as_of,
        stored.case,
        visits,
        unheld(visits, rules.within),
        wind_words(hours) if hours else "",
        winds,
        suspects,
        ranked_alarms,
        unit_names,
        effect,
        effect_from_at,
        stored.is_simulated or bool(states["is_simulated"].any()),
    )


def _visits(
    connection: Connection,
    grid_id: str,
    states: pd.DataFrame,
    since: datetime,
    as_of: datetime,
    unit_names: Mapping[str, str],
) -> tuple[Visit, ...]:
    tasks = chain_tasks(connection, since, as_of + _INSTANT, as_of)
    problems = problems_of(connection, states, as_of)
    steps = frame(
        connection,
        "alarm_steps",
        unit_code=None,
        grid_id=grid_id,
        start_at=since,
        end_at=as_of + _INSTANT,
        as_of_at=as_of,
        known_at=ALL_KNOWN,
    )
    told = [
        _visit(
            row,
            _rows(tasks[(tasks["alarm_id"] == row["alarm_id"]) & (tasks["state"] != "withdrawn")]),
            _rows(problems[problems["alarm_id"] == row["alarm_id"]]),
            _rows(steps[(steps["alarm_id"] == row["alarm_id"]) & (steps["event"] == "submitted")]),
            unit_names,
            _told_by_task(connection, tasks, str(row["alarm_id"]), as_of),
        )
        for row in states.sort_values(["pushed_at", "alarm_id"]).to_dict("records")
    ]
    return tuple(told)


@dataclass(frozen=True)
class _Told:
    """What the holder of a task said beside what its row has: every category of its last report, what it did about it."""

    categories: tuple[str, ...] = ()
    rectified_note: str = ""


def _told_by_task(
    connection: Connection, tasks: pd.DataFrame, alarm_id: str, as_of: datetime
) -> dict[int, _Told]:
    """Of the alarm's tasks that were reported, by number."""
    own = tasks[(tasks["alarm_id"] == alarm_id) & tasks["reported_at"].notna()]
    if own.empty:
        return {}
    events = chain_events(connection, alarm_id, as_of)
    last = {one.task_no: one.seq for one in events if one.event == "reported"}
    problems = reported_problems(connection, alarm_id, last.values())
    return {
        number: _Told(
            tuple(dict.fromkeys(one.category for at, one in problems if at == seq and one.category)),
            say("；").join(
                dict.fromkeys(
                    one.note
                    for one in events
                    if (one.task_no, one.event) == (number, "rectified") and one.note
                )
            ),
        )
        for number, seq in last.items()
    }


def _visit(
    row: Mapping[Any, Any],
    tasks: Sequence[dict[str, Any]],
    problems: Sequence[dict[str, Any]],
    answers: Sequence[dict[str, Any]],
    unit_names: Mapping[str, str],
    told: Mapping[int, _Told],
) -> Visit:
    """One alarm: from its chain where it has one, else from what was answered."""
    unit = unit_names.get(str(row["unit_code"]), str(row["unit_code"]))
    tasks = sorted(tasks, key=lambda one: (one["role"] != "lead", one["task_no"]))
    findings = tuple(_finding(one, unit_names, told.get(int(one["task_no"]), _Told())) for one in tasks)
    return Visit(
        str(row["alarm_id"]),
        row["started_at"].to_pydatetime(),
        row["last_at"].to_pydatetime(),
        row["pushed_at"].to_pydatetime(),
        int(row["alarm_count"]),
        None if pd.isna(row["peak_pm25_ug_m3"]) else float(row["peak_pm25_ug_m3"]),
        findings or (_answered(unit, problems, answers, is_answered=bool(row["is_answered"])),),
        standing(row),
        _moment(row["first_answer_at"]),
    )


def _finding(task: Mapping[str, Any], unit_names: Mapping[str, str], told: _Told) -> Finding:
    """What the holder of one task said."""
    is_reported = not pd.isna(task["has_problem"])
    found = bool(task["has_problem"]) if is_reported else None
    return Finding(
        unit_names.get(str(task["holder_code"]), str(task["holder_code"])),
        str(task["role"]),
        found,
        (told.categories or tuple(filter(None, (str(task["category"] or ""),)))) if found else (),
        str(task["report_note"] or "") if is_reported else "",
        str(task["reporter"] or "") if is_reported else "",
        _moment(task["rectified_at"]),
        told.rectified_note,
        _moment(task["accepted_at"]),
        int(task["returns"]),
        int(task["failures"]),
    )


def _answered(
    unit: str, problems: Sequence[dict[str, Any]], answers: Sequence[dict[str, Any]], *, is_answered: bool
) -> Finding:
    """What was answered of an alarm that has no chain."""
    answer = answers[-1] if answers else {}
    notes = [str(one["description"]) for one in problems if one["description"]]
    return Finding(
        str(answer.get("unit") or "") or unit,
        found=bool(problems) if problems or is_answered else None,
        categories=tuple(dict.fromkeys(str(one["category"]) for one in problems if one["category"])),
        note=say("；").join(notes) or str(answer.get("note") or ""),
        reporter=str(answer.get("inspector") or ""),
        rectified_at=max(filter(None, (_moment(one["rectified_at"]) for one in problems)), default=None),
    )


def _suspects(
    connection: Connection, alarm_ids: Sequence[str], as_of: datetime
) -> tuple[tuple[NamedSuspect, ...], tuple[tuple[str, float], ...], list[dict[str, Any]], int]:
    """The suspects of all alarms together, the winds, the hours that they are of, and how many alarms have a ranking."""
    rows = suspects_for_letters(connection, list(alarm_ids))
    ranked: list[Ranked] = []
    hours: list[dict[str, Any]] = []
    for alarm_id, rankings in rows.groupby("alarm_id", sort=True):
        _, own = next(iter(rankings.groupby("ranked_id", sort=False)))
        for row in own.sort_values("rank").to_dict("records"):
            evidence = json.loads(row["evidence_json"])
            hours += evidence.get("hours") or []
            if row["verdict"] == "struck":
                continue
            is_known = row["verdict"] is not None and pd.Timestamp(row["decided_at"]) <= pd.Timestamp(as_of)
            ranked.append(
                Ranked(
                    str(alarm_id),
                    int(row["rank"]),
                    str(row["enterprise_id"]),
                    suspect_name(evidence),
                    str(evidence["kind"]),
                    float(row["score"]),
                    str(row["verdict"]) if is_known else "",
                )
            )
    named = tuple(NamedSuspect(**vars(one)) for one in repeated(ranked, SUSPECTS_NAMED))
    return named, wind_shares(hours), hours, len({one.alarm_id for one in ranked})


def _effect(
    house: House, connection: Connection, stored: StoredCase, rules: DissectionRules, as_of: datetime
) -> tuple[Effect | None, datetime | None]:
    """The effect of the present round, and from when on it can be said (None: a measure still runs, or there is none)."""
    case: Case = stored.case
    if case.done_at is None or case.opened_at is None:
        return None, None
    from_at = case.done_at + rules.least_after
    if as_of < from_at:
        return None, from_at
    before = (max(case.opened_at - rules.compare, midnight(house.season[0])), case.opened_at)
    after = (case.done_at, min(as_of, case.done_at + rules.compare))
    own_before, others_before = _counts(connection, stored.grid_id, before, as_of)
    own_after, others_after = _counts(connection, stored.grid_id, after, as_of)
    days = [(end - start) / DAY for start, end in (before, after)]
    effect = Effect(
        *before,
        *after,
        own_before,
        own_after,
        others_before,
        others_after,
        rate_ratio(own_before, days[0], own_after, days[1]),
        adjusted_ratio(own_before, own_after, others_before, others_after),
        mean_difference(*(_excess(house, connection, stored.grid_id, span) for span in (before, after))),
    )
    return effect, from_at


def _counts(
    connection: Connection, grid_id: str, span: tuple[datetime, datetime], as_of: datetime
) -> tuple[int, int]:
    """Alarms of the grid and of all others pushed in (start, end]."""
    start, end = (moment + _INSTANT for moment in span)
    rows = counted_alarms(connection, start, end, as_of)
    own = int((rows["grid_id"] == grid_id).sum())
    return own, len(rows) - own


def _excess(
    house: House, connection: Connection, grid_id: str, span: tuple[datetime, datetime]
) -> list[float]:
    """Daily means of the grid above the median of the other grids, of the whole days of a span; days without both are left out."""
    first, end = office_date(span[0] - _INSTANT) + DAY, office_date(span[1])
    dates = [first + number * DAY for number in range(max((end - first).days, 0))]
    if not dates or imported_days(connection, "grid", first, end).empty:
        return []
    rows = days_beside_others(house.hourly_dir, "grid", grid_id, dates, VALIDITY.day_hours)
    excess = (rows["own_ug_m3"] - rows["others_ug_m3"]).dropna()
    return [float(one) for one in excess]


def _rows(rows: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in rows.to_dict("records")]


def _moment(value: Any) -> datetime | None:
    if value is None or pd.isna(value):
        return None
    found: datetime = value.to_pydatetime()
    return found
