"""`make bench-season`: the back-fill of the season against what it must cost: Airflow's own part plus our work.

python -m tests.scale.bench_season [--from D] [--to D] [--var DIR]

Three measurements in one run: the back-fill; the same runs and tasks with tasks that do nothing; and the same work in one
process, one run after another. ratio = back-fill ÷ (empty + in process ÷ cores), in wall time: other work on the machine disturbs
it. Ends with 1 when the ratio is above the limit, or any figure differs from those made in process.
"""

import argparse
import json
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlalchemy import text

from include.house import House, default_var
from include.periods import parse_date
from include.rules import SEASON_END, SEASON_START
from tests.scale.backfill import Outcome, backfill, wait_for_dags
from tests.scale.beats import Beat, all_beats, cadence_dags
from tests.scale.installation import Installation, installation, run
from tests.scale.letters import Played, differences, figures_by_letter, play
from tests.scale.season import own_house, report

LIMIT = 1.2

EMPTY_DAG = """\
from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG
from cadence import DAG_DEFAULTS, timetable

with DAG({dag_id!r}, schedule=timetable({dag_id!r}), **DAG_DEFAULTS):
    tasks = {{name: PythonOperator(task_id=name, python_callable=lambda: None, do_xcom_push=False) for name in {names!r}}}
    for before, after in {edges!r}:
        tasks[before] >> tasks[after]
"""


def main(arguments: list[str] | None = None) -> int:
    """Measures, prints, and returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.scale.bench_season", description=__doc__.split("\n")[0]
    )
    parser.add_argument(
        "--from", dest="first", type=parse_date, default=SEASON_START, help="first day reported"
    )
    parser.add_argument(
        "--to", dest="end", type=parse_date, default=SEASON_END, help="day after the last one"
    )
    parser.add_argument(
        "--var", type=Path, default=default_var() / "bench-season", help="folder, made afresh"
    )
    options = parser.parse_args(arguments)
    shutil.rmtree(options.var, ignore_errors=True)
    beats = all_beats(options.first, options.end)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

    print(f"back-fill of {len(beats)} runs", flush=True)
    replayed = _replay(options.var / "backfill", beats, options.first, options.end)
    house = replayed.house
    faults = report(house, replayed.outcome, beats, is_whole=(options.first, options.end) == house.season)

    print("the same runs and tasks, empty", flush=True)
    dags = _write_empty_dags(options.var / "empty_dags", replayed.edges)
    emptied = _replay(options.var / "empty", beats, options.first, options.end, dags)
    faults += [f"empty: {failure}" for failure in emptied.outcome.failures]

    print("the same work in one process", flush=True)
    own = own_house(house, options.var / "in_process", (options.first, options.end))
    played = play(own, beats)
    faults += differences(figures_by_letter(house.engine), figures_by_letter(own.engine))

    full, empty = replayed.outcome.seconds, emptied.outcome.seconds
    ratio = full / (empty + played.total / cores)
    _print(full, empty, played, cores, ratio)
    if ratio > LIMIT:
        faults.append(f"ratio {ratio:.2f}, limit {LIMIT}")
    for fault in faults:
        print(f"  fault: {fault}", file=sys.stderr)
    return 1 if faults else 0


@dataclass(frozen=True)
class Replayed:
    """One back-fill. `edges`: (before, after) of the tasks of every DAG."""

    house: House
    outcome: Outcome
    edges: dict[str, list[tuple[str, str]]]


def _replay(var: Path, beats: list[Beat], first: date, end: date, dags: Path | None = None) -> Replayed:
    with installation(var, (first, end), dags=dags) as running:
        wait_for_dags(running, cadence_dags())
        outcome = backfill(running, beats, first, end)
        edges = _edges(running)
    return Replayed(running.house, outcome, edges)


def _edges(running: Installation) -> dict[str, list[tuple[str, str]]]:
    """The structure of every DAG of the cadence, as Airflow has read it."""
    engine, edges = running.metadata(), {}
    with engine.connect() as connection:
        for dag_id, data in connection.execute(text("select dag_id, data from serialized_dag")):
            tasks = (data if isinstance(data, dict) else json.loads(data))["dag"]["tasks"]
            edges[dag_id] = [
                (one["__var"]["task_id"], after)
                for one in tasks
                for after in one["__var"].get("downstream_task_ids") or []
            ]
    engine.dispose()
    return {dag_id: edges[dag_id] for dag_id in cadence_dags()}


def _write_empty_dags(folder: Path, edges: Mapping[str, list[tuple[str, str]]]) -> Path:
    folder.mkdir(parents=True)
    for dag_id, pairs in edges.items():
        names = sorted({name for pair in pairs for name in pair})
        code = EMPTY_DAG.format(dag_id=dag_id, names=names, edges=pairs)
        (folder / f"{dag_id}.py").write_text(code, encoding="utf-8")
    return folder


def _print(full: float, empty: float, played: Played, cores: int, ratio: float) -> None:
    for (dag_id, step), seconds in played.seconds.items():
        print(f"  in process: {dag_id} {step} {seconds:.1f} s")
    print(
        f"bench-season: back-fill {full:.0f} s, empty {empty:.0f} s, in process {played.total:.0f} s on {cores} cores: "
        f"ratio {ratio:.2f} (limit {LIMIT})"
    )


if __name__ == "__main__":
    run(main)
