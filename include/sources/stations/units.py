"""Units of the values of stations, weather and meters: what a heading or a mapping says, onto that of our column's name.

`风速（km/h）`, `temp_F`, `温度℉`, `{column: PM, unit: mg/m3}`. A unit that is none of the quantity is refused by name.
"""

from __future__ import annotations

import re
from typing import Final

import pandas as pd

from include.errors import InputError
from include.sources.layout import Layout
from include.sources.mapping.language import Copy, TableMapping
from include.sources.reading.characters import narrow_text, numbers

# By the end of our column's name: what a value is multiplied with, and what is added then.
_UNITS: Final[dict[str, dict[str, tuple[float, float]]]] = {
    "_m_s": {
        "m/s": (1, 0), "ms-1": (1, 0), "mps": (1, 0), "米/秒": (1, 0), "km/h": (1 / 3.6, 0), "kmh": (1 / 3.6, 0), "kph": (1 / 3.6, 0),
        "公里/小时": (1 / 3.6, 0), "千米/小时": (1 / 3.6, 0), "mph": (0.44704, 0), "英里/小时": (0.44704, 0),
        "kn": (1852 / 3600, 0), "kt": (1852 / 3600, 0), "kts": (1852 / 3600, 0), "knot": (1852 / 3600, 0), "knots": (1852 / 3600, 0), "节": (1852 / 3600, 0),
    },
    "_c": {
        "℃": (1, 0), "°c": (1, 0), "c": (1, 0), "degc": (1, 0), "摄氏度": (1, 0), "℉": (5 / 9, -160 / 9), "°f": (5 / 9, -160 / 9), "f": (5 / 9, -160 / 9),
        "degf": (5 / 9, -160 / 9), "华氏度": (5 / 9, -160 / 9), "k": (1, -273.15), "开尔文": (1, -273.15),
    },
    "_ug_m3": {"ug/m3": (1, 0), "mg/m3": (1000, 0), "ng/m3": (0.001, 0), "g/m3": (1e6, 0), "ug": (1, 0), "mg": (1000, 0)},
    "_pct": {"%": (1, 0), "%rh": (1, 0), "百分比": (1, 0), "percent": (1, 0)},
    "_deg": {"°": (1, 0), "度": (1, 0), "deg": (1, 0), "degree": (1, 0), "degrees": (1, 0)},
    "_kw": {"kw": (1, 0), "千瓦": (1, 0), "w": (0.001, 0), "瓦": (0.001, 0), "mw": (1000, 0), "兆瓦": (1000, 0)},
}  # fmt: skip
_NONE_OF_OURS: Final = frozenset(
    {"hpa", "pa", "kpa", "mmhg", "mbar", "mm", "ppb", "ppm", "kwh", "度电", "v", "a", "rad", "级", "m"}
)
_BRACKETS: Final = re.compile(r"[\[({【]\s*(?:单位:?|unit:?)?\s*([^\])}】]+?)\s*[\])}】]\s*$")
_BLOWS_TO: Final = re.compile(r"(?:^|[^a-z])(?:to|towards?|going)(?:$|[^a-z])|去向|吹向|流向")
# Headings of directions that are numbers of sectors, tens of degrees or codes: which sector 1 is, north or the one after, nobody agrees on.
_SECTORS: Final = re.compile(
    r"方位|象限|扇区|代码|编码|编号|等级|sector|octant|point|code|数学|逆时针|math|\d\s*(?:向|°|度|deg)|(?:×|x|\*)\s*\d"
)
# Headings of winds by their force, which is no speed.
_FORCE: Final = re.compile(r"级|风力|beaufort|(?:^|[^a-z])bft(?:$|[^a-z])|force")
_MOST_SECTORS: Final = 17  # sixteen and calm
_FEWEST_TOLD: Final = 24
_FEWEST_DIFFERENT: Final = 6
_WRITTEN: Final = (
    ("毫克", "mg"), ("微克", "ug"), ("每立方米", "/m3"), ("立方米", "m3"), ("m^3", "m3"), ("m³", "m3"), ("·m-3", "/m3"), ("µ", "u"), ("μ", "u"), ("·s-1", "/s"),
    ("每秒", "/秒"), ("每小时", "/小时"), ("hr", "h"), ("ºc", "°c"), ("ºf", "°f"),
)  # fmt: skip


def in_our_units(rows: pd.DataFrame, layout: Layout, mapping: TableMapping, where: str) -> pd.DataFrame:
    """Text rows in the columns of the layout, their numbers in our units. Raises InputError for a unit that is none of a quantity."""
    changed = {}
    for field in layout.fields:
        rule = mapping.columns.get(field.name)
        if field.type != "number" or not isinstance(rule, Copy) or field.name not in rows:
            continue
        factor, more = _onto_ours(field.name, rule, where)
        if field.name == "wind_from_deg" and not rule.unit:
            _require_degrees(rows[field.name], rule.column, where)
        if field.name.endswith("_pct") and not rule.unit:
            _require_percent(rows[field.name], rule.column, where)
        if (factor, more) != (1, 0):
            told = numbers(rows[field.name])
            ours = (told * factor + more).round(6)
            changed[field.name] = rows[field.name].where(told.isna(), ours.map(repr).astype("str"))
    return rows.assign(**changed) if changed else rows


def _require_degrees(texts: pd.Series, heading: str, where: str) -> None:
    """Raises InputError where the numbers of a direction are sectors by their heading, or look so all; names of the compass are read."""
    told = numbers(texts).dropna()
    is_whole = len(told) >= _FEWEST_TOLD and bool((told.between(0, _MOST_SECTORS) & (told % 1 == 0)).all())
    looks_so = is_whole and told.nunique() >= _FEWEST_DIFFERENT
    if told.empty or not (_SECTORS.search(_plain(heading)) or looks_so):
        return
    raise InputError(
        "the directions look like numbers of sectors, not degrees",
        where=f"{where}: {heading}",
        expected="degrees from north (0 to 360) or names of the compass (北, NNE)",
        got=f"{heading} {told.iloc[0]:g}, at most {told.max():g}",
        todo="turn them into degrees first; if they are degrees, say so: {column: …, unit: deg}",
    )


def _require_percent(texts: pd.Series, heading: str, where: str) -> None:
    """Raises InputError where the values of a percentage are shares of one."""
    told = numbers(texts).dropna()
    if len(told) < _FEWEST_TOLD or told.max() > 1 or told.nunique() < _FEWEST_DIFFERENT:
        return
    raise InputError(
        "the values look like shares of one, not percent",
        where=f"{where}: {heading}",
        expected="percent (0 to 100)",
        got=f"at most {told.max():g}",
        todo="multiply them by 100 first; if they are percent, say so: {column: …, unit: percent}",
    )


def _onto_ours(name: str, rule: Copy, where: str) -> tuple[float, float]:
    known = next((units for end, units in _UNITS.items() if name.endswith(end)), {})
    heading = _plain(rule.column)
    if name == "wind_from_deg" and _BLOWS_TO.search(heading):
        raise InputError(
            "the heading says where the wind blows to, and the direction is the one that it comes from",
            where=f"{where}: {rule.column}",
            expected="the direction that the wind comes from (风向)",
            got=rule.column,
            todo="take the column of the direction that it comes from, or turn the values by 180 degrees first",
        )
    in_brackets = _BRACKETS.search(heading)
    told = _plain(rule.unit) or (in_brackets[1] if in_brackets else _at_end(heading, known))
    if told in known:
        return known[told]
    is_force = name.endswith("_m_s") and bool(_FORCE.search(heading))
    if (
        rule.unit
        or is_force
        or told in _NONE_OF_OURS
        or any(told in units for units in _UNITS.values())
        or "/" in told
    ):
        raise InputError(
            "a unit that is none of the quantity, or is not known",
            where=f"{where}: {rule.column}",
            expected=", ".join(known) or f"no unit: {name} has none",
            got=rule.unit or told or rule.column,
            todo="say the right one in the mapping: {column: …, unit: …}",
        )
    return (1, 0)


def _at_end(heading: str, known: dict[str, tuple[float, float]]) -> str:
    """A unit that stands behind a name without brackets: after a line or a blank, or a sign that no name has."""
    last = re.split(r"[_\s]", heading)[-1]
    if last != heading and last in known:
        return last
    return next((sign for sign in ("℃", "℉", "°c", "°f", "%") if heading.endswith(sign)), "")


def _plain(text: str) -> str:
    told = narrow_text(text).lower()
    for written, meant in _WRITTEN:
        told = told.replace(written, meant)
    return told
