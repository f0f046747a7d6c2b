"""Checks rows of hours: which are good, which values are none, and why; whatever kind of source they came from.

A row without any value, or with no sample, is an hour that is not there. A value that no instrument can have read is taken
out of its row and named; the row goes on with the others.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from include.errors import InputError
from include.language import say
from include.periods import office_zone
from include.rules import CALM_WINDS, SIMULATED_LABEL, VARIABLE_WINDS
from include.sources.checks import FIRST_YEAR, LAST_YEAR, MOMENT_DTYPE, is_in_years, moments
from include.sources.delivery import Chunk
from include.sources.layout import DATA_ORIGIN, Field, Layout
from include.sources.reading.cells import NO_TEXT
from include.sources.stations.compass import compass_deg
from include.sources.stations.faults import Fault
from include.sources.stations.layouts import MEASURED, MOST_SAMPLES

_HOUR: Final = pd.Timedelta(hours=1)
_DAY_IN_NAME = re.compile(r"(?<!\d)(20\d{6})(?!\d)")
_MISPLACED_SHARE: Final = 0.02  # of a file's hours outside the day that its name says: its clock is another
_MG: Final = (
    0.5  # a median below this, where the file's others are tens, is mg/m³ (or a dead sensor): no reading
)
_MG_OTHERS: Final = 5.0
_MG_LEAST_HOURS: Final = 6  # of one station
_MG_LEAST_VALUES: Final = 24  # of a file that is in mg/m³ as a whole
_NAMED: Final = 10  # stations in one line
BACKWARDS: Final = "功率为负（电表反转或接反），已保存，不参与计算"
NAIVE: Final = "时间未注明时区，按北京时间采用"


@dataclass
class HourRows:
    """The good hours of one file, page or query: the key, `hour` (UTC, microseconds), values as floats, `sample_count`;
    one row an hour of a key. `absent`: hours that were told as missing; `repeated`: told twice alike; `unended`: key and hour
    of a last line without a line end, whose last value may be half of one."""

    rows: pd.DataFrame
    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    read: int = 0
    absent: int = 0
    repeated: int = 0
    is_simulated: bool = False
    unended: tuple[str, pd.Timestamp] | None = None


class _Rows:
    """Rows while they are checked."""

    def __init__(self, chunk: Chunk, layout: Layout) -> None:
        self.chunk, self.layout = chunk, layout
        self.is_good = np.ones(len(chunk.rows), dtype=bool)
        self.faults: list[Fault] = []

    def reject(self, is_bad: Any, name: str, reason: str) -> None:
        bad = np.asarray(is_bad, dtype=bool) & self.is_good
        if bad.any():
            self.is_good &= ~bad
            self.name_them(bad, name, reason)

    def name_them(self, bad: NDArray[np.bool_], name: str, reason: str) -> None:
        place = int(np.argmax(bad))
        raw = {str(column): str(self.chunk.rows[column].iloc[place]) for column in self.chunk.rows}
        row = say("，").join(f"{column}={value}" for column, value in raw.items())
        value, line = raw.get(name, ""), int(self.chunk.lines[place])
        self.faults.append(Fault(self.chunk.origin, name, reason, value, line, int(bad.sum()), row))


def checked_hours(chunks: Iterable[Chunk], layout: Layout, *, now: datetime) -> HourRows:
    """The good hours of the pieces of one file. Raises InputError when the file's clock cannot be that of its name."""
    parts = [checked_chunk(chunk, layout, now) for chunk in chunks]
    if not parts:
        return HourRows(pd.DataFrame())
    rows = pd.concat([part.rows for part in parts], ignore_index=True) if len(parts) > 1 else parts[0].rows
    return HourRows(
        rows,
        [fault for part in parts for fault in part.faults],
        list(dict.fromkeys(note for part in parts for note in part.notes)),
        sum(part.read for part in parts),
        sum(part.absent for part in parts),
        0,
        any(part.is_simulated for part in parts),
        next((part.unended for part in parts if part.unended is not None), None),
    )


def once(whole: HourRows, key: str, origin: str, reason: str) -> None:
    """One row an hour (a moment) of a key: what was told twice alike counts once, what contradicts itself not at all (`reason`)."""
    rows = whole.rows
    names = [key, "hour"]
    if rows.empty or not (again := rows.duplicated(names)).any():
        return
    twice = rows[rows.duplicated(names, keep=False)]
    values = [name for name in rows.columns if name not in names]
    different = (
        twice.groupby(names, observed=True, sort=False)[values].nunique(dropna=False).gt(1).any(axis=1)
    )
    disputed = different[different].index
    is_disputed = pd.MultiIndex.from_frame(rows[names]).isin(disputed)
    if is_disputed.any():
        first = rows[is_disputed].iloc[0]
        label = pd.Timestamp(first["hour"]).tz_convert(office_zone()).isoformat()
        whole.faults.append(
            Fault(
                origin,
                "hour",
                reason,
                f"{first[key]} {label}",
                0,
                int(is_disputed.sum()),
            )
        )
    whole.repeated += int((again & ~is_disputed).sum())
    whole.rows = rows[~again & ~is_disputed].reset_index(drop=True)


def require_own_day(rows: pd.DataFrame, origin: str) -> None:
    """Raises InputError when hours lie outside the natural day that the file's name says: its zone or label is another."""
    found = _DAY_IN_NAME.search(origin)
    if found is None or rows.empty:
        return
    try:
        day = datetime.strptime(found.group(1), "%Y%m%d").date()  # noqa: DTZ007 - a date
    except ValueError:
        return
    first = pd.Timestamp(day, tz=office_zone())
    is_outside = (rows["hour"] < first) | (rows["hour"] >= first + pd.Timedelta(days=1))
    if is_outside.mean() > _MISPLACED_SHARE:
        said = rows["hour"].min().tz_convert(office_zone()), rows["hour"].max().tz_convert(office_zone())
        raise InputError(
            "the hours are not those of the day in the file's name: another time zone, or labels at the hour's end",
            where=origin,
            expected=f"{day} 00:00 to 23:00 Beijing time",
            got=f"{said[0]:%Y-%m-%d %H:%M} to {said[1]:%Y-%m-%d %H:%M}",
            todo="state the zone in the file (or in a mapping) and import it again",
        )


def checked_chunk(chunk: Chunk, layout: Layout, now: datetime) -> HourRows:
    """The good rows of one piece; minutes, whose `hour` is their moment, as they came."""
    rows, notes = _Rows(chunk, layout), list[str]()
    key, at = layout.key
    raw = chunk.rows
    keys = _texts(raw[key])
    rows.reject((keys == "").to_numpy(), key, say("必填，未填写"))
    rows.reject(keys.str.len().to_numpy() > 64, key, say("过长：最多64个字符"))
    odd = [name for name in keys.unique() if not str(name).isprintable() or NO_TEXT in str(name)]
    if odd:
        rows.reject(keys.isin(odd).to_numpy(), key, say("含有控制字符、换行或无法显示的字符"))
    hour = _instants(rows, raw[at], at, notes)
    if at == "hour":
        floor = hour.dt.floor("h")
        rows.reject(
            (hour.notna() & (hour != floor)).to_numpy(),
            at,
            say("不是整点：应为小时的起点（可能是时区不对，或应按五分钟值导入）"),
        )
    ends = hour + _HOUR if at == "hour" else hour
    is_ahead = (ends > pd.Timestamp(now)).to_numpy()
    rows.reject(
        is_ahead, at, say("在未来：该小时尚未结束{until}", until=_until(hour[is_ahead & rows.is_good]))
    )
    typed: dict[str, Any] = {key: keys, "hour": hour}
    if layout.name == "winds":
        raw = _winds_without_codes(raw, notes, chunk.origin)
    for one in layout.fields:
        if one.type == "number":
            typed[one.name] = _values(rows, raw, one)
    if layout.name in ("station_hours", "station_minutes"):
        typed["sample_count"] = _samples(rows, raw, typed["pm25_ug_m3"])
        _take_out_milligrams(rows, keys, typed)
    if layout.name == "submeter_hours":
        _name_backward_meters(rows, keys, typed)
    if layout.name == "winds":
        typed["wind_from_deg"] = np.where(typed["wind_from_deg"] == 360, 0.0, typed["wind_from_deg"])
    measured = MEASURED.get(layout.name, MEASURED["station_hours"])
    is_absent = np.all([np.isnan(typed[name]) for name in measured], axis=0)
    if "sample_count" in typed:
        is_absent |= typed["sample_count"] == 0
    is_kept = rows.is_good & ~is_absent
    origin = raw.get(DATA_ORIGIN)
    broken = [
        Fault(
            chunk.origin,
            "",
            say("该行不能拆成列：{reason}", reason=row.reason),
            row.text[:200],
            row.line,
            row=row.text,
        )
        for row in chunk.broken
    ]
    return HourRows(
        pd.DataFrame(typed)[is_kept].reset_index(drop=True),
        broken + rows.faults,
        notes,
        len(raw) + len(chunk.broken),
        int((rows.is_good & is_absent).sum()),
        is_simulated=bool(origin is not None and (origin == SIMULATED_LABEL).any()),
        unended=(str(keys.iloc[-1]), hour.iloc[-1].floor("h")) if chunk.is_unended and is_kept[-1] else None,
    )


def _until(hours: pd.Series[Any]) -> str:
    """The last of several hours, for a person."""
    return (
        say("（至{moment:%Y-%m-%d %H:%M}）", moment=hours.max().tz_convert(office_zone()))
        if hours.nunique() > 1
        else ""
    )


def _texts(values: pd.Series[Any]) -> pd.Series[Any]:
    if isinstance(values.dtype, pd.CategoricalDtype):
        names = [str(name).strip() for name in values.cat.categories]
        if len(set(names)) == len(names):
            values = values.cat.rename_categories(names)
    texts: pd.Series[Any] = values.astype("object").where(values.notna(), "").astype("str").str.strip()
    return texts


def _instants(rows: _Rows, values: pd.Series[Any], name: str, notes: list[str]) -> pd.Series[Any]:
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        hour = values.dt.tz_convert("UTC").astype(MOMENT_DTYPE)
    elif values.dtype.kind == "M":
        notes.append(say("{origin}：{naive}", origin=rows.chunk.origin, naive=NAIVE))
        hour = values.dt.tz_localize(office_zone()).dt.tz_convert("UTC").astype(MOMENT_DTYPE)
    else:
        texts = _texts(values)
        distinct = pd.Series(texts.unique(), dtype="str")
        known = moments(distinct)
        is_naive = known.notna() & ~distinct.str.contains(r"(?:Z|[+-]\d{2}:?\d{2})$")
        if is_naive.any():
            notes.append(say("{origin}：{naive}", origin=rows.chunk.origin, naive=NAIVE))
        place = pd.Index(distinct).get_indexer(texts)
        hour = known.iloc[place].set_axis(values.index).astype(MOMENT_DTYPE)
    rows.reject(hour.isna().to_numpy(), name, say("不是有效的时间：应如2020-04-03T08:00:00+08:00"))
    rows.reject(
        ~is_in_years(hour).to_numpy(),
        name,
        say("年份超出{first_year}至{last_year}年", first_year=FIRST_YEAR, last_year=LAST_YEAR),
    )
    instants: pd.Series[Any] = hour
    return instants


def _values(rows: _Rows, raw: pd.DataFrame, one: Field) -> NDArray[np.float64]:
    if one.name not in raw:
        return np.full(len(raw), np.nan)
    values = raw[one.name]
    if pd.api.types.is_numeric_dtype(values.dtype):
        numbers = values.to_numpy("float64", na_value=np.nan)
    else:
        texts = _texts(values)
        numbers = pd.to_numeric(texts.where(texts != ""), errors="coerce").to_numpy("float64")
        is_none = (
            (texts != "").to_numpy()
            & np.isnan(numbers)
            & ~texts.str.lower().isin(["nan", "null", "na"]).to_numpy()
        )
        if (is_none & rows.is_good).any():
            rows.name_them(is_none & rows.is_good, one.name, say("不是数值，该值按缺测处理"))
    is_outside = (numbers < one.least) | (numbers > one.most) | np.isinf(numbers)
    if (is_outside & rows.is_good).any():
        reason = say("超出仪器范围（{least:g}至{most:g}），该值按缺测处理", least=one.least, most=one.most)
        rows.name_them(is_outside & rows.is_good, one.name, reason)
    return np.where(is_outside, np.nan, numbers)


def _samples(rows: _Rows, raw: pd.DataFrame, pm25: NDArray[np.float64]) -> NDArray[np.int64]:
    """Five-minute values in the hour; a full hour where the source does not tell them."""
    told = _values(rows, raw, Field("sample_count", "number", least=0, most=MOST_SAMPLES))
    whole = np.where(np.isnan(told), np.where(np.isnan(pm25), 1, MOST_SAMPLES), np.floor(np.nan_to_num(told)))
    return whole.astype("int64")


def _winds_without_codes(raw: pd.DataFrame, notes: list[str], origin: str) -> pd.DataFrame:
    """Codes of calm and variable wind as what they say: no direction, and no speed where it is calm and none was told."""
    if not {"wind_from_deg", "wind_speed_m_s"} <= set(raw.columns):
        return raw
    raw = raw.assign(wind_from_deg=_in_degrees(_texts(raw["wind_from_deg"])))
    codes = raw["wind_from_deg"].str.upper().str.removesuffix(".0")
    is_calm, is_variable = codes.isin(CALM_WINDS), codes.isin(VARIABLE_WINDS)
    for words, is_code in ((say("静风"), is_calm), (say("风向不定"), is_variable)):
        if is_code.any():
            notes.append(
                say(
                    "{origin}：{count}小时的风向为{words}代码（如“{code}”），按{words}采用",
                    origin=origin,
                    count=int(is_code.sum()),
                    words=words,
                    code=codes[is_code].iloc[0],
                )
            )
    if not (is_calm | is_variable).any():
        return raw
    speed = _texts(raw["wind_speed_m_s"])
    number = pd.to_numeric(speed.where(speed != ""), errors="coerce")
    return raw.assign(
        wind_from_deg=codes.where(~(is_calm | is_variable), ""),
        wind_speed_m_s=speed.where(~(is_calm & ~number.between(0, 100)), "0"),
    )


def _in_degrees(directions: pd.Series[Any]) -> pd.Series[Any]:
    """Directions with names of the compass (`NNE`, `北东北`, `东北风`) as the degrees in their middle; others as they came."""
    words = {str(text): compass_deg(str(text)) for text in directions.unique()}
    found = {text: f"{degrees:g}" for text, degrees in words.items() if degrees is not None}
    return directions.replace(found) if found else directions


def _name_backward_meters(rows: _Rows, keys: pd.Series[Any], typed: dict[str, Any]) -> None:
    """Negative power is kept (the day's list of meters tells it) and named by enterprise; no sum or rule takes it for power."""
    for name in ("production_kw", "treatment_kw"):
        is_negative = (typed[name] < 0) & rows.is_good
        for key in sorted(set(keys[is_negative])):
            rows.name_them(
                is_negative & (keys == key).to_numpy(),
                name,
                say("{backwards}（{key}）", backwards=BACKWARDS, key=key),
            )


def _take_out_milligrams(rows: _Rows, keys: pd.Series[Any], typed: dict[str, Any]) -> None:
    """Values of stations that stand a thousand times below the others are in mg/m³: no reading in the column's unit."""
    pm25 = typed["pm25_ug_m3"]
    is_told = ~np.isnan(pm25) & rows.is_good
    if not is_told.any():
        return
    by_station = pd.Series(pm25[is_told]).groupby(keys[is_told].to_numpy()).agg(["median", "size"])
    is_low = (
        (by_station["median"] > 0) & (by_station["median"] < _MG) & (by_station["size"] >= _MG_LEAST_HOURS)
    )
    whole = np.median(pm25[is_told])
    if is_told.sum() >= _MG_LEAST_VALUES and 0 < whole < _MG:
        is_low[:] = True  # the file as a whole
    low = by_station.index[is_low]
    if not len(low):
        return
    others = by_station["median"][~is_low]
    if len(others) and others.median() < _MG_OTHERS:  # clean air everywhere: nothing to tell apart
        return
    bad = keys.isin(low).to_numpy() & is_told
    shown = say("、").join(map(str, low[:_NAMED])) + (
        say("等{count}个", count=len(low)) if len(low) > _NAMED else ""
    )
    rows.name_them(
        bad,
        "pm25_ug_m3",
        say(
            "疑以mg/m³为单位（或无输出），{count}个站点（{shown}）的值按缺测处理", count=len(low), shown=shown
        ),
    )
    for name in ("pm25_ug_m3", "pm10_ug_m3"):
        typed[name] = np.where(bad, np.nan, typed[name])


def day_of(moment: pd.Timestamp) -> date:
    """The Beijing day of an hour."""
    found: date = moment.tz_convert(office_zone()).date()
    return found
