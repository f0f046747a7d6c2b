"""What a profile says, as values. Dates are of the office's zone; `valid_to` is the first date on which a row no longer holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from include.profile.chain_values import ChainSettings

Language = Literal["zh", "en"]
LANGUAGES: Final = ("zh", "en")
UNIT_KINDS: Final = ("bureau", "department", "town", "zone")
CONTACT_ROLES: Final = ("to", "cc", "province", "leader", "duty")


def holds_on(valid_from: date | None, valid_to: date | None, day: date) -> bool:
    """Whether a row with these dates (None: open) holds on a day."""
    return (valid_from is None or valid_from <= day) and (valid_to is None or day < valid_to)


@dataclass(frozen=True)
class Place:
    """One row of places.csv: what a place is called and what it lies in, between two dates. `aliases`: former and other names."""

    place_code: str
    name: str
    level: str
    parent_code: str = ""
    aliases: tuple[str, ...] = ()
    name_en: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    line: int = 0  # of the file


@dataclass(frozen=True)
class Unit:
    """One row of units.csv: who is asked to answer, between two dates.

    `name`: as tables print it; `bureau`: the addressee of a letter; `address_form`: how a letter speaks to it, empty for that
    of its kind; `reports_to`: the unit above, empty for the top.
    """

    unit_code: str
    name: str
    bureau: str
    kind: str
    place_code: str
    reports_to: str = ""
    address_form: str = ""
    aliases: tuple[str, ...] = ()
    name_en: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    line: int = 0


@dataclass(frozen=True)
class Stay:
    """One row of regions.csv: a unit belongs to a region between two dates."""

    region: str
    unit_code: str
    valid_from: date
    valid_to: date | None = None
    line: int = 0


@dataclass(frozen=True)
class Contact:
    """One row of contacts.csv: a first contact of a unit; later they are kept at the desk."""

    unit_code: str
    role: str
    name: str
    address: str
    phone: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    line: int = 0


@dataclass(frozen=True)
class Standard:
    """One edition of the air-quality standard for PM2.5, μg/m³: limits of class I and class II areas, and the 24 h breakpoints of
    the index, or None where none are published."""

    name: str
    valid_from: date
    day_limits_ug_m3: tuple[int, int]
    year_limits_ug_m3: tuple[int, int]
    index_breakpoints_ug_m3: tuple[int, ...] | None = None


@dataclass(frozen=True)
class RuleChange:
    """A rule that differs from the house's default: `name` is group.field, `value` in that field's own type; for every unit
    where `unit_code` is empty; from a date on."""

    name: str
    value: object
    unit_code: str
    valid_from: date
    line: int = 0


@dataclass(frozen=True)
class Letterhead:
    """The office as its letters name it, where the variable `office` says nothing else."""

    issuer: str
    contact: str
    phone: str


@dataclass(frozen=True, eq=False)
class Profile:
    """An office. `letters`: the kinds in use with their 机关代字 (empty: not numbered). `beats`: when each DAG runs, by the clock on
    the office's wall (`hourly_watch`: the minutes after the hour). `holidays`: free days and worked weekends by date."""

    name: str
    folder: Path
    language: Language
    zone: ZoneInfo
    own_unit: str
    level: str
    addressed_levels: tuple[str, ...]
    addressed_kinds: tuple[str, ...]
    units_called: str
    upper_called: str
    titles: Mapping[str, str]
    address_forms: Mapping[str, str]
    letterhead: Letterhead
    letters: Mapping[str, str]
    beats: Mapping[str, time]
    season: tuple[date, date]
    map_notice: str
    weekend: tuple[int, ...]
    largest_mail_mib: int
    has_complete_regions: bool
    retention_days: Mapping[str, int]
    submetering: Mapping[str, int]  # when a treatment is suspected of not running as it should
    trusted_mail_domains: tuple[
        str, ...
    ]  # whose mail counts although the own server says nothing of its sender
    rules: tuple[RuleChange, ...]
    places: tuple[Place, ...]
    units: tuple[Unit, ...]
    regions: tuple[Stay, ...]
    contacts: tuple[Contact, ...]
    standards: tuple[Standard, ...]
    holidays: Mapping[date, tuple[bool, str]]
    categories: tuple[str, ...]
    words: Mapping[str, str] = field(default_factory=dict)
    categories_en: Mapping[str, str] = field(default_factory=dict)
    publish: Mapping[str, Any] = field(default_factory=dict)
    pdf_standards: tuple[str, ...] = ()  # that the letters' PDF files keep, as Typst names them
    added_units: frozenset[str] = frozenset()  # codes that an operator added: addressed wherever they lie
    chain: ChainSettings | None = None  # None: this office hands no alarm on
    reports_upward: str = (
        ""  # what becomes a report to the office above: auto, review (a person looks first), or nothing
    )

    @property
    def outlines_path(self) -> Path | None:
        """The polygons of places, or None: then letters come without maps and say so."""
        path = self.folder / "outlines.parquet"
        return path if path.exists() else None

    @property
    def templates_dir(self) -> Path:
        """What stands here goes before the shipped template of the same name; it need not exist."""
        return self.folder / "templates"

    @cached_property
    def names_en(self) -> Mapping[str, str]:
        """English by name, of units, places and categories, as far as the profile tells it; nothing where two say otherwise."""
        told = {(one.name, one.name_en) for one in self.units} | {
            (one.name, one.name_en) for one in self.places
        }
        told = {(name, words) for name, words in told | {*self.categories_en.items()} if words}
        english = dict(told)
        return {
            name: words
            for name, words in english.items()
            if {two for one, two in told if one == name} == {words}
        }

    @cached_property
    def _units_by_code(self) -> Mapping[str, tuple[Unit, ...]]:
        found: dict[str, list[Unit]] = {}
        for unit in self.units:
            found.setdefault(unit.unit_code, []).append(unit)
        return {code: tuple(rows) for code, rows in found.items()}

    @cached_property
    def levels_by_place(self) -> Mapping[str, str]:
        """The level of every place."""
        return {place.place_code: place.level for place in self.places}

    def is_addressed(self, unit: Unit) -> bool:
        """Whether letters of this office go to the unit."""
        if unit.unit_code == self.own_unit:
            return False
        return (
            unit.unit_code in self.added_units
            or unit.kind in self.addressed_kinds
            or self.levels_by_place.get(unit.place_code) in self.addressed_levels
        )

    def addressees(self) -> tuple[Unit, ...]:
        """Every row of a unit that letters go to, by unit_code and date."""
        return tuple(
            sorted(
                filter(self.is_addressed, self.units),
                key=lambda unit: (unit.unit_code, unit.valid_from or date.min),
            )
        )

    def unit(self, unit_code: str, day: date | None = None) -> Unit | None:
        """The unit as it is on a day, or its last row where no day is asked for; None where there is none."""
        rows = [
            unit
            for unit in self._units_by_code.get(unit_code, ())
            if day is None or holds_on(unit.valid_from, unit.valid_to, day)
        ]
        return max(rows, key=lambda unit: unit.valid_from or date.min, default=None)

    def upper_unit(self, unit: Unit) -> Unit:
        """The unit above an addressed one, which gets copies; the unit itself where that is this office or nobody."""
        above = self.unit(unit.reports_to, unit.valid_from) if unit.reports_to else None
        return unit if above is None or above.unit_code == self.own_unit else above

    @property
    def told_superior(self) -> str:
        """The code of the unit above this office that gets its 反馈单 as well; empty where the profile does not say so, or of the top."""
        own = self.unit(self.own_unit)
        return own.reports_to if own and self.chain and self.chain.tells_superior else ""

    def address_form(self, unit: Unit) -> str:
        """How a letter speaks to the unit: 你市, 你区, 你单位."""
        return unit.address_form or self.address_forms.get(unit.kind, "")
