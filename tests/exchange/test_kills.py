"""A round of two levels killed at any statement: afterwards both agree, each alarm and answer once."""

import shutil
from datetime import timedelta
from pathlib import Path

from include.profile.current import using
from tests.exchange.killed_round import TOKEN, reopened
from tests.exchange.offices import Pair, add_alarm, answer, figures, pair_in, steps
from tests.killing import killer

POINTS = 2  # of a round; `make levels-sweep` takes every one
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def begun(folder: Path) -> Pair:
    """One alarm that was pulled and answered with a problem, which is not reported yet, and one that was not pulled yet."""
    pair = pair_in(folder)
    (folder / TOKEN).write_text(pair.source.token or "", encoding="utf-8")
    add_alarm(pair.upper, "A1")
    pair.upper.true.pass_time(10 * MINUTE)
    pair.pull()
    answer(pair.lower, "A1", problem=True)
    add_alarm(pair.upper, "A2")
    pair.upper.true.pass_time(10 * MINUTE)
    for office in (pair.upper, pair.lower):
        office.engine.dispose()
    return pair


def killed_and_agreed(folder: Path, chosen: int = 0) -> int:
    """Kills a round at so many steps spread over it (0: at each); returns at how many."""
    at = begun(folder / "begun").upper.clock()
    with killer("tests.exchange.killed_round") as kill:

        def copied(name: str) -> Path:
            return Path(shutil.copytree(folder / "begun", folder / name))

        most = int(kill(0, copied("whole"), at.isoformat()))
        points = range(1, most + 1, max(1, most // chosen) if chosen else 1)
        for point in points:
            copy = copied(f"p{point}")
            assert kill(point, copy, at.isoformat()) == "killed"
            agree_in_the_end(copy, reopened(copy, at + HOUR), point)
            shutil.rmtree(copy)
    return len(points)


def agree_in_the_end(copy: Path, pair: Pair, point: int) -> None:
    for _ in range(2):
        pair.pull()
        pair.report()
        pair.upper.true.pass_time(HOUR)
    at = pair.upper.clock()
    told = [("A1", True, True, False, 1), ("A2", True, False, False, 0)]
    assert figures(pair.upper, at) == figures(pair.lower, at) == told, point
    for office in (pair.upper, pair.lower):
        with using(office.profile):
            assert [event for event, _ in steps(office, "A1")].count("submitted") == 1, point
        office.engine.dispose()


def test_a_round_killed_anywhere_ends_in_agreement(tmp_path: Path) -> None:
    assert killed_and_agreed(tmp_path, POINTS) >= POINTS
