"""One mid-week or weekend summary: figures, pictures, PDF, docx, workbook and mail, in a process of its own.

    python -m tests.bench.summary

The cold time counts the libraries that are loaded with the first summary; the warm one is the release after the preview.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from include.house import SETTINGS_FILE, House, open_house
from include.periods import midnight, period_ending
from include.rules import SEASON_END, SEASON_START

PERIOD = period_ending("weekend", date(2020, 4, 5))
SECONDS, MEGABYTES = 6.0, 600.0


def measure(folder: Path) -> dict[str, float]:
    """Loads the demo season into `folder` and measures on it in a fresh process."""
    from include.simulator.region import write_region
    from include.sources.intake import pull
    from include.store.migrate import migrate

    house = _house(folder)
    write_region(SEASON_START, SEASON_END, folder / "demo_region")
    migrate(house.engine)
    pull(
        house.engine,
        house.sources[0],
        midnight(SEASON_START),
        PERIOD.as_of,
        now=PERIOD.as_of + timedelta(days=1),
    )
    house.engine.dispose()
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.summary", str(folder)], capture_output=True, text=True, check=True
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def child(folder: Path) -> dict[str, float]:
    """Seconds of the figures, of the first composition and of the second one, and the peak of memory."""
    from include.workflows.weekly_summary import summaries

    house = _house(folder)
    started = time.perf_counter()
    (figures,) = summaries(house, PERIOD).summaries
    computed = time.perf_counter()

    from include.letters.summary import compose_summary
    from include.supervision.figures import Issue

    issue = Issue("监管办公室", "值班室", "010-00000000", "fankui@example.org")
    compose_summary(figures, issue)
    composed = time.perf_counter()
    compose_summary(figures, replace(issue, issued_on="2020年4月5日"))
    return {
        "figures": computed - started,
        "cold": composed - computed,
        "warm": time.perf_counter() - composed,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def _house(folder: Path) -> House:
    from include.connections import read_registry
    from include.sources.config import SourceConfig

    house = open_house(read_registry(SETTINGS_FILE, {}), folder)
    return replace(
        house,
        sources=(
            SourceConfig("demo_region", "files", str(folder / "demo_region"), options={"is_played": True}),
        ),
    )


def main(arguments: list[str]) -> int:
    """Prints the measurement; exit code 1 when a limit is not kept."""
    if arguments:
        print(json.dumps(child(Path(arguments[0]))))
        return 0
    with tempfile.TemporaryDirectory() as name:
        found = measure(Path(name))
    print(
        f"one summary: figures {found['figures']:.2f} s, composing {found['cold']:.2f} s cold, {found['warm']:.2f} s warm "
        f"(limit {SECONDS:g} s), peak {found['peak_mb']:.0f} MB (limit {MEGABYTES:g})"
    )
    return int(found["cold"] > SECONDS or found["peak_mb"] > MEGABYTES)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
