"""Pending disputes: no row of a unit tells its number, not by subtraction either; against a solver that tries all."""

from datetime import date, timedelta
from itertools import product

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from include.openness.figures import Month, Row
from include.openness.gathering import MonthFacts, month_period, publishable

SMALLEST = 5
NO_ALARMS = pd.DataFrame({"unit_code": pd.Series(dtype=str), "is_answered": pd.Series(dtype=bool)})


def facts(units: list[tuple[int, int, int, int]]) -> MonthFacts:
    """Units with (on time, late, overdue, in dispute) alarms and no problems."""
    counts = {
        f"u{place:02}": {
            "pushed": on_time + late + overdue + disputed,
            "answered": on_time + late,
            "due": on_time + late + overdue,
            "on_time": on_time,
            "in_dispute": disputed,
            "problems": 0,
            "alarms_with_problem": 0,
            "rectification_due": 0,
            "rectified": 0,
        }
        for place, (on_time, late, overdue, disputed) in enumerate(units)
    }
    return MonthFacts(
        period=month_period(date(2020, 3, 1), date(2020, 4, 1), timedelta(days=14)),
        names={code: code for code in counts},
        counts=counts,
        alarms=NO_ALARMS,
        quality={"drawn": 0, "checked": 0, "not_confirmed": 0},
        categories={},
        counties={code: {} for code in counts},
        is_simulated=False,
        hours_received=1.0,
        hours_expected=1.0,
    )


def most_not_due(row: Row) -> int:
    """What a reader finds by subtraction: alarms that are not due are neither answered nor on time."""
    pushed = row.counts["pushed"] or 0
    told = [pushed - count for count in (row.counts["answered"], row.counts["on_time"]) if count is not None]
    return min(told, default=pushed)


def possible(month: Month) -> list[set[int]]:
    """Of each row of units, every number of disputes that all the file's other figures leave possible."""
    rows, total = month.rows_of("answers"), month.total_of("answers")
    whole = (total.counts["pushed"] or 0) - (total.counts["due"] or 0)
    ranges = [
        [(row.counts["pushed"] or 0) - row.counts["due"]]
        if row.counts["due"] is not None
        else range(most_not_due(row) + 1)
        for row in rows
    ]
    worlds = [one for one in product(*ranges) if sum(one) == whole]
    return [{world[place] for world in worlds} for place in range(len(rows))]


def test_few_disputes_of_the_region_are_told_and_the_due_of_units_are_not() -> None:
    month = publishable(facts([(20, 0, 0, 0), (20, 5, 5, 1), (20, 5, 6, 0), (30, 5, 0, 2), (9, 5, 5, 0)]), 5)
    assert month.in_dispute == 3
    assert [row.counts["due"] for row in month.rows_of("answers")] == [None] * 5
    assert [row.counts["on_time"] for row in month.rows_of("answers")] == [20, 20, 20, 30, 9]
    assert month.total_of("answers").counts == {"pushed": 138, "answered": 119, "due": 135, "on_time": 99}


def test_what_answered_and_on_time_would_tell_makes_one_row_of_all() -> None:
    """The only alarm without an answer is the one in dispute."""
    month = publishable(facts([(20, 0, 0, 0), (20, 0, 0, 1), (30, 0, 0, 0)]), 5)
    assert month.in_dispute == 1
    assert [row.members for row in month.rows_of("answers")] == [("u00", "u01", "u02")]
    assert month.rows_of("answers")[0].counts["due"] is None


def test_many_disputes_are_merged_to_at_least_the_smallest_count() -> None:
    month = publishable(facts([(20, 0, 0, 1), (30, 0, 0, 2), (40, 0, 0, 4), (50, 0, 0, 0), (60, 0, 0, 6)]), 5)
    told = {row.members: row.counts["pushed"] - row.counts["due"] for row in month.rows_of("answers")}  # type: ignore[operator]
    assert told == {("u03",): 0, ("u04",): 6, ("u00", "u01", "u02"): 7}
    assert month.in_dispute == 13


COUNT = st.sampled_from([0, 5, 7, 12])
UNITS = st.lists(
    st.tuples(COUNT, COUNT, COUNT, st.sampled_from([0, 0, 0, 1, 2, 3, 6])), min_size=1, max_size=5
)


@settings(max_examples=300, deadline=None)
@given(UNITS)
def test_no_row_tells_a_small_number_of_disputes(units: list[tuple[int, int, int, int]]) -> None:
    made = facts(units)
    month = publishable(made, SMALLEST)
    assert month.in_dispute == sum(unit[3] for unit in units)
    rows = month.rows_of("answers")
    for row in rows:
        if row.counts["pushed"] is not None and row.counts["due"] is not None:
            not_due = row.counts["pushed"] - row.counts["due"]
            assert not_due == 0 or not_due >= SMALLEST
    if len(rows) > 1 and None not in [row.counts["pushed"] for row in rows]:
        for row, numbers in zip(rows, possible(month), strict=True):
            if len(numbers) == 1:
                (number,) = numbers
                assert number == 0 or number >= SMALLEST, (row, number)
            assert sum(made.counts[code]["in_dispute"] for code in row.members) in numbers
    again = publishable(made, SMALLEST, [month])
    assert publishable(made, SMALLEST, [month, again]) == again


@settings(max_examples=200, deadline=None)
@given(UNITS, UNITS)
def test_an_unchanged_store_makes_no_further_edition(
    before: list[tuple[int, int, int, int]], after: list[tuple[int, int, int, int]]
) -> None:
    size = min(len(before), len(after))
    first = publishable(facts(before[:size]), SMALLEST)
    second = publishable(facts(after[:size]), SMALLEST, [first])
    assert publishable(facts(after[:size]), SMALLEST, [first, second]) == second
