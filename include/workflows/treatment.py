"""疑似治污设施不正常运行 of one day, from the store: every metered enterprise, whether or not there is an alarm."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

import pandas as pd

from include.errors import InputError
from include.house import House
from include.language import say
from include.office.treatment import submeter_rules
from include.periods import DAY, HOUR, midnight, office_zone
from include.rules import SIMULATED_LABEL
from include.store.engine import reading, writing
from include.store.enterprises import key_enterprises
from include.store.station_hours import SUBMETER_HOURS, read_hours
from include.store.treatment import replace_treatment
from include.suspects.rules import SuspectRules
from include.suspects.submetering import meter_completeness, meter_faults, suspected_treatment

_STOPS: Final = ("enterprise_id", "start_at", "end_at")
_MOST_NAMED: Final = 5
_AHEAD_HOURS: Final = 8  # of the next day: over when the daily dispatch judges the day before, so that a back-fill says the same
FAULT_WORDS: Final = {
    "unknown_enterprise": "企业名单中没有该编号，未使用",
    "negative": "功率为负（电表反转或接反），未使用",
    "beyond": "数值超出生产线功率（可能为千瓦时累计值或单位为瓦），未使用",
    "total": "数值只升不降（电表累计读数，千瓦时），未使用",
    "total_back": "数值只降不升（电表反转的累计读数，千瓦时），未使用",
}


@dataclass(frozen=True)
class TreatmentDay:
    """`rows`: one row an enterprise and rule broken, ready to read. `metered`: enterprises with meters; `without`: of them, those
    without any hour of the day, `unused`: with hours none of which can be used; `completeness`: mean share of used hours in the
    day's. `faults`: as of `meter_faults`, with `words`; `meters`: as of `meter_completeness`, with `words`; `kept`: the rows as the store keeps them;
    `notes`: what of the ordered stops speaks of nobody."""

    rows: pd.DataFrame
    metered: int
    without: int
    unused: int
    completeness: float
    faults: pd.DataFrame
    meters: pd.DataFrame
    kept: list[dict[str, Any]]
    notes: list[str]


def keep_treatment(
    house: House, day: date, stops: pd.DataFrame | None, *, now: datetime, rules: SuspectRules | None = None
) -> TreatmentDay:
    """`treatment_of_day`, put in the place of what the store kept of the day. Without `stops` what was found against ordered
    stops before stays: only who knows the orders can say it again."""
    rules = rules or submeter_rules()
    found = treatment_of_day(house, day, stops, now=now, rules=rules)
    judged = [rule.code for rule in rules.submeter if rule.code != "stopped" or stops is not None]
    with writing(house.engine, lock="treatment") as connection:
        replace_treatment(connection, day, judged, [row for row in found.kept if row["rule"] in judged])
    return found


def treatment_of_day(
    house: House, day: date, stops: pd.DataFrame | None, *, now: datetime, rules: SuspectRules | None = None
) -> TreatmentDay:
    """The list of Beijing's `day`, by the hours that are over at `now`. `stops`: enterprise_id, start_at, end_at (without an
    offset: Beijing time). Raises InputError for a table of stops without these columns or with a time that is none."""
    rules = rules or submeter_rules()
    begin = midnight(day)
    over = min(max(int((now - begin) / timedelta(hours=1)), 0), 24)
    with reading(house.engine) as connection:
        firms = key_enterprises(connection).drop_duplicates("enterprise_id").set_index("enterprise_id")
    ahead = min(max(int((now - begin) / HOUR) - 24, 0), _AHEAD_HOURS)
    table = read_hours(
        house.stations_dir,
        SUBMETER_HOURS,
        begin - rules.meter.days_back * DAY,
        begin + (over + ahead) * HOUR,
    )
    hours: pd.DataFrame = table.to_pandas()
    ids = pd.Series(firms.index.astype(str))
    ordered = _stops(stops)
    found = suspected_treatment(hours, ids, day, ordered, rules, over, ahead)
    complete = meter_completeness(hours, ids, day, rules)
    faults = meter_faults(hours, ids, rules)
    words = {rule.code: rule.words for rule in rules.submeter}
    rows = pd.DataFrame(
        {
            "企业编号": found["enterprise_id"],
            "企业名称": found["enterprise_id"].map(firms["name"]),
            "情形": found["rule"].map(words),
            "小时数": found["hours"],
            "时段": [
                say("、").join(
                    say("{begin:02d}时至{end:02d}时", begin=begin, end=end) for begin, end in spans
                )
                for spans in found["spans"]
            ],
            "生产kW": found["production_kw"],
            "治污kW": found["treatment_kw"],
            "平常治污kW": found["usual_treatment_kw"],
            "完整率": [f"{hours}/{over}" for hours in found["metered_hours"]],
            "数据": [_origin(firms, one) for one in found["enterprise_id"]],
        }
    )
    mean = float(complete["used_hours"].mean() / over) if len(complete) and over else 0.0
    return TreatmentDay(
        rows,
        len(complete),
        int((complete["metered_hours"] == 0).sum()),
        int(((complete["metered_hours"] > 0) & (complete["used_hours"] == 0)).sum()),
        mean,
        faults.assign(words=faults["fault"].map(FAULT_WORDS)),
        complete.assign(words=complete["fault"].map(FAULT_WORDS).fillna("")),
        [_kept(row, over, now) for row in found.to_dict("records")],
        _stop_notes(ordered, ids),
    )


def _stop_notes(ordered: pd.DataFrame, ids: pd.Series) -> list[str]:
    """What in the ordered stops speaks of nobody or of no time, and so of nothing."""
    named = ordered["enterprise_id"].astype(str)
    is_empty = (ordered["end_at"] <= ordered["start_at"]).to_numpy(bool)
    strange, empty = (sorted(set(named[which])) for which in (~named.isin(ids), is_empty))
    notes = []
    if strange:
        told = say("、").join(strange[:_MOST_NAMED])
        notes.append(
            say("停限产清单中{count}家不在企业名单中，未判断：{told}", count=len(strange), told=told)
        )
    if empty:
        told = say("、").join(empty[:_MOST_NAMED])
        notes.append(
            say("停限产清单中{count}家的结束时间不晚于开始时间，未判断：{told}", count=len(empty), told=told)
        )
    return notes


def _kept(row: Mapping[Hashable, Any], over: int, now: datetime) -> dict[str, Any]:
    """A row of `suspected_treatment`."""
    power = {
        name: None if pd.isna(row[name]) else float(row[name])
        for name in ("production_kw", "treatment_kw", "usual_treatment_kw")
    }
    return power | {
        "observed_on": row["date"],
        "enterprise_id": str(row["enterprise_id"]),
        "rule": row["rule"],
        "hours": int(row["hours"]),
        "spans": ",".join(f"{begin:02d}-{end:02d}" for begin, end in row["spans"]),
        "metered_hours": int(row["metered_hours"]),
        "known_hours": over,
        "rules_edition": row["edition"],
        "made_at": now,
    }


def _origin(firms: pd.DataFrame, enterprise_id: str) -> str:
    return SIMULATED_LABEL if bool(firms.loc[enterprise_id, "is_simulated"]) else ""


def _stops(told: pd.DataFrame | None) -> pd.DataFrame:
    if told is None:
        return pd.DataFrame(
            {
                "enterprise_id": pd.Series([], dtype="str"),
                "start_at": pd.Series([], dtype="datetime64[us, UTC]"),
                "end_at": pd.Series([], dtype="datetime64[us, UTC]"),
            }
        )
    lacking = [name for name in _STOPS if name not in told]
    if lacking:
        raise InputError(
            "the table of stops lacks columns",
            where="--stops",
            expected=", ".join(_STOPS),
            got=", ".join(told.columns),
        )
    read = told.copy()
    for name in ("start_at", "end_at"):
        moments = [_instant(value) for value in told[name]]
        bad = [str(value) for value, moment in zip(told[name], moments, strict=True) if moment is None]
        if bad:
            raise InputError("no time", where=f"--stops {name}", expected="ISO 8601", got=bad[0])
        read[name] = pd.to_datetime(pd.Series(moments, index=told.index), utc=True)
    return read


def _instant(value: object) -> pd.Timestamp | None:
    moment = pd.to_datetime(str(value), errors="coerce", format="ISO8601")
    if pd.isna(moment):
        return None
    return moment.tz_localize(office_zone()) if moment.tzinfo is None else moment
