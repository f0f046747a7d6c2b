"""The cities' and grids' air quality over a half-month or month."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Final

import pandas as pd
from sqlalchemy import Engine

from include.language import say
from include.office.named import all_names
from include.periods import DAY, Period
from include.sources.air.quality import ImportResult
from include.store.air_days import city_days, dust_hours
from include.store.engine import reading
from include.store.facts import cities_on
from include.store.grid_lists import places_on
from include.store.hourly import day_levels, hour_levels, read_given, read_hours
from include.supervision.air_quality import (
    Windows,
    compare,
    day_means,
    days_over_limit,
    levels,
    pollutants,
    window_levels,
    windows,
    with_iaqi,
    year_to_date,
)
from include.supervision.given_days import with_given
from include.supervision.standards import VALIDITY, editions_of

COLUMNS: Final = [
    "unit_code",
    "unit_name",
    "pm25_ug_m3",
    "valid_days",
    "yoy_pct",
    "pop_pct",
    "rank",
    "status",
]
DATASET_LABELS: Final = {"city": "城市", "grid": "网格", "station": "站点"}


def air_quality_table(engine: Engine, parquet_root: Path, period: Period) -> pd.DataFrame:
    """One row a city of the key regions on the window's last day, by unit_code; columns `COLUMNS`, unrounded.

    PM2.5 with dust. Empty: `pm25_ug_m3` and `rank` where `status` is 数据不足, a change where one of its two windows is.
    """
    air = city_air(engine, parquet_root, period)
    current = pd.to_datetime(list(windows(period).current))
    given = air.days[air.days["is_given"].astype(bool) & air.days["observed_on"].isin(current)]
    counts = air.cities["unit_code"].map(given.groupby("place_id").size()).fillna(0).astype(int)
    marks = counts.map(lambda count: f"（日均值（来源给出）{count}天）" if count else "").astype("str")
    return air.cities.assign(status=air.cities["status"] + marks)[COLUMNS]


def _without_dust(parquet_root: Path, dates: Sequence[date], dust: pd.DataFrame) -> pd.DataFrame:
    """The daily means 扣除沙尘; of a mean that its source gave no hour can be left out: it has none on a day under dust."""
    key = ["place_id", "observed_on"]
    given = read_given(parquet_root, "city", dates)
    is_dusty = pd.MultiIndex.from_frame(given[key]).isin(pd.MultiIndex.from_frame(dust[key]))
    return with_given(day_means(read_hours(parquet_root, "city", dates), dust), given[~is_dusty])


@dataclass(frozen=True)
class CityAir:
    """The cities' air of one window.

    `cities`: one row a city (`unit_code, unit_name, region` and the columns of `air_quality.compare`), with
    `days_over` (days over the 24 h limit of the edition in force on the day) and the same figures for the year to date
    (`ytd_…`). `pollutants`: one row a city (index unit_code) of `air_quality.pollutants`. `days`: the daily means behind
    them with `pm25_iaqi`, over `Windows` and the two years to date. `editions`: names of the editions of GB 3095 that judged the days.
    """

    period: Period
    is_without_dust: bool
    is_simulated: bool
    editions: tuple[str, ...]
    cities: pd.DataFrame
    pollutants: pd.DataFrame
    days: pd.DataFrame


def city_air(engine: Engine, parquet_root: Path, period: Period, *, is_without_dust: bool = False) -> CityAir:
    """The figures of all cities for a half-month or month, with dust or 扣除沙尘 (for which the hours are read)."""
    window, year = windows(period), year_to_date(period)
    start, end = _span(window, year)
    with reading(engine) as connection:
        cities = cities_on(connection, period.last_date)
        days = city_days(connection, start, end)
        dust = dust_hours(connection, start, end)
    used = _used(window, year)
    is_simulated = bool(days.loc[days["observed_on"].isin(pd.to_datetime(used)), "is_simulated"].any())
    if is_without_dust:
        days = _without_dust(parquet_root, used, dust)
    days = with_iaqi(days)
    codes = cities["unit_code"].tolist()
    table = compare(window_levels(window, lambda dates: levels(days, dates)), window, codes)
    to_date = compare(window_levels(year, lambda dates: levels(days, dates)), year, codes)
    over = days_over_limit(days, window.current)["days_over"].reindex(table.index).fillna(0).astype(int)
    table = table.assign(days_over=over).join(
        to_date.drop(columns=["before_ug_m3", "pop_pct"]).add_prefix("ytd_")
    )
    named = cities.set_index("unit_code")[["unit_name", "region"]]
    return CityAir(
        period=period,
        is_without_dust=is_without_dust,
        is_simulated=is_simulated,
        editions=tuple(edition.name for edition in editions_of(window.current)),
        cities=named.join(table).rename_axis("unit_code").reset_index(),
        pollutants=pollutants(days, window.current).reindex(codes),
        days=days,
    )


def grid_air(
    engine: Engine, parquet_root: Path, period: Period, *, is_without_dust: bool = False
) -> pd.DataFrame:
    """One row a grid with readings in one of the windows that is in the table of grids (index `grid_id`): `unit_code,
    county, name, west, south, east, north` and the columns of `air_quality.compare` (`rank` among all of them). Of the grids only
    those that the window speaks of (`grid_lists.places_on` its last day)."""
    window = windows(period)
    with reading(engine) as connection:
        places = places_on(connection, period.last_date)
        dust = dust_hours(connection, *_span(window)) if is_without_dust else None

    def read(dates: Sequence[date]) -> pd.DataFrame:
        if dust is None:
            return day_levels(parquet_root, "grid", dates, VALIDITY.day_hours)
        return hour_levels(parquet_root, "grid", dates, VALIDITY.day_hours, dust, places["unit_code"])

    found = window_levels(window, read)
    measured = found.current.index.union(found.before.index).union(found.year_before.index)
    listed = places[places.index.isin(measured)]
    return listed.join(compare(found, window, listed.index.tolist()))


def import_lines(result: ImportResult, folder: Path, now: datetime) -> list[str]:
    """What an import did, as lines for an operator; names that are not known in a file in `folder` where they are many."""
    days = result.days
    lines = [
        say(
            "读入{files}个文件、{rows}行；存入{places}个地方的{stored}个值（{quantities}），{written}；未用{unused}个值（在待查中），空值{gaps}个，重复值{duplicates}个（只计一次）",
            files=result.files,
            rows=result.rows,
            places=result.places,
            stored=result.stored,
            quantities=say("、").join(result.quantities) or "—",
            written=_written(result),
            unused=sum(each.fault.count for each in result.faults),
            gaps=result.gaps,
            duplicates=result.duplicates,
        )
        + (say("，未采用的日子有{count}个值", count=result.untaken_values) if result.untaken_values else "")
    ]
    if result.dust_hours:
        lines.append(say("沙尘时段标记{dust_hours}条", dust_hours=result.dust_hours))
    for day in days:
        label = f"{DATASET_LABELS[day.dataset]} {day.observed_on}"
        if day.valid_places < day.places:
            lines.append(
                say(
                    "{day}：{lacking}个{dataset}（共{places}个）有效小时不足{day_hours}小时，日均值无效",
                    day=day.observed_on,
                    dataset=DATASET_LABELS[day.dataset],
                    places=day.places,
                    lacking=day.places - day.valid_places,
                    day_hours=VALIDITY.day_hours,
                )
            )
        if day.pm25_hours < day.pm25_hours_before:
            lines.append(
                say(
                    "{label}：PM2.5小时值由{pm25_hours_before}个减少到{pm25_hours}个，请核对文件是否完整",
                    label=label,
                    pm25_hours_before=day.pm25_hours_before,
                    pm25_hours=day.pm25_hours,
                )
            )
    lines += [*result.notes, *result.untaken]
    lines += [str(fault) for fault in result.faults]
    if result.skipped:
        counted = [say("{name}（{count}）", name=name, count=count) for name, count in result.skipped.items()]
        lines.append(
            say(
                "不认识的城市或站点{count}个（后为行数或列数），未用：{names}",
                count=len(counted),
                names=all_names(counted, folder, "unknown-places", now),
            )
        )
    if result.unknown_grids:
        lines.append(
            say(
                "网格表中没有的网格{count}个，数据已保留，网格表补充后计入：{names}",
                count=len(result.unknown_grids),
                names=all_names(result.unknown_grids, folder, "unknown-grids", now),
            )
        )
    lines += [say("未导入：{error}", error=error) for error in result.rejected]
    return lines


def _written(result: ImportResult) -> str:
    """What became of days: those that are new, those that got more, and those of which values were told again."""
    more = len(result.days) - result.new_days - result.again_days - result.same_days
    said = [say("新增{count}天", count=result.new_days)] if result.new_days else []
    said += [say("补充{count}天", count=more)] if more > 0 else []
    if result.again_days:
        said.append(say("替换{count}天", count=result.again_days))
    if result.corrected:
        said[-1] += say("（其中更正{corrected}个值）", corrected=result.corrected)
    said += [say("与库中相同{count}天", count=result.same_days)] if result.same_days else []
    return say("、").join(said) or say("没有写入任何一天")


def _used(*of: Windows) -> list[date]:
    """Every date that the windows read."""
    return sorted({day for window in of for day in (*window.current, *window.year_before, *window.before)})


def _span(*of: Windows) -> tuple[date, date]:
    used = _used(*of)
    return used[0], used[-1] + DAY
