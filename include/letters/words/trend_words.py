"""The trend of each unit in words: whether there is one, what its picture is called, and its numbers for the mail."""

from typing import Any, Final

from include.language import say
from include.language.moments import day_words, days_words
from include.periods import DAY
from include.supervision.weekly_figures import SpanCount, SummaryFigures

_SPAN_DAYS: Final = 7
_MAIL_ROWS: Final = 8  # units that the mail lists, in the order of the table


def has_trend(figures: SummaryFigures) -> bool:
    """Whether there is anything to show: two spans of days, and an alarm in one of them."""
    spans = _spans(figures)
    return len(spans) > 1 and any(one.pushed for city in figures.cities for one in city.trend)


def trend_title(figures: SummaryFigures) -> str:
    """`各城市每7天推送报警（1月15日至3月10日，柱上为条数）`, with how many days the first bar has where they are fewer."""
    spans = _spans(figures)
    days = days_words(spans[0].start, spans[-1].end - DAY)
    first = _first_days(spans)
    if first == _SPAN_DAYS:
        return say("各城市每7天推送报警（{days}，柱上为条数）", days=days)
    return say("各城市每7天推送报警（{days}，柱上为条数，首柱为{first}天）", days=days, first=first)


def trend_values(figures: SummaryFigures) -> dict[str, Any]:
    """`走势图题`, `走势说明` (why there is no picture), `走势首天` (days of the first bar, where they are fewer than seven), `走势首日` and `走势表` (the first units with a bar, for the mail) of
    `有报警走势` units."""
    if not has_trend(figures):
        return {
            "走势图题": "",
            "走势说明": _why_not(figures),
            "走势首天": 0,
            "走势首日": [],
            "走势表": [],
            "有报警走势": 0,
        }
    spans = _spans(figures)
    first = _first_days(spans)
    rows = [
        {"城市": city.unit_name, "条数": ["—" if one.pushed is None else one.pushed for one in city.trend]}
        for city in figures.cities
        if any(one.pushed for one in city.trend)
    ]
    return {
        "走势图题": trend_title(figures),
        "走势说明": "",
        "走势首天": first if first < _SPAN_DAYS else 0,
        "走势首日": [f"{one.start.month}/{one.start.day}" for one in spans],
        "走势表": rows[:_MAIL_ROWS],
        "有报警走势": len(rows),
    }


def _first_days(spans: tuple[SpanCount, ...]) -> int:
    return (spans[0].end - spans[0].start).days


def _why_not(figures: SummaryFigures) -> str:
    spans = _spans(figures)
    if not spans:  # figures of before say nothing of it
        return ""
    if len(spans) == 1:
        return say("监管期自{day}起，不足两周，各城市走势图自下期附。", day=day_words(spans[0].start))
    days = days_words(spans[0].start, spans[-1].end - DAY)
    return say("{days}各城市均无报警，不附走势图。", days=days)


def _spans(figures: SummaryFigures) -> tuple[SpanCount, ...]:
    return figures.cities[0].trend if figures.cities else ()
