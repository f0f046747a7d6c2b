"""How letters of rules edition 2020-03 worded changes and delays: they are made again with the words that they were made with."""

from datetime import datetime
from typing import Final

from include.language.moments import day_words, moment_words
from include.letters.words.changes import LEAST_BASE, Spans, difference_points
from include.periods import office_zone
from include.supervision.figures import Share

EDITION: Final = "2020-03"
_SMALL_SHARE: Final = 0.05  # a count that changed by less is 略增, 略减
_SMALL_POINTS: Final = 1.0  # a share that changed by fewer 百分点 is 略升, 略降


def count_change(now: int, before: int | None, unit: str, spans: Spans) -> str:
    """`，较上期（178条）减少9条、5.1%`; `，与上期持平`; `，上期没有`; by the day where the windows differ in length."""
    if before is None:
        return ""
    if not before:
        return "，上期没有" if now else "，上期也没有"
    if not now:
        return f"，上期有{before}{unit}"
    if spans.days != spans.days_before:
        return _daily_change(now, before, unit, spans)
    if now == before:
        return "，与上期持平"
    share = abs(now - before) / before
    words = _words(now > before, share < _SMALL_SHARE, ("略增", "增加"), ("略减", "减少"))
    percent = f"、{100 * share:.1f}%" if before >= LEAST_BASE else ""
    return f"，较上期（{before}{unit}）{words}{abs(now - before)}{unit}{percent}"


def rate_change(now: Share, before: Share | None) -> str:
    """`，较上期（170/178，95.5%）上升3.3个百分点`; `，与上期持平`; `，上期没有可比的基数`."""
    if before is None:
        return ""
    if not before.of:
        return "，上期没有可比的基数" if now.of else ""
    told = f"{before.n}/{before.of}，{100 * before.n / before.of:.1f}%"
    if not now.of:
        return f"，上期为{told}"
    if now.n * before.of == before.n * now.of:
        return f"，与上期（{told}）持平"
    points = difference_points(now, before)
    if f"{abs(points):.1f}" == "0.0":
        return f"，与上期（{told}）基本持平"
    words = _words(points > 0, abs(points) < _SMALL_POINTS, ("略升", "上升"), ("略降", "下降"))
    return f"，较上期（{told}）{words}{abs(points):.1f}个百分点"


def duration(hours: float) -> str:
    """`22小时` or from three days on `3天4小时`, cut to whole hours; `不足1小时`."""
    whole = int(hours)
    if whole < 1:
        return "不足1小时"
    days, rest = divmod(whole, 24)
    return f"{whole}小时" if days < 3 else f"{days}天" + (f"{rest}小时" if rest else "")


def cell_moment(moment: datetime) -> str:
    """`3月13日9时`; with minutes on two lines."""
    local = moment.astimezone(office_zone())
    return f"{day_words(local.date())}\n{_clock(local)}" if local.minute else moment_words(local)


def cell_moments(first: datetime, last: datetime) -> str:
    """`3月12日8时`, or on several lines `3月12日` `8时至21时`, or `3月11日8时` `至3月12日21时`."""
    start, end = (moment.astimezone(office_zone()) for moment in (first, last))
    if moment_words(start) == moment_words(end):
        return cell_moment(first)
    has_minutes = bool(start.minute or end.minute)
    if start.date() == end.date():
        line = "\n" if has_minutes else ""
        return f"{day_words(start.date())}\n{_clock(start)}{line}至{_clock(end)}"
    told = [
        f"{day_words(one.date())}\n{_clock(one)}" if has_minutes else moment_words(one)
        for one in (start, end)
    ]
    return f"{told[0]}\n至{told[1]}"


def _clock(local: datetime) -> str:
    minute = f"{local.minute}分" if local.minute else ""
    return f"{local.hour}时{minute}"


def _daily_change(now: int, before: int, unit: str, spans: Spans) -> str:
    mine, theirs = now * spans.days_before, before * spans.days  # the daily means on one denominator
    told = f"日均{now / spans.days:.1f}{unit}，上期（{spans.days_before}天）日均{before / spans.days_before:.1f}{unit}"
    if mine == theirs:
        return f"，{told}，持平"
    share = abs(mine - theirs) / theirs
    words = _words(mine > theirs, share < _SMALL_SHARE, ("略增", "增加"), ("略减", "减少"))
    return f"，{told}，{words}" + (f"{100 * share:.1f}%" if before >= LEAST_BASE else "")


def _words(is_up: bool, is_small: bool, up: tuple[str, str], down: tuple[str, str]) -> str:
    small, large = up if is_up else down
    return small if is_small else large
