"""The hourly watch over days of a thousand grids, against a bare DuckDB read of the same hours; and one hour of it.

    python -m tests.bench.watch [--grids N] [--days N]

The replay and the single hour each run in a process of their own, so that its peak of memory is its own. Seconds are the
processor's, of the work alone: what a process takes to start is not in them.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb

from include.house import default_registry, open_house
from include.periods import DAY, HOUR, midnight
from include.simulator.watch_world.options import WorldOptions
from include.simulator.watch_world.world import write_world
from include.sources.enterprises import import_enterprises
from include.sources.stations.intake import import_stations
from include.store.engine import reading
from include.store.migrate import migrate
from include.store.watch_facts import grids_known, stations_known
from include.workflows.suspecting import keep_suspects
from include.workflows.watch_inputs import network_of
from include.workflows.watching import watch

FIRST = date(2020, 3, 1)
SEASON_DAYS = 107
SEASON_SECONDS, STEP_SECONDS, STEP_MB = 90.0, 0.3, 500.0
_NOW = datetime(2030, 1, 1, tzinfo=UTC)
_REPEATS = 5


@dataclass(frozen=True)
class Measured:
    """Processor seconds of the work, and the resident peak of its process. `suspects`: the seconds of it in which suspects were
    ranked, where that was told apart."""

    seconds: float
    peak_mb: float
    suspects: float = 0.0


@dataclass(frozen=True)
class Bench:
    """`ratio`: the replay's seconds by those of the bare read."""

    grids: int
    days: int
    bare: Measured
    replay: Measured
    step: Measured

    @property
    def ratio(self) -> float:
        return self.replay.seconds / self.bare.seconds

    @property
    def season_seconds(self) -> float:
        return self.replay.seconds / self.days * SEASON_DAYS

    @property
    def is_within(self) -> bool:
        return (
            self.season_seconds <= SEASON_SECONDS
            and self.step.seconds <= STEP_SECONDS
            and self.step.peak_mb <= STEP_MB
        )

    def __str__(self) -> str:
        return (
            f"watch of {self.grids} grids, {self.days} days: {self.replay.seconds:.1f} s, bare read {self.bare.seconds:.2f} s, "
            f"ratio {self.ratio:.0f}, peak {self.replay.peak_mb:.0f} MB; a season of {SEASON_DAYS} days {self.season_seconds:.0f} s "
            f"(limit {SEASON_SECONDS:.0f}); an hour {self.step.seconds:.2f} s (limit {STEP_SECONDS}), of it suspects "
            f"{self.step.suspects:.2f} s, "
            f"peak {self.step.peak_mb:.0f} MB (limit {STEP_MB:.0f})"
        )


def measure(grids: int, days: int) -> Bench:
    """A world in a temporary folder; its last hour is what the single hour judges."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_world(WorldOptions(seed=31, start=FIRST, days=days, grids=grids), folder)
        house = open_house(default_registry(), folder / "var")
        migrate(house.engine)
        world = folder / "world"
        import_enterprises(house.engine, world / "enterprises.csv", datum="WGS84", now=_NOW)
        import_stations(house.engine, house.stations_dir, [world], now=_NOW)
        bare, replay, step = (_child(what, folder, days) for what in WORK)
    return Bench(grids, days, bare, replay, step)


def _bare(var: Path, days: int) -> tuple[float, float]:
    """Every hour that the replay reads, once, into Arrow."""
    files = [str(path) for path in sorted(var.rglob("station_hours/*.parquet"))]
    began = time.process_time()
    with duckdb.connect() as connection:
        connection.execute("select * from read_parquet($files)", {"files": files}).to_arrow_table()
    return time.process_time() - began, 0.0


def _replay(var: Path, days: int) -> tuple[float, float]:
    house = open_house(default_registry(), var)
    began = time.process_time()
    watch(house, midnight(FIRST), midnight(FIRST + days * DAY) - HOUR, now=_NOW + timedelta(days=1))
    return time.process_time() - began, 0.0


def _step(var: Path, days: int) -> tuple[float, float]:
    """The best of a few judgements of the last hour, and of the rankings of its alarms alone."""
    house = open_house(default_registry(), var)
    with reading(house.engine) as connection:
        network = network_of(stations_known(connection), grids_known(connection))
    end, whole, suspects = midnight(FIRST + days * DAY), [], []
    for again in range(_REPEATS):
        began = time.process_time()
        done = watch(house, end - HOUR, end, now=_NOW + timedelta(days=2 + again))
        whole.append(time.process_time() - began)
        began = time.process_time()
        keep_suspects(house, done.alarms, network=network)
        suspects.append(time.process_time() - began)
    return min(whole), min(suspects)


WORK: dict[str, Callable[[Path, int], tuple[float, float]]] = {
    "bare": _bare,
    "replay": _replay,
    "step": _step,
}


def _child(what: str, folder: Path, days: int) -> Measured:
    command = [sys.executable, "-m", "tests.bench.watch", "--child", what, str(folder / "var"), str(days)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return Measured(**json.loads(done.stdout.splitlines()[-1]))


def own_peak_mb() -> float:
    """The resident peak of this process. `getrusage` tells that of the process that started it, where that was larger."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024


def main() -> int:
    """Prints the measurement; the exit code is 1 beyond a limit."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--grids", type=int, default=1000)
    parser.add_argument("--days", type=int, default=10)
    parser.add_argument("--child", nargs=3, metavar=("WHAT", "VAR", "DAYS"))
    told = parser.parse_args()
    if told.child:
        what, var, days = told.child
        seconds, suspects = WORK[what](Path(var), int(days))
        print(json.dumps({"seconds": seconds, "peak_mb": own_peak_mb(), "suspects": suspects}))
        return 0
    found = measure(told.grids, told.days)
    print(found)
    return 0 if found.is_within else 1


if __name__ == "__main__":
    sys.exit(main())
