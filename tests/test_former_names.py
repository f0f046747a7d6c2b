"""Files, mappings, frozen figures and Parquet days of before say city_code and city_name: all of them are still read."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import get_args

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlalchemy import Engine

from include.former_names import FORMER_RULES, former, json_of_today, present, with_present_names
from include.periods import office_zone
from include.post.drafts import draft
from include.sources.air.recognition import recognise
from include.sources.layout import LAYOUTS
from include.sources.mapping.files import load
from include.sources.mapping.language import TableMapping
from include.sources.mapping.transform import transform
from include.sources.reading.text_files import text_frame
from include.sources.stations.layouts import STATIONS
from include.sources.stations.reading import read_rows
from include.store.archive import Archive
from include.store.judged_hours import GRID_HOURS, judged_path, read_judged, replace_judged
from include.store.watch_alarms import content_hash
from include.supervision.rule_codes import RULE_WORDS, CaseRule, FollowUpRule, SuggestionRule
from tests.post.samples import NOW, add_cities, composition, facts, released


def test_names() -> None:
    assert [present(name) for name in ("city_code", "unit_name", "county")] == [
        "unit_code",
        "unit_name",
        "county",
    ]
    assert [former(name) for name in ("unit_name", "county")] == ["city_name", "county"]
    both = {"city_code": "1", "unit_code": "2", "county": "3"}
    assert with_present_names(both) == {"unit_code": "2", "county": "3"}
    assert with_present_names({"city_code": "1"}) == {"unit_code": "1"}


def test_only_keys_of_json_are_renamed() -> None:
    told = r'{"city_code":"city_code","city_name" : "说 \"city_name\": 是","cities":[{"city_code":null}]}'
    assert json_of_today(told) == (
        r'{"unit_code":"city_code","unit_name" : "说 \"city_name\": 是","cities":[{"unit_code":null}]}'
    )


def test_rules_that_figures_kept_as_words_are_codes() -> None:
    told = '{"rule":"超期未反馈","subjects":[{"name":"\\"rule\\":\\"整改逾期\\""}],"rule": "其他"}'
    assert json_of_today(told) == told.replace('"rule":"超期未反馈"', '"rule":"overdue"')
    assert {code: word for word, code in FORMER_RULES.items()} == RULE_WORDS
    assert set(RULE_WORDS) == {*get_args(CaseRule), *get_args(SuggestionRule), *get_args(FollowUpRule)}


def test_a_mapping_may_still_say_the_former_names(tmp_path: Path) -> None:
    path = tmp_path / "mapping.yaml"
    path.write_text(
        "tables: {alarms: {columns: {city_code: 城市, grid_id: {same_as: city_code}, point_name: {template: '{.city_code}站'}}}}",
        encoding="utf-8",
    )
    (mapping,) = load(path, office_zone()).tables
    own = transform(mapping, LAYOUTS["alarms"], text_frame(["城市"], [["140300"]]))
    assert own[["unit_code", "grid_id", "point_name"]].to_numpy().tolist() == [
        ["140300", "140300", "140300站"]
    ]


@pytest.mark.parametrize("name", ["city_code", "unit_code"])
def test_files_of_dust_say_either(name: str) -> None:
    assert recognise([name, "hour", "is_dust"], "dust.csv") is None


@pytest.mark.parametrize("name", ["city_code", "unit_code"])
def test_parquet_of_stations_says_either(name: str, tmp_path: Path) -> None:
    row = {"station_id": "S1", "kind": "micro", name: "140300", "grid_id": "T1", "lon": 113.5, "lat": 37.8}
    path = tmp_path / "stations.parquet"
    pd.DataFrame([row]).to_parquet(path, index=False)
    mapping = TableMapping("stations", files=("stations*",), time_zone=office_zone())
    (chunk,) = read_rows(path, STATIONS, mapping, {}).chunks
    assert chunk.rows["unit_code"].tolist() == ["140300"]
    assert "city_code" not in chunk.rows


def test_judged_hours_of_before_are_read(tmp_path: Path) -> None:
    now = judged_path(tmp_path, GRID_HOURS, date(2020, 3, 12))
    path = now.with_suffix(".parquet")
    path.parent.mkdir(parents=True)
    hour = datetime(2020, 3, 12, 1, tzinfo=UTC)
    table = pa.table(
        {"grid_id": ["T1"], "city_code": ["140300"], "hour": pa.array([hour], pa.timestamp("s", "UTC"))}
    )
    texts = table.set_column(1, "city_code", table["city_code"].dictionary_encode())
    pq.write_table(texts.replace_schema_metadata({b"edition": b"e"}), path)
    end = hour + timedelta(hours=1)
    for columns in (None, ["unit_code", "grid_id", "hour"]):
        found = read_judged(tmp_path, GRID_HOURS, hour, end, "e", columns)
        assert found[["grid_id", "unit_code"]].to_numpy().tolist() == [["T1", "140300"]]
    more = found.assign(grid_id="T2", hour=pd.Timestamp(end).as_unit("s"))
    replace_judged(tmp_path, GRID_HOURS, more, end, end + timedelta(hours=1), "e")
    assert [one.name for one in now.parent.iterdir()] == [now.name]
    both = read_judged(tmp_path, GRID_HOURS, hour, end + timedelta(hours=1), "e")
    assert both[["grid_id", "unit_code"]].to_numpy().tolist() == [["T1", "140300"], ["T2", "140300"]]


def test_a_revision_of_before_is_known_again_by_its_hash() -> None:
    row = {"alarm_id": "W1", "revision": 1, "grid_id": "T1", "unit_code": "140300", "county": "郊区"}
    assert content_hash(row) == "1d19695c068d6300f03c029644cadec471c4f442f09f92f2380a94ea8fb137cb"


def test_a_re_run_does_not_differ_by_the_names_of_before(engine: Engine, tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    add_cities(engine)
    released(engine, archive, facts(figures='{"city_code":"140300"}'))
    again = facts(figures='{"unit_code":"140300"}')
    assert not draft(engine, archive, again, composition(), now=NOW, actor="run").differs
