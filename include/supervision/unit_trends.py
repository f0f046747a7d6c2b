"""How many alarms each unit got in each seven days of the last weeks: the numbers of its small picture."""

from collections.abc import Iterable

import pandas as pd

from include.periods import DAY, Period, midnight
from include.rules import SUMMARY
from include.supervision.feedback import pushed_between
from include.supervision.membership import members
from include.supervision.weekly_figures import SpanCount

_SPAN_DAYS = 7


def unit_trends(
    judged: pd.DataFrame, stays: pd.DataFrame, season: Period, codes: Iterable[str]
) -> dict[str, tuple[SpanCount, ...]]:
    """The spans of each unit, the oldest first, counted back from the end of the season so far.

    `judged`: rows of `judge`, of units while they belong to a region; `stays`: rows of `sql/city_stays.sql`.
    """
    spans = _spans(season)
    counted = [_counts(judged, span) for span in spans]
    there = [set(members(stays, span)["unit_code"]) for span in spans]
    return {
        code: tuple(
            SpanCount(span.start, span.end, *(counts.get(code, (0, 0)) if code in units else (None, None)))
            for span, counts, units in zip(spans, counted, there, strict=True)
        )
        for code in codes
    }


def _spans(season: Period) -> list[Period]:
    spans: list[Period] = []
    end = season.end
    while end > season.start and len(spans) < SUMMARY.trend_weeks:
        start = max(end - _SPAN_DAYS * DAY, season.start)
        spans.append(Period.of_days(start, end, "custom", season.as_of))
        end = start
    return spans[::-1]


def _counts(judged: pd.DataFrame, span: Period) -> dict[str, tuple[int, int]]:
    """Pushed and answered by unit."""
    alarms = pushed_between(judged[judged["is_pushed"]], midnight(span.start), midnight(span.end))
    sums = alarms.groupby("unit_code")["is_answered"].agg(["size", "sum"])
    return {str(code): (int(size), int(done)) for code, size, done in sums.itertuples()}
