"""A few weeks of any office, made up from its profile alone: grids, alarms, answers, problems and contacts, as files of the contract.

The ministry's demo region (`simulator.region`) reproduces published totals; this one reproduces nothing. Every address ends in `.example`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from include.errors import InputError
from include.geo.boundaries import counties
from include.geo.grids import grid_cells
from include.language import say
from include.periods import DAY, midnight
from include.profile.rules import RuleBook
from include.profile.values import Profile, Unit, holds_on
from include.rules import SIMULATED_LABEL
from include.simulator.season import stream

_SINCE: Final = date(2020, 1, 1)
_GRIDS_OF_UNIT: Final = 12
_ALARMS_A_DAY: Final = 1.4  # of a unit
_SILENT: Final = 0.06  # share of alarms that nobody answers
_LATE: Final = 0.08
_FOUND: Final = 0.6  # share of answers with a problem


@dataclass(frozen=True)
class _Alarm:
    """One alarm with what becomes of it; instants aware."""

    alarm_id: str
    grid: dict[str, Any]
    started_at: datetime
    pushed_at: datetime
    hours: int
    peak_ug_m3: int
    answered_at: datetime | None
    has_problem: bool


def write_office_region(profile: Profile, start: date, end: date, to: Path, seed: int) -> dict[str, int]:
    """Writes alarms, feedback, problems, grids and contacts of [start, end) into `to`; returns rows by file. Same seed, same bytes."""
    units = [one for one in profile.addressees() if holds_on(one.valid_from, one.valid_to, start)]
    if not units:
        raise InputError(
            "no unit is addressed on the first day",
            where=f"profile {profile.name}",
            expected=f"a unit of units.csv that holds on {start}",
            todo="let a unit hold from the start of the season, or let the season start later",
        )
    wanted = RuleBook(profile.rules).on(start).selection.hot_count or _GRIDS_OF_UNIT * len(units)
    grids = _grids(profile, units, wanted, seed, start)
    alarms = _alarms(grids, start, end, seed)
    tables = {
        "grids": grids,
        "contacts": _contacts(profile, units, min(_SINCE, start)),
        "alarms": pd.DataFrame([_alarm_row(one) for one in alarms]),
        "feedback": pd.DataFrame([row for one in alarms for row in _steps(one)]),
        "problems": pd.DataFrame(
            [_problem(one, profile, number) for number, one in enumerate(alarms) if one.has_problem]
        ),
    }
    to.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        table.assign(data_origin=SIMULATED_LABEL).to_csv(
            to / f"{name}.csv", index=False, encoding="utf-8", lineterminator="\n"
        )
    return {f"{name}.csv": len(table) for name, table in tables.items()}


def _grids(profile: Profile, units: list[Unit], wanted: int, seed: int, on: date) -> pd.DataFrame:
    """Hotspot grids, as many as the profile's rules say: cells of the lattice where a unit has an outline, without coordinates and by turns
    in the places below the unit's own where not."""
    rng = stream(seed, f"{profile.name} grids")
    shares = np.full(len(units), wanted // len(units)) + (np.arange(len(units)) < wanted % len(units))
    outlines = counties([one.unit_code for one in units])
    cells = grid_cells(outlines)
    rows = []
    for unit, share in zip(units, shares.tolist(), strict=True):
        below = _places_below(profile, unit, units, on) or [unit.name]
        own = cells[cells["unit_code"] == unit.unit_code]
        chosen = own.iloc[np.sort(rng.permutation(len(own))[:share])].to_dict("records")
        for number in range(share):
            cell = chosen[number] if number < len(chosen) else {}
            county = str(cell.get("county") or below[number % len(below)])
            rows.append(
                {
                    "grid_id": f"{unit.unit_code}-{number + 1:03d}",
                    "unit_code": unit.unit_code,
                    "county": county,
                    "name": say("{place}{number}号网格", place=county, number=number + 1),
                    **{side: cell.get(side) for side in ("west", "south", "east", "north")},
                    "is_hot": "true",
                    "is_monitored": "true" if number % 3 == 0 else "false",
                }
            )
    return pd.DataFrame(rows)


def _places_below(profile: Profile, unit: Unit, units: list[Unit], on: date) -> list[str]:
    """The names of the places in a unit's own that are no other unit's; a department has none of its own."""
    if unit.kind == "department":
        return []
    taken = {one.place_code for one in units}
    return [
        place.name
        for place in profile.places
        if place.parent_code == unit.place_code
        and place.place_code not in taken
        and holds_on(place.valid_from, place.valid_to, on)
    ]


def _alarms(grids: pd.DataFrame, start: date, end: date, seed: int) -> list[_Alarm]:
    rng = stream(seed, "office alarms")
    by_unit: dict[str, Any] = {str(code): own.to_dict("records") for code, own in grids.groupby("unit_code")}
    found: list[_Alarm] = []
    for day in (start + number * DAY for number in range((end - start).days)):
        of_day = []
        for own in by_unit.values():
            for _ in range(int(rng.poisson(_ALARMS_A_DAY))):
                grid = own[int(len(own) * rng.random() ** 2)]
                hours = int(rng.integers(1, 6))
                started_at = midnight(day) + timedelta(hours=int(rng.integers(0, 23 - hours)))
                pushed_at = started_at + timedelta(hours=hours, minutes=int(rng.integers(2, 50)))
                chance = rng.random()
                after = timedelta(minutes=int(rng.integers(90, 20 * 60)))
                if chance < _SILENT + _LATE:
                    after += timedelta(hours=25)
                answered_at = None if chance < _SILENT else pushed_at + after
                has_problem = answered_at is not None and bool(rng.random() < _FOUND)
                peak = int(80 + 120 * rng.gamma(2.0, 0.5))
                of_day.append((grid, started_at, pushed_at, hours, peak, answered_at, has_problem))
        of_day.sort(key=lambda one: (one[2], one[0]["grid_id"]))
        found += [_Alarm(f"D{day:%Y%m%d}{number:03d}", *one) for number, one in enumerate(of_day, start=1)]
    return found


def _alarm_row(one: _Alarm) -> dict[str, Any]:
    grid = one.grid
    west, south, east, north = (grid[side] for side in ("west", "south", "east", "north"))
    is_placed = west is not None and west == west
    return {
        "alarm_id": one.alarm_id,
        "grid_id": grid["grid_id"],
        "unit_code": grid["unit_code"],
        "county": grid["county"],
        "point_name": say("{name}东侧", name=grid["name"]),
        "lon": round((west + east) / 2, 6) if is_placed else "",
        "lat": round((south + north) / 2, 6) if is_placed else "",
        "started_at": one.started_at.isoformat(),
        "last_at": (one.pushed_at - timedelta(minutes=1)).isoformat(),
        "alarm_count": one.hours,
        "peak_pm25_ug_m3": one.peak_ug_m3,
        "pushed_at": one.pushed_at.isoformat(),
    }


def _steps(one: _Alarm) -> list[dict[str, Any]]:
    if one.answered_at is None:
        return []
    told = (
        ("acknowledged", one.pushed_at + timedelta(minutes=40), "", ""),
        (
            "submitted",
            one.answered_at,
            "true" if one.has_problem else "false",
            say("现场已核查，发现问题并已要求整改") if one.has_problem else say("现场已核查，未发现问题"),
        ),
    )
    return [
        {
            "alarm_id": one.alarm_id,
            "event": event,
            "event_at": at.isoformat(),
            "unit": "",
            "inspector": "",
            "problem_found": found,
            "note": note,
        }
        for event, at, found, note in told
    ]


def _problem(one: _Alarm, profile: Profile, number: int) -> dict[str, Any]:
    assert one.answered_at is not None
    is_done = number % 3 != 0
    return {
        "problem_id": f"P{one.alarm_id}",
        "alarm_id": one.alarm_id,
        "category": profile.categories[number % len(profile.categories)],
        "description": say("{place}发现污染源，已拍照取证", place=one.grid["name"]),
        "found_at": one.answered_at.isoformat(),
        "status": "",
        "rectify_by": (one.answered_at + timedelta(days=3)).isoformat(),
        "rectified_at": (one.answered_at + timedelta(days=1)).isoformat() if is_done else "",
    }


def _contacts(profile: Profile, units: list[Unit], since: date) -> pd.DataFrame:
    rows: list[tuple[str, str, str, str]] = []
    for unit in units:
        rows.append((unit.unit_code, "to", unit.bureau, f"duty@{unit.unit_code.lower()}.example"))
    above = {profile.upper_unit(unit).unit_code: profile.upper_unit(unit) for unit in units}
    known = {unit.unit_code for unit in units}
    for code, unit in sorted(above.items()):
        if code not in known:
            rows.append((code, "province", unit.bureau, f"copies@{code.lower()}.example"))
    titles = profile.titles
    rows.append((profile.own_unit, "leader", titles["leader"], "leader@office.example"))
    rows.append((profile.own_unit, "duty", titles["operators"], "duty@office.example"))
    named = {(one.unit_code, one.role) for one in profile.contacts}  # the profile's own get the letters
    return pd.DataFrame(
        [(*row[:3], "000-00000000", row[3], since, "") for row in rows if row[:2] not in named],
        columns=["region_code", "role", "name", "phone", "address", "valid_from", "valid_to"],
    )
