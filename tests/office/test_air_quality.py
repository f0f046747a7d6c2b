"""The cities' table on a small archive and on the real one, and warning grids from readings to the history."""

import os
import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import Engine

from include.errors import InputError
from include.office.air_quality import (
    COLUMNS,
    air_quality_table,
    city_air,
    grid_air,
    import_lines,
)
from include.office.warning_grids import set_warning_grids, warning_list
from include.periods import Period, period_ending
from include.sources.air.quality import import_air_quality
from include.store.engine import open_engine, writing
from include.store.grid_lists import insert_list
from include.store.hourly import replace_files
from include.store.warning_history import KeptMonth, month_ranks, replace_month
from include.supervision.air_quality import day_means
from include.supervision.warning import warning_grids, warning_ranks
from tests.sources.air_files import NOW, add_grids, put, wide_text

ARCHIVE = Path(
    os.environ.get("QIANLIYAN_SHARED_DATA", Path(__file__).resolve().parents[3] / "shared" / "data")
)
needs_archive = pytest.mark.skipif(
    not (ARCHIVE / "china_cities").is_dir(),
    reason=f"the archive of 2019 and 2020 is not at {ARCHIVE}: set QIANLIYAN_SHARED_DATA to the folder with china_cities",
)


def half(period_end: str) -> Period:
    return period_ending("half_month", date.fromisoformat(period_end))


def month(period_end: str) -> Period:
    return period_ending("month", date.fromisoformat(period_end))


@pytest.fixture
def sqlite(sqlite_template: Path, tmp_path: Path) -> Engine:
    path = tmp_path / "supervision.db"
    path.write_bytes(sqlite_template.read_bytes())
    return open_engine(f"sqlite:///{path}")


def put_days(folder: Path, start: str, values: dict[str, float], days: int) -> Path:
    """An archive of one file a day with constant values."""
    for number in range(days):
        stamp = f"{date.fromisoformat(start) + timedelta(days=number):%Y%m%d}"
        put(
            folder / f"china_cities_{stamp}.csv",
            wide_text(stamp, {name: [value] * 24 for name, value in values.items()}),
        )
    return folder


def test_one_row_a_city_of_the_key_regions(engine: Engine, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    put_days(folder, "2020-03-01", {"北京": 40, "阳泉": 60, "西安": 40}, 15)
    put_days(folder, "2019-03-01", {"北京": 50, "阳泉": 50}, 15)
    put_days(folder, "2020-02-16", {"阳泉": 40, "西安": 80}, 12)
    put(
        folder / "china_cities_20200301.csv",
        wide_text("20200301", {"北京": [40] * 24, "阳泉": [60] * 24, "西安": [7] * 19 + [""] * 5}),
    )
    import_air_quality(engine, tmp_path / "air", [folder], now=NOW)
    table = air_quality_table(engine, tmp_path / "air", half("2020-03-16"))
    assert table.columns.tolist() == COLUMNS
    assert len(table) == 39
    assert table["unit_code"].is_monotonic_increasing
    own = table.set_index("unit_code").loc[["110000", "140300", "610100", "130100"]]
    expected = pd.DataFrame(
        {
            "unit_name": ["北京市", "阳泉市", "西安市", "石家庄市"],
            "pm25_ug_m3": [40.0, 60.0, 40.0, np.nan],
            "valid_days": [15, 15, 14, 0],
            "yoy_pct": [-20.0, 20.0, np.nan, np.nan],
            "pop_pct": [np.nan, 50.0, -50.0, np.nan],
            "rank": pd.array([1, 3, 1, pd.NA], dtype="Int64"),
            "status": ["有效", "有效", "有效", "数据不足"],
        },
        index=pd.Index(["110000", "140300", "610100", "130100"], name="unit_code"),
    )
    pd.testing.assert_frame_equal(own, expected, check_dtype=False, check_index_type=False)


def test_with_nothing_imported_every_city_is_listed_without_figures(engine: Engine, tmp_path: Path) -> None:
    for is_without_dust in (False, True):
        air = city_air(engine, tmp_path / "air", half("2020-03-16"), is_without_dust=is_without_dust)
        assert air.cities["status"].tolist() == ["数据不足"] * 39
        assert (air.cities[["valid_days", "days_over"]] == 0).all(axis=None)
        assert air.cities[["pm25_ug_m3", "yoy_pct", "pop_pct", "rank"]].isna().all(axis=None)
    found = set_warning_grids(engine, tmp_path / "air", month("2020-04-01"), now=NOW)
    assert (len(found.warned), len(found.near), found.grids) == (0, 0, 0)


def test_figures_around_the_table(sqlite: Engine, tmp_path: Path) -> None:
    folder = put_days(tmp_path / "in", "2026-02-16", {"北京": 70}, 28)
    dust = "".join(f"110000,2026-03-05T{hour:02d}:00,1\n" for hour in range(3))
    put(folder / "dust.csv", "unit_code,hour,is_dust\n" + dust)
    put(folder / "china_cities_20260305.csv", wide_text("20260305", {"北京": [700] * 3 + [70] * 21}))
    result = import_air_quality(sqlite, tmp_path / "air", [folder], now=NOW)
    assert import_lines(result, tmp_path, NOW) == [
        "读入29个文件、675行；存入1个地方的672个值（PM2.5），新增28天；未用0个值（在待查中），空值0个，重复值0个（只计一次）",
        "沙尘时段标记3条",
    ]
    second_half, first_half = (
        city_air(sqlite, tmp_path / "air", half(end)) for end in ("2026-03-01", "2026-03-16")
    )
    assert (second_half.editions, first_half.editions) == (("GB 3095-2012",), ("GB 3095-2026",))
    beijing = [air.cities.set_index("unit_code").loc["110000"] for air in (second_half, first_half)]
    assert [row["days_over"] for row in beijing] == [0, 15]  # 70 μg/m³: over the limit from 1 March on
    assert (beijing[1]["valid_days"], beijing[1]["ytd_valid_days"], beijing[1]["ytd_status"]) == (
        15,
        28,
        "数据不足",
    )
    without = city_air(sqlite, tmp_path / "air", half("2026-03-16"), is_without_dust=True)
    clean = without.cities.set_index("unit_code").loc["110000"]
    assert (clean["pm25_ug_m3"], clean["valid_days"]) == (pytest.approx(70.0), 15)
    assert beijing[1]["pm25_ug_m3"] == pytest.approx((14 * 70 + (3 * 700 + 21 * 70) / 24) / 15)
    assert first_half.pollutants.loc["110000", "pm25_valid_days"] == 15
    assert not first_half.is_simulated


def test_an_import_tells_an_operator_what_is_wrong(sqlite: Engine, tmp_path: Path) -> None:
    path = put(tmp_path / "a.csv", wide_text("20200312", {"北京": [40] * 24, "天津": [40] * 24}))
    import_air_quality(sqlite, tmp_path / "air", [path], now=NOW)
    put(
        path,
        wide_text(
            "20200312", {"北京": [40] * 24, "天津": [40] * 10 + ["9999"] + [""] * 13, "拉萨": [9] * 24}
        ),
    )
    bad = put(tmp_path / "b.csv", "a,b\n1,2\n")
    lines = import_lines(
        import_air_quality(sqlite, tmp_path / "air", [path, bad], now=NOW, replace=True), tmp_path, NOW
    )
    assert lines[:-1] == [
        "读入1个文件、24行；存入2个地方的34个值（PM2.5），替换1天；未用1个值（在待查中），空值13个，重复值0个（只计一次）",
        "2020-03-12：1个城市（共2个）有效小时不足20小时，日均值无效",
        "城市 2020-03-12：PM2.5小时值由48个减少到34个，请核对文件是否完整",
        "3月12日 天津 PM2.5 24小时 → 10小时，已按要求替换",
        "a.csv 第12行起 天津：不低于2000，超出可能范围，按缺测处理：9999等是缺测代码，共1个，如“9999”",
        "不认识的城市或站点1个（后为行数或列数），未用：拉萨（1）",
    ]
    assert lines[-1].startswith(f"未导入：{bad}: not an air-quality file")


@pytest.fixture(scope="module")
def archive(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Engine, Path]]:
    """A store with March and April of both years."""
    folder = tmp_path_factory.mktemp("archive")
    (folder / "supervision.db").write_bytes(sqlite_template.read_bytes())
    engine = open_engine(f"sqlite:///{folder / 'supervision.db'}")
    result = import_air_quality(engine, folder / "air", [ARCHIVE / "china_cities"], now=NOW)
    assert (result.files, len(result.days), result.rejected, result.faults) == (122, 122, (), ())
    yield engine, folder / "air"
    engine.dispose()


@pytest.fixture(scope="module")
def raw() -> pd.DataFrame:
    """The archive as pandas reads it: the daily means of valid days by city."""
    files = sorted((ARCHIVE / "china_cities").rglob("*.csv"))
    rows = pd.concat([pd.read_csv(path, encoding="utf-8-sig") for path in files])
    days = rows.groupby(["城市", "date"])["PM2.5"].agg(["mean", "count"]).reset_index()
    return days[days["count"] >= 20]


@needs_archive
@pytest.mark.parametrize(
    ("period", "first", "last", "before"),
    [
        (half("2020-03-16"), 20200301, 20200315, None),
        (half("2020-04-01"), 20200316, 20200331, (20200301, 20200315)),
        (half("2020-04-16"), 20200401, 20200415, (20200316, 20200331)),
        (half("2020-05-01"), 20200416, 20200430, (20200401, 20200415)),
        (half("2019-04-16"), 20190401, 20190415, (20190316, 20190331)),
        (month("2020-04-01"), 20200301, 20200331, None),
        (month("2020-05-01"), 20200401, 20200430, (20200301, 20200331)),
    ],
    ids=lambda value: value.key if isinstance(value, Period) else "",
)
def test_the_real_archive_equals_an_independent_computation(
    archive: tuple[Engine, Path],
    raw: pd.DataFrame,
    period: Period,
    first: int,
    last: int,
    before: tuple[int, int] | None,
) -> None:
    def of(start: int, end: int) -> pd.Series:
        return raw[raw["date"].between(start, end)].groupby("城市")["mean"].mean()

    table = air_quality_table(*archive, period)
    table.index = table["unit_name"].str.removesuffix("市")
    now, counts = of(first, last), raw[raw["date"].between(first, last)].groupby("城市").size()
    expected = pd.DataFrame(
        {"pm25_ug_m3": now, "rank": now.round(9).rank(method="min"), "valid_days": counts}
    )
    expected["yoy_pct"] = (now / of(first - 10000, last - 10000) - 1) * 100 if first > 20200000 else np.nan
    expected["pop_pct"] = (now / of(*before) - 1) * 100 if before else np.nan
    assert (table["status"] == "有效").all()
    pd.testing.assert_frame_equal(
        table[expected.columns].astype(float),
        expected.loc[table.index].astype(float),
        rtol=0,
        atol=1e-9,
        check_names=False,
    )


@needs_archive
def test_the_wide_archive_says_the_same_as_the_long_one(
    archive: tuple[Engine, Path], sqlite: Engine, tmp_path: Path
) -> None:
    result = import_air_quality(sqlite, tmp_path / "air", [ARCHIVE / "china_cities_wide"], now=NOW)
    assert (result.files, len(result.days), result.skipped) == (15, 15, {})
    columns = ["unit_code", "pm25_ug_m3", "valid_days", "rank"]
    found = air_quality_table(sqlite, tmp_path / "air", half("2020-04-16"))[columns]
    pd.testing.assert_frame_equal(
        found, air_quality_table(*archive, half("2020-04-16"))[columns], rtol=0, atol=1e-9
    )


CITY_OF = {"T1": "140300", "T2": "140300", "T3": "140300", "X1": "610100", "Z1": "130300"}


def put_months(folder: Path, means: dict[str, dict[str, float]]) -> None:
    """Constant readings: month (2020-01) → grid → μg/m³."""
    frames = []
    for first, grids in means.items():
        days = pd.date_range(f"{first}-01", periods=pd.Timestamp(f"{first}-01").days_in_month)
        keys = pd.MultiIndex.from_product(
            [list(grids), days, range(24)], names=["place_id", "observed_on", "hour"]
        )
        hours = keys.to_frame(index=False)
        frames.append(hours.assign(pm25_ug_m3=hours["place_id"].map(grids).astype(float)))
    hours = pd.concat(frames, ignore_index=True)
    dates = [day.date() for day in hours["observed_on"].drop_duplicates()]
    replace_files(folder, "grid", dates, hours, day_means(hours))


def test_warning_grids_of_a_month_from_the_readings(engine: Engine, tmp_path: Path) -> None:
    add_grids(engine, CITY_OF)
    put_months(
        tmp_path / "air",
        {
            "2020-02": {"T1": 80, "T2": 50, "T3": 50, "X1": 70},
            "2020-03": {"T1": 90, "T2": 70, "T3": 60, "X1": 60, "Z1": 99, "U1": 500},
        },
    )
    grids = grid_air(engine, tmp_path / "air", month("2020-04-01"))
    assert grids[["unit_code", "county", "pm25_ug_m3", "pop_pct"]].round(3).replace({np.nan: None}).to_dict(
        "index"
    ) == {
        "T1": {"unit_code": "140300", "county": "盂县", "pm25_ug_m3": 90.0, "pop_pct": 12.5},
        "T2": {"unit_code": "140300", "county": "盂县", "pm25_ug_m3": 70.0, "pop_pct": 40.0},
        "T3": {"unit_code": "140300", "county": "盂县", "pm25_ug_m3": 60.0, "pop_pct": 20.0},
        "X1": {"unit_code": "610100", "county": "盂县", "pm25_ug_m3": 60.0, "pop_pct": -14.286},
        "Z1": {"unit_code": "130300", "county": "盂县", "pm25_ug_m3": 99.0, "pop_pct": None},
    }  # U1 is in no table of grids
    found = set_warning_grids(engine, tmp_path / "air", month("2020-04-01"), now=NOW)
    # 秦皇岛 (130300) is in no key region in 2020: its grid Z1 is not judged.
    assert found.warned[["unit_code", "grid_id", "name", "reasons", "in_a_row"]].to_records(
        index=False
    ).tolist() == [
        ("140300", "T1", "T1号网格", "月均浓度最高", 2),
        ("140300", "T2", "T2号网格", "环比变化最差", 1),
        ("610100", "X1", "X1号网格", "月均浓度最高、环比改善较小", 2),
    ]
    assert found.near[["grid_id", "reasons"]].to_records(index=False).tolist() == [
        ("T3", "月均浓度最高（第3位）、环比变化最差（第2位）")
    ]
    assert (found.grids, found.valid_grids, found.is_simulated, len(found.missing_months)) == (
        4,
        4,
        False,
        10,
    )
    # Computed again after the readings were corrected: the month is replaced.
    put_months(tmp_path / "air", {"2020-03": {"T1": 40, "T2": 40, "T3": 60}})
    again = set_warning_grids(engine, tmp_path / "air", month("2020-04-01"), now=NOW)
    assert again.warned[["grid_id", "reasons"]].to_records(index=False).tolist() == [
        ("T3", "月均浓度最高、环比变化最差")
    ]


def test_from_its_date_a_released_list_says_which_grids_are_spoken_of(engine: Engine, tmp_path: Path) -> None:
    """April speaks of the list in force on its last day; March, which ended before, of all grids with readings, as it did."""
    add_grids(engine, CITY_OF)
    levels = {"T1": 90, "T2": 70, "T3": 60, "X1": 60}
    put_months(tmp_path / "air", {"2020-03": levels, "2020-04": levels})
    before = set_warning_grids(engine, tmp_path / "air", month("2020-05-01"), now=NOW)
    assert {"T1", "X1"} <= set(before.warned["grid_id"])
    rows = pd.DataFrame({"grid_id": ["T2", "T3", "X1"], "is_hot": [True, True, False]})
    place = {
        "unit_code": "140300",
        "county": "盂县",
        "name": "一号",
        "west": 0.0,
        "south": 0.0,
        "east": 1.0,
        "north": 1.0,
    }
    more = {"is_monitored": False, "change": "", "decision": "", "reason": ""}
    values = {
        "name": "清单",
        "state": "released",
        "year": 2019,
        "made_for": date(2020, 4, 1),
        "valid_from": date(2020, 4, 30),
        "cells": 3,
        "table_sha256": "0" * 64,
        "manifest_sha256": "0" * 64,
        "is_simulated": False,
        "proposed_at": NOW,
        "proposed_by": "王科长",
        "reason": "",
    }
    with writing(engine) as connection:
        insert_list(connection, values, rows.assign(**place, **more))
    assert grid_air(engine, tmp_path / "air", month("2020-05-01")).index.tolist() == ["T2", "T3"]
    assert grid_air(engine, tmp_path / "air", month("2020-04-01")).index.tolist() == ["T1", "T2", "T3", "X1"]
    again = set_warning_grids(engine, tmp_path / "air", month("2020-05-01"), now=NOW)
    assert set(again.warned["grid_id"]) <= {"T2", "T3"}
    assert (again.grids, again.valid_grids) == (2, 2)


def test_a_first_half_never_sets_warning_grids(sqlite: Engine, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="only a full month sets warning grids"):
        set_warning_grids(sqlite, tmp_path / "air", half("2020-03-16"), now=NOW)
    with pytest.raises(InputError, match="only a full month sets warning grids"):
        warning_list(sqlite, tmp_path / "air", half("2020-03-16"))


def test_a_grid_with_too_few_days_is_not_ranked(sqlite: Engine, tmp_path: Path) -> None:
    add_grids(sqlite, CITY_OF)
    put_months(tmp_path / "air", {"2020-03": {"T1": 60, "T2": 90}})
    hours = pd.DataFrame(
        {"place_id": "T1", "observed_on": pd.Timestamp("2020-03-01"), "hour": range(24), "pm25_ug_m3": 60.0}
    )
    for day in range(1, 6):  # T2 loses five days
        day_hours = hours.assign(observed_on=pd.Timestamp(2020, 3, day))
        replace_files(tmp_path / "air", "grid", [date(2020, 3, day)], day_hours, day_means(day_hours))
    grids = grid_air(sqlite, tmp_path / "air", month("2020-04-01"))
    assert grids[["valid_days", "status"]].to_records(index=False).tolist() == [
        (31, "有效"),
        (26, "数据不足"),
    ]
    found = set_warning_grids(sqlite, tmp_path / "air", month("2020-04-01"), now=NOW)
    assert found.warned["grid_id"].tolist() == ["T1"]
    assert (found.grids, found.valid_grids) == (2, 1)


def test_a_million_grid_months_give_the_same_counts_in_any_order(
    sqlite_template: Path, tmp_path: Path
) -> None:
    months = [moment.date() for moment in pd.date_range("2018-04-01", periods=24, freq="MS")]
    count = 41_667
    generator = np.random.default_rng(6)
    codes = ["110000", "140300", "610100"]
    level = pd.Series(
        generator.gamma(4, 12, count),
        index=pd.Index([f"T{number:05d}" for number in range(count)], name="grid_id"),
    )
    ranks = {}
    for first in months:  # the same grids stand out again and again, so that rows of warnings arise
        pm25 = (level * generator.normal(1, 0.02, count)).round(1)
        change = generator.normal(0, 10, count).round(1)
        grids = pd.DataFrame(
            {"unit_code": np.resize(codes, count), "pm25_ug_m3": pm25, "yoy_pct": change, "pop_pct": -change}
        )
        ranks[first] = warning_ranks(grids)
    seen = []
    for seed in (0, 1):
        path = tmp_path / f"{seed}.db"
        path.write_bytes(sqlite_template.read_bytes())
        engine = open_engine(f"sqlite:///{path}")
        order = (
            months if seed == 0 else random.Random(seed).sample([*months, *months[:6]], 30)
        )  # some months run twice
        with writing(engine) as connection:
            for first in order:
                replace_month(connection, KeptMonth(first, count, count, True, ""), ranks[first], now=NOW)
            kept = pd.concat(
                [month_ranks(connection, first).assign(month=pd.Timestamp(first)) for first in months]
            )
        seen.append(
            pd.concat(
                [
                    warning_grids(kept[kept["month"] <= pd.Timestamp(first)], first, months).assign(
                        month=first
                    )
                    for first in months
                ],
                ignore_index=True,
            )
        )
        engine.dispose()
    pd.testing.assert_frame_equal(seen[0], seen[1])
    assert {"", "连续3次、12个月内6次"} <= set(seen[0]["escalation"])
    longest = seen[0].loc[seen[0]["in_a_row"].idxmax()]
    assert (longest["in_a_row"], longest["is_at_least"], seen[0]["in_a_year"].max()) == (24, True, 12)


def test_counts_are_those_of_the_readings_whatever_ran_before(sqlite_template: Path, tmp_path: Path) -> None:
    """Fourteen months of readings: 连续14次 for a store where each month ran, none did, or some did in any order."""
    months = [moment.date() for moment in pd.date_range("2019-02-01", "2020-03-01", freq="MS")]
    root = tmp_path / "air"
    levels = {
        f"{first:%Y-%m}": {"T1": 90, "T2": 40 + number % 3, "X1": 50 + number}
        for number, first in enumerate(months)
    }
    put_months(root, levels)
    last = month("2020-04-01")
    seen = []
    for number, order in enumerate(([], months, random.Random(3).sample([*months, *months], 20))):
        path = tmp_path / f"{number}.db"
        path.write_bytes(sqlite_template.read_bytes())
        engine = open_engine(f"sqlite:///{path}")
        add_grids(engine, CITY_OF)
        for first in order:
            ending = (pd.Timestamp(first) + pd.DateOffset(months=1)).date()
            set_warning_grids(engine, root, period_ending("month", ending), now=NOW)
        seen.append(warning_list(engine, root, last))
        engine.dispose()
    for found in seen:
        columns = ["grid_id", "reasons", "in_a_row", "is_at_least", "in_a_year"]
        assert found.warned[columns].to_records(index=False).tolist() == [
            ("T1", "月均浓度最高、同比持平", 14, True, 12),
            ("T2", "环比变化最差", 1, False, 8),
            ("X1", "月均浓度最高、同比变化最差、环比变化最差", 14, True, 12),
        ]  # fmt: skip
        assert found.missing_months == ()


def test_a_month_is_judged_again_when_its_readings_or_its_grids_change(
    sqlite: Engine, tmp_path: Path
) -> None:
    root = tmp_path / "air"
    put_months(root, {"2020-02": {"T1": 90, "T2": 60}, "2020-03": {"T1": 90, "T2": 60}})
    add_grids(sqlite, {"T1": "140300"})
    march = month("2020-04-01")
    assert set_warning_grids(sqlite, root, march, now=NOW).warned["grid_id"].tolist() == ["T1"]
    put_months(root, {"2020-03": {"T1": 50, "T2": 60}})  # read again; nobody ran anything since
    assert warning_list(sqlite, root, march).warned["reasons"].tolist() == ["月均浓度最高、环比改善较小"]
    add_grids(sqlite, {"T2": "140300"})  # a list of grids that came late changes both months
    found = set_warning_grids(sqlite, root, march, now=NOW).warned
    assert found[["grid_id", "reasons", "in_a_row"]].to_records(index=False).tolist() == [
        ("T2", "月均浓度最高、环比持平", 1)
    ]
