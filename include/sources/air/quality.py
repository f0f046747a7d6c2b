"""Intake of air quality: archives of cities, readings of grids and stations, hours under dust; whole days, replaced at once."""

import json
import logging
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Final

import pandas as pd
from sqlalchemy import Engine

from include.errors import InputError, SourceError
from include.language import say
from include.sources.air.faults import Fault
from include.sources.air.files import AirFile, read_air_file
from include.sources.air.hours import OpenHours, printed_by, scales, with_told
from include.sources.air.intake import Conflict, DayResult, Kept, keep_days, keep_dust
from include.sources.air.known_days import Loss
from include.sources.air.means import means
from include.sources.air.members import keep_members, read_members
from include.sources.air.odd_units import OddValues, without_odd_units
from include.sources.air.quarantine import FileFault, keep_faults, merge_faults
from include.sources.air.said import (
    LABELS,
    asked,
    beside_notes,
    decided_said,
    given_notes,
    joined_said,
    loss_said,
    lost_said,
    missing_notes,
    notes_of,
    odd_fault,
    scales_said,
)
from include.sources.air.stage import Stage, Statement
from include.sources.air.stations import city_names
from include.sources.mapping.language import HourLabel, TableMapping
from include.sources.reading.file_names import entries_of, label, require_file, unreadable
from include.sources.reading.tables import FORMATS, is_table_of_folder
from include.sources.reading.time_limits import OutOfTime
from include.sources.troubles import Trouble, discarded_of, keep_troubles
from include.sources.turns import FOLDER_SECONDS, in_turn, words
from include.store.air_days import Provenance, grid_places, keep_layout_hours, layout_hours
from include.store.engine import reading, writing

_EXPECTED: Final = f"air-quality files ({FORMATS})"
SOURCE: Final = "air-quality"  # as the quarantine and the ledger name this intake
_log = logging.getLogger(__name__)
UNTAKEN: Final = "untaken"  # the content of a trouble
_DISPUTED: Final = "同一小时有不同的值，均未采用，按缺测处理"
_DISPUTED_MOMENT: Final = "同一时刻有不同的值，均未采用"


@dataclass(frozen=True)
class ImportResult:
    """What an import did.

    `days`: every day that was written, as it is now; `new_days` of them were not known, of `again_days` stored values were told
    again (`corrected` values are others now), of `same_days` nothing else than what is known, the others got hours, places or pollutants that the store had not. `faults`: values
    that were not used, by file, field and reason (they are in the quarantine). `rejected`: why files could not be used at all;
    nothing of these, `unread`, was kept. `skipped`: rows (long) or columns (wide) of cities that the table of cities does not have,
    by name. `unknown_grids`: grids with readings that the table of grids does not have (their readings are kept). `gaps`: empty
    values. `duplicates`: values told again, always the same: used once. `notes`: how files were understood, where it is not the
    usual way. `untaken`: days that stayed as they are because hours would be lost, by file, with what would be; they hold
    `untaken_values`.
    """

    files: int
    rows: int
    gaps: int
    duplicates: int
    dust_hours: int
    days: tuple[DayResult, ...]
    faults: tuple[FileFault, ...]
    rejected: tuple[InputError, ...]
    unread: tuple[Path, ...]
    skipped: dict[str, int]
    unknown_grids: tuple[str, ...]
    notes: tuple[str, ...] = ()
    untaken: tuple[str, ...] = ()
    # Values that were stored, of how many places and of which quantities.
    stored: int = 0
    places: int = 0
    quantities: tuple[str, ...] = ()
    untaken_values: int = 0
    new_days: int = 0
    again_days: int = 0
    same_days: int = 0
    corrected: int = 0


@dataclass
class _Done:
    """What the statements of an import came to so far."""

    kept: list[Kept] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    odd: list[OddValues] = field(default_factory=list)
    between: list[tuple[int, Fault]] = field(default_factory=list)
    dust_hours: int = 0
    duplicates: int = 0
    few_minutes: int = 0
    first_few: str = ""
    few_stations: int = 0
    # Stations whose hours of earlier imports count in the cities' means.
    beside: set[str] = field(default_factory=set)
    given_days: int = 0


def import_air_quality(
    engine: Engine,
    parquet_root: Path,
    paths: Sequence[Path],
    *,
    now: datetime,
    hour_label: HourLabel | None = None,
    source: str = SOURCE,
    folder: Path | None = None,
    replace: bool = False,
    mapping: TableMapping | None = None,
    stations: Path | None = None,
    is_played: bool = False,
    only: frozenset[date] | None = None,
) -> ImportResult:
    """Reads files, and the tables in folders recursively, by `mapping` or the shipped one that each is known by; writes their days.

    `hour_label` says which end of its hour a time names; None: what the mapping says, or the beginning, and 1 to 24 their ends.
    `stations`: a table of the city of each station, where files are of stations.
    A file that cannot be used is listed in the result and the others go on; raises InputError when none can be used.
    Times after `now` are faults, unless `is_played`: the clock is played over a world that is told to its end.
    A day of which the store has hours that are not told again, and none that it had not, stays as it is, unless `replace`.
    `folder`: the paths are entries of this folder, none of which may lead out of it. `only`: nothing is taken of other days, and
    nothing settled that was said about the files before.
    """
    names, unusable = _files(paths, folder)
    parquet_root.mkdir(parents=True, exist_ok=True)
    with reading(engine) as connection:
        names_of_places = city_names(connection)
        known_grids = set(grid_places(connection).index)
        layouts = layout_hours(connection)
    done: dict[int, AirFile] = {}
    rejected: list[InputError] = [error for _, error in unusable]
    unread: list[Path] = [path for path, _ in unusable]
    whole = _Done()
    with tempfile.TemporaryDirectory(dir=parquet_root, prefix=".import-") as scratch:
        stage = Stage(Path(scratch))

        def refuse(number: int, error: Exception) -> None:
            stage.forget(number)
            rejected.append(_refusal(names[number], error))
            unread.append(names[number])

        hours_known = {name: scales(hours) for name, hours in layouts.items()}
        open_hours: dict[int, OpenHours] = {}

        def take(number: int) -> bool:
            try:
                require_file(names[number])
                done[number] = read_air_file(
                    names[number],
                    number,
                    stage,
                    names_of_places,
                    hour_label,
                    mapping,
                    stations,
                    latest=None if is_played else now,
                    known=hours_known,
                )
            except OpenHours as error:
                stage.forget(number)
                open_hours[number] = error
            except SourceError:  # not the file's: the disk of the hours
                raise
            except OutOfTime:
                stage.forget(number)
                raise
            except Exception as error:  # whatever it is, it is this file's
                refuse(number, error)
            return number in done

        turns = in_turn(range(len(names)), take, {}, FOLDER_SECONDS)
        # What whole days say of the hours of others, whatever the order of the files.
        hours_known = with_told(hours_known, [file.hours for file in done.values() if file.hours])
        mistaken = [
            number for number, file in done.items() if file.hours and file.hours.is_otherwise(hours_known)
        ]
        for number in mistaken:
            stage.forget(number)
            del done[number]
        asked_again = [*open_hours, *mistaken]
        open_hours.clear()
        again = in_turn(asked_again, take, {}, FOLDER_SECONDS)
        turns.late += again.late
        turns.left += again.left
        for number, error in open_hours.items():
            refuse(number, error)
        for number, late in turns.late:
            refuse(number, late)
        for number, waits in turns.left:
            refuse(number, InputError(words(waits, FOLDER_SECONDS), where=label(names[number])))
        if only is None:
            _keep_troubles(engine, source, unread, rejected, [names[number] for number in done], now)
        else:
            stage.keep_only(only)
        if not done:
            raise rejected[0]
        simulated = frozenset(
            day for number, file in done.items() if file.is_simulated for day in stage.days_of(number)
        )
        told = Provenance(source, simulated, now)
        cities_of = {station: city for file in done.values() for station, city in file.stations.items()}
        for statement, stated in stage.take():
            if statement.dataset != "dust" and statement.every != "minutes":
                units_told = {
                    (number, name)
                    for number, file in done.items()
                    for name in LABELS
                    if not file.unitless[name]
                }
                stated, odd_values = without_odd_units(stated, units_told, are_days=statement.every == "day")
                whole.odd += odd_values
            _keep(engine, parquet_root, statement, stated, cities_of, told, whole, replace=replace)
    files = done.values()
    faults = [
        fault
        for number, file in done.items()
        for fault in merge_faults(
            file.path, [*file.faults, *(fault for own, fault in whole.between if own == number)]
        )
    ]
    faults += _disputed(whole.conflicts, names)
    place_names = {
        code: name.removesuffix("市")
        for name, code in reversed([*names_of_places.cities.items()])
        if name != code
    }
    faults += [odd_fault(names[odd.file], odd, place_names) for odd in whole.odd]
    lost = [
        (names[number], loss, loss_said(loss, place_names))
        for kept in whole.kept
        for loss in kept.losses
        for number in loss.files
    ]
    options = {
        "mapping": mapping.name if mapping else "",
        "stations": str(stations or ""),
        "label": hour_label,
    }
    untaken, decided = _ask(engine, source, lost, options, now)
    with writing(engine) as connection:
        if only is None:
            keep_faults(connection, source, [file.path for file in files], faults, now)
        keep_layout_hours(connection, printed_by(file.hours for file in files if file.hours), now)
    return ImportResult(
        files=len(done),
        rows=sum(file.rows for file in files),
        gaps=sum(file.gaps for file in files),
        duplicates=whole.duplicates + sum(kept.duplicates for kept in whole.kept),
        dust_hours=whole.dust_hours,
        days=tuple(day for kept in whole.kept for day in kept.days),
        faults=tuple(faults),
        rejected=tuple(rejected),
        unread=tuple(unread),
        skipped=dict(sum((file.skipped for file in files), Counter())),
        unknown_grids=tuple(sorted(set().union(*(file.grids for file in files)) - known_grids)),
        stored=sum(kept.stored for kept in whole.kept),
        places=len(frozenset().union(*(kept.places for kept in whole.kept))),
        quantities=tuple(
            LABELS[name] for name in LABELS if any(name in kept.quantities for kept in whole.kept)
        ),
        untaken=untaken,
        untaken_values=sum(kept.untaken for kept in whole.kept),
        new_days=sum(len(kept.new) for kept in whole.kept),
        same_days=sum(len(kept.same) for kept in whole.kept),
        again_days=sum(len(kept.told_again) for kept in whole.kept),
        corrected=sum(kept.corrected for kept in whole.kept),
        notes=(
            *(note for file in files for note in notes_of(file)),
            *scales_said([file.hours for file in files if file.hours], layouts),
            *missing_notes(whole.few_minutes, whole.few_stations, whole.first_few),
            *beside_notes(sorted(whole.beside)),
            *given_notes(whole.given_days),
            *joined_said([joined for kept in whole.kept for joined in kept.joined]),
            *(lost_said(loss, place_names) for kept in whole.kept for loss in kept.lost),
            *decided,
        ),
    )


def _keep(
    engine: Engine,
    parquet_root: Path,
    statement: Statement,
    stated: pd.DataFrame,
    cities_of: Mapping[str, str],
    told: Provenance,
    whole: _Done,
    *,
    replace: bool,
) -> None:
    """Writes what one statement says of some days; adds to `whole`."""
    if statement.dataset == "dust":
        hours, conflicts = keep_dust(engine, stated, told)
        whole.dust_hours += hours
        whole.conflicts += conflicts
        return
    are_days = statement.every == "day"
    with writing(engine, lock="air_quality") as connection:
        known = read_members(parquet_root, stated, are_days=are_days) if statement.of_city else None
        found = means(statement, stated, cities_of, known, replace=replace)
        if found.hours.empty:
            kept = Kept([], 0, [], [])
        else:
            kept = keep_days(
                connection,
                parquet_root,
                statement.dataset,
                found.hours,
                told,
                replace=replace,
                are_days=are_days,
            )
        if found.members is not None:
            days = pd.DatetimeIndex([day.observed_on for day in kept.days])
            keep_members(parquet_root, found.members, days, are_days=are_days)
            kept = found.members.added_to(kept, replace=replace)
            whole.beside |= {*found.members.beside} if kept.days else set()
    whole.kept.append(kept)
    whole.given_days += sum(day.places for day in kept.days) if are_days else 0
    whole.duplicates += found.duplicates
    whole.conflicts += [*found.conflicts, *kept.conflicts]
    whole.between += found.between
    whole.few_minutes += found.few_minutes
    whole.first_few = whole.first_few or found.first_few
    whole.few_stations += found.few_stations


def _ask(
    engine: Engine,
    source: str,
    lost: Sequence[tuple[Path, Loss, str]],
    again: Mapping[str, str | None],
    now: datetime,
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Puts the days that were not taken on the to-do list; what is asked of a person, and what a person decided before."""
    asking = {
        Trouble(
            label(path),
            asked(said),
            UNTAKEN,
            again=json.dumps({"path": str(path.resolve()), "day": str(loss.observed_on), **again}),
        ): (label(path), said)
        for path, loss, said in lost
    }
    with writing(engine, lock="intake") as connection:
        keep_troubles(connection, source, list(asking), now=now)
        discarded = discarded_of(connection, source, list(asking))
    untaken = [
        say("{path}：{said}", path=path, said=asked(said))
        for trouble, (path, said) in asking.items()
        if trouble not in discarded
    ]
    decided = [decided_said(path, said) for trouble, (path, said) in asking.items() if trouble in discarded]
    return tuple(untaken), tuple(decided)


def _refusal(path: Path, error: Exception) -> InputError:
    """What was wrong with a file, as an error for an operator."""
    if isinstance(error, InputError):
        return error
    if not isinstance(error, OSError):
        _log.error("%s cannot be read", label(path), exc_info=error)
    return unreadable(path, error)


def _keep_troubles(
    engine: Engine,
    source: str,
    unread: Sequence[Path],
    rejected: Sequence[InputError],
    read: Sequence[Path],
    now: datetime,
) -> None:
    troubles = [Trouble(label(path), str(error)) for path, error in zip(unread, rejected, strict=True)]
    with writing(engine, lock="intake") as connection:
        keep_troubles(connection, source, troubles, settled={label(path) for path in read}, now=now)


def _files(paths: Sequence[Path], folder: Path | None) -> tuple[list[Path], list[tuple[Path, InputError]]]:
    """The files to read, and entries of the folders that look like files but cannot be read as such."""
    found: dict[Path, None] = {}
    odd: list[tuple[Path, InputError]] = []
    for path in paths:
        if folder is None and not path.is_dir():
            if not path.exists():
                raise InputError("no such file or folder", where=str(path), expected=_EXPECTED)
            found[path] = None
            continue
        if folder is None:
            entries_of(path, str(path))
        inside = [path] if folder else sorted(each for each in path.rglob("*") if _is_named_so(each))
        if not inside:
            raise InputError("no air-quality file in the folder", where=str(path), expected=_EXPECTED)
        for entry in inside:
            try:
                require_file(entry, folder or path)
            except InputError as error:
                odd.append((entry, error))
            else:
                found[entry] = None
    if not found and not odd:
        raise InputError("no file to import", where="paths", expected="at least one file or folder")
    return list(found), odd


def _is_named_so(path: Path) -> bool:
    return is_table_of_folder(path) and not path.name.startswith(".")


def _disputed(conflicts: Sequence[Conflict], names: Sequence[Path]) -> list[FileFault]:
    """The contradictions as faults of the later file: one a file, quantity and other file."""
    merged: dict[tuple[int, int, str, bool], list[Conflict]] = {}
    for conflict in conflicts:
        key = (conflict.file, conflict.other, conflict.quantity, conflict.is_moment)
        merged.setdefault(key, []).append(conflict)
    faults = []
    for (file, other, quantity, is_moment), parts in merged.items():
        disputed = _DISPUTED_MOMENT if is_moment else _DISPUTED
        said = (
            disputed
            if file == other
            else say("{disputed}；另一值在{file}", disputed=disputed, file=label(names[other]))
        )
        count = sum(part.count for part in parts)
        faults.append(FileFault(names[file], Fault(quantity, said, parts[0].values, parts[0].line, count)))
    return faults
