"""What an enterprise's sub-meters say of the hours of an alarm, against what is usual for it in the days before.

Usual is learnt from the whole days before the alarm's first hour, so that nothing later than the alarm is looked at, and
the same alarm gets the same answer from any window.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from include.periods import office_zone
from include.suspects.rules import MeterRules
from include.suspects.winds import epoch_hours

Floats = NDArray[np.float64]
Places = NDArray[np.int64]
_DAY: Final = 24


@dataclass(frozen=True)
class MeterHours:
    """Metered hours of known enterprises, by hour: `firm` (row of the candidates), `at` (since the epoch), kW (NaN: none)."""

    firm: Places
    at: Places
    production_kw: NDArray[np.float32]
    treatment_kw: NDArray[np.float32]


@dataclass(frozen=True)
class Meters:
    """`production_kw`, `treatment_kw`: enterprises × hours from `first` (hours since the epoch), NaN where no value."""

    first: int
    production_kw: NDArray[np.float32]
    treatment_kw: NDArray[np.float32]


@dataclass(frozen=True)
class MeterFeatures:
    """One value a pair. Shares of the alarm's hours, weighted by increments: `idle` (line runs, treatment idles), `normal`
    (both run), `off` (the line stands), `lost` (no value although metered); `unusual`: the line runs in an hour of the day
    in which it mostly stands; `unusual_normal`: likewise, with its treatment running. `habit`: log of how much more often than
    usual its treatment idled in the days before, times the share of the alarm's hours in which it does not.
    `is_metered`: enough is known of it. `idle_hours`, `running_hours`, `off_hours`: counts within the alarm's hours; `idled_before`,
    `ran_before`: hours of the days before in which the treatment idled, and the line ran."""

    idle: Floats
    normal: Floats
    off: Floats
    lost: Floats
    unusual: Floats
    unusual_normal: Floats
    habit: Floats
    is_metered: NDArray[np.bool_]
    idle_hours: Places
    running_hours: Places
    off_hours: Places
    idled_before: Places
    ran_before: Places


def read_meters(submeter_hours: pd.DataFrame, candidate_ids: pd.Series, rules: MeterRules) -> MeterHours:
    """`submeter_hours`: enterprise_id, hour, production_kw, treatment_kw; `candidate_ids`: of enterprises, others empty.

    Values that are no power of a line (negative, or beyond `highest_kw`) are left out; `submetering.meter_faults` tells them.
    """
    code, names = pd.factorize(submeter_hours["enterprise_id"])
    at_candidate = pd.Index(candidate_ids.astype(str)).get_indexer(pd.Index(names).astype(str))
    firm = at_candidate[code] if len(names) else np.zeros(0, np.int64)
    known = np.flatnonzero(firm >= 0)
    at = epoch_hours(submeter_hours["hour"])[known] if len(known) else np.zeros(0, np.int64)
    order = np.arange(len(at)) if (at[1:] >= at[:-1]).all() else np.argsort(at, kind="stable")
    power = []
    for name in ("production_kw", "treatment_kw"):
        values = pd.to_numeric(submeter_hours[name], errors="coerce").to_numpy(np.float32, na_value=np.nan)
        values = values[known][order]
        power.append(np.where((values >= 0) & (values <= rules.highest_kw), values, np.float32(np.nan)))
    return MeterHours(firm[known][order], at[order], *power)


def metered_table(
    hours: MeterHours, firms: Places, candidates: int, begin: int, end: int
) -> tuple[Meters, Places]:
    """The hours [begin, end) of those of `firms` (rows of the `candidates`) that have a value, and the row of each of `firms`
    in it (-1: no value)."""
    low, high = np.searchsorted(hours.at, [begin, end])
    wanted = np.zeros(candidates, bool)
    wanted[firms] = True
    used = low + np.flatnonzero(wanted[hours.firm[low:high]])
    present = np.unique(hours.firm[used])
    row = np.full(max(candidates, 1), -1, np.int64)
    row[present] = np.arange(len(present))
    tables = []
    for values in (hours.production_kw, hours.treatment_kw):
        table = np.full((len(present), max(end - begin, 0)), np.nan, np.float32)
        table[row[hours.firm[used]], hours.at[used] - begin] = values[used]
        tables.append(table)
    return Meters(begin, *tables), row[firms]


def is_register(table: Floats) -> NDArray[np.bool_]:
    """Rows that are a register's readings, not a power: running on (`is_total`) or backwards."""
    return is_total(table) | is_total(-table)


def is_total(table: Floats) -> NDArray[np.bool_]:
    """Rows whose values never fall over at least a day and rise in half a day of hours."""
    highest = np.fmax.accumulate(table, axis=1)
    step = np.diff(highest, axis=1)
    falls = (table < highest).any(axis=1)
    rises = (step > 0).sum(axis=1)
    return np.asarray((np.isfinite(table).sum(axis=1) >= _DAY) & ~falls & (rises >= _DAY // 2))


def is_below(values: Floats, limits: Floats) -> NDArray[np.bool_]:
    """Where a value lies below its limit by more than the rounding of a product: exactly at the limit is not below."""
    return np.asarray(values < limits * (1.0 - 1e-6))


@dataclass(frozen=True)
class Usual:
    """By enterprise: `running_kw` (above it the line runs), `ratio` (treatment a unit of production while it runs), `runs_at` (by
    hour of the day: share of the days on which it runs, NaN where too few days say), `is_known`; `ran`, `idled`: hours in which
    the line ran, and its treatment idled."""

    running_kw: Floats
    ratio: Floats
    runs_at: Floats
    is_known: NDArray[np.bool_]
    ran: Places
    idled: Places


def usual(meters: Meters, firms: Places, before: int, rules: MeterRules) -> Usual:
    """From the `days_back` whole days before the Beijing day of hour `before`."""
    midnight = before - (before + _zone_hours(before)) % _DAY
    low = max(midnight - rules.days_back * _DAY - meters.first, 0)
    high = max(midnight - meters.first, 0)
    production = meters.production_kw[firms, low:high].astype(float)
    treatment = meters.treatment_kw[firms, low:high].astype(float)
    if not production.shape[1]:
        nothing = np.full(len(firms), np.nan)
        none = np.zeros(len(firms), np.int64)
        return Usual(
            nothing, nothing, np.full((len(firms), _DAY), np.nan), np.zeros(len(firms), bool), none, none
        )
    running_kw = rules.running_share * _quantile(production, 0.75)
    running_kw = np.where(running_kw > 0, running_kw, np.nan)
    runs = production > running_kw[:, None]
    hours = runs.sum(axis=1)
    share = np.where(runs, treatment / np.where(runs, production, 1.0), np.nan)
    ratio = _quantile(share, 0.5)
    days = production.shape[1] // _DAY
    by_day = (len(firms), days, _DAY)
    told = np.isfinite(production[:, -days * _DAY :]).reshape(by_day).sum(axis=1)
    ran = runs[:, -days * _DAY :].reshape(by_day).sum(axis=1)
    of_day = np.where(told >= rules.least_days, ran / np.maximum(told, 1), np.nan)
    is_known = (hours >= rules.least_hours) & (ratio > 0) & ~is_register(production) & ~is_register(treatment)
    idled = (runs & is_below(share, rules.idle_share * ratio[:, None])).sum(axis=1)
    return Usual(running_kw, ratio, of_day, is_known, hours, idled)


def _quantile(values: Floats, share: float) -> Floats:
    """The quantile of each row's finite values (the next lower one), NaN where there is none."""
    ordered = np.sort(values, axis=1)  # NaN last
    count = np.isfinite(values).sum(axis=1)
    at = np.maximum(np.ceil(share * count).astype(int) - 1, 0)
    return np.where(count > 0, ordered[np.arange(len(values)), at], np.nan)


def meter_features(
    meters: Meters, alarm: Places, firm: Places, at: Places, weight: Floats, first: Places, rules: MeterRules
) -> MeterFeatures:
    """`alarm`, `firm` (row of `meters`, -1: not metered) by pair; `at`, `weight`: hours and their weights by alarm (as
    in `Observed`); `first`: first hour by alarm."""
    count = len(alarm)
    shares = {
        name: np.zeros(count)
        for name in ("idle", "normal", "off", "lost", "unusual", "unusual_normal", "habit")
    }
    is_metered = np.zeros(count, bool)
    hours = {
        name: np.zeros(count, np.int64)
        for name in ("idle_hours", "running_hours", "off_hours", "idled_before", "ran_before")
    }
    local = first[alarm] + _zone_hours(first[alarm])
    day = local // _DAY
    present = firm >= 0
    for today in np.unique(day[present]) if count else []:
        pair = np.flatnonzero(present & (day == today))
        firms, row = np.unique(firm[pair], return_inverse=True)
        known = usual(meters, firms, int(first[alarm[pair[0]]] - local[pair[0]] % _DAY), rules)
        useful = known.is_known[row]
        pair, row = pair[useful], row[useful]
        hour, share = at[alarm[pair]], weight[alarm[pair]]
        share = np.where(
            share.sum(axis=1, keepdims=True) > 0,
            share,
            (hour >= 0) / np.maximum((hour >= 0).sum(axis=1, keepdims=True), 1),
        )
        column = hour - meters.first
        inside = (hour >= 0) & (column >= 0) & (column < meters.production_kw.shape[1])
        cell = (firm[pair][:, None], np.where(inside, column, 0))
        production = np.where(inside, meters.production_kw[cell], np.nan)
        treatment = np.where(inside, meters.treatment_kw[cell], np.nan)
        runs = production > known.running_kw[row][:, None]
        idle = runs & is_below(treatment, rules.idle_share * known.ratio[row][:, None] * production)
        lost = ~np.isfinite(production) & (hour >= 0)
        runs_at = known.runs_at[row[:, None], (hour + _zone_hours(hour)) % _DAY]
        unusual = share * runs * np.where(np.isfinite(runs_at), 1.0 - runs_at, 0.0)
        shares["idle"][pair] = (share * idle).sum(axis=1)
        shares["normal"][pair] = (share * (runs & ~idle)).sum(axis=1)
        shares["off"][pair] = (share * (~runs & ~lost)).sum(axis=1)
        shares["lost"][pair] = (share * lost).sum(axis=1)
        shares["unusual"][pair] = unusual.sum(axis=1)
        shares["unusual_normal"][pair] = (unusual * ~idle).sum(axis=1)
        shares["habit"][pair] = (1.0 - shares["idle"][pair]) * _habit(known, rules)[row]
        is_metered[pair] = True
        hours["idle_hours"][pair] = (idle & (hour >= 0)).sum(axis=1)
        hours["running_hours"][pair] = (runs & (hour >= 0)).sum(axis=1)
        hours["off_hours"][pair] = (~runs & ~lost & (hour >= 0)).sum(axis=1)
        hours["idled_before"][pair], hours["ran_before"][pair] = known.idled[row], known.ran[row]
    return MeterFeatures(
        shares["idle"],
        shares["normal"],
        shares["off"],
        shares["lost"],
        shares["unusual"],
        shares["unusual_normal"],
        shares["habit"],
        is_metered,
        hours["idle_hours"],
        hours["running_hours"],
        hours["off_hours"],
        hours["idled_before"],
        hours["ran_before"],
    )


def _habit(known: Usual, rules: MeterRules) -> Floats:
    """Log of the share of running hours in which the treatment idled, over what is usual of all; towards 0 where few hours ran."""
    more = known.idled + rules.habit_hours * rules.habit_share
    return np.asarray(
        np.clip(
            np.log(more / ((known.ran + rules.habit_hours) * rules.habit_share)),
            -rules.habit_most,
            rules.habit_most,
        )
    )


def _zone_hours(hours: Any) -> Any:
    """By how many hours the clocks of the office are ahead of UTC in these hours since the epoch."""
    moments = pd.to_datetime(np.asarray(hours).ravel() * 3600, unit="s", utc=True)
    local = moments.tz_convert(office_zone()).tz_localize(None)
    ahead = (local - moments.tz_localize(None)) // pd.Timedelta(hours=1)
    return ahead.to_numpy().reshape(np.shape(hours))
