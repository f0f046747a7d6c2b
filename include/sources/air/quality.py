"""Intake of air quality: archives of cities, readings of grids and stations, hours under dust; whole days, replaced at once."""

import json
import logging
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import Engine

from include.errors import InputError, SourceError
from include.language import say
from include.language.moments import day_words
from include.sources.air.faults import Fault
from include.sources.air.files import AirFile, read_air_file
from include.sources.air.intake import Conflict, DayResult, Loss, keep_days, keep_dust
from include.sources.air.means import means
from include.sources.air.names import OZONE_8H, POLLUTANTS
from include.sources.air.quarantine import FileFault, keep_faults, merge_faults
from include.sources.air.stage import Stage
from include.sources.air.stations import city_names
from include.sources.mapping.language import HourLabel, TableMapping
from include.sources.reading.file_names import entries_of, label, require_file, unreadable
from include.sources.reading.tables import FORMATS, is_table_of_folder
from include.sources.reading.time_limits import OutOfTime
from include.sources.troubles import Trouble, keep_troubles
from include.sources.turns import FOLDER_SECONDS, in_turn, words
from include.store.air_days import Provenance, grid_places
from include.store.engine import reading, writing

_EXPECTED: Final = f"air-quality files ({FORMATS})"
SOURCE: Final = "air-quality"  # as the quarantine and the ledger name this intake
_log = logging.getLogger(__name__)
LABELS: Final = {quantity: name for name, quantity in POLLUTANTS.items()} | {OZONE_8H: "O3_8h"}
UNTAKEN: Final = "untaken"  # the content of a trouble
_DISPUTED: Final = "同一小时有不同的值，均未采用，按缺测处理"


@dataclass(frozen=True)
class ImportResult:
    """What an import did.

    `days`: every day that was replaced, as it is now. `faults`: values that were not used, by file, field and reason
    (they are in the quarantine). `rejected`: why files could not be used at all; nothing of these, `unread`, was kept. `skipped`:
    rows (long) or columns (wide) of cities that the table of cities does not have, by name. `unknown_grids`: grids with
    readings that the table of grids does not have (their readings are kept). `gaps`: empty values.
    `duplicates`: values told again, always the same: used once. `notes`: how files were understood, where it is not the usual way.
    `untaken`: days that stayed as they are because the store has more hours of them, by file, with what would be lost.
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
) -> ImportResult:
    """Reads files, and the tables in folders recursively, by `mapping` or the shipped one that each is known by; replaces their days.

    `hour_label` says which end of its hour a time names; None: what the mapping says, or the beginning, and 1 to 24 their ends.
    `stations`: a table of the city of each station, where files are of stations.
    A file that cannot be used is listed in the result and the others go on; raises InputError when none can be used.
    Times after `now` are faults, unless `is_played`: the clock is played over a world that is told to its end.
    A day of which the store has more hours stays as it is, unless `replace`.
    `folder`: the paths are entries of this folder, none of which may lead out of it.
    """
    names, odd = _files(paths, folder)
    parquet_root.mkdir(parents=True, exist_ok=True)
    with reading(engine) as connection:
        names_of_places = city_names(connection)
        known_grids = set(grid_places(connection).index)
    done: dict[int, AirFile] = {}
    rejected: list[InputError] = [error for _, error in odd]
    unread: list[Path] = [path for path, _ in odd]
    days: list[DayResult] = []
    disputed: list[Conflict] = []
    losses: list[Loss] = []
    lost: list[Loss] = []
    dust_hours = duplicates = few_minutes = few_stations = given_days = stored = 0
    places: set[str] = set()
    quantities: set[str] = set()
    with tempfile.TemporaryDirectory(dir=parquet_root, prefix=".import-") as scratch:
        stage = Stage(Path(scratch))

        def refuse(number: int, error: Exception) -> None:
            stage.forget(number)
            rejected.append(_refusal(names[number], error))
            unread.append(names[number])

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
                )
            except SourceError:  # not the file's: the disk of the hours
                raise
            except OutOfTime:
                stage.forget(number)
                raise
            except Exception as error:  # whatever it is, it is this file's
                refuse(number, error)
            return number in done

        turns = in_turn(range(len(names)), take, {}, FOLDER_SECONDS)
        for number, late in turns.late:
            refuse(number, late)
        for number, waits in turns.left:
            refuse(number, InputError(words(waits, FOLDER_SECONDS), where=label(names[number])))
        _keep_troubles(engine, source, unread, rejected, [names[number] for number in done], now)
        if not done:
            raise rejected[0]
        simulated = frozenset(
            day for number, file in done.items() if file.is_simulated for day in stage.days_of(number)
        )
        told = Provenance(source, simulated, now)
        cities_of = {station: city for file in done.values() for station, city in file.stations.items()}
        for statement, stated in stage.take():
            if statement.dataset == "dust":
                hours, conflicts = keep_dust(engine, stated, told)
                dust_hours += hours
                disputed += conflicts
                continue
            found = means(statement, stated, cities_of)
            are_days = statement.every == "day"
            kept = keep_days(
                engine,
                parquet_root,
                statement.dataset,
                found.hours,
                told,
                replace=replace,
                are_days=are_days,
            )
            given_days += sum(day.places for day in kept.days) if are_days else 0
            days += kept.days
            stored += kept.stored
            places |= kept.places
            quantities |= kept.quantities
            duplicates += kept.duplicates + found.duplicates
            losses += kept.losses
            lost += kept.lost
            disputed += [*found.conflicts, *kept.conflicts]
            few_minutes, few_stations = few_minutes + found.few_minutes, few_stations + found.few_stations
    files = done.values()
    faults = [fault for file in files for fault in merge_faults(file.path, file.faults)]
    faults += _disputed(disputed, names)
    place_names = {
        code: name.removesuffix("市")
        for name, code in reversed([*names_of_places.cities.items()])
        if name != code
    }
    untaken = [(names[number], _loss_said(loss, place_names)) for loss in losses for number in loss.files]
    with writing(engine, lock="intake") as connection:
        options = {
            "mapping": mapping.name if mapping else "",
            "stations": str(stations or ""),
            "label": hour_label,
        }
        troubles = [
            Trouble(label(path), said, UNTAKEN, again=json.dumps({"path": str(path.resolve()), **options}))
            for path, said in untaken
        ]
        keep_troubles(connection, source, troubles, now=now)
    with writing(engine) as connection:
        keep_faults(connection, source, [file.path for file in files], faults, now)
    return ImportResult(
        files=len(done),
        rows=sum(file.rows for file in files),
        gaps=sum(file.gaps for file in files),
        duplicates=duplicates,
        dust_hours=dust_hours,
        days=tuple(days),
        faults=tuple(faults),
        rejected=tuple(rejected),
        unread=tuple(unread),
        skipped=dict(sum((file.skipped for file in files), Counter())),
        unknown_grids=tuple(sorted(set().union(*(file.grids for file in files)) - known_grids)),
        stored=stored,
        places=len(places),
        quantities=tuple(LABELS[name] for name in LABELS if name in quantities),
        untaken=tuple(say("{path}：{said}", path=label(path), said=said) for path, said in untaken),
        notes=(
            *(note for file in files for note in _notes(file)),
            *_missing_notes(few_minutes, few_stations),
            *_given_notes(given_days),
            *(_lost_said(loss, place_names) for loss in lost),
        ),
    )


def _notes(file: AirFile) -> list[str]:
    """How a file was understood, where it is not the usual way, and what of it was not looked at."""
    said = [file.note] if file.note else []
    said += [say("低于检出限的值{below}个，按对应关系取值", below=file.below)] if file.below else []
    said += [say("其他污染物或要素的值{others}个，未用", others=file.others)] if file.others else []
    said += [say("合计、说明等不是数据的行{left_out}行", left_out=file.left_out)] if file.left_out else []
    said += [unread_sheets_said(sorted(file.unread_sheets))] if file.unread_sheets else []
    return [say("{path}：{each}", path=label(file.path), each=each) for each in said]


def unread_sheets_said(names: Sequence[str]) -> str:
    """What of a workbook was not read because nobody said which sheets to read."""
    return say(
        "只读了第一张工作表，另有{count}张未读（{names}）；对应关系中用 sheet 指定，“*”为全部",
        count=len(names),
        names=say("、").join(names),
    )


def _missing_notes(few_minutes: int, few_stations: int) -> list[str]:
    said = (
        [say("分钟值不足或均值为零而按缺测处理的小时值{few_minutes}个", few_minutes=few_minutes)]
        if few_minutes
        else []
    )
    return said + (
        [say("有值站点不足而按缺测处理的城市小时值{few_stations}个", few_stations=few_stations)]
        if few_stations
        else []
    )


def _given_notes(days: int) -> list[str]:
    return [say("日均值（来源给出）{days}个，按有效日计，不与小时值混用", days=days)] if days else []


def _lost_said(loss: Loss, place_names: Mapping[str, str]) -> str:
    """What a day lost that was taken all the same."""
    return say(
        "{day} {place} {quantity} {before}小时 → {after}小时{others}，已按要求替换",
        day=day_words(loss.observed_on),
        place=place_names.get(loss.place_id, loss.place_id),
        quantity=LABELS.get(loss.quantity, loss.quantity),
        before=loss.before,
        after=loss.after,
        others=say("等{places}项", places=loss.places) if loss.places > 1 else "",
    )


def _loss_said(loss: Loss, place_names: Mapping[str, str]) -> str:
    """`5月10日 甲市 PM2.5 24小时 → 10小时 …`."""
    day = day_words(loss.observed_on)
    place, quantity = place_names.get(loss.place_id, loss.place_id), LABELS.get(loss.quantity, loss.quantity)
    others = say("等{places}项", places=loss.places) if loss.places > 1 else ""
    told = {
        "day": day,
        "place": place,
        "quantity": quantity,
        "before": loss.before,
        "after": loss.after,
        "others": others,
    }
    if not loss.is_other_kind:
        return say(
            "{day} {place} {quantity} {before}小时 → {after}小时{others}，少于库中已有，该日未采用，文件保留；请在待办中选择：采用（quarantine take）或保留库中（quarantine discard）",
            **told,
        )
    if loss.after:
        return say(
            "{day} {place} {quantity} 日均值（来源给出） → {after}小时{others}，两种数据不混用，该日未采用，文件保留；请在待办中选择：采用（quarantine take）或保留库中（quarantine discard）",
            **told,
        )
    return say(
        "{day} {place} {quantity} {before}小时 → 日均值（来源给出）{others}，两种数据不混用，该日未采用，文件保留；请在待办中选择：采用（quarantine take）或保留库中（quarantine discard）",
        **told,
    )


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
    merged: dict[tuple[int, int, str], list[Conflict]] = {}
    for conflict in conflicts:
        merged.setdefault((conflict.file, conflict.other, conflict.quantity), []).append(conflict)
    faults = []
    for (file, other, quantity), parts in merged.items():
        said = (
            _DISPUTED
            if file == other
            else say("{disputed}；另一值在{file}", disputed=_DISPUTED, file=label(names[other]))
        )
        count = sum(part.count for part in parts)
        faults.append(FileFault(names[file], Fault(quantity, said, parts[0].values, parts[0].line, count)))
    return faults
