"""Other ways in: POP3, addresses of their own, other formats of workbooks; and what hears a mail elsewhere."""

import os
import zipfile
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from include.act import Act
from include.answer_form import layout
from include.answer_form.code import answer_code
from include.office.mailroom import taking
from include.office.waiting import waiting
from include.post.copies import resend
from include.post.local_server import local_mailbox
from include.post.mailer import MailSession
from include.post.outcomes import Transmission
from include.post.round import post_round
from include.replies.answered import check_of, tagged
from include.simulator.mail_answers import bounce_mail, text_mail
from include.store import tables
from include.store.archive import Archive
from include.store.engine import reading, writing
from include.store.retention import expendable
from tests.mailroom.office import CONTACT, NOW, SENT, Place, answer, form
from tests.mailroom.pop_server import pop_server
from tests.post.samples import OFFICE, outgoing, server

TAG = "0123456789abcdef"


def test_a_mailbox_over_pop3_keeps_everything_and_is_read_once(place: Place) -> None:
    mails = [answer(place), text_mail(place.letter, CONTACT, SENT, ".一个点开头的行\n..两个点")]
    with pop_server(mails) as port:
        options = {**place.source.options, "protocol": "pop3"}
        source = replace(place.source, location=f"127.0.0.1:{port}", token="pw", options=options)
        popped = replace(place, house=replace(place.house, mailboxes=(source,)))
        done = popped.read()
        assert (done.trouble, dict(done.kinds)) == ("", {"answer": 1, "reply": 1})
        assert popped.read().kinds == {}
        mails.append(text_mail(place.letter, CONTACT, SENT + timedelta(hours=1), "又及"))
        assert dict(popped.read().kinds) == {"reply": 1}
    assert {at for _, _, at in place.events()} == {
        SENT
    }  # by our server's trace: POP3 has no moment of its own
    without = answer(place, content=form(place.key, alarms=("A1",))).replace(b"Received: ", b"X-Received: ")
    with pop_server([without]) as port:
        source = replace(source, location=f"127.0.0.1:{port}")
        assert replace(popped, house=replace(place.house, mailboxes=(source,))).read().tray == 1
    assert "无法确定邮件到达本单位的时间" in place.mails()[-1]["tray_reason"]


def test_a_bounce_to_an_address_of_its_own_finds_its_delivery(place: Place) -> None:
    delivery = tables.delivery.c
    with writing(place.house.engine) as connection:
        row = connection.execute(select(tables.delivery).where(delivery.address == CONTACT)).one()
        connection.execute(tables.delivery.update().values(return_tag=TAG))
    own = tagged("dudu@supervision.example", "b", row.delivery_id, TAG)
    nameless = f"Return-Path: <>\r\nFrom: MAILER-DAEMON@x.example\r\nTo: {own}\r\nSubject: failure notice\r\n\r\n550 5.1.1 no such user\r\n"
    guessed = nameless.replace(TAG, TAG[::-1])
    place.deliver(guessed.encode(), nameless.replace(TAG, "").encode())
    assert (place.read().tray, set(place.states().values())) == (2, {"sent"})
    place.deliver(nameless.encode())
    assert place.read().tray == 0
    assert place.states() == {CONTACT: "refused", "cc140300@city.example": "sent"}


def test_letters_leave_with_an_envelope_sender_and_a_reply_address_of_their_own(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, archive = place.house.engine, Archive(tmp_path / "archive")
    told, transmit = [], MailSession.transmit

    def noted(session: MailSession, *mail: Any, senders: dict[str, str], **more: Any) -> Transmission:
        told.append(senders)
        return transmit(session, *mail, senders=senders, **more)

    monkeypatch.setattr(MailSession, "transmit", noted)
    with local_mailbox(tmp_path / "box") as box:
        sender = server(box.port, has_own_senders=True)
        way = outgoing(engine, archive, sender, replace(OFFICE, has_own_replies=True))
        resend(way, 1, Act(NOW, "王某", "重发"))
        done = post_round(engine, archive, sender, clock=lambda: NOW, owner="test")
        texts = [path.read_bytes() for path in (tmp_path / "box" / "new").iterdir()]
    with reading(engine) as connection:
        deliveries = connection.execute(select(tables.delivery).where(tables.delivery.c.copy_no == 2)).all()
    assert told == [
        {one.address: f"qianliyan+b{one.delivery_id}-{one.return_tag}@mee.example" for one in deliveries}
    ]
    assert {len(one.return_tag) for one in deliveries} == {16}
    assert (dict(done.results), len(texts)) == ({"accepted": 1}, 2)  # one transaction a recipient
    reply_to = tagged(OFFICE.reply_to, "l", 1, check_of(1, place.key))
    assert all(f"Reply-To: {reply_to}".encode() in text for text in texts)
    told = text_mail(texts[0].partition(b"\r\n")[2], CONTACT, SENT, "收悉")
    bare = b"\r\n".join(
        line for line in told.split(b"\r\n") if not line.startswith((b"In-Reply-To", b"References"))
    )
    place.deliver(bare)
    place.read()
    assert place.mails()[-1]["matched_by"] == "address"


def test_a_mail_with_what_no_database_takes_stops_no_other(place: Place) -> None:
    """NUL and half a character, in a subject, a text and a bounce's words: a round that fails by one mail reads none after it."""
    odd = (
        b"From: x@y.example\r\nSubject: =?utf-8?B?AEEA?= =?utf-7?Q?+2AA-?=\r\n"
        b"Content-Type: text/plain; charset=utf-7\r\nContent-Transfer-Encoding: base64\r\n\r\nACsyQUEt\r\n"
    )
    bounce = bounce_mail(place.letter, CONTACT, SENT, "452 4.2.2 =?utf-8?B?AEEA?= full")
    with pop_server([odd, bounce, answer(place)]) as port:
        options = {**place.source.options, "protocol": "pop3"}
        source = replace(place.source, location=f"127.0.0.1:{port}", token="pw", options=options)
        done = replace(place, house=replace(place.house, mailboxes=(source,))).read()
    assert (done.trouble, dict(done.kinds)) == ("", {"other": 1, "bounce": 1, "answer": 1})
    assert place.mails()[0]["subject"] == "\ufffdA\ufffd\ufffd"


def test_what_no_step_foresaw_is_one_mails_trouble(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(taking, "take_bounce", fail)
    place.deliver(bounce_mail(place.letter, CONTACT, SENT), answer(place))
    done = place.read()
    assert (done.trouble, done.tray, done.rows_taken) == ("", 1, 2)
    bounce, _ = place.mails()
    assert (bounce["kind"], bounce["state"], bounce["tray_reason"]) == (
        "other",
        "tray",
        "未能在限时内读完；来信未引用本单位的函件",
    )
    assert set(place.states().values()) == {"sent"}


def ods(rows: dict[str, list[list[str]]]) -> bytes:
    """A spreadsheet as LibreOffice and WPS write it."""
    tables_ = "".join(
        f'<table:table table:name="{name}">'
        + "".join(
            "<table:table-row>"
            + "".join(
                f'<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>'
                if text
                else "<table:table-cell/>"
                for text in row
            )
            + "</table:table-row>"
            for row in several
        )
        + "</table:table>"
        for name, several in rows.items()
    )
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text")
    )
    content = f'<?xml version="1.0"?><office:document-content {spaces} office:version="1.2"><office:body><office:spreadsheet>{tables_}</office:spreadsheet></office:body></office:document-content>'
    manifest = '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"><manifest:file-entry manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/></manifest:manifest>'
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w") as package:
        package.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        package.writestr("content.xml", content)
        package.writestr("META-INF/manifest.xml", manifest)
    return stream.getvalue()


def test_a_form_saved_as_ods_is_read_by_the_same_check(place: Place) -> None:
    values = {
        "code": answer_code(place.key, "A1"),
        "alarm_id": "A1",
        "result": layout.NOTHING_FOUND,
        "unit": "分局",
        "inspector": "李某",
        "answered_at": "2020-03-13 09:00",
    }
    headers = [column.header for column in layout.COLUMNS]
    rows = [[""], [""], [""], headers, [values.get(column.key, "") for column in layout.COLUMNS]]
    guide = [[""], [""], ["", place.key], ["", layout.FORM_VERSION]]
    place.deliver(answer(place, content=ods({layout.FORM_SHEET: rows, layout.GUIDE_SHEET: guide})))
    done = place.read()
    assert (done.rows_taken, place.mails()[0]["tray_reason"]) == (1, "")
    assert place.events() == [("A1", "submitted", SENT)]


def test_raw_mail_is_kept_for_its_time_and_then_goes(place: Place) -> None:
    place.deliver(answer(place))
    place.read()
    sha256 = place.mails()[0]["raw_sha256"]
    os.utime(place.house.archive.path(sha256), (NOW.timestamp(), NOW.timestamp()))

    def goes(days: int) -> bool:
        now = NOW + timedelta(days=days)
        with reading(place.house.engine) as connection:
            found = expendable(connection, place.house.archive, place.house.var / "hourly", (), now)
        return sha256 in {one.path.name for one in found}

    assert (goes(399), goes(401)) == (False, True)


def test_a_bounce_is_on_the_to_do_list(place: Place) -> None:
    words = "550 5.1.1 User unknown"
    place.deliver(bounce_mail(place.letter, CONTACT, SENT, words))
    place.read()
    (one,) = [each for each in waiting(place.house, NOW) if each.topic == "refused"]
    assert CONTACT in one.title
    assert words in one.reason
