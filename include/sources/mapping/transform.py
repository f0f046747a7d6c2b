"""Applies a mapping: raw rows in a source's own columns become text rows in the columns of `layout.py`.

What a rule cannot make sense of stays as it came, so that the check names the very value. Times that carried no
offset leave here with one unless they are Beijing time; coordinates leave in WGS84; nothing invisible leaves here.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from include.errors import InputError
from include.former_names import former
from include.geo.datum import to_wgs84
from include.geo.grids import locate
from include.periods import office_zone
from include.sources.delivery import arrow_text_frame
from include.sources.layout import DATA_ORIGIN, OUTSIDE, Layout
from include.sources.mapping.language import (
    Constant,
    Copy,
    Derived,
    Expression,
    Moment,
    SameAs,
    TableMapping,
    Template,
)
from include.sources.mapping.moments import in_iso, moment_texts, with_offset, written
from include.sources.reading.characters import counted, numbers, visible

_MOMENT_TYPES = ("moment", "promise")
_TIMES = (*_MOMENT_TYPES, "date")


def require_columns(
    mapping: TableMapping,
    layout: Layout,
    header: list[str],
    where: str,
    todo: str = "name the columns in a mapping (`mapping guess` proposes one), or correct the header row",
) -> None:
    """Raises InputError when a column that is required, or that the mapping names, is not in the header."""
    missing = sorted(
        name for name in source_columns(mapping, layout) - set(header) if told_as(name, header) == name
    )
    if missing:
        raise missing_columns(missing, header, where, todo)


def missing_columns(missing: Sequence[str], header: Sequence[str], where: str, todo: str) -> InputError:
    """The error of a table without columns that it cannot be read without."""
    return InputError(
        "columns are missing",
        where=where,
        expected=", ".join(missing),
        got="the columns " + ", ".join(header),
        todo=todo,
    )


def source_columns(mapping: TableMapping, layout: Layout) -> set[str]:
    """The source's own columns that must be there: those that are required, or that the mapping names."""
    needed = set(layout.required) - set(mapping.columns)
    for expression in mapping.columns.values():
        needed |= set(source_columns_of(expression))
    return needed


def wanted_columns(mapping: TableMapping, layout: Layout, header: Collection[str]) -> set[str]:
    """`source_columns`, each under the name that this source has for it."""
    return {told_as(name, header) for name in source_columns(mapping, layout)}


def truth_columns(mapping: TableMapping, layout: Layout) -> set[str]:
    """The source's own columns in which true and false mean something: flags, and columns whose values a mapping translates."""
    found = {field.name for field in layout.fields if field.type == "flag"} - set(mapping.columns)
    for name, expression in mapping.columns.items():
        if isinstance(expression, Copy):
            is_flag = any(field.name == name and field.type == "flag" for field in layout.fields)
            if is_flag or not {"true", "false"}.isdisjoint(expression.values):
                found.add(expression.column)
    return found


def told_as(name: str, header: Collection[str]) -> str:
    """The column of the source that tells ours without a mapping: its former name where only that one is there."""
    other = former(name)
    return other if name not in header and other in header else name


def transform(mapping: TableMapping, layout: Layout, raw: pd.DataFrame) -> pd.DataFrame:
    """The rows in our columns and `data_origin`, all of them text; empty text where there is nothing."""
    raw = _stripped({str(name): raw[name] for name in raw.columns}, raw.index)
    raw, _ = visible(raw)
    names = (*layout.names, DATA_ORIGIN)
    own: dict[str, pd.Series[str]] = {}
    later: dict[str, Expression] = {}
    for name in (*names, *(name for name in mapping.columns if name not in names)):
        expression = mapping.columns.get(name, Copy(told_as(name, raw.columns)))
        if isinstance(expression, Copy):
            own[name] = _copied(expression, raw)
        elif isinstance(expression, Constant):
            own[name] = _filled(raw, expression.value)
        else:
            later[name] = expression
    if mapping.datum != "WGS84" and {"lon", "lat"} <= set(own):
        own["lon"], own["lat"] = _in_wgs84(own["lon"], own["lat"], mapping.datum)
    for name in [*mapping.columns, *names]:  # as the mapping lists them: a rule may use what stands above it
        if name in later:
            own[name] = _made(later.pop(name), raw, own)
    for field in layout.fields:
        if field.type in _TIMES:
            own[field.name] = in_iso(own[field.name], is_date_enough=field.type != "moment")
        if field.type in _MOMENT_TYPES and mapping.time_zone != office_zone():
            own[field.name] = with_offset(own[field.name], mapping.time_zone)
    own = {name: own[name] for name in names}
    return counted(layout, _stripped(own, raw.index) if mapping.columns else pd.DataFrame(own))


def _stripped(columns: dict[str, pd.Series[str]], index: pd.Index[int]) -> pd.DataFrame:
    """Text columns without the white space around their values."""
    texts = {
        name: pc.utf8_trim_whitespace(pa.array(values, pa.large_string())) for name, values in columns.items()
    }
    return arrow_text_frame(pa.table(texts)).set_axis(index)


def _copied(expression: Copy, raw: pd.DataFrame) -> pd.Series[str]:
    if expression.column not in raw:
        return _filled(raw, "")
    values = raw[expression.column]
    return values.replace(dict(expression.values)) if expression.values else values


def _filled(raw: pd.DataFrame, value: str) -> pd.Series[str]:
    return pd.Series(value, index=raw.index, dtype="str")


def made(expression: Expression, raw: pd.DataFrame) -> pd.Series[str]:
    """A column of ours by a rule that reads no other of ours."""
    if isinstance(expression, Copy):
        return _copied(expression, raw)
    if isinstance(expression, Constant):
        return _filled(raw, expression.value)
    return _made(expression, raw, {})


def _made(expression: Expression, raw: pd.DataFrame, own: dict[str, pd.Series[str]]) -> pd.Series[str]:
    if isinstance(expression, SameAs):
        return own[expression.column]
    if isinstance(expression, Template):
        return written(expression, raw, own)
    if isinstance(expression, Moment):
        return moment_texts(expression, raw, own)
    if isinstance(expression, Derived):
        return _located(expression, own)
    raise TypeError(type(expression))


def _located(expression: Derived, own: dict[str, pd.Series[str]]) -> pd.Series[str]:
    """The county or unit of the coordinates; of a place outside all of them, which place that is (`checks` names it)."""
    lon, lat = (numbers(own[name]) for name in ("lon", "lat"))
    found = locate(lon, lat)["county" if expression.what == "county" else "unit_code"]
    outside = OUTSIDE + own["lon"] + "," + own["lat"]
    placed = pd.Series(found.fillna("").to_numpy(), index=lon.index, dtype="str")
    return placed.mask((placed == "") & lon.notna() & lat.notna(), outside)


def _in_wgs84(lon: pd.Series[str], lat: pd.Series[str], datum: str) -> tuple[pd.Series[str], pd.Series[str]]:
    x, y = numbers(lon), numbers(lat)
    is_known = x.notna() & y.notna()
    east, north = to_wgs84(x.where(is_known), y.where(is_known), datum)
    converted = (
        pd.Series(np.round(values, 6), index=lon.index).map(repr).astype("str") for values in (east, north)
    )
    new_lon, new_lat = converted
    return new_lon.where(is_known, lon), new_lat.where(is_known, lat)


def source_columns_of(expression: Expression) -> tuple[str, ...]:
    """The source's columns that a rule reads."""
    if isinstance(expression, Copy):
        return (expression.column,)
    if isinstance(expression, Template):
        return expression.columns
    if isinstance(expression, Moment):
        return (*expression.template.columns, *((expression.hours,) if expression.hours else ()))
    return ()
