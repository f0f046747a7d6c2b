"""The fault matrix: whatever the server does, what is recorded is what the server truly holds."""

import socket
from datetime import timedelta

import pytest
from sqlalchemy import select

from include.post.round import post_round
from include.post.server import MailServer
from include.rules import POST
from include.store import tables
from include.store.engine import reading
from tests.post.faulty_server import SERVER_PASSWORD
from tests.post.samples import (
    JINAN,
    NOW,
    TAIYUAN,
    YANGQUAN,
    add_cities,
    add_contact,
    deliveries,
    facts,
    released,
    server,
)

TO, CC, THIRD = "to140300@city.example", "cc140300@city.example", "third@city.example"


def _three_recipients(engine, archive) -> None:
    add_cities(engine)
    add_contact(engine, YANGQUAN, "cc", THIRD)
    released(engine, archive)


def _round(engine, archive, on: MailServer, now=NOW):
    return post_round(engine, archive, on, clock=lambda: now, owner="test")


def _recorded(engine) -> dict[tuple[str, str], str]:
    with reading(engine) as connection:
        return {
            (row.message_id, row.address): row.state for row in connection.execute(select(tables.delivery))
        }


def _require_truth(engine, held) -> None:
    """`sent` is held once, `unknown` at most once, anything else not at all; the server holds nothing besides."""
    recorded = _recorded(engine)
    allowed = {"sent": {1}, "unknown": {0, 1}}
    assert {
        key: held[key] for key, state in recorded.items() if held[key] not in allowed.get(state, {0})
    } == {}
    assert set(held) <= set(recorded)


@pytest.mark.parametrize(
    ("faults", "states", "words"),
    [
        ([], ("sent", "sent", "sent"), "250"),
        (["slow"], ("sent", "sent", "sent"), "250"),
        (["greylist"], ("queued", "queued", "queued"), "greylisted"),
        ([f"refuse:{CC}"], ("sent", "refused", "sent"), "no such user"),
        (["refuse all"], ("refused", "refused", "refused"), "no such user"),
        (["552 at MAIL"], ("refused", "refused", "refused"), "too large"),
        (["552 after the body"], ("refused", "refused", "refused"), "too large"),
        (["554 after the body"], ("refused", "refused", "refused"), "内容被拒"),
        (["451 at MAIL"], ("queued", "queued", "queued"), "try later"),
        (["421 at MAIL"], ("queued", "queued", "queued"), "shutting down"),
        (["hang at MAIL"], ("queued", "queued", "queued"), "timed out"),
        (["hang at RCPT"], ("queued", "queued", "queued"), "timed out"),
        ([f"421 at RCPT:{CC}"], ("queued", "queued", "queued"), "shutting down"),
        ([f"refuse:{CC}", f"drop at RCPT:{TO}"], ("queued", "queued", "queued"), "连接中断"),
        ([f"refuse:{TO}", f"drop at RCPT:{CC}"], ("refused", "queued", "queued"), "连接中断"),
        (["451 at DATA"], ("queued", "queued", "queued"), "no room"),
        (["drop at DATA"], ("queued", "queued", "queued"), "连接中断"),
        (["drop in the body"], ("unknown", "unknown", "unknown"), "无法确定"),
        (["drop the 250"], ("unknown", "unknown", "unknown"), "无法确定"),
        (["hang after the body"], ("unknown", "unknown", "unknown"), "无法确定"),
        (["nonsense after the body"], ("unknown", "unknown", "unknown"), "无法理解"),
        (["451 after the body"], ("queued", "queued", "queued"), "disk full"),
        (["421 after the body"], ("queued", "queued", "queued"), "bye"),
        ([f"refuse:{CC}", "drop the 250"], ("unknown", "refused", "unknown"), "无法确定"),
    ],
)
def test_the_record_is_what_the_server_holds(engine, archive, faulty, faults, states, words):
    _three_recipients(engine, archive)
    misbehaving = faulty(*faults)
    # Only a server that hangs is waited for; no other may be taken for one because the machine is slow.
    hangs = any(fault.startswith("hang") for fault in faults)
    _round(engine, archive, server(misbehaving.port, timeout_seconds=3.0 if hangs else 60.0))
    assert deliveries(engine) == dict(zip((TO, CC, THIRD), states, strict=True))
    _require_truth(engine, misbehaving.held)
    with reading(engine) as connection:
        reasons = connection.execute(select(tables.delivery.c.smtp_code, tables.delivery.c.smtp_text)).all()
    assert any(words in f"{row.smtp_code} {row.smtp_text}" for row in reasons)


def test_a_greylisted_letter_arrives_with_the_next_attempt_and_not_before(engine, archive, faulty):
    _three_recipients(engine, archive)
    greylisting = faulty("greylist")
    on = server(greylisting.port)
    _round(engine, archive, on)
    _round(engine, archive, on, NOW + POST.retry_first - timedelta(seconds=1))
    assert len(greylisting.commands) == 4  # MAIL and three RCPT: the second round found nothing due
    _round(engine, archive, on, NOW + POST.retry_first)
    assert set(deliveries(engine).values()) == {"sent"}
    _require_truth(engine, greylisting.held)


def test_a_retry_addresses_only_those_not_accepted(engine, archive, faulty):
    _three_recipients(engine, archive)
    first = faulty(f"421 at RCPT:{THIRD}", f"refuse:{CC}")
    _round(engine, archive, server(first.port))
    first.faults.clear()
    _round(engine, archive, server(first.port), NOW + POST.retry_first)
    assert deliveries(engine) == {TO: "sent", CC: "refused", THIRD: "sent"}
    assert first.commands[-3:] == ["MAIL", f"RCPT {TO}", f"RCPT {THIRD}"]
    _require_truth(engine, first.held)


def test_a_letter_that_is_never_taken_expires(engine, archive, faulty):
    _three_recipients(engine, archive)
    refusing = faulty("451 at MAIL")
    tried = []
    for hour in range(48):
        if _round(engine, archive, server(refusing.port), NOW + timedelta(hours=hour)).mails:
            tried.append(hour)
    # After 5, 10, 20, 40, 80 and 160 minutes, then every 4 hours; here the rounds are hours apart.
    assert tried == [0, 1, 2, 3, 4, 6, 9, 13, 17, 21, 25, 29, 33, 37, 41, 45]
    summary = _round(engine, archive, server(refusing.port), NOW + POST.useful_life)
    assert (summary.expired, set(deliveries(engine).values())) == (3, {"expired"})


def test_a_connection_lost_while_idle_is_opened_again(engine, archive, faulty):
    add_cities(engine, YANGQUAN, TAIYUAN, JINAN)
    for city in (YANGQUAN, TAIYUAN, JINAN):
        released(engine, archive, facts(unit_code=city))
    dropping = faulty("drop the second MAIL")
    assert _round(engine, archive, server(dropping.port)).results == {"accepted": 3}
    assert dropping.connections == 2
    _require_truth(engine, dropping.held)


def test_a_server_that_loses_every_mail_is_left_in_peace_after_three(engine, archive, faulty):
    cities = (YANGQUAN, TAIYUAN, JINAN, "110000", "120000")
    add_cities(engine, *cities)
    for city in cities:
        released(engine, archive, facts(unit_code=city))
    summary = _round(engine, archive, server(faulty("drop the 250").port))
    assert (summary.results, summary.still_due) == ({"unknown": 3}, 4)
    assert "无法确定" in summary.trouble


def test_a_server_that_is_away_costs_no_letter_an_attempt(engine, archive):
    _three_recipients(engine, archive)
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        summary = _round(engine, archive, server(nobody.getsockname()[1]))
    assert (summary.mails, summary.still_due) == ((), 3)
    assert "拒绝连接" in summary.trouble
    with reading(engine) as connection:
        assert connection.execute(select(tables.delivery.c.attempts)).scalars().all() == [0, 0, 0]
        assert connection.execute(
            select(tables.audit.c.reason).where(tables.audit.c.subject == "server")
        ).scalars().all() == [summary.trouble]


def test_a_server_that_says_nothing_does_not_hold_the_round(engine, archive):
    _three_recipients(engine, archive)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        summary = _round(engine, archive, server(silent.getsockname()[1], timeout_seconds=0.2))
    assert "没有答复" in summary.trouble
    assert set(deliveries(engine).values()) == {"queued"}


@pytest.mark.parametrize("security", ["ssl", "starttls"])
def test_only_a_certificate_that_can_be_checked_is_taken(engine, archive, faulty, certificate, security):
    _three_recipients(engine, archive)
    secure = faulty(certificate=certificate, security=security)
    summary = _round(engine, archive, server(secure.port, security=security))
    assert "证书不可信" in summary.trouble
    assert secure.held == {}
    trusted = server(secure.port, security=security, ca_file=str(certificate))
    assert _round(engine, archive, trusted).results == {"accepted": 1}
    other_name = server(secure.port, host="localhost", security=security, ca_file=str(certificate))
    released(engine, archive, facts(day=NOW.date()))
    assert "证书不可信" in _round(engine, archive, other_name).trouble
    _require_truth(engine, secure.held)


def test_starttls_that_is_not_offered_is_not_done_without(engine, archive, faulty):
    _three_recipients(engine, archive)
    plain = faulty()
    assert "STARTTLS" in _round(engine, archive, server(plain.port, security="starttls")).trouble
    assert plain.commands == []


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
def test_a_bad_login_claims_nothing_and_a_good_one_sends(engine, archive, faulty):
    _three_recipients(engine, archive)
    guarded = faulty(login=True)
    summary = _round(engine, archive, server(guarded.port, user="qianliyan", password="wrong"))
    assert "拒绝登录" in summary.trouble
    assert set(deliveries(engine).values()) == {"queued"}
    good = server(guarded.port, user="qianliyan", password=SERVER_PASSWORD)
    assert _round(engine, archive, good).results == {"accepted": 1}
    _require_truth(engine, guarded.held)
