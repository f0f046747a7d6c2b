"""One air-quality file: its mapping, its rows as values on the stage, and what of it could not be used."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Final

from include.errors import InputError
from include.language import say
from include.periods import office_zone
from include.rules import SIMULATED_LABEL
from include.sources.air.by_value import different
from include.sources.air.clock import Clock, require_label
from include.sources.air.dust import read_dust
from include.sources.air.faults import Fault
from include.sources.air.hours import ArchiveHours, FileHours, layout_hash, meant, scales, with_hours
from include.sources.air.printed_hours import Scale
from include.sources.air.reading import Names, Reading, read_chunk, require_measures
from include.sources.air.recognition import recognise
from include.sources.air.stage import Stage, Statement
from include.sources.air.stations import station_cities
from include.sources.delivery import BrokenRow, Chunk
from include.sources.layout import DATA_ORIGIN
from include.sources.mapping.language import (
    AirTerms,
    Copy,
    HourLabel,
    Moment,
    Piece,
    TableMapping,
    Template,
)
from include.sources.mapping.moments import require_zone
from include.sources.reading.form import USUAL
from include.sources.reading.tables import TEXTS, read_table

_CUT: Final = "文件末行不完整（可能未下载完），整行未用"
_LOOKED_AT: Final = 100  # rows that show whether times carry an offset
_READINGS: Final = 3  # at most: as its first rows say, as the whole says, and without what is then open
_PATTERN_ROWS: Final = 5  # so many values of a column show how it is printed
_MOST_UNKNOWN: Final = 100_000  # names that are kept
_FEWEST_TOLD: Final = 12  # values that show a unit
_ODD_SHARE: Final = 0.9


@dataclass
class AirFile:
    """One file while it is read, and what it came to: `places` and `grids` that it names, the rest as in ImportResult."""

    path: Path
    rows: int = 0
    gaps: int = 0
    below: int = 0
    others: int = 0
    left_out: int = 0
    is_simulated: bool = False
    faults: list[Fault] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    places: set[str] = field(default_factory=set)
    grids: set[str] = field(default_factory=set)
    stations: dict[str, str] = field(default_factory=dict)
    # Of each quantity values that look as if they were in another unit, and all that no unit was told of.
    odd: Counter[str] = field(default_factory=Counter)
    unitless: Counter[str] = field(default_factory=Counter)
    unread_sheets: set[str] = field(default_factory=set)
    # How its hours were understood, where it is not the usual way (Chinese).
    note: str = ""
    # What it shows of its hours; None of a table of days, and of dust.
    hours: FileHours | None = None


@dataclass(frozen=True)
class _Told:
    """What only a whole file tells: what its hours mean, and of which hours that a zone has twice it tells but one."""

    hours: ArchiveHours | None = None
    singles: frozenset[tuple[str, ...]] = frozenset()


def read_air_file(
    path: Path,
    number: int,
    stage: Stage,
    names: Names,
    hour_label: HourLabel | None,
    mapping: TableMapping | None = None,
    stations: Path | None = None,
    *,
    latest: datetime | None,
    known: Mapping[str, frozenset[Scale]],
) -> AirFile:
    """Puts the values of a file on the stage under its `number`. `hour_label`: which end of its hour a time names, None: what
    the mapping says, or else the beginning and what `hours` finds. `mapping`: None: the shipped one that the header is known by.
    `stations`: a table of the cities of stations, in the place of the mapping's. `latest`: as in Clock. `known`: the hours that
    other files of a layout print.

    Raises InputError when the file as a whole cannot be used (OpenHours where only other files can tell its hours); what is on the
    stage is then to be forgotten.
    """
    told, is_whole = _Told(), False
    for _ in range(_READINGS):
        file = AirFile(path)
        chunks = _chunks(path, mapping)
        first = next(chunks, None)
        if first is None:
            raise _no_rows(path)
        chunks = chain([first], chunks)
        header = list(first.rows.columns)
        own = mapping or recognise(header, str(path))
        if own is None:
            _read_dust(file, chunks, number, stage, names, hour_label, latest)
            break
        layout = layout_hash(own.name, header)
        if stations is not None and own.air is not None and own.air.by == "station":
            own = replace(own, air=replace(own.air, stations=stations))
        before = told
        told, is_whole = _read_values(
            file, chunks, number, stage, names, hour_label, own, latest, before, layout, known
        )
        if is_whole:
            break
        stage.forget(number)
    _require_use(file)
    _require_units(file)
    return file


def _read_values(
    file: AirFile,
    chunks: Iterator[Chunk],
    number: int,
    stage: Stage,
    names: Names,
    label: HourLabel | None,
    mapping: TableMapping,
    latest: datetime | None,
    before: _Told,
    layout: str,
    known: Mapping[str, frozenset[Scale]],
) -> tuple[_Told, bool]:
    """Reads the file as `before` says, or as its first rows seem to say; what the whole of it tells, and whether that is the same."""
    terms = mapping.air or AirTerms()
    moment = require_label(moment_of(mapping), label, terms, str(file.path))
    if terms.stations is not None:
        names = replace(names, stations=station_cities(terms.stations, names))
        file.stations = dict(names.stations)
    statement = statement_of(mapping)
    clock = Clock(moment, terms, latest, singles=before.singles)
    for chunk, hours in _hourly(_whole(chunks, mapping, file), clock, str(file.path), before.hours):
        if terms.every != "day":
            require_zone(moment, chunk.rows.head(_LOOKED_AT), str(file.path))
        clock.hours = hours
        file.note = hours.note if hours else ""
        told = read_chunk(chunk, mapping, clock, names)
        _count(file, chunk, told)
        if statement.dataset == "grid":
            file.grids |= set(told.values["place_id"].unique())
        stage.add(statement, told.values, number)
    if terms.every != "day":
        where = str(file.path)
        hours = meant(clock.seen, moment, known.get(layout) or scales(mapping.usual_hours), where)
        file.hours = FileHours(layout, moment, clock.seen, hours, where, scales(mapping.usual_hours))
    whole = _Told(file.hours.hours if file.hours else None, clock.told_once)
    return whole, (whole.hours, whole.singles) == (clock.hours or whole.hours, before.singles)


def hours_of_file(
    path: Path, mapping: TableMapping, known: Mapping[str, frozenset[Scale]]
) -> FileHours | None:
    """What all times of a file show of its hours; None of a table of days. Raises InputError (OpenHours where only other files tell)."""
    terms, moment = mapping.air or AirTerms(), moment_of(mapping)
    if terms.every == "day":
        return None
    clock = Clock(moment, terms, None)
    layout = ""
    for chunk in _chunks(path, mapping):
        layout = layout or layout_hash(mapping.name, list(chunk.rows.columns))
        require_zone(moment, chunk.rows.head(_LOOKED_AT), str(path))
        clock.seen.add(moment, different(chunk.rows, clock.columns).rows)
    others = known.get(layout) or scales(mapping.usual_hours)
    hours = meant(clock.seen, moment, others, str(path))
    return FileHours(layout, moment, clock.seen, hours, str(path), scales(mapping.usual_hours))


def statement_of(mapping: TableMapping) -> Statement:
    """What the values of a mapping are of."""
    terms = mapping.air or AirTerms()
    of_city = terms.by != "city" and (terms.stations is not None or "city" in mapping.columns)
    is_minutes = terms.every == "minutes"
    return Statement(
        "city" if of_city else terms.by,
        terms.every,
        terms.minutes if is_minutes else 60.0,
        terms.least_share if is_minutes else 0.0,
        of_city,
        terms.stations_share if of_city else 0.0,
    )


def moment_of(mapping: TableMapping) -> Moment:
    """How a mapping tells times; a column alone is one of ISO 8601."""
    rule = mapping.columns.get("hour", Copy("hour"))
    is_minutes = mapping.air is not None and mapping.air.every == "minutes"
    apart = mapping.air.minutes if mapping.air is not None and is_minutes else 60.0
    if isinstance(rule, Moment):
        return replace(rule, minutes=apart)
    if isinstance(rule, Copy):
        return Moment(Template((Piece("", rule.column),)), "", mapping.time_zone, "", minutes=apart)
    raise InputError(
        "a time is read from columns",
        where=f"mapping {mapping.name}: air.columns.hour",
        expected='a column, or {moment: "{column}", format: …}',
    )


def _hourly(
    chunks: Iterator[Chunk], clock: Clock, where: str, hours: ArchiveHours | None
) -> Iterator[tuple[Chunk, ArchiveHours | None]]:
    if clock.terms.every != "day" and hours is None:
        yield from with_hours(chunks, clock.moment, where)
    else:
        yield from ((chunk, hours) for chunk in chunks)


def _whole(chunks: Iterator[Chunk], mapping: TableMapping, file: AirFile) -> Iterator[Chunk]:
    """The pieces, each with the columns that the mapping needs."""
    header: list[str] = []
    for chunk in chunks:
        if list(chunk.rows.columns) != header:
            header = list(chunk.rows.columns)
            require_measures(mapping, header, str(file.path))
        yield chunk


def _read_dust(
    file: AirFile,
    chunks: Iterator[Chunk],
    number: int,
    stage: Stage,
    names: Names,
    label: HourLabel | None,
    latest: datetime | None,
) -> None:
    moment = Moment(Template((Piece("", "hour"),)), "", office_zone(), "", label or "start")
    clock = Clock(moment, AirTerms(), latest)
    for chunk in chunks:
        told = read_dust(chunk, set(names.cities.values()), clock)
        _count(file, chunk, told)
        stage.add(Statement("dust"), told.values, number)


def _count(file: AirFile, chunk: Chunk, told: Reading) -> None:
    if DATA_ORIGIN in chunk.rows:
        origins = chunk.rows[DATA_ORIGIN].drop_duplicates()
        file.is_simulated |= bool((origins.str.strip() == SIMULATED_LABEL).any())
    file.rows += len(chunk.rows) + chunk.left_out
    file.left_out += chunk.left_out
    file.gaps += told.gaps
    file.below += told.below
    file.others += told.others
    file.skipped += told.skipped
    file.unread_sheets |= set(chunk.unread_sheets)
    for quantity, (odd, unitless) in told.odd.items():
        file.odd[quantity] += odd
        file.unitless[quantity] += unitless
    if len(file.skipped) > _MOST_UNKNOWN:
        raise InputError(
            "too many names that are not known", where=str(file.path), expected=f"at most {_MOST_UNKNOWN}"
        )
    broken = [Fault(say("整行"), row.reason, row.text, row.line, 1) for row in chunk.broken]
    file.faults += [*told.faults, *broken]
    file.places |= set(told.values["place_id"].unique())


def _no_rows(path: Path) -> InputError:
    return InputError(
        "the file has no rows", where=str(path), expected="a row an hour", todo="download it again"
    )


def _require_use(file: AirFile) -> None:
    if not file.rows and not file.faults:
        raise _no_rows(file.path)
    if file.places:
        return
    if file.skipped:
        raise InputError(
            "no city of the file is known",
            where=str(file.path),
            expected="names or codes of units (units.csv of the profile)",
            got=", ".join(list(file.skipped)[:20]),
        )
    first = file.faults[0] if file.faults else Fault("type", say("没有污染物的小时值"), "", 2, file.rows)
    raise InputError(
        f"no row of the file can be used ({first.reason})",
        where=f"{file.path}, line {first.line}, {first.field}",
        got=first.value,
    )


def _require_units(file: AirFile) -> None:
    """Raises InputError where nearly all values of a quantity are such as only another unit has."""
    for quantity, told in file.unitless.items():
        if told >= _FEWEST_TOLD and file.odd[quantity] >= _ODD_SHARE * told:
            is_co = quantity == "co_mg_m3"
            raise InputError(
                "values look as if they were in another unit",
                where=f"{file.path}: {quantity}",
                expected="mg/m³" if is_co else "μg/m³",
                got=f"{file.odd[quantity]} of {told} values {'above 20' if is_co else 'below 0.5'}",
                todo=f"say the unit in a mapping: {{column: …, unit: {'ug/m3' if is_co else 'mg/m3'}}}, or the one above where it is right",
            )


def _chunks(path: Path, mapping: TableMapping | None) -> Iterator[Chunk]:
    """The chunks of a file; a last line that was cut off goes to the broken ones."""
    chunks = read_table(path, mapping.form if mapping else USUAL, is_of_hours=True)
    if path.suffix.lower() not in TEXTS:
        yield from chunks
        return
    held: Chunk | None = None
    for chunk in chunks:
        if held is not None:
            yield held
        held = chunk
    if held is not None:
        yield held if _ends_with_a_line(path) else _without_cut(held)


def _ends_with_a_line(path: Path) -> bool:
    with path.open("rb") as stream:
        size = stream.seek(0, 2)
        stream.seek(max(0, size - 1))
        return stream.read(1) in (b"\n", b"\r", b"")


def _without_cut(chunk: Chunk) -> Chunk:
    """A chunk whose last line has no line end. Many programs leave it out, so a whole line counts; a line with too few
    columns is broken already, and one whose last number is shorter than the column prints its numbers was cut in it."""
    last_line = int(chunk.lines[-1]) if len(chunk.lines) else 0
    last_broken = max((row.line for row in chunk.broken), default=0)
    if last_broken > last_line:
        broken = tuple(replace(row, reason=_CUT) if row.line == last_broken else row for row in chunk.broken)
        return replace(chunk, broken=broken)
    column = chunk.rows.iloc[:, -1].str.strip()
    decimals = column[column != ""].str.extract(r"\.(\d*)$", expand=False).str.len().fillna(0)
    is_pattern = len(decimals) > _PATTERN_ROWS and decimals.iloc[:-1].nunique() == 1
    if column.empty or column.iloc[-1] == "" or not is_pattern or decimals.iloc[-1] == decimals.iloc[0]:
        return chunk
    cut = BrokenRow(last_line, ",".join(chunk.rows.iloc[-1]), _CUT)
    return replace(chunk, rows=chunk.rows.iloc[:-1], lines=chunk.lines[:-1], broken=(*chunk.broken, cut))
