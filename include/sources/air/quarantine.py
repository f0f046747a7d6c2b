"""Values of air quality that were not used, in the quarantine: one row a file, field and reason, with their number.

A file that is imported again without a fault settles the fault's row.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, select

from include.errors import printable
from include.language import say
from include.sources.air.faults import Fault
from include.sources.reading.file_names import label
from include.store.tables import quarantine

KIND: Final = "air-quality"
_SETTLED_BY: Final = "import-air-quality"
_LONGEST_VALUE: Final = 1000  # characters kept of what came …
_SHOWN: Final = 60  # … and on a line


@dataclass(frozen=True)
class FileFault:
    """One reason why values of one field of one file were not used."""

    path: Path
    fault: Fault

    def __str__(self) -> str:
        """One line for an operator."""
        fault = self.fault
        value = " ".join(fault.value[:_SHOWN].split())
        return say(
            "{path} 第{line}行起 {field}：{reason}，共{count}个，如“{value}”",
            path=label(self.path),
            line=fault.line,
            field=fault.field[:_SHOWN],
            reason=fault.reason,
            count=fault.count,
            value=value,
        )

    @property
    def row_json(self) -> str:
        """The fault as the quarantine keeps it: the same fault of the same file is the same text."""
        content = {
            "file": _whole_name(self.path),
            "field": self.fault.field,
            "reason": self.fault.reason,
            "count": self.fault.count,
            "first_line": self.fault.line,
            "first_value": self.fault.value[:_LONGEST_VALUE],
        }
        return json.dumps(content, ensure_ascii=False, sort_keys=True)


def merge_faults(path: Path, faults: Sequence[Fault]) -> list[FileFault]:
    """The faults of the chunks of one file added up: one a field and reason, with the first value."""
    merged: dict[tuple[str, str], Fault] = {}
    for fault in faults:
        first = merged.get((fault.field, fault.reason), fault)
        count = fault.count if first is fault else first.count + fault.count
        merged[fault.field, fault.reason] = Fault(first.field, first.reason, first.value, first.line, count)
    return [FileFault(path, fault) for fault in merged.values()]


def keep_faults(
    connection: Connection, source: str, paths: Sequence[Path], faults: Sequence[FileFault], now: datetime
) -> None:
    """Makes the open rows of these files exactly `faults`; rows of faults that are gone become `replayed`."""
    mine = (quarantine.c.source == source, quarantine.c.kind == KIND)
    columns = (quarantine.c.quarantine_id, quarantine.c.row_hash, quarantine.c.row_json, quarantine.c.state)
    known = {row.row_hash: row for row in connection.execute(select(*columns).where(*mine))}
    new = {hashlib.sha256(fault.row_json.encode()).hexdigest(): fault for fault in faults}
    read = {_whole_name(path) for path in paths}
    gone = [
        row.quarantine_id
        for digest, row in known.items()
        if row.state == "open" and digest not in new and json.loads(row.row_json)["file"] in read
    ]
    back = [
        known[digest].quarantine_id for digest in new if digest in known and known[digest].state != "open"
    ]
    for ids, state, at, by in ((gone, "replayed", now, _SETTLED_BY), (back, "open", None, None)):
        if ids:
            change = quarantine.update().where(quarantine.c.quarantine_id.in_(ids))
            connection.execute(change.values(state=state, settled_at=at, settled_by=by))
    rows = [
        {
            "source": source,
            "kind": KIND,
            "origin": say("{path} 第{line}行", path=label(file.path), line=file.fault.line),
            "field": _text(file.fault.field, 64),
            "value": _text(file.fault.value, _LONGEST_VALUE),
            "reason": say("{reason}（共{count}个）", reason=file.fault.reason, count=file.fault.count),
            "row_json": file.row_json,
            "row_hash": digest,
            "received_at": now,
            "state": "open",
        }
        for digest, file in new.items()
        if digest not in known
    ]
    if rows:
        connection.execute(quarantine.insert(), rows)


def _whole_name(path: Path) -> str:
    return printable(str(path.resolve()))


def _text(value: str, longest: int) -> str:
    # PostgreSQL keeps no NUL in a text.
    return value.replace("\0", "\N{REPLACEMENT CHARACTER}")[:longest]
