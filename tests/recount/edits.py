"""Random changes to the files of the demo region, so that every rule of disputes, returns, closures and moves has work to do.

The steps of some alarms are made up anew, at the moments at which rules turn: the push, the deadline, a day after a step, each a
second before and after; others move to another unit with a later revision, or get another deadline.
"""

import csv
import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tests.recount.walk import moment

EVENTS = (
    *("acknowledged", "submitted", "submitted", "returned", "returned", "accepted"),
    *("disputed", "disputed", "dispute_rejected", "dispute_upheld", "closed", "reopened"),
)
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
CHANGED, MOVED = 0.15, 0.03  # of the alarms


def edit(files: Path, seed: int) -> dict[str, int]:
    """Rewrites alarms.csv and feedback.csv of `files`; returns how many alarms got other steps and how many moved."""
    chance = random.Random(seed)
    alarms, steps = read(files / "alarms.csv"), read(files / "feedback.csv")
    units = sorted({(row["unit_code"], row["county"]) for row in alarms})
    changed = {row["alarm_id"] for row in alarms if chance.random() < CHANGED}
    kept = [row for row in steps if row["alarm_id"] not in changed or chance.random() < 0.3]
    for row in alarms:
        if row["alarm_id"] in changed:
            kept += _made_up(row, chance)
    later = [_moved(row, chance, units) for row in alarms if chance.random() < MOVED]
    chance.shuffle(kept)
    write(files / "alarms.csv", [*alarms, *later])
    write(files / "feedback.csv", kept)
    return {"alarms with other steps": len(changed), "alarms that moved": len(later)}


def _made_up(alarm: dict[str, str], chance: random.Random) -> list[dict[str, str]]:
    """One to eight steps of an alarm, none before its push; now and then two at one instant."""
    pushed_at, deadline = moment(alarm["pushed_at"]), moment(alarm["deadline_at"])
    moments, found = [pushed_at, deadline], set()
    for _ in range(chance.randint(1, 8)):
        base = chance.choice(moments)
        jump = chance.choice((0, 0, 24, 24, 2, 7 * 24 + 24)) * HOUR + chance.choice((-1, 0, 0, 1)) * SECOND
        if chance.random() < 0.3:
            jump = timedelta(seconds=chance.randrange(20 * 24 * 3600))
        at = max(pushed_at, base + jump)
        moments.append(at)
        found.add((at, chance.choice(EVENTS)))
    return [_step(alarm["alarm_id"], event, at) for at, event in sorted(found)]


def _step(alarm_id: str, event: str, at: datetime) -> dict[str, str]:
    return {
        "alarm_id": alarm_id,
        "event": event,
        "event_at": at.isoformat(),
        "unit": "某局",
        "inspector": "某人",
        "problem_found": "false" if event == "submitted" else "",
        "note": "",
        "data_origin": "模拟数据",
    }


def _moved(alarm: dict[str, str], chance: random.Random, units: Sequence[tuple[str, str]]) -> dict[str, str]:
    """A later revision: of another unit, and now and then with another deadline."""
    pushed_at, deadline = moment(alarm["pushed_at"]), moment(alarm["deadline_at"])
    revised_at = pushed_at + timedelta(seconds=chance.randrange(1, 10 * 24 * 3600))
    unit, county = chance.choice(units)
    if chance.random() < 0.3:
        deadline += chance.choice((-6, 6, 24)) * HOUR
    return alarm | {
        "unit_code": unit,
        "county": county,
        "revised_at": revised_at.isoformat(),
        "deadline_at": deadline.isoformat(),
    }


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def write(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
