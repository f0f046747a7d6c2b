"""The morning table for chat groups: the longest names, many units, none."""

from dataclasses import replace
from typing import Any

import pytest

from include.letters.pictures import morning_table
from include.supervision.figures import DailyFigures, FeedbackCounts
from tests.gallery import computed
from tests.gallery.findings import figure_findings

LONG = "阿坝藏族羌族自治州生态环境保护综合行政执法支队"


def figures(count: int, **counts: Any) -> DailyFigures:
    """A day of so many units with the same counts."""
    day = computed.day(computed.crowded())
    city = replace(day.cities[0], unit_name=LONG, rolling=FeedbackCounts(**counts))
    return replace(day, cities=(city,) * count, is_simulated=True)


@pytest.mark.parametrize(
    "day",
    [
        figures(0),
        figures(1, pushed=9, answered=7, due=8, on_time=7, overdue=1),
        figures(90, pushed=128117, answered=117, due=128117, on_time=117, overdue=128000),
    ],
    ids=("none", "one", "many"),
)
def test_no_words_of_the_morning_table_touch(day: DailyFigures) -> None:
    assert figure_findings(morning_table._table(day)) == []
