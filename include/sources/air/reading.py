"""One piece of an air-quality file as values, by its mapping: which place, which hour, how much of what.

A row is a place and hour with a column a pollutant; or an hour with a column a place (`headings`); or a place, hour and pollutant.
Concentrations become μg/m³, of CO mg/m³.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import pandas as pd

from include.sources.air.by_value import constant, different
from include.sources.air.clock import Clock
from include.sources.air.faults import Fault, faults_of
from include.sources.air.names import OZONE_8H, quantity_of
from include.sources.air.units import unit_in
from include.sources.air.values import VALUE_COLUMNS, Measured, measured
from include.sources.delivery import Chunk
from include.sources.layout import DATA_ORIGIN, POLLUTANTS
from include.sources.mapping.language import Copy, Expression, TableMapping
from include.sources.mapping.transform import made, missing_columns, source_columns_of
from include.sources.provinces import in_other_province, province_column
from include.sources.reading.characters import narrow, narrow_text, visible_text

# Between the city and the station of it in the `place_id` of values that become means of the city.
OF_CITY: Final = "\x1f"
_NO_PLACE: Final = "没有网格（站点、城市）编号，整行未用"
_OTHER_PROVINCE: Final = "所填省份与城市（{}）不符（{}），无法判断是哪一个，整行未用"
_UNKNOWN_TYPE: Final = "未知的污染物类型，整行未用"
_UNKNOWN_HEADING: Final = "表头不合对应关系中的式样，整列未用"


@dataclass(frozen=True)
class Names:
    """Codes of cities by every name, and the city of each station of a table."""

    cities: Mapping[str, str]
    stations: Mapping[str, str] = field(default_factory=dict)

    def city(self, name: str) -> str:
        """The code of a city; empty for one that is not known."""
        plain = visible_text(name).strip()
        return self.cities.get(plain) or self.cities.get(plain.casefold(), "")


@dataclass(frozen=True)
class Reading:
    """What one piece of a file says: `VALUE_COLUMNS` (and `second` of minutes), a row a place, hour and quantity; `value` NaN
    where it says nothing. `place_id`: a city's code, a grid, a station, or `city OF_CITY station`.

    `skipped`: rows or columns by the name of a city or station that is not known. `gaps` counts empty values, `below` those under
    a limit of detection, `others` values of what is none of our pollutants.
    """

    values: pd.DataFrame
    faults: tuple[Fault, ...] = ()
    skipped: Counter[str] = field(default_factory=Counter)
    gaps: int = 0
    below: int = 0
    others: int = 0
    # Of each quantity how many values look as if they were in another unit, of how many that no unit was told of.
    odd: Mapping[str, tuple[int, int]] = field(default_factory=dict)


def read_chunk(chunk: Chunk, mapping: TableMapping, clock: Clock, names: Names) -> Reading:
    """The values of a piece."""
    raw = chunk.rows.set_axis(range(len(chunk.rows)))
    rows = pd.DataFrame({"line": chunk.lines}, index=raw.index)
    if clock.terms.headings:
        return _of_headings(rows, raw, mapping, clock, names)
    rows, faults, skipped = _placed(rows, raw, mapping, names)
    rows, elsewhere = _in_own_province(rows, raw.loc[rows.index], mapping)
    faults += elsewhere
    raw = raw.loc[rows.index]
    if "pollutant" in mapping.columns or "value" in mapping.columns:
        return _of_values(rows, raw, mapping, clock, faults, skipped)
    rows, late = clock.timed(rows, raw)
    raw = raw.loc[rows.index]
    parts = []
    for quantity, rule in _measures(mapping, raw).items():
        if clock.terms.every != "day" and quantity == OZONE_8H:
            continue
        texts = rows.assign(field=constant(rows, rule.column), text=_texts(rule, raw))
        unit = rule.unit or unit_in(rule.column)[1]
        parts.append((quantity, measured(texts, quantity, clock.terms, unit)))
    return _together(parts, [*late, *faults], skipped, clock)


def require_measures(mapping: TableMapping, header: list[str], where: str) -> None:
    """Raises InputError where a file lacks a column that the mapping needs, or all of those with values."""
    needed = {
        name
        for own, rule in mapping.columns.items()
        if own in ("place", "city", "hour", "pollutant", "value", "unit") or own.startswith("_")
        for name in source_columns_of(rule)
    }
    missing = sorted(needed - set(header))
    is_of_columns = not {"pollutant", "value"} & set(mapping.columns) and not (
        mapping.air and mapping.air.headings
    )
    measures = {own: rule for own, rule in mapping.columns.items() if own in (*POLLUTANTS, OZONE_8H)}
    if (
        is_of_columns
        and not missing
        and not any(set(source_columns_of(rule)) <= set(header) for rule in measures.values())
    ):
        missing = sorted({name for rule in measures.values() for name in source_columns_of(rule)}) or [
            "pm25_ug_m3"
        ]
    if missing:
        todo = "correct the mapping: `mapping guess` proposes one for the file"
        raise missing_columns(missing, header, where, todo)


def _measures(mapping: TableMapping, raw: pd.DataFrame) -> dict[str, Copy]:
    """The columns of the file with values, by quantity."""
    told = {name: rule for name, rule in mapping.columns.items() if name in (*POLLUTANTS, OZONE_8H)}
    return {name: rule for name, rule in told.items() if isinstance(rule, Copy) and rule.column in raw}


def _of_values(
    rows: pd.DataFrame,
    raw: pd.DataFrame,
    mapping: TableMapping,
    clock: Clock,
    faults: list[Fault],
    skipped: Counter[str],
) -> Reading:
    """Rows of a place, hour and pollutant each."""
    rows = rows.assign(pollutant=_named(mapping, "pollutant", raw))
    rows, late = clock.timed(rows, raw)
    raw = raw.loc[rows.index]
    quantities, unknown, others = _quantities(rows, clock)
    rule = _rule(mapping, "value")
    units = _named(mapping, "unit", raw) if "unit" in mapping.columns else None
    parts = []
    for quantity in [name for name in (*POLLUTANTS, OZONE_8H) if (quantities == name).any()]:
        is_own = (quantities == quantity).to_numpy()
        own = rows[is_own]
        texts = own.assign(field=own["pollutant"].astype("str"), text=_texts(rule, raw[is_own]))
        unit = _units_of(own["pollutant"]) if units is None else pd.Series(units, index=raw.index)[is_own]
        is_told = bool((unit.astype("str") != "").any())
        texts_of = measured(texts, quantity, clock.terms, unit.astype("str") if is_told else "")
        parts.append((quantity, texts_of))
    return _together(parts, [*late, *faults, *unknown], skipped, clock, others)


def _units_of(pollutants: pd.Series) -> pd.Series[str]:
    """The units that stand behind the names of pollutants."""
    return pollutants.astype("str").map(lambda text: unit_in(text)[1]).astype("str")


def _of_headings(
    rows: pd.DataFrame, raw: pd.DataFrame, mapping: TableMapping, clock: Clock, names: Names
) -> Reading:
    """Rows of an hour (and pollutant) each, with a column a place."""
    used = {name for rule in mapping.columns.values() for name in source_columns_of(rule)}
    headings = [str(name) for name in raw.columns if name not in used and name != DATA_ORIGIN]
    places, skipped, faults = _heading_places(headings, mapping, names, rows)
    if "pollutant" in mapping.columns:
        rows = rows.assign(pollutant=_named(mapping, "pollutant", raw))
    rows, late = clock.timed(rows, raw)
    raw = raw.loc[rows.index]
    faults += late
    others = 0
    quantities = pd.Series("", index=rows.index)
    if "pollutant" in mapping.columns:
        quantities, unknown, others = _quantities(rows, clock)
        faults += unknown
    parts = []
    for heading, (place, told, unit) in places.items():
        for quantity in dict.fromkeys(quantities) if not told else (told,):
            if quantity not in (*POLLUTANTS, OZONE_8H):
                continue
            is_own = (quantities == quantity).to_numpy() if not told else slice(None)
            own = rows[is_own]
            texts = own.assign(
                place_id=constant(own, place),
                field=constant(own, heading),
                text=raw[heading][is_own].astype("str"),
            )
            parts.append((quantity, measured(texts, quantity, clock.terms, unit)))
    return _together(parts, faults, skipped, clock, others)


def _heading_places(
    headings: list[str], mapping: TableMapping, names: Names, rows: pd.DataFrame
) -> tuple[dict[str, tuple[str, str, str]], Counter[str], list[Fault]]:
    """The place (and quantity with its unit, where headings say them) of each heading; those of no place that is known, and what
    fits no pattern."""
    terms = mapping.air
    if terms is None:
        raise TypeError("no mapping of air")
    pattern = (
        re.escape(terms.headings)
        .replace(r"\{place\}", "(?P<place>.+)")
        .replace(r"\{pollutant\}", "(?P<pollutant>.+?)")
    )
    found: dict[str, tuple[str, str, str]] = {}
    skipped: Counter[str] = Counter()
    faults: list[Fault] = []
    is_by_row = "pollutant" in mapping.columns or "{pollutant}" in terms.headings
    for heading in headings:
        told = re.fullmatch(pattern, heading.strip())
        quantity = (
            quantity_of(told["pollutant"], is_daily=terms.every == "day")
            if told and "{pollutant}" in terms.headings
            else ""
        )
        if not is_by_row:
            quantity = "pm25_ug_m3"
        if quantity == "other" or heading.startswith("("):
            continue
        is_measure = "{pollutant}" not in terms.headings and quantity_of(heading) != ""
        if is_measure or not told or ("{pollutant}" in terms.headings and not quantity):
            faults += faults_of(rows.assign(said=heading).head(1), heading, _UNKNOWN_HEADING, "said")
            continue
        place = _place_id(told["place"], mapping, names)
        if not place:
            skipped[told["place"]] += 1
        else:
            unit = unit_in(told["pollutant"])[1] if "{pollutant}" in terms.headings else ""
            found[heading] = (place, quantity, unit)
    return found, skipped, faults


def _place_id(name: str, mapping: TableMapping, names: Names) -> str:
    """The `place_id` of a place that a heading names; empty for one that is not known."""
    terms = mapping.air
    if terms is None:
        raise TypeError("no mapping of air")
    if terms.by == "city":
        return names.city(name)
    station = narrow_text(name)
    if terms.stations is not None:
        city = names.stations.get(station, "")
        return f"{city}{OF_CITY}{station}" if city else ""
    city_rule = mapping.columns.get("city")
    if city_rule is not None:
        city = names.city(str(made(city_rule, pd.DataFrame(index=[0])).iloc[0]))
        return f"{city}{OF_CITY}{station}" if city else ""
    return station


def _placed(
    rows: pd.DataFrame, raw: pd.DataFrame, mapping: TableMapping, names: Names
) -> tuple[pd.DataFrame, list[Fault], Counter[str]]:
    """The rows of places that are known, with `place_id`; without a name they are faults, with an unknown one skipped."""
    terms = mapping.air
    if terms is None:
        raise TypeError("no mapping of air")
    rules = [_rule(mapping, "place"), *([mapping.columns["city"]] if "city" in mapping.columns else [])]
    columns = list(dict.fromkeys(name for rule in rules for name in source_columns_of(rule)))
    found = different(raw, columns)
    told = made(rules[0], found.rows)
    who, unknown = narrow(told).str.strip(), pd.Series("", index=told.index, dtype="str")
    if terms.by == "city":
        who = told.map(names.city).astype("str")
        unknown = told.map(visible_text).astype("str").str.strip().where(who == "", "")
    elif terms.stations is not None or "city" in mapping.columns:
        cities = (
            who.map(names.stations).fillna("")
            if terms.stations is not None
            else made(rules[1], found.rows).map(names.city)
        )
        lacking = who if terms.stations is not None else made(rules[1], found.rows)
        unknown = lacking.where(cities == "", "").astype("str")
        who = (cities + OF_CITY + who).where((cities != "") & (who != ""), "").astype("str")
    place = rows.assign(place_id=found.categorical(who))
    is_known = found.taken(who != "", rows.index).to_numpy(dtype=bool)
    if is_known.all():
        return place, [], Counter()
    named = found.taken(unknown, rows.index)
    nameless = rows[~is_known & (named == "").to_numpy()].assign(said="")
    name = next(iter(columns), "place")
    faults = faults_of(nameless, name, _NO_PLACE, "said")
    skipped = Counter(named[~is_known & (named != "").to_numpy()].tolist())
    return place[is_known], faults, skipped


def _in_own_province(
    rows: pd.DataFrame, raw: pd.DataFrame, mapping: TableMapping
) -> tuple[pd.DataFrame, list[Fault]]:
    """The rows of cities, without those that name another province than that of their city: which of the two is meant?"""
    column = province_column(map(str, raw.columns))
    if column is None or mapping.air is None or mapping.air.by != "city":
        return rows, []
    pairs = pd.DataFrame({"place_id": rows["place_id"].astype("str"), "said": raw[column].astype("str")})
    found = different(pairs, ["place_id", "said"])
    is_other = in_other_province(found.rows["place_id"], found.rows["said"])[found.codes]
    if not is_other.any():
        return rows, []
    wrong = rows.assign(said=pairs["said"])[is_other]
    faults = [
        fault
        for (place, said), such in wrong.groupby(["place_id", "said"], observed=True, sort=False)
        for fault in faults_of(such, column, _OTHER_PROVINCE.format(place, said), "said")
    ]
    return rows[~is_other], faults


def _quantities(rows: pd.DataFrame, clock: Clock) -> tuple[pd.Series, list[Fault], int]:
    """Our name of each row's pollutant; rows of what nobody knows are faults, those of others are counted."""
    found = different(rows, ["pollutant"])
    is_daily = clock.terms.every == "day"
    own = found.rows["pollutant"].map(lambda text: quantity_of(text, is_daily=is_daily)).astype("str")
    quantities = found.taken(own, rows.index)
    is_unknown = (quantities == "").to_numpy()
    unknown = rows[is_unknown]
    faults = faults_of(unknown.assign(said=unknown["pollutant"].astype("str")), "type", _UNKNOWN_TYPE, "said")
    return quantities, faults, int((quantities == "other").sum())


def _rule(mapping: TableMapping, name: str) -> Expression:
    return mapping.columns.get(name, Copy(name))


def _named(mapping: TableMapping, name: str, raw: pd.DataFrame) -> pd.Categorical:
    """A column of ours as every row's text, each different one made once."""
    rule = _rule(mapping, name)
    found = different(raw, list(source_columns_of(rule)))
    return found.categorical(made(rule, found.rows).str.strip())


def _texts(rule: Expression, raw: pd.DataFrame) -> pd.Series:
    if isinstance(rule, Copy) and not rule.values:
        return raw[rule.column]
    return made(rule, raw.astype("str"))


def _together(
    parts: list[tuple[str, Measured]],
    faults: list[Fault],
    skipped: Counter[str],
    clock: Clock,
    others: int = 0,
) -> Reading:
    columns = [*VALUE_COLUMNS, *(["second"] if clock.terms.every == "minutes" else [])]
    frames = [
        part.values.assign(quantity=constant(part.values, quantity))[columns] for quantity, part in parts
    ]
    values = _stacked(frames) if frames else pd.DataFrame({name: [] for name in columns})
    return Reading(
        values,
        (*faults, *(fault for _, part in parts for fault in part.faults)),
        skipped,
        sum(part.gaps for _, part in parts),
        sum(part.below for _, part in parts),
        others,
        {
            name: (
                sum(part.odd for quantity, part in parts if quantity == name),
                sum(part.told for quantity, part in parts if quantity == name),
            )
            for name in {quantity for quantity, _ in parts}
        },
    )


def _stacked(frames: list[pd.DataFrame]) -> pd.DataFrame:
    """Frames below each other; places and quantities stay categoricals."""
    if len(frames) == 1:
        return frames[0].reset_index(drop=True)
    stacked = {
        name: pd.api.types.union_categoricals([frame[name] for frame in frames], ignore_order=True)
        for name in ("place_id", "quantity")
    }
    return pd.concat([frame.drop(columns=list(stacked)) for frame in frames], ignore_index=True).assign(
        **stacked
    )
