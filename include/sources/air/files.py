"""One air-quality file: its layout, its rows as values on the stage, and what of it could not be used."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Final

from include.errors import InputError
from include.language import say
from include.rules import SIMULATED_LABEL
from include.sources.air.hours import ArchiveHours, HourLabel, with_hours
from include.sources.air.layouts import (
    Fault,
    LayoutName,
    Reading,
    read_dust,
    read_long,
    read_readings,
    read_wide,
    recognise,
)
from include.sources.air.stage import Stage, Staged
from include.sources.delivery import BrokenRow, Chunk
from include.sources.layout import DATA_ORIGIN
from include.sources.reading.parquet_files import read_parquet
from include.sources.reading.text_files import read_csv

_ARCHIVES: Final = ("long", "wide")
_CUT: Final = "文件末行不完整（可能未下载完），整行未用"
_PATTERN_ROWS: Final = 5  # so many values of a column show how it is printed


@dataclass
class AirFile:
    """One file while it is read, and what it came to: `places` and `grids` that it names, the rest as in ImportResult."""

    path: Path
    rows: int = 0
    gaps: int = 0
    is_simulated: bool = False
    faults: list[Fault] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    places: set[str] = field(default_factory=set)
    grids: set[str] = field(default_factory=set)
    # How its hours were understood, where it is not the usual way (Chinese).
    note: str = ""


def read_air_file(
    path: Path, number: int, stage: Stage, codes: Mapping[str, str], hour_label: HourLabel | None
) -> AirFile:
    """Puts the values of a file on the stage under its `number`. `codes`: city codes by name; `hour_label`: which end of its
    hour a time names, None: the beginning, and what `air_hours` finds in archives.

    Raises InputError when the file as a whole cannot be used; what is on the stage is then to be forgotten.
    """
    file = AirFile(path)
    layout, chunks = _recognised(path)
    for chunk, hours in (
        with_hours(chunks, hour_label, str(path)) if layout in _ARCHIVES else _timed(chunks, hour_label)
    ):
        told = _told(chunk, layout, codes, hours)
        file.note = hours.note if layout in _ARCHIVES else ""
        if DATA_ORIGIN in chunk.rows:
            origins = chunk.rows[DATA_ORIGIN].drop_duplicates()
            file.is_simulated |= bool((origins.str.strip() == SIMULATED_LABEL).any())
        file.rows += len(chunk.rows)
        file.gaps += told.gaps
        file.skipped += told.skipped
        file.faults += [
            *told.faults,
            *(Fault(say("整行"), row.reason, row.text, row.line, 1) for row in chunk.broken),
        ]
        places = set(told.values["place_id"].unique())
        file.places |= places
        dataset = _dataset(layout, chunk)
        if dataset == "grid":
            file.grids |= places
        stage.add(dataset, told.values, number)
    _require_use(file)
    return file


def _recognised(path: Path) -> tuple[LayoutName, Iterator[Chunk]]:
    """The layout of a file, and all its chunks."""
    chunks = _chunks(path)
    first = next(chunks, None)
    if first is None:
        raise _no_rows(path)
    return recognise(list(first.rows.columns), str(path)), chain([first], chunks)


def _no_rows(path: Path) -> InputError:
    return InputError(
        "the file has no rows", where=str(path), expected="a row an hour", todo="download it again"
    )


def _timed(chunks: Iterable[Chunk], hour_label: HourLabel | None) -> Iterator[tuple[Chunk, ArchiveHours]]:
    hours = ArchiveHours(label=hour_label or "start")
    return ((chunk, hours) for chunk in chunks)


def _told(chunk: Chunk, layout: LayoutName, codes: Mapping[str, str], hours: ArchiveHours) -> Reading:
    if layout == "long":
        return read_long(chunk, codes, hours)
    if layout == "wide":
        return read_wide(chunk, codes, hours)
    if layout == "dust":
        return read_dust(chunk, set(codes.values()), hours.label)
    return read_readings(chunk, hours.label)


def _dataset(layout: LayoutName, chunk: Chunk) -> Staged:
    if layout == "readings":
        return "grid" if "grid_id" in chunk.rows else "station"
    return "dust" if layout == "dust" else "city"


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
            got=", ".join(file.skipped),
        )
    first = file.faults[0] if file.faults else Fault("type", say("没有污染物的小时值"), "", 2, file.rows)
    raise InputError(
        f"no row of the file can be used ({first.reason})",
        where=f"{file.path}, line {first.line}, {first.field}",
        got=first.value,
    )


def _chunks(path: Path) -> Iterator[Chunk]:
    """The chunks of a file; a last line that was cut off goes to the broken ones."""
    if path.suffix.lower() == ".parquet":
        yield from read_parquet(path)
        return
    held: Chunk | None = None
    for chunk in read_csv(path):
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
