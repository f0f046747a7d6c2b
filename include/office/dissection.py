"""解剖分析 in the store of this office: cases that the alarms open by themselves, and the steps that persons take of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from include.chain.dissection.machine import next_event
from include.chain.dissection.opening import Opening, Push, opening
from include.chain.dissection.values import OPENED, CaseEvent, CaseMove
from include.errors import InputError
from include.house import House
from include.language import say
from include.office.chain import chain_settings
from include.office.dissection_cases import stored_case
from include.office.dissection_documents import FiledDocument, finished_name
from include.periods import DAY, midnight, office_date
from include.post.audit import Change, record
from include.rules import DissectionRules
from include.store.dissection import StoredCase, add_dissection_event, counted_alarms, dissections
from include.store.engine import reading, writing
from include.store.statements import frame

_LOCK: Final = "dissection"


def look(house: House, now: datetime, actor: str) -> list[tuple[str, CaseEvent]]:
    """Opens the cases that the alarms of this season say, up to a moment, and opens accepted ones again; returns what was new. A
    function of the facts and the moment: said again, or by two at once, nothing is new."""
    rules = chain_settings().dissection
    with reading(house.engine) as connection:
        if not _openings(connection, house, now, rules):
            return []
    done: list[tuple[str, CaseEvent]] = []
    with writing(house.engine, lock=_LOCK) as connection:
        while found := _openings(connection, house, now, rules):
            done += [_open(connection, *one, now=now, actor=actor, rules=rules) for one in found]
    return done


def take(house: House, case_id: str, move: CaseMove, document: FiledDocument | None = None) -> CaseEvent:
    """Takes one step of a case and returns its event. Raises InputError for a move that says too little, an unknown case, unit or
    document, StateError where the step may not be taken, with what may."""
    chain_settings()
    if document is not None:
        name = finished_name(house, case_id, document, move.at)
        sha256 = house.archive.put(document.content)
        move = replace(move, document_sha256=sha256, document_name=name)
    with writing(house.engine, lock=_LOCK) as connection:
        stored = stored_case(connection, case_id)
        if move.step == "measure":
            _require_unit(connection, move.unit_code, move.at)
        event = next_event(stored.case, move)
        add_dissection_event(
            connection,
            stored.case_id,
            stored.grid_id,
            stored.case_no,
            event,
            is_simulated=stored.is_simulated,
        )
        change = Change(
            "dissection", stored.case_id, move.step, stored.case.state, event.event, event.note or event.event
        )
        record(connection, [change], now=event.recorded_at, actor=event.actor)
    return event


def _openings(
    connection: Connection, house: House, now: datetime, rules: DissectionRules
) -> list[tuple[str, int, Opening, bool]]:
    """Per grid at most one thing that its alarms say and the store does not have: grid, number of the case, opening, whether an alarm
    is simulated."""
    last: dict[str, StoredCase] = {}
    for one in dissections(connection):
        if one.grid_id not in last or one.case_no > last[one.grid_id].case_no:
            last[one.grid_id] = one
    start_at = min(midnight(house.season[0]), now - rules.within)
    least = min(rules.alarms, rules.again) if last else rules.alarms
    alarms = counted_alarms(connection, start_at, now + DAY, now, least=least)
    found = []
    for grid_id, own in alarms.groupby("grid_id", sort=True):
        stored = last.get(str(grid_id))
        pushes = [
            Push(row["pushed_at"].to_pydatetime(), str(row["alarm_id"])) for row in own.to_dict("records")
        ]
        said = opening(pushes, stored.case if stored else None, rules)
        if said is not None:
            number = (stored.case_no if stored else 0) + (said.event == OPENED)
            found.append((str(grid_id), number, said, bool(own["is_simulated"].any())))
    return found


def _open(
    connection: Connection,
    grid_id: str,
    case_no: int,
    said: Opening,
    is_simulated: bool,
    *,
    now: datetime,
    actor: str,
    rules: DissectionRules,
) -> tuple[str, CaseEvent]:
    case_id = f"{grid_id}-{case_no}"
    known = next(dissections(connection, case_id=case_id), None)
    count = rules.alarms if said.event == OPENED else rules.again
    days = rules.within // DAY
    event = CaseEvent(
        seq=(known.case.last.seq if known and known.case.last else 0) + 1,
        event=said.event,
        event_at=said.at,
        recorded_at=now,
        actor=actor,
        person=actor,
        note=say("{days}天内报警{count}条", days=days, count=count)
        if said.event == OPENED
        else say("验收后{days}天内再次报警{count}条", days=days, count=count),
        alarm_id=said.alarm_id,
        rule_alarms=count,
        rule_days=days,
    )
    add_dissection_event(connection, case_id, grid_id, case_no, event, is_simulated=is_simulated)
    return case_id, event


def _require_unit(connection: Connection, unit_code: str, now: datetime) -> None:
    known = frame(connection, "units_on", on_date=office_date(now))
    codes = sorted(known["unit_code"].astype(str))
    if unit_code not in codes:
        raise InputError(
            "no such unit", where="measure", got=unit_code or "nothing", expected=" | ".join(codes[:40])
        )
