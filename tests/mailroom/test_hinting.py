"""A mail of the tray as a hint: by a person, by the check and bounds of a file, once; erased with the hint, and never a fact."""

import os
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

import pytest
from sqlalchemy import insert, select

from include.act import Act
from include.errors import InputError, StateError
from include.house import House
from include.office.hints import erase, hints, settle
from include.office.mailroom.hinting import LONGEST_TEXT, hint_draft, is_for_hints, take_as_hint
from include.office.mailroom.tray import open_mail
from include.rules import HINTS
from include.simulator.mail_answers import text_mail
from include.store import tables
from include.store.engine import reading, writing
from include.store.mail_tables import mail
from include.store.statements import frame
from tests.desk.facts import NOW as DESK_NOW
from tests.desk.facts import Browser
from tests.mailroom.office import CONTACT, HOST, NOW, SENT, Place, told_mail

ACT = Act(NOW, "duty", "群众来信")
TOLD = {"place": "阳泉市某村", "text": "夜里冒黑烟", "name": "张三", "contact": "zhang@home.example"}


def public_mail(to: str, text: str = "夜里冒黑烟", cc: str = "") -> bytes:
    """What a citizen writes, to whom it says."""
    written = EmailMessage()
    written["From"] = "张三 <zhang@home.example>"
    written["To"] = to
    if cc:
        written["Cc"] = cc
    written["Subject"] = "举报冒烟"
    written["Date"] = format_datetime(SENT)
    written["Message-ID"] = f"<{abs(hash((to, text, cc)))}@home.example>"
    written.set_content(text)
    trace = f"Received: from mail.home.example by {HOST}; {format_datetime(SENT)}\r\n".encode()
    return trace + written.as_bytes()


def waiting_row(house: House, **changes: Any) -> int:
    with writing(house.engine) as connection:
        query = insert(mail).values(told_mail(**changes)).returning(mail.c.mail_id)
        return int(connection.execute(query).scalar_one())


def test_a_mail_becomes_one_hint_that_is_received_when_the_mail_was(place: Place) -> None:
    place.deliver(public_mail("office@s.example"))
    place.read()
    opened = open_mail(place.house, 1)
    assert hint_draft(opened) == {"text": "夜里冒黑烟", "name": "张三", "contact": "zhang@home.example"}
    hint_id = take_as_hint(place.house, 1, TOLD, ACT)
    with pytest.raises(StateError):
        take_as_hint(place.house, 1, {**TOLD, "text": "再来一次"}, ACT)
    (one,) = hints(place.house.engine)
    expected = {**TOLD, "hint_id": hint_id, "received_at": SENT, "state": "waiting", "unit_code": "140300"}
    assert {key: one[key] for key in expected} == expected
    (row,) = place.mails()
    assert (row["state"], row["settled_as"], row["hint_id"]) == ("settled", "filed", hint_id)
    assert place.events() == []
    with reading(place.house.engine) as connection:
        assert connection.execute(select(tables.alarm.c.alarm_id)).scalars().all() == ["A1", "A2"]
        trail = connection.execute(
            select(tables.audit.c.subject, tables.audit.c.action, tables.audit.c.actor)
        ).all()
    assert {("hint", "take", "duty"), ("mail", "filed", "duty")} <= {tuple(each) for each in trail}


def test_the_same_mail_by_another_mailbox_is_the_same_hint(place: Place) -> None:
    first = waiting_row(place.house)
    second = waiting_row(place.house, source="second", received_at=NOW - timedelta(minutes=3))
    hint_id = take_as_hint(place.house, first, TOLD, ACT)
    assert take_as_hint(place.house, second, {**TOLD, "text": "另有改动"}, ACT) == hint_id
    assert len(hints(place.house.engine)) == 1


def test_what_a_file_would_be_refused_for_leaves_the_mail_in_the_tray(place: Place) -> None:
    rows = [waiting_row(place.house, content_key=f"{n:064}") for n in range(HINTS.most_of_one_sender + 1)]
    for wrong in ({"place": " "}, {"text": ""}, {"text": "烟" * (LONGEST_TEXT + 1)}):
        with pytest.raises(InputError, match="cannot be taken"):
            take_as_hint(place.house, rows[0], {**TOLD, **wrong}, ACT)
    with pytest.raises(InputError, match="a reason is needed"):
        take_as_hint(place.house, rows[0], TOLD, replace(ACT, reason=" "))
    assert hints(place.house.engine) == []
    for number, mail_id in enumerate(rows[:-1]):
        take_as_hint(place.house, mail_id, {**TOLD, "text": f"第{number}件\r\n事"}, ACT)
    with pytest.raises(InputError, match="同一联系方式"):
        take_as_hint(place.house, rows[-1], {**TOLD, "text": "又一件"}, ACT)
    assert [one["text"] for one in hints(place.house.engine)][:1] == ["第0件\n事"]
    assert [row["state"] for row in place.mails()] == ["settled"] * HINTS.most_of_one_sender + ["tray"]


def test_with_the_hint_goes_the_mail_as_it_came_and_nothing_is_missed(place: Place) -> None:
    office = ("a@s.example", "b@s.example")
    place.deliver(*(public_mail(to, f"冒烟，{to}") for to in office))
    place.read()
    for number, to in enumerate(office, 1):
        settle(
            place.house,
            take_as_hint(place.house, number, {**TOLD, "text": f"冒烟，{to}"}, ACT),
            "confirmed",
            now=NOW + timedelta(days=number),
            actor="duty",
        )
    long_ago = (NOW - timedelta(hours=2)).timestamp()
    digests = [row["raw_sha256"] for row in place.mails()]
    for sha256 in digests:
        os.utime(place.house.archive.path(sha256), (long_ago, long_ago))
    later = NOW + timedelta(days=1) + HINTS.kept_after_closing + timedelta(minutes=1)
    assert erase(place.house.engine, place.house.archive, later) == 1
    assert [place.house.archive.path(sha256).exists() for sha256 in digests] == [False, True]
    opened = open_mail(place.house, 1)
    assert (opened.read, opened.trouble) == (None, "线索结案期满，来信原件已删除")
    with reading(place.house.engine) as connection:  # what was given up is not missed
        needed = set(frame(connection, "archived_files", mail_since_at=NOW - timedelta(days=1))["sha256"])
    assert needed & set(digests) == {digests[1]}
    assert erase(place.house.engine, place.house.archive, later + timedelta(days=1)) == 1
    assert not place.house.archive.path(digests[1]).exists()


def test_with_the_hint_goes_what_the_mails_row_says_of_its_sender(place: Place) -> None:
    about = {
        "sender": "zhang@home.example",
        "subject": "张三举报",
        "message_id": "<1@home.example>",
        "files_json": '[{"name": "张三.jpg", "size": 1, "what": "picture", "is_enclosed": false}]',
    }
    mail_id = waiting_row(place.house, **about)
    other = waiting_row(place.house, content_key="1" * 64, **about)
    hint_id = take_as_hint(place.house, mail_id, TOLD, ACT)
    settle(place.house, hint_id, "confirmed", now=NOW, actor="duty")
    assert (
        erase(place.house.engine, place.house.archive, NOW + HINTS.kept_after_closing + timedelta(minutes=1))
        == 1
    )
    with reading(place.house.engine) as connection:
        gone = str(connection.execute(select(mail).where(mail.c.mail_id == mail_id)).one())
        gone += str(connection.execute(select(tables.audit)).all())
        kept = connection.execute(select(mail.c.sender).where(mail.c.mail_id == other)).scalar_one()
    assert not any(word in gone for word in ("张三", "zhang", "home.example", "黑烟", "某村"))
    assert kept == "zhang@home.example"
    copy = waiting_row(place.house, source="second", **about)
    assert take_as_hint(place.house, copy, TOLD, ACT) == hint_id
    (one,) = hints(place.house.engine)
    assert one["text"] is None


def test_mail_to_the_mailbox_for_hints_offers_it_first_and_is_not_taken_by_itself(place: Place) -> None:
    place.deliver(
        public_mail('"线索" <Hints@s.example>'),
        public_mail("office@s.example", "抄送", cc="a@b.example, hints@s.example"),
        public_mail("office@s.example", "别的"),
        text_mail(place.letter, CONTACT, SENT, "</textarea><b>x</b>"),
    )
    place.read()
    opened = replace(place.house, openness=replace(place.house.openness, hints_to="hints@S.example"))
    assert [is_for_hints(opened, open_mail(opened, n)) for n in (1, 2, 3)] == [True, True, False]
    assert not is_for_hints(place.house, open_mail(place.house, 1))
    assert hints(place.house.engine) == []
    browser = Browser(opened)
    first, third = browser.get("/mails/1").text, browser.get("/mails/3").text
    assert first.index('/mails/1/hint"') < first.index('/mails/1/answer"')
    assert third.index('/mails/3/hint"') > third.index('/mails/3/answer"')
    assert "&lt;/textarea&gt;&lt;b&gt;x" in browser.get("/mails/4").text


def test_who_may_act_takes_it_at_the_desk_in_both_languages(place: Place) -> None:
    mail_id = waiting_row(place.house, received_at=DESK_NOW, taken_at=DESK_NOW)
    browser, guest = Browser(place.house), Browser(place.house, user="guest")
    path, told = f"/mails/{mail_id}/hint", {**TOLD, "reason": "群众来信"}
    assert guest.post(path, told).status_code == 403
    assert browser.post(path, told, token="forged").status_code == 403
    assert hints(place.house.engine) == []
    refused = browser.post(path, {**told, "place": " "})
    assert (refused.status_code, "这条线索不能收下" in refused.text) == (409, True)
    assert browser.post(path, told).status_code == 303
    assert browser.post(path, told).status_code == 409
    (one,) = hints(place.house.engine)
    assert one["hint_id"] in browser.get(f"/mails/{mail_id}").text
