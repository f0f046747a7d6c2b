"""How long something takes, by the clock and of a process's processor."""

import statistics
import time
from collections.abc import Callable, Sequence
from typing import Final

import psutil

_SCHEDULED: Final = 2  # Linux' own clock of what a process computed


def seconds(work: Callable[[], object]) -> float:
    """How long it takes."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def computed(process: psutil.Process) -> float:
    """The CPU seconds of a process so far, by the kernel's clock of it: what psutil tells is counted in hundredths."""
    return time.clock_gettime(~process.pid << 3 | _SCHEDULED)


def p95(times: Sequence[float]) -> float:
    """The 95th percentile."""
    return statistics.quantiles(times, n=20, method="inclusive")[-1]
