"""A report of an office below, taken once: it counts from the moment it reached us, which the answer names and seals."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np
from sqlalchemy import Connection, select

from include.chain.machine import chain_of
from include.exchange.receipts import body_sha256, received_at_of, sealed
from include.exchange.tokens import Caller
from include.house import House
from include.rules import SIMULATED_LABEL, UNIT_EVENTS, receipt_second
from include.sources.clocks import Receipt
from include.sources.config import SourceConfig
from include.sources.delivery import Chunk, Delivery, Part, text_frame
from include.sources.layout import DATA_ORIGIN, FEEDBACK, PROBLEMS, Layout
from include.sources.mapping.language import TableMapping
from include.sources.places import places
from include.sources.receipt import record, result_of
from include.sources.spool import Spool
from include.sources.staging import Tally, commit, stage
from include.store import tables
from include.store.chain import chain_events
from include.store.engine import writing
from include.store.keys import kept_key
from include.store.level_tables import level_key, received_report

_KEY: Final = re.compile(r"[A-Za-z0-9_-]{16,64}")
_LAYOUTS: Final = {"feedback": FEEDBACK, "problem": PROBLEMS}
_report = received_report.c


@dataclass(frozen=True)
class Taken:
    """What became of a report: the status of HTTP and the body of the answer."""

    status: int
    body: dict[str, Any]


class Unusable(Exception):
    """The report breaks the contract; nothing of it is kept. `status`, and words for who sent it."""

    def __init__(self, status: int, code: str, words: str) -> None:
        super().__init__(words)
        self.status, self.code = status, code


def take_report(
    house: House, caller: Caller, report_key: str, body: Any, receipt_told: str, now: datetime
) -> Taken:
    """Takes a report: `{"feedback": {…}}` or `{"problem": {…}}`. The same key again gives the same answer. Raises Unusable."""
    if not _KEY.fullmatch(report_key):
        raise Unusable(400, "bad_key", "Idempotency-Key must be 16 to 64 letters, digits, - and _")
    kind, told = _told(body)
    total, key = body_sha256(body), kept_key(house.engine, level_key, now)
    with writing(house.engine, lock="intake") as connection:
        known = connection.execute(
            select(received_report).where(
                _report.unit_code == caller.unit_code, _report.report_key == report_key
            )
        ).first()
        if known is not None:
            if known.body_sha256 != total:
                raise Unusable(409, "other_body", "this Idempotency-Key was used for another report")
            return _answered(known._mapping, 200)
        alarm = _alarm(connection, caller, told["alarm_id"])
        if told.get(DATA_ORIGIN) == SIMULATED_LABEL and not alarm["is_simulated"]:
            raise Unusable(422, "simulated", "a simulated answer to an alarm that is not simulated")
        received_at = receipt_second(
            received_at_of(key, receipt_told, caller.unit_code, report_key, total) or now
        )
        if received_at > now:
            received_at = now
        rows = {**told, DATA_ORIGIN: SIMULATED_LABEL if alarm["is_simulated"] else ""}
        tally = _store(connection, caller, _LAYOUTS[kind], rows, received_at, now)
        reason = "；".join(dict.fromkeys(f"{one.field}: {one.reason}" for one in tally.rejected))
        row = {
            "unit_code": caller.unit_code,
            "report_key": report_key,
            "alarm_id": str(alarm["alarm_id"]),
            "body_sha256": total,
            "body_json": json.dumps(body),
            "received_at": received_at,
            "stored_at": now,
            "is_taken": not tally.quarantined,
            "refused_because": reason,
            "receipt": sealed(key, caller.unit_code, report_key, total, received_at),
        }
        connection.execute(received_report.insert().values(**row))
    return _answered(row, 201)


def _answered(row: Mapping[Any, Any], status: int) -> Taken:
    body = {
        "report_key": row["report_key"],
        "received_at": row["received_at"].astimezone(UTC).isoformat(),
        "is_taken": bool(row["is_taken"]),
        "refused_because": row["refused_because"] or None,
        "receipt": row["receipt"],
    }
    return Taken(status if row["is_taken"] else 422, body)


def _told(body: Any) -> tuple[str, dict[str, Any]]:
    """The kind and the fields of a report, each a text, number, yes or no, or nothing."""
    if not isinstance(body, dict) or len(body) != 1 or not set(body) <= set(_LAYOUTS):
        raise Unusable(422, "bad_body", 'expected {"feedback": {…}} or {"problem": {…}}')
    ((kind, told),) = body.items()
    names = {*_LAYOUTS[kind].names, DATA_ORIGIN}
    if not isinstance(told, dict) or not set(told) <= names:
        raise Unusable(422, "bad_body", "expected no other fields than " + ", ".join(sorted(names)))
    if not all(value is None or isinstance(value, (str, int, float, bool)) for value in told.values()):
        raise Unusable(422, "bad_body", "every field is a text, a number, true, false or null")
    if any(isinstance(value, str) and not _is_text(value) for value in told.values()):
        raise Unusable(422, "bad_body", "a text holds characters that are none")
    if not isinstance(told.get("alarm_id"), str) or not told["alarm_id"]:
        raise Unusable(422, "bad_body", "alarm_id is missing")
    if kind == "feedback" and told.get("event") not in UNIT_EVENTS:
        raise Unusable(422, "not_a_units", "a unit reports " + ", ".join(UNIT_EVENTS) + " only")
    return kind, told


def _alarm(connection: Connection, caller: Caller, alarm_id: str) -> Mapping[Any, Any]:
    """The alarm as it stands, where it lies with the caller; another's is as unknown as one that is not there."""
    alarm = tables.alarm.c
    row = (
        connection.execute(
            select(tables.alarm).where(alarm.alarm_id == alarm_id).order_by(alarm.revision.desc()).limit(1)
        )
        .mappings()
        .first()
    )
    if row is None or row["unit_code"] not in caller.units:
        raise Unusable(404, "no_such_alarm", "no such alarm of this unit")
    return row


def _store(
    connection: Connection,
    caller: Caller,
    layout: Layout,
    told: dict[str, Any],
    received_at: datetime,
    now: datetime,
) -> Tally:
    values = dict(told)
    if layout is FEEDBACK and not values.get("event_at"):
        values["event_at"] = received_at.isoformat()
    row = [_text(values.get(name)) for name in (*layout.names, DATA_ORIGIN)]
    origin = f"下级平台 {caller.unit_code}"
    chunk = Chunk(origin, np.arange(1, 2, dtype=np.int64), text_frame([*layout.names, DATA_ORIGIN], [row]))
    spool = Spool()
    try:
        part = Part(TableMapping(layout.name), chunk)
        stage(spool, part, places(connection), None, Receipt(received_at, counts=True, is_unit=True))
        tally = commit(
            connection,
            spool,
            (part.mapping,),
            source=caller.source,
            owners={caller.source},
            now=now,
            speaker=_speaker(connection, caller, str(told["alarm_id"])),
        )
    finally:
        spool.close()
    source = SourceConfig(caller.source, "inbox", origin)
    delivery = Delivery(iter(()), is_cut=True, parts_expected=1, parts_received=1)
    result = result_of(source, tally, now, now, replayed=0, warnings=())
    record(connection, result, tally, delivery, asked_until=now, now=now)
    return tally


def _speaker(connection: Connection, caller: Caller, alarm_id: str) -> str:
    """The unit whose word it is: of those of the caller the one that holds the alarm in this office's own chain, else the caller."""
    running = chain_of(chain_events(connection, alarm_id)).running
    held = (one.holder_code for one in running if one.holder_code in caller.units)
    return next(held, caller.unit_code)


def _is_text(value: str) -> bool:
    """Whether no half characters and no control characters but ends of lines and tabs are in it."""
    return all((one >= " " or one in "\n\r\t") and not "\ud800" <= one <= "\udfff" for one in value)


def _text(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
