"""`make scale-test`: the same project on PostgreSQL with Celery, Redis and two workers, while its processes are killed.

python -m tests.scale.scale_test [--from D] [--to D] [--seed N] [--var DIR]

Replays two weeks; half-way one worker and the scheduler are killed and started again. Then every letter must be there once, with
the figures of a run in one process on SQLite. Then five daily runs that send to the local mailbox, each with another process
killed in the middle: every recipient must have each letter exactly once. Ends with 1 on any fault, with 2 where Redis is missing.
"""

import argparse
import random
import shutil
import sys
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path

from include.house import default_var
from include.periods import parse_date
from tests.scale.backfill import backfill, wait_for_dags
from tests.scale.beats import all_beats, cadence_dags
from tests.scale.cluster import WORKERS, cluster
from tests.scale.installation import Installation, installation, run
from tests.scale.kills import kill_each
from tests.scale.season import compare, report


def main(arguments: list[str] | None = None) -> int:
    """Runs it all and returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.scale.scale_test", description=__doc__.split("\n")[0]
    )
    parser.add_argument(
        "--from", dest="first", type=parse_date, default=date(2020, 3, 1), help="first day reported"
    )
    parser.add_argument(
        "--to", dest="end", type=parse_date, default=date(2020, 3, 15), help="day after the last one"
    )
    parser.add_argument("--seed", type=int, default=1, help="of the moments at which processes are killed")
    parser.add_argument("--var", type=Path, default=default_var() / "scale", help="folder, made afresh")
    options = parser.parse_args(arguments)
    shutil.rmtree(options.var, ignore_errors=True)
    window = (options.first, options.end)
    beats = all_beats(*window)
    print("starting PostgreSQL, Redis, Airflow and two workers …", flush=True)
    with cluster() as backing, installation(options.var, window, backing) as running:
        wait_for_dags(running, cadence_dags())
        deaths = _deaths(running, random.Random(options.seed))
        outcome = backfill(running, beats, *window, deaths)
        faults = report(running.house, outcome, beats, is_whole=False)
        faults += compare(running.house, beats, window)
        for killed in kill_each(running, options.end, options.seed):
            print(killed, flush=True)
            faults += killed.faults
        if running.revived:
            print(f"ended by themselves and started again: {dict(Counter(running.revived))}")
    for fault in faults:
        print(f"  fault: {fault}", file=sys.stderr)
    print(f"scale-test: {len(faults)} faults" if faults else "scale-test: every letter once")
    return 1 if faults else 0


def _deaths(running: Installation, moments: random.Random) -> Callable[[float], None]:
    """Kills a worker and the scheduler once, when half of the tasks are done."""
    left = [moments.choice(WORKERS), "scheduler"]

    def watch(share_done: float) -> None:
        running.revive()
        if share_done >= 0.5 and left:
            for name in left:
                running.kill(name)
            running.start(*left)
            print(f"killed and started again: {', '.join(left)}", flush=True)
            left.clear()

    return watch


if __name__ == "__main__":
    run(main, for_input=2)
