"""Rules of sub-metering: each rule's list by enterprise and day, completeness, and meters that tell no power."""

from datetime import date, timedelta

import pandas as pd
import pytest

from include.suspects.rules import DEFAULT_RULES
from include.suspects.submetering import meter_completeness, meter_faults, suspected_treatment
from tests.suspects.places import meters

# Beijing's 11 March begins 16 hours after midnight UTC of the 10th.
DAY, FIRST = date(2020, 3, 11), 16
NO_STOPS = pd.DataFrame(
    {
        "enterprise_id": pd.Series(dtype=str),
        "start_at": pd.Series(dtype="datetime64[us, UTC]"),
        "end_at": pd.Series(dtype="datetime64[us, UTC]"),
    }
)


def table(enterprise_id: str, states: dict[int, tuple[float, float] | None]) -> pd.DataFrame:
    """Hours of the day by number, 0 to 23."""
    return meters(
        enterprise_id,
        {FIRST + at: state for at, state in states.items()},
        first=FIRST - 7 * 24,
        end=FIRST + 24,
    )


def broken(
    power: pd.DataFrame, stops: pd.DataFrame = NO_STOPS
) -> list[tuple[str, str, int, str, str, float]]:
    ids = pd.Series(sorted(set(power["enterprise_id"]) - {"GHOST"}))
    found = suspected_treatment(power, ids, DAY, stops, DEFAULT_RULES)
    return [
        (
            row.enterprise_id,
            row.rule,
            row.hours,
            f"{row.first_hour:%H}",
            f"{row.last_hour:%H}",
            row.completeness,
        )
        for row in found.itertuples()
    ]


def test_a_usual_day_is_not_listed() -> None:
    assert broken(table("Q", {})) == []


def test_production_with_idle_treatment() -> None:
    power = table("Q", {9: (100.0, 1.0), 10: (110.0, 2.0), 11: (90.0, 5.0)})
    assert broken(power) == [("Q", "idle", 3, "09", "11", 1.0)]
    row = suspected_treatment(power, pd.Series(["Q"]), DAY, NO_STOPS, DEFAULT_RULES).iloc[0]
    assert (row["production_kw"], row["treatment_kw"], row["usual_treatment_kw"]) == (100.0, 2.7, 20.0)
    assert (row["running_hours"], row["treatment_hours"], row["edition"]) == (24, 21, "suspects-2026-11.4")


def test_one_idle_hour_is_no_finding() -> None:
    assert broken(table("Q", {9: (100.0, 1.0), 14: (100.0, 1.0)})) == []


def test_treatment_that_runs_shorter_than_production() -> None:
    assert broken(table("Q", dict.fromkeys((3, 9, 15), (100.0, 0.0)))) == [
        ("Q", "shorter", 3, "03", "15", 1.0)
    ]


def test_a_line_at_rest_needs_no_treatment() -> None:
    assert broken(table("Q", dict.fromkeys(range(8), (2.0, 0.0)))) == []


def test_a_meter_that_falls_silent_during_production() -> None:
    assert broken(table("Q", {5: None, 6: None})) == [("Q", "lost", 2, "05", "06", 0.917)]


def test_a_meter_that_falls_silent_at_rest_is_no_finding() -> None:
    assert broken(table("Q", {4: (2.0, 0.0), 5: None, 6: None, 7: (2.0, 0.0)})) == []


def test_production_in_an_ordered_stop() -> None:
    stops = pd.DataFrame(
        [
            {
                "enterprise_id": "Q",
                "start_at": pd.Timestamp("2020-03-11T20:00+08:00"),
                "end_at": pd.Timestamp("2020-03-12T08:00+08:00"),
            }
        ]
    )
    assert broken(table("Q", {23: (1.0, 0.0)}), stops) == [("Q", "stopped", 3, "20", "22", 1.0)]


def test_an_enterprise_whose_usual_is_not_known_is_not_listed() -> None:
    power = table("Q", {9: (100.0, 1.0), 10: (100.0, 1.0)})
    young = power[power["hour"] >= pd.Timestamp("2020-03-11T00:00+08:00")]
    assert broken(young) == []


def test_hours_that_are_not_over_do_not_count_as_lost() -> None:
    power = table("Q", {})
    power = power[power["hour"] < pd.Timestamp("2020-03-11T10:00+08:00")]
    found = suspected_treatment(power, pd.Series(["Q"]), DAY, NO_STOPS, DEFAULT_RULES, known_hours=10)
    assert found.empty


def test_completeness_by_enterprise_and_day() -> None:
    power = pd.concat([table("Q", {1: None, 2: None}), meters("OLD", {}, first=-200, end=-150)])
    register, watts = table("REG", {}), table("WATT", {7: (300000.0, 20.0)})
    register["production_kw"] = 90000.0 - 100.0 * pd.RangeIndex(len(register))
    power = pd.concat([power, register, watts])
    found = meter_completeness(power, pd.Series(["OLD", "Q", "REG", "UNMETERED", "WATT"]), DAY, DEFAULT_RULES)
    assert found.drop(columns="date").values.tolist() == [
        ["OLD", 0, 0, 0.0, ""],
        ["Q", 22, 22, 0.917, ""],
        ["REG", 24, 0, 0.0, "total_back"],
        ["WATT", 24, 23, 0.958, "beyond"],
    ]


def test_what_is_no_power_is_told_by_enterprise() -> None:
    register = table("KWH", {})
    register["production_kw"] = 5000.0 + 100.0 * pd.RangeIndex(len(register))
    backwards = table("BACK", {3: (-100.0, 20.0), 4: (-90.0, 20.0)})
    watts = table("WATT", {7: (300000.0, 20.0)})
    power = pd.concat([register, backwards, watts, table("GHOST", {}).head(2), table("FINE", {})])
    found = meter_faults(power, pd.Series(["KWH", "BACK", "WATT", "FINE"]), DEFAULT_RULES)
    assert found.to_dict("records") == [
        {
            "enterprise_id": "BACK",
            "column": "production_kw",
            "fault": "negative",
            "rows": 2,
            "example": "-90.0",
        },
        {
            "enterprise_id": "GHOST",
            "column": "enterprise_id",
            "fault": "unknown_enterprise",
            "rows": 2,
            "example": "GHOST",
        },
        {
            "enterprise_id": "KWH",
            "column": "production_kw",
            "fault": "total",
            "rows": 192,
            "example": "24100.0",
        },
        {
            "enterprise_id": "WATT",
            "column": "production_kw",
            "fault": "beyond",
            "rows": 1,
            "example": "300000.0",
        },
    ]
    assert broken(power) == [("BACK", "lost", 2, "03", "04", 0.917)]


@pytest.mark.parametrize("column", ["production_kw", "treatment_kw"])
@pytest.mark.parametrize("step", [100.0, -100.0])
def test_a_register_is_no_power_whichever_way_it_runs(column: str, step: float) -> None:
    power = table("KWH", dict.fromkeys((8, 9, 10), (100.0, 1.0)))
    power[column] = 50000.0 + step * pd.RangeIndex(len(power))
    found = meter_faults(power, pd.Series(["KWH"]), DEFAULT_RULES)
    assert found[["column", "fault", "rows"]].values.tolist() == [
        [column, "total" if step > 0 else "total_back", 192]
    ]
    assert broken(power) == []


def test_hours_that_count_are_hours_on_end_and_the_spans_are_theirs() -> None:
    idle = table("Q", dict.fromkeys((0, 2, 3, 4, 23), (100.0, 1.0)))
    found = suspected_treatment(idle, pd.Series(["Q"]), DAY, NO_STOPS, DEFAULT_RULES)
    assert found[["rule", "hours", "spans"]].to_numpy().tolist() == [
        ["idle", 3, ((2, 5),)],
        ["shorter", 5, ((0, 1), (2, 5), (23, 24))],  # it stood in other hours, too
    ]
    assert broken(table("Q", {5: None, 9: None})) == []  # two single hours are the network's
    shorter = table("Q", dict.fromkeys((3, 9, 23), (100.0, 0.0)))
    found = suspected_treatment(shorter, pd.Series(["Q"]), DAY, NO_STOPS, DEFAULT_RULES)
    assert found[["rule", "hours", "spans"]].to_numpy().tolist() == [
        ["shorter", 3, ((3, 4), (9, 10), (23, 24))]
    ]


def test_a_treatment_at_its_limit_is_not_below_it() -> None:
    at_limit = table("Q", dict.fromkeys((2, 3, 4), (100.0, 8.0)))
    below = table("Q", dict.fromkeys((2, 3, 4), (100.0, 7.9)))
    ids = pd.Series(["Q"])
    assert suspected_treatment(at_limit, ids, DAY, NO_STOPS, DEFAULT_RULES).empty
    assert suspected_treatment(below, ids, DAY, NO_STOPS, DEFAULT_RULES)["rule"].tolist() == ["idle"]


def test_hours_on_end_may_cross_midnight() -> None:
    """Idle from 23 to 1, silent from 12 on with the line running at 2 of the next day: each day counts its own hours."""
    idle = dict.fromkeys((FIRST + 23, FIRST + 24), (100.0, 1.0))
    silent = dict.fromkeys(range(FIRST + 36, FIRST + 50), None)
    hours = meters("Q", idle | silent, first=FIRST - 7 * 24, end=FIRST + 72)
    assert _found(hours, DAY, 8) == [["idle", 1, ((23, 24),)]]
    assert _found(hours, DAY, 0) == []  # what comes after the day is not known yet
    assert _found(hours, DAY + timedelta(days=1), 8) == [["idle", 1, ((0, 1),)], ["lost", 12, ((12, 24),)]]
    assert _found(hours, DAY + timedelta(days=1), 2) == [["idle", 1, ((0, 1),)]]
    assert _found(hours, DAY + timedelta(days=2), 0) == [["lost", 2, ((0, 2),)]]


def _found(hours: pd.DataFrame, day: date, ahead_hours: int) -> list[list[object]]:
    known = hours[
        hours["hour"] < pd.Timestamp(day, tz="Asia/Shanghai") + pd.Timedelta(hours=24 + ahead_hours)
    ]
    found = suspected_treatment(known, pd.Series(["Q"]), day, NO_STOPS, DEFAULT_RULES, 24, ahead_hours)
    return [list(row) for row in found[["rule", "hours", "spans"]].itertuples(index=False)]
