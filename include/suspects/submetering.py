"""Sub-metering (分表计电): enterprises whose treatment seems not to run as it should, by day, alarm or not.

    idle      the line runs, the treatment idles for hours on end (against its usual power a unit of production)
    shorter   the treatment stood in hours, not on end, in which the line ran
    lost      the meter fell silent in hours between running ones
    stopped   the line ran although it was ordered to stand

Wording stays 疑似: a meter may sit on the wrong line, a filter may be changed.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from include.periods import office_zone
from include.suspects.meters import Meters, Usual, is_below, is_total, metered_table, read_meters, usual
from include.suspects.rules import SuspectRules
from include.suspects.winds import epoch_hours

Flags = NDArray[np.bool_]
COLUMNS: Final = [
    "enterprise_id",
    "date",
    "rule",
    "hours",
    "first_hour",
    "last_hour",
    "spans",
    "running_hours",
    "treatment_hours",
    "metered_hours",
    "completeness",
    "production_kw",
    "treatment_kw",
    "usual_treatment_kw",
    "edition",
]
_DAY: Final = 24
_ZONE_HOURS: Final = 8


def suspected_treatment(
    submeter_hours: pd.DataFrame,
    enterprise_ids: pd.Series,
    day: date,
    stops: pd.DataFrame,
    rules: SuspectRules,
    known_hours: int = _DAY,
    ahead_hours: int = 0,
) -> pd.DataFrame:
    """One row an enterprise and rule broken on Beijing's `day` (columns `COLUMNS`), by enterprise and rule.

    `submeter_hours` as in the contract, from `days_back` days before `day`; `enterprise_ids`: the known ones; `stops`:
    enterprise_id, start_at, end_at of ordered stops. `known_hours`: hours of the day that are over (a day that goes on).
    `ahead_hours`: hours after the day that are over, too: hours on end may have begun before the day and may end after it, and a meter
    that fell silent may speak again then. `hours` are those of the day that count, in `spans` (from, until: hours of the day): hours on end, but for `shorter`.
    `completeness`: metered hours over hours that are over. Means of power are over the hours that broke the rule.
    """
    midnight = int(pd.Timestamp(day).tz_localize(office_zone()).timestamp()) // 3600
    begin, end = midnight - rules.meter.days_back * _DAY, midnight + known_hours + ahead_hours
    ids = enterprise_ids.astype(str).drop_duplicates().sort_values().reset_index(drop=True)
    hours = read_meters(submeter_hours, ids, rules.meter)
    meters, row = metered_table(hours, np.arange(len(ids)), len(ids), begin, end)
    names = ids.to_numpy(object)[row >= 0]
    if not len(names):
        return pd.DataFrame(columns=COLUMNS)
    known = usual(meters, np.arange(len(names)), midnight, rules.meter)
    seen = _DAY + known_hours + ahead_hours
    day_hours = slice(_DAY, _DAY + known_hours)
    production = meters.production_kw[:, -seen:].astype(float)
    treatment = meters.treatment_kw[:, -seen:].astype(float)
    ordered = _ordered(stops, names, midnight - _DAY, seen)
    broken = _broken(meters, known, production, treatment, ordered, rules)
    production, treatment = production[:, day_hours], treatment[:, day_hours]
    runs = production > known.running_kw[:, None]
    treats = (
        runs
        & np.isfinite(treatment)
        & ~is_below(treatment, rules.meter.idle_share * known.ratio[:, None] * production)
    )
    parts = []
    idle = np.zeros(production.shape, bool)
    for rule in rules.submeter:
        if rule.code != "shorter":  # hours on end: one alone has harmless reasons and is not counted
            hit = _on_end(broken[rule.code], rule.least_hours)[:, day_hours]
            long_enough: Flags = np.asarray(hit.any(axis=1), bool)
        else:
            hit = broken[rule.code][:, day_hours]
            long_enough = np.asarray(hit.sum(axis=1) >= rule.least_hours, bool)
            # A treatment that idles for hours on end also runs shorter: told once, but where it stands in other hours, too.
            long_enough &= (hit & ~idle).any(axis=1)
        if rule.code == "idle":
            idle = hit & long_enough[:, None]
        who = np.flatnonzero(long_enough)
        parts.append(
            _rows(
                rule.code,
                who,
                hit,
                names,
                midnight,
                day,
                production,
                treatment,
                runs,
                treats,
                known,
                rules,
            )
        )
    return pd.concat(parts, ignore_index=True).sort_values(["enterprise_id", "rule"]).reset_index(drop=True)


def _broken(
    meters: Meters,
    known: Usual,
    production: NDArray[np.float64],
    treatment: NDArray[np.float64],
    ordered: Flags,
    rules: SuspectRules,
) -> dict[str, Flags]:
    """By rule: enterprises × hours that break it."""
    usable = known.is_known[:, None]
    runs = usable & (production > known.running_kw[:, None])
    idle = runs & is_below(treatment, rules.meter.idle_share * known.ratio[:, None] * production)
    lost = usable & ~np.isfinite(production)
    # Silent between two running hours: the line most likely ran on.
    before = _seen_last(runs, lost)
    after = _seen_last(runs[:, ::-1], lost[:, ::-1])[:, ::-1]
    usual_kw = known.ratio * known.running_kw / rules.meter.running_share
    standing = runs & is_below(treatment, rules.meter.off_share * usual_kw[:, None])
    return {"idle": idle, "shorter": standing, "lost": lost & before & after, "stopped": runs & ordered}


def _on_end(flags: Flags, least: int) -> Flags:
    """The hours of each row that belong to unbroken runs of at least `least`."""
    kept = np.zeros_like(flags)
    for begin in range(flags.shape[1] - least + 1):
        whole: Flags = np.asarray(flags[:, begin : begin + least].all(axis=1), bool)
        kept[:, begin : begin + least] |= whole[:, None]
    return kept


def _spans(flags: Flags) -> list[tuple[tuple[int, int], ...]]:
    """By row the unbroken runs as hours of the day, the end exclusive."""
    edges = np.diff(np.pad(flags.astype(np.int8), ((0, 0), (1, 1))), axis=1)
    return [
        tuple(zip(np.flatnonzero(row == 1).tolist(), np.flatnonzero(row == -1).tolist(), strict=True))
        for row in edges
    ]


def _seen_last(runs: Flags, lost: Flags) -> Flags:
    """Whether the last hour with a value, before this one, ran."""
    last = np.zeros(runs.shape, bool)
    state = np.zeros(len(runs), bool)
    for hour in range(runs.shape[1]):
        last[:, hour] = state
        state = np.where(lost[:, hour], state, runs[:, hour])
    return last


def _ordered(stops: pd.DataFrame, names: NDArray[np.object_], midnight: int, hours: int) -> Flags:
    """Enterprises × hours in which the line was ordered to stand, whole hours only."""
    ordered = np.zeros((len(names), hours), bool)
    if not len(stops):
        return ordered
    place = {name: at for at, name in enumerate(names)}
    begins = np.ceil(pd.to_datetime(stops["start_at"], utc=True).dt.as_unit("s").astype("int64") / 3600)
    ends = epoch_hours(stops["end_at"])
    for name, begin, end in zip(stops["enterprise_id"].astype(str), begins, ends, strict=True):
        if name in place:
            ordered[place[name], max(int(begin) - midnight, 0) : max(int(end) - midnight, 0)] = True
    return ordered


def _rows(
    code: str,
    who: NDArray[np.int64],
    broken: Flags,
    names: NDArray[np.object_],
    midnight: int,
    day: date,
    production: NDArray[np.float64],
    treatment: NDArray[np.float64],
    runs: Flags,
    treats: Flags,
    known: Usual,
    rules: SuspectRules,
) -> pd.DataFrame:
    hours = broken[who]
    first = hours.argmax(axis=1) if len(who) else np.zeros(0, np.int64)
    last = hours.shape[1] - 1 - hours[:, ::-1].argmax(axis=1) if len(who) else first
    metered = np.isfinite(production[who]).sum(axis=1)

    def instant(hour: NDArray[np.int64]) -> pd.DatetimeIndex:
        return pd.to_datetime((midnight + hour) * 3600, unit="s", utc=True).tz_convert(office_zone())

    return pd.DataFrame(
        {
            "enterprise_id": names[who],
            "date": day,
            "rule": code,
            "hours": hours.sum(axis=1),
            "first_hour": instant(first),
            "last_hour": instant(last),
            "spans": pd.Series(_spans(hours), dtype=object),
            "running_hours": runs[who].sum(axis=1),
            "treatment_hours": treats[who].sum(axis=1),
            "metered_hours": metered,
            "completeness": (metered / hours.shape[1]).round(3),
            "production_kw": _mean(production[who], hours).round(1),
            "treatment_kw": _mean(treatment[who], hours).round(1),
            "usual_treatment_kw": _mean(production[who] * known.ratio[who][:, None], hours).round(1),
            "edition": rules.edition,
        },
        columns=COLUMNS,
    )


def _mean(values: NDArray[np.float64], chosen: Flags) -> NDArray[np.float64]:
    """The mean of each row's chosen values, NaN where none has a value."""
    used = chosen & np.isfinite(values)
    count = used.sum(axis=1)
    total = np.where(used, values, 0.0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def meter_completeness(
    submeter_hours: pd.DataFrame, enterprise_ids: pd.Series, day: date, rules: SuspectRules
) -> pd.DataFrame:
    """One row a known enterprise that ever is metered in `submeter_hours`: enterprise_id, date, metered_hours (0 to 24 of
    the Beijing `day` with a production value), used_hours (of them, with one that is power, of a meter whose values are),
    completeness (used_hours over 24), fault (as of `meter_faults`: why values of the meter are not used, or empty)."""
    ids = set(enterprise_ids.astype(str))
    rows = submeter_hours[submeter_hours["enterprise_id"].isin(ids)]
    faults = meter_faults(rows, enterprise_ids, rules)
    register = faults["fault"].isin(("total", "total_back"))
    faults = faults.assign(of=np.where(register, 0, 1)).sort_values(["enterprise_id", "of"], kind="stable")
    registers = set(faults.loc[faults["of"] == 0, "enterprise_id"])
    midnight = int(pd.Timestamp(day).tz_localize(office_zone()).timestamp()) // 3600
    at = epoch_hours(rows["hour"]) if len(rows) else np.zeros(0, np.int64)
    power = pd.to_numeric(rows["production_kw"], errors="coerce").astype(float)
    inside = (at >= midnight) & (at < midnight + _DAY) & power.notna().to_numpy(bool)
    told = rows.loc[inside].assign(at=at[inside], power=power[inside])
    told = told.drop_duplicates(["enterprise_id", "at"])
    is_used = told["power"].between(0, rules.meter.highest_kw) & ~told["enterprise_id"].isin(registers)
    names = sorted(rows["enterprise_id"].unique())
    counts = [one.groupby("enterprise_id").size().reindex(names) for one in (told, told[is_used])]
    metered, used = (count.fillna(0).astype(int).to_numpy() for count in counts)
    first = faults.drop_duplicates("enterprise_id").set_index("enterprise_id")["fault"]
    return pd.DataFrame(
        {
            "enterprise_id": names,
            "date": day,
            "metered_hours": metered,
            "used_hours": used,
            "completeness": (used / _DAY).round(3),
            "fault": np.where(metered > used, first.reindex(names).fillna("").to_numpy(object), ""),
        }
    )


def meter_faults(
    submeter_hours: pd.DataFrame, enterprise_ids: pd.Series, rules: SuspectRules
) -> pd.DataFrame:
    """What in the meters cannot be power: enterprise_id, column, fault, rows, example; by enterprise.

    fault: `unknown_enterprise`; `negative` (a meter that runs backwards); `beyond` (larger than any line draws: a total in
    kWh, or W for kW); `total` (never falls and rises on for a day: the register's reading in kWh, not a power); `total_back`
    (never rises and falls on: a register that runs backwards).
    """
    if submeter_hours.empty:
        return _faults(pd.Index([], dtype="str"), "", "", np.zeros(0, int), pd.Series(dtype="str"))
    known = submeter_hours["enterprise_id"].isin(set(enterprise_ids.astype(str)))
    strange = submeter_hours.loc[~known, "enterprise_id"].astype(str).value_counts().sort_index()
    parts = [
        _faults(
            strange.index,
            "enterprise_id",
            "unknown_enterprise",
            strange.to_numpy(),
            strange.index.to_series(),
        )
    ]
    rows = submeter_hours[known].sort_values(["enterprise_id", "hour"])
    for column in ("production_kw", "treatment_kw"):
        values = pd.to_numeric(rows[column], errors="coerce").astype(float)
        ids, is_told = rows["enterprise_id"].astype(str), values.notna().to_numpy(bool)
        on, back = (ids.isin(totals(ids, told)).to_numpy(bool) for told in (values, -values))
        for fault, bad in (
            ("total", on & is_told),
            ("total_back", back & is_told),
            ("negative", ~on & ~back & (values < 0).to_numpy(bool)),
            ("beyond", ~on & ~back & (values > rules.meter.highest_kw).to_numpy(bool)),
        ):
            found = values[bad].groupby(rows.loc[bad, "enterprise_id"].astype(str)).agg(["size", "last"])
            parts.append(_faults(found.index, column, fault, found["size"].to_numpy(), found["last"]))
    return (
        pd.concat(parts, ignore_index=True)
        .sort_values(["enterprise_id", "column", "fault"])
        .reset_index(drop=True)
    )


def _faults(ids: pd.Index, column: str, fault: str, rows: NDArray[Any], example: pd.Series) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "enterprise_id": ids.astype(str),
            "column": column,
            "fault": fault,
            "rows": rows,
            "example": example.astype(str).to_numpy(),
        }
    )


def totals(ids: pd.Series, values: pd.Series) -> list[str]:
    """Enterprises whose values, in order of time, are a register's readings that run on; by `-values` those that run back."""
    code, names = pd.factorize(ids)
    place = pd.Series(code).groupby(code).cumcount().to_numpy()
    if not len(names):
        return []
    table = np.full((len(names), int(place.max()) + 1), np.nan)
    table[code, place] = values.to_numpy(float, na_value=np.nan)
    return [str(name) for name in names[is_total(table)]]
