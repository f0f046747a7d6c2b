"""`make levels-sweep`: random work of two offices over a failing link, with restores of either side, for many seeds; outside `make test`."""

import sys
import tempfile
import time
from pathlib import Path

from tests.exchange.test_kills import killed_and_agreed
from tests.exchange.test_levels import sweep


def main(seeds: int, rounds: int) -> None:
    started = time.monotonic()
    for seed in range(seeds):
        with tempfile.TemporaryDirectory() as folder:
            sweep(Path(folder), seed, rounds)
        print(f"seed {seed}: agreed after {rounds} rounds, {time.monotonic() - started:.0f} s", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        kills = killed_and_agreed(Path(folder))
        print(f"{kills} kills: agreed after each, {time.monotonic() - started:.0f} s", flush=True)


if __name__ == "__main__":
    main(*(int(one) for one in sys.argv[1:3]))
