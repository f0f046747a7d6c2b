"""Applies a mapping: raw rows in a source's own columns become text rows in the columns of `layout.py`.

What a rule cannot make sense of stays as it came, so that the check names the very value. Times that carried no
offset leave here with one unless they are Beijing time; coordinates leave in WGS84; nothing invisible leaves here.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from include.errors import InputError
from include.former_names import former
from include.geo.datum import to_wgs84
from include.geo.grids import locate
from include.periods import office_zone
from include.sources.checks import without_midnight
from include.sources.delivery import arrow_text_frame
from include.sources.layout import DATA_ORIGIN, Layout
from include.sources.mapping.files import (
    Constant,
    Copy,
    Derived,
    Expression,
    Moment,
    SameAs,
    TableMapping,
    Template,
)
from include.sources.reading.characters import counted, has_other_digits, narrow, numbers, visible

_HOUR, _DAY = pd.Timedelta(hours=1), pd.Timedelta(days=1)
# What `checks.py` takes for a moment, without an offset; also a date alone, which it refuses or understands by itself.
_NAIVE: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?"
_NO_SUCH_TIME: Final = "（{}当日没有这一时刻）"
_MOMENT_TYPES = ("moment", "promise")


def require_columns(mapping: TableMapping, layout: Layout, header: list[str], where: str) -> None:
    """Raises InputError when a column that is required, or that the mapping names, is not in the header."""
    missing = sorted(
        name for name in source_columns(mapping, layout) - set(header) if told_as(name, header) == name
    )
    if missing:
        raise InputError(
            "columns are missing",
            where=where,
            expected=", ".join(missing),
            got="the columns " + ", ".join(header),
            todo="name the columns in a mapping, or correct the header row",
        )


def source_columns(mapping: TableMapping, layout: Layout) -> set[str]:
    """The source's own columns that must be there: those that are required, or that the mapping names."""
    needed = set(layout.required) - set(mapping.columns)
    for expression in mapping.columns.values():
        needed |= set(_source_columns(expression))
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
    for name in names:
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
        if field.type in _MOMENT_TYPES and mapping.time_zone != office_zone():
            own[field.name] = _with_offset(narrow(own[field.name]), mapping.time_zone)
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
            value = narrow(value).str.zfill(int(piece.spec))
        elif piece.spec:
            number = numbers(value)
            is_empty |= number.isna()
            value = number.map(f"{{:{piece.spec}}}".format).astype("str")
        text = text + value
    return text.mask(is_empty, "")


def _moment(expression: Moment, raw: pd.DataFrame, own: dict[str, pd.Series[str]]) -> pd.Series[str]:
    text = narrow(_written(expression.template, raw, own))
    said = text + " " + raw[expression.hours] if expression.hours else text
    if not expression.format:
        moments, is_skipped = _instants(text, expression.time_zone)
    elif "%z" in expression.format:
        moments, is_skipped = _parsed(text, expression.format, utc=True), _none(text)
    else:
        moments, is_skipped = _placed(_parsed(text, expression.format), expression.time_zone)
    if expression.hours:
        hours = numbers(raw[expression.hours])
        is_hour = hours.between(0, 24) & (hours == hours.round())
        moments = moments + pd.to_timedelta(hours.where(is_hour), unit="h")
    if expression.is_label_end:
        moments = moments - _HOUR
    said = said.mask(is_skipped, said + _NO_SUCH_TIME.format(expression.time_zone))
    return _iso(moments).where(moments.notna(), said)


def _parsed(text: pd.Series[str], form: str, *, utc: bool = False) -> pd.Series[pd.Timestamp]:
    """Times in a format of strptime, which takes the digits of every script: only ASCII ones are read."""
    return pd.to_datetime(text.mask(has_other_digits(text)), format=form, errors="coerce", utc=utc)


def _instants(text: pd.Series[str], time_zone: ZoneInfo) -> tuple[pd.Series[pd.Timestamp], pd.Series[bool]]:
    """ISO 8601 times, those without an offset in `time_zone`; and the times that this zone skipped."""
    is_naive = text.str.fullmatch(_NAIVE)
    local, is_end = without_midnight(text.where(is_naive, ""))
    naive = pd.to_datetime(local, format="ISO8601", errors="coerce") + is_end.astype("int64") * _DAY
    moments, is_skipped = _placed(naive, time_zone)
    others = text.where(~is_naive & ~has_other_digits(text))
    told = pd.to_datetime(others, format="ISO8601", errors="coerce", utc=True)
    return moments.where(is_naive, told), is_skipped


def _placed(
    naive: pd.Series[pd.Timestamp], time_zone: ZoneInfo
) -> tuple[pd.Series[pd.Timestamp], pd.Series[bool]]:
    """Wall times of a zone as instants, and which of them the zone skipped (no instant). Of the hour that a zone has twice,
    the first is meant: before the clocks were put back."""
    first = np.ones(len(naive), dtype=bool)
    moments = naive.dt.tz_localize(time_zone, ambiguous=first, nonexistent="NaT").dt.tz_convert("UTC")
    return moments, naive.notna() & moments.isna()


def _none(text: pd.Series[str]) -> pd.Series[bool]:
    return pd.Series(False, index=text.index)


def _located(expression: Derived, own: dict[str, pd.Series[str]]) -> pd.Series[str]:
    lon, lat = (numbers(own[name]) for name in ("lon", "lat"))
    found = locate(lon, lat)["county" if expression.what == "county" else "unit_code"]
    return pd.Series(found.fillna("").to_numpy(), index=lon.index, dtype="str")


def _in_wgs84(lon: pd.Series[str], lat: pd.Series[str], datum: str) -> tuple[pd.Series[str], pd.Series[str]]:
    x, y = numbers(lon), numbers(lat)
    is_known = x.notna() & y.notna()
    east, north = to_wgs84(x.where(is_known), y.where(is_known), datum)
    converted = (
        pd.Series(np.round(values, 6), index=lon.index).map(repr).astype("str") for values in (east, north)
    )
    new_lon, new_lat = converted
    return new_lon.where(is_known, lon), new_lat.where(is_known, lat)


def _with_offset(text: pd.Series[str], time_zone: ZoneInfo) -> pd.Series[str]:
    """Times without an offset with the one of the zone; a time that the zone skipped says so, and is refused by the check."""
    is_naive = text.str.fullmatch(_NAIVE)
    moments, is_skipped = _instants(text.where(is_naive, ""), time_zone)
    text = text.mask(is_skipped, text + _NO_SUCH_TIME.format(time_zone))
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
