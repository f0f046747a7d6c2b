"""Warning grids: who is among the worst of its city, and how often it was."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from include.errors import InputError
from include.periods import period_ending
from include.supervision.warning import (
    counted,
    month_of,
    near_warnings,
    warning_counts,
    warning_grids,
    warning_period,
    warning_ranks,
)

NAN = float("nan")


def grids_of(*rows: tuple[str, str, float, float, float]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["grid_id", "unit_code", "pm25_ug_m3", "yoy_pct", "pop_pct"])
    return frame.set_index("grid_id")


GRIDS = grids_of(
    ("T1", "140300", 90.0, -5.0, 1.0),
    ("T2", "140300", 80.0, 30.0, 2.0),
    ("T3", "140300", 70.0, 30.0, 8.0),  # rises as T2 does, from a lower level
    ("T4", "140300", 60.0, NAN, NAN),  # a month it needs is not valid
    ("T5", "140300", NAN, NAN, NAN),  # neither is this month
    ("T6", "610100", 50.0, -9.0, -7.0),
)


def test_the_worst_three_of_each_city_for_each_reason() -> None:
    found = warning_ranks(GRIDS)
    assert found[["unit_code", "reason", "grid_id", "rank"]].to_records(index=False).tolist() == [
        ("140300", "level", "T1", 1), ("140300", "level", "T2", 2), ("140300", "level", "T3", 3),
        ("140300", "year_on_year", "T2", 1), ("140300", "year_on_year", "T3", 2), ("140300", "year_on_year", "T1", 3),
        ("140300", "over_previous", "T3", 1), ("140300", "over_previous", "T2", 2), ("140300", "over_previous", "T1", 3),
        ("610100", "level", "T6", 1), ("610100", "year_on_year", "T6", 1), ("610100", "over_previous", "T6", 1),
    ]  # fmt: skip


def test_grids_equal_in_everything_share_the_rank() -> None:
    found = warning_ranks(
        grids_of(*((name, "1", 80.0, 3.0, 3.0) for name in "ABCD"), ("E", "1", 70.0, 2.0, 2.0))
    )
    level = found[found["reason"] == "level"]
    assert dict(zip(level["grid_id"], level["rank"], strict=True)) == {"A": 1, "B": 1, "C": 1, "D": 1}


def test_reasons_are_merged_and_near_ones_listed_apart() -> None:
    month = date(2020, 3, 1)
    history = warning_ranks(GRIDS.drop("T3")).assign(month=month)
    warned = warning_grids(history, month, [month])
    columns = ["unit_code", "grid_id", "reasons", "in_a_row", "in_a_year", "escalation"]
    assert warned[columns].to_records(index=False).tolist() == [
        ("140300", "T1", "月均浓度最高", 1, 1, ""),
        ("140300", "T2", "同比变化最差、环比变化最差", 1, 1, ""),
        ("610100", "T6", "月均浓度最高、同比改善较小、环比改善较小", 1, 1, ""),
    ]
    assert warned.loc[1, ["pm25_ug_m3", "yoy_pct", "pop_pct"]].tolist() == [80.0, 30.0, 2.0]
    near = near_warnings(history, month)
    assert near[["unit_code", "grid_id", "reasons"]].to_records(index=False).tolist() == [
        ("140300", "T4", "月均浓度最高（第3位）")
    ]
    assert np.isnan(near.loc[0, "yoy_pct"])


def history_of(*months: str) -> pd.DataFrame:
    return pd.DataFrame({"month": pd.to_datetime(list(months)), "grid_id": "T1"})


YEARS = [moment.date() for moment in pd.date_range("2018-01-01", "2020-12-01", freq="MS")]


@pytest.mark.parametrize(
    ("months", "in_a_row", "in_a_year", "escalation"),
    [
        (["2020-03-01"], 1, 1, ""),
        (["2020-03-01", "2020-03-01", "2020-02-01"], 2, 2, ""),
        (["2020-03-01", "2020-02-01", "2020-01-01"], 3, 3, "连续3次"),
        (["2020-03-01", "2020-01-01", "2019-12-01"], 1, 3, ""),
        (
            ["2020-03-01", "2019-03-01", "2019-04-01"],
            1,
            2,
            "",
        ),  # April 2019 is the twelfth month back, March the thirteenth
        ([f"2019-{month:02d}-01" for month in (4, 6, 8, 10, 12)] + ["2020-03-01"], 1, 6, "12个月内6次"),
        (
            [f"2019-{month:02d}-01" for month in (8, 9, 10, 11, 12)]
            + ["2020-01-01", "2020-02-01", "2020-03-01"],
            8,
            8,
            "连续3次、12个月内6次",
        ),
        (["2020-03-01", "2020-04-01", "2020-05-01"], 1, 1, ""),  # what came later does not count
    ],
)
def test_counts_and_escalation(months: list[str], in_a_row: int, in_a_year: int, escalation: str) -> None:
    found = warning_counts(history_of(*months), date(2020, 3, 1), YEARS)
    assert found.loc["T1"].to_dict() == {
        "in_a_row": in_a_row,
        "is_at_least": False,
        "in_a_year": in_a_year,
        "escalation": escalation,
    }


@pytest.mark.parametrize(
    ("judged", "is_at_least"),
    [
        (["2020-01-01", "2020-02-01", "2020-03-01"], False),  # January was judged, and the grid was none
        (["2020-02-01", "2020-03-01"], True),  # nobody ever judged January: 至少连续2次
        (["2019-12-01", "2020-02-01", "2020-03-01"], True),
    ],
)
def test_a_row_that_reaches_a_month_never_judged_is_a_lower_bound(
    judged: list[str], is_at_least: bool
) -> None:
    months = [date.fromisoformat(month) for month in judged]
    found = warning_counts(history_of("2020-02-01", "2020-03-01"), date(2020, 3, 1), months)
    assert found.loc["T1", ["in_a_row", "is_at_least"]].tolist() == [2, is_at_least]


def test_a_row_stops_at_this_month_when_it_does_not_count() -> None:
    found = warning_counts(history_of("2020-02-01", "2020-01-01"), date(2020, 3, 1), [date(2020, 3, 1)])
    assert found.loc["T1", ["in_a_row", "is_at_least", "in_a_year"]].tolist() == [0, False, 2]


def test_a_fall_is_warned_as_a_small_improvement_and_counts_for_nothing() -> None:
    months = [date(2020, month, 1) for month in (1, 2, 3)]
    # A is the highest each month. B falls least: 0.0 % to 31 January, then it falls, and C falls with it to the last digit.
    falls = {months[0]: 0.0, months[1]: -0.04, months[2]: -16.1}
    history = pd.concat(
        [
            warning_ranks(
                grids_of(
                    ("A", "1", 90.0, -30.0, -30.0), ("B", "1", 50.0, NAN, fall), ("C", "1", 50.0, NAN, fall)
                )
            ).assign(month=month)
            for month, fall in falls.items()
        ]
    )
    assert set(counted(history)["grid_id"]) == {"A"}
    found = {month: warning_grids(history, month, months) for month in months}
    columns = ["grid_id", "reasons", "in_a_row", "in_a_year", "escalation"]
    assert found[months[2]][columns].to_records(index=False).tolist() == [
        ("A", "月均浓度最高、同比改善较小", 3, 3, "连续3次"),
        ("B", "环比改善较小", 0, 0, ""),
        ("C", "环比改善较小", 0, 0, ""),  # equal in μg/m³, too: both are warned
    ]
    assert found[months[0]]["reasons"].tolist() == ["月均浓度最高、同比改善较小", "环比持平", "环比持平"]
    assert found[months[1]]["reasons"].tolist() == [
        "月均浓度最高、同比改善较小",
        "环比改善较小",
        "环比改善较小",
    ]


def test_the_largest_signed_change_is_the_worst_and_micrograms_break_ties() -> None:
    found = warning_ranks(
        grids_of(("A", "1", 40.0, -3.0, 5.0), ("B", "1", 50.0, 2.0, 5.0), ("C", "1", 45.0, -40.0, 1.0))
    )
    ranked = {
        reason: rows.sort_values("rank")["grid_id"].tolist() for reason, rows in found.groupby("reason")
    }
    assert ranked == {
        "level": ["B", "C", "A"],
        "year_on_year": ["B", "A", "C"],
        "over_previous": ["B", "A", "C"],
    }


MONTHS = st.integers(min_value=0, max_value=23)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(MONTHS, st.sampled_from(["T1", "T2", "T3"])), unique=True), MONTHS, st.randoms())
def test_counts_equal_a_walk_through_the_calendar_in_any_order(
    rows: list[tuple[int, str]], at: int, random
) -> None:
    first = pd.Timestamp("2019-01-01")
    shuffled = random.sample(rows, len(rows))
    history = pd.DataFrame(
        {
            "month": [first + pd.DateOffset(months=month) for month, _ in shuffled],
            "grid_id": [name for _, name in shuffled],
        }
    )
    history["month"] = pd.to_datetime(history["month"])
    found = warning_counts(history, (first + pd.DateOffset(months=at)).date(), [first.date()])
    expected = {}
    for name in ("T1", "T2", "T3"):
        months = {month for month, grid in rows if grid == name}
        row = 0
        while at - row in months:
            row += 1
        if any(month <= at for month in months):
            expected[name] = (row, len({month for month in months if at - 12 < month <= at}))
    assert {name: (row.in_a_row, row.in_a_year) for name, row in found.iterrows()} == expected


def test_only_a_full_month_sets_them() -> None:
    assert warning_period(period_ending("half_month", date(2020, 3, 16))) is None
    whole = warning_period(period_ending("half_month", date(2020, 4, 1)))
    assert whole == period_ending("month", date(2020, 4, 1))
    assert month_of(whole) == date(2020, 3, 1)
    with pytest.raises(InputError, match="only a full month sets warning grids"):
        month_of(period_ending("half_month", date(2020, 4, 1)))
