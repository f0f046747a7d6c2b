"""Kills the post with SIGKILL at every named point, again and again, and looks at what the mailbox truly holds. One
repetition, seeded: a few letters with one to three recipients; a child process drafts, releases and sends them and is
killed at one point, the n-th time it gets there; then the period is run again and a round follows when the lease is over.

What must hold after every repetition: each letter is released with a number, the register has no gap; each recipient is
sent (one copy) or unknown (at most one copy), and nothing else; only the mail in flight may be unknown.
"""

import os
import signal
import time
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random

from sqlalchemy import Engine, event, select

from include.post import numbers
from include.post.local_server import copies
from include.post.round import post_round
from include.rules import POST
from include.store import tables
from include.store.engine import open_engine, reading
from tests.post.places import ALONE, RECIPIENTS, Place
from tests.post.samples import NOW, facts, released, render, server

ROUND_POINTS = ("before_claim", "after_connect", "after_claim", "mid_data", "after_reply", "after_commit")
RELEASE_POINTS = ("premise", "number_given", "before_release_commit", "after_release_commit")
ANY_MOMENT = "any_moment"  # killed from outside, wherever it is
POINTS = (*ROUND_POINTS, *RELEASE_POINTS, ANY_MOMENT)


@dataclass(frozen=True)
class Plan:
    """One repetition: kill at the `nth` time that `point` is reached (ANY_MOMENT: after `nth` thousandths of a run).
    With a rival, another process runs the same period at the same time and is left alone."""

    repetition: int
    point: str
    nth: int
    cities: tuple[str, ...]
    has_rival: bool = False

    @property
    def day(self) -> date:
        return date(2000, 1, 1) + timedelta(days=self.repetition)

    @property
    def now(self) -> datetime:
        return NOW + timedelta(days=self.repetition)


def table(tally: Counter[tuple[str, str]]) -> str:
    """What `sweep` found, a line a point."""
    columns = ("killed", "ended first", "sent", "unknown")
    lines = ["  killed at             " + "".join(f"{column:>13}" for column in columns)]
    lines += [
        f"  {point:22}" + "".join(f"{tally[point, column]:13}" for column in columns) for point in POINTS
    ]
    return "\n".join(lines)


def sweep(
    place: Place, *, repetitions: int, seed: int, rivals: float = 0.3, report: bool = False
) -> Counter[tuple[str, str]]:
    """Runs the repetitions, a share `rivals` of them with a rival; returns how often the process was killed at a point or
    ended first, and what its recipients became. Raises AssertionError with the repetition that broke the promise."""
    engine = open_engine(place.url)
    run_seconds = 0.0
    for warming_up in (-2, -1):  # the first process also starts the server that the others are forked from
        started = time.perf_counter()
        assert not _run_and_kill(place, Plan(warming_up, "nowhere", 1, tuple(RECIPIENTS)), 0)
        run_seconds = time.perf_counter() - started
    held: Counter[tuple[str, str]] = Counter()
    tally: Counter[tuple[str, str]] = Counter()
    for repetition in range(repetitions):
        random = Random(f"{seed} {repetition}")  # not for secrets: the same seed gives the same sweep
        point = POINTS[repetition % len(POINTS)]
        cities = tuple(random.sample(list(RECIPIENTS), random.randint(1, 3)))
        last = {ANY_MOMENT: 1000, "after_connect": 1, "after_claim": 1}.get(point, len(cities))
        plan = Plan(repetition, point, random.randint(1, last), cities, has_rival=random.random() < rivals)
        outcome = "killed" if _run_and_kill(place, plan, run_seconds) else "ended first"
        _recover(engine, place, plan)
        held += _collect(place.mailbox)
        states = _require_promise(engine, plan, held)
        tally[point, outcome] += 1
        tally.update((point, state) for state in states.values())
        if report and (repetition + 1) % 50 == 0:
            print(f"  {repetition + 1} repetitions", flush=True)
    with reading(engine) as connection:
        rows = connection.execute(
            select(tables.delivery.c.message_id, tables.delivery.c.address, tables.delivery.c.state)
        )
        sent = {(row.message_id, row.address) for row in rows if row.state == "sent"}
    held += _collect(place.mailbox)
    assert max(held.values()) == 1, [key for key, count in held.items() if count > 1]
    assert not sent - set(held), sent - set(held)
    engine.dispose()
    return tally


def _run_and_kill(place: Place, plan: Plan, run_seconds: float) -> bool:
    """Whether the child was killed (it may end before its point is reached that often)."""
    child = ALONE.Process(target=run_period, args=(place, plan, True))
    rival = ALONE.Process(target=run_period, args=(place, plan, False))
    child.start()
    if plan.has_rival:
        rival.start()
    if plan.point == ANY_MOMENT:
        child.join(run_seconds * plan.nth / 1000)
        child.kill()
    child.join()
    assert child.exitcode in (0, -signal.SIGKILL), (plan, child.exitcode)
    if plan.has_rival:
        rival.join()
        assert rival.exitcode == 0, (plan, rival.exitcode)
    return child.exitcode != 0


def run_period(place: Place, plan: Plan, is_killed: bool) -> None:
    """What a DAG run does with its letters: draft, release, one round. Killed at the plan's point when `is_killed`."""
    engine, archive, on = open_engine(place.url), place.archive, server(place.port)
    reached: Counter[str] = Counter()

    def at(point: str) -> None:
        reached[point] += 1
        if is_killed and (plan.point, plan.nth) == (point, reached[point]):
            os.kill(os.getpid(), signal.SIGKILL)

    is_releasing = False

    def rendered(letter, number, issued_on):
        nonlocal is_releasing
        is_releasing = True
        at("number_given")
        return render(letter, number, issued_on)

    @event.listens_for(engine, "commit")
    def _before_commit(_connection) -> None:
        nonlocal is_releasing
        if is_releasing:
            is_releasing = False
            at("before_release_commit")

    for city in plan.cities:
        letter = facts(unit_code=city, day=plan.day)
        released(
            engine, archive, letter, now=plan.now, on=on, premise=lambda *_: at("premise"), render=rendered
        )
        at("after_release_commit")
    post_round(engine, archive, on, clock=lambda: plan.now, owner="sweep", on_step=at)
    engine.dispose()


def _recover(engine: Engine, place: Place, plan: Plan) -> None:
    """The period is run again at once, and a round follows when the lease of the killed process is over."""
    run_period(place, plan, False)
    later = plan.now + POST.lease
    post_round(engine, place.archive, server(place.port), clock=lambda: later, owner="recovery")


def _require_promise(
    engine: Engine, plan: Plan, held: Counter[tuple[str, str]]
) -> dict[tuple[str, str], str]:
    """The states of the repetition's recipients, by Message-ID and address."""
    letter, delivery = tables.letter.c, tables.delivery.c
    with reading(engine) as connection:
        letters = connection.execute(
            select(letter.letter_id, letter.state, letter.number).where(letter.period_start == plan.day)
        ).all()
        ids = [row.letter_id for row in letters]
        rows = connection.execute(
            select(delivery.letter_id, delivery.message_id, delivery.address, delivery.state).where(
                delivery.letter_id.in_(ids)
            )
        ).all()
        assert numbers.gaps(connection) == [], plan
    assert [(row.state, row.number is not None) for row in letters] == [("released", True)] * len(
        plan.cities
    ), (plan, letters)
    assert len(rows) == sum(RECIPIENTS[city] for city in plan.cities), (plan, rows)
    for row in rows:
        count = held[row.message_id, row.address]
        assert (row.state, count) in (("sent", 1), ("unknown", 0), ("unknown", 1)), (plan, row, count)
    in_flight = {row.letter_id for row in rows if row.state == "unknown"}
    assert len(in_flight) <= (0 if plan.point in (*RELEASE_POINTS, "after_connect") else 1), (plan, rows)
    return {(row.message_id, row.address): row.state for row in rows}


def _collect(mailbox: Path) -> Counter[tuple[str, str]]:
    """Counts what arrived and empties the mailbox, so that the next look is quick."""
    found = copies(mailbox)
    for path in [*mailbox.glob("new/*"), *mailbox.glob("letters/*")]:
        path.unlink()
    return found
