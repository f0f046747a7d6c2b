"""What could not be used of station files, in the quarantine: one row a file, field and reason, with its number and first case.

A file that is imported again without a fault settles the fault's row; hours of a station that was not known settle when the
station's row comes, and meters of an enterprise that was not known when the enterprise is imported.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, select

from include.language import say
from include.store.tables import quarantine

KIND: Final = "stations"  # in the quarantine
UNKNOWN_STATION: Final = "站点未登记：读数已原样保存，站点登记后自动采用"
UNKNOWN_GRID: Final = "网格未登记：微站已保存，暂不参与研判，网格登记后自动采用"
UNKNOWN_METER: Final = "企业名单中没有该编号：分表电量已保存，不参与计算，企业导入后自动采用"
MORE_METERS: Final = "另有企业名单中没有的编号：分表电量已保存，不参与计算，企业导入后自动采用"
_WAITS: Final = (UNKNOWN_STATION, UNKNOWN_GRID, UNKNOWN_METER)
METER_FIELD: Final = "enterprise_id"
_SETTLED_BY: Final = "import-stations"
_LONGEST: Final = 1000  # characters kept of what came …
_SHOWN: Final = 60  # … and on a line


@dataclass(frozen=True)
class Fault:
    """Why rows of one file were not used: `count` of them, the first at `line` with `value`; `row`: the first one whole."""

    file: str
    field: str
    reason: str
    value: str
    line: int
    count: int = 1
    row: str = ""

    def __str__(self) -> str:
        """One line for an operator."""
        value = " ".join(self.value[:_SHOWN].split())
        return (
            say(
                "{file} 第{line}行起 {field}：{reason}，共{count}行，如“{value}”",
                file=self.file,
                line=self.line,
                field=self.field,
                reason=self.reason,
                count=self.count,
                value=value,
            )
            if self.line
            else say(
                "{file} {field}：{reason}，共{count}行，如“{value}”",
                file=self.file,
                field=self.field,
                reason=self.reason,
                count=self.count,
                value=value,
            )
        )

    @property
    def row_json(self) -> str:
        """The fault as the quarantine keeps it: the same fault of the same file is the same text."""
        content = {
            "file": self.file,
            "field": self.field,
            "reason": self.reason,
            "count": self.count,
            "first_line": self.line,
            "first_value": self.value[:_LONGEST],
            "first_row": self.row[:_LONGEST],
        }
        return json.dumps(content, ensure_ascii=False, sort_keys=True)


def merged(faults: Iterable[Fault]) -> list[Fault]:
    """Faults of the pieces of a file added up: one a file, field and reason (what waits for a station, grid or enterprise: one each)."""
    found: dict[tuple[str, str, str, str], Fault] = {}
    for fault in faults:
        which = fault.value if fault.reason in _WAITS else ""
        key = (fault.file, fault.field, fault.reason, which)
        first = found.get(key)
        found[key] = fault if first is None else replace(first, count=first.count + fault.count)
    return list(found.values())


def shown(faults: Iterable[Fault]) -> list[str]:
    """One line a fault for an operator; hours of unknown stations, and of meters of unknown enterprises, one line a station or
    enterprise over all files, after the others."""
    lines: list[str] = []
    hours: dict[tuple[str, str], int] = {}
    for fault in faults:
        if fault.reason in (UNKNOWN_STATION, UNKNOWN_METER):
            key = (fault.reason, fault.value)
            hours[key] = hours.get(key, 0) + fault.count
        else:
            lines.append(str(fault))
    return lines + [
        say("{name} {reason}，共{count}小时", name=name, reason=reason, count=count)
        for (reason, name), count in sorted(
            hours.items(), key=lambda own: (_WAITS.index(own[0][0]), own[0][1])
        )
    ]


def keep_faults(
    connection: Connection, source: str, files: Collection[str], faults: Sequence[Fault], *, now: datetime
) -> None:
    """Makes the open rows of these files exactly `faults`; rows of faults that are gone become `replayed`. What a row of another
    file says of an unknown enterprise is not said again: its meters come every hour."""
    mine = (quarantine.c.source == source, quarantine.c.kind == KIND)
    columns = (quarantine.c.quarantine_id, quarantine.c.row_hash, quarantine.c.row_json, quarantine.c.state)
    known = {row.row_hash: row for row in connection.execute(select(*columns).where(*mine))}
    new = {hashlib.sha256(fault.row_json.encode()).hexdigest(): fault for fault in faults}
    gone = [
        row.quarantine_id
        for digest, row in known.items()
        if row.state == "open" and digest not in new and json.loads(row.row_json)["file"] in files
    ]
    back = [
        known[digest].quarantine_id for digest in new if digest in known and known[digest].state != "open"
    ]
    _settle(connection, gone, "replayed", now, _SETTLED_BY)
    _settle(connection, back, "open", None, None)
    said = _said_once(connection, source)
    rows = [
        _row(source, digest, fault, now)
        for digest, fault in new.items()
        if digest not in known and _once_key(fault.reason, fault.value) not in said
    ]
    if rows:
        connection.execute(quarantine.insert(), rows)


def settle_waiting(connection: Connection, reason: str, known: Collection[str], *, now: datetime) -> int:
    """Settles the open rows of a reason (`UNKNOWN_STATION`, `UNKNOWN_GRID`) whose value is known by now; returns how many."""
    mine = (quarantine.c.kind == KIND, quarantine.c.state == "open", quarantine.c.reason == reason)
    rows = connection.execute(select(quarantine.c.quarantine_id, quarantine.c.value).where(*mine)).all()
    found = [number for number, value in rows if value in known]
    _settle(connection, found, "replayed", now, _SETTLED_BY)
    return len(found)


def settle_meters(connection: Connection, enterprise_ids: Collection[str], *, now: datetime) -> int:
    """Settles what waited for these enterprises; once nothing named waits any more, also what was only counted (the next import
    names the rest). Returns how many rows."""
    found = settle_waiting(connection, UNKNOWN_METER, enterprise_ids, now=now)
    open_rows = select(quarantine.c.quarantine_id, quarantine.c.reason).where(
        quarantine.c.kind == KIND, quarantine.c.state == "open", quarantine.c.field == METER_FIELD
    )
    reasons = connection.execute(open_rows).all()
    if not any(reason == UNKNOWN_METER for _, reason in reasons):
        more = [number for number, reason in reasons if reason.startswith(MORE_METERS)]
        _settle(connection, more, "replayed", now, _SETTLED_BY)
        found += len(more)
    return found


def _said_once(connection: Connection, source: str) -> set[tuple[str, str] | None]:
    """What open rows of a source say of unknown enterprises already."""
    rows = select(quarantine.c.reason, quarantine.c.value).where(
        quarantine.c.source == source,
        quarantine.c.kind == KIND,
        quarantine.c.state == "open",
        quarantine.c.field == METER_FIELD,
    )
    return {_once_key(*row) for row in connection.execute(rows)} - {None}


def _once_key(reason: str, value: str) -> tuple[str, str] | None:
    if reason.startswith(MORE_METERS):
        return MORE_METERS, ""
    return (reason, value) if reason == UNKNOWN_METER else None


def _settle(
    connection: Connection, ids: Sequence[int], state: str, at: datetime | None, by: str | None
) -> None:
    for begin in range(0, len(ids), 500):
        part = list(ids[begin : begin + 500])
        change = quarantine.update().where(quarantine.c.quarantine_id.in_(part))
        connection.execute(change.values(state=state, settled_at=at, settled_by=by))


def _row(source: str, digest: str, fault: Fault, now: datetime) -> dict[str, Any]:
    counted = "" if fault.reason in _WAITS or fault.count == 1 else say("（共{count}行）", count=fault.count)
    return {
        "source": source,
        "kind": KIND,
        "origin": _text(fault.file, 400) + (say(" 第{line}行", line=fault.line) if fault.line else ""),
        "field": _text(fault.field, 64),
        "value": _text(fault.value, _LONGEST),
        "reason": f"{fault.reason}{counted}",
        "row_json": fault.row_json,
        "row_hash": digest,
        "received_at": now,
        "state": "open",
    }


def _text(value: str, longest: int) -> str:
    # PostgreSQL keeps no NUL in a text.
    return value.replace("\0", "\N{REPLACEMENT CHARACTER}")[:longest]
