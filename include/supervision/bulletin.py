"""The half-monthly bulletin: every figure of its letters, from the facts as of its moment.

The air of the whole half-month is judged, as the standard asks; inspections count on its days inside the season.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

import pandas as pd

from include.geo.nearest import BOUNDS
from include.periods import DAY, Period, cut
from include.rules import BULLETIN, RULES_VERSION
from include.supervision.air_quality import windows
from include.supervision.bulletin_figures import (
    BulletinFigures,
    CitySituation,
    GridInspection,
    GridSituation,
    HalfMonthBulletins,
    OpenAlarm,
    OverviewFigures,
    SpotChecks,
    WarnedGrid,
    Warnings,
)
from include.supervision.daily import flag_window
from include.supervision.feedback import counts, counts_between, judge, judge_problems, pushed_between
from include.supervision.figures import LEADERS, FeedbackCounts, Suspected
from include.supervision.follow_ups import follow_ups
from include.supervision.hotspots import (
    Near,
    county_situations,
    enterprises_near,
    grid_situations,
    high_areas,
    high_grids,
    listed_grids,
    worst_grids,
)
from include.supervision.inspections import inspections, problem_counts
from include.supervision.lasting import lasting_grids
from include.supervision.membership import in_region
from include.supervision.open_alarms import open_by_unit
from include.supervision.repeat_suspects import repeat_suspects
from include.supervision.situations import (
    air_levels,
    day_levels,
    plain_rows,
    pollutant_means,
    region_situations,
    worst_cities,
)
from include.supervision.standards import editions_of
from include.supervision.warning import warning_period


@dataclass(frozen=True)
class BulletinWindows:
    """What a bulletin counts: the beat, its days inside the season, the season so far, the full month that it closes."""

    period: Period
    window: Period
    season: Period
    month: Period | None  # None in a first half

    @property
    def read(self) -> tuple[datetime, datetime]:
        """The push times of all alarms, open or not, that the figures read as of the bulletin's moment; beside them the open ones
        of any age."""
        return min(self.season.starts_at, flag_window(self.period)[0]), self.season.ends_at


def bulletin_windows(period: Period, season: tuple[date, date]) -> BulletinWindows | None:
    """The windows of a beat in a season (end exclusive); None when no day of it lies inside."""
    window = cut(period, *season)
    if window is None:
        return None
    so_far = Period.of_days(season[0], window.end, "custom", period.as_of)
    return BulletinWindows(period, window, so_far, warning_period(period))


@dataclass(frozen=True)
class MonthWarnings:
    """The warning grids of a month: `warned` (`warning.warning_grids`) and `near` (`warning.near_warnings`), both with the
    grid's `county, name, west, south, east, north`; `missing_months` of the twelve had no readings."""

    month: date
    warned: pd.DataFrame
    near: pd.DataFrame
    missing_months: tuple[date, ...]


@dataclass(frozen=True)
class BulletinFacts:
    """What the figures are computed from; the order of rows is of no matter.

    cities        one row a city of the key regions on the last day: unit_code, unit_name, province_name, region
    stays         sql/city_stays.sql over the season so far
    states        sql/alarm_states.sql over `BulletinWindows.read`, with the open alarms of any age; `problems` sql/problems_found.sql
    half, year    one row a city (index unit_code): `air_quality.compare` of the half-month, with days_over, and of the year to
                  date; `month` of the full month, None in a first half; `without_dust` of the half-month 扣除沙尘, None where
                  no hour of it lay under dust
    dust_hours    hours under dust in the half-month by unit_code (cities without any are missing)
    days          `air_quality.with_iaqi`: one row a city (place_id) and day of the half-month and the same dates a year before
    pollutants    one row a city (index): `air_quality.pollutants` of the half-month
    grids         one row a grid with readings (index grid_id): unit_code, county, name, west, south, east, north and the
                  columns of `air_quality.compare` of the half-month
    enterprises   sql/enterprises.sql, one row an enterprise; None where no table was ever imported
    warnings      of the full month; None in a first half
    air_sources   names of the sources of the air
    spot_checks   抽查 of the weeks that ended in the window, by unit_code, and of all under an empty one
    suspects      by alarm pushed in the window, as letters tell them
    lasting       grids that stand above their surroundings for weeks, as of `lasting.lasting_grids`; None without stations
    is_simulated  some of the air is 模拟数据 (alarms and enterprises say it themselves)
    """

    cities: pd.DataFrame
    stays: pd.DataFrame
    states: pd.DataFrame
    problems: pd.DataFrame
    half: pd.DataFrame
    month: pd.DataFrame | None
    year: pd.DataFrame
    without_dust: pd.DataFrame | None
    dust_hours: pd.Series
    days: pd.DataFrame
    pollutants: pd.DataFrame
    grids: pd.DataFrame
    enterprises: pd.DataFrame | None
    warnings: MonthWarnings | None
    air_sources: tuple[str, ...]
    is_simulated: bool
    spot_checks: Mapping[str, SpotChecks] = field(default_factory=dict)
    suspects: Mapping[str, tuple[Suspected, ...]] = field(default_factory=dict)
    lasting: pd.DataFrame | None = None


@dataclass(frozen=True)
class _Beat:
    """The facts in one order, judged; `said` is what all letters of the beat say alike."""

    facts: BulletinFacts
    at: BulletinWindows
    alarms: pd.DataFrame  # of the window
    problems: pd.DataFrame
    inspected: Mapping[str, GridInspection]  # by grid_id
    situations: Mapping[str, CitySituation]
    grids: Mapping[str, pd.DataFrame]  # by unit_code
    near: Near
    warnings: Warnings | None
    open_alarms: Mapping[str, tuple[OpenAlarm, ...]]  # by unit_code
    said: Mapping[str, Any]


def bulletin_figures(facts: BulletinFacts, at: BulletinWindows, completeness: str) -> HalfMonthBulletins:
    """The overview and one bulletin a city of `facts.cities`, as of `at.period.as_of`.

    A city counts on the days on which it belongs to a key region; one that left inside the window has no letter.
    """
    facts = _in_order(facts)
    codes = facts.cities["unit_code"].tolist()
    states = facts.states[facts.states["unit_code"].isin(codes)]
    known = judge(states, at.period.as_of)
    judged = in_region(known, facts.stays)
    found = judge_problems(facts.problems, judged, at.period.as_of)
    window = counts_between(judged, found, at.window.starts_at, at.window.ends_at, codes)
    season = counts_between(judged, found, at.season.starts_at, at.season.ends_at, codes)
    alarms, problems = (
        pushed_between(rows, at.window.starts_at, at.window.ends_at) for rows in (judged, found)
    )
    by_city = dict(list(facts.grids.groupby("unit_code")))
    grids = {code: by_city.get(code, facts.grids.iloc[:0]) for code in codes}
    shown = [grid_id for table in grids.values() for grid_id in _shown(table)]
    told_rows = (judged, facts.enterprises) if facts.enterprises is not None else (judged,)
    beat = _Beat(
        facts=facts,
        at=at,
        alarms=alarms,
        problems=problems,
        inspected=inspections(alarms, problems, "grid_id"),
        situations=_situations(facts, window, season),
        grids=grids,
        near=enterprises_near(facts.grids, facts.enterprises, shown),
        warnings=_warnings(facts),
        open_alarms=open_by_unit(known, at.period.ends_at),
        said={
            "period": at.period,
            "window": at.window,
            "season": at.season,
            "completeness": completeness,
            "editions": tuple(edition.name for edition in editions_of(windows(at.period).current)),
            "rules_version": RULES_VERSION,
            "sources": tuple(sorted({*facts.air_sources, *alarms["source"]})),
            "is_simulated": facts.is_simulated or any(bool(rows["is_simulated"].any()) for rows in told_rows),
        },
    )
    bulletins = tuple(_bulletin(beat, code) for code in codes)
    return HalfMonthBulletins(
        at.period, _overview(beat, bulletins, counts(window), counts(season)), bulletins
    )


def _in_order(facts: BulletinFacts) -> BulletinFacts:
    """The same facts with their rows in one order, so that sums of floating-point numbers are the same too."""
    enterprises = facts.enterprises
    if enterprises is not None:
        enterprises = enterprises.sort_values(["enterprise_id", "source"], ignore_index=True)
    return replace(
        facts,
        cities=facts.cities.sort_values("unit_code"),
        states=facts.states.sort_values("alarm_id"),
        problems=facts.problems.sort_values("problem_id"),
        half=facts.half.sort_index(),
        grids=facts.grids.sort_index(),
        enterprises=enterprises,
    )


def _shown(grids: pd.DataFrame) -> list[str]:
    """The grids of a city whose enterprises its letter tells."""
    rows = (worst_grids(grids, by, BULLETIN.listed_grids).index for by in ("pm25_ug_m3", "yoy_pct"))
    return [*high_grids(grids), *(str(grid_id) for index in rows for grid_id in index)]


def _situations(facts: BulletinFacts, window: pd.DataFrame, season: pd.DataFrame) -> dict[str, CitySituation]:
    half, year, month, without_dust = (
        {} if table is None else air_levels(table.reindex(facts.cities["unit_code"]))
        for table in (facts.half, facts.year, facts.month, facts.without_dust)
    )
    situations = {}
    for city in plain_rows(facts.cities[["unit_code", "unit_name", "province_name", "region"]]):
        code = city["unit_code"]
        dust_hours = int(facts.dust_hours.get(code, 0))
        situations[code] = CitySituation(
            **city,
            half=half[code],
            month=month.get(code),
            year=year[code],
            days_over=int(facts.half["days_over"].get(code, 0)),
            without_dust=without_dust.get(code) if dust_hours else None,
            dust_hours=dust_hours,
            window=counts(window, code),
            season=counts(season, code),
        )
    return situations


def _bulletin(beat: _Beat, code: str) -> BulletinFigures:
    at, facts, city, grids = beat.at, beat.facts, beat.situations[code], beat.grids[code]
    address = facts.cities.set_index("unit_code").loc[code]
    alarms, problems = (rows[rows["unit_code"] == code] for rows in (beat.alarms, beat.problems))
    high = high_grids(grids)
    rows = grid_situations(grids, beat.inspected, high)
    by_id = {grid.grid_id: grid for grid in rows}
    counties = county_situations(grids, inspections(alarms, problems, "county"), high)
    areas = high_areas(grids, high, by_id, beat.near)
    rising = listed_grids(grids, "yoy_pct", by_id, beat.near)
    warnings = None if beat.warnings is None else _of_city(beat.warnings, code)
    warned = warnings.warned if warnings else ()
    open_alarms = beat.open_alarms.get(code, ())
    return BulletinFigures(
        letter_key=at.period.letter_key("bulletin", code),
        city=city,
        bureau=str(address["bureau"]),
        address_form=str(address["address_form"]),
        days=day_levels(facts.days, code, at.period),
        pollutants=pollutant_means(facts.pollutants, code, at.period),
        counties=counties,
        grids=rows,
        high_areas=areas,
        highest=listed_grids(grids, "pm25_ug_m3", by_id, beat.near),
        rising=rising,
        warnings=warnings,
        categories=problem_counts(problems),
        follow_ups=follow_ups(city, rows, counties, areas, rising, warned, open_alarms, problems),
        cities=len(beat.situations),
        spot_checks=_checked(facts.spot_checks.get(code)),
        open_alarms=open_alarms,
        repeat_suspects=repeat_suspects(alarms, facts.suspects),
        lasting=lasting_grids(facts.lasting, code),
        reply_by=at.period.end + BULLETIN.report_within_days * DAY,
        **beat.said,
    )


def _checked(one: SpotChecks | None) -> SpotChecks:
    """The checks of one city, once a person recorded one: how many of its answers are drawn depends on the store's key, and a letter
    may not; how many are drawn of all does not, and the overview tells it."""
    return one if one is not None and one.checked else SpotChecks()


def _overview(
    beat: _Beat, bulletins: tuple[BulletinFigures, ...], total: FeedbackCounts, season_total: FeedbackCounts
) -> OverviewFigures:
    facts = beat.facts
    half = facts.half.reindex(list(beat.situations))
    month = None if facts.month is None else facts.month.reindex(list(beat.situations))
    rows = {grid.grid_id: (one.city.unit_name, grid) for one in bulletins for grid in one.grids}
    table = facts.grids.loc[sorted(rows)]
    last = len(half) + 1

    def worst_of_month(by: str) -> tuple[str, ...]:
        return () if month is None else worst_cities(month, by)

    return OverviewFigures(
        letter_key=beat.at.period.letter_key("overview", LEADERS),
        cities=tuple(
            sorted(beat.situations.values(), key=lambda city: (city.half.rank or last, city.unit_code))
        ),
        regions=region_situations(half, facts.cities),
        worst_level=worst_cities(half, "pm25_ug_m3"),
        worst_yoy=worst_cities(half, "yoy_pct"),
        worst_pop=worst_cities(half, "pop_pct"),
        month_worst_level=worst_of_month("pm25_ug_m3"),
        month_worst_yoy=worst_of_month("yoy_pct"),
        month_worst_pop=worst_of_month("pop_pct"),
        total=total,
        season_total=season_total,
        categories=problem_counts(beat.problems),
        highest=_listed(table, "pm25_ug_m3", rows),
        rising=_listed(table, "yoy_pct", rows),
        warnings=beat.warnings,
        grids=len(table),
        valid_grids=int(table["pm25_ug_m3"].count()),
        spot_checks=facts.spot_checks.get("", SpotChecks()),
        **beat.said,
    )


def _listed(
    table: pd.DataFrame, by: str, rows: Mapping[str, tuple[str, GridSituation]]
) -> tuple[tuple[str, GridSituation], ...]:
    return tuple(rows[str(grid_id)] for grid_id in worst_grids(table, by, BULLETIN.region_grids).index)


def _warnings(facts: BulletinFacts) -> Warnings | None:
    month = facts.warnings
    if month is None:
        return None
    names = dict(zip(facts.cities["unit_code"], facts.cities["unit_name"], strict=True))
    return Warnings(
        month.month, _warned(month.warned, names), _warned(month.near, names), month.missing_months
    )


def _warned(rows: pd.DataFrame, names: Mapping[str, str]) -> tuple[WarnedGrid, ...]:
    own = rows[rows["unit_code"].isin(names)].sort_values(["unit_code", "grid_id"])
    own = own.assign(
        unit_name=own["unit_code"].map(names),
        lon=(own["west"] + own["east"]) / 2,
        lat=(own["south"] + own["north"]) / 2,
    ).drop(columns=BOUNDS)
    no_counts = {"in_a_row": 0, "is_at_least": False, "in_a_year": 0, "escalation": ""}  # of near-warnings
    return tuple(WarnedGrid(**{**no_counts, **row}) for row in plain_rows(own))


def _of_city(warnings: Warnings, code: str) -> Warnings:
    warned, near = (
        tuple(one for one in rows if one.unit_code == code) for rows in (warnings.warned, warnings.near)
    )
    return Warnings(warnings.month, warned, near, warnings.missing_months)
