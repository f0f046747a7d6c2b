"""`make season`: Airflow's own back-fill of the demo season through a running scheduler, and what came of it.

python -m tests.scale.season [--from D] [--to D] [--compare] [--var DIR]

Default SQLite and LocalExecutor; mails nothing (a back-fill withholds). Ends with 1 when a run or a task failed, a letter is
missing, or the totals of the season are not the published ones.
"""

import argparse
import shutil
import sys
import tempfile
from collections import Counter
from datetime import date
from pathlib import Path

from include.house import House, default_var, open_house
from include.periods import parse_date
from include.post.local_server import received
from include.rules import SEASON_END, SEASON_START, SIMULATED_LABEL
from tests.scale.backfill import Outcome, backfill, wait_for_dags
from tests.scale.beats import Beat, all_beats, cadence_dags
from tests.scale.installation import installation, prepare_demo, registry_of, run
from tests.scale.letters import (
    PUBLISHED,
    differences,
    figures_by_letter,
    letters_by_state,
    play,
    season_totals,
)


def main(arguments: list[str] | None = None) -> int:
    """Replays, reports, and returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.scale.season", description=__doc__.split("\n")[0])
    parser.add_argument(
        "--from", dest="first", type=parse_date, default=SEASON_START, help="first day reported"
    )
    parser.add_argument(
        "--to", dest="end", type=parse_date, default=SEASON_END, help="day after the last one"
    )
    parser.add_argument(
        "--compare", action="store_true", help="make every letter again in one process, and compare"
    )
    parser.add_argument("--var", type=Path, default=default_var() / "season", help="folder, made afresh")
    options = parser.parse_args(arguments)
    beats = all_beats(options.first, options.end)
    shutil.rmtree(options.var, ignore_errors=True)
    counts = Counter(beat.dag_id for beat in beats)
    print(
        f"season（{SIMULATED_LABEL}）: {', '.join(f'{n} {dag_id}' for dag_id, n in counts.items())}",
        flush=True,
    )
    with installation(options.var, (options.first, options.end)) as running:
        wait_for_dags(running, cadence_dags())
        outcome = backfill(running, beats, options.first, options.end)
        house = running.house
        is_whole = (options.first, options.end) == house.season
        faults = report(house, outcome, beats, is_whole=is_whole)
        if options.compare:
            faults += compare(house, beats, (options.first, options.end))
    for fault in faults:
        print(f"  fault: {fault}", file=sys.stderr)
    print(f"season: {len(outcome.runs)} runs, {len(outcome.tasks)} tasks, {len(faults)} faults")
    return 1 if faults else 0


def report(house: House, outcome: Outcome, beats: list[Beat], *, is_whole: bool) -> list[str]:
    """Prints what came of the back-fill; returns the faults."""
    faults = run_faults(outcome, beats)
    if is_whole:
        totals = season_totals(house)
        print(
            "totals: "
            + ", ".join(f"{totals[name]:,} {name} (published {PUBLISHED[name]:,})" for name in PUBLISHED)
        )
        if totals != PUBLISHED:
            faults.append(f"totals {totals}, published {PUBLISHED}")
    for row in letters_by_state(house.engine).itertuples():
        print(f"letters: {row.letters:>6,} {row.kind} {row.state}")
        if row.state != "withheld":
            faults.append(f"{row.letters} letters of kind {row.kind} are {row.state}; a back-fill withholds")
    if house.mailbox and (mails := received(house.mailbox)):
        faults.append(f"{len(mails)} mails left; a back-fill mails nothing")
    for row in outcome.medians.itertuples():
        print(f"median: {row.seconds:>6.1f} s {row.dag_id} {row.task_id}")
    print(
        f"wall time: {outcome.seconds:.0f} s, {outcome.tasks_per_second:.2f} tasks a second, {outcome.retried} retried, "
        f"{len(outcome.failures)} failures"
    )
    return faults


def run_faults(outcome: Outcome, beats: list[Beat]) -> list[str]:
    """Runs and tasks that failed, and runs that are too few or too many."""
    made, wanted = Counter(outcome.runs["dag_id"]), Counter(beat.dag_id for beat in beats)
    return outcome.failures + [
        f"{dag_id}: {made[dag_id]} runs, expected {wanted[dag_id]}"
        for dag_id in sorted(made | wanted)
        if made[dag_id] != wanted[dag_id]
    ]


def compare(house: House, beats: list[Beat], window: tuple[date, date]) -> list[str]:
    """Makes every letter again in this process, in a store of its own; returns the letters that differ."""
    with tempfile.TemporaryDirectory() as name:
        own = own_house(house, Path(name), window)
        played = play(own, beats)
        expected = figures_by_letter(own.engine)
        own.engine.dispose()
    found = differences(figures_by_letter(house.engine), expected)
    print(
        f"in one process: {len(expected):,} letters in {played.total:.0f} s; {len(found)} differ from the back-fill's"
    )
    return found


def own_house(house: House, var: Path, window: tuple[date, date]) -> House:
    """The same installation with a SQLite store of its own below `var`."""
    own = open_house(registry_of(None, house.mail_server.port), var)
    prepare_demo(own, window)
    return own


if __name__ == "__main__":
    run(main)
