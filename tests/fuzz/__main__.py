"""`python -m tests.fuzz [--seconds 600] [TARGET …]`: every parser on made-up input, so many seconds each.

Ends with 1 and the smallest input that was found for the first target that fails.
"""

import argparse
import random
import sys
import time
import traceback

from tests.fuzz.run import fuzz
from tests.fuzz.targets import TARGETS

AT_ONCE = 50  # inputs between looks at the clock


def main() -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(prog="tests.fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=" ".join(TARGETS))
    parser.add_argument("--seconds", type=float, default=30, help="for each target")
    told = parser.parse_args()
    unknown = sorted(set(told.targets) - set(TARGETS))
    if unknown:
        parser.error(f"no such target: {' '.join(unknown)}; there are {' '.join(TARGETS)}")
    failed = [name for name in told.targets or TARGETS if not _holds(name, told.seconds)]
    return 1 if failed else 0


def _holds(name: str, seconds: float) -> bool:
    ends, count = time.monotonic() + seconds, 0
    while time.monotonic() < ends:
        start = random.randrange(1 << 48)
        try:
            fuzz(name, AT_ONCE, start=start)
        except Exception:
            traceback.print_exc()
            print(f"{name}: failed after {count} inputs, at start {start}", file=sys.stderr, flush=True)
            return False
        count += AT_ONCE
    print(f"{name}: {count} inputs, nothing found", flush=True)
    return True


if __name__ == "__main__":
    sys.exit(main())
