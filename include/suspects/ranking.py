"""Whom to suspect of an alarm: candidates around it, each with a chance and with everything that led to it.

The score of a candidate is a sum of stated terms (`Weights`); its chance is the softmax over all candidates and `unlisted`
(来源不明). Every term is rounded before it is used, so that `points.chance_from_evidence` gives the stored chance again, digit by
digit.
Only hours up to the alarm's last known one are looked at: whatever comes later changes nothing.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from include.suspects.cone import cone_features
from include.suspects.kinds import UNLISTED
from include.suspects.meters import MeterHours, meter_features, metered_table, read_meters
from include.suspects.observed import Observed, observe, read_increments
from include.suspects.places import east_north_km, pairs_within
from include.suspects.points import TERMS, utility_of
from include.suspects.rules import DEFAULT_RULES, INDUSTRY_PRIORS, KIND_PRIORS, ReachRules, SuspectRules
from include.suspects.winds import clean_winds, epoch_hours, read_masts

Floats = NDArray[np.float64]
Places = NDArray[np.int64]
Columns = dict[str, NDArray[Any]]
_HOUR_S: Final = 3600
_BATCH_HOURS: Final = 7 * 24  # alarms are ranked week by week: so much of the meters is in memory
EVIDENCE: Final = [
    "alarm_id",
    "rank",
    "candidate_id",
    "kind",
    "name",
    "score",
    "level",
    "utility",
    "log_sum",
    "distance_km",
    "peak_km",
    "peak_ug_m3",
    "east_km",
    "north_km",
    "upwind",
    "windy",
    "has_increments",
    "is_metered",
    "off_hours",
    "idle_hours",
    "running_hours",
    "idled_before",
    "ran_before",
    "unusual_hour",
    "same_place",
    "others",
    "others_score",
    *TERMS,
    "edition",
]
HOURS: Final = [
    "alarm_id",
    "hour",
    "weight",
    "wind_from_deg",
    "wind_speed_m_s",
    "spread_deg",
    "masts",
    "nearest_km",
]


@dataclass(frozen=True)
class Ranking:
    """`suspects`: one row an alarm and suspect (columns `EVIDENCE`), by alarm and rank; `unlisted` is always among them,
    `others` and `others_score`: how many more candidates the alarm has, and their chance together.
    `hours`: one row an alarm and hour that spoke (columns `HOURS`): its weight and its wind. `remarks`: what, rows, example."""

    suspects: pd.DataFrame
    hours: pd.DataFrame
    remarks: pd.DataFrame


def rank_suspects(
    alarms: pd.DataFrame,
    station_hours: pd.DataFrame,
    stations: pd.DataFrame,
    winds: pd.DataFrame,
    candidates: pd.DataFrame,
    submeter_hours: pd.DataFrame,
    rules: SuspectRules = DEFAULT_RULES,
) -> Ranking:
    """Suspects of every alarm that has a place.

    alarms          alarm_id, grid_id, lon, lat (the grid's centre or the alarm's point), started_at, last_at; `known_until`
                    (the end of the last hour known, an instant) where the alarm is ranked as of a moment
    station_hours   station_id, hour, increment_ug_m3[, flag], as the watch judges them; may be empty
    stations        station_id, kind, grid_id, lon, lat
    winds           station_id, hour, wind_from_deg, wind_speed_m_s, any codes; from 72 hours before the first alarm
    candidates      as of `candidates.joined`
    submeter_hours  enterprise_id, hour, production_kw, treatment_kw; from seven whole days before the first alarm

    All hours are starts, instants with a time zone. More rows than these change nothing.
    """
    alarms = _known_hours(alarms)
    cleaned = clean_winds(winds)
    parts: list[pd.DataFrame] = []
    hours: list[pd.DataFrame] = []
    if len(alarms):
        stations = _known_stations(stations)
        first, last = (alarms[name].to_numpy(np.int64) for name in ("first", "last"))
        begin, end = int(first.min()) - rules.reach.hours_before, int(last.max()) + 1
        masts = read_masts(cleaned.winds, stations, begin, end, rules.wind)
        increments = read_increments(station_hours, stations, rules)
        firm_ids = candidates["candidate_id"].where(candidates["kind"] == "enterprise", "")
        firm_ids = firm_ids.mask(firm_ids == "", candidates["kind"] + ":" + candidates["candidate_id"])
        meters = read_meters(submeter_hours, firm_ids, rules.meter)
        week = first // _BATCH_HOURS
        for one in np.unique(week):
            batch = alarms[week == one].reset_index(drop=True)
            seen = observe(batch, increments, masts, rules)
            pairs = _with_terms(_pairs(batch, candidates, rules), batch, seen, candidates, meters, rules)
            parts.append(_ranked(pairs, batch, candidates, seen, rules))
            hours.append(_hours(batch, seen))
    return Ranking(
        pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=EVIDENCE),
        pd.concat(hours, ignore_index=True) if hours else pd.DataFrame(columns=HOURS),
        cleaned.remarks,
    )


def _known_hours(alarms: pd.DataFrame) -> pd.DataFrame:
    """Alarms with a place, with `first` and `last` hour that is known; in the order of their identifiers."""
    rows = (
        alarms[alarms["lon"].notna() & alarms["lat"].notna()].sort_values("alarm_id").reset_index(drop=True)
    )
    first, last = epoch_hours(rows["started_at"]), epoch_hours(rows["last_at"])
    if "known_until" in rows:
        until = pd.to_datetime(rows["known_until"], utc=True)
        known = np.where(until.notna(), epoch_hours(until.fillna(pd.Timestamp(0, tz="UTC"))) - 1, last)
        last = np.minimum(last, known)
    return rows.assign(first=np.minimum(first, last), last=last)


def _known_stations(stations: pd.DataFrame) -> pd.DataFrame:
    numbers = {name: pd.to_numeric(stations[name], errors="coerce") for name in ("lon", "lat")}
    rows = stations.assign(**numbers)
    return rows[rows["lon"].notna() & rows["lat"].notna()]


def _pairs(alarms: pd.DataFrame, candidates: pd.DataFrame, rules: SuspectRules) -> Columns:
    """One row an alarm and candidate in its reach: alarm, candidate (rows), east_km, north_km from the alarm's point."""
    lon, lat = (alarms[name].to_numpy(float) for name in ("lon", "lat"))
    to_lon, to_lat = (candidates[name].to_numpy(float) for name in ("lon", "lat"))
    alarm, candidate, _ = pairs_within(lon, lat, to_lon, to_lat, rules.reach.candidates_km)
    kind = candidates["kind"].to_numpy(object)[candidate]
    end = (alarms["last"].to_numpy(np.int64)[alarm] + 1) * _HOUR_S
    begin = alarms["first"].to_numpy(np.int64)[alarm] * _HOUR_S
    from_s, until_s = (_seconds(candidates[name])[candidate] for name in ("from_at", "until_at"))
    fire = np.asarray((from_s <= end) & (from_s >= begin - rules.fire_hours * _HOUR_S))
    same = (
        candidates["grid_id"].to_numpy(object)[candidate]
        == alarms["grid_id"].astype(str).to_numpy(object)[alarm]
    )
    recent = from_s >= begin - rules.former_days * 24 * _HOUR_S
    is_open = np.isnan(until_s) | (until_s > end)
    former = same & (from_s <= end) & (recent | is_open)
    is_there = ~(from_s > end) & ~(until_s <= begin) | np.isin(kind, ("fire", "problem"))
    speaks = np.flatnonzero(is_there & ((kind != "fire") | fire) & ((kind != "problem") | former))
    alarm, candidate = alarm[speaks], candidate[speaks]
    east, north = east_north_km(lon[alarm], lat[alarm], to_lon[candidate], to_lat[candidate])
    return {"alarm": alarm, "candidate": candidate, "east_km": east.round(6), "north_km": north.round(6)}


def _seconds(instants: pd.Series) -> Floats:
    """Seconds since the epoch, NaN for none."""
    utc = pd.to_datetime(instants, utc=True)
    seconds = utc.dt.as_unit("s").astype("int64").to_numpy(float)
    return np.where(utc.isna().to_numpy(), np.nan, seconds)


def _with_terms(
    pairs: Columns,
    alarms: pd.DataFrame,
    seen: Observed,
    candidates: pd.DataFrame,
    meter_hours: MeterHours,
    rules: SuspectRules,
) -> Columns:
    """`pairs` with the terms of the score and what explains them, rounded."""
    alarm, candidate = pairs["alarm"], pairs["candidate"]
    cone = cone_features(seen, alarm, pairs["east_km"], pairs["north_km"], rules)
    near, place = np.unique(candidate, return_inverse=True)
    first, last = (alarms[name].to_numpy(np.int64) for name in ("first", "last"))
    begin, end = int(first.min()) - (rules.meter.days_back + 2) * 24, int(last.max()) + 1
    meters, row = metered_table(meter_hours, near, len(candidates), begin, end)
    firm = row[place] if len(near) else place
    power = meter_features(meters, alarm, firm, seen.at, seen.hour_weight, first, rules.meter)
    industry = _industry_priors(candidates["industry"])[candidate]
    kinds = candidates["kind"].map(dict(KIND_PRIORS)).to_numpy(float)[candidate]
    terms = {
        "cone": cone.cone,
        "distance": cone.distance_km,
        "peak_distance": np.log(cone.peak_km + rules.reach.beside_km),
        "strength": cone.distance_km * _strength(seen, rules.reach)[alarm],
        "idle": power.idle,
        "normal": power.normal,
        "off": power.off,
        "lost": power.lost,
        "habit": power.habit,
        "unusual_normal": power.unusual_normal,
        "industry": industry,
        "former": _near_former(pairs, candidates, rules),
        "kind_prior": kinds,
    }
    told = {
        "distance_km": cone.distance_km,
        "peak_km": cone.peak_km,
        "peak_ug_m3": seen.peak_ug_m3[alarm],
        "upwind": cone.upwind,
        "windy": cone.windy,
        "has_increments": seen.has_increments[alarm],
        "is_metered": power.is_metered,
        "idle_hours": power.idle_hours,
        "running_hours": power.running_hours,
        "off_hours": power.off_hours,
        "idled_before": power.idled_before,
        "ran_before": power.ran_before,
        "unusual_hour": power.unusual,
    }
    rounded: Columns = {
        name: np.asarray(np.round(values, 6) + 0.0 if values.dtype.kind == "f" else values)
        for name, values in (told | terms).items()
    }
    return pairs | rounded


def _strength(seen: Observed, reach: ReachRules) -> Floats:
    """By alarm the log of its highest increment over the usual one; 0 where no station rose."""
    peak = np.where(seen.has_increments, seen.peak_ug_m3, reach.usual_peak_ug_m3)
    return np.clip(np.log(peak / reach.usual_peak_ug_m3), -reach.most_strength, reach.most_strength)


def _industry_priors(industries: pd.Series) -> Floats:
    code, names = pd.factorize(industries)
    priors = [
        max((prior for word, prior in INDUSTRY_PRIORS.items() if word in str(name)), default=0.0)
        for name in names
    ]
    return np.array([*priors, 0.0])[code]


def _near_former(pairs: Columns, candidates: pd.DataFrame, rules: SuspectRules) -> Floats:
    """1 for an enterprise beside which a former problem of the alarm's grid lies."""
    kind = candidates["kind"].to_numpy(object)[pairs["candidate"]]
    found = np.zeros(len(kind))
    problems, firms = np.flatnonzero(kind == "problem"), np.flatnonzero(kind == "enterprise")
    if not len(problems):
        return found
    place = pd.DataFrame({name: pairs[name] for name in ("alarm", "east_km", "north_km")})
    there = place.iloc[problems].merge(
        place.iloc[firms].assign(row=firms), on="alarm", suffixes=("_problem", "")
    )
    km = np.hypot(
        (there["east_km"] - there["east_km_problem"]).to_numpy(float),
        (there["north_km"] - there["north_km_problem"]).to_numpy(float),
    )
    found[there["row"].to_numpy(int)[km <= rules.former_km]] = 1.0
    return found


@dataclass(frozen=True)
class _Scored:
    """By pair of alarm and candidate, and after them by alarm for `unlisted` (candidate -1)."""

    alarm: Places
    candidate: Places
    utility: Floats
    log_sum: Floats
    score: Floats


def _scored(pairs: Columns, count: int, rules: SuspectRules) -> _Scored:
    """The chances of all candidates of each of `count` alarms."""
    alarm = np.concatenate([pairs["alarm"], np.arange(count)])
    candidate = np.concatenate([pairs["candidate"], np.full(count, -1)])
    utility = np.concatenate(
        [utility_of(pairs, asdict(rules.weights)), np.full(count, rules.weights.unlisted)]
    )
    highest = np.full(count, -np.inf)
    np.maximum.at(highest, alarm, utility)
    total = np.bincount(alarm, np.exp(utility - highest[alarm]), count)
    log_sum = np.round(highest + np.log(total), 6)[alarm]
    return _Scored(alarm, candidate, utility, log_sum, np.round(np.exp(utility - log_sum), 6))


def _ranked(
    pairs: Columns, alarms: pd.DataFrame, candidates: pd.DataFrame, seen: Observed, rules: SuspectRules
) -> pd.DataFrame:
    """The first `kept` suspects of each alarm and `unlisted`, with rank and chance."""
    count = len(alarms)
    found = _scored(pairs, count, rules)
    order = np.lexsort((found.candidate, -found.utility, found.alarm))
    rank = np.arange(len(order)) - np.searchsorted(found.alarm[order], found.alarm[order]) + 1
    is_kept = (rank <= rules.kept) | (found.candidate[order] < 0)
    kept, left = order[is_kept], order[~is_kept]
    alarm, score = found.alarm[kept], found.score[kept]
    told = {
        "alarm_id": alarms["alarm_id"].astype(str).to_numpy(object)[alarm],
        "rank": rank[is_kept],
        "score": score,
        "level": _levels(score, rules),
        "utility": found.utility[kept],
        "log_sum": found.log_sum[kept],
        "has_increments": seen.has_increments[alarm],
        "same_place": _same_place(pairs, found.utility, candidates, rules)[kept],
        "others": np.bincount(found.alarm[left], minlength=count)[alarm],
        "others_score": np.round(np.bincount(found.alarm[left], found.score[left], count), 6)[alarm],
        "edition": np.full(len(kept), rules.edition, object),
    }
    return _evidence(told, pairs, kept, found.candidate[kept], candidates)


def _evidence(
    told: Columns, pairs: Columns, kept: Places, candidate: Places, candidates: pd.DataFrame
) -> pd.DataFrame:
    """The columns `EVIDENCE` of the kept rows: what is told of each, its pair's terms, and who it is."""
    listed = candidate >= 0
    for name in ("candidate_id", "kind", "name"):
        told[name] = np.full(len(kept), "" if name == "name" else UNLISTED, object)
        told[name][listed] = candidates[name].to_numpy(object)[candidate[listed]]
    for name in EVIDENCE:
        if name not in told:
            told[name] = np.zeros(len(kept), pairs[name].dtype)
            told[name][listed] = pairs[name][kept[listed]]
    return pd.DataFrame({name: pd.Series(told[name], dtype=told[name].dtype) for name in EVIDENCE})


def _levels(score: Floats, rules: SuspectRules) -> NDArray[np.object_]:
    return np.asarray(
        np.select([score >= rules.high_from, score >= rules.medium_from], ["high", "medium"], "low"), object
    )


def _same_place(pairs: Columns, utility: Floats, candidates: pd.DataFrame, rules: SuspectRules) -> Places:
    """How many other candidates of the alarm lie at the same place, of the same kind and utility: they cannot be told apart. By pair,
    and 0 for `unlisted` of every alarm after them (as in `utility`)."""
    count, step = len(pairs["alarm"]), rules.same_place_km
    kind = pd.factorize(candidates["kind"])[0][pairs["candidate"]]
    east, north = (np.round(pairs[name] / step) for name in ("east_km", "north_km"))
    keys = (pairs["alarm"], kind, utility[:count], east, north)
    order = np.lexsort(keys)
    is_new = np.zeros(count, bool)
    for key in keys:
        is_new |= np.diff(key[order], prepend=np.nan) != 0
    group = np.cumsum(is_new) - 1
    found = np.zeros(len(utility), np.int64)
    found[order] = np.bincount(group)[group] - 1
    return found


def _hours(alarms: pd.DataFrame, seen: Observed) -> pd.DataFrame:
    """One row an alarm and hour that spoke: columns `HOURS`; no direction in calm hours and without masts."""
    alarm, place = np.nonzero(seen.at >= 0)
    u, v = seen.wind_of("east")[alarm, place], seen.wind_of("north")[alarm, place]
    spread = seen.wind_of("spread_deg")[alarm, place]
    origin = np.degrees(np.arctan2(-u, -v)) % 360
    return pd.DataFrame(
        {
            "alarm_id": alarms["alarm_id"].astype(str).to_numpy(object)[alarm],
            "hour": pd.to_datetime(seen.at[alarm, place] * _HOUR_S, unit="s", utc=True),
            "weight": seen.hour_weight[alarm, place].round(6),
            "wind_from_deg": np.where(spread < 180, origin.round(1) % 360, np.nan),
            "wind_speed_m_s": np.hypot(u, v).round(2),
            "spread_deg": spread.round(1),
            "masts": seen.wind_of("masts")[alarm, place],
            "nearest_km": seen.wind_of("nearest_km")[alarm, place].round(1),
        }
    )[HOURS]
