"""`import-stations`: a world's folder or single files into the store and the Parquet days; foreign files are left alone.

Grids come first, then stations, then hours, so that what refers to something comes after it; hours of stations that are not
known yet are kept and wait. One file that cannot be used stops none of the others.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

import pandas as pd
from sqlalchemy import Connection, Engine, select
from sqlalchemy.exc import OperationalError

from include.errors import InputError, SourceError
from include.language import say
from include.periods import office_zone
from include.sources.air.hours import FileHours, OpenHours, printed_by, scales, with_told
from include.sources.air.printed_hours import Scale
from include.sources.air.said import scales_said
from include.sources.delivery import Chunk
from include.sources.mapping.files import is_named_like
from include.sources.mapping.language import TableMapping
from include.sources.reading.file_names import entries_of, label, require_file, unreadable
from include.sources.reading.tables import FORMATS
from include.sources.reading.time_limits import OutOfTime
from include.sources.stations.faults import (
    UNKNOWN_GRID,
    UNKNOWN_STATION,
    Fault,
    keep_faults,
    merged,
    settle_waiting,
)
from include.sources.stations.half_files import UNENDED, leave_half_out
from include.sources.stations.hours import HourRows, checked_hours, once, require_own_day
from include.sources.stations.layouts import MOST_SAMPLES, STATION_LAYOUTS, table_of
from include.sources.stations.metered import unknown_meters
from include.sources.stations.minutes import joined, leave_fewer_out
from include.sources.stations.reading import StationRows, read_rows
from include.sources.stations.registers import register_faults
from include.sources.stations.tables import TableRows, keep_grids, keep_stations
from include.sources.turns import FOLDER_SECONDS, in_turn, words
from include.store.air_days import keep_layout_hours, layout_hours
from include.store.engine import reading, writing
from include.store.station_hours import TABLES, DayKept, HourTable, keep_hours, read_hours
from include.store.station_minutes import forget_minutes, keep_minutes, read_minutes
from include.store.tables import grid
from include.store.watch_tables import station

SOURCE: Final = "stations"  # as the quarantine and the facts name this intake
_ORDER: Final = tuple(STATION_LAYOUTS)
_log = logging.getLogger(__name__)
_DISPUTED: Final = "本次读入的另一文件对同一小时有不同的值，以后读的（{origin}）为准，请核对"
_UNUSABLE: Final = "文件不能使用"
_KEY_OF_TABLE: Final = {"station_minutes": "station_hours"}


@dataclass
class StationImport:
    """What an import did. `rows`: read, by table; `new`, `revised`, `unchanged` of them; `days`: natural days that got hours;
    `absent`: hours told as missing; `faults`: what was not used (it is in the quarantine); `rejected`: files as a whole;
    `foreign`: how many files of the folders are none of ours."""

    files: int = 0
    rows: Counter[str] = field(default_factory=Counter)
    new: Counter[str] = field(default_factory=Counter)
    revised: Counter[str] = field(default_factory=Counter)
    unchanged: Counter[str] = field(default_factory=Counter)
    days: set[date] = field(default_factory=set)
    absent: int = 0
    repeated: int = 0
    faults: list[Fault] = field(default_factory=list)
    rejected: list[InputError] = field(default_factory=list)
    left: list[Path] = field(default_factory=list)  # of these, what was not read for lack of time
    notes: list[str] = field(default_factory=list)
    foreign: int = 0
    is_simulated: bool = False


class _File(NamedTuple):
    mapping: TableMapping
    path: Path


def import_stations(
    engine: Engine,
    root: Path,
    paths: Sequence[Path],
    *,
    now: datetime,
    mappings: Sequence[TableMapping] = (),
    source: str = SOURCE,
) -> StationImport:
    """Reads files, and the files of folders (not of folders inside them), by their names (`layouts.table_of`, or the patterns
    of `mappings`); `root` is the folder of the Parquet days.

    Raises InputError when nothing of it can be used.
    """
    by_table = {mapping.table: mapping for mapping in mappings}
    done = StationImport()
    files = _files(paths, by_table, done)
    in_order = [
        _File(by_table.get(table, TableMapping(table)), path)
        for table in _ORDER
        for path in files.get(table, [])
    ]

    with reading(engine) as connection:
        last_hours = layout_hours(connection)
    known = {header: scales(hours) for header, hours in last_hours.items()}
    told: dict[Path, FileHours] = {}
    waiting: list[_File] = []

    def take(file: _File) -> bool:
        """Whether it was read, or waits for what the other files print."""
        rows = _read(file, known, done)
        if rows is None:
            return False
        if isinstance(rows, OpenHours) or (rows.hours and rows.hours.goes_by_others and len(in_order) > 1):
            waiting.append(file)
            is_read = True
        else:
            is_read = _take_rows(engine, root, file, rows, done, source, now)
        if isinstance(rows, StationRows) and rows.hours is not None:
            told[file.path] = rows.hours
        return is_read

    def take_waiting(file: _File) -> bool:
        rows = _read(file, printed, done)
        if isinstance(rows, OpenHours):
            _reject(done, file.path, rows)
            return False
        return rows is not None and _take_rows(engine, root, file, rows, done, source, now)

    turns = in_turn(in_order, take, {}, FOLDER_SECONDS)
    printed = with_told(known, told.values())
    again = in_turn(waiting, take_waiting, {}, FOLDER_SECONDS)
    turns.late += again.late
    turns.left += again.left
    done.notes += scales_said(list(told.values()), last_hours)
    with writing(engine) as connection:
        keep_layout_hours(connection, printed_by(told.values()), now)
    for file, error in turns.late:
        _reject(done, file.path, error)
    for file, waits in turns.left:
        done.left.append(file.path)
        _reject(done, file.path, InputError(words(waits, FOLDER_SECONDS), where=label(file.path)))
    if done.rejected and not done.files:
        raise done.rejected[0]
    done.faults = merged(done.faults)
    names = {label(path) for group in files.values() for path in group}
    keep_known(engine, source, names, done, now)
    return done


def take_chunks(
    engine: Engine,
    root: Path,
    table: str,
    chunks: Iterable[Chunk],
    done: StationImport,
    *,
    source: str,
    now: datetime,
) -> None:
    """Takes the rows of one table in, whatever kind of source they came from; adds to `done`. Raises InputError when they
    cannot be used as a whole, with nothing kept."""
    chunks = list(chunks)
    done.notes += [
        say("{origin}：{unended}", origin=chunk.origin, unended=UNENDED)
        for chunk in chunks
        if chunk.is_unended
    ]
    if table in ("grids", "stations"):
        keep = keep_grids if table == "grids" else keep_stations
        with writing(engine, lock="intake") as connection:
            told = keep(connection, chunks, source=source, now=now)
        _count_table(done, table, told)
        return
    _take_hours(engine, root, table, chunks, done, now)


def keep_known(engine: Engine, source: str, files: Iterable[str], done: StationImport, now: datetime) -> None:
    """Puts the faults into the quarantine in the place of those that the same files had, and settles hours whose station
    and stations whose grid is known by now."""
    with writing(engine, lock="intake") as connection:
        keep_faults(connection, source, set(files), done.faults, now=now)
        known = set(connection.execute(select(station.c.station_id).distinct()).scalars())
        settle_waiting(connection, UNKNOWN_STATION, known, now=now)
        grids = set(connection.execute(select(grid.c.grid_id)).scalars())
        settle_waiting(connection, UNKNOWN_GRID, grids, now=now)


def _read(
    file: _File, known: Mapping[str, frozenset[Scale]], done: StationImport
) -> StationRows | OpenHours | None:
    """The rows of a file, or why only other files tell its hours; None for one that cannot be used, which is named. Raises OutOfTime."""
    try:
        return read_rows(file.path, STATION_LAYOUTS[file.mapping.table], file.mapping, known)
    except OpenHours as error:
        return error
    except (SourceError, OutOfTime):  # not the file's: the disk, or its turn
        raise
    except Exception as error:  # whatever it is, it is this file's
        _reject(done, file.path, error)
        return None


def _take_rows(
    engine: Engine,
    root: Path,
    file: _File,
    rows: StationRows,
    done: StationImport,
    source: str,
    now: datetime,
) -> bool:
    """Whether the rows of a file could be taken; one that cannot be used is named. Raises OutOfTime."""
    try:
        take_chunks(engine, root, file.mapping.table, rows.chunks, done, source=source, now=now)
        done.files += 1
        done.notes += rows.notes
        return True
    except (SourceError, OperationalError, OutOfTime):  # not the file's: the store, the disk, or its turn
        raise
    except Exception as error:  # whatever it is, it is this file's
        _reject(done, file.path, error)
        return False


def _reject(done: StationImport, path: Path, error: Exception) -> None:
    known = error if isinstance(error, InputError) else unreadable(path, error)
    if not isinstance(error, (InputError, OSError)):
        _log.error("%s cannot be read", label(path), exc_info=error)
    done.rejected.append(known)
    done.faults.append(
        Fault(
            label(path),
            "",
            say("{unusable}：{what}", unusable=_UNUSABLE, what=known.what),
            known.got[:200],
            0,
        )
    )


def _take_hours(
    engine: Engine, root: Path, table: str, chunks: list[Chunk], done: StationImport, now: datetime
) -> None:
    origin = chunks[0].origin if chunks else table
    layout, hour_table = STATION_LAYOUTS[table], TABLES[_KEY_OF_TABLE.get(table, table)]
    whole = checked_hours(chunks, layout, now=now)
    require_own_day(whole.rows, origin)
    if table != "station_minutes":
        once(whole, hour_table.key, origin, say("同一小时有不同的值，均未采用，按缺测处理"))
    if table == "submeter_hours" and len(whole.rows):
        whole.faults += register_faults(whole.rows, origin)
    if len(whole.rows):
        is_simulated = whole.is_simulated or _says_simulated(engine)
        with writing(engine, lock="stations") as connection:  # one process at a time adds to a day
            known = minutes = None
            if table == "station_minutes":
                known = read_minutes(root, whole.rows)
                minutes = joined(whole, known, origin, now)
            if hour_table.key == "station_id":
                _name_unknown(connection, whole, origin)
            else:
                whole.faults += unknown_meters(connection, whole.rows["enterprise_id"], origin)
            if whole.unended is not None:
                hour = whole.unended[1].to_pydatetime()
                stored = _stored(root, hour_table, hour, hour)
                leave_half_out(whole, stored, layout, origin)
            if minutes is not None and known is not None:
                if (whole.rows["sample_count"] < MOST_SAMPLES).any():
                    first, last = whole.rows["hour"].min(), whole.rows["hour"].max()
                    stored = _stored(root, hour_table, first.to_pydatetime(), last.to_pydatetime())
                    leave_fewer_out(whole, stored, known, origin)
                minutes = minutes.of(whole.rows)
                keep_minutes(root, minutes.open)
            kept = keep_hours(root, hour_table, whole.rows, is_simulated=is_simulated, received_at=now)
            if minutes is not None:
                forget_minutes(root, minutes.complete)
        _count_days(done, table, kept)
        if (disputed := sum(day.disputed for day in kept)) and table != "station_minutes":
            whole.faults.append(Fault(origin, "hour", say(_DISPUTED, origin=origin), origin, 0, disputed))
        done.is_simulated = done.is_simulated or is_simulated
    done.rows[table] += whole.read
    done.absent += whole.absent
    done.repeated += whole.repeated
    done.faults += whole.faults
    done.notes += whole.notes


def _stored(root: Path, table: HourTable, first: datetime, last: datetime) -> pd.DataFrame:
    """The stored hours from one to another."""
    stored: pd.DataFrame = read_hours(root, table, first, last + timedelta(hours=1)).to_pandas()
    return stored


def _name_unknown(connection: Connection, whole: HourRows, origin: str) -> None:
    """Hours of stations that the store does not have, and hours outside their service: kept, not used, named."""
    columns = (station.c.station_id, station.c.valid_from, station.c.valid_to)
    stays = pd.DataFrame(
        connection.execute(select(*columns)).all(), columns=["station_id", "valid_from", "valid_to"]
    )
    counts = whole.rows["station_id"].value_counts()
    unknown = sorted(set(counts.index[counts > 0]) - set(stays["station_id"]))
    whole.faults += [
        Fault(origin, "station_id", UNKNOWN_STATION, name, 0, int(counts[name])) for name in unknown
    ]
    first = pd.Timestamp(whole.rows["hour"].min()).tz_convert(office_zone()).date()
    last = pd.Timestamp(whole.rows["hour"].max()).tz_convert(office_zone()).date()
    serving = stays[
        (stays["valid_from"] <= last)
        & (stays["valid_to"].isna() | (stays["valid_to"].fillna(date.max) > first))
    ]
    idle = sorted((set(counts.index[counts > 0]) & set(stays["station_id"])) - set(serving["station_id"]))
    if idle:
        rows = int(counts[idle].sum())
        reason = say("站点当日不在有效期内（未启用、已停用或已更换），读数已保存，不采用")
        whole.faults.append(Fault(origin, "station_id", reason, say("、").join(idle), 0, rows))


def _says_simulated(engine: Engine) -> bool:
    """Hours carry no label of their own: those of a simulated network are 模拟数据."""
    with reading(engine) as connection:
        query = select(station.c.station_id).where(station.c.is_simulated).limit(1)
        return connection.execute(query).first() is not None


def _files(
    paths: Sequence[Path], mappings: dict[str, TableMapping], done: StationImport
) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = {}
    for path in paths:
        if path.is_dir():
            for entry in entries_of(path, str(path)):
                table = _table(entry, mappings)
                if table is not None:
                    try:
                        require_file(entry, path)
                    except InputError as error:
                        _reject(done, entry, error)
                    else:
                        found.setdefault(table, []).append(entry)
                elif entry.is_file():
                    done.foreign += 1
        elif path.is_file():
            table = _table(path, mappings) or (next(iter(mappings)) if len(mappings) == 1 else None)
            if table is None:
                done.rejected.append(_foreign(path))
            else:
                found.setdefault(table, []).append(path)
        else:
            raise InputError("no such file or folder", where=str(path))
    if not found:
        raise (
            done.rejected[0]
            if done.rejected
            else InputError(
                "no file of stations in the folder",
                where=str(paths[0]) if paths else "paths",
                expected=", ".join(f"{name}*" for name in _ORDER) + f" as {FORMATS}",
            )
        )
    return found


def _table(path: Path, mappings: dict[str, TableMapping]) -> str | None:
    for table, mapping in mappings.items():
        if is_named_like(path, mapping):
            return table
    return table_of(path)


def _foreign(path: Path) -> InputError:
    return InputError(
        "no telling what the file holds",
        where=str(path),
        expected=", ".join(f"{name}*" for name in _ORDER),
        todo="rename it, or name it in a mapping (enterprises are read by import-enterprises)",
    )


def _count_table(done: StationImport, table: str, told: TableRows) -> None:
    done.rows[table] += told.read
    done.new[table] += told.new
    done.revised[table] += told.revised
    done.unchanged[table] += told.unchanged
    done.faults += told.faults
    done.notes += told.notes
    done.is_simulated = done.is_simulated or told.is_simulated


def _count_days(done: StationImport, table: str, kept: Sequence[DayKept]) -> None:
    done.new[table] += sum(one.new for one in kept)
    done.revised[table] += sum(one.revised for one in kept)
    done.unchanged[table] += sum(one.unchanged for one in kept)
    done.days |= {one.day for one in kept}
