"""What the demo region puts into an installation, once."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pandas as pd
import pytest

from include import demo
from include.connections import read_registry
from include.demo import DEMO_SOURCE, prepare, pull_region
from include.house import SETTINGS_FILE, House, open_house
from include.office.air_quality import city_air
from include.periods import DAY, period_ending
from include.rules import SEASON_START
from include.simulator.region import write_region
from include.sources.air.quality import import_air_quality
from include.store.air_days import city_days, dust_hours, imported_days
from include.store.engine import reading
from include.store.enterprises import key_enterprises
from include.store.facts import last_push
from include.store.migrate import migrate
from tests.sources.air_files import put, wide_text

NOW = datetime(2020, 3, 1, tzinfo=UTC)
BULLETIN = period_ending("half_month", date(2020, 4, 1))


def prepared(house: House) -> None:
    prepare(house, now=NOW, start=BULLETIN.start, end=BULLETIN.end, warning_months=1)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """An installation with what one bulletin reads."""
    made = open_house(read_registry(SETTINGS_FILE, {}), tmp_path_factory.mktemp("demo") / "var")
    prepared(made)
    yield made
    made.engine.dispose()


def ledger(house: House, dataset: str) -> pd.DataFrame:
    with reading(house.engine) as connection:
        return imported_days(connection, dataset, date(2018, 1, 1), date(2021, 1, 1))  # type: ignore[arg-type]


def test_the_bulletin_finds_the_air_it_reads_and_all_of_it_is_simulated(house: House) -> None:
    for dataset, months in (("city", 6), ("grid", 3)):
        days = ledger(house, dataset)
        assert days["observed_on"].dt.strftime("%Y-%m").nunique() == months
        assert days["is_simulated"].all()
        assert set(days["source"]) == {DEMO_SOURCE}
        assert set(pd.date_range("2020-03-01", "2020-03-31")) <= set(days["observed_on"])
    with reading(house.engine) as connection:
        assert city_days(connection, date(2019, 1, 1), BULLETIN.end)["is_simulated"].all()
        dust = dust_hours(connection, BULLETIN.start, BULLETIN.end)
        assert key_enterprises(connection)["is_simulated"].all()
        assert len(key_enterprises(connection)) == 4000
    assert len(dust) > 20
    assert not list(house.var.glob(".*"))


def test_the_season_is_pulled_once_so_that_the_desk_has_a_day_to_show(tmp_path: Path) -> None:
    made = open_house(read_registry(SETTINGS_FILE, {}), tmp_path / "var")
    migrate(made.engine)
    (region,) = (Path(one.location) for one in made.sources if one.name == DEMO_SOURCE)
    write_region(SEASON_START, SEASON_START + DAY, region)
    now = datetime(2020, 11, 1, tzinfo=UTC)
    assert pull_region(made, now) > 0
    assert pull_region(made, now) == 0
    with reading(made.engine) as connection:
        assert last_push(connection, now) is not None
    assert pull_region(replace(made, sources=()), now) == 0
    made.engine.dispose()


def test_its_figures_have_ranks_gaps_and_both_signs(house: House) -> None:
    with_dust, without = (
        city_air(house.engine, house.hourly_dir, BULLETIN, is_without_dust=flag).cities
        for flag in (False, True)
    )
    assert with_dust["status"].value_counts().to_dict() == {"有效": 38, "数据不足": 1}
    assert (with_dust["yoy_pct"] > 0).any()
    assert (with_dust["yoy_pct"] < 0).any()
    assert (with_dust["ytd_status"] == "有效").all()
    assert ((with_dust["pm25_ug_m3"] - without["pm25_ug_m3"]) > 0.05).sum() >= 5


def test_what_is_there_stays(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    before = {path: path.stat().st_mtime_ns for path in house.var.rglob("*.parquet")}

    def fail(*_: object, **__: object) -> None:
        raise AssertionError("made anew")

    for name in ("write_region", "write_air", "import_air_quality", "import_enterprises"):
        monkeypatch.setattr(demo, name, fail)
    prepared(house)
    assert {path: path.stat().st_mtime_ns for path in house.var.rglob("*.parquet")} == before


def test_only_what_is_missing_is_made(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(demo, "write_air", lambda alarms, grids, months, end, to: asked.append((months, end)))
    monkeypatch.setattr(demo, "import_air_quality", lambda *_, **__: None)
    prepare(house, now=NOW, start=BULLETIN.end, end=date(2020, 4, 16), warning_months=1)
    ((months, end),) = asked
    assert ([str(month) for month in months.cities], [str(month) for month in months.grids], end) == (
        ["2019-04", "2020-04"],
        ["2019-04", "2020-04"],
        date(2020, 4, 16),
    )


def test_air_of_another_source_is_left_alone(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = open_house(read_registry(SETTINGS_FILE, {}), tmp_path / "var")
    shutil.copytree(house.var / DEMO_SOURCE, made.var / DEMO_SOURCE)
    migrate(made.engine)
    own = put(tmp_path / "own.csv", wide_text("20200312", {"北京": [40] * 24}))
    import_air_quality(made.engine, made.hourly_dir, [own], now=NOW, is_played=True)
    asked = []
    monkeypatch.setattr(demo, "write_air", lambda alarms, grids, months, end, to: asked.append(months.cities))
    monkeypatch.setattr(demo, "import_air_quality", lambda *_, **__: None)
    prepared(made)
    assert "2020-02" in [str(month) for month in asked[0]]
    assert "2020-03" not in [str(month) for month in asked[0]]
    made.engine.dispose()


def test_an_installation_without_the_demo_source_gets_no_demo_data(tmp_path: Path) -> None:
    made = replace(open_house(read_registry(SETTINGS_FILE, {}), tmp_path / "var"), sources=())
    prepared(made)
    assert ledger(made, "city").empty
    assert [path.name for path in made.var.iterdir() if path.is_dir()] == []
    made.engine.dispose()
