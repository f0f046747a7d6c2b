from datetime import timedelta

import pytest
from sqlalchemy import select

from include.errors import InputError, StateError
from include.post.outbox import claim, expire, resolve, retry_delay, settle, sweep
from include.post.outcomes import Outcome, Transmission
from include.rules import POST
from include.store import tables
from include.store.engine import reading, writing
from tests.post.samples import (
    JINAN,
    NOW,
    TAIYUAN,
    YANGQUAN,
    add_cities,
    audit_rows,
    deliveries,
    facts,
    released,
)

TO, CC = "to140300@city.example", "cc140300@city.example"
LATER = NOW + POST.lease
TAKEN = Transmission({TO: Outcome("accepted", 250, "OK"), CC: Outcome("refused", 550, "no such user")})


def claimed(engine, owner="round 1", now=NOW):
    with writing(engine) as connection:
        return claim(connection, owner=owner, actor="post", now=now)


def settled(engine, claim_, transmission, now=NOW) -> None:
    with writing(engine) as connection:
        settle(connection, claim_, transmission, actor="post", now=now)


def swept(engine, now=LATER) -> int:
    with writing(engine) as connection:
        return sweep(connection, actor="post", now=now)


def row(engine, address=TO):
    with reading(engine) as connection:
        return connection.execute(select(tables.delivery).where(tables.delivery.c.address == address)).one()


def test_a_claim_is_a_whole_mail_the_oldest_first(engine, archive):
    add_cities(engine, YANGQUAN, TAIYUAN, JINAN)
    for minutes, city in ((2, YANGQUAN), (0, TAIYUAN), (1, JINAN)):
        released(engine, archive, facts(unit_code=city), now=NOW + timedelta(minutes=minutes))
    now = NOW + timedelta(minutes=5)
    found = [claimed(engine, f"round {number}", now) for number in range(4)]
    assert [each and sorted(each.addresses.values()) for each in found] == [
        [f"cc{city}@city.example", f"to{city}@city.example"] for city in (TAIYUAN, JINAN, YANGQUAN)
    ] + [None]
    assert (found[0].subject, found[0].attempts, found[0].is_simulated) == (
        "关于热点网格排查反馈情况提示的函",
        1,
        True,
    )
    assert claimed(engine, now=NOW - timedelta(minutes=1)) is None


def test_what_the_server_said_is_recorded_for_each_recipient(engine, archive):
    add_cities(engine)
    released(engine, archive)
    settled(engine, claimed(engine), TAKEN)
    to, cc = row(engine), row(engine, CC)
    assert (to.state, to.smtp_code, to.attempts, to.lease_owner) == ("sent", 250, 1, None)
    assert (cc.state, cc.smtp_code, cc.state_reason) == ("refused", 550, "no such user")
    assert audit_rows(engine, "delivery")[2:] == [
        ("1", "claim", "queued", "sending"),
        ("2", "claim", "queued", "sending"),
        ("1", "settle", "sending", "sent"),
        ("2", "settle", "sending", "refused"),
    ]


def test_a_claim_left_by_a_crash_becomes_unknown_when_its_lease_ends_and_is_never_claimed_again(
    engine, archive
):
    add_cities(engine)
    released(engine, archive)
    claimed(engine)
    assert swept(engine, LATER - timedelta(seconds=1)) == 0
    assert swept(engine) == 2
    assert swept(engine) == 0
    assert deliveries(engine) == {TO: "unknown", CC: "unknown"}
    assert claimed(engine, "round 2", LATER) is None
    assert "已送达" in row(engine).state_reason


def test_a_process_that_was_only_slow_still_settles(engine, archive):
    add_cities(engine)
    released(engine, archive)
    slow = claimed(engine)
    swept(engine)
    settled(engine, slow, TAKEN, LATER)
    assert deliveries(engine) == {TO: "sent", CC: "refused"}
    assert audit_rows(engine, "delivery")[-2:] == [
        ("1", "settle", "unknown", "sent"),
        ("2", "settle", "unknown", "refused"),
    ]


def test_a_persons_decision_stands_against_a_late_answer(engine, archive):
    add_cities(engine)
    released(engine, archive)
    slow = claimed(engine)
    swept(engine)
    assert resolve(engine, 1, arrived=False, now=LATER, actor="王", reason="电话核实未收到", address=TO) == 1
    settled(engine, slow, TAKEN, LATER)
    assert deliveries(engine) == {TO: "queued", CC: "refused"}
    assert audit_rows(engine, "delivery")[-2:] == [
        ("1", "settle_late", None, None),
        ("2", "settle", "unknown", "refused"),
    ]


def test_a_late_answer_does_not_settle_the_claim_of_another_round(engine, archive):
    add_cities(engine)
    released(engine, archive)
    slow = claimed(engine)
    swept(engine)
    resolve(engine, 1, arrived=False, now=LATER, actor="王", reason="电话核实未收到")
    assert claimed(engine, "round 2", LATER) is not None
    settled(engine, slow, TAKEN, LATER)
    assert deliveries(engine) == {TO: "sending", CC: "sending"}
    assert row(engine).lease_owner == "round 2"


def test_a_person_settles_what_is_unknown(engine, archive):
    add_cities(engine)
    released(engine, archive)
    claimed(engine)
    swept(engine)
    assert resolve(engine, 1, arrived=True, now=LATER, actor="王", reason="对方已确认", address=CC) == 1
    assert resolve(engine, 1, arrived=False, now=LATER, actor="王", reason="电话核实未收到") == 1
    assert deliveries(engine) == {TO: "queued", CC: "sent"}
    to = row(engine)
    assert (to.state_reason, to.next_attempt_at, to.expires_at, to.lease_owner) == (
        "电话核实未收到",
        LATER,
        LATER + POST.useful_life,
        None,
    )
    assert list(claimed(engine, "round 2", LATER).addresses.values()) == [TO]
    with pytest.raises(StateError, match="nothing is unknown"):
        resolve(engine, 1, arrived=True, now=LATER, actor="王", reason="再次")
    with pytest.raises(InputError, match="a reason is needed"):
        resolve(engine, 1, arrived=True, now=LATER, actor="王", reason="")


def test_what_is_too_old_expires_but_not_what_is_being_sent(engine, archive):
    add_cities(engine, YANGQUAN, TAIYUAN)
    released(engine, archive)
    released(engine, archive, facts(unit_code=TAIYUAN))
    claimed(engine)
    over = NOW + POST.useful_life
    assert claimed(engine, "round 2", over) is None
    with writing(engine) as connection:
        assert expire(connection, actor="post", now=over) == 2
    assert set(deliveries(engine).items()) == {
        (TO, "sending"),
        (CC, "sending"),
        ("to140100@city.example", "expired"),
        ("cc140100@city.example", "expired"),
    }


def test_retries_back_off_and_a_server_that_is_away_costs_nothing(engine, archive):
    assert [retry_delay(attempt) / timedelta(minutes=1) for attempt in (1, 2, 3, 6, 7, 8, 500)] == [
        5,
        10,
        20,
        160,
        240,
        240,
        240,
    ]
    add_cities(engine)
    released(engine, archive)
    away = Outcome("retry", None, "拒绝连接")
    settled(engine, claimed(engine), Transmission({TO: away, CC: away}, is_server_down=True))
    assert (row(engine).attempts, row(engine).next_attempt_at) == (0, NOW)
    later = Outcome("retry", 451, "try later")
    settled(engine, claimed(engine), Transmission({TO: later, CC: later}))
    assert (row(engine).attempts, row(engine).next_attempt_at) == (1, NOW + POST.retry_first)


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)  # SQLite has one writer
def test_a_mail_half_claimed_elsewhere_is_left_alone(engine, archive):
    """Another worker may hold only the first row when we look: the mail is its, not half ours."""
    add_cities(engine)
    released(engine, archive)
    with writing(engine) as other, writing(engine) as own:
        other.execute(select(tables.delivery).where(tables.delivery.c.address == TO).with_for_update())
        assert claim(own, owner="round 2", actor="post", now=NOW) is None
