"""Stations and their hours from a platform under docs/platform-api.yaml: only what is over, once, and again when it is asked again."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pandas as pd
import pytest
import yaml
from sqlalchemy import Engine, select

from include.simulator.platform_server import load_platform, platform_app, serving
from include.sources.config import SourceConfig
from include.sources.kinds.platform import PATHS
from include.sources.layout import DATA_ORIGIN
from include.sources.stations.layouts import STATION_LAYOUTS
from include.sources.stations.sources import take_waiting
from include.store.engine import reading
from include.store.station_hours import STATION_HOURS, SUBMETER_HOURS, WINDS, read_hours
from include.store.tables import pull
from include.store.watch_tables import station
from tests.sources.exports import write
from tests.sources.test_stations import GRIDS, HOURS, STATIONS

ROOT = Path(__file__).parents[2]
CONTRACT = yaml.safe_load((ROOT / "docs/platform-api.yaml").read_text(encoding="utf-8"))
SCHEMAS = {
    "stations": "Station",
    "station_hours": "StationHour",
    "station_minutes": "StationMinute",
    "winds": "Wind",
    "submeter_hours": "SubmeterHour",
}
AT_NINE = datetime(2020, 4, 3, 1, tzinfo=UTC)
LATER = "M1,2020-04-03T09:00:00+08:00,48,,,,12\n"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("exports")
    for name in ("alarms", "feedback", "problems", "contacts"):
        write(folder, name, {})
    (folder / "grids.csv").write_text(GRIDS, "utf-8")
    (folder / "stations.csv").write_text(STATIONS, "utf-8")
    (folder / "station_hours_20200403.csv").write_text(HOURS + LATER, "utf-8")
    hours = pd.DataFrame(
        {
            "station_id": ["370800-W01"],
            "hour": pd.to_datetime(["2020-04-03T08:00+08:00"]),
            "wind_from_deg": [90.0],
            "wind_speed_m_s": [2.5],
        }
    )
    hours.to_parquet(folder / "winds_20200403.parquet")
    (folder / "submeter_hours_20200403.csv").write_text(
        "enterprise_id,hour,production_kw,treatment_kw\nQ1,2020-04-03T08:00+08:00,266,73.5\n", "utf-8"
    )
    (folder / "station_minutes_20200403.csv").write_text(
        "station_id,observed_at,pm25_ug_m3\nM1,2020-04-03T08:05+08:00,40\n", "utf-8"
    )
    with serving(platform_app(load_platform(folder, "secret"))) as address:
        yield address


@pytest.mark.parametrize("table", SCHEMAS)
def test_the_contract_names_every_field_and_its_pages_keep_it(url: str, table: str) -> None:
    schema = CONTRACT["components"]["schemas"][SCHEMAS[table]]
    assert list(schema["properties"]) == [*STATION_LAYOUTS[table].names, DATA_ORIGIN]
    assert schema["required"] == list(STATION_LAYOUTS[table].required)
    window = {"changed_from": "2020-04-03T00:00:00+08:00", "changed_until": "2020-04-04T00:00:00+08:00"}
    answer = httpx.get(f"{url}{PATHS[table]}", params=window, headers={"authorization": "Bearer secret"})
    body: dict[str, Any] = answer.json()
    jsonschema.validate(body, CONTRACT["components"]["schemas"]["Page"])
    assert body["records"]
    for record in body["records"]:
        jsonschema.validate(record, schema)


def test_an_hour_comes_when_it_is_over_and_once(url: str, engine: Engine, tmp_path: Path) -> None:
    source = SourceConfig("platform", "platform", url, token="secret", options={"page_size": 2})

    def taken(at: datetime) -> tuple[int, list[str]]:
        done = take_waiting(
            engine, tmp_path / "days", tmp_path / "in", (source,), at, now=at + timedelta(minutes=10)
        )
        return done.new, done.errors

    assert taken(AT_NINE) == (1 + 3 + 2 + 1 + 1, [])
    assert taken(AT_NINE + timedelta(hours=1)) == (1, [])
    assert taken(AT_NINE + timedelta(hours=1)) == (0, [])
    day = (datetime(2020, 4, 2, tzinfo=UTC), datetime(2020, 4, 4, tzinfo=UTC))
    found = read_hours(tmp_path / "days", STATION_HOURS, *day).to_pandas().sort_values(["station_id", "hour"])
    assert found["pm25_ug_m3"].tolist() == [40.5, 48.0, 44.0]
    assert read_hours(tmp_path / "days", WINDS, *day).to_pandas()["wind_from_deg"].tolist() == [90.0]
    assert read_hours(tmp_path / "days", SUBMETER_HOURS, *day).to_pandas()["production_kw"].tolist() == [
        266.0
    ]
    with reading(engine) as connection:
        assert connection.execute(
            select(station.c.station_id).order_by(station.c.station_id)
        ).scalars().all() == ["370800-W01", "M1", "M2"]
        windows = connection.execute(select(pull.c.start_at, pull.c.end_at).order_by(pull.c.start_at)).all()
    assert windows[0][1] == windows[1][0] == AT_NINE + timedelta(minutes=10)
