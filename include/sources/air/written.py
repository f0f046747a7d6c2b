"""What the files of one import say, written day by day, and what that came to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
from sqlalchemy import Engine

from include.sources.air.faults import Fault
from include.sources.air.files import AirFile
from include.sources.air.intake import Conflict, Kept, keep_days, keep_dust
from include.sources.air.means import means
from include.sources.air.members import keep_members, read_members
from include.sources.air.odd_units import OddValues, without_odd_units
from include.sources.air.said import LABELS
from include.sources.air.stage import Stage, Statement
from include.store.air_days import Provenance
from include.store.engine import writing


@dataclass
class Written:
    """What the statements of an import came to so far."""

    kept: list[Kept] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    odd: list[OddValues] = field(default_factory=list)
    between: list[tuple[int, Fault]] = field(default_factory=list)
    dust_hours: int = 0
    duplicates: int = 0
    few_minutes: int = 0
    first_few: str = ""
    few_stations: int = 0
    # Stations whose hours of earlier imports count in the cities' means.
    beside: set[str] = field(default_factory=set)
    given_days: int = 0


def write_staged(
    engine: Engine,
    parquet_root: Path,
    stage: Stage,
    files: Mapping[int, AirFile],
    told: Provenance,
    *,
    replace: bool,
) -> Written:
    """Writes what the files put on the stage. `files`: by their number there. `replace`: also days of which hours would be lost."""
    whole = Written()
    cities_of = {station: city for file in files.values() for station, city in file.stations.items()}
    units_told = {
        (number, name) for number, file in files.items() for name in LABELS if not file.unitless[name]
    }
    for statement, stated in stage.take():
        if statement.dataset != "dust" and statement.every != "minutes":
            stated, odd_values = without_odd_units(stated, units_told, are_days=statement.every == "day")
            whole.odd += odd_values
        _keep(engine, parquet_root, statement, stated, cities_of, told, whole, replace=replace)
    return whole


def _keep(
    engine: Engine,
    parquet_root: Path,
    statement: Statement,
    stated: pd.DataFrame,
    cities_of: Mapping[str, str],
    told: Provenance,
    whole: Written,
    *,
    replace: bool,
) -> None:
    """Writes what one statement says of some days; adds to `whole`."""
    if statement.dataset == "dust":
        hours, conflicts = keep_dust(engine, stated, told)
        whole.dust_hours += hours
        whole.conflicts += conflicts
        return
    are_days = statement.every == "day"
    with writing(engine, lock="air_quality") as connection:
        known = read_members(parquet_root, stated, are_days=are_days) if statement.of_city else None
        found = means(statement, stated, cities_of, known, replace=replace)
        if found.hours.empty:
            kept = Kept([], 0, [], [])
        else:
            kept = keep_days(
                connection,
                parquet_root,
                statement.dataset,
                found.hours,
                told,
                replace=replace,
                are_days=are_days,
            )
        if found.members is not None:
            days = pd.DatetimeIndex([day.observed_on for day in kept.days])
            keep_members(parquet_root, found.members, days, are_days=are_days)
            kept = found.members.added_to(kept, replace=replace)
            whole.beside |= {*found.members.beside} if kept.days else set()
    whole.kept.append(kept)
    whole.given_days += sum(day.places for day in kept.days) if are_days else 0
    whole.duplicates += found.duplicates
    whole.conflicts += [*found.conflicts, *kept.conflicts]
    whole.between += found.between
    whole.few_minutes += found.few_minutes
    whole.first_few = whole.first_few or found.first_few
    whole.few_stations += found.few_stations
