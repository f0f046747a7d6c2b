"""Applies a mapping: raw rows in a source's own columns become text rows in the columns of `layout.py`.

What a rule cannot make sense of stays as it came, so that the check names the very value. Times that carried no
offset leave here with one unless they are Beijing time; coordinates leave in WGS84.
"""

from __future__ import annotations

import re
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from include.errors import InputError
from include.geo.datum import to_wgs84
from include.geo.grids import locate
from include.periods import BEIJING
from include.sources.delivery import arrow_text_frame
from include.sources.layout import DATA_ORIGIN, Layout
from include.sources.mapping import (
    Constant,
    Copy,
    Derived,
    Expression,
    Moment,
    SameAs,
    TableMapping,
    Template,
)

_HOUR: Final = pd.Timedelta(hours=1)
# What `checks.py` takes for a moment, without an offset; also a date alone, which it refuses or understands by itself.
_NAIVE = re.compile(r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?$")
_MOMENT_TYPES = ("moment", "promise")


def require_columns(mapping: TableMapping, layout: Layout, header: list[str], where: str) -> None:
    """Raises InputError when a column that is required, or that the mapping names, is not in the header."""
    missing = sorted(source_columns(mapping, layout) - set(header))
    if missing:
        raise InputError(
            "columns are missing", where=where, expected=", ".join(missing), got="the columns " + ", ".join(header),
            todo="name the columns in a mapping, or correct the header row",
        )  # fmt: skip


def source_columns(mapping: TableMapping, layout: Layout) -> set[str]:
    """The source's own columns that must be there: those that are required, or that the mapping names."""
    needed = set(layout.required) - set(mapping.columns)
    for expression in mapping.columns.values():
        needed |= set(_source_columns(expression))
    return needed


def transform(mapping: TableMapping, layout: Layout, raw: pd.DataFrame) -> pd.DataFrame:
    """The rows in our columns and `data_origin`, all of them text; empty text where there is nothing."""
    raw = _stripped({str(name): raw[name] for name in raw.columns}, raw.index)
    names = (*layout.names, DATA_ORIGIN)
    own: dict[str, pd.Series[str]] = {}
    later: dict[str, Expression] = {}
    for name in names:
        expression = mapping.columns.get(name, Copy(name))
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
        if field.type in _MOMENT_TYPES and mapping.time_zone != BEIJING:
            own[field.name] = _with_offset(own[field.name], mapping.time_zone)
    own = {name: own[name] for name in names}
    return _stripped(own, raw.index) if mapping.columns else pd.DataFrame(own)


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


def _made(expression: Expression, raw: pd.DataFrame, own: dict[str, pd.Series[str]]) -> pd.Series[str]:
    if isinstance(expression, SameAs):
        return own[expression.column]
    if isinstance(expression, Template):
        return _written(expression, raw, own)
    if isinstance(expression, Moment):
        return _moment(expression, raw, own)
    if isinstance(expression, Derived):
        return _located(expression, own)
    raise TypeError(type(expression))


def _written(template: Template, raw: pd.DataFrame, own: dict[str, pd.Series[str]]) -> pd.Series[str]:
    text = _filled(raw, "")
    is_empty = pd.Series(False, index=raw.index)
    for piece in template.pieces:
        text = text + piece.literal
        if not piece.column:
            continue
        value = own[piece.column] if piece.is_own else raw[piece.column]
        is_empty |= value == ""
        if piece.spec.startswith("0"):
            value = value.str.zfill(int(piece.spec))
        elif piece.spec:
            number = pd.to_numeric(value, errors="coerce")
            is_empty |= number.isna()
            value = number.map(f"{{:{piece.spec}}}".format).astype("str")
        text = text + value
    return text.mask(is_empty, "")


def _moment(expression: Moment, raw: pd.DataFrame, own: dict[str, pd.Series[str]]) -> pd.Series[str]:
    text = _written(expression.template, raw, own)
    if not expression.format:
        iso = _with_offset(text, expression.time_zone)
        moments = pd.to_datetime(iso, format="ISO8601", errors="coerce", utc=True)
    elif "%z" in expression.format:
        moments = pd.to_datetime(text, format=expression.format, errors="coerce", utc=True)
    else:
        naive = pd.to_datetime(text, format=expression.format, errors="coerce")
        moments = naive.dt.tz_localize(
            expression.time_zone, ambiguous="NaT", nonexistent="NaT"
        ).dt.tz_convert("UTC")
    if expression.hours:
        hours = pd.to_numeric(raw[expression.hours], errors="coerce")
        moments = moments + pd.to_timedelta(hours.where(hours.between(0, 24)), unit="h")
    if expression.is_label_end:
        moments = moments - _HOUR
    if expression.hours:
        text = text + " " + raw[expression.hours]
    return _iso(moments).where(moments.notna(), text)


def _located(expression: Derived, own: dict[str, pd.Series[str]]) -> pd.Series[str]:
    lon, lat = (pd.to_numeric(own[name], errors="coerce") for name in ("lon", "lat"))
    found = locate(lon, lat)["county" if expression.what == "county" else "city_code"]
    return pd.Series(found.fillna("").to_numpy(), index=lon.index, dtype="str")


def _in_wgs84(lon: pd.Series[str], lat: pd.Series[str], datum: str) -> tuple[pd.Series[str], pd.Series[str]]:
    x, y = (pd.to_numeric(values, errors="coerce").astype("float64") for values in (lon, lat))
    is_known = x.notna() & y.notna() & np.isfinite(x) & np.isfinite(y)
    east, north = to_wgs84(x.where(is_known), y.where(is_known), datum)
    converted = (
        pd.Series(np.round(values, 6), index=lon.index).map(repr).astype("str") for values in (east, north)
    )
    new_lon, new_lat = converted
    return new_lon.where(is_known, lon), new_lat.where(is_known, lat)


def _with_offset(text: pd.Series[str], time_zone: ZoneInfo) -> pd.Series[str]:
    is_naive = text.str.fullmatch(_NAIVE.pattern)
    moments = pd.to_datetime(text.where(is_naive), format="ISO8601", errors="coerce")
    moments = moments.dt.tz_localize(time_zone, ambiguous="NaT", nonexistent="NaT").dt.tz_convert("UTC")
    return text.mask(is_naive & moments.notna(), _iso(moments))


def _iso(moments: pd.Series[pd.Timestamp]) -> pd.Series[str]:
    instants = moments.dt.tz_localize(None).to_numpy().astype("datetime64[us]")
    return pd.Series(np.datetime_as_string(instants, unit="us"), index=moments.index, dtype="str") + "Z"


def _source_columns(expression: Expression) -> tuple[str, ...]:
    if isinstance(expression, Copy):
        return (expression.column,)
    if isinstance(expression, Template):
        return expression.columns
    if isinstance(expression, Moment):
        return (*expression.template.columns, *((expression.hours,) if expression.hours else ()))
    return ()
