"""Times and hours as people and programs write them, as ISO 8601: only forms that mean one moment.

`2020/3/12 9:10`, `2020.3.12 09:10:00`, `2020年3月12日9时`, `2020-03-12 下午 3:10`, `20200312 0910`, `2020031209`, `12 Mar 2020 9:10 PM`,
`2020-03-12T09:10 +0800`, `2020-03-12 09:00-10:00` (an hour from its beginning to its end). Not read, because they may mean two
days: `3/12/2020`, `20-3-12`; a mapping's `format` says which is meant. `24:00` stays what it is: the end of the day that it names.
"""

from __future__ import annotations

import re
from typing import Final

import numpy as np
import pandas as pd

from include.sources.reading.characters import narrow, narrow_text

_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_LONG_MONTHS: Final = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_WEEKDAY: Final = r"(?:\s*\(?(?:(?:星期|周|礼拜)[一二三四五六日天]|(?:mon|tues?|wed(?:nes)?|thur?s?|fri|sat(?:ur)?|sun)(?:day)?)\)?,?)?"
_DATE: Final = (
    r"(?:(?P<y>[0-9]{4})(?:-(?P<m>[0-9]{1,2})-(?P<d>[0-9]{1,2})|/(?P<m2>[0-9]{1,2})/(?P<d2>[0-9]{1,2})"
    r"|\.(?P<m3>[0-9]{1,2})\.(?P<d3>[0-9]{1,2})|\s?年\s?(?P<m4>[0-9]{1,2})\s?月\s?(?P<d4>[0-9]{1,2})\s?[日号])"
    r"|(?P<d5>[0-9]{1,2})[- ](?P<name>[a-z]{3,9})\.?[- ,]\s?(?P<y2>[0-9]{4})"
    r"|(?P<name2>[a-z]{3,9})\.? (?P<d6>[0-9]{1,2}),? (?P<y3>[0-9]{4}))"
)
_HALF: Final = r"(?:上午|下午|[ap]\.?m\.?)"
_CLOCK: Final = (
    rf"(?P<half>{_HALF})?\s*(?P<h>[0-9]{{1,2}})"
    r"(?::(?P<mi>[0-9]{2})(?::(?P<s>[0-9]{2})(?:\.(?P<f>[0-9]{1,9}))?)?"
    r"|\s?[时点](?:整|\s?(?P<mi2>[0-9]{1,2})\s?分?(?:\s?(?P<s2>[0-9]{1,2})\s?秒)?)?)?"
    rf"\s*(?P<half2>{_HALF})?"
)
_ZONE: Final = (
    r"(?:\s*\(?(?P<zone>z|utc|gmt|北京时间)?\s?(?P<offset>[+-](?:0?[0-9]|1[0-4])(?::?[0-9]{2})?)?\)?)"
)
_RANGE: Final = (
    r"(?:\s?(?:-|–|—|~|至|到)\s?(?P<to>[0-9]{1,2})(?::(?P<to_mi>[0-9]{2})(?::[0-9]{2})?|\s?[时点])?)"
)
_TIME: Final = re.compile(
    rf"{_DATE}{_WEEKDAY}(?:[t_ ]0?0:00(?::00(?:\.0+)?)?(?=\s+\S))?(?:(?:t|_|\s+|(?<=[日号一二三四五六天)]))\s*{_CLOCK}(?:{_RANGE}|{_ZONE}))?"
)
_STAMP: Final = re.compile(
    rf"(?P<y>[0-9]{{4}})(?P<m>[0-9]{{2}})(?P<d>[0-9]{{2}})(?:[t_ ]?(?P<h>[0-9]{{2}})(?:(?P<mi>[0-9]{{2}})(?P<s>[0-9]{{2}})?)?{_ZONE})?"
)
_STAMPED_CLOCK: Final = re.compile(
    rf"(?P<y>[0-9]{{4}})(?P<m>[0-9]{{2}})(?P<d>[0-9]{{2}})(?:t|_|\s+){_CLOCK}(?:{_RANGE}|{_ZONE})"
)
_HOUR: Final = re.compile(rf"{_CLOCK}{_RANGE}?")
# What need not be looked at: ISO 8601 as it is usually printed, without an offset that may be the end of an hour.
_ISO: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?(?:Z|\+(?:0[0-9]|1[0-4]):(?:00|15|30|45))?)?"
_OFFSET_OR_END: Final = re.compile(
    r"(?P<begin>[0-9]{1,2}):(?P<mi>[0-9]{2})(?::00)?\s?-(?P<to>[0-9]{2}):(?P<to_mi>[0-9]{2})$"
)
_MOST_OFFSETS: Final = 2  # of one column: with and without summer time


def iso_texts(texts: pd.Series[str], *, by_end: bool = False) -> pd.Series[str]:
    """Times in ISO 8601, and dates without a time as dates; empty for what is neither. `by_end`: an hour that is written from its
    beginning to its end is named by its end."""
    texts = narrow(texts)
    is_odd = ~texts.str.fullmatch(_ISO).to_numpy(dtype=bool)
    if not is_odd.any():
        return texts
    codes, uniques = pd.factorize(texts[is_odd])
    told = [narrow_text(str(text)).lower() for text in uniques]
    tails = [found for text in told if not _is_strict(text) and (found := _OFFSET_OR_END.search(text))]
    are_hours = all(_is_hour(found, int(found["begin"])) for found in tails)
    is_known = are_hours or len({found["to"] for found in tails}) <= _MOST_OFFSETS
    whole_times = [_iso(text, are_hours=are_hours, by_end=by_end) for text in told]
    if not is_known:
        is_unknown = [not _is_strict(text) and bool(_OFFSET_OR_END.search(text)) for text in told]
        whole_times = ["" if unknown else iso for unknown, iso in zip(is_unknown, whole_times, strict=True)]
    whole = texts.astype("object")
    whole[is_odd] = np.array(whole_times, dtype=object)[codes]
    return whole.astype("str")


def hour_number(text: str, *, by_end: bool = False) -> float:
    """`3`, `03`, `3.0`, `3时`, `03:00`, `下午3点`, `3:00-4:00` as a number from 0 to 24; NaN for what is none. `by_end`: see `iso_texts`."""
    found = _HOUR.fullmatch(re.sub(r"(?<=[0-9])\.0+$", "", narrow_text(text).lower()))
    if not found or any(int(found[name] or 0) for name in ("mi", "s", "f", "mi2", "s2")):
        return np.nan
    hour = _of_range(found, _hour(found), by_end=by_end)
    return float(hour) if 0 <= hour <= 24 else np.nan


def _iso(text: str, *, are_hours: bool, by_end: bool) -> str:
    found = _STAMP.fullmatch(text) or _STAMPED_CLOCK.fullmatch(text) or _TIME.fullmatch(text)
    told = found.groupdict() if found else {}
    day = _day(told)
    if not found or not day or told.get("h") is None:
        return day
    hour, offset = _hour(found), told.get("offset")
    minute, second = (
        int(told.get(one) or told.get(other) or 0) for one, other in (("mi", "mi2"), ("s", "s2"))
    )
    end = _OFFSET_OR_END.search(text)
    if (
        told.get("to") is not None and end and (_is_strict(text) or not are_hours)
    ):  # the pattern takes `08:00-05:00` for an hour
        offset = text[end.start("to") - 1 :]
    elif told.get("to") is not None:
        hour = _of_range(found, hour, by_end=by_end)
    zone = _offset(told.get("zone"), offset)
    is_whole = told.get("mi") is not None or told.get("zone") is not None
    if zone is None or (offset and not is_whole):  # `09-10` may be an hour
        return ""
    if not 0 <= hour <= 24 or minute > 59 or second > 59 or (hour == 24 and minute + second):
        return ""
    fraction = f".{told['f']}" if told.get("f") else ""
    return f"{day}T{hour:02}:{minute:02}:{second:02}{fraction}{zone}"


def _is_strict(text: str) -> bool:
    """Whether date and time are joined as in ISO 8601, where a minus after the time is an offset."""
    return bool(re.search(r"[0-9]t[0-9]", text))


def _of_range(found: re.Match[str], hour: int, *, by_end: bool) -> int:
    """The hour, which may be written from its beginning to its end; -1 where these are not an hour apart."""
    if found.groupdict().get("to") is None:
        return hour
    if not _is_hour(found, hour):
        return -1
    return hour + 1 if by_end else hour


def _is_hour(found: re.Match[str], hour: int) -> bool:
    """Whether the end is the beginning of the next hour, or the last minute of this one."""
    end, begin = found["to_mi"] or "00", found["mi"] or "00"
    is_next = int(found["to"]) % 24 == (hour + 1) % 24 and end == begin
    return is_next or (int(found["to"]) == hour and begin == "00" and end == "59")


def _hour(found: re.Match[str]) -> int:
    """The hour of the day; -1 where half of the day and number contradict each other."""
    told = found.groupdict()
    hour = int(told["h"])
    halves = [told[name] for name in ("half", "half2") if told.get(name)]
    if not halves:
        return hour
    is_second = halves[0] == "下午" or halves[0].startswith("p")
    if len(halves) > 1 or hour > 12 or (hour == 0 and is_second):
        return -1
    return hour % 12 + (12 if is_second else 0)


def _day(told: dict[str, str | None]) -> str:
    def first(*names: str) -> str:
        return next((text for name in names if (text := told.get(name))), "")

    year, month, day = (
        first("y", "y2", "y3"),
        first("m", "m2", "m3", "m4"),
        first("d", "d2", "d3", "d4", "d5", "d6"),
    )
    if name := first("name", "name2"):
        known = (
            place for place, names in enumerate(zip(_MONTHS, _LONG_MONTHS, strict=True), 1) if name in names
        )
        month = str(next(known, ""))
    if not (year and month and day and 1 <= int(month) <= 12 and 1 <= int(day) <= 31):
        return ""
    return f"{year}-{int(month):02}-{int(day):02}"


def _offset(zone: str | None, offset: str | None) -> str | None:
    """`Z`, `+08:00`, or empty for none; None for what is no offset of the world."""
    if not offset:
        return "+08:00" if zone == "北京时间" else "Z" if zone else ""
    hours, minutes = offset[1:].replace(":", "")[:-2] or "0", offset[-2:]
    if ":" not in offset and len(offset) <= 3:  # `+8`, `+08`
        hours, minutes = offset[1:], "00"
    is_known = int(hours) <= (14 if offset[0] == "+" else 11) and minutes in ("00", "15", "30", "45")
    if not is_known or zone in ("z", "北京时间"):
        return None
    return f"{offset[0]}{int(hours):02}:{minutes}"
