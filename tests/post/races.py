"""Several processes on one outbox, and several runs of one period at once: every letter arrives once."""

import time
from collections import Counter
from datetime import date, timedelta
from multiprocessing.pool import Pool

from sqlalchemy import select

from include.post import numbers
from include.post.local_server import copies
from include.post.round import post_round
from include.store import tables
from include.store.engine import open_engine, reading
from tests.post.places import ALONE, Place
from tests.post.samples import NOW, TAIYUAN, facts, released, server

_FIRST_DAY = date(1990, 1, 1)
_RUNS = 2


def race(place: Place, *, letters: int, workers: int) -> str:
    """Two runs release the same `letters` at once, then `workers` processes drain the outbox; returns a line about it.

    Raises AssertionError when a letter was released or mailed twice, or not at all.
    """
    engine = open_engine(place.url)
    with reading(engine) as connection:
        given_before = len(numbers.register(connection, NOW.year))
    started = time.perf_counter()
    with ALONE.Pool(workers) as pool:
        wins = _in_all(pool, _release_all, place, letters, _RUNS)
        middle = time.perf_counter()
        mails = _in_all(pool, _drain, place, letters, workers)
    ended = time.perf_counter()
    assert sum(wins) == letters, wins
    assert sum(mails) == letters, mails
    held = copies(place.mailbox)
    assert Counter(held.values()) == {1: 2 * letters}, Counter(held.values())  # TAIYUAN has two recipients
    with reading(engine) as connection:
        raced = select(tables.letter.c.letter_id).where(
            tables.letter.c.period_start < _FIRST_DAY + timedelta(days=letters)
        )
        states = (
            connection.execute(
                select(tables.delivery.c.state).where(tables.delivery.c.letter_id.in_(raced)).distinct()
            )
            .scalars()
            .all()
        )
        given = len(numbers.register(connection, NOW.year)) - given_before
        faults = numbers.gaps(connection)
    engine.dispose()
    assert (states, given, faults) == (["sent"], letters, [])
    return (
        f"race: {letters} letters released once by {_RUNS} runs ({middle - started:.0f} s) and mailed once by {workers} workers "
        f"({ended - middle:.0f} s; {sorted(mails)})"
    )


def _in_all(pool: Pool, work, place: Place, letters: int, processes: int) -> list[int]:
    return pool.starmap(work, [(place, letters, number) for number in range(processes)], chunksize=1)


def _release_all(place: Place, letters: int, worker: int) -> int:
    """One run of the period: drafts and releases every letter; returns how many were its own."""
    engine, archive = open_engine(place.url), place.archive
    outcomes = Counter(
        released(
            engine,
            archive,
            facts(unit_code=TAIYUAN, day=_FIRST_DAY + timedelta(days=day)),
            on=server(place.port),
            actor=f"run {worker}",
        ).action
        for day in range(letters)
    )
    engine.dispose()
    assert set(outcomes) <= {"released", "left"}, outcomes
    return outcomes["released"]


def _drain(place: Place, _letters: int, worker: int) -> int:
    engine, archive = open_engine(place.url), place.archive
    summary = post_round(engine, archive, server(place.port), clock=lambda: NOW, owner=f"worker {worker}")
    engine.dispose()
    assert set(summary.results) <= {"accepted"}, summary
    return len(summary.mails)
