"""The same season through every layout: 57 windows of five days of 39 cities, against an independent computation.

The season is not part of the repository: QIANLIYAN_SHARED_DATA names the folder.
"""

import os
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from include.sources.air.quality import import_air_quality
from include.sources.air.stations import city_names
from include.sources.every_table import mappings_in
from include.store.air_days import city_days
from include.store.engine import open_engine, reading
from include.supervision.air_quality import levels

DATA = Path(os.environ.get("QIANLIYAN_SHARED_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))
ARCHIVE = DATA / "china_cities" / "2020"
pytestmark = pytest.mark.skipif(
    not ARCHIVE.is_dir(), reason=f"no season of hours at {ARCHIVE}: set QIANLIYAN_SHARED_DATA"
)
NOW = datetime(2026, 3, 16, 8, tzinfo=UTC)
FIRST, DAYS, LENGTH = date(2020, 3, 1), 61, 5


@pytest.fixture(scope="module")
def season() -> pd.DataFrame:
    """One row a city and hour: `city, at` (wall), `value` (NaN: none)."""
    rows = pd.concat([pd.read_csv(path, encoding="utf-8-sig") for path in sorted(ARCHIVE.rglob("*.csv"))])
    at = pd.to_datetime(rows["date"].astype(str), format="%Y%m%d") + pd.to_timedelta(rows["hour"], unit="h")
    return pd.DataFrame({"city": rows["城市"], "at": at, "value": rows["PM2.5"]}).reset_index(drop=True)


@pytest.fixture(scope="module")
def truth(season: pd.DataFrame) -> pd.DataFrame:
    """The mean of the valid days of each window, a row a window and a column a city: pandas alone."""
    days = season.groupby(["city", season["at"].dt.date])["value"].agg(["mean", "count"]).reset_index()
    valid = days[days["count"] >= 20].pivot(index="at", columns="city", values="mean")
    return pd.DataFrame(
        {first: valid.loc[first : first + timedelta(days=LENGTH - 1)].mean() for first in firsts()}
    ).T


def firsts() -> list[date]:
    return [FIRST + timedelta(days=number) for number in range(DAYS - LENGTH + 1)]


def number(value: float) -> str:
    return "" if np.isnan(value) else f"{value:g}"


def long(
    season: pd.DataFrame,
    at: Callable[[pd.Timestamp], str],
    value: Callable[[float], str],
    separator: str = ",",
) -> str:
    rows = zip(season["at"].map(at), season["city"], season["value"].map(value), strict=True)
    return f"时间{separator}城市{separator}PM2.5\n" + "".join(separator.join(row) + "\n" for row in rows)


def by_end(season: pd.DataFrame) -> str:
    rows = zip(season["at"], season["city"], season["value"], strict=True)
    return "日期,时段,城市,PM2.5\n" + "".join(
        f"{at:%Y/%-m/%-d},{at.hour + 1},{city},{number(value)}\n" for at, city, value in rows
    )


def wide(season: pd.DataFrame) -> str:
    table = season.pivot(index="at", columns="city", values="value")
    rows = (
        f"{at:%Y-%m-%d},{at.hour}时,{','.join(map(number, row))}\n"
        for at, row in zip(table.index, table.to_numpy(), strict=True)
    )
    return f"日期,小时,{','.join(table.columns)}\n" + "".join(rows)


def two_headers(season: pd.DataFrame) -> str:
    table = season.pivot(index="at", columns="city", values="value")
    rows = (
        f"{at:%Y%m%d}{at.hour:02}," + ",".join(f"{number(value)},7" for value in row) + "\n"
        for at, row in zip(table.index, table.to_numpy(), strict=True)
    )
    return (
        f"时间,{',,'.join(table.columns)},\n,"
        + ",".join(["PM2.5", "PM10"] * len(table.columns))
        + "\n"
        + "".join(rows)
    )


def narrow(season: pd.DataFrame) -> str:
    rows = zip(season["at"], season["city"], season["value"], strict=True)
    lines = (
        f"{city}|{at:%Y-%m-%d %H:%M}-{at.hour + 1:02}:00|PM2.5|{'NA' if np.isnan(value) else value / 1000}|mg/m³"
        for at, city, value in rows
    )
    return "城市|时间|污染物|浓度|单位\n" + "\n".join(lines) + "\n"


def milliseconds(season: pd.DataFrame) -> str:
    instants = season["at"].dt.tz_localize("Asia/Shanghai")
    rows = zip(instants, season["city"], season["value"], strict=True)
    lines = (
        f'{{"ts": {int(at.timestamp() * 1000)}, "city": "{city}", "pm25": {number(value) or "null"}}}'
        for at, city, value in rows
    )
    return "\n".join(lines) + "\n"


def packed(season: pd.DataFrame, path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for city, rows in season.groupby("city"):
            lines = (
                f"{at:%Y/%m/%d %I:%M %p},{number(value)}\n"
                for at, value in zip(rows["at"], rows["value"], strict=True)
            )
            package.writestr(f"{city}.csv", "时间,PM2.5\n" + "".join(lines))


def parquet(season: pd.DataFrame, path: Path) -> None:
    at = season["at"].dt.tz_localize("Asia/Shanghai").dt.tz_convert("UTC")
    pd.DataFrame(
        {"时间": at, "城市": season["city"].astype("category"), "PM2.5": season["value"]}
    ).to_parquet(path)


PLAIN = "{place: 城市, hour: 时间, pm25_ug_m3: PM2.5}"
LAYOUTS: dict[str, tuple[str, str, Callable[[pd.DataFrame], str] | Callable[[pd.DataFrame, Path], None]]] = {
    "slashes": ("a.csv", f"columns: {PLAIN}", lambda season: long(season, lambda at: f"{at:%Y/%-m/%-d} {at.hour}:00", number)),
    "Chinese": ("a.csv", f"columns: {PLAIN}", lambda season: long(season, lambda at: f"{at.year}年{at.month}月{at.day}日{at.hour}时", number, "\t")),
    "serials, marks": ("a.csv", 'missing: ["—"], columns: {place: 城市, hour: {moment: "{时间}", format: excel}, pm25_ug_m3: PM2.5}',
                       lambda season: long(season, lambda at: f"{(at - pd.Timestamp('1899-12-30')) / pd.Timedelta('1D'):.6f}", lambda value: number(value) or "—")),
    "decimal commas": ("a.csv", f'decimal: ",", columns: {PLAIN}', lambda season: long(season, lambda at: f"{at:%Y-%m-%dT%H:%M:%S}+08:00", lambda value: number(value).replace(".", ","), ";")),
    "hours 1 to 24": ("a.csv", 'columns: {place: 城市, hour: {moment: "{日期}", hours: 时段}, pm25_ug_m3: PM2.5}', by_end),
    "a column a city": ("a.csv", 'headings: "{place}", columns: {hour: {moment: "{日期}", hours: 小时}}', wide),
    "two header rows": ("a.csv", 'header_rows: 2, headings: "{place} {pollutant}", columns: {hour: 时间}', two_headers),
    "a row a value": ("a.csv", "columns: {place: 城市, hour: 时间, pollutant: 污染物, value: 浓度, unit: 单位}", narrow),
    "JSON lines": ("a.jsonl", 'columns: {place: city, hour: {moment: "{ts}", format: epoch_ms}, pm25_ug_m3: pm25}', milliseconds),
    "a file a city, packed": ("a.zip", 'columns: {place: "(file)", hour: 时间, pm25_ug_m3: PM2.5}', packed),
    "Parquet": ("a.parquet", f"columns: {PLAIN}", parquet),
    "stations": ("a.csv", "by: station, columns: {place: 城市, city: 城市, hour: 时间, pm25_ug_m3: PM2.5}", lambda season: long(season, lambda at: f"{at:%Y.%m.%d %H:%M}", number)),
}  # fmt: skip


@pytest.mark.parametrize("name", LAYOUTS)
def test_every_window_of_every_city_equals_an_independent_computation(
    name: str, season: pd.DataFrame, truth: pd.DataFrame, sqlite_template: Path, tmp_path: Path
) -> None:
    file, yaml, write = LAYOUTS[name]
    path, own, store = tmp_path / file, tmp_path / "own.yaml", tmp_path / "supervision.db"
    if write in (packed, parquet):
        write(season, path)  # type: ignore[call-arg]
    else:
        path.write_text(write(season), encoding="utf-8")  # type: ignore[call-arg, arg-type]
    own.write_text(f"tables: {{air: {{{yaml}}}}}", encoding="utf-8")
    store.write_bytes(sqlite_template.read_bytes())
    engine = open_engine(f"sqlite:///{store}")
    done = import_air_quality(engine, tmp_path / "air", [path], now=NOW, mapping=mappings_in(str(own))[0])
    assert (len(done.days), done.rejected, done.faults, done.untaken, done.skipped) == (DAYS, (), (), (), {})
    with reading(engine) as connection:
        days = city_days(connection, FIRST, FIRST + timedelta(days=DAYS))
        names = city_names(connection)
    engine.dispose()
    found = {
        first: levels(days, [first + timedelta(days=number) for number in range(LENGTH)])["pm25_ug_m3"]
        for first in firsts()
    }
    table = pd.DataFrame(found).T
    assert table.shape == (57, 39)  # 2,223 windows of cities
    expected = truth.rename(columns=names.city)[table.columns]
    pd.testing.assert_frame_equal(table, expected, rtol=0, atol=1e-9, check_names=False, check_dtype=False)
