"""Bulletins and overviews, computed by the product from levels and alarms that are made up here: every number agrees with every other."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from functools import cache
from math import cos, hypot, sin
from typing import Any, Final

import numpy as np
import pandas as pd

from include.geo.boundaries import counties
from include.geo.grids import grid_cells
from include.geo.regions import members_on
from include.supervision.air_quality import days_over_limit, windows, year_to_date
from include.supervision.bulletin import BulletinFacts, BulletinWindows, MonthWarnings, bulletin_figures
from include.supervision.bulletin_figures import (
    BulletinFigures,
    HalfMonthBulletins,
    LastingGrid,
    OverviewFigures,
    RepeatSuspect,
)
from tests.gallery.computed import ALL_HERE, BEIJING, alarm, problem
from tests.supervision.bulletins import Means, compared, enterprise_table, windows_ending
from tests.supervision.states import problems, states

SECOND, FIRST = "2020-04-01", "2020-03-16"
GRIDS_OF_A_CLUSTER: Final = 8
_FEW_DAYS: Final = 8
_PLACES: Final = ["county", "name", "west", "south", "east", "north"]
_CATEGORIES: Final = ("火力发电", "水泥", "铸造", "家具喷涂", "包装印刷")


def clusters(unit_code: str, count: int) -> pd.DataFrame:
    """Eight cells of the city's lattice in each of so many counties, far from each other."""
    cells = grid_cells(counties([unit_code]))
    by_county = {name: part for name, part in cells.groupby("county") if len(part) >= 3 * GRIDS_OF_A_CLUSTER}
    middles = {name: (part["west"].mean(), part["south"].mean()) for name, part in by_county.items()}
    chosen = [min(middles)]
    while len(chosen) < min(count, len(middles)):
        chosen.append(
            max(
                (name for name in middles if name not in chosen),
                key=lambda name: min(
                    hypot(*(a - b for a, b in zip(middles[name], middles[other], strict=True)))
                    for other in chosen
                ),
            )
        )
    parts = []
    for name in chosen:
        part, (x, y) = by_county[name], middles[name]
        far = (part["west"] - x) ** 2 + (part["south"] - y) ** 2
        parts.append(part.loc[far.nsmallest(GRIDS_OF_A_CLUSTER).index])
    return pd.concat(parts, ignore_index=True)


def lattice(unit_code: str, every: int) -> pd.DataFrame:
    """Every n-th cell of the city's lattice."""
    return grid_cells(counties([unit_code])).iloc[::every].reset_index(drop=True)


@cache
def six_grids(unit_code: str) -> BulletinFigures:
    """A city with six grids in two places, one of which has too few days."""
    few = clusters(unit_code, 2).groupby("county").head(3).reset_index(drop=True)
    return _bulletin(unit_code, half_month(few, units=_few(unit_code), without=few["grid_id"].iloc[-1:]))


@cache
def hot_city(
    unit_code: str, count: int = 3, ending: str = SECOND, *, is_falling: bool = False
) -> BulletinFigures:
    return _bulletin(
        unit_code,
        half_month(clusters(unit_code, count), ending, units=_few(unit_code), is_falling=is_falling),
    )


@cache
def lasting_city(unit_code: str, count: int) -> BulletinFigures:
    """So many grids that stand above their surroundings for weeks, and so many suspects that several alarms share."""
    city = hot_city(unit_code, 1)
    kinds = ("enterprise", "site", "road", "fire", "problem")
    repeats = tuple(
        RepeatSuspect(
            f"Q{place}",
            kinds[place % len(kinds)],
            f"{'某某' * (1 + place % 4)}建筑材料有限公司第{place + 1}分厂",
            count + 1 - place,
            min(2, count + 1 - place),
            tuple(one.grid_id for one in city.grids[: 1 + place % 3]),
            datetime(2020, 3, 20 + place % 9, tzinfo=BEIJING),
            round((count + 1 - place) * 0.4, 2),
            ("high", "medium", "low")[place % 3],
            "位于上风向2.4公里，报警时段生产负荷高于平日，治理设施用电低于平日",
        )
        for place in range(count)
    )
    lasting = tuple(
        LastingGrid(
            one.grid_id,
            one.county,
            one.name,
            3 + place,
            28 - place % 5,
            24 - place,
            28,
            30.5 - place,
            60.0 - place,
        )
        for place, one in enumerate((city.grids * count)[:count])
    )
    return replace(city, repeat_suspects=repeats, lasting=lasting)


@cache
def whole_lattice(unit_code: str, every: int) -> BulletinFigures:
    return _bulletin(unit_code, half_month(lattice(unit_code, every), units=_few(unit_code)))


@cache
def without_air(unit_code: str) -> BulletinFigures:
    """A city whose air has too few days, without grids and without alarms."""
    return _bulletin(
        unit_code,
        half_month(
            lattice(unit_code, 1).iloc[:0], units=_few(unit_code), lacking=(unit_code,), has_alarms=False
        ),
    )


@cache
def overview(count: int = 39) -> OverviewFigures:
    """The first so many cities; three clusters of grids in each of four, the last city with too few days."""
    units = [str(code) for code in members_on(date(2020, 3, 31))["unit_code"].iloc[:count]]
    grids = pd.concat([clusters(code, 2) for code in units[:4]], ignore_index=True)
    found = half_month(grids, lacking=units[-1:] if count > 1 else (), units=units).overview
    assert found is not None
    return found


def _few(unit_code: str) -> tuple[str, ...]:
    """The city among nine: a bulletin says nothing of the others but how many they are."""
    others = [str(code) for code in members_on(date(2020, 3, 31))["unit_code"] if code != unit_code]
    return (unit_code, *others[:8])


def _bulletin(unit_code: str, found: HalfMonthBulletins) -> BulletinFigures:
    return next(one for one in found.bulletins if one.city.unit_code == unit_code)


def half_month(
    grids: pd.DataFrame,
    ending: str = SECOND,
    *,
    lacking: Sequence[str] = (),
    units: Sequence[str] | None = None,
    is_falling: bool = False,
    has_alarms: bool = True,
    without: Collection[str] = (),
) -> HalfMonthBulletins:
    """The letters of a half-month. `grids`: rows of `grid_cells`; `lacking`: cities, `without`: grids with too few days."""
    at = windows_ending(ending)
    members = members_on(at.period.last_date)
    members = members if units is None else members[members["unit_code"].isin(units)]
    members = members.assign(
        bureau=members["unit_name"] + "生态环境局",
        address_form="你市",
        valid_from=pd.Timestamp("2018-07-01"),
        valid_to=pd.to_datetime(pd.Series(pd.NaT, index=members.index)),
    )
    codes = [str(code) for code in members["unit_code"]]
    length = (at.period.end - at.period.start).days
    means = {code: _city(place, code in lacking) for place, code in enumerate(codes)}
    half = compared(means, windows(at.period))
    of_grids = {
        str(one.grid_id): _grid(place, one, grids, is_falling, set(without))
        for place, one in enumerate(grids.itertuples())
    }
    table = grids.set_index("grid_id").join(compared(of_grids, windows(at.period)))
    rows = _alarms(grids, codes, at) if has_alarms else []
    found = [
        problem(n, row, at.period.as_of)
        for n, row in enumerate([one for one in rows if one["standing_submission_at"]][::3], start=1)
    ]
    days = pd.concat([_days(code, means[code], at) for code in codes], ignore_index=True)
    judged = days_over_limit(days, [at.period.start + timedelta(days=day) for day in range(length)])
    facts = BulletinFacts(
        cities=members[["unit_code", "unit_name", "province_name", "region", "bureau", "address_form"]],
        stays=members,
        states=states(*rows) if rows else states(alarm(1, datetime(2020, 3, 16, tzinfo=BEIJING))).iloc[:0],
        problems=problems(*found),
        half=_few_days(half).assign(days_over=half.index.map(judged["days_over"]).fillna(0).astype(int)),
        month=None if at.month is None else _few_days(compared(means, windows(at.month))),
        year=_few_days(compared(means, year_to_date(at.period))),
        without_dust=None,
        dust_hours=pd.Series(dtype=int),
        days=days,
        pollutants=_pollutants(codes, means, length),
        grids=table,
        enterprises=_enterprises(grids),
        warnings=None if at.month is None else _warnings(at.month.start, table),
        air_sources=("air-quality",),
        is_simulated=False,
    )
    return bulletin_figures(facts, at, ALL_HERE)


def _few_days(levels: pd.DataFrame) -> pd.DataFrame:
    """Who has no level has few valid days."""
    return levels.assign(valid_days=levels["valid_days"].where(levels["pm25_ug_m3"].notna(), _FEW_DAYS))


def _city(place: int, is_lacking: bool) -> Means:
    """Levels rise from city to city; the first two share one. Now, a year before, the window before."""
    now = 30.25 if place < 2 else 30.0 + 0.9 * place
    return (
        None if is_lacking else now,
        now / (1 + (-20 + 1.1 * place) / 100),
        now / (1 + (9 - 0.5 * place) / 100),
    )


def _grid(place: int, one: Any, grids: pd.DataFrame, is_falling: bool, without: set[str]) -> Means:
    """Levels fall from the middle outwards, changes go in waves; every 29th grid has too few days."""
    far = hypot(one.west - grids["west"].mean() - 0.15, one.south - grids["south"].mean() + 0.1)
    now = 44 + 30 * max(0.0, 0.6 - far) + 4 * sin(37 * one.west) * cos(29 * one.south)
    change = -12.5 if is_falling else 18 * sin(9 * one.west) + 9 * cos(23 * one.south)
    is_short = place % 29 == 28 or one.grid_id in without
    return (None if is_short else now, now / (1 + change / 100), now / (1 + change / 200))


def _days(code: str, means: Means, at: BulletinWindows) -> pd.DataFrame:
    """Days around the half-month's means of this year and the last; of a city that lacks its mean only eight are valid."""
    count = (at.period.end - at.period.start).days
    rows = []
    for years, mean in ((0, means[0]), (1, means[1])):
        level = mean or means[1] or 0.0
        for place in range(count):
            day = at.period.start + timedelta(days=place)
            is_valid = mean is not None or place < _FEW_DAYS
            rows.append(
                {
                    "place_id": code,
                    "observed_on": pd.Timestamp(day.replace(year=day.year - years)),
                    "pm25_ug_m3": level * (1 + 0.05 * ((7 * place) % count - (count - 1) / 2)),
                    "pm25_hours": 24 if is_valid else 11,
                }
            )
    frame = pd.DataFrame(rows)
    return frame.assign(pm25_iaqi=pd.array([None] * len(frame), dtype="Int64"))


def _pollutants(codes: Sequence[str], means: dict[str, Means], count: int) -> pd.DataFrame:
    days = [count if means[code][0] is not None else _FEW_DAYS for code in codes]
    told = {"pm25": 1.0, "pm10": 1.9, "so2": 0.2, "no2": 0.7, "co": 0.02, "o3_8h": 1.6}
    units = {"co": "mg_m3"}
    columns: dict[str, Any] = {}
    for name, share in told.items():
        columns[f"{name}_{units.get(name, 'ug_m3')}"] = [share * (means[code][0] or 40.0) for code in codes]
        columns[f"{name}_valid_days"] = days
    return pd.DataFrame(columns, index=codes)


def _enterprises(grids: pd.DataFrame) -> pd.DataFrame | None:
    """One in every third cell, or a little beside it."""
    some = grids.iloc[::3].head(40)
    if some.empty:
        return None
    frame = enterprise_table({f"E{number}": (0, 0) for number in range(len(some))})
    middle = (some["west"] + some["east"]) / 2 + 0.01 * (np.arange(len(some)) % 3)
    return frame.assign(
        name=[
            f"第{number}{('热电厂', '水泥厂', '铸造厂', '家具厂', '彩印厂')[number % 5]}"
            for number in range(1, len(some) + 1)
        ],
        industry=[_CATEGORIES[number % 5] for number in range(1, len(some) + 1)],
        unit_code=some["unit_code"].to_numpy(),
        county=some["county"].to_numpy(),
        lon=middle.to_numpy(),
        lat=((some["south"] + some["north"]) / 2).to_numpy(),
    )


def _warnings(month: date, table: pd.DataFrame) -> MonthWarnings:
    """Of each city the highest grid, for the third time in a row, and the one that rose most; the second highest is near."""
    warned, near = [], []
    for code, part in table[table["pm25_ug_m3"].notna()].groupby("unit_code"):
        order = part.sort_values("pm25_ug_m3", ascending=False)
        rising = part.sort_values("pop_pct", ascending=False)
        first = {"in_a_row": 3, "in_a_year": 4, "escalation": "连续3次", "reasons": "月均浓度最高"}
        warned.append(_warned(str(code), order, 0) | first)
        if rising.index[0] != order.index[0] and rising["pop_pct"].iloc[0] > 0:
            second = {"in_a_row": 1, "in_a_year": 1, "escalation": "", "reasons": "环比变化最差"}
            warned.append(_warned(str(code), rising, 0) | second)
        near.append(_warned(str(code), order, 1) | {"reasons": "月均浓度最高（第2位）"})
    columns = ["unit_code", "grid_id", "reasons", "pm25_ug_m3", "yoy_pct", "pop_pct", *_PLACES]
    return MonthWarnings(
        month,
        pd.DataFrame(warned, columns=[*columns, "in_a_row", "in_a_year", "escalation"]),
        pd.DataFrame(near, columns=columns),
        (),
    )


def _warned(code: str, order: pd.DataFrame, place: int) -> dict[str, Any]:
    row = order.iloc[place]
    told = {name: row[name] for name in ("pm25_ug_m3", "yoy_pct", "pop_pct", *_PLACES)}
    return {"unit_code": code, "grid_id": str(order.index[place]), **told}


def _alarms(grids: pd.DataFrame, codes: Sequence[str], at: BulletinWindows) -> list[dict[str, Any]]:
    """Some alarms a city, on its grids where it has any: most answered, some late, one or two not."""
    as_of = at.period.as_of
    rows: list[dict[str, Any]] = []
    for place, code in enumerate(codes):
        own = grids[grids["unit_code"] == code]
        count = 14 if len(own) else place % 5
        for one in range(count):
            pushed = (
                datetime.combine(at.period.end, time(0), BEIJING)
                + timedelta(hours=9)
                - timedelta(days=1 + one)
            )
            is_open = one in (1, 9) if len(own) else place % 9 == 4 and one == 1
            late = timedelta(hours=29 if (place + one) % 11 == 3 else 4 + one)
            row = alarm(len(rows) + 1, pushed, None if is_open else late, as_of, unit_code=code)
            if len(own):
                cell = own.iloc[(5 * one) % len(own)]
                row |= {
                    "grid_id": str(cell["grid_id"]),
                    "county": str(cell["county"]),
                    "point_name": str(cell["name"]),
                }
            rows.append(row)
        if len(own):
            cell = own.iloc[0]
            long_ago = (
                datetime.combine(at.period.end, time(0), BEIJING) + timedelta(hours=8) - timedelta(days=29)
            )
            told = {
                "grid_id": str(cell["grid_id"]),
                "county": str(cell["county"]),
                "point_name": str(cell["name"]),
            }
            rows.append(alarm(len(rows) + 1, long_ago, None, as_of, unit_code=code, **told))
    return rows
