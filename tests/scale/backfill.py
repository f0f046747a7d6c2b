"""Airflow's own back-fill, waited for; and what Airflow's database says of it afterwards."""

import sys
import time
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date

import pandas as pd
from sqlalchemy import text

from include.errors import CheckFailed, InputError
from include.up import airflow
from tests.scale.beats import Beat
from tests.scale.installation import Installation, wait_until

STALL_SECONDS = 600
CREATE_TRIES = 5
_RUNS = "select dag_id, run_id, state, start_date, end_date from dag_run where run_type = 'backfill'"
_TASKS = """
select dag_id, run_id, task_id, state, try_number, queued_dttm, start_date, end_date from task_instance
where run_id in (select run_id from dag_run where run_type = 'backfill')
"""


@dataclass(frozen=True)
class Outcome:
    """`runs`, `tasks`: one row each, as Airflow's database has them. `seconds`: from the first back-fill to the last end."""

    runs: pd.DataFrame
    tasks: pd.DataFrame
    seconds: float

    @property
    def failures(self) -> list[str]:
        """Runs and tasks that did not end well."""
        bad = self.runs[self.runs["state"] != "success"]
        failed = self.tasks[~self.tasks["state"].isin(["success", "skipped"])]
        return [f"{row.dag_id} {row.run_id}: {row.state}" for row in bad.itertuples()] + [
            f"{row.dag_id}.{row.task_id} {row.run_id}: {row.state}" for row in failed.itertuples()
        ]

    @property
    def retried(self) -> int:
        """Tasks that needed more than one try."""
        return int((self.tasks["try_number"] > 1).sum())

    @property
    def medians(self) -> pd.DataFrame:
        """Wall seconds of the middle run of each DAG (`task_id` is "run") and of its tasks: `dag_id, task_id, seconds`."""
        frames = [self.runs.assign(task_id="run"), self.tasks]
        rows = pd.concat([frame[["dag_id", "task_id", "start_date", "end_date"]] for frame in frames])
        ends = rows[["start_date", "end_date"]].apply(pd.to_datetime, utc=True, format="ISO8601")
        rows["seconds"] = (ends["end_date"] - ends["start_date"]).dt.total_seconds()
        return rows.groupby(["dag_id", "task_id"], sort=False)["seconds"].median().reset_index()

    @property
    def tasks_per_second(self) -> float:
        return len(self.tasks) / self.seconds


def wait_for_dags(running: Installation, dag_ids: Collection[str]) -> None:
    """Until the DAG processor has read the DAGs."""
    engine = running.metadata()

    def are_there() -> bool:
        with engine.connect() as connection:
            known = set(connection.execute(text("select dag_id from serialized_dag")).scalars())
        return known >= set(dag_ids)

    wait_until(are_there, running, f"the DAGs {', '.join(dag_ids)}")
    engine.dispose()


def _create(running: Installation, *arguments: str) -> None:
    for attempt in range(1, CREATE_TRIES + 1):
        try:
            airflow(running.environment, "backfill", "create", *arguments, "--max-active-runs", "4")
            break
        except InputError:
            if attempt == CREATE_TRIES:
                raise


def backfill(
    running: Installation,
    beats: Collection[Beat],
    first: date,
    end: date,
    while_waiting: Callable[[float], None] | None = None,
) -> Outcome:
    """`airflow backfill create` for each DAG of the beats, and the wait for the end of all runs, with a line of progress.

    The DAGs are paused until all runs are there: on SQLite each run is created in a transaction of its own that fails at once
    when a running scheduler writes between its reading and its writing (Airflow then removes what it created, for another try).
    `while_waiting` is told the share of the tasks that are done, about once a second; without it a process that ends
    by itself ends the wait. Raises CheckFailed then, and when nothing moves any more.
    """
    began = time.monotonic()
    for dag_id in sorted({beat.dag_id for beat in beats}):
        _create(running, "--dag-id", dag_id, "--from-date", str(first), "--to-date", str(end))
    airflow(running.environment, "dags", "unpause", "--treat-dag-id-as-regex", "--yes", ".*")
    engine = running.metadata()
    last, moved_at = "", time.monotonic()
    while True:
        with engine.connect() as connection:
            states = Counter(connection.execute(text(f"select state from ({_RUNS}) runs")).scalars())
            rows = connection.execute(text(f"select count(*) from ({_TASKS}) tasks")).scalar_one()
            done = connection.execute(
                text(f"select count(*) from ({_TASKS}) tasks where state = 'success'")
            ).scalar_one()
        ended = states["success"] + states["failed"]
        line = f"{ended}/{len(beats)} runs, {done} tasks"
        if line != last:
            last, moved_at = line, time.monotonic()
            _progress(f"{time.monotonic() - began:6.0f} s   {line}, {states['failed']} failed")
        if ended >= len(beats):
            break
        if time.monotonic() - moved_at > STALL_SECONDS:
            raise CheckFailed("the back-fill stands still", where=str(running.log_dir), got=dict(states))
        if while_waiting is None:
            running.require_alive()
        else:
            while_waiting(done / rows)  # the tasks of all runs are there from the start
        time.sleep(1)
    seconds = time.monotonic() - began
    _progress("", is_last=True)
    with engine.connect() as connection:
        runs, tasks = pd.read_sql(text(_RUNS), connection), pd.read_sql(text(_TASKS), connection)
    engine.dispose()
    return Outcome(runs, tasks, seconds)


def _progress(line: str, *, is_last: bool = False) -> None:
    if sys.stdout.isatty():
        print(f"\r{line:<78}", end="\n" if is_last else "", flush=True)
    elif line:
        print(line, flush=True)
