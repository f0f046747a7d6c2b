"""Release: all of it or nothing, a number without a gap, and nothing that must not go out."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from include.act import Act
from include.errors import InputError, StateError
from include.post import numbers
from include.post.composed import stored_composition
from include.post.copies import rehearse
from include.post.drafts import draft, reject, withhold
from include.post.outbox import claim
from include.post.recipients import Recipient
from include.post.release import release, withdraw
from include.post.server import Office
from include.profile.current import office
from include.store import tables
from include.store.engine import reading, writing
from tests.post.samples import (
    JINAN,
    NOW,
    TAIYUAN,
    YANGQUAN,
    add_cities,
    add_contact,
    audit_rows,
    composition,
    deliveries,
    facts,
    outgoing,
    register,
    released,
    render,
    rows,
    server,
    the_letter,
)

TO, CC = "to140300@city.example", "cc140300@city.example"


def test_after_the_commit_everything_needed_to_send_exists(engine, archive):
    add_cities(engine)
    assert released(engine, archive).action == "released"
    letter = the_letter(engine)
    assert (letter.state, letter.number, letter.issued_on, letter.released_at) == (
        "released",
        "环督提〔2020〕1号",
        date(2020, 3, 13),
        NOW,
    )
    assert letter.message_id == "<notice_140300_day_2020-03-12_2020-03-13_1.1@mee.example>"
    [eml] = set(rows(engine, select(tables.delivery.c.eml_sha256)))
    assert b"Message-ID: " + letter.message_id.encode() in archive.get(*eml)
    assert rows(
        engine,
        select(tables.letter_file.c.role, tables.letter_file.c.sha256).where(
            tables.letter_file.c.role == "eml"
        ),
    ) == [("eml", *eml)]
    with reading(engine) as connection:
        files = {file.role: file.content for file in stored_composition(connection, archive, 1).files}
    assert files["text"].decode().startswith("环督提〔2020〕1号")
    assert deliveries(engine) == {TO: "queued", CC: "queued"}
    assert audit_rows(engine, "letter")[-1] == (letter.letter_key, "release", "drafted", "released")


def test_numbers_count_by_kind_and_year_of_issue(engine, archive):
    add_cities(engine, YANGQUAN, TAIYUAN)
    add_contact(engine, "140000", "province", "p@sx.example")
    late = datetime(2020, 12, 31, 15, 59, tzinfo=UTC)  # 23:59 in Beijing
    found = [
        released(engine, archive, now=late).number,
        released(engine, archive, facts(unit_code=TAIYUAN), now=late + timedelta(minutes=1)).number,
        released(engine, archive, facts(kind="reminder"), now=late).number,
        released(engine, archive, facts(day=date(2020, 3, 11)), now=late).number,
    ]
    assert found == ["环督提〔2020〕1号", "环督提〔2021〕1号", "环督催〔2020〕1号", "环督提〔2020〕2号"]


def test_a_kind_without_a_word_carries_no_number(engine, archive):
    add_contact(engine, "100000", "leader", "leader@mee.example")
    outcome = released(engine, archive, facts(kind="summary", unit_code=None))
    assert (outcome.action, outcome.number) == ("released", None)


def test_a_release_that_fails_leaves_no_number_and_says_why(engine, archive):
    add_cities(engine, YANGQUAN, TAIYUAN)

    def broken(*_):
        raise KeyError("pm25")

    outcome = released(engine, archive, render=broken)
    assert (outcome.action, outcome.number, outcome.reason) == (
        "failed",
        None,
        "发出失败，函件未变动：KeyError: 'pm25'",
    )
    letter = the_letter(engine)
    assert (letter.state, letter.is_stuck, letter.number, letter.state_reason) == (
        "drafted",
        True,
        None,
        outcome.reason,
    )
    assert (register(engine), deliveries(engine)) == ([], {})
    assert released(engine, archive, facts(unit_code=TAIYUAN)).number == "环督提〔2020〕1号"
    assert released(engine, archive).number == "环督提〔2020〕2号"
    assert not the_letter(engine).is_stuck


def test_a_failure_after_the_number_was_given_leaves_no_gap(engine, archive, monkeypatch):
    add_cities(engine)
    monkeypatch.setattr("include.post.release._keep_eml", lambda *_: 1 / 0)
    assert released(engine, archive).action == "failed"
    monkeypatch.undo()
    assert released(engine, archive).number == "环督提〔2020〕1号"
    assert len(register(engine)) == 1
    assert deliveries(engine) == {TO: "queued", CC: "queued"}


def test_a_letter_too_large_is_withheld_without_a_number(engine, archive, monkeypatch):
    add_cities(engine)
    monkeypatch.setattr("include.post.copies.office", lambda: replace(office(), largest_mail_mib=1))
    outcome = released(engine, archive, render=lambda *_: composition(attached=b"x" * 1024 * 1024))
    assert (outcome.action, outcome.reason) == (
        "withheld",
        "邮件 1.4 MB，超过上限 1 MB：请精简附件后重新拟稿",
    )
    assert (register(engine), deliveries(engine), the_letter(engine).is_stuck) == ([], {}, True)


def test_a_premise_that_no_longer_holds_withholds_the_letter(engine, archive):
    add_cities(engine)
    asked = []
    outcome = released(
        engine, archive, premise=lambda connection, letter: asked.append(letter.letter_key) or "该市已反馈"
    )
    assert (outcome.action, outcome.reason, asked) == ("withheld", "该市已反馈", [facts().key])
    letter = the_letter(engine)
    assert (letter.state, letter.is_stuck, register(engine)) == ("withheld", False, [])


def test_a_city_without_contacts_is_withheld_and_needs_a_person(engine, archive):
    outcome = released(engine, archive)
    assert outcome.action == "withheld"
    assert outcome.reason.startswith("阳泉市在发文日没有可用的主送联系人")
    assert the_letter(engine).is_stuck


def test_simulated_letters_refuse_a_server_elsewhere_and_real_ones_do_not(engine, archive):
    add_cities(engine)
    elsewhere = server(host="192.0.2.1")  # an address of documentation (RFC 5737): nobody is asked
    outcome = released(engine, archive, on=elsewhere)
    assert (outcome.action, outcome.reason) == (
        "withheld",
        "模拟数据的函件只能发往本机邮箱，当前邮件服务器 192.0.2.1:25 不在本机：未发出",
    )
    with pytest.raises(StateError, match="不在本机"):
        rehearse(outgoing(engine, archive, elsewhere), 1, Recipient(TO, "值班", "to"), Act(NOW, "王"))
    assert (
        released(engine, archive, facts(day=date(2020, 3, 1), is_simulated=False), on=elsewhere).action
        == "released"
    )


def test_releasing_again_changes_nothing(engine, archive):
    add_cities(engine)
    released(engine, archive)
    again = released(engine, archive)
    assert (again.action, again.number) == ("left", "环督提〔2020〕1号")
    assert len(register(engine)) == 1
    assert rows(engine, select(tables.delivery.c.copy_no)) == [(1,), (1,)]


def test_a_run_does_not_release_what_waits_for_a_person(engine, archive):
    add_cities(engine)
    way, run, person = outgoing(engine, archive), Act(NOW, "run", "r"), Act(NOW, "王", "r")
    draft(engine, archive, facts(), composition(), now=NOW, actor="run", run_id="run 2")
    assert release(way, 1, run, run_id="run 1", render=render).action == "left"
    withhold(engine, 1, now=NOW, actor="王", reason="核实", is_person=True)
    assert release(way, 1, run, run_id="run 2", render=render).reason == "等待人工决定（withheld）：核实"
    assert release(way, 1, person, is_person=True, render=render).action == "released"
    draft(engine, archive, facts(unit_code=JINAN), composition(), now=NOW, actor="run")
    reject(engine, 2, now=NOW, actor="王", reason="不发")
    assert release(way, 2, run, render=render).action == "left"
    with pytest.raises(StateError, match="rejected"):
        release(way, 2, person, is_person=True, render=render)


def test_a_withdrawn_letter_leaves_its_number_in_the_register(engine, archive):
    add_cities(engine)
    released(engine, archive)
    assert withdraw(outgoing(engine, archive), 1, Act(NOW, "王", "数据有误"), render) == "环督提〔2020〕1号"
    letter = the_letter(engine)
    assert (letter.state, letter.number, letter.issued_on, letter.held_by) == ("withheld", None, None, "王")
    assert deliveries(engine) == {TO: "withdrawn", CC: "withdrawn"}
    with reading(engine) as connection:
        files = {file.role: file.content for file in stored_composition(connection, archive, 1).files}
    assert files["text"].decode().startswith("（预览）")
    again = Act(NOW, "王", "重发")
    assert (
        release(outgoing(engine, archive), 1, again, is_person=True, render=render).number
        == "环督提〔2020〕2号"
    )
    assert register(engine) == [
        ("环督提〔2020〕1号", letter.letter_key, "数据有误"),
        ("环督提〔2020〕2号", letter.letter_key, None),
    ]
    assert the_letter(engine).message_id == f"<{letter.letter_key}.2@mee.example>"


def test_a_letter_on_its_way_cannot_be_withdrawn(engine, archive):
    add_cities(engine)
    released(engine, archive)
    with writing(engine) as connection:
        claim(connection, owner="round", actor="round", now=NOW)
    with pytest.raises(StateError, match=f"{TO} sending"):
        withdraw(outgoing(engine, archive), 1, Act(NOW, "王", "太迟"), render)


def test_a_reminder_answers_to_the_notices_that_named_its_alarms(engine, archive):
    add_cities(engine, YANGQUAN, TAIYUAN)
    for day, named in ((8, ("A1",)), (9, ("A2",)), (10, ("A1", "A3"))):
        released(
            engine, archive, facts(day=date(2020, 3, day), alarms=named), now=NOW - timedelta(days=12 - day)
        )
    released(engine, archive, facts(unit_code=TAIYUAN, alarms=("A1",)))
    released(engine, archive, facts(kind="reminder", alarms=("A1",)))
    [digest] = set(rows(engine, select(tables.delivery.c.eml_sha256).where(tables.delivery.c.letter_id == 5)))
    message = archive.get(*digest).decode().replace("\r\n ", " ")
    first, last = (
        f"<notice_140300_day_2020-03-{day:02}_2020-03-{day + 1:02}_1.1@mee.example>" for day in (8, 10)
    )
    assert f"\r\nReferences: {first} {last}\r\n" in message
    assert f"\r\nIn-Reply-To: {last}\r\n" in message


def test_two_kinds_may_not_print_the_same_numbers():
    with pytest.raises(InputError, match="the same numbers"):
        Office({"notice": "环督函", "reminder": "环督函"})


def test_a_gap_or_a_number_that_nobody_registered_is_found(engine, archive):
    add_cities(engine)
    released(engine, archive)
    with writing(engine) as connection:
        connection.execute(tables.letter_number.update().values(seq=3))
        connection.execute(tables.letter.update().values(number="环督提〔2020〕9号"))
        assert numbers.gaps(connection) == [
            f"文号登记簿 notice〔2020〕：{line}"
            for line in sorted(
                (
                    "共 1 个号，最大号为 3，有跳号",
                    f"环督提〔2020〕1号 登记于函件 {facts().key}，但该函件上的文号是 环督提〔2020〕9号",
                    f"环督提〔2020〕9号 印在函件 {facts().key} 上，但登记簿中没有",
                )
            )
        ]
