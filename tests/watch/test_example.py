"""The watch over the example world, scored by its own scorer; skipped where the data are not laid beside the project."""

import importlib.util
import os
from datetime import timedelta
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest

from include.former_names import former, present
from include.watch import DEFAULT_RULES, episodes, judge_hours, station_days, station_gains

SHARED = Path(
    os.environ.get("QIANLIYAN_SHARED_DATA", Path(__file__).resolve().parents[3] / "shared" / "data")
)
EXAMPLE = SHARED / "watch_example"
RULES = DEFAULT_RULES
TEXTS = {"station_id": str, "kind": str, former("unit_code"): str, "grid_id": str}

pytestmark = pytest.mark.skipif(not EXAMPLE.is_dir(), reason=f"the example world is not at {EXAMPLE}")


def scorer() -> ModuleType:
    spec = importlib.util.spec_from_file_location("watch_score", EXAMPLE / "score.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_example_is_watched_as_well_as_was_promised(tmp_path: Path) -> None:
    world = EXAMPLE / "world"
    stations = pd.read_csv(world / "stations.csv", dtype=TEXTS).rename(columns=present)
    hours = pd.concat([pd.read_parquet(path) for path in sorted(world.glob("station_hours_*.parquet"))])
    start, end = pd.Timestamp("2020-04-03T00:00+08:00"), pd.Timestamp("2020-04-24T00:00+08:00")
    days = station_days(stations, hours, start.date(), pd.Timestamp("2020-04-23").date(), RULES)
    known = station_gains(stations, days, start.date() - timedelta(days=1), end.date(), RULES)
    judged = judge_hours(stations, hours, known, start, end, RULES, with_stations=False)
    found = episodes(judged.grid_hours, start, end, RULES).rename(columns={"raised_at": "pushed_at"})
    found.to_csv(tmp_path / "alarms.csv", index=False)
    told = scorer().score(world, EXAMPLE / "truth", tmp_path / "alarms.csv")
    assert told["remarks"] == []
    assert told["precision"] >= 0.90
    assert told["recall"] >= 0.70
    assert told["recall_3_hot_hours"] >= 0.80
    assert told["false_per_grid_day"] <= 0.006
    assert told["repeats"] <= 0.05
    assert told["time_to_alarm_h_p50"] <= 1.5
    assert told["time_to_alarm_h_p90"] <= 3.5
    assert told["confidence"]["ece"] <= 0.06
