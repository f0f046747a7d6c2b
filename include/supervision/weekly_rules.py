"""What the mid-week and weekend summary counts as repeated, long unanswered or worth a suggestion.

None of these numbers is published: they are this project's own defaults (系统默认), like those of `include/rules.py`.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class SummaryRules:
    """Thresholds of the summary, each with its unit and reason."""

    repeat_days: int = 30  # 重复报警: over the days that also bound an open alarm …
    repeat_alarms: int = (
        4  # … a grid with this many alarms, one of them in the window (about 15 grids in a busy one)
    )
    long_unanswered_days: int = 7  # 长期未反馈: unanswered and pushed before the rolling days of the flags
    trend_days: int = 28  # days in the picture of alarms by day: four weeks, so that weekends compare
    top_counties: int = 3  # counties that the text names
    listed_rows: int = 10  # rows of a list in the annexes; the workbook has them all
    named_cities: int = 6  # cities that one sentence names before 等
    case_count: int = 4  # one case a rule
    leading_share: float = 0.20  # 建议: a category with this share of the problems is worth a campaign …
    leading_problems: int = 5  # … when it has at least this many
    rise_share: float = 0.50  # 建议: or one that rose by this share …
    rise_problems: int = 5  # … and by this many problems
    none_found_answers: int = (
        5  # 建议: a city with this many answers and no problem found is worth a second look
    )
    most_suggestions: int = 5  # the text says no more than this many, in the order of their rules


SUMMARY: Final = SummaryRules()
