"""The choice on a few cells whose whole result can be read."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from include.errors import InputError
from include.selection.choice import chosen, prepared, quota_notes, scored, unit_counts, weighted_years
from include.selection.comparison import change_counts, compared, sensitivity
from include.selection.rules import DEFAULT, SelectionRules, with_changes
from include.selection.surroundings import background

LEVEL_ONLY: dict[str, Any] = {
    "weight_excess": 0,
    "weight_emission": 0,
    "weight_enterprises": 0,
    "weight_year_before": 0,
    "weight_third_year": 0,
}


def rules(**changes: Any) -> SelectionRules:
    return with_changes(DEFAULT, changes, "test")


def cells(values: list[float], units: str = "", **more: list[float]) -> pd.DataFrame:
    """Cells of 3 km in one row at 36° N, one letter a unit."""
    count = len(values)
    west = 112.0 + 0.0333 * np.arange(count)
    return pd.DataFrame(
        {
            "grid_id": [f"G{number}" for number in range(count)],
            "unit_code": list(units or "A" * count),
            "county_code": "1",
            "county": "一县",
            "name": "一号",
            "row": 1333,
            "column": range(count),
            "west": west,
            "south": 36.0,
            "east": west + 0.0333,
            "north": 36.027,
            "area_km2": 9.0,
            "inside_share": 1.0,
            "pm25_2025_ug_m3": values,
            "emission_t": more.get("emission", [9.0] * count),
            "enterprises": more.get("enterprises", [0] * count),
        }
    )


def hot(table: pd.DataFrame) -> list[str]:
    return table["grid_id"][table["is_hot"]].tolist()


def test_years_are_weighted_and_a_missing_one_leaves_its_weight_to_the_others() -> None:
    table = pd.DataFrame(
        {
            "pm25_2023_ug_m3": [40.0, 40.0, np.nan],
            "pm25_2024_ug_m3": [50.0, np.nan, np.nan],
            "pm25_2025_ug_m3": [60.0, 60.0, np.nan],
        }
    )
    found = weighted_years(table, DEFAULT, [2023, 2024, 2025]).tolist()
    assert found[:2] == pytest.approx([0.5 * 60 + 0.3 * 50 + 0.2 * 40, (0.5 * 60 + 0.2 * 40) / 0.7])
    assert np.isnan(found[2])
    # A year that is not there leaves its weight; the third year keeps its own.
    assert weighted_years(table, DEFAULT, [2025, 2023]).iloc[0] == pytest.approx((0.5 * 60 + 0.2 * 40) / 0.7)
    assert weighted_years(table, DEFAULT, [2025, 2024]).iloc[0] == pytest.approx((0.5 * 60 + 0.3 * 50) / 0.8)


def test_the_surroundings_are_the_low_percentile_of_the_cells_within_the_distance() -> None:
    own = cells([10.0, 20.0, 30.0, 40.0, 50.0, np.nan])
    found = background(own, own["pm25_2025_ug_m3"], 6.1, 20.0)  # two cells to each side
    assert found.tolist() == pytest.approx([14.0, 16.0, 18.0, 26.0, 34.0, 42.0])
    assert background(own, own["pm25_2025_ug_m3"], 0.5, 20.0).tolist()[:5] == [10.0, 20.0, 30.0, 40.0, 50.0]


def test_the_surroundings_reach_over_rows_as_far_as_over_columns() -> None:
    rng = np.random.default_rng(1)
    rows = [
        cells([0.0] * 12).assign(row=row, south=36 + 0.027 * row, north=36.027 + 0.027 * row)
        for row in range(12)
    ]
    own = pd.concat(rows, ignore_index=True).assign(grid_id=lambda frame: frame.index.astype(str))
    values = pd.Series(rng.normal(50, 10, len(own)), own.index)
    lon, lat = (own["west"] + own["east"]) / 2, (own["south"] + own["north"]) / 2
    for place in (0, 5, 77, 143):
        east_km = (lon - lon[place]) * 111.195 * np.cos(np.radians((lat + lat[place]) / 2))
        near = np.hypot(east_km, (lat - lat[place]) * 111.195) <= 10.0
        assert background(own, values, 10.0, 20.0)[place] == pytest.approx(np.percentile(values[near], 20))


def test_scores_are_weighted_percentile_ranks_of_the_region() -> None:
    own = cells([10.0, 20.0, 30.0, 40.0], emission=[36.0, 9.0, 9.0, 18.0], enterprises=[0, 2, 0, 1])
    table = scored(
        prepared(own, rules(weight_year_before=0, weight_third_year=0), [2025]),
        rules(weight_year_before=0, weight_third_year=0),
    )
    assert table["background_ug_m3"].tolist() == pytest.approx([16.0] * 4)
    assert table["emission_t_km2"].tolist() == [4.0, 1.0, 1.0, 2.0]
    assert table["rank_level"].tolist() == [0.25, 0.5, 0.75, 1.0]
    assert table["rank_emission"].tolist() == [1.0, 0.375, 0.375, 0.75]
    assert table["rank_enterprises"].tolist() == [0.375, 1.0, 0.375, 0.75]
    expected = 0.55 * 0.25 + 0.30 * 1.0 + 0.15 * 0.375
    assert table["score"].iloc[0] == pytest.approx(expected)
    parts = table[[f"part_{part}" for part in ("level", "excess", "emission", "enterprises", "population")]]
    assert parts.sum(axis=1).tolist() == pytest.approx(table["score"].tolist())


def test_a_cell_without_pm25_is_never_chosen_and_ranks_nobody() -> None:
    found = chosen(cells([10.0, np.nan, 30.0]), rules(**LEVEL_ONLY, hot_count=2, cap_share=1), years=[2025])
    assert hot(found) == ["G0", "G2"]
    assert np.isnan(found["score"].iloc[1])
    assert found["rank_level"].tolist() == [0.5, 0.0, 1.0]


def test_the_region_decides_how_many_each_unit_has_within_floor_and_cap() -> None:
    own = cells([90.0, 80.0, 70.0, 60.0, 10.0, 9.0, 8.0, 7.0], "AAAABBBB")
    count = rules(**LEVEL_ONLY, hot_count=3, floor_share=0.0, cap_share=1.0)
    assert unit_counts(scored(prepared(own, count, [2025]), count), count) == {"A": 3, "B": 0}
    floor = rules(**LEVEL_ONLY, hot_count=3, floor_share=0.25, cap_share=1.0)
    assert unit_counts(scored(prepared(own, floor, [2025]), floor), floor) == {"A": 2, "B": 1}
    cap = rules(**LEVEL_ONLY, hot_count=3, floor_share=0.0, cap_share=0.25)
    with pytest.raises(InputError, match="does not fit floor and cap"):
        unit_counts(scored(prepared(own, cap, [2025]), cap), cap)
    half = rules(**LEVEL_ONLY, hot_count=3, floor_share=0.0, cap_share=0.5)
    assert unit_counts(scored(prepared(own, half, [2025]), half), half) == {"A": 2, "B": 1}


def test_quotas_say_who_goes_without_and_who_is_beyond_the_cap() -> None:
    own = cells([90.0, 80.0, 70.0, 60.0, 10.0, 9.0, 8.0, 7.0], "AAAABBCC")
    names = {"A": "甲市", "B": "乙市"}
    notes = quota_notes(own, rules(quotas={"A": 2, "B": 0}), names)
    assert [(one.code, one.text) for one in notes] == [
        ("quota_missing", "只给了部分单位名额，2个单位没有名额、不选网格（乙市、C）"),
        ("over_cap", "1个单位的名额超过小格数的上限30%，仍按名额（甲市2个，共4格）"),
    ]
    assert quota_notes(own, rules(quotas={"A": 1, "B": 1, "C": 1}, cap_share=0.5), names) == []
    assert quota_notes(own, DEFAULT, names) == []


def test_own_quotas_stand_before_the_region() -> None:
    own = cells([90.0, 80.0, 70.0, 60.0, 10.0, 9.0, 8.0, 7.0], "AAAABBBB")
    assert hot(chosen(own, rules(**LEVEL_ONLY, quotas={"A": 1, "B": 2}), years=[2025])) == ["G0", "G4", "G5"]
    with pytest.raises(InputError, match="fewer cells than its quota"):
        chosen(own, rules(**LEVEL_ONLY, quotas={"A": 5}), years=[2025])
    with pytest.raises(InputError, match="C: 1 of 0"):
        chosen(own, rules(**LEVEL_ONLY, quotas={"C": 1}), years=[2025])


def test_an_old_grid_stays_while_its_rank_is_near_the_count() -> None:
    own = cells([float(90 - number) for number in range(12)])
    four = rules(**LEVEL_ONLY, quotas={"A": 4})
    found = chosen(own, four, years=[2025], old=["G0", "G4", "G5"], is_first=False)
    assert hot(found) == ["G0", "G1", "G2", "G4"]  # G4 is the fifth: 1.25 × 4 = 5; G5 is the sixth
    told = found.set_index("grid_id")
    assert told["change"][["G0", "G1", "G4", "G5", "G7"]].tolist() == ["kept", "new", "kept", "left", ""]
    assert told["kept_by_rule"][["G0", "G4"]].tolist() == [False, True]
    assert told["unit_rank"]["G5"] == 6


def test_where_there_was_no_list_nothing_is_new() -> None:
    found = chosen(cells([3.0, 2.0, 1.0]), rules(**LEVEL_ONLY, quotas={"A": 1}), years=[2025])
    assert found["change"].tolist() == ["", "", ""]


def test_a_chosen_cell_without_chosen_neighbours_is_flagged_and_stays() -> None:
    own = cells([9.0, 8.0, 1.0, 1.0, 7.0, 1.0])
    found = chosen(own, rules(**LEVEL_ONLY, quotas={"A": 3}), years=[2025])
    assert hot(found) == ["G0", "G1", "G4"]
    assert found["grid_id"][found["is_isolated"]].tolist() == ["G4"]
    corner = pd.concat([own, own.iloc[[3]].assign(grid_id="N3", row=1334, south=36.027, north=36.054)])
    corner = corner.reset_index(drop=True)
    corner.loc[6, "pm25_2025_ug_m3"] = 9.5
    again = chosen(corner, rules(**LEVEL_ONLY, quotas={"A": 4}), years=[2025])
    assert not again["is_isolated"].any()  # G4 and N3 touch at a corner


def test_micro_stations_go_to_the_first_by_enterprises_and_emission() -> None:
    own = cells(
        [9.0, 8.0, 7.0, 6.0, 1.0],
        emission=[9.0, 90.0, 45.0, 9.0, 900.0],
        enterprises=[0, 0, 3, 1, 9],
    )
    found = chosen(own, rules(**LEVEL_ONLY, quotas={"A": 4}, monitored_share=0.5), years=[2025])
    assert found["grid_id"][found["is_monitored"]].tolist() == ["G1", "G2"]


def test_equal_scores_go_by_the_number_of_the_grid_whatever_the_order_of_rows() -> None:
    own = cells([5.0] * 6)
    two = rules(**LEVEL_ONLY, quotas={"A": 2})
    assert hot(chosen(own, two, years=[2025])) == ["G0", "G1"]
    assert sorted(hot(chosen(own.iloc[::-1].reset_index(drop=True), two, years=[2025]))) == ["G0", "G1"]


def test_a_part_with_a_weight_needs_data() -> None:
    own = cells([3.0, 2.0, 1.0], emission=[np.nan] * 3)
    with pytest.raises(InputError, match="the part emission of the score has a weight and no data"):
        chosen(own, rules(weight_year_before=0, weight_third_year=0), years=[2025])
    with pytest.raises(InputError, match="the part population"):
        chosen(
            cells([3.0, 2.0, 1.0]),
            rules(weight_year_before=0, weight_third_year=0, weight_enterprises=0.05, weight_population=0.1),
            years=[2025],
        )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"hot_shares": 0.1}, "no such rule"),
        ({"hot_share": "many"}, "not a number of a rule"),
        ({"floor_share": 0.5}, "floor_share 0.5 above cap_share 0.3"),
        ({"weight_level": -0.1}, "weights"),
        ({"keep_within": 0.9}, "keep_within 0.9"),
        ({"hot_count": -1}, "a count below zero"),
        ({"quotas": {"A": -1}}, "a count below zero"),
        ({"weight_last_year": 0}, "weights of the years"),
        ({"weight_level": 0.5}, "weights that add up to 1.2"),
        ({"weight_level": 0.2}, "weights that add up to 0.9"),
        ({"weight_emission": 0, "weight_level": 0.9}, "weights that add up to 1.3"),
        ({"weight_third_year": 0.1}, "weights of the years that add up to 0.9"),
        ({"hot_count": 100.5}, "100.5 is no whole number"),
        ({"quotas": {"A": 1.5}}, "1.5 is no whole number"),
        ({"background_km": 0}, "background 0.0 km"),
        ({"hot_share": float("nan")}, "hot_share nan"),
    ],
)
def test_rules_that_no_choice_can_be_made_with_are_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        rules(**changes)


def test_two_lists_beside_each_other() -> None:
    before = pd.DataFrame(
        {
            "grid_id": ["G1", "G2", "G3"],
            "unit_code": ["A", "A", "B"],
            "county": "一县",
            "is_hot": [True, True, False],
            "is_monitored": [True, False, False],
        }
    )
    after = before.assign(is_hot=[True, False, True], is_monitored=[False, False, True])
    rows = compared(before, after)
    assert rows[["grid_id", "change", "monitored"]].to_numpy().tolist() == [
        ["G1", "kept", "left"],
        ["G2", "left", ""],
        ["G3", "new", "new"],
    ]
    assert change_counts(rows).to_dict("records") == [
        {"unit_code": "A", "new": 0, "kept": 1, "left": 1, "before": 2, "after": 1, "retained": 0.5},
        {
            "unit_code": "B",
            "new": 1,
            "kept": 0,
            "left": 0,
            "before": 0,
            "after": 1,
            "retained": pytest.approx(np.nan, nan_ok=True),
        },
        {"unit_code": "total", "new": 1, "kept": 1, "left": 1, "before": 2, "after": 2, "retained": 0.5},
    ]


def test_which_grids_hang_on_the_weights() -> None:
    own = cells([9.0, 8.0, 1.0, 1.0], emission=[9.0, 9.0, 90.0, 9.0])
    two = rules(
        weight_year_before=0,
        weight_third_year=0,
        weight_excess=0,
        weight_enterprises=0,
        weight_level=0.6,
        weight_emission=0.4,
        quotas={"A": 2},
    )
    weights, grids = sensitivity(own, two, years=[2025])
    assert weights[["part", "shift", "weight", "chosen", "stay"]].to_numpy().tolist() == [
        ["level", -0.1, 0.5, 2, 1],
        ["level", 0.1, 0.7, 2, 2],
        ["emission", -0.1, 0.3, 2, 2],
        ["emission", 0.1, 0.5, 2, 1],
    ]
    assert grids[["grid_id", "is_hot", "chosen_in", "trials"]].to_numpy().tolist() == [
        ["G1", True, 2, 4],
        ["G2", False, 2, 4],
        ["G0", True, 4, 4],
    ]
