"""A change on the window before, in words that are right when it is zero, small, or has no base.

Every phrase begins with a comma, so that a sentence reads on; it is empty where there is no window before.
"""

from dataclasses import dataclass
from typing import Final

from include.language import say
from include.supervision.figures import Share

LEAST_BASE: Final = 20  # a change in per cent is printed only on a base of at least this many


@dataclass(frozen=True)
class Spans:
    """How many days the window and the one before have: unequal ones are compared by the day."""

    days: int
    days_before: int


def count_change(now: int, before: int | None, unit: str, spans: Spans) -> str:
    """`，较上期（178条）减少9条，降幅5.1%`; `，与上期持平`; `，上期没有`; by the day where the windows differ in length."""
    if before is None:
        return ""
    if not before:
        return say("，上期没有") if now else say("，上期也没有")
    if not now:
        return say("，上期有{before}{unit}", before=before, unit=unit)
    if spans.days != spans.days_before:
        return _daily_change(now, before, unit, spans)
    if now == before:
        return say("，与上期持平")
    share = abs(now - before) / before
    words, width = (say("增加"), say("增幅")) if now > before else (say("减少"), say("降幅"))
    percent = say("，{width}{percent:.1f}%", width=width, percent=100 * share) if before >= LEAST_BASE else ""
    return say(
        "，较上期（{before}{unit}）{words}{now}{unit}{percent}",
        before=before,
        unit=unit,
        words=words,
        now=abs(now - before),
        percent=percent,
    )


def rate_change(now: Share, before: Share | None) -> str:
    """`，较上期（170/178，95.5%）上升3.3个百分点`; `，与上期持平`; `，上期没有可比的基数`."""
    if before is None:
        return ""
    if not before.of:
        return say("，上期没有可比的基数") if now.of else ""
    told = say("{n}/{total}，{percent:.1f}%", n=before.n, total=before.of, percent=100 * before.n / before.of)
    if not now.of:
        return say("，上期为{told}", told=told)
    if now.n * before.of == before.n * now.of:
        return say("，与上期（{told}）持平", told=told)
    points = difference_points(now, before)
    if f"{abs(points):.1f}" == "0.0":
        return say("，与上期（{told}）基本持平", told=told)
    return say(
        "，较上期（{told}）{words}{points:.1f}个百分点",
        told=told,
        words=say("上升") if points > 0 else say("下降"),
        points=abs(points),
    )


def count_difference(now: int, before: int | None) -> str:
    """For a table: `+2`, `-2`, `0`; — where there is nothing to compare with."""
    return "—" if before is None else f"{now - before:+d}" if now != before else "0"


def point_difference(now: Share, before: Share | None) -> str:
    """For a table, in 百分点: `+3.3`, `-3.3`, `0.0`; — without a base on either side."""
    if before is None or not now.of or not before.of:
        return "—"
    text = f"{difference_points(now, before):+.1f}"
    return "0.0" if text in ("+0.0", "-0.0") else text


def points(now: Share, before: Share | None) -> float | None:
    """The change of a share in 百分点, unrounded; None without a base on either side."""
    return None if before is None or not now.of or not before.of else difference_points(now, before)


def difference_points(now: Share, before: Share) -> float:
    """The change between two shares that both have a base, in 百分点, unrounded."""
    return 100 * (now.n * before.of - before.n * now.of) / (now.of * before.of)


def _daily_change(now: int, before: int, unit: str, spans: Spans) -> str:
    mine, theirs = now * spans.days_before, before * spans.days  # the daily means on one denominator
    told = say(
        "日均{now:.1f}{unit}，上期（{days_before}天）日均{before:.1f}{unit}",
        now=now / spans.days,
        unit=unit,
        days_before=spans.days_before,
        before=before / spans.days_before,
    )
    if mine == theirs:
        return say("，{told}，持平", told=told)
    share = abs(mine - theirs) / theirs
    words = say("增加") if mine > theirs else say("减少")
    return say("，{told}，{words}", told=told, words=words) + (
        f"{100 * share:.1f}%" if before >= LEAST_BASE else ""
    )
