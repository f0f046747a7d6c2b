"""The letters of a store as values that can be compared, and the same letters made in one process, one run after another."""

import hashlib
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module

import pandas as pd
from sqlalchemy import Engine, func, select

from include.house import House, Run
from include.office.feedback import feedback_table
from include.periods import custom_period, midnight
from include.simulator.season import SEASON
from include.store.engine import reading
from include.store.tables import letter
from tests.scale.beats import Beat

STEPS = ("pull", "figures", "compose", "release", "post", "account")


def figures_by_letter(engine: Engine) -> dict[str, str]:
    """The SHA-256 of the frozen figures of every letter, by its key."""
    with reading(engine) as connection:
        rows = connection.execute(select(letter.c.letter_key, letter.c.figures_json)).all()
    return {row.letter_key: hashlib.sha256(row.figures_json.encode()).hexdigest() for row in rows}


def differences(found: dict[str, str], expected: dict[str, str]) -> list[str]:
    """Letters that are missing, letters that nobody expected, and letters with other figures; one line each."""
    return (
        [f"{key}: missing" for key in sorted(expected.keys() - found.keys())]
        + [f"{key}: not expected" for key in sorted(found.keys() - expected.keys())]
        + [
            f"{key}: other figures"
            for key in sorted(found.keys() & expected.keys())
            if found[key] != expected[key]
        ]
    )


def letters_by_state(engine: Engine) -> pd.DataFrame:
    """How many letters of each kind are in each state: `kind, state, letters`."""
    with reading(engine) as connection:
        rows = connection.execute(
            select(letter.c.kind, letter.c.state, func.count().label("letters"))
            .group_by(letter.c.kind, letter.c.state)
            .order_by(letter.c.kind, letter.c.state)
        ).all()
    return pd.DataFrame(rows, columns=["kind", "state", "letters"])


def season_totals(house: House) -> dict[str, int]:
    """Alarms pushed and answered and problems found, of the whole season, as of the day that the published totals were counted on."""
    season = custom_period(SEASON.start, SEASON.end, midnight(SEASON.counted_on))
    total = feedback_table(house.engine, season).iloc[-1]
    return {name: int(total[name]) for name in ("pushed", "answered", "problems")}


PUBLISHED = {"pushed": SEASON.pushed, "answered": SEASON.answered, "problems": SEASON.problems}


@dataclass(frozen=True)
class Played:
    """What one process needed for the runs: `seconds` by (dag_id, step)."""

    seconds: dict[tuple[str, str], float]

    @property
    def total(self) -> float:
        return sum(self.seconds.values())


def play(house: House, beats: Iterable[Beat]) -> Played:
    """Every step of every run in this process, one after another, as the DAGs order them."""
    seconds: dict[tuple[str, str], float] = {}
    for beat in beats:
        steps = import_module(f"include.workflows.{beat.dag_id}")
        run = Run(
            house=house,
            period=beat.period,
            run_id=f"play/{beat.period.key}",
            actor="tests.scale",
            deliver="auto",
            is_backfill=True,
            now=datetime.now(UTC),
        )
        computed = None
        for step in STEPS:
            began = time.monotonic()
            arguments = (computed,) if step in ("compose", "account") else ()
            result = getattr(steps, step)(run, *arguments)
            computed = result if step == "figures" else computed
            key = (beat.dag_id, step)
            seconds[key] = seconds.get(key, 0.0) + time.monotonic() - began
    return Played(seconds)
