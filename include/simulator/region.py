"""The demo region as a whole: made in memory from a seed, written as the files that the platform would drop."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from include.errors import InputError
from include.geo.regions import cities
from include.rules import SIMULATED_LABEL
from include.simulator.alarms import revisions, season_alarms
from include.simulator.answers import Course, season_courses
from include.simulator.contacts import contacts
from include.simulator.enterprises import enterprises
from include.simulator.hotspots import grid_points, hot_grids
from include.simulator.problems import season_problems
from include.simulator.season import DEFAULT_SEED, SEASON, Season, stream
from include.simulator.wording import NOTES, branch, bureau, finding_note, person, return_note

_YES, _NO = "true", "false"


@dataclass(frozen=True)
class Region:
    """The files of the demo region, one frame each, columns as in the file; a field's name is the file's name.

    `alarms` has one row a revision of an alarm, `feedback` one an event, `problems` one a problem, all in the order
    of the alarms' push; `grids` one a hotspot grid; `contacts` one a contact and stay; `enterprises` one a key enterprise (WGS84). Instants are ISO 8601 text, +08:00.
    """

    alarms: pd.DataFrame
    feedback: pd.DataFrame
    problems: pd.DataFrame
    grids: pd.DataFrame
    contacts: pd.DataFrame
    enterprises: pd.DataFrame


def demo_region(seed: int = DEFAULT_SEED, season: Season = SEASON) -> Region:
    """The whole season. The same seed gives the same rows; every seed gives the published totals."""
    grids = hot_grids(seed)
    alarms = season_alarms(season, grids, grid_points(grids, seed), seed)
    courses = season_courses(season, alarms, seed)
    problems = season_problems(season, alarms, courses, seed)
    return Region(
        alarms=_alarm_rows(season, alarms, seed),
        feedback=_feedback_rows(season, alarms, courses, problems, seed),
        problems=_problem_rows(season, alarms, problems),
        grids=_grid_rows(grids),
        contacts=contacts(),
        enterprises=enterprises(grids, seed),
    )


def write_region(start: date, end: date, to: Path, seed: int = DEFAULT_SEED) -> dict[str, int]:
    """Writes alarms.csv, feedback.csv, problems.csv, grids.csv, contacts.csv and enterprises.csv into `to`; returns rows by file.

    Alarms are those pushed in [start, end), whole Beijing days, each with everything that is ever known of it.
    The same seed and window give the same bytes. Raises InputError for a window that is not inside the season.
    """
    if not SEASON.start <= start < end <= SEASON.end:
        raise InputError(
            "the window is not inside the simulated season",
            where="simulate",
            expected=f"{SEASON.start} <= start < end <= {SEASON.end} (end is exclusive)",
            got=f"{start} to {end}",
            todo="choose --start and --end inside the season",
        )
    region = demo_region(seed)
    first, last = (
        SEASON.moment(SEASON.second(start)).isoformat(),
        SEASON.moment(SEASON.second(end)).isoformat(),
    )
    pushed = region.alarms["pushed_at"].between(first, last, inclusive="left")
    inside = set(region.alarms.loc[pushed, "alarm_id"])
    to.mkdir(parents=True, exist_ok=True)
    rows = {}
    for field in fields(region):
        frame: pd.DataFrame = getattr(region, field.name)
        if "alarm_id" in frame:
            frame = frame[frame["alarm_id"].isin(inside)]
        frame.to_csv(to / f"{field.name}.csv", index=False, encoding="utf-8", lineterminator="\n")
        rows[f"{field.name}.csv"] = len(frame)
    return rows


def _grid_rows(grids: pd.DataFrame) -> pd.DataFrame:
    flags = ["is_hot", "is_monitored"]
    return grids.drop(columns="weight").assign(
        **{flag: np.where(grids[flag], _YES, _NO) for flag in flags}, data_origin=SIMULATED_LABEL
    )


def _alarm_rows(season: Season, alarms: pd.DataFrame, seed: int) -> pd.DataFrame:
    told = revisions(alarms, seed)
    of_alarm = alarms.iloc[told["alarm"]].reset_index(drop=True)
    kept = ["alarm_id", "grid_id", "unit_code", "county", "point_name", "lon", "lat"]
    return of_alarm[kept].assign(
        started_at=_iso(season, of_alarm["started_s"]),
        last_at=_iso(season, told["last_s"]),
        alarm_count=told["alarm_count"],
        peak_pm25_ug_m3=told["peak_pm25_ug_m3"],
        pushed_at=_iso(season, of_alarm["pushed_s"]),
        deadline_at=_iso(season, of_alarm["deadline_s"]),
        revised_at=_iso(season, told["revised_s"]),
        data_origin=SIMULATED_LABEL,
    )


def _feedback_rows(
    season: Season, alarms: pd.DataFrame, courses: list[Course], problems: pd.DataFrame, seed: int
) -> pd.DataFrame:
    rng = stream(seed, "feedback")
    listed = cities()
    unit_names = dict(zip(listed["unit_code"], listed["unit_name"], strict=True))
    municipalities = set(listed.loc[listed["unit_name"] == listed["province_name"], "unit_code"])
    findings: dict[int, list[tuple[str, int, float]]] = {}
    for alarm, category, found_s, done_s in problems[
        ["alarm", "category", "found_s", "rectified_s"]
    ].itertuples(index=False):
        findings.setdefault(alarm, []).append((category, found_s, math.inf if pd.isna(done_s) else done_s))
    rows = []
    told = alarms[["alarm_id", "unit_code", "county"]].itertuples(index=False)
    for alarm, ((alarm_id, unit_code, county), course) in enumerate(zip(told, courses, strict=True)):
        unit_name = unit_names[unit_code]
        office = branch(unit_name, county, is_municipality=unit_code in municipalities)
        inspector, reviewer = person(rng), person(rng)
        has_finding = False
        for event, at in course:
            unit, by, found, note = office, inspector, "", NOTES.get(event, "")
            if event == "submitted":
                known = [
                    (category, done_s <= at)
                    for category, found_s, done_s in findings.get(alarm, ())
                    if found_s <= at
                ]
                has_finding = bool(known)
                found, note = _YES if has_finding else _NO, finding_note(known, rng)
            elif event in {"returned", "accepted"}:
                unit, by = bureau(unit_name), reviewer
                note = note or return_note(has_finding, rng)
            elif event in {"dispute_upheld", "dispute_rejected"}:
                unit, by = "热点网格监管审核组", reviewer
            rows.append((alarm_id, event, at, unit, by, found, note))
    feedback = pd.DataFrame(
        rows, columns=["alarm_id", "event", "event_at", "unit", "inspector", "problem_found", "note"]
    )
    return feedback.assign(event_at=_iso(season, feedback["event_at"]), data_origin=SIMULATED_LABEL)


def _problem_rows(season: Season, alarms: pd.DataFrame, problems: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "problem_id": problems["problem_id"],
            "alarm_id": alarms["alarm_id"].to_numpy()[problems["alarm"]],
            "category": problems["category"],
            "description": problems["description"],
            "found_at": _iso(season, problems["found_s"]),
            "status": problems["status"],
            "rectify_by": _iso(season, problems["rectify_by_s"]),
            "rectified_at": _iso(season, problems["rectified_s"]),
            "data_origin": SIMULATED_LABEL,
        }
    )


def _iso(season: Season, seconds: pd.Series) -> list[str]:
    """ISO 8601 in Beijing time; empty for NA."""
    return ["" if pd.isna(second) else season.moment(second).isoformat() for second in seconds]
