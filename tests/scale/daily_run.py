"""Daily runs that send, end to end under the default SQLite and LocalExecutor: what an operator waits for.

python -m tests.scale.daily_run [--day D] [--runs N] [--var DIR]

The runs of successive days, each triggered when the one before has ended; every recipient must have each letter exactly
once. Ends with 1 when that is not so, or when a run took longer than it may: from its being asked for to its end, in wall
time, which other work on the machine disturbs. The first one also reads what was pushed on the days before it.
"""

import argparse
import shutil
import sys
from datetime import date
from pathlib import Path

import pandas as pd
from sqlalchemy import text

from include.house import default_var
from include.periods import DAY, parse_date
from include.up import airflow
from tests.scale.backfill import wait_for_dags
from tests.scale.beats import cadence_dags
from tests.scale.installation import Installation, installation, run, wait_until
from tests.scale.kills import STATE, account, ask, trigger_sending

LIMIT_SECONDS = 45.0
RUN = (
    "select 'run' as task_id, queued_at as asked_at, start_date, end_date from dag_run where run_id = :run_id"
)
_TASKS = """
select task_id, scheduled_dttm as asked_at, start_date, end_date from task_instance where run_id = :run_id order by end_date
"""


def main(arguments: list[str] | None = None) -> int:
    """Runs them, prints, and returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.scale.daily_run", description=__doc__.split("\n")[0]
    )
    parser.add_argument("--day", type=parse_date, default=date(2020, 3, 12), help="the first letters' day")
    parser.add_argument("--runs", type=int, default=3, help="how many days")
    parser.add_argument("--var", type=Path, default=default_var() / "daily-run", help="folder, made afresh")
    options = parser.parse_args(arguments)
    shutil.rmtree(options.var, ignore_errors=True)
    faults = []
    with installation(options.var, (options.day, options.day + options.runs * DAY)) as running:
        wait_for_dags(running, cadence_dags())
        airflow(running.environment, "dags", "unpause", "--yes", "daily_dispatch")
        for number in range(options.runs):
            faults += _one(running, options.day + number * DAY)
    for fault in faults:
        print(f"  fault: {fault}", file=sys.stderr)
    return 1 if faults else 0


def _one(running: Installation, period_end: date) -> list[str]:
    run_id = f"send_{period_end}"
    trigger_sending(running, run_id, period_end)
    engine = running.metadata()
    wait_until(lambda: ask(engine, STATE, run_id) in ("success", "failed"), running, run_id)
    with engine.connect() as connection:
        (run,) = ran_seconds(pd.read_sql(text(RUN), connection, params={"run_id": run_id}))
        tasks = ran_seconds(pd.read_sql(text(_TASKS), connection, params={"run_id": run_id}))
    ended_as = ask(engine, STATE, run_id)
    engine.dispose()
    faults, letters, mails = account(running.house, period_end)
    waited, ran = run[1] + run[2], sum(task[2] for task in tasks)
    print(
        f"{period_end}: {waited:.1f} s (limit {LIMIT_SECONDS:.0f}), {letters} letters, {mails} mails; tasks {ran:.1f} s"
    )
    print("  " + ", ".join(f"{name} {asked:.1f} + {took:.1f}" for name, asked, took in tasks), flush=True)
    if ended_as != "success":
        faults.append(f"{run_id} ended as {ended_as}")
    if waited > LIMIT_SECONDS:
        faults.append(f"{run_id} took {waited:.1f} s, limit {LIMIT_SECONDS:.0f}")
    return faults


def ran_seconds(rows: pd.DataFrame) -> list[tuple[str, float, float]]:
    """Name, seconds from being asked for to the start, and from there to the end, of each row."""
    moments = rows[["asked_at", "start_date", "end_date"]].apply(pd.to_datetime, utc=True, format="ISO8601")
    return [
        (str(name), (begin - asked).total_seconds(), (end - begin).total_seconds())
        for name, asked, begin, end in zip(
            rows["task_id"], moments["asked_at"], moments["start_date"], moments["end_date"], strict=True
        )
    ]


if __name__ == "__main__":
    run(main)
