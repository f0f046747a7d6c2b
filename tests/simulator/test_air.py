"""What the demo air is like, and that it agrees with the alarms; computed here from the files alone."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from include.rules import SIMULATED_LABEL
from include.simulator.air import AirMonths, months_read, write_air
from include.simulator.alarm_hours import HOT_RATIO, QUIET, TOWERS
from tests.simulator.conftest import SEEDS, Written, WrittenAir

MARCH = pd.Period("2020-03", "M")
APRIL_FIRST = date(2020, 4, 1)
HALVES = {"first": ("2020-03-01", "2020-03-16"), "second": ("2020-03-16", "2020-04-01")}


@pytest.fixture(scope="module", params=SEEDS[:2])
def seed(request: pytest.FixtureRequest) -> int:
    """Two seeds: that of the demo and another."""
    return int(request.param)


@pytest.fixture(scope="module")
def air(seed: int, air_of: Callable[[int], WrittenAir]) -> WrittenAir:
    return air_of(seed)


@pytest.fixture(scope="module")
def told(seed: int, season_of: Callable[[int], Written]) -> Written:
    return season_of(seed)


def in_march(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[rows["at"].between("2020-03-01", "2020-04-01", inclusive="left")]


@pytest.fixture(scope="module")
def in_alarm(told: Written) -> pd.DataFrame:
    """One row an alarm of a monitored grid and hour from that of its start to that of its end, by its last revision."""
    last = told.alarms.drop_duplicates("alarm_id", keep="last")
    monitored = told.grids.loc[told.grids["is_monitored"] == "true", "grid_id"]
    last = last[last["grid_id"].isin(monitored)]
    rows = [
        (alarm_id, grid_id, int(peak), at)
        for alarm_id, grid_id, peak, start, end in last[
            ["alarm_id", "grid_id", "peak_pm25_ug_m3", "started_at", "last_at"]
        ].itertuples(index=False)
        for at in pd.date_range(
            start[:13].replace("T", " ") + ":00", end[:13].replace("T", " ") + ":00", freq="h"
        )
    ]
    return pd.DataFrame(rows, columns=["alarm_id", "grid_id", "peak", "at"])


def test_the_months_that_bulletins_read() -> None:
    def names(months: tuple[pd.Period, ...]) -> list[str]:
        return [str(month) for month in months]

    one = months_read(date(2020, 3, 16), APRIL_FIRST, warning_months=1)
    assert names(one.grids) == ["2019-03", "2020-02", "2020-03"]
    assert names(one.cities) == ["2019-01", "2019-02", "2019-03", "2020-01", "2020-02", "2020-03"]
    season = months_read(date(2020, 3, 1), date(2020, 6, 16))
    # May 2020 counts warnings back to June 2019, March 2020 back to April 2019, which is compared with April 2018.
    assert names(season.grids) == [str(month) for month in pd.period_range("2018-04", "2020-06", freq="M")]
    assert names(season.cities) == [f"{year}-{month:02d}" for year in (2019, 2020) for month in range(1, 7)]
    assert names(months_read(date(2021, 1, 1), date(2021, 1, 16), warning_months=1).cities) == [
        "2020-01",
        "2020-12",
        "2021-01",
    ]


def test_the_files_say_what_they_are(air: WrittenAir) -> None:
    lines = {path.name: path.read_bytes().count(b"\n") - 1 for path in air.folder.glob("*.csv")}
    parquet = {path.name: len(pd.read_parquet(path)) for path in air.folder.glob("*.parquet")}
    assert air.rows == lines | parquet
    assert {name: count for name, count in air.rows.items() if name.startswith("cities")} == {
        f"cities-{month}.csv": 39 * 24 * month.days_in_month
        for month in months_read(date(2020, 3, 16), APRIL_FIRST).cities
    }
    assert ",".join(air.cities.columns[:-1]) == "date,hour,城市,PM2.5,PM10,SO2,NO2,CO,O3,data_origin"
    for rows in (air.cities, air.readings, air.dust):
        assert set(rows["data_origin"]) == {SIMULATED_LABEL}
    assert air.readings["grid_id"].nunique() == 1000
    assert not air.readings.duplicated(["grid_id", "hour"]).any()


def test_values_are_concentrations(air: WrittenAir) -> None:
    assert air.readings["pm25_ug_m3"].between(1, 500).all()
    bounds = {
        "PM2.5": (4, 500),
        "PM10": (5, 2000),
        "SO2": (1, 200),
        "NO2": (1, 400),
        "CO": (0.1, 10),
        "O3": (1, 400),
    }
    for name, (least, most) in bounds.items():
        assert air.cities[name].dropna().between(least, most).all(), name
        assert 0.95 < air.cities[name].notna().mean() < 1, name
    by_month = air.cities.groupby(air.cities["at"].dt.strftime("%Y-%m"))["PM2.5"].mean()
    assert by_month["2020-01"] > 1.3 * by_month["2020-03"]


def test_an_alarm_is_where_its_grid_reads_it(air: WrittenAir, in_alarm: pd.DataFrame) -> None:
    # An hour has one value: where two alarms of a grid share hours, they are the lower one's (of equal ones the earlier's).
    order = in_alarm.sort_values(["peak", "alarm_id"])
    owner = order.groupby(["grid_id", "at"])["alarm_id"].transform("first").reindex(in_alarm.index)
    told = in_alarm.assign(is_own=in_alarm["alarm_id"] == owner)
    hours = told[told.groupby("alarm_id")["at"].transform("max") < "2020-04-01"]
    read = hours.merge(air.readings, on=["grid_id", "at"], how="left", validate="m:1")
    assert read["pm25_ug_m3"].notna().all()  # what an alarm says was measured
    highest = read.groupby("alarm_id")["pm25_ug_m3"].max()
    peak = hours.groupby("alarm_id")["peak"].first()
    has_own_hour = hours.groupby("alarm_id")["is_own"].any()
    assert len(peak) > 800
    assert has_own_hour.mean() > 0.98
    pd.testing.assert_series_equal(
        highest[has_own_hour], peak[has_own_hour], check_names=False, check_dtype=False
    )
    assert (highest <= peak).all()


def test_a_grid_in_alarm_is_above_all_that_are_not_and_no_other_is(
    air: WrittenAir, in_alarm: pd.DataFrame
) -> None:
    hours = in_alarm[["grid_id", "at"]].drop_duplicates().assign(is_alarm=True)
    read = in_march(air.readings).merge(hours, on=["grid_id", "at"], how="left")
    is_alarm = read["is_alarm"].notna()
    quiet = read[~is_alarm].groupby(["city", "at"])["pm25_ug_m3"].max().rename("quiet")
    alarmed = read[is_alarm].merge(quiet.reset_index(), on=["city", "at"], validate="m:1")
    assert (alarmed["pm25_ug_m3"] > alarmed["quiet"]).all()

    city = in_march(air.cities).rename(columns={"城市": "city"})[["city", "at", "PM2.5"]].dropna()
    against = read.merge(city, on=["city", "at"], validate="m:1")
    others = HOT_RATIO * against["PM2.5"]
    is_alarm = against["is_alarm"].notna()
    assert (against["pm25_ug_m3"] >= TOWERS * others)[
        is_alarm
    ].mean() > 0.99  # the rest: a low peak, by rounding
    assert (against["pm25_ug_m3"] >= TOWERS * others - 1)[is_alarm].all()
    assert (against["pm25_ug_m3"] <= QUIET * others + 0.5)[~is_alarm].all()


def test_a_city_is_its_grids_without_their_alarms(air: WrittenAir, in_alarm: pd.DataFrame) -> None:
    hours = in_alarm[["grid_id", "at"]].drop_duplicates().assign(is_alarm=True)
    read = in_march(air.readings).merge(hours, on=["grid_id", "at"], how="left")
    grids = read[read["is_alarm"].isna()].groupby(["city", "at"])["pm25_ug_m3"].mean()
    city = in_march(air.cities).set_index(["城市", "at"])["PM2.5"].rename_axis(["city", "at"]).dropna()
    ratio = (grids / city).groupby("city").mean() / HOT_RATIO
    assert len(ratio) == 39
    assert ratio.between(0.95, 1.05).all()


def test_some_have_too_little_data(air: WrittenAir) -> None:
    for first, end in HALVES.values():
        days = pd.date_range(first, end, inclusive="left")
        cities = air.cities[air.cities["at"].between(first, end, inclusive="left")].dropna(subset="PM2.5")
        of_city = cities.groupby(["城市", cities["at"].dt.date]).size().ge(20).groupby(level=0).sum()
        assert (of_city < 13).sum() == 1
        assert (of_city == len(days)).sum() >= 37
    month = in_march(air.readings)
    valid = (
        month.groupby(["grid_id", month["at"].dt.date], observed=True).size().ge(20).groupby(level=0).sum()
    )
    assert 1 <= (valid < 27).sum() <= 40
    assert (valid == 31).sum() > 600


def test_most_places_improve_on_the_year_before_and_some_do_not(air: WrittenAir) -> None:
    def changes_pct(rows: pd.DataFrame, place: str, value: str) -> pd.Series:
        march = rows[rows["at"].dt.month == 3]
        means = march.groupby([place, march["at"].dt.year], observed=True)[value].mean().unstack()
        return 100 * (means[2020] / means[2019] - 1)

    of_grids, of_cities = (
        changes_pct(air.readings, "grid_id", "pm25_ug_m3"),
        changes_pct(air.cities, "城市", "PM2.5"),
    )
    assert 100 < (of_grids > 0).sum() < 900
    assert 2 <= (of_cities > 0).sum() <= 37
    assert of_cities.between(-60, 60).all()


def test_dust_raises_the_figures_of_some_cities(air: WrittenAir) -> None:
    dust = air.dust[air.dust["at"].between(*HALVES["second"], inclusive="left")]
    assert set(dust["is_dust"]) == {"1"}
    assert 5 <= dust["unit_code"].nunique() < 39
    cities = air.cities[air.cities["at"].between(*HALVES["second"], inclusive="left")]
    flagged = cities.merge(dust[["city", "at"]], left_on=["城市", "at"], right_on=["city", "at"], how="left")
    is_dusty = flagged["city"].notna()
    with_dust = flagged.groupby("城市")["PM10"].mean()
    without = flagged[~is_dusty].groupby("城市")["PM10"].mean()
    stormy = sorted(set(dust["city"]))
    assert (with_dust > without)[stormy].all()
    assert flagged.loc[is_dusty, "PM10"].mean() > 2 * flagged.loc[~is_dusty, "PM10"].mean()


def test_a_month_is_the_same_whatever_else_is_asked_for(
    air_of: Callable[[int], WrittenAir], default_season: Written, tmp_path: Path
) -> None:
    whole = air_of(SEEDS[0]).folder
    months = AirMonths(cities=(MARCH,), grids=(MARCH,))
    write_air(default_season.alarms, default_season.grids, months, APRIL_FIRST, tmp_path / "march")
    names = sorted(path.name for path in (tmp_path / "march").iterdir())
    assert names == ["cities-2020-03.csv", "dust-2020-03.csv", "readings-2020-03.parquet"]
    for name in names:
        assert (tmp_path / "march" / name).read_bytes() == (whole / name).read_bytes(), name


def test_nothing_is_written_after_the_end(
    air_of: Callable[[int], WrittenAir], default_season: Written, tmp_path: Path
) -> None:
    months = AirMonths(cities=(MARCH,), grids=(MARCH,))
    write_air(default_season.alarms, default_season.grids, months, date(2020, 3, 20), tmp_path)
    cut = pd.read_parquet(tmp_path / "readings-2020-03.parquet")
    whole = pd.read_parquet(air_of(SEEDS[0]).folder / "readings-2020-03.parquet")
    until = whole["hour"] < pd.Timestamp("2020-03-20", tz="Asia/Shanghai")
    pd.testing.assert_frame_equal(cut, whole[until].reset_index(drop=True))
    assert len((tmp_path / "cities-2020-03.csv").read_bytes().splitlines()) == 1 + 19 * 24 * 39


def test_another_seed_is_another_air(air_of: Callable[[int], WrittenAir]) -> None:
    one, other = (air_of(seed).cities["PM2.5"].to_numpy() for seed in SEEDS[:2])
    assert np.mean(one == other) < 0.1


def test_t85711_is_the_highest_of_its_city(air_of: Callable[[int], WrittenAir]) -> None:
    month = in_march(air_of(SEEDS[0]).readings)
    means = month[month["city"] == "阳泉"].groupby("grid_id", observed=True)["pm25_ug_m3"].mean()
    assert means.idxmax() == "T85711"
