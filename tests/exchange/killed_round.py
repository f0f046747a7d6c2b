"""The child of the kills between levels: one round of both offices over stores that are there, killed at a step of either store.

Arguments: the folder of the two stores, and the moment. Both offices are of one process here, so a kill at a statement of either is one in
the middle of its transaction.
"""

from datetime import datetime
from pathlib import Path

from include.profile.current import load, using
from include.profile.values import Profile
from include.sources.config import SourceConfig
from include.store.engine import open_engine
from tests.desk.facts import house_of
from tests.exchange.offices import Clock, Link, Office, Pair, city_profile, source_of
from tests.killing import Countdown, serve

TOKEN = "token.txt"


def reopened(folder: Path, now: datetime) -> Pair:
    """The two offices of a folder as they lie there."""
    true = Clock(now)

    def office(profile: Profile, name: str) -> Office:
        with using(profile):
            engine = open_engine(f"sqlite:///{folder / name / 'supervision.db'}")
            return Office(profile, house_of(engine, folder / name), true)

    upper, lower = office(load("ministry"), "ministry"), office(city_profile(), "city")
    source: SourceConfig = source_of((folder / TOKEN).read_text(encoding="utf-8"))
    return Pair(upper, lower, Link(upper), source)


def work(point: int, folder: str, now: str) -> int:
    """A pull and a report; returns the steps that they took."""
    pair = reopened(Path(folder), datetime.fromisoformat(now))
    countdown = Countdown(point)
    for office in (pair.upper, pair.lower):
        countdown.watch_store(office.engine)
    pair.pull()
    pair.report()
    return countdown.steps


if __name__ == "__main__":
    serve(work)
