"""Our own part of a daily run, step by step, in one fresh process: what `daily_dispatch` does between Airflow's tasks.

    python -m tests.bench.daily [--profile]

The first figure of a step counts the libraries that it loads first; under Airflow every task is such a fresh process.
"""

import cProfile
import json
import pstats
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from include.periods import period_ending
from include.rules import SEASON_END, SEASON_START

DAY: Final = date(2020, 3, 13)
SECONDS: Final = 15.0  # issue 8: of our own code in a daily run
MEGABYTES: Final = 1024.0


def measure(folder: Path, *options: str) -> dict[str, Any]:
    """Writes the demo region and plays the day before and the day in a fresh process; by step wall and CPU seconds."""
    from include.simulator.region import write_region
    from tests.post.mailbox_process import mailbox_process

    write_region(SEASON_START, SEASON_END, folder / "demo_region")
    with mailbox_process(folder / "mailbox") as port:
        done = subprocess.run(
            [sys.executable, "-m", "tests.bench.daily", "--play", str(folder), str(port), *options],
            cwd=Path(__file__).resolve().parents[2],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def play(folder: Path, port: int, is_profiled: bool) -> dict[str, Any]:
    """The steps of the day after those of the day before; with `is_profiled` the costliest functions go to stderr."""
    profile = cProfile.Profile()
    began = time.perf_counter(), time.process_time()
    from include.connections import read_registry
    from include.house import SETTINGS_FILE, Run, open_house
    from include.sources.config import SourceConfig
    from include.store.migrate import migrate
    from include.workflows import daily_dispatch

    house = open_house(read_registry(SETTINGS_FILE, {}), folder)
    house = replace(
        house,
        sources=(
            SourceConfig("demo_region", "files", str(folder / "demo_region"), options={"is_played": True}),
        ),
        mail_server=replace(house.mail_server, port=port),
        mailbox=folder / "mailbox",
    )
    taken = {"libraries": (time.perf_counter() - began[0], time.process_time() - began[1])}
    migrate(house.engine)
    letters = 0
    for day in (DAY, DAY + timedelta(days=1)):
        period = period_ending("day", day)
        run = Run(house, period, f"bench/{day}", "bench", "send", False, period.as_of + timedelta(minutes=5))
        computed: dict[str, Any] = {}
        steps: dict[str, Callable[[], dict[str, Any]]] = {
            "pull": lambda run=run: daily_dispatch.pull(run),
            "figures": lambda run=run: daily_dispatch.figures(run),
            "compose": lambda run=run, computed=computed: daily_dispatch.compose(run, computed),
            "release": lambda run=run: daily_dispatch.release(run),
            "post": lambda run=run: daily_dispatch.post(run),
            "account": lambda run=run, computed=computed: daily_dispatch.account(run, computed),
        }
        for name, step in steps.items():
            wall, processor = time.perf_counter(), time.process_time()
            if is_profiled:
                profile.enable()
            result = step()
            profile.disable()
            label = name if day > DAY else f"{name}, first"
            taken[label] = time.perf_counter() - wall, time.process_time() - processor
            if name == "figures":
                computed.update(result)
                letters = result["letters_due"]
    if is_profiled:
        pstats.Stats(profile, stream=sys.stderr).sort_stats("cumulative").print_stats("include/", 25)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"steps": taken, "letters": letters, "peak_mb": peak_mb}


def main(arguments: list[str]) -> int:
    """Prints the measurement; exit code 1 when a limit is not kept."""
    if arguments[:1] == ["--play"]:
        print(json.dumps(play(Path(arguments[1]), int(arguments[2]), "--profile" in arguments)))
        return 0
    with tempfile.TemporaryDirectory() as name:
        found = measure(Path(name), *arguments)
    second = {step: taken for step, taken in found["steps"].items() if f"{step}, first" in found["steps"]}
    wall = sum(seconds for seconds, _ in second.values())
    for step, (seconds, processor) in second.items():
        first = found["steps"][f"{step}, first"]
        print(
            f"{step:10} {seconds:6.2f} s ({seconds / wall:4.0%}), processor {processor:6.2f} s, the first time {first[0]:6.2f} s"
        )
    print(
        f"a day of {found['letters']} letters: {wall:.2f} s (limit {SECONDS:g} s), processor "
        f"{sum(processor for _, processor in second.values()):.2f} s, peak {found['peak_mb']:.0f} MB (limit {MEGABYTES:g})"
    )
    return int(wall > SECONDS or found["peak_mb"] > MEGABYTES)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
