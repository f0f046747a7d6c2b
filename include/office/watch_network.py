"""Health of the stations' network: which ones to service, by unit, over the last days."""

from __future__ import annotations

from datetime import date
from typing import Final

import pandas as pd
from sqlalchemy import Connection, Engine, func, select

from include.language import say
from include.periods import DAY
from include.store.engine import reading
from include.store.tables import city
from include.store.watch_facts import read_station_days, stations_known
from include.store.watch_tables import watch_day
from include.watch import DEFAULT_RULES

WEEK: Final = 7
VERDICT_WORDS: Final[dict[str, str]] = {
    "ok": "正常",
    "few": "有效小时偏少",
    "spiky": "频繁突跳",
    "range": "超出量程",
    "missing": "无数据",
    "dead": "读数过低（疑失效）",
    "stuck": "卡值",
}
DRIFT_LOG: Final = 0.35  # a gain this far from 1 (about 40 %) is worth a calibration
STATION_COLUMNS: Final = (
    "unit_code",
    "unit_name",
    "grid_id",
    "station_id",
    "kind",
    "verdict",
    "bad_days",
    "days",
    "completeness",
    "gain",
    "spread",
    "stuck_hours",
    "dead_hours",
    "spikes",
    "last_heard_on",
    "reason",
)
UNIT_COLUMNS: Final = ("unit_code", "unit_name", "stations", "heard", "to_service", "completeness")


def last_day(connection: Connection, edition: str = DEFAULT_RULES.edition) -> date | None:
    """The last day of which there are daily facts; None where there are none."""
    query = select(func.max(watch_day.c.observed_on)).where(watch_day.c.rules_edition == edition)
    found: date | None = connection.execute(query).scalar()
    return found


def to_service(connection: Connection, day: date, days: int = WEEK) -> pd.DataFrame:
    """One row a station in service on `day` that needs service, by the daily facts of the `days` days to it: the worst first
    (columns `STATION_COLUMNS`; `gain` is the median factor of its readings against the surroundings).

    A station needs service when it was not well on two days of them (or on every day that there is), or when its gain
    stands far from 1.
    """
    facts = _facts(connection, day, days)
    if facts.empty:
        return pd.DataFrame(columns=list(STATION_COLUMNS))
    rows = [_station(name, own) for name, own in facts.groupby("station_id")]
    found = pd.DataFrame([row for row in rows if row is not None])
    if found.empty:
        return pd.DataFrame(columns=list(STATION_COLUMNS))
    found = _named(connection, found)
    order = found.assign(_bad=-found["bad_days"], _share=found["completeness"])
    order = order.sort_values(["unit_code", "_bad", "_share", "station_id"], ignore_index=True)
    return order[list(STATION_COLUMNS)]


def by_unit(connection: Connection, day: date, days: int = WEEK) -> pd.DataFrame:
    """One row a unit with stations in service on `day`, and a last one `total`: `stations`, those `heard` on the day, those
    `to_service`, `completeness` of the days (columns `UNIT_COLUMNS`)."""
    facts = _facts(connection, day, days)
    if facts.empty:
        return pd.DataFrame(columns=list(UNIT_COLUMNS))
    today = facts[facts["date"] == day]
    units = pd.DataFrame(
        {
            "stations": today.groupby("unit_code").size(),
            "heard": today[today["hours"] > 0].groupby("unit_code").size(),
            "to_service": to_service(connection, day, days).groupby("unit_code").size(),
            "completeness": facts.groupby("unit_code")["completeness"].mean(),
        }
    )
    units = units.fillna({"stations": 0, "heard": 0, "to_service": 0}).astype(
        {"stations": int, "heard": int, "to_service": int}
    )
    units = units.rename_axis("unit_code").reset_index()
    units["unit_name"] = units["unit_code"].map(_names(connection)).fillna(units["unit_code"])
    total = {
        "unit_code": "total",
        "unit_name": say("合计"),
        "stations": units["stations"].sum(),
        "heard": units["heard"].sum(),
        "to_service": units["to_service"].sum(),
        "completeness": facts["completeness"].mean(),
    }
    units = pd.concat([units, pd.DataFrame([total])], ignore_index=True)
    units["completeness"] = units["completeness"].round(3)
    return units[list(UNIT_COLUMNS)]


def network(
    engine: Engine, day: date | None = None, days: int = WEEK
) -> tuple[date | None, pd.DataFrame, pd.DataFrame]:
    """The day that is shown (the last one with facts, or the asked one), the units and the stations to service."""
    with reading(engine) as connection:
        shown = day or last_day(connection)
        if shown is None:
            return None, pd.DataFrame(columns=list(UNIT_COLUMNS)), pd.DataFrame(columns=list(STATION_COLUMNS))
        return shown, by_unit(connection, shown, days), to_service(connection, shown, days)


def _facts(connection: Connection, day: date, days: int) -> pd.DataFrame:
    """The daily facts of the days, of stations in service on the last of them."""
    facts = read_station_days(connection, day - (days - 1) * DAY, day, DEFAULT_RULES.edition)
    if facts.empty:
        return facts
    in_service = set(facts.loc[facts["date"] == day, "station_id"])
    return facts[facts["station_id"].isin(in_service)].sort_values(["station_id", "date"], ignore_index=True)


def _station(name: object, own: pd.DataFrame) -> dict[str, object] | None:
    last = own.iloc[-1]
    bad = own[own["verdict"] != "ok"]
    level = own["log_ratio"].median()
    is_off = pd.notna(level) and abs(level) >= DRIFT_LOG and len(own) >= 3
    is_bad = len(bad) >= min(2, len(own))
    if not is_bad and not is_off:
        return None
    worst = str(bad["verdict"].mode().iloc[0]) if len(bad) else "ok"
    reasons = (
        [
            say(
                "{verdict}（{count}天中{bad}天）",
                verdict=VERDICT_WORDS.get(worst, worst),
                count=len(own),
                bad=len(bad),
            )
        ]
        if is_bad
        else []
    )
    reasons += [say("读数约为周边的{factor:.2f}倍，宜校准", factor=_factor(level))] if is_off else []
    heard = own[own["hours"] > 0]["date"]
    return {
        "unit_code": last["unit_code"],
        "grid_id": last["grid_id"],
        "station_id": name,
        "verdict": worst,
        "bad_days": len(bad),
        "days": len(own),
        "completeness": round(float(own["completeness"].mean()), 3),
        "gain": round(_factor(level), 3) if pd.notna(level) else None,
        "spread": round(float(own["spread"].median()), 3) if own["spread"].notna().any() else None,
        "stuck_hours": int(own["stuck_hours"].sum()),
        "dead_hours": int(own["dead_hours"].sum()),
        "spikes": int(own["spikes"].sum()),
        "last_heard_on": heard.iloc[-1] if len(heard) else None,
        "reason": say("；").join(reasons),
    }


def _factor(log_ratio: float) -> float:
    return float(2.718281828459045**log_ratio)


def _named(connection: Connection, rows: pd.DataFrame) -> pd.DataFrame:
    kinds = (
        stations_known(connection).drop_duplicates("station_id", keep="last").set_index("station_id")["kind"]
    )
    names = _names(connection)
    plain = rows["station_id"].str.split("@").str[0]
    return rows.assign(
        unit_name=rows["unit_code"].map(names).fillna(rows["unit_code"]),
        kind=plain.map(kinds.to_dict()).astype(object).fillna("micro"),
    )


def _names(connection: Connection) -> dict[str, str]:
    return {row[0]: row[1] for row in connection.execute(select(city.c.unit_code, city.c.unit_name))}
