"""The one validator: text rows in, typed rows and reasons out. Whatever kind of source a row came from, it passes here.

A row has one reason: the first rule that it breaks, rules in the order of this module. Reasons are for operators.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from include.language import say
from include.periods import office_zone
from include.rules import SIMULATED_LABEL
from include.sources.hashes import content_hashes, joined
from include.sources.layout import DATA_ORIGIN, OUTSIDE, Field, Layout
from include.sources.places import Places, outside_city
from include.sources.reading.cells import NO_TEXT
from include.sources.reading.characters import INVISIBLE, counted, numbers

# Control characters, the mark of a lost character and what is invisible (`characters.visible` took it out of rows that came
# from a source); line ends only where text may be long.
_CONTROLS: Final = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\x{fffd}-\x{ffff}" + INVISIBLE[1:]
_CONTROLS_OF_LINE: Final = _CONTROLS[:-1] + r"\t\n\r\x{2028}\x{2029}]"
# What is marked as no text by itself, not a lost character somewhere in one.
_NO_TEXT: Final = rf"^{NO_TEXT}(?:[\[{{]|true$|false$)"
# ASCII digits only: `\d` would match those of every script in one engine and not in the next.
_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_MOMENT = _DATE + r"[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?"
_OFFSET = r"(?:Z|[+-](?:0[0-9]|1[0-4]):?[0-5][0-9])"
# 24:00 is the midnight that ends its day (ISO 8601).
_MIDNIGHT = r"^([0-9-]{10})[T ]24:00(?::00(?:\.0{1,9})?)?"
_INTEGER = r"[+-]?[0-9]{1,12}(?:\.0{1,6})?"
_EMAIL = r"[A-Za-z0-9._%+'-]+@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)+"
_FLAGS: Final = {
    "true": True,
    "1": True,
    "yes": True,
    "y": True,
    "是": True,
    "有": True,
    "false": False,
    "0": False,
    "no": False,
    "n": False,
    "否": False,
    "无": False,
}
FIRST_YEAR, LAST_YEAR = 2000, 2099  # of every time and date that is read
_DAY = pd.Timedelta(days=1)

MOMENT_DTYPE: Final = "datetime64[us, UTC]"
MOMENT_TYPES: Final = ("moment", "promise")


@dataclass(frozen=True)
class Checked:
    """`rows`: every row, typed (text `str`, numbers float64, counts int64, moments UTC, flags nullable), with
    `is_simulated`, `content_hash` and, for alarms, `is_outside_city`, which is a warning;
    `reject`: for each row the index of its reason in `reasons`, -1 for a good one. Bad rows hold placeholders."""

    rows: pd.DataFrame
    reject: NDArray[np.int32]
    reasons: tuple[tuple[str, str], ...]  # field, reason

    @property
    def is_good(self) -> NDArray[np.bool_]:
        return np.asarray(self.reject < 0)


def with_misfits(checked: Checked, misfits: Iterable[tuple[Any, str, str]]) -> Checked:
    """The rows with more reasons (a mask, the field, the reason), each for the rows that were good so far."""
    reject, reasons = checked.reject.copy(), list(checked.reasons)
    for rows, field, reason in misfits:
        mask = np.asarray(rows.fillna(False), dtype=bool) & (reject < 0)
        if mask.any():
            reject[mask] = len(reasons)
            reasons.append((field, reason))
    return Checked(checked.rows, reject, tuple(reasons))


class _Reasons:
    def __init__(self, length: int) -> None:
        self.reject = np.full(length, -1, dtype=np.int32)
        self.texts: list[tuple[str, str]] = []

    def add(self, is_bad: Any, field: str, reason: str) -> None:
        mask = np.asarray(is_bad, dtype=bool) & (self.reject < 0)
        if mask.any():
            self.reject[mask] = len(self.texts)
            self.texts.append((field, reason))


def _in_office_zone(iso: pd.Series[str], ends: pd.Series[bool]) -> pd.Series[pd.Timestamp]:
    """Wall times of the office as instants in UTC; a day later where `ends`. An hour that clocks skip is none; of one that they
    show twice the first is meant."""
    wall = pd.to_datetime(iso, format="ISO8601", errors="coerce") + ends.astype("int64") * _DAY
    is_first = np.ones(len(wall), dtype=bool)
    local = wall.dt.tz_localize(office_zone(), ambiguous=is_first, nonexistent="NaT")
    return local.dt.tz_convert("UTC").astype(MOMENT_DTYPE)


def moments(text: pd.Series[str], *, end_of_date: bool = False) -> pd.Series[pd.Timestamp]:
    """Instants in UTC; without an offset the office's time; NaT for what is none. 24:00 is the midnight that ends its day.

    `end_of_date`: a date alone is understood, and means the midnight that ends it.
    """
    is_date = text.str.fullmatch(_DATE) if end_of_date else pd.Series(False, index=text.index)
    is_moment = text.str.fullmatch(_MOMENT + _OFFSET + "?")
    if not (is_date | is_moment).any():
        return pd.Series(pd.NaT, index=text.index, dtype=MOMENT_DTYPE)
    is_naive = is_moment & ~text.str.contains(_OFFSET + "$")
    iso = text.where(is_moment, "")
    iso, is_end = without_midnight(iso)
    iso = iso.mask(is_date, text + "T00:00") if end_of_date else iso
    is_naive = is_naive | is_date
    parsed = pd.to_datetime(iso.mask(is_naive, ""), format="ISO8601", errors="coerce", utc=True)
    parsed = parsed.astype(MOMENT_DTYPE)
    ends = is_date | is_end
    if ends.any():
        parsed = parsed + (ends & ~is_naive).astype("int64") * _DAY
    if is_naive.any():
        parsed = parsed.mask(is_naive, _in_office_zone(iso.where(is_naive, ""), ends))
    # The year is that of the day which an end belongs to.
    return parsed.where(is_in_years(parsed - ends.astype("int64") * _DAY))


def is_in_years(moments: pd.Series[pd.Timestamp]) -> pd.Series[bool]:
    """Which instants lie in the years that are read, on the office's calendar; none that is missing."""
    return moments.dt.tz_convert(office_zone()).dt.year.between(FIRST_YEAR, LAST_YEAR)


def without_midnight(text: pd.Series[str]) -> tuple[pd.Series[str], pd.Series[bool]]:
    """Times with 00:00 for 24:00, and which of them said so: these mean the day after."""
    is_end = text.str.contains(_MIDNIGHT.replace("(", "(?:", 1))
    return (text.str.replace(_MIDNIGHT, r"\1 00:00", regex=True) if is_end.any() else text), is_end


def check(layout: Layout, rows: pd.DataFrame, places: Places) -> Checked:
    """Checks text rows in the columns of the layout and `data_origin`."""
    reasons = _Reasons(len(rows))
    rows = counted(layout, rows)
    _check_text(layout, rows, reasons)
    typed: dict[str, Any] = {}
    for field in layout.fields:
        typed[field.name] = _READERS[field.type](field, rows[field.name], places, reasons)
    result = pd.DataFrame(typed)
    if layout.name == "alarms":
        reasons.add(
            _without_unit(result, places),
            "unit_code",
            say("推送之日该单位尚未成立或已撤销：应为当日有效的单位，改报接收其职责的单位后补录"),
        )
        reasons.add(
            result["lon"].isna() != result["lat"].isna(), "lon", say("经度和纬度须同时填写或同时为空")
        )
    for earlier, later in layout.orders:
        is_swapped = result[earlier] > result[later]
        reasons.add(is_swapped, later, say("早于（或小于）{earlier}，先后顺序不对", earlier=earlier))
    if "county" in typed:
        result["county"] = _current_counties(result, places)
    result["is_simulated"] = (rows[DATA_ORIGIN] == SIMULATED_LABEL).to_numpy()
    if layout.name == "alarms":
        is_outside = outside_city(result["unit_code"], result["lon"], result["lat"])
        result["is_outside_city"] = is_outside & (reasons.reject < 0)
    result["content_hash"] = pd.array(content_hashes(layout, result), dtype="str")
    return Checked(result, reasons.reject, tuple(reasons.texts))


def _check_text(layout: Layout, rows: pd.DataFrame, reasons: _Reasons) -> None:
    long = [field.name for field in layout.fields if field.is_long]
    short = [field.name for field in layout.fields if not field.is_long] + [DATA_ORIGIN]
    for names, pattern in ((short, _CONTROLS_OF_LINE), (long, _CONTROLS)):
        if names and joined(rows, names, " ").str.contains(pattern).any():  # rare: only then column by column
            for name in names:
                reasons.add(
                    rows[name].str.contains(_NO_TEXT),
                    name,
                    say("应为文本、数值或时间，收到的是列表、对象或真假值"),
                )
                reasons.add(rows[name].str.contains(pattern), name, say("含有控制字符、换行或无法显示的字符"))
    for field in layout.fields:
        if field.name in ("unit_code", "county"):
            is_outside = rows[field.name].str.startswith(OUTSIDE)
            reasons.add(is_outside, "lon", "坐标在本机关各单位的范围以外，不收（应核对经纬度和坐标系）")
        if field.required:
            reasons.add(rows[field.name] == "", field.name, say("必填，未填写"))
        if field.type in ("text", "email"):
            reasons.add(
                rows[field.name].str.len() > field.longest,
                field.name,
                say("过长：最多{longest}个字符", longest=field.longest),
            )


def _text(field: Field, text: pd.Series[str], places: Places, reasons: _Reasons) -> pd.Series[str]:
    return text


def _city(field: Field, text: pd.Series[str], places: Places, reasons: _Reasons) -> pd.Series[str]:
    codes = text.map(places.cities)
    reasons.add(codes.isna(), field.name, say("不认识的单位：应为档案 units.csv 中的代码或名称"))
    return codes.fillna("").astype("str")


def _region(field: Field, text: pd.Series[str], places: Places, reasons: _Reasons) -> pd.Series[str]:
    codes = text.where(text.isin(list(places.regions)), text.map(places.cities).fillna(""))
    reasons.add(codes == "", field.name, say("不认识的地区：应为单位、其上级或本机关的代码"))
    return codes.astype("str")


def _number(field: Field, text: pd.Series[str], places: Places, reasons: _Reasons) -> pd.Series[float]:
    values = numbers(text)
    reasons.add((text != "") & values.isna(), field.name, say("不是数值"))
    hint = say("（经纬度可能填反）") if field.name in ("lon", "lat") else ""
    is_outside = (values < field.least) | (values > field.most)
    reasons.add(
        is_outside,
        field.name,
        say("超出范围：应在{least:g}至{most:g}之间{hint}", least=field.least, most=field.most, hint=hint),
    )
    return values


def _integer(field: Field, text: pd.Series[str], places: Places, reasons: _Reasons) -> pd.Series[int]:
    is_integer = text.str.fullmatch(_INTEGER)
    values = pd.to_numeric(text.where(is_integer), errors="coerce")
    reasons.add((text != "") & values.isna(), field.name, say("不是整数"))
    is_outside = (values < field.least) | (values > field.most)
    reasons.add(
        is_outside,
        field.name,
        say("超出范围：应在{least:g}至{most:g}之间", least=field.least, most=field.most),
    )
    if not field.required:
        return values.astype("Int64")
    reasons.add(values.isna(), field.name, say("必填，未填写"))
    # A placeholder: what is missing is rejected above.
    return values.mask(values.isna() | is_outside, field.least).astype("int64")


def _moment(field: Field, text: pd.Series[str], places: Places, reasons: _Reasons) -> pd.Series[pd.Timestamp]:
    is_promise = field.type == "promise"
    values = moments(text, end_of_date=is_promise)
    example = "2020-03-12T08:30" + (say("或2020-03-12") if is_promise else "")
    reasons.add(
        (text != "") & values.isna(),
        field.name,
        say(
            "不是有效的时间：应如{example}（{first_year}至{last_year}年）",
            example=example,
            first_year=FIRST_YEAR,
            last_year=LAST_YEAR,
        ),
    )
    return values


def _date(field: Field, text: pd.Series[str], places: Places, reasons: _Reasons) -> pd.Series[Any]:
    day = text.str.replace(r"[T ]00:00(?::00)?$", "", regex=True)  # how a spreadsheet gives a date
    values = pd.to_datetime(day.where(day.str.fullmatch(_DATE)), format="ISO8601", errors="coerce")
    values = values.where(values.dt.year.between(FIRST_YEAR, LAST_YEAR))
    reasons.add(
        (text != "") & values.isna(),
        field.name,
        say(
            "不是有效的日期：应如2020-03-12（{first_year}至{last_year}年）",
            first_year=FIRST_YEAR,
            last_year=LAST_YEAR,
        ),
    )
    return values.astype("datetime64[s]")


def _flag(field: Field, text: pd.Series[str], places: Places, reasons: _Reasons) -> pd.Series[bool]:
    values = text.str.lower().map(_FLAGS)
    reasons.add((text != "") & values.isna(), field.name, say("应为true、false（或是、否）"))
    return values.astype("boolean")


def _choice(field: Field, text: pd.Series[str], places: Places, reasons: _Reasons) -> pd.Series[str]:
    reasons.add(
        (text != "") & ~text.isin(field.allowed), field.name, say("应为：") + say("、").join(field.allowed)
    )
    return text


def _email(field: Field, text: pd.Series[str], places: Places, reasons: _Reasons) -> pd.Series[str]:
    reasons.add((text != "") & ~text.str.fullmatch(_EMAIL), field.name, say("不是电子邮件地址"))
    return text


_READERS: Final[dict[str, Callable[[Field, pd.Series[str], Places, _Reasons], pd.Series[Any]]]] = {
    "text": _text,
    "city": _city,
    "region": _region,
    "number": _number,
    "integer": _integer,
    "moment": _moment,
    "promise": _moment,
    "date": _date,
    "flag": _flag,
    "choice": _choice,
    "email": _email,
}


def _without_unit(rows: pd.DataFrame, places: Places) -> NDArray[np.bool_]:
    """Which alarms were pushed on a day on which their unit did not hold and nobody answered for it."""
    lacking = np.zeros(len(rows), dtype=bool)
    of_dated = rows["unit_code"].isin(list(places.unit_days)) & rows["pushed_at"].notna()
    if of_dated.any():
        pushed_on = rows["pushed_at"][of_dated].dt.tz_convert(office_zone()).dt.date
        of_them = rows[of_dated]
        lacking[np.flatnonzero(of_dated)] = [
            not places.answers_on(code, county, day)
            for code, county, day in zip(of_them["unit_code"], of_them["county"], pushed_on, strict=True)
        ]
    return lacking


def _current_counties(rows: pd.DataFrame, places: Places) -> pd.Series[str]:
    """The names of the counties: of an alarm as on the day of its push, of anything else as today."""
    known = {name for _, name in (*places.counties, *places.dated_counties)}
    is_known = rows["county"].isin(known)
    if not is_known.any():
        return rows["county"]
    pairs = list(zip(rows["unit_code"][is_known], rows["county"][is_known], strict=True))
    names = [places.counties.get(pair, pair[1]) for pair in pairs]
    if places.dated_counties and "pushed_at" in rows:
        pushed_on = rows["pushed_at"][is_known].dt.tz_convert(office_zone()).dt.date
        names = [
            _name_on(places.dated_counties.get(pair, ()), day, name)
            for pair, day, name in zip(pairs, pushed_on, names, strict=True)
        ]
    county = rows["county"].copy()
    county[is_known] = names
    return county


def _name_on(names: tuple[tuple[date, str], ...], day: date, name: str) -> str:
    """The name that holds on a day (the first where none does yet); `name` where the place has had no other."""
    if not names or pd.isna(day):
        return name
    return next((told for first, told in reversed(names) if first <= day), names[0][1])
