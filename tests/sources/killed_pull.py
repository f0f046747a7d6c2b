"""Pulls that kill themselves: a child process of test_kill.py that forks for every line on its standard input.

A line is `POINT URL FOLDER`: the fork pulls the folder into the store and dies by SIGKILL at the POINT-th step. A step
is the call of any function of include/sources, and the moment before and after every statement and the commit.
POINT 0 lives; the answer is then the number of steps. The answer to a killed pull is `killed`.
"""

import os
import signal
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from types import FunctionType
from typing import Any

from sqlalchemy import event

from include.sources import intake
from include.store import bulk
from include.store import engine as engines
from tests.sources.exports import NOW, at, folder_source


class Countdown:
    """Ends the process at the step of the given number."""

    def __init__(self, point: int) -> None:
        self.point, self.steps = point, 0

    def step(self, *_arguments: Any, **_keywords: Any) -> None:
        self.steps += 1
        if self.steps == self.point:
            os.kill(os.getpid(), signal.SIGKILL)

    def before(self, function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def stepping(*arguments: Any, **keywords: Any) -> Any:
            self.step()
            return function(*arguments, **keywords)

        return stepping

    def watch(self, engine: Any) -> None:
        for name, module in list(sys.modules.items()):
            if name.startswith("include.sources."):
                for key, value in list(vars(module).items()):
                    if isinstance(value, FunctionType) and value.__module__.startswith("include.sources."):
                        setattr(module, key, self.before(value))
        for moment in ("before_cursor_execute", "after_cursor_execute", "begin", "commit"):
            event.listen(engine, moment, self.step)
        inserted = bulk.insert
        bulk.insert = lambda *arguments: (inserted(*arguments), self.step())[0]


def pulled(point: int, url: str, folder: str) -> int:
    engine = engines.open_engine(url)
    countdown = Countdown(point)
    countdown.watch(engine)
    intake.pull(engine, folder_source(Path(folder)), at("2020-03-01"), at("2020-04-01"), now=NOW)
    countdown.step()  # after the commit
    engine.dispose()
    return countdown.steps


def main() -> None:
    for line in sys.stdin:
        point, url, folder = line.split()
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.write(writer, str(pulled(int(point), url, folder)).encode())
            os._exit(0)
        os.close(writer)
        _, status = os.waitpid(child, 0)
        told = os.read(reader, 100).decode()
        os.close(reader)
        print("killed" if os.WIFSIGNALED(status) else told or "failed", flush=True)


if __name__ == "__main__":
    main()
