"""The first rows of a file as a mapping reads them, in words: what each becomes, with units and times, or why it is not used."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pandas as pd

from include.periods import office_zone
from include.profile.current import office
from include.sources.air.clock import Clock
from include.sources.air.faults import Fault
from include.sources.air.files import hours_of_file, moment_of, statement_of
from include.sources.air.hours import FileHours, OpenHours, with_told
from include.sources.air.names import POLLUTANTS
from include.sources.air.printed_hours import Scale
from include.sources.air.reading import OF_CITY, Names, read_chunk, require_measures
from include.sources.air.stations import station_cities
from include.sources.checks import MOMENT_TYPES, Checked, check
from include.sources.delivery import Chunk, unread_sheets_said
from include.sources.every_table import TABLES
from include.sources.layout import AIR
from include.sources.mapping.language import AirTerms, TableMapping
from include.sources.mapping.transform import require_columns, transform
from include.sources.places import Places
from include.sources.provinces import in_other_province, province_column
from include.sources.reading.file_names import label
from include.sources.reading.tables import read_table, require_table
from include.sources.stations.clock_hours import hours_of
from include.sources.stations.hours import checked_chunk
from include.sources.stations.layouts import HOUR_LAYOUTS, STATION_LAYOUTS
from include.sources.stations.reading import as_text
from include.sources.units import unknown_units, with_units

ROWS: Final = 20
_LABELS: Final = {quantity: name for name, quantity in POLLUTANTS.items()} | {"o3_8h_ug_m3": "O3日最大8小时"}
_NEVER: Final = datetime(2101, 1, 1, tzinfo=UTC)  # after every time that is read
_NOTHING: Final[Mapping[str, frozenset[Scale]]] = {}
_DATASETS: Final = {"city": "城市", "station": "站点", "grid": "网格"}


@dataclass(frozen=True)
class Trial:
    """`lines`: one a row and value that was read, or a row that was not; `notes`: how the file was understood."""

    lines: tuple[str, ...]
    notes: tuple[str, ...]
    faults: int


def try_mapping(
    path: Path,
    mapping: TableMapping,
    stations: Path | None = None,
    *,
    now: datetime | None = None,
    others: Sequence[Path] = (),
    known: Mapping[str, frozenset[Scale]] = _NOTHING,
) -> Trial:
    """Reads the first rows of a file; air of a time after `now` (None: any) is none. Its hours mean what they mean to an import of it
    and `others` into a store that knows the hours of headers that are `known`. Raises InputError when file or mapping cannot be used,
    as an import does."""
    require_table(path)
    is_air = mapping.table == AIR.name
    if is_air:
        chunk = _first(next(read_table(path, mapping.form, is_of_hours=True)))
        told = _told_by(others, lambda other: hours_of_file(other, mapping, known), known)
        trial = _air(path, chunk, mapping, stations, now, told)
    elif mapping.table in HOUR_LAYOUTS:
        layout = STATION_LAYOUTS[mapping.table]

        def hours(other: Path) -> FileHours | None:
            return hours_of(list(read_table(other, mapping.form)), layout, mapping, known, str(other))[2]

        trial = _hours(path, mapping, now, _told_by(others, hours, known))
        chunk = _first(next(read_table(path, mapping.form)))
    else:
        chunk = _first(next(read_table(path, mapping.form)))
        trial = _records(chunk, mapping, path, now)
    unread = (unread_sheets_said(chunk.unread_sheets),) if chunk.unread_sheets else ()
    return replace(trial, notes=(*trial.notes, *unread))


def _told_by(
    others: Sequence[Path],
    hours: Callable[[Path], FileHours | None],
    known: Mapping[str, frozenset[Scale]],
) -> Mapping[str, frozenset[Scale]]:
    """What is known of the hours of headers beside a file: by a store and by other files."""
    told = []
    for path in others:
        try:
            told.append(hours(path))
        except OpenHours:  # it tells nothing itself
            continue
    return with_told(known, [each for each in told if each is not None])


def known_names() -> Names:
    """The units of this office by every name, without a store."""
    found: dict[str, str] = {}
    for unit in office().addressees():
        names = (
            unit.unit_code,
            unit.name,
            unit.name.removesuffix("市"),
            *unit.aliases,
            unit.name_en.casefold(),
        )
        found |= {name: unit.unit_code for name in names if name and name not in found}
    return Names(found)


def _first(chunk: Chunk) -> Chunk:
    """The first rows of a piece."""
    broken = tuple(
        row for row in chunk.broken if row.line <= (chunk.lines[:ROWS][-1] if len(chunk.lines) else ROWS)
    )
    return replace(chunk, rows=chunk.rows.iloc[:ROWS], lines=chunk.lines[:ROWS], broken=broken)


def _air(
    path: Path,
    chunk: Chunk,
    mapping: TableMapping,
    stations: Path | None,
    now: datetime | None,
    known: Mapping[str, frozenset[Scale]],
) -> Trial:
    terms, names = mapping.air or AirTerms(), known_names()
    if stations is not None:
        terms = replace(terms, stations=stations)
        mapping = replace(mapping, air=terms)
    if terms.stations is not None:
        names = replace(names, stations=station_cities(terms.stations, names))
    require_measures(mapping, list(chunk.rows.columns), str(path))
    clock = Clock(moment_of(mapping), terms, now)
    notes = []
    if (hours := hours_of_file(path, mapping, known)) is not None:
        clock.hours = hours.hours
        notes += [clock.hours.note] if clock.hours.note else []
    told = read_chunk(chunk, mapping, clock, names)
    statement = statement_of(mapping)
    notes.append(f"值属于{_DATASETS[statement.dataset]}" + ("，为各站点的平均" if statement.of_city else ""))
    if statement.every == "minutes":
        notes.append(f"分钟值（间隔{statement.minutes:g}分钟）合成小时，至少{statement.least_share:.0%}")
    if statement.every == "day":
        notes.append("日均值（来源给出）：按有效日计，不与小时值混用")
    place_names = {code: name for name, code in reversed([*names.cities.items()]) if name != code}
    values = told.values.sort_values(["line", "place_id"], kind="stable")
    lines = [_value_said(row, place_names, statement.every) for row in values.head(ROWS * 8).itertuples()]
    lines += [_fault_said(fault) for fault in told.faults]
    lines += [f"第{row.line}行 未用：{row.reason}" for row in chunk.broken]
    lines += [f"不认识“{name}”：{count}行或列跳过" for name, count in list(told.skipped.items())[:ROWS]]
    faults = sum(fault.count for fault in told.faults) + len(chunk.broken)
    return Trial(tuple(lines), tuple(notes), faults)


def _value_said(row: Any, place_names: dict[str, str], every: str) -> str:
    city, _, station = str(row.place_id).partition(OF_CITY)
    place = f"{place_names.get(city, city)}（站点{station}）" if station else place_names.get(city, city)
    quantity, value = str(row.quantity), float(row.value)
    unit = "mg/m³" if quantity.endswith("_mg_m3") else "μg/m³"
    day, hour = pd.Timestamp(row.observed_on), int(row.hour)
    when = f"{day.year}年{day.month}月{day.day}日"
    if every == "hour":
        when += f" {hour}时至{hour + 1}时"
    elif every == "minutes":
        second = int(row.second)
        when += f" {hour:02}:{second // 60:02}:{second % 60:02}"
    said = "缺测" if pd.isna(value) else f"{value:g} {unit}"
    return f"第{row.line}行 {place} {when}（{office_zone()}） {_LABELS.get(quantity, quantity)} {said}"


def _fault_said(fault: Fault) -> str:
    return f"第{fault.line}行起 {fault.field}：{fault.reason}，共{fault.count}个，如“{fault.value}”"


def _hours(
    path: Path, mapping: TableMapping, now: datetime | None, known: Mapping[str, frozenset[Scale]]
) -> Trial:
    """Rows of stations, winds or meters as an import takes them."""
    layout = STATION_LAYOUTS[mapping.table]
    whole = list(read_table(path, mapping.form))
    told, pieces, hours = hours_of(whole, layout, mapping, known, label(path))
    notes = [hours.hours.note] if hours is not None and hours.hours.note else []
    own = as_text(_first(replace(pieces[0], broken=whole[0].broken)), layout, told)
    lines, faults = [], 0
    for place, line in enumerate(own.lines):
        row = replace(own, rows=own.rows.iloc[[place]], lines=own.lines[[place]], broken=())
        found = checked_chunk(row, layout, now or _NEVER)
        said = [f"{name}={value}" for name, value in _told_of(found.rows, layout.key)]
        if not said:
            texts = row.rows.iloc[0]
            said = [f"{name}={text}" for name, text in texts.items() if text]
            reason = "没有值；" if found.absent else ""
            lines.append(f"第{line}{own.word} 未用：{reason}{'，'.join(said)}")
        else:
            lines.append(f"第{line}{own.word} {'，'.join(said)}")
        lines += [
            f"第{line}{own.word} {fault.field}：{fault.reason}，如“{fault.value}”" for fault in found.faults
        ]
        faults += len(found.faults)
    lines += [f"第{row.line}行 未用：{row.reason}" for row in own.broken]
    notes += checked_chunk(replace(own, broken=()), layout, now or _NEVER).notes
    return Trial(tuple(lines), tuple(notes), faults + len(own.broken))


def _told_of(rows: pd.DataFrame, key: tuple[str, ...]) -> list[tuple[str, str]]:
    """What a good row says, by our names; nothing of no row."""
    if rows.empty:
        return []
    row = rows.iloc[0]
    told = [(key[0], str(row[key[0]])), (key[1], _moment_said(pd.Timestamp(row["hour"])))]
    others = [name for name in rows.columns if name not in (key[0], "hour")]
    return told + [(name, f"{row[name]:g}") for name in others if not pd.isna(row[name])]


def _records(chunk: Chunk, mapping: TableMapping, path: Path, now: datetime | None) -> Trial:
    layout = TABLES[mapping.table]
    known = _places()
    if mapping.table in STATION_LAYOUTS:  # an import registers their units
        own = as_text(chunk, layout, mapping).rows
        known = with_units(known, unknown_units(known, own["unit_code"].unique()))
    else:
        require_columns(mapping, layout, list(chunk.rows.columns), str(path))
        own = transform(mapping, layout, chunk.rows.astype("str"))
    checked = check(layout, own, known)
    lines, bad, ahead = [], 0, 0
    for place, line in enumerate(chunk.lines):
        is_good = checked.reject[place] < 0
        texts = {name: own[name].iloc[place] for name in layout.names if own[name].iloc[place]}
        late = []
        for field in layout.fields if is_good else ():
            if field.type in MOMENT_TYPES and field.name in texts:
                at = pd.Timestamp(checked.rows[field.name].iloc[place])
                texts[field.name] = _moment_said(at)
                if now is not None and field.type == "moment" and not field.name.startswith("deadline"):
                    late += [field.name] if at > pd.Timestamp(now) else []
        told = "，".join(f"{name}={text}" for name, text in texts.items())
        if not is_good:
            name, reason = checked.reasons[checked.reject[place]]
            told, bad = f"未用：{name} {reason}；{told}", bad + 1
        elif late:
            told, ahead = f"{told}；? {'、'.join(late)}晚于现在", ahead + 1
        lines.append(f"第{line}{chunk.word} {told}")
    lines += [f"第{row.line}行 未用：{row.reason}" for row in chunk.broken]
    notes = [f"坐标系{mapping.datum}，换算为WGS84"] if "lon" in layout.names else []
    if ahead:
        notes.append(f"? {ahead}行的时间晚于现在：年份、日与月的次序或时区可能有误")
    return Trial(tuple(lines), (*notes, *_elsewhere(chunk, own, checked)), bad + len(chunk.broken))


def _moment_said(at: pd.Timestamp) -> str:
    """A moment in words, in the office's zone."""
    wall = at.tz_convert(office_zone())
    return f"{wall.year}年{wall.month}月{wall.day}日 {wall:%H:%M}（{office_zone()}）"


def _elsewhere(chunk: Chunk, own: pd.DataFrame, checked: Checked) -> list[str]:
    """Rows that name another province than that of their unit."""
    column = province_column(map(str, chunk.rows.columns))
    if column is None or "unit_code" not in own:
        return []
    is_other = in_other_province(checked.rows["unit_code"], chunk.rows[column].astype("str"))
    rows = zip(chunk.lines[is_other], chunk.rows[column][is_other], own["unit_code"][is_other], strict=True)
    return [f"? 第{line}{chunk.word} 所填省份{province}与城市{unit}不符" for line, province, unit in rows]


def _places() -> Places:
    profile = office()
    codes = {unit.unit_code for unit in profile.addressees()}
    above = {unit.reports_to for unit in profile.addressees() if unit.reports_to}
    return Places(known_names().cities, frozenset(codes | above | {profile.own_unit}), {})
