"""The half-monthly letters: one city's with all its maps, the largest city's, those of all 39 cities, and the memory they take.

    python -m tests.bench.bulletin

Every city has each 14th cell of its own lattice (about 80 grids, more than are monitored), the largest one all its 2,468 cells.
"""

import resource
import sys
import time
from collections.abc import Callable
from datetime import date

from include.geo.regions import members_on

LARGEST = "130600"  # 保定
SECONDS, ALL_SECONDS, MEGABYTES = 3.0, 60.0, 1000.0


def main() -> int:
    """Prints the figures; exit code 1 when a limit is not kept."""
    from tests.letters.bulletins import ISSUE, OVERVIEW_ISSUE, overview, whole_city

    codes = members_on(date(2020, 3, 16))["unit_code"].tolist()
    figures = [whole_city(code, every=14) for code in codes]
    largest, all_cities = whole_city(LARGEST), overview()

    from include.letters.bulletin import compose_bulletin
    from include.letters.overview import compose_overview

    cold = _seconds(lambda: compose_bulletin(figures[0], ISSUE))
    warm = [_seconds(lambda one=one: compose_bulletin(one, ISSUE)) for one in figures[1:]]  # type: ignore[misc]
    final = _seconds(lambda: compose_bulletin(figures[1], ISSUE))
    whole = _seconds(lambda: compose_bulletin(largest, ISSUE))
    leaders = _seconds(lambda: compose_overview(all_cities, OVERVIEW_ISSUE))
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    every = cold + sum(warm)
    print(
        f"one bulletin: {cold:.1f} s cold (limit {SECONDS:g} after loading), {sorted(warm)[len(warm) // 2]:.2f} s warm, "
        f"{final:.2f} s with its pictures kept, {whole:.2f} s with {len(largest.grids)} grids; overview {leaders:.2f} s"
    )
    print(
        f"{len(figures)} bulletins: {every:.0f} s (limit {ALL_SECONDS:g}), peak {peak_mb:.0f} MB (limit {MEGABYTES:g})"
    )
    return int(max(*warm, whole) > SECONDS or every > ALL_SECONDS or peak_mb > MEGABYTES)


def _seconds(work: Callable[[], object]) -> float:
    """Of this process: what others do on the machine does not count."""
    started = time.process_time()
    work()
    return time.process_time() - started


if __name__ == "__main__":
    sys.exit(main())
