"""The whole season twice: the product's figures against those of a second computation from the raw files.

    python -m tests.recount [--seeds 1 2 3] [--moments N] [--plain] [--database sqlite|postgresql] [--files FOLDER]

Of every seed the season is played as it is written and with random edits (`edits`; `--plain`: without). `--files`: the files of a
folder instead (alarms.csv, feedback.csv, problems.csv). Exit code 1 at the first difference.
"""

import argparse
import random
import shutil
import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from include.periods import midnight
from include.rules import SEASON_END, SEASON_START
from include.simulator.region import write_region
from include.store.engine import open_engine
from tests.bench.growth import server
from tests.recount.comparison import Compared, compare_moment, compare_season, edges, house_of
from tests.recount.edits import edit
from tests.recount.walk import Recount

NOW = datetime(2020, 12, 1, tzinfo=UTC)
UNTIL = midnight(SEASON_END) + timedelta(days=14)


def main(arguments: list[str]) -> int:
    """Compares; exit code 1 at the first difference."""
    parser = argparse.ArgumentParser(prog="python -m tests.recount")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--moments", type=int, default=4, help="of each kind, of each season")
    parser.add_argument("--plain", action="store_true", help="the files as they are written only")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], action="append")
    parser.add_argument("--files", type=Path)
    parser.add_argument(
        "--until", type=date.fromisoformat, default=SEASON_END, help="last morning, exclusive"
    )
    asked = parser.parse_args(arguments)
    is_same = True
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        for title, files, seed in _played(asked, folder):
            for database in asked.database or ["sqlite", "postgresql"]:
                is_same = _compare(title, files, seed, database, folder, asked) and is_same
    return 0 if is_same else 1


def _played(asked: argparse.Namespace, folder: Path) -> list[tuple[str, Path, int]]:
    if asked.files:
        return [(str(asked.files), asked.files, asked.seeds[0])]
    found = []
    for seed in asked.seeds:
        plain = folder / f"season-{seed}"
        write_region(SEASON_START, SEASON_END, plain, seed)
        found.append((f"seed {seed}", plain, seed))
        if not asked.plain:
            edited = folder / f"edited-{seed}"
            shutil.copytree(plain, edited)
            found.append((f"seed {seed}, {edit(edited, seed)}", edited, seed))
    return found


def _compare(
    title: str, files: Path, seed: int, database: str, folder: Path, asked: argparse.Namespace
) -> bool:
    begin, done = time.monotonic(), Compared()
    walk, chance = Recount(files), random.Random(seed)
    with server(database, folder) as url_of:
        number = len(list(folder.glob("var-*")))
        var = folder / f"var-{number}"
        var.mkdir()
        engine = open_engine(url_of(number))
        house = house_of(engine, files, var, SEASON_START, SEASON_END, NOW)
        try:
            for as_of in edges(walk, UNTIL, chance, asked.moments):
                compare_moment(engine, walk, as_of, SEASON_START, done)
            compare_season(house, walk, SEASON_START, asked.until, chance, done)
        except AssertionError as error:
            print(f"{database}, {title}: DIFFERENT: {str(error)[:2000]}", flush=True)
            return False
        finally:
            engine.dispose()
    print(f"{database}, {title}: the same: {done} ({time.monotonic() - begin:.0f} s)", flush=True)
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
