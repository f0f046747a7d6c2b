"""The layouts of air-quality files, recognised by their header alone, and what their values mean.

    long       date, hour, 城市, PM2.5 …              one row a city and hour (archives of the national platform)
    wide       date, hour, type, 甲市, 乙市 …          one row an hour and pollutant, one column a city
    readings   grid_id | station_id, hour, pm25_ug_m3  one row a place and hour; `hour` an ISO 8601 time
    dust       unit_code, hour, is_dust                one row an hour of a city; `hour` an ISO 8601 time

CSV files and Parquet files alike. Archives print Beijing dates and hours (`air_hours`). Concentrations are μg/m³, of CO mg/m³.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final, Literal

import numpy as np
import pandas as pd

from include.errors import InputError
from include.former_names import former
from include.periods import office_zone
from include.sources.air.hours import ArchiveHours, HourLabel, hour_number
from include.sources.checks import FIRST_YEAR, LAST_YEAR, is_in_years, moments
from include.sources.delivery import Chunk
from include.sources.layout import DATA_ORIGIN
from include.sources.reading.characters import narrow, narrow_text, numbers, visible_text

LayoutName = Literal["long", "wide", "readings", "dust"]

EXPECTED: Final = (
    "a header with date,hour,城市,PM2.5 (one row a city and hour), with date,hour,type and a column a city, "
    "with grid_id,hour,pm25_ug_m3, or with unit_code,hour,is_dust"
)
POLLUTANTS: Final = {
    "PM2.5": "pm25_ug_m3",
    "PM10": "pm10_ug_m3",
    "SO2": "so2_ug_m3",
    "NO2": "no2_ug_m3",
    "CO": "co_mg_m3",
    "O3": "o3_ug_m3",
}
# Sliding means and the index, which follow from the hours.
_DERIVED: Final = {
    "AQI",
    "PM2.5_24h",
    "PM10_24h",
    "SO2_24h",
    "NO2_24h",
    "CO_24h",
    "O3_24h",
    "O3_8h",
    "O3_8h_24h",
}
# Above what outdoor air holds even in a dust storm (PM10 of 9,753 was measured in 2021): a code such as 9999, or a fault.
_TOO_HIGH: Final = {
    "pm25_ug_m3": 2000,
    "pm10_ug_m3": 9990,
    "so2_ug_m3": 5000,
    "no2_ug_m3": 4000,
    "co_mg_m3": 200,
    "o3_ug_m3": 2000,
}
_GAPS: Final = ("", "-", "--", "—", "na", "n/a", "nan", "null", "none")
_ZERO: Final = "为零，按缺测处理：小时浓度低于仪器检出限也不为零，零值来自校零或传输中断"
_NEGATIVE: Final = "为负值，按缺测处理：浓度不为负，负值来自仪器漂移或缺测代码"
_TOO_HIGH_SAID: Final = "不低于{bound}，超出可能范围，按缺测处理：9999等是缺测代码"
_NOT_A_NUMBER: Final = "不是数值，按缺测处理"
_BAD_DATE: Final = "不是日期（应如20200301或2020-03-01），整行未用"
_BAD_TIME: Final = "不是整点时间（应如2020-03-01T08:00，无时区为北京时间），整行未用"
_NO_PLACE: Final = "没有网格（站点、城市）编号，整行未用"
_UNKNOWN_TYPE: Final = "未知的污染物类型，整行未用"
_NO_FLAG: Final = "不是1或0，整行未用"

VALUE_COLUMNS: Final = ("line", "place_id", "observed_on", "hour", "quantity", "value")


@dataclass(frozen=True)
class Fault:
    """One reason why values of one field were not used: how many, and the first of them. `reason` is for operators."""

    field: str
    reason: str
    value: str
    line: int
    count: int


@dataclass(frozen=True)
class Reading:
    """What one chunk of a file says: `VALUE_COLUMNS`, a row a place, hour and quantity; `value` NaN where it says nothing.

    `skipped`: rows (long) or columns (wide) by the name of a city that we do not know. `gaps` counts empty values.
    """

    values: pd.DataFrame
    faults: tuple[Fault, ...] = ()
    skipped: Counter[str] = field(default_factory=Counter)
    gaps: int = 0


def recognise(header: Sequence[str], where: str) -> LayoutName:
    """Which layout a header is. Raises InputError with what was expected and what came."""
    names = set(header)
    if {"date", "hour", "城市"} <= names and not names.isdisjoint(POLLUTANTS):
        return "long"
    if {"date", "hour", "type"} <= names:
        return "wide"
    if {"hour", "pm25_ug_m3"} <= names and not names.isdisjoint({"grid_id", "station_id"}):
        return "readings"
    if {"hour", "is_dust"} <= names and not names.isdisjoint({"unit_code", former("unit_code")}):
        return "dust"
    raise InputError("not an air-quality file", where=where, expected=EXPECTED, got=",".join(header))


def read_long(chunk: Chunk, codes: Mapping[str, str], hours: ArchiveHours) -> Reading:
    """The rows of a long archive; `codes`: city codes by name; `hours`: what its hours mean."""
    columns = {own: quantity for own, quantity in POLLUTANTS.items() if own in chunk.rows}
    name = _by_value(chunk.rows["城市"], lambda texts: texts.map(visible_text).astype("str").str.strip())
    rows = chunk.rows[["date", "hour", *columns]].assign(
        line=chunk.lines, place_id=name.map(codes), name=name
    )
    rows, faults = _dated(rows, hours)
    is_known = rows["place_id"].notna()
    skipped = Counter(rows.loc[~is_known, "name"].tolist())
    keys = ["line", "place_id", "observed_on", "hour"]
    texts = rows.loc[is_known, [*keys, *columns]].melt(keys, var_name="field", value_name="text")
    return _measured(texts.assign(quantity=texts["field"].map(columns)), faults, skipped)


def read_wide(chunk: Chunk, codes: Mapping[str, str], hours: ArchiveHours) -> Reading:
    """The rows of a wide archive; every column but date, hour, type (and data_origin) is a city."""
    rows, faults = _dated(chunk.rows.assign(line=chunk.lines, type=chunk.rows["type"].str.strip()), hours)
    is_unknown = ~rows["type"].isin([*POLLUTANTS, *_DERIVED])
    faults += faults_of(rows[is_unknown], "type", _UNKNOWN_TYPE, "type")
    names = [name for name in chunk.rows.columns if name not in ("date", "hour", "type", DATA_ORIGIN)]
    columns = {name: codes[name] for name in names if name in codes}
    skipped = Counter(name for name in names if name not in codes)
    keys = ["line", "type", "observed_on", "hour"]
    texts = rows.loc[rows["type"].isin(list(POLLUTANTS)), [*keys, *columns]].melt(
        keys, var_name="field", value_name="text"
    )
    texts = texts.assign(place_id=texts["field"].map(columns), quantity=texts["type"].map(POLLUTANTS))
    return _measured(texts, faults, skipped)


def read_readings(chunk: Chunk, hour_label: HourLabel) -> Reading:
    """The rows of a file of grid or station readings; `hour_label` says which end of its hour `hour` names."""
    place = "grid_id" if "grid_id" in chunk.rows else "station_id"
    names = _by_value(chunk.rows[place], lambda texts: texts.map(narrow_text).astype("str"))
    rows, faults = _timed(chunk.rows.assign(line=chunk.lines, place_id=names), hour_label)
    is_placed = rows["place_id"] != ""
    faults += faults_of(rows[~is_placed], place, _NO_PLACE, place)
    rows = rows if is_placed.all() else rows[is_placed]
    named = pd.Categorical.from_codes(np.zeros(len(rows), dtype="int8"), pd.Index(["pm25_ug_m3"]))
    texts = rows.rename(columns={"pm25_ug_m3": "text"}).assign(field=named, quantity=named)
    return _measured(texts, faults, Counter())


def read_dust(chunk: Chunk, codes: Iterable[str], hour_label: HourLabel) -> Reading:
    """The rows of a file of hours under dust: `quantity` is_dust, `value` 1 or 0."""
    told = chunk.rows["unit_code" if "unit_code" in chunk.rows else former("unit_code")]
    rows = chunk.rows.assign(line=chunk.lines, place_id=narrow(told.str.strip()))
    rows, faults = _timed(rows, hour_label)
    is_known = rows["place_id"].isin(list(codes))
    skipped = Counter(rows.loc[~is_known, "place_id"].tolist())
    rows = rows[is_known]
    flags = narrow(rows["is_dust"].str.strip())
    is_flag = flags.isin(["0", "1"])
    faults += faults_of(rows[~is_flag], "is_dust", _NO_FLAG, "is_dust")
    values = rows[is_flag].assign(quantity="is_dust", value=flags[is_flag].astype(float))
    return Reading(values[list(VALUE_COLUMNS)], tuple(faults), skipped)


def faults_of(rows: pd.DataFrame, name: str, reason: str, text: str) -> list[Fault]:
    """One fault for all `rows`, whose column `text` holds what came; none for no rows."""
    if rows.empty:
        return []
    first = rows.iloc[0]
    return [Fault(name, reason, str(first[text]), int(first["line"]), len(rows))]


def _measured(texts: pd.DataFrame, faults: list[Fault], skipped: Counter[str]) -> Reading:
    """`texts` (with `field`, `text`) as values; what is no concentration is missing, and a fault of its field."""
    codes, uniques = pd.factorize(texts["text"])
    told = pd.Series(uniques, dtype="str").str.strip()
    are_gaps = told.str.lower().isin(_GAPS)
    concentrations = numbers(told.mask(are_gaps, ""))
    values, is_gap = (each.take(codes).set_axis(texts.index) for each in (concentrations, are_gaps))
    bounds = _by_value(texts["quantity"], lambda names: names.map(_TOO_HIGH).astype(float))
    is_bad = ~((values > 0) & (values < bounds)) & ~is_gap
    if is_bad.any():
        bad = texts[is_bad].assign(value=values[is_bad], bound=bounds[is_bad])
        for is_such, reason in (
            (bad["value"].isna(), _NOT_A_NUMBER),
            (bad["value"] == 0, _ZERO),
            (bad["value"] < 0, _NEGATIVE),
            (bad["value"] >= bad["bound"], _TOO_HIGH_SAID),
        ):
            for name, such in bad[is_such].groupby("field", sort=True):
                said = reason.format(bound=f"{such['bound'].iloc[0]:g}")
                faults += faults_of(such, str(name), said, "text")
    kept = values.mask(is_bad)
    return Reading(texts.assign(value=kept)[list(VALUE_COLUMNS)], tuple(faults), skipped, int(is_gap.sum()))


def _dated(rows: pd.DataFrame, hours_mean: ArchiveHours) -> tuple[pd.DataFrame, list[Fault]]:
    """The rows with `observed_on` and `hour` from an archive's columns date and hour; others are faults."""
    days = _by_value(
        rows["date"], lambda texts: pd.to_datetime(pd.Series([_day(text) for text in texts], dtype=object))
    )
    printed = _by_value(
        rows["hour"], lambda texts: pd.Series([hour_number(text) for text in texts], dtype=float)
    )
    days, hours = hours_mean.placed(days, printed)
    faults = faults_of(rows[days.isna()], "date", _BAD_DATE, "date")
    faults += faults_of(rows[days.notna() & hours.isna()], "hour", hours_mean.reason, "hour")
    return _placed_in_time(rows, days, hours), faults


def _day(text: str) -> date | None:
    plain = narrow_text(text)
    for form in ("%Y%m%d", "%Y-%m-%d", "%Y/%m/%d") if plain.isascii() else ():
        try:
            day = datetime.strptime(plain, form).date()  # noqa: DTZ007  a printed Beijing date
        except ValueError:
            continue
        return day if FIRST_YEAR <= day.year <= LAST_YEAR else None
    return None


def _timed(rows: pd.DataFrame, hour_label: HourLabel) -> tuple[pd.DataFrame, list[Fault]]:
    """The same from ISO 8601 times in the column hour."""

    def beginning(texts: pd.Series) -> pd.Series:
        begins = moments(texts.map(narrow_text).astype("str")) - pd.Timedelta(
            hours=1 if hour_label == "end" else 0
        )
        is_hour = (begins == begins.dt.floor("h")) & is_in_years(begins)
        return begins.where(is_hour).dt.tz_convert(office_zone()).dt.tz_localize(None)

    begins = _by_value(rows["hour"], beginning)
    faults = faults_of(rows[begins.isna()], "hour", _BAD_TIME, "hour")
    return _placed_in_time(rows, begins.dt.floor("D"), begins.dt.hour), faults


def _placed_in_time(rows: pd.DataFrame, days: pd.Series, hours: pd.Series) -> pd.DataFrame:
    is_good = days.notna() & hours.notna()
    timed = rows[is_good] if not is_good.all() else rows
    return timed.assign(observed_on=days[is_good].astype("datetime64[s]"), hour=hours[is_good].astype("int8"))


def _by_value(texts: pd.Series, parsed: Callable[[pd.Series], pd.Series]) -> pd.Series:
    """`parsed` of a column with few different values: each is parsed once."""
    codes, uniques = pd.factorize(texts)
    return parsed(pd.Series(uniques, dtype="str")).take(codes).set_axis(texts.index)
