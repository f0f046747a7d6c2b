"""Several processes on one outbox, and several runs of one period at once: every letter arrives once."""

import time
from collections import Counter
from datetime import date, timedelta
from multiprocessing.pool import Pool

from sqlalchemy import select

from include.post import numbers
from include.post.mailbox import copies
from include.post.round import post_round
from include.store import tables
from include.store.engine import open_engine, reading
from tests.post.places import ALONE, Place
from tests.post.samples import NOW, TAIYUAN, facts, released, server

_FIRST_DAY = date(1990, 1, 1)


def race(place: Place, *, letters: int, workers: int) -> str:
    """`workers` processes release the same `letters` and drain the same outbox; returns a line about it.

    Raises AssertionError when a letter was released or mailed twice, or not at all.
    """
    engine = open_engine(place.url)
    with reading(engine) as connection:
        given_before = len(numbers.register(connection, NOW.year))
    started = time.perf_counter()
    with ALONE.Pool(workers) as pool:
        wins = _in_all(pool, _release_all, place, letters, workers)
        middle = time.perf_counter()
        mails = _in_all(pool, _drain, place, letters, workers)
    ended = time.perf_counter()
    assert sum(wins) == letters, wins
    assert sum(mails) == letters, mails
    held = copies(place.mailbox)
    assert Counter(held.values()) == {1: 2 * letters}, Counter(held.values())  # TAIYUAN has two recipients
    with reading(engine) as connection:
        raced = select(tables.letter.c.letter_id).where(tables.letter.c.period_start < _FIRST_DAY + timedelta(days=letters))
        states = connection.execute(
            select(tables.delivery.c.state).where(tables.delivery.c.letter_id.in_(raced)).distinct()
        ).scalars().all()  # fmt: skip
        given = len(numbers.register(connection, NOW.year)) - given_before
        faults = numbers.gaps(connection)
    engine.dispose()
    assert (states, given, faults) == (["sent"], letters, [])
    return (
        f"race: {workers} workers, {letters} letters released once ({middle - started:.0f} s) and mailed once "
        f"({ended - middle:.0f} s); mails by worker {sorted(mails)}"
    )


def _in_all(pool: Pool, work, place: Place, letters: int, workers: int) -> list[int]:
    return pool.starmap(work, [(place, letters, worker) for worker in range(workers)], chunksize=1)


def _release_all(place: Place, letters: int, worker: int) -> int:
    """One run of the period: drafts and releases every letter; returns how many were its own."""
    engine, archive = open_engine(place.url), place.archive
    outcomes = Counter(
        released(engine, archive, facts(city_code=TAIYUAN, day=_FIRST_DAY + timedelta(days=day)), on=server(place.port), actor=f"run {worker}").action
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
