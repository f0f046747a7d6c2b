"""Pulls that kill themselves (tests/killing.py): arguments are the store's URL and the folder.

A step is the call of any function of include/sources, and the moment before and after every statement and the commit.
"""

import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from types import FunctionType
from typing import Any

from sqlalchemy import Engine

from include.sources import intake
from include.store import bulk
from include.store import engine as engines
from tests.killing import Countdown, serve
from tests.sources.exports import NOW, at, folder_source


class Calls(Countdown):
    """Counts the calls of include/sources, too."""

    def before(self, function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def stepping(*arguments: Any, **keywords: Any) -> Any:
            self.step()
            return function(*arguments, **keywords)

        return stepping

    def watch(self, engine: Engine) -> None:
        for name, module in list(sys.modules.items()):
            if name.startswith("include.sources."):
                for key, value in list(vars(module).items()):
                    if isinstance(value, FunctionType) and value.__module__.startswith("include.sources."):
                        setattr(module, key, self.before(value))
        self.watch_store(engine)
        inserted = bulk.insert
        bulk.insert = lambda *arguments: (inserted(*arguments), self.step())[0]


def pulled(point: int, url: str, folder: str) -> int:
    engine = engines.open_engine(url)
    countdown = Calls(point)
    countdown.watch(engine)
    intake.pull(engine, folder_source(Path(folder)), at("2020-03-01"), at("2020-04-01"), now=NOW)
    countdown.step()  # after the commit
    engine.dispose()
    return countdown.steps


if __name__ == "__main__":
    serve(pulled)
