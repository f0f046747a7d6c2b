"""Moments of a mapping: texts and counts of a zone as instants, however a file prints them."""

from __future__ import annotations

import re
from collections.abc import Mapping as MappingOf
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from include.sources.checks import without_midnight
from include.sources.mapping.language import EPOCHS, Moment, Template
from include.sources.reading.characters import has_other_digits, hour_number, narrow, numbers

_HOUR, _DAY = pd.Timedelta(hours=1), pd.Timedelta(days=1)
# What `checks.py` takes for a moment, without an offset; also a date alone, which it refuses or understands by itself.
_NAIVE: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?"
_DATE: Final = re.compile(r"([0-9]{4})(?:([0-9]{2})([0-9]{2})|[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?)")
_OFFSET: Final = r"[T ][0-9]{1,2}:?[0-9]{2}.*(?:Z|z|[+-][0-9]{2}(?::?[0-9]{2})?)$"
NO_SUCH_TIME: Final = "（{}当日没有这一时刻）"
_LAST_SECOND: Final = 4_102_444_800  # 2100


def moment_texts(
    expression: Moment, raw: pd.DataFrame, own: MappingOf[str, pd.Series[str]]
) -> pd.Series[str]:
    """The moments in ISO 8601 with an offset; what is none as it came."""
    moments, said = instants(expression, raw, own)
    return _iso(moments).where(moments.notna(), said)


def instants(
    expression: Moment,
    raw: pd.DataFrame,
    own: MappingOf[str, pd.Series[str]],
    *,
    is_second: pd.Series[bool] | None = None,
) -> tuple[pd.Series[pd.Timestamp], pd.Series[str]]:
    """The moments in UTC, those that were labelled with their end at their beginning, and what came. Of the hour that a zone
    has twice the first is meant, and the second where `is_second` says so."""
    text = narrow(written(expression.template, raw, own))
    said = text + " " + raw[expression.hours] if expression.hours else text
    if expression.format in EPOCHS:
        moments, is_skipped = _since_1970(text, EPOCHS[expression.format]), _none(text)
    elif "%z" in expression.format:
        moments, is_skipped = _parsed(text, expression.format, utc=True), _none(text)
    elif expression.hours:
        walls = _walls(text, expression.format) + _hours(raw[expression.hours])
        moments, is_skipped = _placed(walls, expression.time_zone, is_second)
    elif expression.format:
        moments, is_skipped = _placed(_parsed(text, expression.format), expression.time_zone, is_second)
    else:
        moments, is_skipped = _instants(text, expression.time_zone, is_second)
    if expression.is_label_end:
        moments = moments - _HOUR
    return moments, said.mask(is_skipped, said + NO_SUCH_TIME.format(expression.time_zone))


def walls(expression: Moment, raw: pd.DataFrame) -> pd.Series[pd.Timestamp]:
    """The days (or times) as the file's own calendar shows them, without the hours that stand in a column of their own."""
    text = narrow(written(expression.template, raw, {}))
    if expression.format in EPOCHS:
        moments = _since_1970(text, EPOCHS[expression.format])
        return moments.dt.tz_convert(expression.time_zone).dt.tz_localize(None)
    if "%z" in expression.format:
        return (
            _parsed(text, expression.format, utc=True)
            .dt.tz_convert(expression.time_zone)
            .dt.tz_localize(None)
        )
    return _walls(text, expression.format)


def _since_1970(text: pd.Series[str], unit: str) -> pd.Series[pd.Timestamp]:
    """Counted seconds or milliseconds as moments; a count of the other unit lies outside of the years that are read."""
    counts = numbers(text)
    counts = counts.where(counts.between(0, _LAST_SECOND * (1000 if unit == "ms" else 1)))
    return pd.to_datetime(counts, unit=unit, utc=True)  # type: ignore[call-overload, no-any-return]


def _walls(text: pd.Series[str], form: str) -> pd.Series[pd.Timestamp]:
    """Dates (or times) of a wall calendar; without a format ISO 8601 or 20200301."""
    if form:
        return _parsed(text, form)
    return pd.to_datetime(text.map(_iso_date).astype("str"), format="%Y-%m-%d", errors="coerce")


def _iso_date(text: str) -> str:
    """`20200301`, `2020/3/1`, `2020年3月1日` as 2020-03-01; empty for what is none."""
    found = _DATE.fullmatch(text.strip())
    return "{}-{:0>2}-{:0>2}".format(*filter(None, found.groups())) if found else ""


def _hours(text: pd.Series[str]) -> pd.Series[pd.Timedelta]:
    """`3`, `03`, `3.0`, `3时`, `03:00`, `24:00` as hours to add; NaT for what is none."""
    return pd.to_timedelta(text.map(hour_number).astype("float64"), unit="h")


def _parsed(text: pd.Series[str], form: str, *, utc: bool = False) -> pd.Series[pd.Timestamp]:
    """Times in a format of strptime, which takes the digits of every script: only ASCII ones are read."""
    return pd.to_datetime(text.mask(has_other_digits(text)), format=form, errors="coerce", utc=utc)


def _instants(
    text: pd.Series[str], time_zone: ZoneInfo, is_second: pd.Series[bool] | None = None
) -> tuple[pd.Series[pd.Timestamp], pd.Series[bool]]:
    """ISO 8601 times, those without an offset in `time_zone`; and the times that this zone skipped."""
    is_naive = text.str.fullmatch(_NAIVE)
    is_day = text.str.fullmatch(_DATE.pattern)
    local, is_end = without_midnight(text.mask(is_day, text.map(_iso_date)).where(is_naive | is_day, ""))
    naive = pd.to_datetime(local, format="ISO8601", errors="coerce") + is_end.astype("int64") * _DAY
    moments, is_skipped = _placed(naive, time_zone, is_second)
    has_offset = text.str.contains(_OFFSET) & ~has_other_digits(text)
    told = pd.to_datetime(text.where(has_offset), format="ISO8601", errors="coerce", utc=True)
    return moments.where(~has_offset, told), is_skipped


def _placed(
    naive: pd.Series[pd.Timestamp], time_zone: ZoneInfo, is_second: pd.Series[bool] | None = None
) -> tuple[pd.Series[pd.Timestamp], pd.Series[bool]]:
    """Wall times of a zone as instants, and which of them the zone skipped (no instant). Of the hour that a zone has twice,
    the first is meant (before the clocks were put back), and the second where `is_second` says so."""
    first = np.ones(len(naive), dtype=bool) if is_second is None else ~is_second.to_numpy(dtype=bool)
    moments = naive.dt.tz_localize(time_zone, ambiguous=first, nonexistent="NaT").dt.tz_convert("UTC")
    return moments, naive.notna() & moments.isna()


def _none(text: pd.Series[str]) -> pd.Series[bool]:
    return pd.Series(False, index=text.index)


def written(template: Template, raw: pd.DataFrame, own: MappingOf[str, pd.Series[str]]) -> pd.Series[str]:
    """A template with the values of each row; empty where one of them is."""
    text = pd.Series("", index=raw.index, dtype="str")
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


def with_offset(text: pd.Series[str], time_zone: ZoneInfo) -> pd.Series[str]:
    """Times without an offset with the one of the zone; a time that the zone skipped says so, and is refused by the check."""
    is_naive = text.str.fullmatch(_NAIVE)
    moments, is_skipped = _instants(text.where(is_naive, ""), time_zone)
    text = text.mask(is_skipped, text + NO_SUCH_TIME.format(time_zone))
    return text.mask(is_naive & moments.notna(), _iso(moments))


def _iso(moments: pd.Series[pd.Timestamp]) -> pd.Series[str]:
    instants = moments.dt.tz_localize(None).to_numpy().astype("datetime64[us]")
    return pd.Series(np.datetime_as_string(instants, unit="us"), index=moments.index, dtype="str") + "Z"
