"""Episodes, what is held back, lasting excess and cells, on literal rows."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from include.watch import (
    DEFAULT_RULES,
    Judged,
    cell_table,
    cells,
    episodes,
    judge_hours,
    lasting_excess,
    station_days,
    suppressed,
    tied,
)
from include.watch.surface import ESTIMATED, MEASURED
from tests.watch.small_world import START, Air, gains, grids, stations

RULES = DEFAULT_RULES
HOUR = pd.Timedelta(hours=1)


def grid_hours(raised: str, increments: list[float] | None = None, **other: object) -> pd.DataFrame:
    """One grid's hours: `#` raised, `.` not."""
    count = len(raised)
    return pd.DataFrame(
        {
            "grid_id": "G1",
            "unit_code": "410100",
            "hour": pd.date_range(START.tz_convert("UTC"), periods=count, freq="h"),
            "stations": 3,
            "spoke": 3,
            "background_ug_m3": 50.0,
            "background_sd_ug_m3": 3.0,
            "station_id": "M1",
            "increment_ug_m3": increments or [40.0 if c == "#" else 5.0 for c in raised],
            "increment_share": [v / 50 for v in (increments or [40.0 if c == "#" else 5.0 for c in raised])],
            "second_increment_ug_m3": 0.0,
            "hit_stations": 1,
            "pm25_ug_m3": [90.0 + k for k in range(count)],
            "official_factor": 1.0,
            "officials": 2,
            "city_spoke": 20,
            "city_risen": 1,
            "coarse_ratio": 1.5,
            "rh_pct": 50.0,
            "evidence": 3.0,
            "probability": [0.9 if c == "#" else 0.1 for c in raised],
            "confidence": [0.94 if c == "#" else 0.4 for c in raised],
            "fault_probability": 0.0,
            "is_raised": [c == "#" for c in raised],
        }
        | other
    )


def found(raised: str, increments: list[float] | None = None) -> list[tuple[int, int, int, int]]:
    """First hour, last hour, hour in whose end it was raised, hours of each episode."""
    rows = grid_hours(raised, increments)
    frame = episodes(rows, START, START + len(raised) * HOUR, RULES)
    told = [(frame[name] - START) // HOUR for name in ("started_at", "last_at", "raised_at")]
    return list(zip(*(part.astype(int) for part in told), frame["alarm_count"], strict=True))


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        ("........", []),
        ("..##....", [(2, 3, 3, 2)]),
        ("..#.....#", [(2, 8, 3, 2)]),  # six hours apart: the same
        ("..#......#", [(2, 2, 3, 1), (9, 9, 10, 1)]),
        ("#" * 50, [(0, 35, 1, 36)]),  # what has no pause is no alarm for ever
    ],
)
def test_hours_that_belong_together_are_one_alarm(
    raised: str, expected: list[tuple[int, int, int, int]]
) -> None:
    assert found(raised) == expected


def test_an_episode_begins_with_its_first_high_hour() -> None:
    assert found("...#", [5, 40, 30, 45]) == [(1, 3, 4, 3)]
    assert found("......#", [40, 40, 40, 40, 40, 40, 45]) == [(3, 6, 7, 4)]  # at most three hours back
    assert found("...#", [40, 5, 30, 45]) == [(2, 3, 4, 2)]


def test_an_alarms_name_is_made_of_grid_and_first_hour() -> None:
    frame = episodes(grid_hours("..#"), START, START + 3 * HOUR, RULES)
    assert frame["alarm_id"].tolist() == ["W-G1-2020040218"]
    assert frame[["peak_pm25_ug_m3", "edition"]].to_numpy().tolist() == [[92.0, RULES.edition]]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, "single_hour"),
        ({"hit_stations": 2}, "weak"),
        ({"coarse_ratio": 3.5}, "dust"),
        ({"city_risen": 8}, "wide"),
        ({"rh_pct": 95.0}, "humid"),
        ({"background_sd_ug_m3": 20.0}, "surroundings"),
        ({"fault_probability": 0.8}, "fault"),
    ],
)
def test_what_was_held_back_says_why(change: dict[str, object], reason: str) -> None:
    rows = grid_hours("....", [5, 40, 40, 5], **change)
    held = suppressed(rows, episodes(rows, START, START + 4 * HOUR, RULES), START, START + 4 * HOUR, RULES)
    assert held[["grid_id", "hours", "reason", "peak_increment_ug_m3"]].to_numpy().tolist() == [
        ["G1", 2, reason, 40.0]
    ]


def test_what_goes_on_too_long_is_listed_as_lasting() -> None:
    rows = grid_hours("#" * 60)
    end = START + 60 * HOUR
    held = suppressed(rows, episodes(rows, START, end, RULES), START, end, RULES)
    assert held["reason"].tolist() == ["lasting"]


def test_lasting_excess_needs_all_stations_and_weeks() -> None:
    rows = []
    for grid, ratios in {
        "G1": (0.5, 0.45, 0.55, 0.5),
        "G2": (0.6, 0.0, -0.1, 0.0),
        "G3": (0.5, 0.5, 0.5, 0.5),
    }.items():
        for k, ratio in enumerate(ratios):
            for number in range(14 if grid != "G3" else 6):
                on = date(2020, 4, 1) + timedelta(days=number)
                rows.append((f"{grid}{k}", on, "410100", grid, 24, 60.0, ratio))
    names = ["station_id", "date", "unit_code", "grid_id", "hours", "pm25_ug_m3", "log_ratio"]
    frame = lasting_excess(pd.DataFrame(rows, columns=names), date(2020, 4, 1), date(2020, 4, 15), RULES)
    assert frame.set_index("grid_id")["is_lasting"].to_dict() == {"G1": True, "G3": False, "G2": False}
    first = frame.set_index("grid_id").loc["G1"]
    assert (first["days"], first["stations"]) == (14, 4)
    assert first["excess_share"] == pytest.approx(np.exp(0.5) - 1)
    assert first["excess_ug_m3"] == pytest.approx(60 * (1 - np.exp(-0.5)))


def test_cells_show_an_increment_only_where_a_station_stands() -> None:
    air = Air()
    air.smoke(4, 9, [60, 80, 70], "M40", "M41")
    table, rows = stations(), air.rows()
    days = station_days(table, rows, date(2020, 4, 3), date(2020, 4, 8), RULES)
    at = START + pd.Timedelta(hours=4 * 24 + 10)
    judged = judge_hours(table, rows, gains(table, days), at, at + HOUR, RULES)
    surface = cells(table, grids(), judged, RULES).merge(cell_table(grids()), on=["cell_id", "grid_id"])
    assert len(surface) == 9 * 36
    own = surface[surface["grid_id"] == "G4"]
    measured = own[own["kind"] == MEASURED]
    assert measured["stations"].sum() == 3
    stand = table[table["station_id"] == "M40"].iloc[0]
    cell = own[
        (own["west"] <= stand.lon)
        & (stand.lon < own["east"])
        & (own["south"] <= stand.lat)
        & (stand.lat < own["north"])
    ]
    assert cell["kind"].tolist() == [MEASURED]
    estimated = own[own["kind"] == ESTIMATED]
    assert cell["pm25_ug_m3"].iloc[0] > estimated["pm25_ug_m3"].max() + 40
    assert estimated["pm25_ug_m3"].max() - estimated["pm25_ug_m3"].min() < 5
    assert (surface["variance_ug2_m6"] > 0).all()


def test_cells_of_a_silent_city_are_empty_and_not_clean() -> None:
    air = Air()
    air.samples[4 * 24 :] = 0
    table, rows = stations(), air.rows()
    at = START + pd.Timedelta(hours=4 * 24 + 10)
    days = station_days(table, rows, date(2020, 4, 3), date(2020, 4, 6), RULES)
    surface = cells(table, grids(), judge_hours(table, rows, gains(table, days), at, at + HOUR, RULES), RULES)
    assert surface["pm25_ug_m3"].isna().all()
    assert set(surface["kind"]) == {ESTIMATED}


def test_nothing_judged_is_nothing_found() -> None:
    none = judge_hours(
        stations(),
        Air(days=1).rows().iloc[:0],
        gains(
            stations(),
            station_days(stations().iloc[:0], Air(days=1).rows(), date(2020, 4, 3), date(2020, 4, 3), RULES),
        ),
        START,
        START,
        RULES,
    )
    assert isinstance(none, Judged)
    assert none.grid_hours.empty
    assert episodes(none.grid_hours, START, START, RULES).empty


def test_the_figures_of_an_alarm_are_tied_to_the_official_stations_and_add_up() -> None:
    rows = grid_hours(
        "..##..",
        increments=[5, 5, 112, 100, 5, 5],
        official_factor=0.8,
        pm25_ug_m3=[44, 44, 129.6, 120, 44, 44],
    )
    alarm = episodes(rows, START, START + 6 * HOUR, RULES).iloc[0]
    told = alarm[["peak_pm25_ug_m3", "background_ug_m3", "peak_increment_ug_m3"]].tolist()
    assert told == [129.6, 40.0, 89.6]
    hour = tied(rows).iloc[2]
    assert hour["background_ug_m3"] + hour["increment_ug_m3"] == pytest.approx(hour["pm25_ug_m3"])
