"""Figures of whole cities and of the whole region: hotspot grids in clusters as they are, and a summary of 39 cities."""

from dataclasses import replace
from datetime import date, timedelta
from math import hypot

from include.geo.boundaries import counties
from include.geo.grids import grid_cells
from include.geo.regions import members_on
from include.supervision.bulletin_figures import BulletinFigures
from include.supervision.figures import FeedbackCounts, Flag, FlagReason
from include.supervision.weekly_figures import DayCount, SpanCount, SummaryFigures
from tests.letters import bulletins, summaries
from tests.supervision.summaries import city_week

_GRIDS_OF_A_CLUSTER = 8


def hot_city(unit_code: str, clusters: int, *, is_falling: bool = False) -> BulletinFigures:
    """A bulletin of the city with so many clusters of eight grids, each in another county, far from each other."""
    cells = grid_cells(counties([unit_code]))
    by_county = {name: part for name, part in cells.groupby("county") if len(part) >= 3 * _GRIDS_OF_A_CLUSTER}
    middles = {name: (part["west"].mean(), part["south"].mean()) for name, part in by_county.items()}
    chosen = [min(middles)]
    while len(chosen) < min(clusters, len(middles)):
        chosen.append(
            max(
                (name for name in middles if name not in chosen),
                key=lambda name: min(
                    hypot(*(a - b for a, b in zip(middles[name], middles[other], strict=True)))
                    for other in chosen
                ),
            )
        )
    ids = set()
    for name in chosen:
        part, (x, y) = by_county[name], middles[name]
        far = (part["west"] - x) ** 2 + (part["south"] - y) ** 2
        ids |= set(part.loc[far.nsmallest(_GRIDS_OF_A_CLUSTER).index, "grid_id"])
    whole = bulletins.whole_city(unit_code)
    grids = tuple(one for one in whole.grids if one.grid_id in ids)
    if is_falling:
        grids = tuple(replace(one, half=replace(one.half, yoy_pct=-12.5, pop_pct=-3.0)) for one in grids)
    listed = tuple(
        replace(whole.highest[0], grid=one, place=place) for place, one in enumerate(grids[:10], start=1)
    )
    areas = tuple(
        replace(
            whole.high_areas[0],
            number=number,
            counties=(one.county,),
            grid_ids=(one.grid_id,),
            lon=((one.west or 0) + (one.east or 0)) / 2,
            lat=((one.south or 0) + (one.north or 0)) / 2,
        )
        for number, one in enumerate(grids[:3], start=1)
    )
    warnings = whole.warnings and replace(
        whole.warnings,
        warned=tuple(
            replace(whole.warnings.warned[0], grid_id=one.grid_id, county=one.county, name=one.name)
            for one in grids[-2:]
        ),
    )
    return replace(
        whole,
        grids=grids,
        highest=listed,
        rising=() if is_falling else listed,
        high_areas=areas,
        warnings=warnings,
    )


def _trend(place: int, end: date) -> tuple[SpanCount, ...]:
    """Eight weeks of a city: rising, falling, even, with gaps or none at all, as its place says."""
    kinds = (lambda week: 2 + week, lambda week: 14 - week, lambda week: 6, lambda week: 9 * (week % 2))
    pushed = [0 if place % 13 == 5 else kinds[place % 4](week) for week in range(8)]
    return tuple(
        SpanCount(
            end - timedelta(weeks=8 - week), end - timedelta(weeks=7 - week), count, max(count - place % 3, 0)
        )
        for week, count in enumerate(pushed)
    )


def many_units(count: int) -> SummaryFigures:
    """The summary of an office with so many units below it, all alike but for their names."""
    region = whole_region()
    cities = [region.cities[place % len(region.cities)] for place in range(count)]
    return replace(
        region,
        cities=tuple(
            replace(one, unit_code=f"{place:06d}", unit_name=f"第{place}街道办事处", rank=1, is_tied=True)
            for place, one in enumerate(cities, 1)
        ),
    )


def whole_region(*, is_late: bool = False) -> SummaryFigures:
    """The summary of the 39 cities over four days; `is_late`: not one alarm is answered and all are overdue."""
    plain = summaries.plain()
    cities = []
    for place, (_, row) in enumerate(members_on(plain.window.start).iterrows()):
        pushed = 2 + 3 * (place % 7)
        late = pushed if is_late else int(place % 9 == 4) * (1 + place % 3)
        counts = FeedbackCounts(
            pushed=pushed,
            answered=pushed - late,
            due=pushed,
            on_time=pushed - late,
            overdue=late,
            problems=place % 4,
            alarms_with_problem=0 if is_late else min(place % 4, pushed - late),
        )
        level = "urge" if late > 2 else "remind" if late else ""
        flag = Flag(level, (FlagReason("overdue", late),) if level else ())
        cities.append(
            city_week(
                str(row["unit_code"]),
                pushed - late,
                pushed,
                rank=place + 1,
                unit_name=str(row["unit_name"]),
                window=counts,
                previous=counts,
                season=counts,
                rolling=counts,
                flag=flag,
                trend=_trend(place, plain.window.end),
            )
        )
    total = FeedbackCounts(
        *(sum(getattr(one.window, name) for one in cities) for name in FeedbackCounts.__dataclass_fields__)
    )
    days = [plain.window.end - timedelta(days=number) for number in range(10, 0, -1)]
    return replace(
        plain,
        cities=tuple(cities),
        total=total,
        previous_total=total,
        season_total=total,
        rolling_total=total,
        days=tuple(
            DayCount(day, 90 + 7 * place, 0 if is_late else 85 + 7 * place) for place, day in enumerate(days)
        ),
    )
