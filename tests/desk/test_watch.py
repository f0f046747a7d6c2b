"""The network's health, an alarm's evidence, scores and cells, from a store that a small world filled."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import Engine

from include.errors import InputError
from include.house import House, default_registry, open_house
from include.office.watch_evidence import explain, explained
from include.office.watch_export import exported_alarms
from include.office.watch_network import network
from include.office.watch_scores import Truth, read_truth, scores
from include.periods import midnight
from include.simulator.watch_world.options import WorldOptions
from include.simulator.watch_world.world import write_world
from include.sources.stations.intake import import_stations
from include.store.engine import open_engine, reading, writing
from include.store.migrate import migrate
from include.store.watch_facts import keep_station_days
from include.watch import DEFAULT_RULES
from include.workflows.watch_cells import cells_of_hour, write_cells
from include.workflows.watch_explaining import surroundings_of
from include.workflows.watching import watch

NOW = datetime(2026, 1, 1, tzinfo=UTC)
FACT = {
    "unit_code": "370800",
    "grid_id": "T1",
    "hours": 24,
    "completeness": 1.0,
    "pm25_ug_m3": 40.0,
    "log_ratio": 0.05,
    "spread": 0.1,
    "spikes": 0,
    "stuck_hours": 0,
    "range_hours": 0,
    "dead_hours": 0,
    "verdict": "ok",
}


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> tuple[House, Path]:
    var = tmp_path_factory.mktemp("judged")
    write_world(WorldOptions(seed=3, start=date(2020, 3, 1), days=6, grids=12), var / "w", None)
    engine = open_engine(f"sqlite:///{var / 'supervision.db'}")
    migrate(engine)
    house = replace(open_house(default_registry(), var), engine=engine)
    import_stations(engine, house.stations_dir, [var / "w" / "world"], now=NOW)
    watch(house, midnight(date(2020, 3, 1)), midnight(date(2020, 3, 7)), now=NOW)
    return house, var / "w"


def test_which_stations_to_service(engine: Engine) -> None:
    days = {
        "M1": [{}, {}, {}],
        "M2": [{"verdict": "stuck", "stuck_hours": 20, "hours": 4, "completeness": 0.17}] * 2 + [{}],
        "M3": [{"log_ratio": 0.5}] * 3,
        "M4": [{"verdict": "few", "hours": 5, "completeness": 0.2, "unit_code": "371500"}] + [{"unit_code": "371500"}] * 2,
        "M5": [{"verdict": "missing", "hours": 0, "completeness": 0.0, "log_ratio": None, "spread": None, "unit_code": "371500"}] * 3,
    }  # fmt: skip
    with writing(engine) as connection:
        for place, day in enumerate((date(2020, 4, 1), date(2020, 4, 2), date(2020, 4, 3))):
            facts = pd.DataFrame([FACT | {"station_id": name} | told[place] for name, told in days.items()])
            keep_station_days(connection, facts, day, DEFAULT_RULES.edition, "x", now=NOW)
    shown, units, stations = network(engine)
    assert shown == date(2020, 4, 3)
    assert units.values.tolist() == [
        ["370800", "济宁市", 3, 3, 2, 0.816],
        ["371500", "聊城市", 2, 1, 1, 0.367],
        ["total", "合计", 5, 4, 3, 0.636],
    ]
    assert stations[["unit_code", "station_id", "bad_days", "days", "reason"]].values.tolist() == [
        ["370800", "M2", 2, 3, "卡值（3天中2天）"],
        ["370800", "M3", 0, 3, "读数约为周边的1.65倍，宜校准"],
        ["371500", "M5", 3, 3, "无数据（3天中3天）"],
    ]


def test_a_store_without_daily_facts_has_no_network_to_show(engine: Engine) -> None:
    shown, units, stations = network(engine)
    assert (shown, len(units), len(stations)) == (None, 0, 0)


def test_every_number_of_an_alarm(judged: tuple[House, Path]) -> None:
    house, _ = judged
    with reading(house.engine) as connection:
        alarms = exported_alarms(connection)
    row = alarms.iloc[0]
    found = explained(explain(house, row["alarm_id"]))
    json.dumps(found)
    assert (found["started_at"], found["raised_at"], found["peak_pm25_ug_m3"]) == (
        row["started_at"],
        row["pushed_at"],
        row["peak_pm25_ug_m3"],
    )
    hours = pd.DataFrame(found["hours"]).set_index("hour")
    raised = hours[hours["is_raised"]]
    assert raised.index[-1] == row["last_at"]
    assert (
        round(hours["pm25_ug_m3"].loc[row["started_at"] : row["last_at"]].max(), 1) >= row["peak_pm25_ug_m3"]
    )
    share = hours["bar_ug_m3"] / (25.0 * hours["official_factor"])
    assert share.to_numpy() == pytest.approx((hours["bar_share"] / 0.3).to_numpy(), abs=2e-3)
    assert raised["confirmed"].all()
    assert (raised["increment_ug_m3"] >= raised["bar_ug_m3"] - 2e-3).all()
    assert (raised["increment_share"] >= raised["bar_share"] - 2e-3).all()
    assert (raised["second_station"] | raised["second_hour"].astype(bool)).all()
    stations = pd.DataFrame(found["stations"])
    assert set(stations["grid_id"]) == {row["grid_id"]}
    assert stations["read_pm25_ug_m3"].notna().any()
    numbers = pd.concat([hours, stations]).select_dtypes("float").stack().dropna()
    assert (numbers == numbers.round(9)).all()  # as decimals: none as single precision leaves it
    assert found["revisions"][-1]["alarm_count"] == row["alarm_count"]


def test_levels_and_surroundings_can_be_computed_again_from_what_is_told(judged: tuple[House, Path]) -> None:
    house, _ = judged
    with reading(house.engine) as connection:
        row = exported_alarms(connection).iloc[0]
    stations = pd.DataFrame(explained(explain(house, row["alarm_id"]))["stations"])
    used = stations[stations["flag"] == "ok"]
    assert len(used) > 3
    again = (used["read_pm25_ug_m3"] / used["swelling"] + 5) / np.exp(used["gain"]) - 5
    assert again.to_numpy() == pytest.approx(used["pm25_ug_m3"].to_numpy(), abs=2e-3)
    deciding_at = datetime.fromisoformat(row["pushed_at"]).astimezone(UTC) - timedelta(hours=1)
    told = surroundings_of(house, row["grid_id"], deciding_at)
    assert told is not None
    near = pd.DataFrame(told["neighbours"])
    assert len(near) >= 3
    assert near["distance_km"].is_monotonic_increasing
    mean = told["middle_log"] + (near["share"] * near["residual_log"]).sum()
    assert mean == pytest.approx(told["mean_log"], abs=1e-5)
    residual = np.log(near["level_ug_m3"] + told["offset_ug_m3"]) - told["middle_log"]
    assert residual.to_numpy() == pytest.approx(near["residual_log"].to_numpy(), abs=1e-5)
    assert surroundings_of(house, "T-nowhere", deciding_at) is None
    assert surroundings_of(house, row["grid_id"], deciding_at - timedelta(days=400)) is None


def test_an_alarm_that_is_not_there(judged: tuple[House, Path]) -> None:
    with pytest.raises(InputError, match="no such alarm"):
        explain(judged[0], "W-X-1")


def test_scores_by_hand() -> None:
    def hour(text: str) -> pd.Timestamp:
        return pd.Timestamp(f"2020-04-{text}:00+08:00").tz_convert("UTC")

    events = pd.DataFrame(
        [
            ("G1", hour("10T08"), hour("10T10"), 3, 60.0, "Q1"),
            ("G2", hour("11T08"), hour("11T12"), 5, 90.0, "Q2"),
        ],
        columns=["grid_id", "first", "last", "hot_hours", "peak_excess_ug_m3", "source"],
    )
    excess = pd.DataFrame({"grid_id": ["G1", "G3"], "hour": [hour("10T09"), hour("12T05")]})
    truth = Truth(events, excess, hour("01T00"), hour("14T00"), 10)
    alarms = pd.DataFrame(
        [
            (
                "a",
                "G1",
                "2020-04-10T08:00:00+08:00",
                "2020-04-10T10:00:00+08:00",
                "2020-04-10T10:00:00+08:00",
                0.9,
            ),
            (
                "b",
                "G1",
                "2020-04-10T12:00:00+08:00",
                "2020-04-10T12:00:00+08:00",
                "2020-04-10T13:00:00+08:00",
                0.8,
            ),
            (
                "c",
                "G3",
                "2020-04-12T04:00:00+08:00",
                "2020-04-12T05:00:00+08:00",
                "2020-04-12T06:00:00+08:00",
                0.7,
            ),
            (
                "d",
                "G2",
                "2020-04-12T04:00:00+08:00",
                "2020-04-12T05:00:00+08:00",
                "2020-04-12T06:00:00+08:00",
                0.6,
            ),
        ],
        columns=["alarm_id", "grid_id", "started_at", "last_at", "pushed_at", "confidence"],
    )
    suspects = pd.DataFrame(
        [("a", 1, "unlisted", 0.5), ("a", 2, "Q9", 0.3), ("a", 3, "Q1", 0.2), ("b", 1, "Q1", 0.9)],
        columns=["alarm_id", "rank", "enterprise_id", "score"],
    )
    assert scores(alarms, suspects, truth) == {
        "events": 2, "alarms": 4, "matched": 2, "neutral": 1, "false": 1, "overlong": 0, "precision": 0.6667, "recall": 0.5,
        "recall_3_hot_hours": 0.5, "recall_4_hot_hours": 0.0, "false_per_grid_day": 0.01, "repeats": 0.5, "time_to_alarm_h_p50": 1.0,
        "time_to_alarm_h_p90": 1.0, "confidence_ece": 0.3, "confidence_brier": 0.1367, "listed_matched": 2, "hit@1": 0.5, "hit@3": 1.0,
    }  # fmt: skip


def test_a_folder_that_is_no_truth(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not the truth of a world"):
        read_truth(tmp_path)


def test_a_world_scores_against_its_own_truth(judged: tuple[House, Path]) -> None:
    house, folder = judged
    truth = read_truth(folder / "truth")
    with reading(house.engine) as connection:
        alarms = exported_alarms(connection)
    found = scores(alarms, pd.DataFrame(columns=["alarm_id", "rank", "enterprise_id", "score"]), truth, 0)
    assert found["alarms"] == len(alarms)
    assert found["matched"] + found["neutral"] + found["false"] == len(alarms)


def test_cells_of_an_hour_as_files(judged: tuple[House, Path], tmp_path: Path) -> None:
    house, _ = judged
    hour = datetime(2020, 3, 4, 0, tzinfo=UTC)
    found = cells_of_hour(house, hour)
    assert len(found) == 12 * 36
    assert set(found["kind"]) == {"实测", "估算"}
    assert (found.loc[found["kind"] == "实测", "stations"] > 0).all()
    for name in ("cells.parquet", "cells.csv", "cells.geojson"):
        write_cells(found, tmp_path / name)
    told = json.loads((tmp_path / "cells.geojson").read_text("utf-8"))
    first = told["features"][0]
    assert (len(told["features"]), first["properties"]["data_origin"]) == (432, "模拟数据")
    assert first["properties"]["hour"] == "2020-03-04T08:00:00+08:00"
    assert len(pd.read_parquet(tmp_path / "cells.parquet")) == len(pd.read_csv(tmp_path / "cells.csv")) == 432
    with pytest.raises(InputError, match="no such form"):
        write_cells(found, tmp_path / "cells.shp")
    with pytest.raises(InputError, match="was not judged"):
        cells_of_hour(house, datetime(2021, 1, 1, tzinfo=UTC))
