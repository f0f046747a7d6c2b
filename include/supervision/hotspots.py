"""热点网格形势: grids, counties and high-value areas of one city, and the enterprises around its grids. Frames in, values out.

A frame of grids has one row a grid with readings (index `grid_id`): `county, name, west, south, east, north` and the columns of
`air_quality.compare`.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from math import ceil

import pandas as pd

from include.geo.nearest import BOUNDS, joined_grids, points_near
from include.rules import BULLETIN
from include.supervision.air_quality import area_levels, worst
from include.supervision.bulletin_figures import (
    CountySituation,
    Enterprise,
    GridInspection,
    GridSituation,
    HighArea,
    ListedGrid,
)
from include.supervision.inspections import NONE, added
from include.supervision.situations import air_levels, plain_rows
from include.supervision.standards import steady

Near = Mapping[
    str, tuple[Enterprise, ...]
]  # by grid_id, the nearest first; a grid that is missing is not known


def high_grids(grids: pd.DataFrame) -> list[str]:
    """The grids that form high-value areas (the rule is in `rules.BULLETIN`; ties with the last are included). Grids without
    bounds have no neighbours and form none."""
    values = steady(grids["pm25_ug_m3"].dropna())
    wanted = max(ceil(round(len(values) * BULLETIN.high_share, 9)), BULLETIN.least_high_grids)
    above = (1 + BULLETIN.high_above_share) * grids["pm25_ug_m3"].mean()
    top = values[(values.rank(method="min", ascending=False) <= wanted) & (values > round(above, 9))]
    return [str(grid_id) for grid_id in top.index[grids.loc[top.index, BOUNDS].notna().all(axis=1)]]


def grid_situations(
    grids: pd.DataFrame, inspected: Mapping[str, GridInspection], high: Collection[str]
) -> tuple[GridSituation, ...]:
    """Every grid of a city with readings, the highest first, those without a figure last."""
    levels, of_area = air_levels(grids), set(high)
    order = grids.assign(level=steady(grids["pm25_ug_m3"]), place=grids.index).sort_values(
        ["level", "place"], ascending=[False, True]
    )
    return tuple(
        GridSituation(
            grid_id=grid_id,
            **row,
            half=levels[grid_id],
            inspection=inspected.get(grid_id, NONE),
            is_high=grid_id in of_area,
        )
        for grid_id, row in zip(
            order.index, plain_rows(_bounded(order)[["county", "name", *BOUNDS]]), strict=True
        )
    )


def _bounded(grids: pd.DataFrame) -> pd.DataFrame:
    is_whole = grids[BOUNDS].notna().all(axis=1)
    return grids.assign(**{side: grids[side].where(is_whole) for side in BOUNDS})


def county_situations(
    grids: pd.DataFrame, inspected: Mapping[str, GridInspection], high: Collection[str]
) -> tuple[CountySituation, ...]:
    """Every county with a grid or (`inspected`, by county) an alarm; the highest first, those without a figure last."""
    levels = area_levels(grids, grids["county"])
    high_counts = grids.loc[list(high), "county"].value_counts()
    names = sorted(set(levels.index) | set(inspected))
    levels = levels.reindex(names).fillna({"places": 0})
    rows = [
        CountySituation(
            county=county,
            grids=int(row["places"]),
            pm25_ug_m3=row["pm25_ug_m3"],
            yoy_pct=row["yoy_pct"],
            pop_pct=row["pop_pct"],
            high_grids=int(high_counts.get(county, 0)),
            inspection=inspected.get(county, NONE),
        )
        for county, row in zip(names, plain_rows(levels), strict=True)
    ]
    return tuple(
        sorted(
            rows, key=lambda row: -float("inf") if row.pm25_ug_m3 is None else row.pm25_ug_m3, reverse=True
        )
    )


def listed_grids(
    grids: pd.DataFrame, by: str, situations: Mapping[str, GridSituation], near: Near
) -> tuple[ListedGrid, ...]:
    """The `BULLETIN.listed_grids` worst grids by `by`, ties with the last included; of a change only rises."""
    listed = worst_grids(grids, by, BULLETIN.listed_grids)
    places = steady(listed[by]).rank(method="min", ascending=False).astype(int)
    return tuple(
        ListedGrid(place, situations[grid_id], *_around(near.get(grid_id)))
        for grid_id, place in zip(map(str, listed.index), places, strict=True)
    )


def worst_grids(grids: pd.DataFrame, by: str, count: int) -> pd.DataFrame:
    """The rows with the `count` highest values of `by`, ties with the last included, the worst first; of a change only rises."""
    known = grids if by == "pm25_ug_m3" else grids[steady(grids[by]) > 0]
    return worst(known, by, count)


def _around(found: tuple[Enterprise, ...] | None) -> tuple[tuple[Enterprise, ...], int | None, int | None]:
    if found is None:
        return (), None, None
    inside = sum(one.distance_km == 0 for one in found)
    return found, inside, len(found) - inside


def high_areas(
    grids: pd.DataFrame, high: Collection[str], situations: Mapping[str, GridSituation], near: Near
) -> tuple[HighArea, ...]:
    """The high grids of a city in areas, numbered by their means, the highest first."""
    groups = joined_grids(grids.loc[list(high)], BULLETIN.joined_km)
    areas = [
        _area(grids.loc[members.index], [situations[str(grid_id)] for grid_id in members.index], near)
        for _, members in groups.groupby(groups)
    ]
    areas.sort(key=lambda area: (-area.pm25_ug_m3, -area.highest_ug_m3, area.grid_ids))
    return tuple(replace(area, number=number) for number, area in enumerate(areas, start=1))


def _area(grids: pd.DataFrame, members: list[GridSituation], near: Near) -> HighArea:
    members = sorted(members, key=lambda grid: (-(grid.half.pm25_ug_m3 or 0.0), grid.grid_id))
    ids = [grid.grid_id for grid in members]
    inside = {
        (one.enterprise_id, one.name)
        for grid_id in ids
        for one in near.get(grid_id, ())
        if one.distance_km == 0
    }
    return HighArea(
        number=0,
        counties=tuple(dict.fromkeys(grid.county for grid in members)),
        grid_ids=tuple(ids),
        pm25_ug_m3=round(float(grids["pm25_ug_m3"].mean()), 9),
        highest_ug_m3=members[0].half.pm25_ug_m3 or 0.0,
        lon=float((grids["west"] + grids["east"]).mean() / 2),
        lat=float((grids["south"] + grids["north"]).mean() / 2),
        inspection=added(grid.inspection for grid in members),
        enterprises=len(inside) if all(grid_id in near for grid_id in ids) else None,
    )


def enterprises_near(grids: pd.DataFrame, enterprises: pd.DataFrame | None, grid_ids: Iterable[str]) -> Near:
    """The enterprises in and within `BULLETIN.near_km` of these grids, the nearest first; of those at one distance in the order
    of `enterprises`. Nothing is known of a grid without bounds, nor without a table (None)."""
    if enterprises is None:
        return {}
    wanted = grids.loc[sorted(set(grid_ids))]
    wanted = wanted[wanted[BOUNDS].notna().all(axis=1)]
    pairs = points_near(wanted, enterprises, BULLETIN.near_km)
    columns = ["enterprise_id", "name", "industry", "unit_name", "county", "lon", "lat"]
    rows = pairs.join(enterprises[columns], on="point").drop(columns="point")
    found: dict[str, list[Enterprise]] = {str(grid_id): [] for grid_id in wanted.index}
    for row in plain_rows(rows):
        found[row.pop("grid")].append(Enterprise(**row))
    return {grid_id: tuple(around) for grid_id, around in found.items()}
