"""What is served to an office below: pages of the platform contract, of its own alarms, steps, problems, grids and letters only.

A record changes when this server notices it, after its commit: so windows that are over never gain a record, however long the
transaction took and whatever the clocks of the two offices say.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pandas as pd
from sqlalchemy import Connection, Engine, Select, func, select

from include.exchange.tokens import Caller
from include.rules import SIMULATED_LABEL
from include.store import tables
from include.store.engine import reading, writing
from include.store.level_tables import received_report, told_change
from include.store.statements import count, frame, run

# No transaction commits later than this after the moment that its rows bear: so far back every request looks again.
_LATE_COMMIT: Final = timedelta(days=2)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_KINDS: Final = ("alarms", "steps", "problems", "letters")
_WHOLE: Final = ("grids", "contacts", "stations")  # read whole each time
Page = dict[str, Any]


class BadRequest(ValueError):
    """The question cannot be answered; its words are for who asks."""


@dataclass(frozen=True)
class Asked:
    """One question: a window of changes, the place after which it goes on, and how many records at most."""

    from_at: datetime
    until_at: datetime
    after_id: int
    after_event: str
    after_at: datetime
    limit: int

    @classmethod
    def of(cls, query: dict[str, str], *, is_windowed: bool = True) -> Asked:
        """What a query asks. Raises BadRequest."""
        start, end = (
            (_moment(query, "changed_from"), _moment(query, "changed_until"))
            if is_windowed
            else (_EPOCH, _EPOCH)
        )
        try:
            limit = int(query.get("limit") or 1000)
        except ValueError:
            limit = 0
        if not 1 <= limit <= 5000:
            raise BadRequest("limit must be 1 to 5000")
        return cls(start, end, *_place(query.get("cursor", "")), limit)

    def window(self, caller: Caller, most: int) -> dict[str, Any]:
        """The parameters that every statement of what is served has."""
        return {
            "from_at": self.from_at,
            "until_at": self.until_at,
            "units": caller.units,
            "after_id": self.after_id,
            "most": most,
        }


def notice(engine: Engine, now: datetime) -> datetime:
    """Notices every change that was committed so far; returns up to when the record of changes is complete."""
    with writing(engine, lock="intake") as connection:
        last = connection.execute(select(func.max(told_change.c.noticed_at))).scalar_one_or_none()
        noticed_at = max(now, last) if last else now
        since_at = noticed_at - _LATE_COMMIT if last else _EPOCH
        for kind in _KINDS:
            run(connection, f"notice_{kind}", noticed_at=noticed_at, since_at=since_at)
    return noticed_at


def page(engine: Engine, table: str, caller: Caller, query: dict[str, str], now: datetime) -> Page:
    """One page of a table of the contract. Raises BadRequest."""
    serve = _SERVED[table]
    asked = Asked.of(query, is_windowed=table not in _WHOLE)
    complete_until = notice(engine, now)
    with reading(engine) as connection:
        records, places = serve(connection, caller, asked, asked.limit)
        total = len(records)
        if len(records) == asked.limit or asked.after_id:
            total = _total(
                connection, table, caller, replace(asked, after_id=0, after_event="", after_at=_EPOCH)
            )
    more = len(records) == asked.limit and bool(records)
    return {
        "records": records,
        "next_cursor": _cursor(*places[-1]) if more else None,
        "total": total,
        "complete_until": complete_until.isoformat(),
    }


def _total(connection: Connection, table: str, caller: Caller, whole: Asked) -> int:
    """How many records the whole window has now, counted where they lie."""
    if table in _STATEMENTS:
        return count(connection, _STATEMENTS[table], **_parameters(table, caller, whole, _MOST))
    if table in _QUERIES:
        query = _QUERIES[table](caller, whole).order_by(None).subquery()
        return int(connection.execute(select(func.count()).select_from(query)).scalar_one())
    return 0


def _parameters(table: str, caller: Caller, asked: Asked, most: int) -> dict[str, Any]:
    """The parameters of the statement of a table."""
    more: dict[str, Any] = {}
    if table in ("feedback", "problems"):
        more = {"own_source": caller.source, "after_event": asked.after_event}
    if table == "feedback":
        more["after_at"] = asked.after_at
    return {**asked.window(caller, most), **more}


_MOST: Final = 1_000_000  # of a count: the statements have a limit
_STATEMENTS: Final = {
    "alarms": "served_alarms",
    "feedback": "served_steps",
    "problems": "served_problems",
    "letters": "served_letters",
}
_Served = tuple[list[Page], list[tuple[int, str, datetime]]]


def _alarms(connection: Connection, caller: Caller, asked: Asked, most: int) -> _Served:
    rows = _rows(_read(connection, "alarms", caller, asked, most))
    withdrawn = _withdrawn(connection, [str(row["alarm_id"]) for row in rows])
    for row in rows:
        revision = row.pop("revision")
        is_cancelled = row["alarm_id"] in withdrawn
        row["message_type"] = "Cancel" if is_cancelled else "Alert" if revision == 1 else "Update"
    return _records(rows)


def _steps(connection: Connection, caller: Caller, asked: Asked, most: int) -> _Served:
    return _records(_rows(_read(connection, "feedback", caller, asked, most)), "event")


def _problems(connection: Connection, caller: Caller, asked: Asked, most: int) -> _Served:
    found = _read(connection, "problems", caller, asked, most)
    return _records(_rows(found.rename(columns={"rectify_by_at": "rectify_by"})), "problem_id")


def _letters(connection: Connection, caller: Caller, asked: Asked, most: int) -> _Served:
    return _records(_rows(_read(connection, "letters", caller, asked, most)))


def _read(connection: Connection, table: str, caller: Caller, asked: Asked, most: int) -> pd.DataFrame:
    return frame(connection, _STATEMENTS[table], **_parameters(table, caller, asked, most))


def _grids(connection: Connection, caller: Caller, asked: Asked, most: int) -> _Served:
    found = connection.execute(_grids_of(caller, asked).limit(most)).mappings()
    return _records([{**row, "change_id": 1} for row in found], "grid_id")


def _grids_of(caller: Caller, asked: Asked) -> Select[Any]:
    grid = tables.grid.c
    names = (
        "grid_id",
        "unit_code",
        "county",
        "name",
        "west",
        "south",
        "east",
        "north",
        "is_hot",
        "is_monitored",
    )
    return (
        select(*(grid[name] for name in names), grid.is_simulated)
        .where(grid.unit_code.in_(caller.units), grid.grid_id > asked.after_event)
        .order_by(grid.grid_id)
    )


def _reports(connection: Connection, caller: Caller, asked: Asked, most: int) -> _Served:
    """What the asking unit reported, by when this store learnt of it."""
    rows = [
        {**row, "report": json.loads(row["body_json"])}
        for row in connection.execute(_reports_of(caller, asked).limit(most)).mappings()
    ]
    for row in rows:
        del row["body_json"]
    return _records(rows)


def _reports_of(caller: Caller, asked: Asked) -> Select[Any]:
    report = received_report.c
    return (
        select(
            report.report_no.label("change_id"),
            report.report_key,
            report.alarm_id,
            report.body_json,
            report.received_at,
            report.is_taken,
            report.refused_because,
            report.receipt,
        )
        .where(
            report.unit_code == caller.unit_code,
            report.stored_at >= asked.from_at,
            report.stored_at < asked.until_at,
            report.report_no > asked.after_id,
        )
        .order_by(report.report_no)
    )


def _nothing(connection: Connection, caller: Caller, asked: Asked, most: int) -> _Served:
    """Tables of the contract that no office serves to another: contacts, stations and their readings stay where they are."""
    return [], []


_SERVED: Final[dict[str, Callable[[Connection, Caller, Asked, int], _Served]]] = {
    "alarms": _alarms,
    "feedback": _steps,
    "problems": _problems,
    "grids": _grids,
    "letters": _letters,
    "reports": _reports,
    **dict.fromkeys(
        ("contacts", "stations", "station_hours", "station_minutes", "winds", "submeter_hours"), _nothing
    ),
}


_QUERIES: Final[dict[str, Callable[[Caller, Asked], Select[Any]]]] = {
    "grids": _grids_of,
    "reports": _reports_of,
}


def letter_file(engine: Engine, caller: Caller, letter_key: str, role: str) -> tuple[str, str, str] | None:
    """The SHA-256, media type and name of a file of a released letter to the caller; None for any other."""
    letter, file = tables.letter.c, tables.letter_file.c
    asked = (
        select(file.sha256, file.media_type, file.ascii_name)
        .join_from(tables.letter, tables.letter_file)
        .where(
            letter.letter_key == letter_key,
            letter.state == "released",
            letter.unit_code.in_(caller.units),
            letter.addressee.in_(caller.units),
            file.role == role,
            file.role.in_(("pdf", "docx", "xlsx")),
        )
    )
    with reading(engine) as connection:
        found = connection.execute(asked).first()
    return (found.sha256, found.media_type, found.ascii_name) if found else None


def _withdrawn(connection: Connection, alarm_ids: list[str]) -> set[str]:
    """Those of the alarms whose last decision is that they were none."""
    step = tables.feedback_event.c
    last: dict[str, str] = {}
    for start in range(0, len(alarm_ids), 500):
        rows = connection.execute(
            select(step.alarm_id, step.event)
            .where(
                step.alarm_id.in_(alarm_ids[start : start + 500]),
                step.event.in_(("dispute_upheld", "dispute_rejected")),
            )
            .order_by(step.event_at)
        )
        last |= {row.alarm_id: row.event for row in rows}
    return {alarm_id for alarm_id, event in last.items() if event == "dispute_upheld"}


def _records(rows: list[Page], second: str = "") -> _Served:
    """Rows as the contract has them, and the place of each in the order of changes."""
    places = []
    records = []
    for row in rows:
        at = row.get("event_at") if second == "event" else None
        moment = pd.Timestamp(at).to_pydatetime() if at is not None else _EPOCH
        places.append((int(row.pop("change_id")), str(row[second]) if second else "", moment))
        is_simulated = bool(row.pop("is_simulated", False))
        plain = {name: _plain(value) for name, value in row.items()}
        if plain.get("problem_found") is not None:
            plain["problem_found"] = bool(plain["problem_found"])
        plain["data_origin"] = SIMULATED_LABEL if is_simulated else None
        plain["status"] = plain.get("status") if "problem_id" in plain else _status(is_simulated=is_simulated)
        records.append(plain)
    return records, places


def _status(*, is_simulated: bool) -> str:
    """As the Common Alerting Protocol says it: what is made up or rehearsed is an exercise all the way."""
    return "Exercise" if is_simulated else "Actual"


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, (dict, str, bool)):
        return value
    if pd.isna(value):
        return None
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return value.item() if hasattr(value, "item") else value


def _rows(rows: pd.DataFrame) -> list[Page]:
    return [{str(name): value for name, value in row.items()} for row in rows.to_dict("records")]


def _moment(query: dict[str, str], name: str) -> datetime:
    try:
        moment = datetime.fromisoformat(query.get(name, "").replace(" ", "+"))
    except ValueError:
        moment = datetime.min  # noqa: DTZ901 - refused below, as it has no zone
    if moment.tzinfo is None:
        raise BadRequest(f"{name} must be an ISO 8601 time with an offset")
    return moment.astimezone(UTC)


def _cursor(change_id: int, event: str, at: datetime) -> str:
    told = json.dumps([change_id, event, at.isoformat()], ensure_ascii=False)
    return base64.urlsafe_b64encode(told.encode()).decode()


def _place(cursor: str) -> tuple[int, str, datetime]:
    if not cursor:
        return 0, "", _EPOCH
    try:
        change_id, event, at = json.loads(base64.urlsafe_b64decode(cursor))
        moment = datetime.fromisoformat(at)
        is_whole = type(change_id) is int and 0 <= change_id < 1 << 60
        if not is_whole or not isinstance(event, str) or not event.isprintable() or moment.tzinfo is None:
            raise TypeError("not ours")
    except (ValueError, TypeError, binascii.Error, RecursionError) as error:
        raise BadRequest("cursor is none that this platform gave") from error
    return change_id, event, moment
