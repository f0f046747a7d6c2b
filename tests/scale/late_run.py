"""A run of the schedule that is late, in a running Airflow: the duty officers are told once, and of a person's run never.

python -m tests.scale.late_run [--var DIR]

The DAG here has the name, the schedule and the callback of daily_dispatch, a task that does not end, and a deadline of seconds. Its
scheduled run must bring one mail (运行告警) through Airflow's own executor, a run that a person started none. Ends with 1 otherwise.
"""

import argparse
import shutil
import sys
import time
from datetime import date
from pathlib import Path

from include.house import default_var
from include.post.local_server import received
from include.up import airflow
from tests.scale.backfill import wait_for_dags
from tests.scale.installation import Backing, Installation, installation, run, wait_until

DEADLINE_SECONDS = 5
QUIET_SECONDS = 60
_DAG = f"""
from datetime import UTC, datetime, timedelta
from time import sleep

from airflow.sdk import CronDataIntervalTimetable, DeadlineAlert, DeadlineReference, dag, task
from troubles import deadline

from include.periods import office_zone, schedule

product = deadline("daily_dispatch")


@dag(
    dag_id="daily_dispatch",
    schedule=CronDataIntervalTimetable(schedule("daily_dispatch"), timezone=office_zone().key),
    start_date=datetime(2020, 1, 1, tzinfo=UTC),
    catchup=False,
    deadline=DeadlineAlert(
        name=product.name,
        reference=product.reference,
        interval=timedelta(seconds={DEADLINE_SECONDS}),
        callback=product.callback,
    ),
)
def daily_dispatch():
    @task
    def stuck():
        sleep(3600)

    stuck()


daily_dispatch()
"""


def main(arguments: list[str] | None = None) -> int:
    """Runs it, prints, and returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.scale.late_run", description=__doc__.split("\n")[0]
    )
    parser.add_argument("--var", type=Path, default=default_var() / "late-run", help="folder, made afresh")
    options = parser.parse_args(arguments)
    shutil.rmtree(options.var, ignore_errors=True)
    dags = options.var / "late-dags"
    dags.mkdir(parents=True)
    (dags / "daily_dispatch.py").write_text(_DAG, encoding="utf-8")
    backing = Backing(settings={"AIRFLOW__SCHEDULER__USE_JOB_SCHEDULE": "True"})
    with installation(options.var, (date(2020, 3, 1), date(2020, 3, 2)), backing, dags) as running:
        wait_for_dags(running, ["daily_dispatch"])
        began = time.monotonic()
        airflow(running.environment, "dags", "unpause", "--yes", "daily_dispatch")
        wait_until(lambda: bool(_told(running)), running, "the mail about the late run")
        print(f"told {time.monotonic() - began:.0f} s after the run was allowed to begin")
        airflow(running.environment, "dags", "trigger", "daily_dispatch", "--run-id", "by_hand")
        time.sleep(QUIET_SECONDS)
        subjects = _told(running)
    print(*subjects, sep="\n")
    faults = [] if len(subjects) == 1 else [f"{len(subjects)} mails about one late run"]
    for fault in faults:
        print(f"  fault: {fault}", file=sys.stderr)
    print("late-run: faults" if faults else "late-run: told once, and of the run by hand not")
    return 1 if faults else 0


def _told(running: Installation) -> list[str]:
    """The subjects of the mails in the mailbox."""
    mailbox = running.house.mailbox
    return [one.subject for one in received(mailbox)] if mailbox and mailbox.exists() else []


if __name__ == "__main__":
    run(main)
