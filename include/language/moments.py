"""Dates and moments as a person reads them, in the office's language. Moments are handed over in the office's zone."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from include.language import say

_MONTHS: Final = ("1月", "2月", "3月", "4月", "5月", "6月", "7月", "8月", "9月", "10月", "11月", "12月")


def day_words(day: date, *, year: bool = False) -> str:
    """`3月12日`, or `2020年3月12日`: no padding, as official documents write it."""
    text = "{year}年{month}月{day}日" if year else "{month}月{day}日"
    return say(text, year=day.year, month=day.month, day=day.day, name=month_words(day.month))


def month_words(month: int) -> str:
    """`3月`."""
    return say(_MONTHS[month - 1])


def moment_words(local: datetime, *, year: bool = False) -> str:
    """`3月12日8时30分`, or with the year; a full hour prints no minutes."""
    text = "{date}{hour}时{minute}分" if local.minute else "{date}{hour}时"
    return say(text, date=day_words(local.date(), year=year), hour=local.hour, minute=local.minute)


def end_words(end: datetime, last: date) -> str:
    """The end of a window, `3月12日24时`, `3月12日9时`; `last`: the last day inside."""
    if end.date() == last:
        return moment_words(end)
    return say("{date}{hour}时", date=day_words(last), hour=24)


def clock_words(local: datetime) -> str:
    """`8:30`, as a table's cell has it."""
    return say("{hour}:{minute:02d}", hour=local.hour, minute=local.minute)


def cell_words(local: datetime) -> str:
    """`3月12日 8:30`, `12 Mar 08:30`: on one line of a narrow column."""
    return say(
        "{month}月{day}日 {hour}:{minute:02d}",
        month=local.month,
        day=local.day,
        name=month_words(local.month),
        hour=local.hour,
        minute=local.minute,
    )


def days_words(first: date, last: date) -> str:
    """`3月1日至15日`, `3月16日至4月2日`; of one day its name alone; with the years where they differ."""
    if first == last:
        return day_words(first)
    if (first.year, first.month) == (last.year, last.month):
        name = month_words(first.month)
        return say(
            "{month}月{first}日至{last}日", month=first.month, first=first.day, last=last.day, name=name
        )
    has_year = first.year != last.year
    return say("{first}至{last}", first=day_words(first, year=has_year), last=day_words(last, year=has_year))


def hours_words(start: datetime, end: datetime, last: date, *, year: bool = False) -> str:
    """`3月12日8时至9时`, `3月12日23时至24时`, `3月12日8时至3月13日9时`, or with the year; `last`: the last day inside."""
    first, has_year = start.date(), start.year != last.year
    words = moment_words(start, year=year or has_year)
    if first != last:
        return say("{first}至{last}", first=words, last=moment_words(end, year=has_year))
    if end.date() != last:
        return say("{start}至24时", start=words)
    text = "{start}至{hour}时{minute}分" if end.minute else "{start}至{hour}时"
    return say(text, start=words, hour=end.hour, minute=end.minute)
