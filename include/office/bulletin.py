"""The facts of a half-monthly bulletin, from the store and the Parquet files."""

from pathlib import Path

import numpy as np
import pandas as pd
from sqlalchemy import Connection, Engine

from include.office.air_quality import CityAir, city_air, grid_air
from include.office.spot_checks import checks_of_window
from include.office.suspected import suspected
from include.office.warning_grids import warning_list
from include.periods import DAY, Period
from include.store.air_days import dust_hours, imported_days
from include.store.engine import reading
from include.store.enterprises import key_enterprises
from include.store.facts import alarm_states, cities_on, city_stays, problems_found
from include.store.grid_lists import places_on
from include.store.watch_facts import grids_known, read_station_days
from include.supervision.air_quality import windows
from include.supervision.bulletin import BulletinFacts, BulletinWindows, MonthWarnings
from include.watch import DEFAULT_RULES as WATCH_RULES
from include.watch import lasting_excess


def bulletin_facts(engine: Engine, parquet_root: Path, at: BulletinWindows) -> BulletinFacts:
    """Everything that `bulletin.bulletin_figures` computes from."""
    period = at.period
    half = city_air(engine, parquet_root, period)
    with reading(engine) as connection:
        states = alarm_states(connection, *at.read, period.as_of, with_old=True)
        problems = problems_found(connection, *at.read, period.as_of)
        cities = cities_on(connection, period.last_date)
        stays = city_stays(connection, at.season.start, at.season.end)
        dust = dust_hours(connection, period.start, period.end)
        enterprises = key_enterprises(connection)
        ledger = _ledger(connection, period)
        told = suspected(connection, _pushed_in(states, at.window), period.as_of)
        lasting = _lasting(connection, period)
    return BulletinFacts(
        cities=cities,
        stays=stays,
        states=states,
        problems=problems,
        half=_by_code(half),
        year=_year(half),
        month=None if at.month is None else _by_code(city_air(engine, parquet_root, at.month)),
        without_dust=_by_code(city_air(engine, parquet_root, period, is_without_dust=True))
        if len(dust)
        else None,
        dust_hours=dust.groupby("place_id").size(),
        days=half.days,
        pollutants=half.pollutants,
        grids=grid_air(engine, parquet_root, period),
        enterprises=enterprises if len(enterprises) else None,
        warnings=None if at.month is None else _month_warnings(engine, parquet_root, at.month),
        air_sources=tuple(sorted(set(ledger["source"]))),
        spot_checks=checks_of_window(engine, at.window.starts_at, at.window.ends_at, period.as_of),
        suspects=told,
        lasting=lasting,
        is_simulated=half.is_simulated
        or bool(ledger["is_simulated"].any())
        or (lasting is not None and bool(lasting["is_simulated"].any())),
    )


def _pushed_in(states: pd.DataFrame, window: Period) -> list[str]:
    pushed = states["pushed_at"]
    inside = (pushed >= window.starts_at) & (pushed < window.ends_at)
    return sorted(set(states.loc[inside, "alarm_id"].astype(str)))


def _lasting(connection: Connection, period: Period) -> pd.DataFrame | None:
    """The lasting grids of the weeks to the half-month's last day, from the stations' daily facts, of those that its letters speak
    of; None where there are none."""
    rule = WATCH_RULES.lasting
    last = period.end - DAY
    first = period.end - rule.window_days * DAY
    days = read_station_days(connection, first, last, WATCH_RULES.edition)
    if days.empty:
        return None
    found = lasting_excess(days, first, last, WATCH_RULES)
    grids = grids_known(connection)[["grid_id", "county", "name", "is_simulated"]].fillna("")
    grids = grids[grids["grid_id"].isin(places_on(connection, last).index)]
    found = found[found["is_lasting"].astype(bool)].merge(grids, on="grid_id", validate="1:1")
    return found.assign(window_days=rule.window_days)


def _ledger(connection: Connection, period: Period) -> pd.DataFrame:
    """The imported days of cities and grids that the half-month's figures rest on."""
    window = windows(period)
    used = pd.to_datetime(sorted({*window.current, *window.year_before, *window.before}))
    days = pd.concat(
        imported_days(connection, dataset, used[0].date(), period.end) for dataset in ("city", "grid")
    )
    return days[days["observed_on"].isin(used)]


def _by_code(air: CityAir) -> pd.DataFrame:
    return air.cities.set_index("unit_code")


def _year(air: CityAir) -> pd.DataFrame:
    """The year to date, in the columns of a window; it has no window before."""
    table = _by_code(air).filter(regex="^ytd_").rename(columns=lambda name: name.removeprefix("ytd_"))
    return table.assign(before_ug_m3=np.nan, pop_pct=np.nan)


def _month_warnings(engine: Engine, parquet_root: Path, month: Period) -> MonthWarnings:
    found = warning_list(engine, parquet_root, month)
    return MonthWarnings(found.month, found.warned, found.near, found.missing_months)
