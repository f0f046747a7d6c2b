"""Histories of an installation: which beats ran, in which order, how often, and what had been pulled before."""

import random
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import Engine, delete

from include.connections import read_registry
from include.house import SETTINGS_FILE, House, Run, open_house
from include.office.letter_acts import letters_of_period
from include.periods import DAY, Period, midnight
from include.simulator.air import months_read, write_air
from include.simulator.region import write_region
from include.sources.air.quality import import_air_quality
from include.sources.config import SourceConfig
from include.sources.enterprises import import_enterprises
from include.sources.ledger import ensure_covered
from include.store import tables
from include.store.engine import reading, writing
from include.store.statements import frame
from include.workflows import daily_dispatch, half_monthly_bulletin, weekly_summary
from tests.scale.beats import all_beats

BEATS = {
    "day": daily_dispatch,
    "midweek": weekly_summary,
    "weekend": weekly_summary,
    "half_month": half_monthly_bulletin,
}
UNITS = ("130100", "140300", "610100")
OF_ALARMS = ("feedback", "problems")
# Rows that wait for a person from the day on which they are pulled: their number may be in no letter.
BROKEN = "BAD{n},G{n},999999,某区,不存在的城市,,,{day}T06:00:00+08:00,{day}T07:00:00+08:00,1,180,{day}T07:20:00+08:00,,,模拟数据\n"


@dataclass(frozen=True)
class Told:
    """What a history said: the SHA-256 of the figures of every beat, and of every file of every letter (where composed)."""

    figures: dict[str, str]
    files: dict[str, str]


def write_units(folder: Path, start: date, end: date, units: Sequence[str] = UNITS) -> Path:
    """The demo region of these units, with their air for the bulletins of [start, end), and a broken row a day."""
    write_region(start, end, folder)
    alarms = _kept(folder / "alarms.csv", "unit_code", units)
    for name in OF_ALARMS:
        _kept(folder / f"{name}.csv", "alarm_id", alarms["alarm_id"].tolist())
    grids = _kept(folder / "grids.csv", "unit_code", units)
    for name, column in (("contacts", "region_code"), ("enterprises", "unit_code")):
        _kept(folder / f"{name}.csv", column, units)
    write_air(
        alarms, grids, months_read(start, end, warning_months=2), end, folder.with_name(folder.name + "-air")
    )
    with (folder / "alarms.csv").open("a", encoding="utf-8") as file:
        file.writelines(
            BROKEN.format(n=number, day=start + number * DAY) for number in range((end - start).days)
        )
    return folder


def _kept(path: Path, column: str, values: Sequence[str]) -> pd.DataFrame:
    rows = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    rows = rows[rows[column].isin(values)]
    rows.to_csv(path, index=False, encoding="utf-8")
    return rows


def open_units(engine: Engine, folder: Path, var: Path, units: Sequence[str] = UNITS) -> House:
    """An installation with the units of `folder` as its only source, their air imported, nothing pulled."""
    with writing(engine) as connection:
        connection.execute(delete(tables.region_member).where(tables.region_member.c.unit_code.not_in(units)))
    house = replace(
        open_house(read_registry(SETTINGS_FILE, {}), var),
        engine=engine,
        sources=(SourceConfig("region", "files", str(folder), options={"is_played": True}),),
    )
    shutil.copytree(folder.with_name(folder.name + "-air"), var / "air-in", dirs_exist_ok=True)
    now = midnight(date(2020, 3, 1))
    import_enterprises(engine, folder / "enterprises.csv", datum="WGS84", now=now, source="region")
    import_air_quality(engine, house.hourly_dir, [var / "air-in"], now=now, source="region", is_played=True)
    return house


def history(
    house: House,
    windows: Sequence[Period],
    seed: int | None,
    *,
    composed: frozenset[str] | None = frozenset(),
) -> Told:
    """Plays the beats of `windows`: one after the other (`seed` None), or shuffled, some of them twice, after pulls of spans
    that no beat asks for. Letters of the windows with a key in `composed` are drafted (None: of all).
    """
    generator = random.Random(seed)
    order = list(windows)
    if seed is not None:
        order = generator.sample(
            [*windows, *generator.sample(windows, max(1, len(windows) // 4))],
            k=len(windows) + max(1, len(windows) // 4),
        )
        _pull_beforehand(house, windows, generator)
    figures: dict[str, str] = {}
    for period in order:
        run = _run(house, period, late=seed is not None and generator.random() < 0.5)
        beat = BEATS[period.kind]
        beat.pull(run)
        computed = beat.figures(run)
        told = figures.setdefault(period.key, computed["figures_sha256"])
        assert told == computed["figures_sha256"], f"{period.key} said something else the second time"
        if composed is None or period.key in composed:
            assert beat.compose(run, computed)["failed"] == {}
    return Told(figures, _files(house, windows))


def windows_between(start: date, end: date) -> list[Period]:
    """The window of every beat of the cadence whose letters go out in [start, end], in that order."""
    found = [beat.period for beat in all_beats(start - 20 * DAY, end)]
    return [one for one in found if start < one.end <= end]


def _run(house: House, period: Period, *, late: bool) -> Run:
    now = period.as_of + (timedelta(days=40) if late else timedelta(minutes=5))
    values: dict[str, Any] = {"is_backfill": True, "now": now, "approve": False}
    return Run(house=house, period=period, run_id="history", actor="history", deliver="withhold", **values)


def _pull_beforehand(house: House, windows: Sequence[Period], generator: random.Random) -> None:
    first, last = min(one.start for one in windows), max(one.as_of for one in windows)
    span = last - midnight(first)
    for _ in range(generator.randrange(4)):
        start, end = sorted(midnight(first) + span * generator.random() for _ in range(2))
        ensure_covered(house.engine, house.sources, start, end, now=last + 40 * DAY)


def _files(house: House, windows: Sequence[Period]) -> dict[str, str]:
    with reading(house.engine) as connection:
        return {
            f"{letter.letter_key} {file.role}": str(file.sha256)
            for period in windows
            for letter in letters_of_period(
                connection, period, ("notice", "reminder", "summary", "bulletin", "overview")
            )
            for file in frame(connection, "list_letter_files", letter_id=letter.letter_id).itertuples()
        }
