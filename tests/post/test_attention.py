from datetime import timedelta

from sqlalchemy import select

from include.post.attention import needs_person
from include.post.drafts import await_approval, draft, withhold
from include.post.round import post_round
from include.rules import POST
from include.store import tables
from include.store.engine import reading, writing
from tests.post.samples import (
    JINAN,
    NOW,
    TAIYUAN,
    YANGQUAN,
    add_cities,
    composition,
    deliveries,
    facts,
    released,
    server,
)

LATER = NOW + POST.send_within


def concerns(engine, now=LATER) -> list[tuple[str, str, str]]:
    with reading(engine) as connection:
        return [(each.topic, each.addressee_name, each.address) for each in needs_person(connection, now)]


def test_nothing_needs_a_person_when_all_is_sent(engine, archive, faulty):
    add_cities(engine)
    released(engine, archive)
    post_round(engine, archive, server(faulty().port), clock=lambda: NOW, owner="test")
    assert concerns(engine) == []


def test_unknown_refused_and_expired_recipients_are_listed_with_the_reason_and_what_to_do(
    engine, archive, faulty
):
    add_cities(engine)
    released(engine, archive)
    post_round(engine, archive, server(faulty("refuse all").port), clock=lambda: NOW, owner="test")
    with reading(engine) as connection:
        first, second = needs_person(connection, LATER)
    assert (first.topic, first.letter_id, first.subject_id, first.reason, first.since) == (
        "refused",
        1,
        facts().key,
        "5.1.1 no such user",
        NOW,
    )
    assert "更正联系人" in first.todo
    assert [first.address, second.address] == ["cc140300@city.example", "to140300@city.example"]
    with writing(engine) as connection:
        connection.execute(
            tables.delivery.update().values(state="unknown").where(tables.delivery.c.header == "to")
        )
        connection.execute(
            tables.delivery.update().values(state="expired").where(tables.delivery.c.header == "cc")
        )
    assert [topic for topic, _, _ in concerns(engine)] == ["expired", "unknown"]


def test_letters_that_wait_or_cannot_go_out_are_listed_and_those_kept_back_on_purpose_are_not(
    engine, archive
):
    add_cities(engine, TAIYUAN, "110000")
    released(engine, archive)  # 阳泉 has no contact
    released(engine, archive, facts(unit_code=TAIYUAN), render=lambda *_: 1 / 0)
    for number, city in enumerate((JINAN, "120000", "130100"), start=3):
        draft(
            engine,
            archive,
            facts(unit_code=city),
            composition(),
            now=NOW + timedelta(seconds=number),
            actor="run",
        )
    await_approval(engine, 3, now=NOW, actor="run", reason="等待签发")
    withhold(engine, 4, now=NOW, actor="run", reason="补录的时段只编制存档")
    released(engine, archive, facts(unit_code="110000"), premise=lambda *_: "该市已反馈")
    later = LATER + timedelta(minutes=1)
    assert concerns(engine, later) == [
        ("failed", "太原市", ""),
        ("withheld", "阳泉市", ""),
        ("approval", "济南市", ""),
        ("undecided", "石家庄市", ""),
    ]
    assert concerns(engine, NOW) == [
        ("failed", "太原市", ""),
        ("withheld", "阳泉市", ""),
        ("approval", "济南市", ""),
    ]


def test_a_mail_server_that_is_away_is_listed_until_a_letter_gets_past(engine, archive, faulty):
    add_cities(engine, YANGQUAN)
    released(engine, archive)
    post_round(engine, archive, server(1), clock=lambda: NOW, owner="test")
    assert concerns(engine) == [("server", "", "")]
    assert concerns(engine, NOW + timedelta(hours=25)) == []
    later = NOW + timedelta(minutes=15)
    post_round(engine, archive, server(faulty().port), clock=lambda: later, owner="test")
    assert concerns(engine) == []


def test_a_mail_that_the_archive_lacks_is_tried_again_told_of_and_expires_only_with_its_life(
    engine, archive, faulty
):
    add_cities(engine, YANGQUAN, TAIYUAN)
    for city in (YANGQUAN, TAIYUAN):
        released(engine, archive, facts(unit_code=city))
    with reading(engine) as connection:
        digest = connection.execute(
            select(tables.delivery.c.eml_sha256).where(tables.delivery.c.address == "to140300@city.example")
        ).scalar_one()
    mail = archive.get(digest)
    archive.path(digest).write_bytes(b"damaged")
    on = server(faulty().port)
    summary = post_round(engine, archive, on, clock=lambda: NOW, owner="test")
    assert summary.results == {"retry": 1, "accepted": 1}  # its own trouble alone
    assert concerns(engine, NOW) == [
        ("archive", "阳泉市", "cc140300@city.example"),
        ("archive", "阳泉市", "to140300@city.example"),
    ]
    archive.put(mail)
    later = NOW + POST.retry_first
    assert post_round(engine, archive, on, clock=lambda: later, owner="test").results == {"accepted": 1}
    assert (concerns(engine, later), set(deliveries(engine).values())) == ([], {"sent"})


def test_an_archive_that_is_away_for_a_round_costs_no_letter_anything(engine, archive, faulty):
    add_cities(engine)
    released(engine, archive)
    away = archive.root.rename(archive.root.with_name("elsewhere"))
    on = server(faulty().port)
    summary = post_round(engine, archive, on, clock=lambda: NOW, owner="test")
    assert (summary.mails, summary.still_due, "无法读取" in summary.trouble) == ((), 2, True)
    assert concerns(engine, NOW) == [("archive", "", "")]
    away.rename(archive.root)
    later = NOW + timedelta(minutes=15)
    summary = post_round(engine, archive, on, clock=lambda: later, owner="test")
    assert (summary.results, concerns(engine, later)) == ({"accepted": 1}, [])
