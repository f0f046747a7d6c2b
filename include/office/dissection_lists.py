"""Cases of 解剖分析 as people read them: one line a case, the events of one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

import pandas as pd
from sqlalchemy import Connection

from include.chain.dissection.machine import allowed
from include.chain.dissection.values import ANALYSED, OPEN
from include.house import House
from include.office.chain import chain_settings
from include.office.dissection_cases import stored_case
from include.store.dissection import StoredCase, dissections
from include.store.engine import reading
from include.store.statements import frame

COLUMNS: Final = (
    "case_id",
    "grid_id",
    "unit_code",
    "county",
    "point_name",
    "state",
    "round_no",
    "opened_at",
    "analyse_by_at",
    "ended_at",
    "measures",
    "done",
    "overdue",
    "is_simulated",
)
EVENT_COLUMNS: Final = (
    "seq",
    "event",
    "event_at",
    "person",
    "measure_no",
    "unit_code",
    "owner",
    "due_at",
    "note",
    "document_name",
    "alarm_id",
    "actor",
    "recorded_at",
)


def case_rows(house: House, as_of: datetime) -> pd.DataFrame:
    """One row a case as of a moment, those that run first, then by opening; columns `COLUMNS`. `measures`, `done`, `overdue`: of the
    present round."""
    chain_settings()
    with reading(house.engine) as connection:
        return cases_at(connection, as_of)


def cases_at(connection: Connection, as_of: datetime) -> pd.DataFrame:
    """The same inside a transaction."""
    found = list(dissections(connection, as_of))
    places = frame(connection, "dissection_places", as_of_at=as_of).set_index("grid_id")
    analyse = chain_settings().dissection.analyse
    rows = []
    for one in found:
        case, own = one.case, one.case.own_measures
        place = dict(places.loc[one.grid_id]) if one.grid_id in places.index else {}
        rows.append(
            {
                "case_id": one.case_id,
                "grid_id": one.grid_id,
                **{name: str(place.get(name, "")) for name in ("unit_code", "county", "point_name")},
                "state": case.state,
                "round_no": case.round_no,
                "opened_at": case.opened_at,
                "analyse_by_at": case.opened_at + analyse if case.state == OPEN and case.opened_at else None,
                "ended_at": case.ended_at,
                "measures": len(own),
                "done": sum(measure.state == "done" for measure in own),
                "overdue": sum(measure.is_overdue(as_of) for measure in own) if not case.is_ended else 0,
                "is_simulated": one.is_simulated,
                "is_ended": case.is_ended,
            }
        )
    table = pd.DataFrame(rows, columns=[*COLUMNS, "is_ended"])
    for name in ("opened_at", "analyse_by_at", "ended_at"):
        table[name] = pd.to_datetime(table[name], utc=True)
    ordered = table.sort_values(["is_ended", "opened_at", "case_id"], kind="stable")
    return ordered[list(COLUMNS)].reset_index(drop=True)


def case_at(house: House, case_id: str, as_of: datetime) -> StoredCase:
    """One case as of a moment. Raises InputError for one that is not there."""
    chain_settings()
    with reading(house.engine) as connection:
        return stored_case(connection, case_id, as_of)


def case_event_rows(stored: StoredCase) -> pd.DataFrame:
    """One row an event of the case, in their order; columns `EVENT_COLUMNS`."""
    return pd.DataFrame([asdict(one) for one in stored.events], columns=list(EVENT_COLUMNS))


def possible_case_steps(stored: StoredCase) -> Iterator[str]:
    """What may be done of the case now."""
    yield f"case {stored.case_id} ({stored.case.state}): {', '.join(allowed(stored.case)) or 'nothing'}"


@dataclass(frozen=True)
class CaseWork:
    """What of the cases waits for a person: their number, how many of them are late, since when, whether simulated."""

    topic: str
    count: int
    late: int
    since: datetime
    is_simulated: bool


def case_work(connection: Connection, now: datetime) -> Iterator[CaseWork]:
    """One line a kind of work: `analyse`, `measures` (overdue), `accept` (all measures of an analysed case are done)."""
    rows = cases_at(connection, now)
    kinds = {
        "analyse": (rows["state"] == OPEN, rows["analyse_by_at"] < pd.Timestamp(now)),
        "measures": (rows["overdue"] > 0, rows["overdue"] > 0),
        "accept": (
            (rows["state"] == ANALYSED) & (rows["measures"] > 0) & (rows["done"] == rows["measures"]),
            rows["overdue"] > 0,
        ),
    }
    for topic, (is_in, is_late) in kinds.items():
        own = rows[is_in]
        if len(own):
            yield CaseWork(
                topic,
                len(own),
                int((is_in & is_late).sum()),
                own["opened_at"].min().to_pydatetime(),
                bool(own["is_simulated"].any()),
            )
