from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select

from include.act import Act
from include.post.copies import rehearse
from include.post.drafts import await_approval, draft
from include.post.local_server import local_mailbox, received
from include.post.recipients import Recipient
from include.post.round import RoundLimits, post_round
from include.rules import POST
from include.store import tables
from include.store.engine import reading
from tests.post.samples import (
    JINAN,
    NOW,
    TAIYUAN,
    YANGQUAN,
    add_cities,
    audit_rows,
    composition,
    deliveries,
    facts,
    outgoing,
    released,
    server,
)

TO, CC = "to140300@city.example", "cc140300@city.example"


def one_round(engine, archive, port, now=NOW, **options):
    return post_round(engine, archive, server(port), clock=lambda: now, owner="test", **options)


def test_a_released_letter_arrives_once_byte_for_byte_as_archived(engine, archive, tmp_path):
    add_cities(engine)
    released(engine, archive)
    with local_mailbox(tmp_path / "mailbox") as mailbox:
        assert one_round(engine, archive, mailbox.port).results == {"accepted": 1}
        assert one_round(engine, archive, mailbox.port).mails == ()
    [mail] = received(tmp_path / "mailbox")
    assert mail.recipients == (TO, CC)
    with reading(engine) as connection:
        digests = connection.execute(select(tables.delivery.c.eml_sha256).distinct()).scalars().all()
    assert [mail.content()] == [archive.get(digest) for digest in digests]
    assert deliveries(engine) == {TO: "sent", CC: "sent"}


def test_all_letters_of_a_batch_go_over_one_connection(engine, archive, faulty):
    cities = (YANGQUAN, TAIYUAN, JINAN)
    add_cities(engine, *cities)
    for city in cities:
        released(engine, archive, facts(unit_code=city))
    good = faulty()
    summary = one_round(engine, archive, good.port)
    assert [(mail.letter_key, mail.result) for mail in summary.mails] == [
        (facts(unit_code=city).key, "accepted") for city in cities
    ]
    assert good.connections == 1
    assert sum(good.held.values()) == 6


def test_nothing_due_opens_no_connection(engine, archive):
    assert one_round(engine, archive, 1).trouble == ""
    assert audit_rows(engine, "server") == []


def test_a_round_ends_at_its_limit_and_the_next_goes_on(engine, archive, faulty):
    cities = (YANGQUAN, TAIYUAN, JINAN)
    add_cities(engine, *cities)
    for city in cities:
        released(engine, archive, facts(unit_code=city))
    good = faulty()
    first = one_round(engine, archive, good.port, limits=RoundLimits(most_mails=2))
    assert (len(first.mails), first.still_due) == (2, 2)
    assert [mail.letter_key for mail in one_round(engine, archive, good.port).mails] == [
        facts(unit_code=JINAN).key
    ]
    assert one_round(engine, archive, good.port, limits=RoundLimits(most_seconds=0)).mails == ()


def test_a_lost_archive_file_stops_one_letter_and_not_the_others(engine, archive, faulty):
    add_cities(engine, YANGQUAN, TAIYUAN)
    released(engine, archive)
    with reading(engine) as connection:
        digest = connection.execute(select(tables.delivery.c.eml_sha256).distinct()).scalar_one()
    released(engine, archive, facts(unit_code=TAIYUAN))
    archive.path(digest).write_bytes(b"something else")
    good = faulty()
    assert one_round(engine, archive, good.port).results == {"retry": 1, "accepted": 1}
    assert deliveries(engine)[TO] == "queued"
    assert sum(good.held.values()) == 2


def test_simulated_mail_is_refused_again_just_before_it_would_leave(engine, archive, faulty, monkeypatch):
    add_cities(engine, YANGQUAN, TAIYUAN)
    released(engine, archive)
    released(engine, archive, facts(unit_code=TAIYUAN, is_simulated=False))
    monkeypatch.setattr("include.post.mailer.is_loopback", lambda address: address != "127.0.0.1")
    watched = faulty()
    one_round(engine, archive, watched.port)
    assert watched.commands == [
        "MAIL",
        "RCPT to140100@city.example",
        "RCPT cc140100@city.example",
    ] or watched.commands == ["MAIL", "RCPT cc140100@city.example", "RCPT to140100@city.example"]
    assert (deliveries(engine)[TO], deliveries(engine)["to140100@city.example"]) == ("refused", "sent")
    with reading(engine) as connection:
        reason = connection.execute(
            select(tables.delivery.c.state_reason).where(tables.delivery.c.address == TO)
        ).scalar_one()
    assert "模拟数据的邮件不得离开本机" in reason


def test_a_rehearsal_reaches_the_operator_alone(engine, archive, tmp_path):
    add_cities(engine)
    draft(engine, archive, facts(), composition(), now=NOW, actor="run")
    rehearse(outgoing(engine, archive), 1, Recipient("me@mee.example", "值班", "to"), Act(NOW, "run"))
    with local_mailbox(tmp_path / "mailbox") as mailbox:
        summary = one_round(engine, archive, mailbox.port)
    assert [(mail.is_rehearsal, list(mail.recipients)) for mail in summary.mails] == [
        (True, ["me@mee.example"])
    ]
    assert [(mail.subject, mail.recipients) for mail in received(tmp_path / "mailbox")] == [
        ("【演练】关于热点网格排查反馈情况提示的函", ("me@mee.example",))
    ]


def test_a_waiting_approval_is_brought_up_after_its_time(engine, archive):
    draft(engine, archive, facts(), composition(), now=NOW, actor="run")
    await_approval(engine, 1, now=NOW, actor="run", reason="等待签发")
    assert one_round(engine, archive, 1, NOW + POST.remind_approval - timedelta(seconds=1)).waiting == ()
    assert one_round(engine, archive, 1, NOW + POST.remind_approval).waiting == (facts().key,)


def test_a_mail_larger_than_the_server_takes_is_refused_with_both_sizes(engine, archive, faulty):
    add_cities(engine)
    released(engine, archive, render=lambda *_: replace(composition(attached=b"x" * 60_000)))
    small = faulty(most_bytes=50_000)
    one_round(engine, archive, small.port)
    assert (set(deliveries(engine).values()), small.commands) == ({"refused"}, [])
    with reading(engine) as connection:
        assert (
            "超过邮件服务器允许的 50000 字节"
            in connection.execute(select(tables.delivery.c.state_reason)).scalars().first()
        )
