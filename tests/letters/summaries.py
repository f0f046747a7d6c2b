"""Small summaries for the tests of letters: the tiny region of tests/supervision, and its edges."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from functools import cache
from unittest.mock import patch

from include.letters.pictures.chart_style import small_png
from include.letters.pictures.summary_pictures import summary_pictures
from include.periods import period_ending
from include.supervision.figures import Issue
from include.supervision.weekly_figures import SummaryFigures
from tests.supervision.summaries import ALARMS, PROBLEMS, stays, summary

ISSUE = Issue("热点网格远程监督组", "王建国", "010-12345678", "fankui@example.org", issued_on="2020年3月11日")
PREVIEW = replace(ISSUE, issued_on=None)
EMPTY = ALARMS.iloc[:0], PROBLEMS.iloc[:0]


@cache
def plain() -> SummaryFigures:
    return summary()


@cache
def nothing() -> SummaryFigures:
    return summary(*EMPTY)


@cache
def one_city() -> SummaryFigures:
    return summary(stays=stays(("140300", "2018-07-01", None)))


@cache
def first() -> SummaryFigures:
    return summary(period=period_ending("midweek", date(2020, 3, 4)))


@cache
def all_answered() -> SummaryFigures:
    return summary(ALARMS[ALARMS["standing_event"] == "accepted"].reset_index(drop=True))


@cache
def joined_and_left() -> SummaryFigures:
    return summary(stays=stays(("130100", "2018-07-01", "2020-03-09"), ("140300", "2020-03-09", None)))


@cache
def new_year() -> SummaryFigures:
    beat = period_ending("midweek", date(2020, 1, 29))
    return summary(*EMPTY, period=beat, season=(date(2020, 1, 1), date(2020, 3, 1)))


@cache
def cut() -> SummaryFigures:
    return summary(season=(date(2020, 3, 1), date(2020, 3, 10)))


@cache
def simulated() -> SummaryFigures:
    return summary(ALARMS.assign(is_simulated=True))


EDGES = (plain, nothing, one_city, first, all_answered, joined_and_left, new_year, cut, simulated)


@contextmanager
def small_pictures() -> Iterator[None]:
    """Pictures of few pixels, for tests that look at something else."""
    summary_pictures.cache_clear()
    with patch(
        "include.letters.pictures.summary_pictures.small_png", lambda figure: small_png(figure, dpi=30)
    ):
        yield
    summary_pictures.cache_clear()
