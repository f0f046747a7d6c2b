"""From episodes to alarms as the store keeps them: point, push, deadline, states; quiet hours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import pandas as pd
from sqlalchemy import Connection

from include.periods import office_date
from include.profile.current import rules_on
from include.rules import RULES_VERSION
from include.store.watch_alarms import MadeAlarm, State, left_alarms, push_of
from include.watch import WatchRules
from include.watch.quiet import QuietHours

_NOT_EVIDENCE: Final = (
    "alarm_id",
    "grid_id",
    "unit_code",
    "started_at",
    "raised_at",
    "last_at",
    "edition",
    "confidence",
)


def made_alarms(
    found: pd.DataFrame,
    states: pd.DataFrame,
    grids: pd.DataFrame,
    is_simulated: bool,
    quiet: QuietHours | None,
    rules: WatchRules,
) -> list[MadeAlarm]:
    """The episodes of `found` (as of `watch.episodes`) with their states (as of `watch.history`) as alarms of the store."""
    places = grids[grids["grid_id"].isin(found["grid_id"])].set_index("grid_id").to_dict("index")
    by_alarm = _states(states)
    return [
        _made(row, by_alarm[row["alarm_id"]], places, is_simulated, quiet, rules)
        for row in found.to_dict("records")
    ]


def _states(states: pd.DataFrame) -> dict[str, list[State]]:
    """The states of each alarm in their order. Column by column: a season has thousands, and a part of a frame for each alarm costs
    more than all else that is made of it."""
    known_at, last_at = (
        pd.to_datetime(states[name], utc=True).dt.to_pydatetime() for name in ("known_at", "last_at")
    )
    counts, peaks = (states[name].tolist() for name in ("alarm_count", "peak_pm25_ug_m3"))
    found: dict[str, list[State]] = {}
    for alarm_id, *told in zip(states["alarm_id"].tolist(), known_at, last_at, counts, peaks, strict=True):
        found.setdefault(alarm_id, []).append(State(*told))
    return found


@dataclass(frozen=True)
class Settled:
    """What a run writes: `alarms`; `forgotten`: stored ones that come anew (they never left, and late hours changed when they
    were raised); `lost`: stored ones that nothing supports any more."""

    alarms: list[MadeAlarm]
    forgotten: list[str]
    lost: list[str]


def settled(
    connection: Connection,
    alarms: Sequence[MadeAlarm],
    known: Sequence[Mapping[str, Any]],
    lost: Sequence[Mapping[str, Any]],
) -> Settled:
    """Late hours may move an episode's first or deciding hour. Where an alarm of it left already, the episode is that alarm,
    with its number, first hour and push; where none left, it comes as if the hours had been there from the start."""
    before = {str(one["alarm_id"]): one for one in known}
    moved = [
        one for one in alarms if one.alarm_id in before and before[one.alarm_id]["raised_at"] != one.raised_at
    ]
    left = left_alarms(
        connection, [*(str(one["alarm_id"]) for one in lost), *(one.alarm_id for one in moved)]
    )
    gone = {str(one["alarm_id"]): one for one in lost}
    forgotten = [one.alarm_id for one in moved if one.alarm_id not in left]
    result: list[MadeAlarm] = []
    for made in alarms:
        twin = before.get(made.alarm_id) if made.alarm_id in left else None
        twin = twin or next(
            (one for one in gone.values() if one["alarm_id"] in left and _is_same(made, one)), None
        )
        if twin is not None and (made.alarm_id not in before or made.alarm_id in left):
            gone.pop(str(twin["alarm_id"]), None)
            made = _pinned(made, twin, push_of(connection, str(twin["alarm_id"])))
        result.append(made)
    return Settled(result, forgotten, sorted(gone))


def _pinned(made: MadeAlarm, twin: Mapping[str, Any], push: Mapping[str, Any]) -> MadeAlarm:
    row = {**made.row, "started_at": twin["started_at"], **push}
    states = tuple(one for one in made.states if one.known_at >= twin["raised_at"]) or made.states[-1:]
    return replace(made, alarm_id=str(twin["alarm_id"]), raised_at=twin["raised_at"], row=row, states=states)


def _is_same(made: MadeAlarm, other: Mapping[str, Any]) -> bool:
    return bool(
        made.row["grid_id"] == other["grid_id"]
        and made.row["started_at"] <= other["last_at"]
        and made.states[-1].last_at >= other["started_at"]
    )


def _made(
    row: Mapping[Any, Any],
    states: Sequence[State],
    places: Mapping[Any, Any],
    is_simulated: bool,
    quiet: QuietHours | None,
    rules: WatchRules,
) -> MadeAlarm:
    raised_at = _moment(row["raised_at"])
    pushed_at = quiet.pushed_at(raised_at) if quiet is not None else raised_at
    place = places.get(row["grid_id"], {})
    has_bounds = place and not pd.isna(place["west"])
    fixed = {
        "grid_id": row["grid_id"],
        "unit_code": place.get("unit_code") or row["unit_code"],
        "county": place.get("county") or "",
        "point_name": place.get("name") or row["grid_id"],
        "lon": round((place["west"] + place["east"]) / 2, 6) if has_bounds else None,
        "lat": round((place["south"] + place["north"]) / 2, 6) if has_bounds else None,
        "started_at": _moment(row["started_at"]),
        "pushed_at": pushed_at,
        "deadline_at": pushed_at
        + rules_on(
            office_date(pushed_at), str(place.get("unit_code") or row["unit_code"])
        ).deadlines.feedback,
        "rules_version": RULES_VERSION,
        "is_simulated": is_simulated,
    }
    evidence = {str(name): _plain(value) for name, value in row.items() if name not in _NOT_EVIDENCE}
    confidence = None if pd.isna(row["confidence"]) else float(row["confidence"])
    return MadeAlarm(
        str(row["alarm_id"]), raised_at, tuple(states), fixed, confidence, evidence, rules.edition
    )


def _moment(value: Any) -> datetime:
    moment: datetime = pd.Timestamp(value).tz_convert("UTC").to_pydatetime()
    return moment


def _plain(value: Any) -> Any:
    if hasattr(value, "item"):
        value = value.item()
    return None if isinstance(value, float) and value != value else value
