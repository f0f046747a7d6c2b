"""Stations' readings from where they wait: the drop folder, and sources of kind files, inbox, platform and database.

A drop folder's files are consumed one by one; a platform or database is asked for what the ledger lacks. One source that fails
stops none of the others: its error is told and the hour goes on with the rest.
"""

from __future__ import annotations

import errno
import os
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Engine, select

from include.errors import InputError, QianliyanError, printable
from include.language import say
from include.periods import office_zone
from include.sources.config import SourceConfig
from include.sources.delivery import Delivery
from include.sources.kinds.database import read_database
from include.sources.kinds.platform import read_platform
from include.sources.ledger import gaps
from include.sources.mapping.files import load, mapping_path
from include.sources.mapping.language import Mapping, TableMapping
from include.sources.reading.file_names import entries_of, fitting, label, require_file, unreadable
from include.sources.reading.time_limits import OutOfTime
from include.sources.stations.clock_hours import require_known_hours
from include.sources.stations.faults import merged
from include.sources.stations.intake import StationImport, import_stations, keep_known, take_chunks
from include.sources.stations.layouts import STATION_LAYOUTS, table_of
from include.sources.stations.reading import as_text
from include.sources.troubles import Trouble, keep_troubles, waiting_files
from include.sources.turns import FOLDER_SECONDS, in_turn, words
from include.store.engine import reading, writing
from include.store.tables import pull as ledger

DONE, FAILED = "done", "failed"
_ROOM: Final = len(".txt")  # bytes that a name leaves to the report's
_SETTLED_SECONDS: Final = 30.0  # a file that was written to since may not be whole
ASKED_BACK: Final = timedelta(
    days=3
)  # windows of a platform or database that are asked for again when they lack


@dataclass
class Taken:
    """What was taken in: `files` and `rows` of hours, by source `errors` and `faults` in words."""

    files: int = 0
    rows: int = 0
    new: int = 0
    errors: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def take_waiting(
    engine: Engine,
    root: Path,
    inbox: Path,
    sources: tuple[SourceConfig, ...],
    until: datetime,
    *,
    now: datetime,
) -> Taken:
    """Takes in what waits: the files of `inbox`, then every source up to `until`."""
    taken = Taken()
    try:
        empty_folder(engine, root, inbox, taken, now=now)
    except QianliyanError as error:
        taken.errors.append(str(error))
    for source in sources:
        try:
            _take_source(engine, root, source, until, taken, now)
        except QianliyanError as error:
            taken.errors.append(say("{name}：{error}", name=source.name, error=error))
    return taken


def empty_folder(engine: Engine, root: Path, folder: Path, taken: Taken, *, now: datetime) -> None:
    """Consumes the station files of a folder: grids and stations first; into done/, or failed/ with a report."""
    order = list(STATION_LAYOUTS)
    if not folder.is_dir():
        return
    found = []
    for path in entries_of(folder, str(folder)):
        table = table_of(path)
        if table is None:
            continue
        try:
            require_file(path, folder)
        except InputError as error:
            if os.path.lexists(path):  # else another process took it
                taken.errors.append(str(error))
            continue
        if _is_settled(path):
            found.append((table, path))
    paths = [path for _, path in sorted(found, key=lambda pair: (order.index(pair[0]), pair[1].name))]

    def take(path: Path) -> bool:
        try:
            done = import_stations(engine, root, [path], now=now)
        except OutOfTime:
            raise
        except InputError as error:
            _set_aside(path, folder, error, taken)
            return False
        _count(taken, done)
        report = "".join(f"{fault}\n" for fault in done.faults)
        taken.errors += _move(path, folder / DONE, report)
        return True

    turns = in_turn(paths, take, {}, FOLDER_SECONDS)
    for path, late in turns.late:
        _set_aside(path, folder, late, taken)
    taken.errors += [
        say("{path}：{words}", path=label(path), words=words(waits, FOLDER_SECONDS))
        for path, waits in turns.left
    ]


def _set_aside(path: Path, folder: Path, error: InputError, taken: Taken) -> None:
    taken.errors.append(say("{path}：{error}", path=label(path), error=error))
    taken.errors += _move(path, folder / FAILED, say("未能处理：{error}\n", error=error))


def station_mapping(source: SourceConfig) -> Mapping:
    """How a source's own tables become ours; without a mapping the contract's tables. Raises InputError."""
    if source.mapping is not None:
        return load(mapping_path(source), office_zone(), STATION_LAYOUTS)
    return Mapping(tuple(TableMapping(name) for name in STATION_LAYOUTS if name != "station_minutes"))


def _take_source(
    engine: Engine, root: Path, source: SourceConfig, until: datetime, taken: Taken, now: datetime
) -> None:
    if source.kind == "inbox":
        empty_folder(engine, root, Path(source.location), taken, now=now)
        return
    mapping = station_mapping(source)
    if source.kind == "files":
        _take_changed_files(engine, root, source, mapping, taken, now)
        return
    # A platform tells an hour once it is over and again when it is corrected; a query asks by the hour itself.
    end = now if source.kind == "platform" else until
    with reading(engine) as connection:
        windows = gaps(connection, source.name, until - ASKED_BACK, end)
    for start_at, end_at in windows:
        read = read_platform if source.kind == "platform" else read_database
        delivery = read(source, mapping, start_at, end_at, STATION_LAYOUTS)
        done = _take_delivery(engine, root, source, delivery, now)
        covered = max(start_at, min(end_at, delivery.covered_until or end_at))
        _record(engine, source, done, delivery, start_at, covered, end_at, now)
        _count(taken, done)


def _take_delivery(
    engine: Engine, root: Path, source: SourceConfig, delivery: Delivery, now: datetime
) -> StationImport:
    """Table by table, as they come; grids and stations before their hours."""
    done = StationImport()
    origins: set[str] = set()
    for mapping, parts in groupby(delivery.parts, key=lambda part: part.mapping):
        layout = STATION_LAYOUTS[mapping.table]
        raw = [part.chunk for part in parts]
        require_known_hours(raw, layout, mapping, f"source {source.name}: {mapping.table}")
        chunks = [as_text(chunk, layout, mapping) for chunk in raw]
        take_chunks(engine, root, mapping.table, chunks, done, source=source.name, now=now)
        origins.add(mapping.table)
    done.faults = merged(done.faults)
    keep_known(engine, source.name, {fault.file for fault in done.faults}, done, now)
    return done


def _take_changed_files(
    engine: Engine, root: Path, source: SourceConfig, mapping: Mapping, taken: Taken, now: datetime
) -> None:
    """The files of a folder of exports that were written since the last time."""
    folder = Path(source.location)
    last = (
        select(ledger.c.finished_at)
        .where(ledger.c.source == source.name)
        .order_by(ledger.c.finished_at.desc())
    )
    with reading(engine) as connection:
        since = connection.execute(last.limit(1)).scalar()
        waited = {trouble.file for trouble in waiting_files(connection, source.name).values()}
    entries = entries_of(folder, f"source {source.name}: {folder}")
    paths = [path for path in entries if path.is_file() and table_of(path) is not None]
    fresh = [
        path
        for path in paths
        if since is None
        or path.stat().st_mtime >= since.timestamp() - _SETTLED_SECONDS
        or label(path) in waited
    ]
    if not fresh:
        return
    tables = mapping.tables if source.mapping is not None else ()
    done = import_stations(engine, root, fresh, now=now, mappings=tables, source=source.name)
    troubles = [
        Trouble(label(path), words("turn", FOLDER_SECONDS), waits="turn", version="-") for path in done.left
    ]
    with writing(engine, lock="intake") as connection:
        keep_troubles(connection, source.name, troubles, settled=waited, now=now)
    _record(engine, source, done, Delivery(iter(()), is_cut=False), now, now, now, now)
    _count(taken, done)


def _record(
    engine: Engine,
    source: SourceConfig,
    done: StationImport,
    delivery: Delivery,
    start_at: datetime,
    end_at: datetime,
    asked_until: datetime,
    now: datetime,
) -> None:
    quarantined = sum(fault.count for fault in done.faults)
    row: dict[str, Any] = {
        "source": source.name,
        "start_at": start_at,
        "end_at": end_at,
        "finished_at": now,
        "rows_read": done.rows.total(),
        "rows_new": done.new.total(),
        "rows_revised": done.revised.total(),
        "rows_unchanged": done.unchanged.total(),
        "rows_quarantined": quarantined,
        "is_simulated": done.is_simulated,
        "fingerprint": "",
        "asked_until_at": asked_until,
        "parts_expected": delivery.parts_expected,
        "parts_received": delivery.parts_received,
    }
    with writing(engine, lock="intake") as connection:
        connection.execute(ledger.insert(), row)


def _count(taken: Taken, done: StationImport) -> None:
    taken.files += done.files
    taken.rows += done.rows.total()
    taken.new += done.new.total() + done.revised.total()
    taken.faults += [str(fault) for fault in done.faults]
    taken.errors += [str(error) for error in done.rejected]


def _is_settled(path: Path) -> bool:
    try:
        status = path.stat()
    except OSError:
        return False
    # A date in the future is a wrong clock elsewhere: the file system knows when it was set.
    return time.time() - min(status.st_mtime, status.st_ctime) >= _SETTLED_SECONDS


def _move(path: Path, folder: Path, report: str) -> list[str]:
    """Puts a file aside, with a report beside it; what stood in the way (then it stays where it is), or nothing."""
    try:
        if folder.is_symlink():
            raise NotADirectoryError(errno.ENOTDIR, "a link, not a folder", str(folder))
        folder.mkdir(parents=True, exist_ok=True)
        target = folder / fitting(path, spare=_ROOM)
        number = 1
        while target.exists():
            number += 1
            target = folder / fitting(path, spare=_ROOM, digits=str(number))
        if report:
            target.with_name(f"{target.name}.txt").write_text(printable(report), encoding="utf-8")
        path.rename(target)
    except FileNotFoundError:  # another process took it
        return []
    except OSError as error:
        return [
            say(
                "{path}不能移至{name}（{got}），留在原处",
                path=label(path),
                name=folder.name,
                got=unreadable(path, error).got,
            )
        ]
    return []
