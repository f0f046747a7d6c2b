"""Moments of a mapping: texts and counts of a zone as instants, however a file prints them."""

from __future__ import annotations

import re
from collections.abc import Mapping as MappingOf
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from include.errors import InputError
from include.sources.checks import without_midnight
from include.sources.mapping.language import EPOCHS, EXCEL, Moment, Template
from include.sources.reading.characters import has_other_digits, narrow, narrow_text, numbers
from include.sources.reading.written_times import hour_number, iso_texts

_DAY: Final = pd.Timedelta(days=1)
# What `checks.py` takes for a moment, without an offset; also a date alone, which it refuses or understands by itself.
_NAIVE: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?"
_DATE: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_MIDNIGHT: Final = r"(?:[T ]00:00(?::00(?:\.0+)?)?)?$"
_OFFSET: Final = r"[T ][0-9]{2}:[0-9]{2}.*(?:Z|[+-][0-9]{2}:[0-9]{2})$"
_UTC: Final = re.compile(r"(?:^|[^a-z])(?:utc|gmt)(?:$|[^a-z+])|世界时|格林")
NO_SUCH_TIME: Final = "（{}当日没有这一时刻）"
_LAST_SECOND: Final = 4_102_444_800  # 2100
_LAST_SERIAL: Final = 73_051  # 2100


def says_utc(heading: str) -> bool:
    """Whether a heading says that times are those of UTC."""
    return bool(_UTC.search(narrow_text(heading).lower()))


def require_zone(moment: Moment, told: pd.DataFrame, where: str) -> None:
    """Raises InputError where a heading says UTC, the texts below it carry no offset, and the mapping reads them in another zone."""
    columns = [*moment.template.columns, *([moment.hours] if moment.hours else [])]
    heading = next((name for name in columns if says_utc(name)), "")
    is_utc = moment.time_zone.utcoffset(datetime(2020, 1, 1)) == timedelta(0)  # noqa: DTZ001 - a wall time
    if not heading or is_utc or moment.format in EPOCHS or "%z" in moment.format:
        return
    if moment.hours or moment.format or (~iso_texts(told[columns[0]]).str.contains(_OFFSET)).any():
        raise InputError(
            "the heading says that times are UTC, and they are read in another zone",
            where=f"{where}: {heading}",
            expected="time_zone: UTC",
            got=f"time_zone: {moment.time_zone}",
            todo="say time_zone: UTC in the mapping, or name the column without it (header: […]) where it is wrong",
        )


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
    elif expression.format == EXCEL and not expression.hours:
        moments, is_skipped = _placed(_serial(text), expression.time_zone, is_second)
    elif "%z" in expression.format:
        moments, is_skipped = _parsed(text, expression.format, utc=True), _none(text)
    elif expression.hours:
        walls = _walls(text, expression.format) + _hours(raw[expression.hours], expression.is_label_end)
        moments, is_skipped = _placed(walls, expression.time_zone, is_second)
    elif expression.format:
        moments, is_skipped = _placed(_parsed(text, expression.format), expression.time_zone, is_second)
    else:
        iso = iso_texts(text, by_end=expression.is_label_end)
        moments, is_skipped = _instants(iso, expression.time_zone, is_second)
    if expression.is_label_end:
        moments = moments - pd.Timedelta(minutes=expression.minutes)
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


def _serial(text: pd.Series[str]) -> pd.Series[pd.Timestamp]:
    """Days since 1899-12-30, as spreadsheets count them, to the second; those before March 1900 are counted wrongly there."""
    days = numbers(text)
    seconds = (days.where(days.between(61, _LAST_SERIAL)) * 86_400).round()
    return pd.to_datetime(seconds, unit="s", origin="1899-12-30")


def _walls(text: pd.Series[str], form: str) -> pd.Series[pd.Timestamp]:
    """Dates of a wall calendar; without a format as `written_times` reads them, also with the midnight at which they begin."""
    if form == EXCEL:
        return _serial(text)
    if form:
        return _parsed(text, form)
    dates = iso_texts(text).str.replace(_MIDNIGHT, "", regex=True)
    return pd.to_datetime(dates, format="%Y-%m-%d", errors="coerce")


def _hours(text: pd.Series[str], is_label_end: bool) -> pd.Series[pd.Timedelta]:
    """Hours of a day (`written_times.hour_number`) as what is to be added to it; NaT for what is none."""
    numbers = text.map(lambda told: hour_number(told, by_end=is_label_end))
    return pd.to_timedelta(numbers.astype("float64"), unit="h")


def _parsed(text: pd.Series[str], form: str, *, utc: bool = False) -> pd.Series[pd.Timestamp]:
    """Times in a format of strptime, which takes the digits of every script: only ASCII ones are read."""
    return pd.to_datetime(text.mask(has_other_digits(text)), format=form, errors="coerce", utc=utc)


def _instants(
    text: pd.Series[str], time_zone: ZoneInfo, is_second: pd.Series[bool] | None = None
) -> tuple[pd.Series[pd.Timestamp], pd.Series[bool]]:
    """Times as `iso_texts` gives them, those without an offset in `time_zone`; and the times that this zone skipped."""
    is_naive = text.str.fullmatch(_NAIVE)
    local, is_end = without_midnight(text.where(is_naive | text.str.fullmatch(_DATE), ""))
    naive = pd.to_datetime(local, format="ISO8601", errors="coerce") + is_end.astype("int64") * _DAY
    moments, is_skipped = _placed(naive, time_zone, is_second)
    has_offset = text.str.contains(_OFFSET)
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


def in_iso(text: pd.Series[str], *, is_date_enough: bool) -> pd.Series[str]:
    """A column of times in ISO 8601; what is none as it came, and so is a date where that is not enough."""
    told = iso_texts(text)
    is_known = told != ""
    if not is_date_enough:
        is_known &= ~told.str.fullmatch(_DATE)
    return told.where(is_known, text)


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
