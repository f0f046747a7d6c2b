"""Suspects of alarms from the store: gathers what is known, ranks, keeps. The same alarm gets the same suspects from any run.

For an alarm of the watch the hours up to its last one count, and at least the deciding hour; for one of a platform its own
hours, with whatever judged hours, winds and meters there are.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from sqlalchemy import Connection

from include.house import House
from include.periods import DAY, midnight, office_date
from include.store.engine import reading, writing
from include.store.enterprises import (
    enterprise_places,
    enterprises_of,
    has_enterprises,
    has_suspect_places,
    suspect_places,
)
from include.store.judged_hours import STATION_JUDGED, Wanted, numbers_of, read_judged
from include.store.statements import frame
from include.store.station_hours import SUBMETER_HOURS, read_hours
from include.store.watch_alarms import made_by_watch, replace_suspects
from include.store.watch_facts import grids_known, stations_known
from include.suspects.candidates import (
    enterprises_as_candidates,
    joined,
    places_as_candidates,
    problems_as_candidates,
)
from include.suspects.places import KM_PER_DEG, pairs_within
from include.suspects.ranking import Ranking, rank_suspects
from include.suspects.rules import DEFAULT_RULES, SuspectRules
from include.watch import DEFAULT_RULES as WATCH_RULES
from include.workflows.watch_inputs import HOUR, Network, network_of
from include.workflows.wind_masts import wind_hours

_AT_ONCE: Final = timedelta(
    days=7
)  # alarms that begin within so long are ranked together: so many hours are in memory
_PARAMETERS: Final = 500
_TILE_DEG: Final = 0.5  # alarms of one tile are asked for together
_AT_PUSH: Final = "\x1fat push"  # marks the second ranking of an alarm, in memory only
_SEEN: Final = ("station_id", "hour", "increment_ug_m3", "flag")
_NO_STATION_HOURS: Final = {
    "station_id": "object",
    "hour": "datetime64[s, UTC]",
    "increment_ug_m3": "float64",
    "flag": "object",
}


def keep_suspects(
    house: House,
    alarm_ids: Sequence[str],
    *,
    network: Network | None = None,
    known_at: datetime | None = None,
    rules: SuspectRules = DEFAULT_RULES,
) -> int:
    """Ranks the alarms and puts their suspects in the place of what was there; returns how many alarms have suspects now.
    `network`: where the caller has read it."""
    kept = 0
    for found in _rankings(house, alarm_ids, network, known_at, rules):
        told = suspect_rows(found)
        rows, at_push = _part(told, is_at_push=False), _part(told, is_at_push=True)
        ids = sorted({str(row["alarm_id"]) for row in rows})
        with writing(house.engine, lock="watch") as connection:
            replace_suspects(connection, ids, rows, at_push)
        kept += len(ids)
    return kept


def keep_platform_suspects(
    house: House, alarm_ids: Sequence[str], *, rules: SuspectRules = DEFAULT_RULES
) -> int:
    """The same for those of the alarms that a platform told, where there is anybody who could be suspected: a list of nobody but
    来源不明 says nothing. A letter calls it for what it lists, so that it says the same whatever ran before it."""
    with reading(house.engine) as connection:
        made = made_by_watch(connection, alarm_ids)
        if not has_enterprises(connection) and not has_suspect_places(connection):
            return 0
    return keep_suspects(house, [one for one in alarm_ids if one not in made], rules=rules)


def suspect_rows(found: Ranking) -> list[dict[str, Any]]:
    """Rows of `alarm_suspect`: the evidence of each suspect as JSON, with the alarm's hours beside the first."""
    hours = _hours(found.hours)
    told = found.suspects
    # Column by column: rows of a frame as dictionaries cost three times as much, and every hour writes some hundreds.
    names = sorted(set(told.columns) - {"alarm_id", "rank", "candidate_id", "score", "edition"})
    evidence = [
        dict(zip(names, values, strict=True))
        for values in zip(*(told[name].tolist() for name in names), strict=True)
    ]
    keys = zip(
        *(told[name].tolist() for name in ("alarm_id", "rank", "candidate_id", "score", "edition")),
        strict=True,
    )
    rows = []
    for (alarm_id, rank, candidate_id, score, edition), own in zip(keys, evidence, strict=True):
        if rank == 1:
            own["hours"] = hours[alarm_id]
        rows.append(
            {
                "alarm_id": alarm_id,
                "rank": rank,
                "enterprise_id": candidate_id,
                "score": score,
                "evidence_json": json.dumps(own, ensure_ascii=False, sort_keys=True),
                "rules_edition": edition,
            }
        )
    return rows


def suspects_from_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """The suspects (columns of `ranking.EVIDENCE` and `hours`) of stored rows of `alarm_suspect`."""
    told = [
        json.loads(evidence)
        | {
            "alarm_id": alarm_id,
            "rank": rank,
            "candidate_id": candidate_id,
            "score": score,
            "edition": edition,
        }
        for alarm_id, rank, candidate_id, score, evidence, edition in rows[
            ["alarm_id", "rank", "enterprise_id", "score", "evidence_json", "rules_edition"]
        ].itertuples(index=False)
    ]
    return pd.DataFrame(told)


def _hours(rows: pd.DataFrame) -> dict[str, list[dict[str, Any]]]:
    """The hours of every alarm as plain values; None for what is not known."""
    columns = {
        str(name): [None if value != value else value for value in rows[name].tolist()]
        for name in rows.columns.drop(["alarm_id", "hour"])
    }
    columns["hour"] = [moment.isoformat() for moment in rows["hour"]]
    found: dict[str, list[dict[str, Any]]] = {}
    for alarm_id, *values in zip(rows["alarm_id"].tolist(), *columns.values(), strict=True):
        found.setdefault(str(alarm_id), []).append(dict(zip(columns, values, strict=True)))
    return found


def _rankings(
    house: House,
    alarm_ids: Sequence[str],
    network: Network | None,
    known_at: datetime | None,
    rules: SuspectRules,
) -> Iterator[Ranking]:
    """The rankings of the alarms, week by week: by all their hours, and (marked `_AT_PUSH`) by those that were known when they
    were raised."""
    if not alarm_ids:
        return
    wanted = sorted(set(alarm_ids))
    with reading(house.engine) as connection:
        parts = [
            frame(connection, "alarms_to_suspect", alarm_ids=tuple(wanted[at : at + _PARAMETERS]))
            for at in range(0, len(wanted), _PARAMETERS)
        ]
        if network is None:
            network = network_of(stations_known(connection), grids_known(connection))
        alarms = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
        alarms = alarms[alarms["lon"].notna() & alarms["lat"].notna()]
        near = sorted(_near(alarms, _places_around(connection, alarms, rules), "enterprise_id", rules))
        enterprises = enterprises_of(connection, near).drop_duplicates("enterprise_id")
    deciding = (alarms["raised_at"] - HOUR).where(alarms["is_made"] == 1)
    alarms["last_at"] = alarms["last_at"].where(~(deciding > alarms["last_at"]), deciding)
    week = (alarms["started_at"] - pd.Timestamp("2000-01-03", tz="UTC")) // _AT_ONCE
    firms = enterprises_as_candidates(enterprises)
    for _, own in alarms.groupby(week):
        yield _ranking(house, own.reset_index(drop=True), network, firms, known_at, rules)


def _ranking(
    house: House,
    alarms: pd.DataFrame,
    network: Network,
    firms: pd.DataFrame,
    known_at: datetime | None,
    rules: SuspectRules,
) -> Ranking:
    begins = pd.concat([alarms["started_at"], alarms["began_at"]])
    ends = pd.concat([alarms["last_at"], alarms["told_last_at"]])
    first, last = begins.min().to_pydatetime(), ends.max().to_pydatetime()
    end = last + HOUR
    with reading(house.engine) as connection:
        begin_at = first - timedelta(days=rules.former_days)
        problems = frame(connection, "former_problems", begin_at=begin_at, end_at=end)
        places = suspect_places(connection, first - (rules.fire_hours + 1) * HOUR, end)
    problems = problems[problems["grid_id"].isin(alarms["grid_id"])]
    seen = _seen(house, first - 2 * HOUR, end, rules)
    winds = wind_hours(house, network, first - (rules.wind.check_hours + 4) * HOUR, end, known_at)
    meter_from = midnight(office_date(first) - rules.meter.days_back * DAY)
    meters = _meters(house, meter_from, end, known_at, _near(alarms, firms, "candidate_id", rules))
    candidates = joined(
        firms, places_as_candidates(places), problems_as_candidates(problems.reset_index(drop=True))
    )
    told = pd.concat([_whole(alarms), _at_push(alarms)], ignore_index=True)
    return rank_suspects(told, seen, network.stations, winds, candidates, meters, rules)


def _seen(house: House, start_at: datetime, end_at: datetime, rules: SuspectRules) -> pd.DataFrame:
    """The station hours that stood above the scatter of sensors: few of all, and no other speaks."""

    def rose(table: pa.Table) -> NDArray[np.bool_]:
        return np.asarray(numbers_of(table, "increment_ug_m3") >= rules.reach.least_increment_ug_m3)

    edition, wanted = WATCH_RULES.edition, Wanted(("increment_ug_m3",), rose)
    found = read_judged(house.stations_dir, STATION_JUDGED, start_at, end_at, edition, _SEEN, wanted)
    if len(found):
        return found
    return pd.DataFrame({name: pd.Series([], dtype=kind) for name, kind in _NO_STATION_HOURS.items()})


def _whole(alarms: pd.DataFrame) -> pd.DataFrame:
    return alarms.assign(known_until=pd.Series(pd.NaT, index=alarms.index).dt.tz_localize("UTC"))


def _at_push(alarms: pd.DataFrame) -> pd.DataFrame:
    """The alarms as they were known when they were raised: the hours that had begun by then, from the start as it was told then.
    A platform pushes within the hour in which it alarms: that hour counts."""
    until = alarms["raised_at"].dt.ceil("h")
    began = alarms["began_at"].where(alarms["is_made"] == 0, alarms["started_at"])
    until = until.where(until > began, began.dt.floor("h") + HOUR)
    last = alarms["last_at"].where(alarms["is_made"] == 1, alarms["told_last_at"])
    return alarms.assign(
        known_until=until, started_at=began, last_at=last, alarm_id=alarms["alarm_id"] + _AT_PUSH
    )


def _part(rows: list[dict[str, Any]], *, is_at_push: bool) -> list[dict[str, Any]]:
    """The rows of the alarms as they are now, or as they were when they were raised."""
    return [
        row | {"alarm_id": row["alarm_id"].removesuffix(_AT_PUSH)}
        for row in rows
        if row["alarm_id"].endswith(_AT_PUSH) == is_at_push
    ]


def _places_around(connection: Connection, alarms: pd.DataFrame, rules: SuspectRules) -> pd.DataFrame:
    """The enterprises in rectangles around the alarms: reading all of them every hour costs more than all else."""
    reach = rules.reach.candidates_km / KM_PER_DEG * 1.05
    lon, lat = alarms["lon"].to_numpy(float), alarms["lat"].to_numpy(float)
    wide = reach / np.cos(np.radians(np.minimum(np.abs(lat) + reach, 89.0)))
    tiles, tile = np.unique(np.floor(np.column_stack([lon, lat]) / _TILE_DEG), axis=0, return_inverse=True)
    least, most = np.full(tiles.shape, np.inf), np.full(tiles.shape, -np.inf)
    np.minimum.at(least, tile, np.column_stack([lon - wide, lat - reach]))
    np.maximum.at(most, tile, np.column_stack([lon + wide, lat + reach]))
    boxes = np.column_stack([least, most]).tolist()
    return enterprise_places(connection, [(west, south, east, north) for west, south, east, north in boxes])


def _near(alarms: pd.DataFrame, firms: pd.DataFrame, key: str, rules: SuspectRules) -> set[str]:
    """Enterprises in the reach of any of the alarms."""
    lon, lat = (alarms[name].to_numpy(float, na_value=np.nan) for name in ("lon", "lat"))
    to_lon, to_lat = (firms[name].to_numpy(float, na_value=np.nan) for name in ("lon", "lat"))
    _, firm, _ = pairs_within(lon, lat, to_lon, to_lat, rules.reach.candidates_km)
    return set(firms[key].iloc[np.unique(firm)])


def _meters(
    house: House, start_at: datetime, end_at: datetime, known_at: datetime | None, enterprise_ids: set[str]
) -> pd.DataFrame:
    """The metered hours of these enterprises: most meters are nowhere near an alarm."""
    rows: pd.DataFrame = read_hours(
        house.stations_dir,
        SUBMETER_HOURS,
        start_at,
        end_at,
        known_at=known_at,
        enterprises=enterprise_ids,
        columns=SUBMETER_HOURS.columns,
    ).to_pandas()
    return rows
