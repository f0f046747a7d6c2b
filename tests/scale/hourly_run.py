"""The hourly watch in a running Airflow: hours one after the other, then a day's back-fill, on a world of a thousand grids.

python -m tests.scale.hourly_run [--grids N] [--hours N] [--var DIR]

Two days are judged beforehand, so that gains are known. Then the hours of the next morning are triggered, each when the one before
has ended, and the hours after them are back-filled. Ends with 1 where a run failed or took longer than it may: from its being
asked for to its end, in wall time, which other work on the machine disturbs.
"""

import argparse
import shutil
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

import pandas as pd
from sqlalchemy import text

from include.house import House, default_var
from include.periods import DAY, HOUR, midnight, office_zone, periods_between
from include.simulator.watch_world.options import WorldOptions
from include.simulator.watch_world.world import write_world
from include.sources.enterprises import import_enterprises
from include.sources.stations.intake import import_stations
from include.store.migrate import migrate
from include.up import airflow
from include.workflows.watching import watch
from tests.scale.backfill import backfill, wait_for_dags
from tests.scale.beats import Beat
from tests.scale.daily_run import RUN, ran_seconds
from tests.scale.installation import Installation, installation, run, wait_until
from tests.scale.kills import STATE, ask

LIMIT_SECONDS = 20.0
FIRST = date(2020, 3, 1)
JUDGED_DAYS = 2
_DAG: Final = "hourly_watch"
_TASKS = """
select task_id, scheduled_dttm as asked_at, start_date, end_date from task_instance where run_id = :run_id and state = 'success'
order by end_date
"""


def main(arguments: list[str] | None = None) -> int:
    """Runs them, prints, and returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.scale.hourly_run", description=__doc__.split("\n")[0]
    )
    parser.add_argument("--grids", type=int, default=1000)
    parser.add_argument("--hours", type=int, default=3, help="triggered one after the other")
    parser.add_argument("--var", type=Path, default=default_var() / "hourly-run", help="folder, made afresh")
    options = parser.parse_args(arguments)
    shutil.rmtree(options.var, ignore_errors=True)
    last_day = FIRST + JUDGED_DAYS * DAY

    def fill(house: House, window: tuple[date, date]) -> None:
        _world(house, window, options.grids)

    with installation(options.var, (FIRST, last_day + 2 * DAY), fill=fill) as running:
        wait_for_dags(running, [_DAG])
        airflow(running.environment, "dags", "unpause", "--yes", _DAG)
        begin = midnight(last_day)
        faults = [
            fault for number in range(options.hours) for fault in _one(running, begin + (number + 1) * HOUR)
        ]
        faults += _backfilled(running, last_day + DAY)
    for fault in faults:
        print(f"  fault: {fault}", file=sys.stderr)
    return 1 if faults else 0


def _world(house: House, window: tuple[date, date], grids: int) -> None:
    first, end = window
    now = datetime.now(UTC)
    folder = house.var / "simulated"
    write_world(WorldOptions(seed=31, start=first, days=(end - first).days, grids=grids), folder)
    migrate(house.engine)
    import_enterprises(house.engine, folder / "world" / "enterprises.csv", datum="WGS84", now=now)
    import_stations(house.engine, house.stations_dir, [folder / "world"], now=now)
    watch(house, midnight(first), midnight(first + JUDGED_DAYS * DAY), now=now)


def _one(running: Installation, end_at: datetime) -> list[str]:
    told = end_at.astimezone(office_zone()).strftime("%Y-%m-%dT%H:%M")
    run_id = f"hour_{told}"
    airflow(
        running.environment,
        "dags",
        "trigger",
        _DAG,
        "--run-id",
        run_id,
        "--conf",
        f'{{"period_end": "{told}"}}',
    )
    engine = running.metadata()
    wait_until(lambda: ask(engine, STATE, run_id) in ("success", "failed"), running, run_id)
    with engine.connect() as connection:
        (whole,) = ran_seconds(pd.read_sql(text(RUN), connection, params={"run_id": run_id}))
        tasks = ran_seconds(pd.read_sql(text(_TASKS), connection, params={"run_id": run_id}))
    ended_as = ask(engine, STATE, run_id)
    engine.dispose()
    waited = whole[1] + whole[2]
    print(f"{told}: {waited:.1f} s (limit {LIMIT_SECONDS:.0f}), tasks {sum(task[2] for task in tasks):.1f} s")
    print("  " + ", ".join(f"{name} {asked:.1f} + {took:.1f}" for name, asked, took in tasks), flush=True)
    return _faults(run_id, ended_as, waited)


def _faults(run_id: str, ended_as: object, waited: float) -> list[str]:
    faults = [] if ended_as == "success" else [f"{run_id} ended as {ended_as}"]
    return faults + (
        [f"{run_id} took {waited:.1f} s, limit {LIMIT_SECONDS:.0f}"] if waited > LIMIT_SECONDS else []
    )


def _backfilled(running: Installation, day: date) -> Sequence[str]:
    """The day's hours by Airflow's own back-fill; its failures."""
    hours = [Beat(_DAG, period) for period in periods_between("hour", midnight(day), midnight(day + DAY))]
    done = backfill(running, hours, day, day + DAY, lambda _share: running.revive())
    medians = done.medians[done.medians["dag_id"] == _DAG].set_index("task_id")["seconds"].dropna()
    told = ", ".join(f"{name} {seconds:.1f}" for name, seconds in medians.items())
    print(f"back-fill of {len(done.runs)} hours: {done.seconds:.0f} s; medians: {told}")
    return done.failures


if __name__ == "__main__":
    run(main)
