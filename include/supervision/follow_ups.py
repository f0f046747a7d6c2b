"""下一步关注: the questions that a city's figures raise. A rule says where to look, never that an enterprise is a source."""

from collections import Counter
from collections.abc import Iterable, Sequence

import pandas as pd

from include.rules import BULLETIN
from include.supervision.bulletin_figures import (
    CitySituation,
    CountySituation,
    FollowUp,
    GridSituation,
    HighArea,
    ListedGrid,
    OpenAlarm,
    WarnedGrid,
)
from include.supervision.inspections import by_frequency
from include.supervision.rule_codes import FollowUpRule


def follow_ups(
    city: CitySituation,
    grids: Sequence[GridSituation],
    counties: Sequence[CountySituation],
    areas: Sequence[HighArea],
    rising: Sequence[ListedGrid],
    warned: Sequence[WarnedGrid],
    open_alarms: Sequence[OpenAlarm],
    problems: pd.DataFrame,
) -> tuple[FollowUp, ...]:
    """The rules that fired (`bulletin_figures.FollowUp`), in their order, at most `BULLETIN.most_follow_ups`.

    `open_alarms`: the city's, however old; `problems`: its judged rows of the window.
    """
    inspected = [grid for grid in grids if grid.is_high and grid.inspection.answered]
    changed = [county for county in counties if county.pop_pct is not None]
    overdue = sorted(
        (one for one in open_alarms if one.overdue_hours), key=lambda one: (-one.overdue_hours, one.grid_id)
    )
    late = problems[problems["is_rectification_due"] & ~problems["is_rectified"]]
    asked = [
        _asked("warned_again", _again(warned), len(warned)),
        _asked(
            "high_without_problem",
            [grid.grid_id for grid in inspected if not grid.inspection.problems],
            len(inspected),
        ),
        _asked(
            "rising_without_alarm",
            [one.grid.grid_id for one in rising if not one.grid.inspection.pushed],
            len(rising),
        ),
        _asked("overdue", dict.fromkeys(one.grid_id for one in overdue), len(open_alarms), len(overdue)),
        _asked(
            "rectification_overdue",
            [name for name, _ in by_frequency(Counter(late["category"]))],
            city.window.rectification_due,
            city.window.rectification_due - city.window.rectified,
        ),
        _asked("rebound", _rebounded(changed), len(changed)),
        _asked("clustered", _crowded(areas), len(areas)),
        _lacking(grids),
    ]
    return tuple(one for one in asked if one.count)[: BULLETIN.most_follow_ups]


def _asked(rule: FollowUpRule, subjects: Iterable[str], of: int, count: int | None = None) -> FollowUp:
    told = tuple(map(str, subjects))
    return FollowUp(rule, len(told) if count is None else count, of, told)


def _again(warned: Sequence[WarnedGrid]) -> list[str]:
    again = [one for one in warned if one.in_a_row > 1 or one.escalation]
    return [
        one.grid_id for one in sorted(again, key=lambda one: (-one.in_a_row, -one.in_a_year, one.grid_id))
    ]


def _rebounded(counties: Sequence[CountySituation]) -> list[str]:
    risen = [(one.pop_pct or 0.0, one.county) for one in counties]
    risen = [row for row in risen if row[0] >= BULLETIN.rebound_pct]
    return [county for _, county in sorted(risen, key=lambda row: (-row[0], row[1]))]


def _crowded(areas: Sequence[HighArea]) -> list[str]:
    counted = [(one.enterprises or 0, one.number) for one in areas]
    crowded = [row for row in counted if row[0] >= BULLETIN.many_enterprises]
    return [str(number) for _, number in sorted(crowded, key=lambda row: (-row[0], row[1]))]


def _lacking(grids: Sequence[GridSituation]) -> FollowUp:
    lacking = [grid for grid in grids if grid.half.pm25_ug_m3 is None]
    if len(lacking) < BULLETIN.lacking_share * len(grids):
        lacking = []  # a few gaps are no question
    lacking.sort(key=lambda grid: (grid.half.valid_days, grid.grid_id))
    return _asked("insufficient", [grid.grid_id for grid in lacking], len(grids))
