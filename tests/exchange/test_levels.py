"""Levels: what an office below sees, what it reports, and what both agree about, on a link that fails."""

import random
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from include.errors import SourceError
from include.exchange.tokens import make_token
from include.office.open_reports import decide as decide_report
from include.profile.current import using
from include.store.engine import reading
from include.store.level_tables import sent_report
from include.store.tables import feedback_event
from tests.exchange.offices import (
    CITY,
    Pair,
    acknowledge,
    add_alarm,
    answer,
    backup,
    decide,
    figures,
    pair_in,
    restore,
    steps,
)

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    return pair_in(tmp_path)


def later(pair: Pair, span: timedelta = 10 * MINUTE) -> None:
    pair.upper.true.pass_time(span)


def states(pair: Pair) -> list[tuple[str, str]]:
    rows = sent_report.c
    with reading(pair.lower.engine) as connection:
        found = connection.execute(sent_report.select().order_by(rows.told_at, rows.kind))
        return [(row.kind, row.state) for row in found]


def test_an_alarm_goes_down_and_its_answer_up_once_each(pair: Pair) -> None:
    add_alarm(pair.upper, "A1")
    add_alarm(pair.upper, "B1", unit_code="370300")  # of another city
    later(pair)
    pair.pull()
    assert [row[0] for row in figures(pair.lower, pair.lower.clock())] == ["A1"]
    later(pair)
    answer(pair.lower, "A1", problem=True)
    acknowledge(pair.lower, "A1")
    later(pair)
    done = pair.report()
    assert (done.queued, done.sent, done.refused, done.trouble) == (3, 3, 0, "")
    for _ in range(3):
        later(pair)
        pair.pull()
        assert pair.report().sent == 0
    assert sorted(steps(pair.upper, "A1")) == [
        ("acknowledged", f"level_{CITY}"),
        ("submitted", f"level_{CITY}"),
    ]
    assert sorted(steps(pair.lower, "A1")) == [("acknowledged", "office"), ("submitted", "office")]
    at = pair.upper.clock()
    assert figures(pair.lower, at) == [("A1", True, True, False, 1)]
    assert figures(pair.upper, at) == [("A1", True, True, False, 1), ("B1", True, False, False, 0)]


def test_it_counts_from_the_receipt_above_which_the_answer_names(pair: Pair) -> None:
    pair.upper.ahead = 3 * MINUTE
    add_alarm(pair.upper, "A1")
    for _ in range(2):
        later(pair)
        pair.pull()
    answer(pair.lower, "A1")
    told = pair.lower.clock()
    later(pair, 2 * HOUR)
    pair.report()
    with reading(pair.lower.engine) as connection:
        row = connection.execute(sent_report.select()).one()
    assert row.received_at == pair.upper.clock()
    assert row.told_at == told


def test_returned_above_comes_down_and_the_next_answer_goes_up(pair: Pair) -> None:
    add_alarm(pair.upper, "A1")
    later(pair)
    pair.pull()
    answer(pair.lower, "A1")
    later(pair)
    pair.report()
    later(pair)
    decide(pair.upper, "A1", "returned")
    later(pair)
    pair.pull()
    assert figures(pair.lower, pair.lower.clock()) == [("A1", True, False, False, 0)]
    answer(pair.lower, "A1")
    later(pair)
    pair.report()
    later(pair)
    decide(pair.upper, "A1", "accepted")
    later(pair)
    pair.pull()
    assert figures(pair.lower, pair.lower.clock()) == figures(pair.upper, pair.upper.clock())
    assert [event for event, _ in steps(pair.upper, "A1")] == [
        "submitted",
        "returned",
        "submitted",
        "accepted",
    ]


def test_updates_and_cancellations_follow(pair: Pair) -> None:
    add_alarm(pair.upper, "A1")
    add_alarm(pair.upper, "A2")
    later(pair)
    pair.pull()
    later(pair)
    add_alarm(pair.upper, "A1", 2, peak_pm25_ug_m3=260.0, pushed_at=pair.upper.clock() - 10 * MINUTE)
    decide(pair.upper, "A2", "disputed")
    decide(pair.upper, "A2", "dispute_upheld")
    later(pair)
    pair.pull()
    at = pair.lower.clock()
    assert figures(pair.lower, at) == figures(pair.upper, at)
    assert figures(pair.lower, at)[1] == ("A2", False, False, True, 0)


def test_one_that_moves_to_another_city_is_gone_and_one_that_comes_brings_its_past(pair: Pair) -> None:
    add_alarm(pair.upper, "A1")
    add_alarm(pair.upper, "B1", unit_code="370300")
    pushed = pair.upper.clock()
    later(pair)
    decide(pair.upper, "B1", "submitted")
    later(pair)
    pair.pull()
    later(pair)
    add_alarm(pair.upper, "A1", 2, unit_code="370300", pushed_at=pushed)
    add_alarm(pair.upper, "B1", 2, pushed_at=pushed)
    later(pair)
    pair.pull()
    assert figures(pair.lower, pair.lower.clock()) == [
        ("A1", False, False, True, 0),
        ("B1", True, True, False, 0),
    ]


def test_a_person_reviews_what_the_profile_says_a_person_reviews(tmp_path: Path) -> None:
    pair = pair_in(tmp_path, reports="review")
    add_alarm(pair.upper, "A1")
    later(pair)
    pair.pull()
    answer(pair.lower, "A1")
    later(pair)
    assert (pair.report().waiting, pair.report().sent) == (1, 0)
    with reading(pair.lower.engine) as connection:
        (row,) = connection.execute(sent_report.select()).all()
    decide_report(
        pair.lower.engine, row.report_key, is_sent=True, now=pair.lower.clock(), actor="duty", reason="属实"
    )
    assert pair.report().sent == 1
    assert figures(pair.upper, pair.upper.clock()) == [("A1", True, True, False, 0)]


def test_an_office_without_the_key_reports_nothing(tmp_path: Path) -> None:
    pair = pair_in(tmp_path, reports="")
    add_alarm(pair.upper, "A1")
    later(pair)
    pair.pull()
    answer(pair.lower, "A1")
    assert pair.report().sent == 0
    assert states(pair) == []


def test_a_token_of_another_city_sees_and_reports_nothing_of_this_one(pair: Pair) -> None:
    add_alarm(pair.upper, "A1")
    later(pair)
    pair.pull()
    answer(pair.lower, "A1")
    with using(pair.upper.profile):
        other = make_token(pair.upper.engine, "370300", "淄博", DAY, now=pair.upper.clock(), actor="test")
    mine = pair.source
    pair.source = replace(mine, token=other)
    later(pair)
    assert pair.report().sent == 0
    assert steps(pair.upper, "A1") == []
    assert states(pair) == [("feedback", "queued")]
    pair.source = mine
    later(pair, 5 * HOUR)
    assert pair.report().sent == 1


def test_the_link_is_down_for_hours_and_nothing_is_lost(pair: Pair) -> None:
    add_alarm(pair.upper, "A1")
    later(pair)
    pair.pull()
    answer(pair.lower, "A1")
    pair.link.is_down = True
    for _ in range(20):
        later(pair, 30 * MINUTE)
        assert pair.report().trouble != ""
    add_alarm(pair.upper, "A2")
    pair.link.is_down = False
    later(pair, 5 * HOUR)
    pair.pull()
    assert pair.report().sent == 1
    at = pair.upper.clock()
    assert figures(pair.lower, at) == figures(pair.upper, at)


def test_the_office_above_is_restored_and_counts_from_the_first_receipt(pair: Pair, tmp_path: Path) -> None:
    add_alarm(pair.upper, "A1")
    later(pair)
    pair.pull()
    copy = tmp_path / "backup.db"
    backup(pair.upper, copy)
    answer(pair.lower, "A1", problem=True)
    later(pair)
    assert pair.report().sent == 2
    first = pair.upper.clock()
    restore(pair.upper, copy)
    later(pair, 30 * HOUR)  # long after the deadline
    assert steps(pair.upper, "A1") == []
    done = pair.report()
    assert (done.told_again, done.sent) == (2, 2)
    with using(pair.upper.profile), reading(pair.upper.engine) as connection:
        row = connection.execute(feedback_event.select()).one()
    assert row.event_at == first


def test_the_office_below_is_restored_and_gets_its_answers_back(pair: Pair, tmp_path: Path) -> None:
    add_alarm(pair.upper, "A1")
    later(pair)
    copy = tmp_path / "backup.db"
    backup(pair.lower, copy)
    pair.pull()
    answer(pair.lower, "A1", problem=True)
    later(pair)
    pair.report()
    restore(pair.lower, copy)
    later(pair)
    assert pair.report().taken_back == 2
    later(pair)
    pair.pull()
    assert pair.report().sent == 0
    at = pair.upper.clock()
    assert figures(pair.lower, at) == figures(pair.upper, at) == [("A1", True, True, False, 1)]


@pytest.mark.parametrize("seed", range(2))
def test_any_order_of_faults_ends_in_agreement(tmp_path: Path, seed: int) -> None:
    """The short form; `make levels-sweep` is the long one."""
    sweep(tmp_path, seed, rounds=8)


def test_the_office_above_on_another_database(engine: Engine, tmp_path: Path) -> None:
    """Its store on SQLite or PostgreSQL; there only the office below is restored."""
    sweep(tmp_path, 3, rounds=4, upper_engine=engine)


def sweep(folder: Path, seed: int, rounds: int, upper_engine: Engine | None = None) -> None:
    """Random work over a link that fails, clocks apart, restores of either side (of a store that was handed in: not); then quiet, and
    both agree."""
    chance = random.Random(seed)
    ahead = timedelta(minutes=chance.choice([-5, 0, 5]))
    pair = pair_in(folder, upper_ahead=ahead, upper_engine=upper_engine)
    sides = ["upper", "lower"] if upper_engine is None else ["lower"]
    pair.link.chance = chance
    pair.link.faults = {"down": 0.15, "lost": 0.15, "twice": 0.15, "late": 0.15}
    known: list[str] = []
    answers: Counter[str] = Counter()
    copies = {"upper": folder / "upper.db", "lower": folder / "lower.db"}
    for side in sides:
        backup(getattr(pair, side), copies[side])
    facts: dict[str, datetime] = {}  # the ministry's own platform tells it again after a restore, as it was
    for number in range(rounds):
        later(pair, timedelta(minutes=chance.randint(6, 300)))
        deed = chance.choice(["alarm", "alarm", "answer", "answer", "round", "round", "backup", "restore"])
        if deed == "alarm":
            known.append(f"A{number}")
            add_alarm(pair.upper, known[-1])
            facts[known[-1]] = pair.upper.clock()
        elif deed == "answer":
            there = [row[0] for row in figures(pair.lower, pair.lower.clock()) if not row[2]]
            if there:
                asked = chance.choice(there)
                answer(pair.lower, asked, problem=chance.random() < 0.5)
                answers[asked] += 1
        elif deed == "backup":
            side = chance.choice(sides)
            backup(getattr(pair, side), copies[side])
        elif deed == "restore":
            side = chance.choice(sides)
            restore(getattr(pair, side), copies[side])
            if side == "upper":
                there = {row[0] for row in figures(pair.upper, pair.upper.clock() + DAY)}
                for alarm_id, pushed in facts.items():
                    if alarm_id not in there:
                        moments = dict.fromkeys(("pushed_at", "revised_at"), pushed)
                        more = {"started_at": pushed - 2 * HOUR, "last_at": pushed - HOUR}
                        add_alarm(pair.upper, alarm_id, **moments, **more, deadline_at=pushed + DAY)
        _round(pair)
    pair.link.faults = {}
    for _ in range(4):
        later(pair, 5 * HOUR)
        _round(pair)
    at = pair.upper.clock() + HOUR
    assert figures(pair.lower, at) == figures(pair.upper, at)
    assert [row[0] for row in figures(pair.upper, at)] == sorted(known)
    for alarm_id in known:
        # Each answer once; a person whose store forgot an answer may give another before the link tells of the first.
        told = [event for event, _ in steps(pair.upper, alarm_id)].count("submitted")
        assert told <= answers[alarm_id]


def _round(pair: Pair) -> None:
    with suppress(SourceError):
        pair.pull()
    pair.report()
