"""Intake of air quality: archives of cities, readings of grids and stations, hours under dust; whole days, replaced at once."""

import json
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Final

from sqlalchemy import Engine

from include.errors import InputError
from include.language import say
from include.sources.air.faults import Fault
from include.sources.air.hours import printed_by, scales
from include.sources.air.intake import Conflict, DayResult
from include.sources.air.known_days import Loss
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
from include.sources.air.stage import Stage
from include.sources.air.stations import city_names
from include.sources.air.taken import HowRead, Taken, files_of, take_files
from include.sources.air.written import Written, write_staged
from include.sources.mapping.language import HourLabel, TableMapping
from include.sources.reading.file_names import label
from include.sources.troubles import Trouble, discarded_of, keep_troubles
from include.store.air_days import Provenance, grid_places, keep_layout_hours, layout_hours
from include.store.engine import reading, writing

SOURCE: Final = "air-quality"  # as the quarantine and the ledger name this intake
UNTAKEN: Final = "untaken"  # the content of a trouble
_DISPUTED: Final = "同一小时有不同的值，均未采用，按缺测处理"
_DISPUTED_MOMENT: Final = "同一时刻有不同的值，均未采用"


@dataclass(frozen=True)
class ImportResult:
    """What an import did.

    `days`: every day that was written, as it is now; `new_days` of them were not known, of `again_days` stored values were told
    again (`corrected` values are others now), of `same_days` nothing else than what is known, the others got hours, places or
    pollutants that the store had not. `faults`: values that were not used, by file, field and reason (they are in the
    quarantine). `rejected`: why files could not be used at all; nothing of these, `unread`, was kept. `skipped`: rows (long) or
    columns (wide) of cities that the table of cities does not have, by name. `unknown_grids`: grids with readings that the table
    of grids does not have (their readings are kept). `gaps`: empty values. `duplicates`: values told again, always the same:
    used once. `notes`: how files were understood, where it is not the usual way. `untaken`: days that stayed as they are because
    hours would be lost, by file, with what would be; they hold `untaken_values`.
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
    found, unusable = files_of(paths, folder)
    parquet_root.mkdir(parents=True, exist_ok=True)
    with reading(engine) as connection:
        names = city_names(connection)
        known_grids = set(grid_places(connection).index)
        layouts = layout_hours(connection)
    how = HowRead(names, hour_label, mapping, stations, latest=None if is_played else now)
    hours_known = {name: scales(hours) for name, hours in layouts.items()}
    with tempfile.TemporaryDirectory(dir=parquet_root, prefix=".import-") as scratch:
        stage = Stage(Path(scratch))
        taken = take_files(found, unusable, stage, how, hours_known)
        if only is None:
            _keep_troubles(engine, source, taken, now)
        else:
            stage.keep_only(only)
        if not taken.read:
            raise taken.refused[0][1]
        told = Provenance(source, _simulated_days(taken), now)
        written = write_staged(engine, parquet_root, stage, taken.read, told, replace=replace)
    place_names = {
        code: name.removesuffix("市") for name, code in reversed([*names.cities.items()]) if name != code
    }
    faults = _faults(taken, written, place_names)
    options = {
        "mapping": mapping.name if mapping else "",
        "stations": str(stations or ""),
        "label": hour_label,
    }
    untaken, decided = _ask(engine, source, _lost(taken, written, place_names), options, now)
    with writing(engine) as connection:
        if only is None:
            keep_faults(connection, source, [file.path for file in taken.read.values()], faults, now)
        keep_layout_hours(connection, printed_by(taken.hours), now)
    notes = (*_notes(taken, written, layouts, place_names), *decided)
    return _result(taken, written, known_grids, faults=tuple(faults), untaken=untaken, notes=notes)


def _simulated_days(taken: Taken) -> frozenset[date]:
    return frozenset(
        day for number, file in taken.read.items() if file.is_simulated for day in taken.stage.days_of(number)
    )


def _faults(taken: Taken, written: Written, place_names: Mapping[str, str]) -> list[FileFault]:
    """Values that were not used: of the files themselves, of contradictions between them, and such as seem to have another unit."""
    between = written.between
    faults = [
        fault
        for number, file in taken.read.items()
        for fault in merge_faults(
            file.path, [*file.faults, *(fault for own, fault in between if own == number)]
        )
    ]
    faults += _disputed(written.conflicts, taken.paths)
    return faults + [odd_fault(taken.paths[odd.file], odd, place_names) for odd in written.odd]


def _lost(taken: Taken, written: Written, place_names: Mapping[str, str]) -> list[tuple[Path, Loss, str]]:
    """Days that stayed as they are since hours would be lost, by file, with what would be."""
    return [
        (taken.paths[number], loss, loss_said(loss, place_names))
        for kept in written.kept
        for loss in kept.losses
        for number in loss.files
    ]


def _notes(
    taken: Taken, written: Written, layouts: Mapping[str, frozenset[int]], place_names: Mapping[str, str]
) -> list[str]:
    return [
        *(note for file in taken.read.values() for note in notes_of(file)),
        *scales_said(taken.hours, layouts),
        *missing_notes(written.few_minutes, written.few_stations, written.first_few),
        *beside_notes(sorted(written.beside)),
        *given_notes(written.given_days),
        *joined_said([joined for kept in written.kept for joined in kept.joined]),
        *(lost_said(loss, place_names) for kept in written.kept for loss in kept.lost),
    ]


def _result(
    taken: Taken,
    written: Written,
    known_grids: set[str],
    *,
    faults: tuple[FileFault, ...],
    untaken: tuple[str, ...],
    notes: tuple[str, ...],
) -> ImportResult:
    files, kept = taken.read.values(), written.kept
    return ImportResult(
        files=len(files),
        rows=sum(file.rows for file in files),
        gaps=sum(file.gaps for file in files),
        duplicates=written.duplicates + sum(each.duplicates for each in kept),
        dust_hours=written.dust_hours,
        days=tuple(day for each in kept for day in each.days),
        faults=faults,
        rejected=tuple(error for _, error in taken.refused),
        unread=tuple(path for path, _ in taken.refused),
        skipped=dict(sum((file.skipped for file in files), Counter())),
        unknown_grids=tuple(sorted(set().union(*(file.grids for file in files)) - known_grids)),
        stored=sum(each.stored for each in kept),
        places=len(frozenset().union(*(each.places for each in kept))),
        quantities=tuple(LABELS[name] for name in LABELS if any(name in each.quantities for each in kept)),
        untaken=untaken,
        untaken_values=sum(each.untaken for each in kept),
        new_days=sum(len(each.new) for each in kept),
        same_days=sum(len(each.same) for each in kept),
        again_days=sum(len(each.told_again) for each in kept),
        corrected=sum(each.corrected for each in kept),
        notes=notes,
    )


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


def _keep_troubles(engine: Engine, source: str, taken: Taken, now: datetime) -> None:
    """Puts the files that cannot be used on the to-do list, and takes those off that were read."""
    troubles = [Trouble(label(path), str(error)) for path, error in taken.refused]
    settled = {label(file.path) for file in taken.read.values()}
    with writing(engine, lock="intake") as connection:
        keep_troubles(connection, source, troubles, settled=settled, now=now)


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
