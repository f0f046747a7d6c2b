"""Work that kills itself with SIGKILL at a chosen step, in forks of a child process that has loaded everything once.

The child reads a line `POINT ARGUMENT…` for every fork and answers `killed`, or the number of steps of work that lived (POINT 0).
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

ROOT = Path(__file__).resolve().parents[1]


class Countdown:
    """Ends the process at the step of the given number."""

    def __init__(self, point: int) -> None:
        self.point, self.steps = point, 0

    def step(self, *_arguments: Any, **_keywords: Any) -> None:
        self.steps += 1
        if self.steps == self.point:
            os.kill(os.getpid(), signal.SIGKILL)

    def watch_store(self, engine: Engine) -> None:
        """A step before and after each statement, and at each begin and commit."""
        for moment in ("before_cursor_execute", "after_cursor_execute", "begin", "commit"):
            event.listen(engine, moment, self.step)


def serve(work: Callable[..., int]) -> None:
    """The child: `work(point, *arguments)`, which returns its steps, in a fork for every line on standard input."""
    for line in sys.stdin:
        point, *arguments = line.split()
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.write(writer, str(work(int(point), *arguments)).encode())
            os._exit(0)
        os.close(writer)
        _, status = os.waitpid(child, 0)
        told = os.read(reader, 100).decode()
        os.close(reader)
        print("killed" if os.WIFSIGNALED(status) else told or "failed", flush=True)


@contextmanager
def killer(module: str) -> Iterator[Callable[..., str]]:
    """The child that a module of the tests is; called with a point and its arguments it gives the answer."""
    with subprocess.Popen(
        [sys.executable, "-m", module], cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        asked, answers = process.stdin, process.stdout
        assert asked is not None
        assert answers is not None

        def ask(point: int, *arguments: object) -> str:
            asked.write(" ".join(map(str, (point, *arguments))) + "\n")
            asked.flush()
            return answers.readline().strip()

        yield ask
        asked.close()
