"""What a mapping says, as values; the language itself is described where it is read (`files`)."""

from __future__ import annotations

from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal
from zoneinfo import ZoneInfo

from include.periods import office_zone
from include.sources.reading.form import USUAL, Form

HourLabel = Literal["start", "end"]
EPOCHS: Final = {"epoch_s": "s", "epoch_ms": "ms"}
EXCEL: Final = "excel"  # days since 1899-12-30, as a spreadsheet counts them


@dataclass(frozen=True)
class Piece:
    """A literal and, after it, a column's value; `spec` is `04` (zero-padded) or `.2f` (rounded)."""

    literal: str
    column: str = ""
    is_own: bool = False
    spec: str = ""


@dataclass(frozen=True)
class Copy:
    """`unit`: of a concentration, where it is not the one of our column's name."""

    column: str
    values: MappingOf[str, str] = field(default_factory=dict, hash=False)
    unit: str = ""


@dataclass(frozen=True)
class Constant:
    value: str


@dataclass(frozen=True)
class Template:
    pieces: tuple[Piece, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """The source's columns that it reads."""
        return tuple(piece.column for piece in self.pieces if piece.column and not piece.is_own)


@dataclass(frozen=True)
class Moment:
    """`format` is strptime's, one of `EPOCHS` or `EXCEL`; empty: as `reading.written_times` reads them. `hours` is a column of hours to add. `hour_label`: end: one
    hour (of minutes `minutes`) earlier; None: nothing was said (24 and no 0 then means that they end)."""

    template: Template
    format: str
    time_zone: ZoneInfo
    hours: str
    hour_label: HourLabel | None = None
    minutes: float = 60.0

    @property
    def is_label_end(self) -> bool:
        """Whether a time names the end of its hour."""
        return self.hour_label == "end"


@dataclass(frozen=True)
class SameAs:
    column: str


@dataclass(frozen=True)
class Derived:
    what: str  # county | city


Expression = Copy | Constant | Template | Moment | SameAs | Derived


@dataclass(frozen=True)
class AirTerms:
    """What a mapping of air quality says beside its columns.

    by             what a place is: city, station or grid
    every          what a value stands for: an hour, so many minutes, or a day
    least_share    so much of an hour's minutes there must be
    stations       a table of the city of each station, beside the mapping
    stations_share so much of a city's stations must have a value, for a mean of the city
    headings       the headings of all other columns are places (`{place}`), or also pollutants (`{place}_{pollutant}`)
    missing        texts that mean no value
    below          what `<3` counts as: half of it, the limit itself, or no value
    temperature_c, pressure_hpa   at which parts of volume become masses; none: such units are refused
    known_by       the columns by which a file is known to be of this mapping
    """

    by: Literal["city", "station", "grid"] = "city"
    every: Literal["hour", "minutes", "day"] = "hour"
    minutes: float = 60.0
    least_share: float = 0.75
    stations: Path | None = None
    stations_share: float = 0.75
    headings: str = ""
    missing: tuple[str, ...] = ()
    below: Literal["half", "limit", "missing"] = "half"
    temperature_c: float | None = None
    pressure_hpa: float | None = None
    known_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class TableMapping:
    """How one table is read; see the module's docstring."""

    table: str
    columns: MappingOf[str, Expression] = field(default_factory=dict, hash=False)
    files: tuple[str, ...] = ()
    query: Path | None = None
    form: Form = USUAL
    time_zone: ZoneInfo = field(default_factory=office_zone)
    datum: str = "WGS84"
    is_required: bool = False  # a folder without any such file cannot be used
    air: AirTerms | None = None
    name: str = ""  # of the mapping, for people

    @property
    def usual_hours(self) -> frozenset[int]:
        """The last hour of a day in a table whose columns have our own names (places aside), of which it is written that its hours
        begin; nothing of others."""
        rules = {own: rule for own, rule in self.columns.items() if own != "place"}
        is_ours = all(isinstance(rule, Copy) and rule.column == own for own, rule in rules.items())
        return frozenset({23} if is_ours else set())


@dataclass(frozen=True)
class Mapping:
    """A whole mapping. `tables` in the order in which they are stored."""

    tables: tuple[TableMapping, ...]
    same_ids_as: tuple[str, ...] = ()
