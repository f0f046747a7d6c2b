"""Stations that are told as those of a city: whichever import tells each of them, the city's hour is the mean of all."""

import shutil
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from itertools import permutations
from pathlib import Path

import pytest
from sqlalchemy import Engine

from include.periods import office_zone
from include.sources.air.quality import ImportResult, import_air_quality
from include.sources.every_table import TABLES
from include.sources.mapping.files import load
from include.store.engine import open_engine
from include.store.hourly import hours_path, read_given, read_hours

NOW = datetime(2026, 5, 20, 1, tzinfo=UTC)
DAY = date(2026, 5, 10)
HOURLY = "by: station\ncolumns: {place: 站, city: 市, hour: {moment: '{日}', hours: 时}, pm25_ug_m3: 值}"
DAILY = "by: station\nevery: day\ncolumns: {place: 站, city: 市, hour: 日, pm25_ug_m3: 值}"
ALL = range(24)


@pytest.fixture
def store(sqlite_template: Path, tmp_path: Path) -> Iterator[Engine]:
    shutil.copy(sqlite_template, tmp_path / "supervision.db")
    engine = open_engine(f"sqlite:///{tmp_path / 'supervision.db'}")
    yield engine
    engine.dispose()


def take(
    store: Engine,
    folder: Path,
    name: str,
    stations: Mapping[str, float | str],
    hours: Iterable[int] = ALL,
    *,
    city: str = "北京",
    terms: str = HOURLY,
    replace: bool = False,
    table: str = "",
) -> ImportResult:
    """An import of one file: each station says its number and the hour."""
    path, own = folder / f"{name}.csv", folder / "own.yaml"
    own.write_text("tables:\n  air:\n    " + terms.replace("\n", "\n    ") + "\n")
    rows = [
        f"{station},{city},{DAY},{hour},{first + hour if isinstance(first, int | float) else first}\n"
        for station, first in stations.items()
        for hour in hours
    ]
    path.write_text("".join(["站,市,日,时,值\n", *rows]))
    known = folder / "known.csv"
    known.write_text(table)
    return import_air_quality(
        store,
        folder / "air",
        [path],
        now=NOW,
        replace=replace,
        mapping=load(own, office_zone(), TABLES).tables[0],
        stations=known if table else None,
    )


def of_city(folder: Path, code: str = "110000") -> dict[int, float]:
    """The hours of the city."""
    rows = read_hours(folder / "air", "city", [DAY])
    rows = rows[rows["place_id"] == code]
    return dict(zip(rows["hour"].tolist(), rows["pm25_ug_m3"].tolist(), strict=True))


@pytest.mark.parametrize("order", [*permutations(("a", "b", "c"))])
def test_stations_in_imports_of_their_own_are_one_mean_in_any_order(
    store: Engine, tmp_path: Path, order: tuple[str, ...]
) -> None:
    files = {"a": {"A1": 10, "A2": 20}, "b": {"A3": 100}, "c": {"A4": 110}}
    for name in order:
        found = take(store, tmp_path, name, files[name])
    assert of_city(tmp_path) == {hour: 60.0 + hour for hour in ALL}
    before = sorted(station for name in order[:-1] for station in files[name])
    assert f"城市均值另计入库中已有的站点{len(before)}个（{'、'.join(before)}）" in found.notes


def test_another_city_and_another_quantity_stay(store: Engine, tmp_path: Path) -> None:
    take(store, tmp_path, "a", {"A1": 10})
    take(store, tmp_path, "t", {"A1": 500}, city="天津")
    take(store, tmp_path, "p", {"A2": 70}, terms=HOURLY.replace("pm25_ug_m3", "pm10_ug_m3"))
    take(store, tmp_path, "b", {"A2": 30})
    assert of_city(tmp_path)[3] == 23.0
    assert of_city(tmp_path, "120000")[3] == 503.0
    pm10 = read_hours(tmp_path / "air", "city", [DAY]).set_index(["place_id", "hour"])["pm10_ug_m3"]
    assert pm10["110000", 3] == 73.0


def test_a_correction_of_one_station_leaves_the_others(store: Engine, tmp_path: Path) -> None:
    take(store, tmp_path, "a", {"A1": 10, "A2": 20})
    found = take(store, tmp_path, "b", {"A1": 30})
    assert (of_city(tmp_path)[0], found.corrected, found.untaken) == (25.0, 24, ())
    assert take(store, tmp_path, "b", {"A1": 30}).same_days == 1


def test_the_hours_of_a_station_come_in_parts(store: Engine, tmp_path: Path) -> None:
    take(store, tmp_path, "whole", {"A1": 10, "A2": 20})
    take(store, tmp_path, "a", {"A3": 90}, range(12), replace=True)
    # Two of three stations are not enough (75 %).
    assert of_city(tmp_path) == {hour: 40.0 + hour for hour in range(12)}
    found = take(store, tmp_path, "b", {"A3": 90}, range(12, 24))
    assert of_city(tmp_path) == {hour: 40.0 + hour for hour in ALL}
    assert "5月10日：与库中已有的小时合为一日（1个地方：保留12小时，补入12小时）" in found.notes


def test_a_station_that_would_lose_hours_is_asked_about_by_its_name(store: Engine, tmp_path: Path) -> None:
    take(store, tmp_path, "a", {"A1": 10, "A2": 20, "A3": 30, "A4": 40})
    found = take(store, tmp_path, "b", {"A4": 80}, range(10))
    assert "5月10日 北京/A4 PM2.5 24小时 → 10小时" in found.untaken[0]
    assert (found.untaken_values, of_city(tmp_path)[0]) == (10, 25.0)
    found = take(store, tmp_path, "b", {"A4": 80}, range(10), replace=True)
    assert {hour: value - hour for hour, value in of_city(tmp_path).items()} == {
        hour: 35.0 if hour < 10 else 20.0 for hour in ALL
    }
    assert "5月10日 北京/A4 PM2.5 24小时 → 10小时，已按要求替换" in found.notes


def test_a_table_of_stations_says_which_count(store: Engine, tmp_path: Path) -> None:
    terms = HOURLY.replace("city: 市, ", "")
    both, one = "station_id,city\nA1,北京\nA2,北京\n", "station_id,city\nA2,北京\n"
    take(store, tmp_path, "a", {"A1": 10}, terms=terms, table="station_id,city\nA1,北京\n")
    take(store, tmp_path, "b", {"A2": 30}, terms=terms, table=both)
    assert of_city(tmp_path)[0] == 20.0
    found = take(store, tmp_path, "b", {"A2": 32}, terms=terms, table=one)
    assert (of_city(tmp_path)[0], [note for note in found.notes if "另计入" in note]) == (32.0, [])


def test_an_emptied_station_counts_no_more(store: Engine, tmp_path: Path) -> None:
    take(store, tmp_path, "a", {"A1": 10, "A2": 20, "A3": 30, "A4": 1000})
    assert take(store, tmp_path, "b", {"A4": ""}).untaken
    take(store, tmp_path, "b", {"A4": ""}, replace=True)
    assert of_city(tmp_path)[0] == 20.0
    take(store, tmp_path, "c", {"A3": 60})
    assert of_city(tmp_path)[0] == 30.0


def test_given_means_of_stations_are_joined_and_never_mixed_with_hours(store: Engine, tmp_path: Path) -> None:
    take(store, tmp_path, "a", {"A1": 10}, [0], terms=DAILY)
    take(store, tmp_path, "b", {"A2": 20}, [0], terms=DAILY)
    assert read_given(tmp_path / "air", "city", [DAY])["pm25_ug_m3"].tolist() == [15.0]
    assert take(store, tmp_path, "c", {"A3": 90}).untaken
    assert not hours_path(tmp_path / "air", "member", DAY).exists() or of_city(tmp_path) == {}
