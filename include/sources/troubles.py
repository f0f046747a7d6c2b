"""Files that were not read: one is no reason to leave the others. Named in the run's summary and, until they are settled, in the to-do list."""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, select, update

from include.errors import QianliyanError
from include.language import say
from include.sources import merge
from include.sources.hashes import row_hash, row_json
from include.sources.quarantine import INTAKE, Rejected, keep
from include.sources.reading.file_names import label, unreadable
from include.sources.turns import Waits
from include.store.tables import quarantine

KIND: Final = "files"  # in the quarantine
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Trouble:
    """One file that was not read, or not put away, and why. `content` tells a file that was taken out of the folder from the
    next one of its name; empty: it lies where it lay."""

    file: str
    reason: str
    content: str = ""
    # Of a file that was not read for lack of time (`turns`), and which state of the file that was.
    waits: Waits = ""
    version: str = ""
    # How a file that was not taken is imported again, where a person decides so (`untaken`), as JSON.
    again: str = ""

    def __str__(self) -> str:
        """One line for an operator."""
        return say("文件{file}未能处理：{reason}", file=self.file, reason=self.reason)

    @property
    def row_json(self) -> str:
        """As the quarantine keeps it."""
        waiting = {"waits": self.waits, "version": self.version} if self.waits else {}
        again = {"again": self.again} if self.again else {}
        return row_json(
            {"file": self.file, "reason": self.reason, "content": self.content, **waiting, **again}
        )


def trouble_of(path: Path, error: Exception, content: str = "") -> Trouble:
    """What went wrong with a file; a fault of ours (no error that is raised on purpose) goes to the log with its traceback."""
    if isinstance(error, OSError):
        return Trouble(label(path), str(unreadable(path, error)), content)
    if not isinstance(error, QianliyanError):
        _log.error("%s cannot be read", label(path), exc_info=error)
        return Trouble(label(path), str(unreadable(path, error)), content)
    return Trouble(label(path), str(error), content)


def waiting_files(connection: Connection, source: str) -> dict[tuple[str, str], Trouble]:
    """The files of a source that were not read for lack of time, by their label and state; of one label the last that was told."""
    columns = (quarantine.c.row_json, quarantine.c.quarantine_id)
    told = connection.execute(
        select(*columns)
        .where(
            quarantine.c.source == source,
            quarantine.c.kind == KIND,
            quarantine.c.state != "replayed",
            quarantine.c.row_json.contains('"waits"', autoescape=True),
        )
        .order_by(quarantine.c.quarantine_id)
    )
    troubles = [Trouble(**json.loads(text)) for text, _ in told]
    return {(trouble.file, trouble.version): trouble for trouble in troubles}


def keep_troubles(
    connection: Connection,
    source: str,
    troubles: Iterable[Trouble],
    *,
    settled: Collection[str] = (),
    is_whole: bool = False,
    now: datetime,
) -> None:
    """Puts troubles on the to-do list; those on it that are not among them are done with where their file was read (`settled`:
    labels), has another trouble now, or, if all files that lie there were looked at (`is_whole`), does not lie there any more.

    What a person discarded stays so as long as it is the same.
    """
    rows = {row_hash(trouble.row_json): trouble for trouble in troubles}
    over = {*settled, *(trouble.file for trouble in rows.values())}
    columns = (quarantine.c.quarantine_id, quarantine.c.row_hash, quarantine.c.row_json, quarantine.c.state)
    mine = (quarantine.c.source == source, quarantine.c.kind == KIND)
    for number, digest, text, state in connection.execute(select(*columns).where(*mine)).all():
        if state == "open" and digest not in rows:
            known = json.loads(text)
            if known["file"] in over or (is_whole and not known["content"]):
                _set(connection, number, state="replayed", settled_at=now, settled_by=INTAKE)
        elif state == "replayed" and digest in rows:
            _set(connection, number, state="open", settled_at=None, settled_by=None)
    merge.prepare(connection)
    rejected = [
        Rejected(KIND, trouble.file, "", trouble.file, trouble.reason, trouble.row_json, None)
        for trouble in rows.values()
    ]
    keep(connection, source, rejected, now=now)


def discarded_of(connection: Connection, source: str, troubles: Iterable[Trouble]) -> set[Trouble]:
    """Those of the troubles that a person discarded before."""
    rows = {row_hash(trouble.row_json): trouble for trouble in troubles}
    mine = (quarantine.c.source == source, quarantine.c.kind == KIND, quarantine.c.state == "discarded")
    known = connection.execute(select(quarantine.c.row_hash).where(*mine)).scalars()
    return {rows[digest] for digest in known if digest in rows}


def _set(connection: Connection, quarantine_id: int, **values: object) -> None:
    connection.execute(update(quarantine).where(quarantine.c.quarantine_id == quarantine_id).values(**values))
