"""Which columns of an unknown file hold concentrations, of what, and in which unit."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from include.sources.air.names import quantity_of
from include.sources.air.units import unit_in
from include.sources.guess.form import Seen
from include.sources.guess.times import is_daily, quoted
from include.sources.mapping_trial import known_names
from include.sources.reading.characters import numbers

_LIKE_MG, _CO_LIKE_UG = 0.5, 20.0  # as an import finds them odd
_NUMERIC: Final = 0.3  # of the cells of a column of values
_SEPARATORS: Final = ("_", " ", "-", "/", "·", ":", "|")
_MOST_MARKS: Final = 8
_CODES: Final = r"(?:-9{2,}|9{4,})(?:\.0+)?"


def measures(seen: Seen) -> dict[str, str]:
    """The columns that are called like pollutants, by quantity."""
    found: dict[str, str] = {}
    for heading in seen.headings:
        quantity = quantity_of(heading, is_daily=is_daily(seen))
        if quantity not in ("", "other"):
            found.setdefault(quantity, heading)
    return found


def measure_lines(seen: Seen) -> list[str]:
    """A line a column of values."""
    return [_measure(seen, name, heading) for name, heading in measures(seen).items()]


def _measure(seen: Seen, name: str, heading: str) -> str:
    values = numbers(seen.rows[heading])
    values = values[values > 0]
    is_co = name == "co_mg_m3"
    if not unit_in(heading)[1] and len(values):
        is_odd = (values > _CO_LIKE_UG if is_co else values < _LIKE_MG).mean() >= 0.9
        if is_odd:
            unit = "ug/m3" if is_co else "mg/m3"
            return (
                f"      {name}: {{column: {quoted(heading)}, unit: {unit}}}   # ? 数值像是{unit}，表头没有写"
            )
    is_asked = is_co and not unit_in(heading)[1]
    question = "   # ? 应为mg/m³；若为μg/m³：{column: …, unit: ug/m3}" if is_asked else ""
    return f"      {name}: {quoted(heading)}{question}"


def narrow_lines(seen: Seen) -> list[str]:
    """A column of pollutants with one of values."""
    pollutant, value = seen.heading("pollutant"), seen.heading("value")
    if not pollutant or not value:
        return []
    lines = [f"      pollutant: {quoted(pollutant)}", f"      value: {quoted(value)}"]
    unit = seen.heading("unit")
    return lines + ([f"      unit: {quoted(unit)}"] if unit else [])


def missing_line(seen: Seen) -> list[str]:
    """Texts and numbers that most likely mean no value, as a question."""
    marks: dict[str, None] = {}
    for heading in [*measures(seen).values(), *([seen.found["value"]] if "value" in seen.found else [])]:
        texts = seen.rows[heading].str.strip()
        odd = texts[(texts != "") & (numbers(texts).isna() | texts.str.fullmatch(_CODES))]
        marks |= {
            text: None for text in odd if len(text) <= 6 and not re.search("[0-9].*[^0-9.]|^[<＜≤〈]", text)
        }
    listed = ", ".join(
        f'"{text}"' for text in list(marks)[:_MOST_MARKS] if '"' not in text and "\\" not in text
    )
    return [f"    missing: [{listed}]   # ? 按缺测"] if listed else []


def heading_lines(seen: Seen) -> tuple[list[str], list[str]] | None:
    """Where each of the other columns is a place (and pollutant): lines of the table, and of its columns; None where they are not."""
    used = set(seen.found.values())
    others = [
        name
        for name in seen.headings
        if name not in used and not name.startswith("(") and not quantity_of(name)
    ]
    told = [name for name in others if numbers(seen.rows[name]).notna().mean() > _NUMERIC]
    if not told or len(told) < max(1, len(others) // 2):
        return None
    pattern = _pattern(told)
    if pattern is None:
        return None
    places = [place for name in told if (place := _place_of(pattern, name))]
    lines = [f'    headings: "{pattern}"    # ? 其余每一列是一个地方']
    columns: list[str] = []
    if not has_city(seen, places):
        lines.append(
            "    by: station           # ? 列名不是本机关的城市：按站点；站点表用 --stations，或下面写 city"
        )
        columns.append("      # city: {constant: 城市名}   # ? 各站点平均为这个城市")
    if seen.heading("pollutant"):
        columns.append(f"      pollutant: {quoted(seen.heading('pollutant'))}")
    elif "{pollutant}" not in pattern:
        lines.append("    # ? 没有污染物列：按PM2.5")
    return lines, columns


def _pattern(headings: Sequence[str]) -> str | None:
    """How the headings name places: alone, or with pollutants; None for places and pollutants that nothing parts."""
    for separator in _SEPARATORS:
        parts = [name.rpartition(separator) for name in headings]
        if sum(bool(place and quantity_of(what)) for place, _, what in parts) > len(headings) / 2:
            return f"{{place}}{separator}{{pollutant}}"
        parts = [name.partition(separator) for name in headings]
        if sum(bool(place and quantity_of(what)) for what, _, place in parts) > len(headings) / 2:
            return f"{{pollutant}}{separator}{{place}}"
    for name in headings:
        if any(quantity_of(name[start:]) for start in range(1, len(name) - 1)):
            return None
    return "{place}"


def _place_of(pattern: str, heading: str) -> str:
    told = re.escape(pattern).replace(r"\{place\}", "(?P<place>.+)").replace(r"\{pollutant\}", ".+?")
    found = re.fullmatch(told, heading.strip())
    return found["place"] if found else ""


def has_city(seen: Seen, names: Sequence[str] = ()) -> bool:
    """Whether one of these names (of the headings, where there are none) is a city of this office."""
    known = known_names()
    return any(known.city(str(name)) for name in names or seen.headings)
