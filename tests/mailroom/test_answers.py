"""Mails with the form become facts, once; those of whoever may not speak for the unit wait for a person."""

import io
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from typing import Any

import openpyxl
import pytest
from sqlalchemy import select

from include.act import Act
from include.answer_form import layout
from include.answer_form.code import answer_code
from include.answer_form.writing import answer_form
from include.errors import InputError, StateError
from include.office.mailroom.tray import accept, accept_typed, open_mail, settle
from include.simulator.mail_answers import bounce_mail, nothing_found, something_found, text_mail
from include.sources.forms import OLDER
from include.store import tables
from include.store.engine import reading
from include.store.watch_tables import suspect_at_push, suspect_verdict
from include.supervision.figures import AlarmSuspects, Suspected
from tests.desk.facts import add_alarm
from tests.letters.samples import form_row, notice
from tests.mailroom.office import CONTACT, HOST, NOW, SENT, Place, answer, form
from tests.post.samples import add_cities, add_contact, facts, released

BY = Act(NOW + timedelta(minutes=9), "王某", "已电话核实")
HOUR = timedelta(hours=1)


def test_a_form_by_mail_is_an_answer_at_its_receipt(place: Place) -> None:
    place.deliver(answer(place))
    done = place.read()
    assert (done.trouble, dict(done.kinds), done.rows_taken, done.rows_refused, done.tray) == (
        "",
        {"answer": 1},
        2,
        0,
        0,
    )
    assert place.events() == [("A1", "submitted", SENT), ("A2", "submitted", SENT)]
    (row,) = place.mails()
    found = {
        name: row[name]
        for name in ("kind", "state", "unit_code", "matched_by", "authenticity", "is_from_contact")
    }
    assert found == {
        "kind": "answer",
        "state": "kept",
        "unit_code": "140300",
        "matched_by": "form",
        "authenticity": "pass",
        "is_from_contact": True,
    }
    again = place.read()
    assert (again.known, dict(again.kinds)) == (0, {})


def test_rows_are_taken_one_by_one_and_what_cannot_be_used_says_why(place: Place) -> None:
    def fill(number: int, alarm_id: str) -> dict[str, Any]:
        found = dict(something_found(SENT - HOUR, "扬尘（工地）"))
        return found if number == 0 else {**found, "inspector": None}

    place.deliver(answer(place, content=form(place.key, fill=fill)))
    done = place.read()
    assert (done.rows_taken, done.rows_refused) == (1, 1)
    assert place.events() == [("A1", "submitted", SENT)]
    (row,) = place.mails()
    assert row["state"] == "kept"
    (refused,) = json.loads(row["refused_json"])
    assert (refused["alarm_id"], refused["reason"].endswith("必填：排查人")) == ("A2", True)
    with reading(place.house.engine) as connection:
        (reason,) = connection.execute(select(tables.quarantine.c.reason)).scalars()
        assert reason.endswith("必填：排查人")


def test_a_code_counts_in_whatever_width_case_and_blanks_it_was_typed(place: Place) -> None:
    def fill(number: int, alarm_id: str) -> dict[str, Any]:
        code = answer_code(place.key, alarm_id).lower()
        odd = f" {code[:5]} {code[5:]}" if number else code.translate(_WIDE)
        return {**nothing_found(SENT - HOUR), "code": odd}

    place.deliver(answer(place, content=form(place.key, fill=fill)))
    done = place.read()
    assert (done.rows_taken, done.rows_refused) == (2, 0)


_WIDE = {ord(char): ord(char) + 0xFEE0 for char in "abcdefghijklmnopqrstuvwxyz0123456789"}


def forged_results(mail: bytes) -> bytes:
    """The sender writes himself what only our server may say, below its trace, and our server says nothing."""
    trace, _, rest = mail.partition(b"\r\n")
    received, _, own = rest.partition(b"\r\n")
    return (
        received
        + b"\r\nReceived: from attacker by relay.attacker.example; Fri, 13 Mar 2020 10:00:00 +0800\r\n"
        + trace
        + b"\r\n"
        + own
    )


def without_results(mail: bytes) -> bytes:
    return mail.partition(b"\r\n")[2]


def failed(mail: bytes) -> bytes:
    return mail.replace(b"dkim=pass", b"dkim=fail").replace(b"spf=pass", b"spf=fail")


def of_another_domain(mail: bytes) -> bytes:
    return mail.replace(b"header.d=city.example", b"header.d=evil.example").replace(
        b"smtp.mailfrom=" + CONTACT.encode(), b"smtp.mailfrom=x@evil.example"
    )


def two_senders(mail: bytes) -> bytes:
    return mail.replace(b"From: ", b"From: boss@evil.example\r\nFrom: ", 1)


def sender_in_the_name(mail: bytes) -> bytes:
    return mail.replace(b"From: " + CONTACT.encode(), b'From: "' + CONTACT.encode() + b'" <x@evil.example>')


@pytest.mark.parametrize(
    ("sender", "change", "reason"),
    [
        ("stranger@city.example", lambda mail: mail, "不是该函件收件单位的联系人"),
        ("to370100@city.example", lambda mail: mail, "不是该函件收件单位的联系人"),
        (CONTACT, forged_results, "没有证明发件人"),
        (CONTACT, without_results, "没有证明发件人"),
        (CONTACT, failed, "未通过验证"),
        (CONTACT, of_another_domain, "没有证明发件人"),
        (CONTACT, two_senders, "写了几个发件人"),
        (CONTACT, sender_in_the_name, "不是该函件收件单位的联系人"),
    ],
)
def test_a_forged_mail_changes_nothing_and_waits_for_a_person(
    place: Place, sender: str, change: Callable[[bytes], bytes], reason: str
) -> None:
    add_cities(place.house.engine, "370100")
    place.deliver(change(answer(place, sender)))
    assert place.read().tray == 1
    assert place.events() == []
    (row,) = place.mails()
    assert (row["state"], row["settled_as"]) == ("tray", None)
    assert reason in row["tray_reason"]


def test_a_form_edited_for_other_alarms_answers_none_of_them(place: Place) -> None:
    content = form(place.key, alarms=("A1", "B7"))
    place.deliver(answer(place, content=content))
    done = place.read()
    assert (done.rows_taken, done.rows_refused) == (1, 1)
    assert [alarm for alarm, *_ in place.events()] == ["A1"]


def test_a_form_of_one_city_sent_by_another_waits(place: Place) -> None:
    add_cities(place.house.engine, "370100")
    place.deliver(answer(place, "to370100@city.example"))
    place.read()
    assert (place.events(), place.mails()[0]["is_from_contact"]) == ([], False)


def test_the_same_form_again_changes_nothing_nor_does_the_same_mail(place: Place) -> None:
    content = form(place.key)
    first = answer(place, content=content)
    place.deliver(first)
    place.read()
    place.deliver(first)  # the mail itself, once more
    place.deliver(answer(place, content=content, at=SENT + HOUR), at=SENT + HOUR)  # its form, by another mail
    done = place.read()
    assert (done.known, dict(done.kinds)) == (1, {"answer": 1})
    assert place.events() == [("A1", "submitted", SENT), ("A2", "submitted", SENT)]
    assert [row["reasons"] for row in place.mails()] == ["form_attached", "form_attached,form_known"]


def with_form(mail: bytes, content: bytes) -> bytes:
    """The mail with one more form."""
    whole = message_from_bytes(mail, policy=policy.SMTP)
    whole.add_attachment(
        content,
        maintype="application",
        subtype="vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        filename="2.xlsx",
    )
    return whole.as_bytes()


def found_at(number: int, alarm: str) -> dict[str, Any]:
    return dict(something_found(SENT - HOUR, "扬尘（工地）"))


def test_forms_of_one_mail_that_contradict_each_other_wait_for_a_person(place: Place) -> None:
    """One says of A2 that something was found, the other that nothing was."""
    other = form(place.key, alarms=("A2",), fill=found_at)
    place.deliver(with_form(answer(place), other))
    assert place.read().tray == 1
    assert place.events() == []
    assert place.mails()[0]["tray_reason"] == "几份反馈表对同一报警的填写不一致：A2"


def test_a_form_that_was_taken_before_contradicts_nothing(place: Place) -> None:
    """A thread carries the old form along; the same answers told twice, or of different alarms, are no contradiction."""
    first = form(place.key, alarms=("A1",))
    place.deliver(answer(place, content=first))
    place.read()
    again = form(place.key, fill=found_at)
    same = form(place.key, alarms=("A2",), fill=found_at)
    mail = with_form(with_form(answer(place, content=first, at=SENT + HOUR), again), same)
    place.deliver(mail, at=SENT + HOUR)
    done = place.read()
    assert (done.tray, done.rows_taken) == (0, 2)
    assert [(alarm, at) for alarm, _, at in place.events()] == [
        ("A1", SENT),
        ("A1", SENT + HOUR),
        ("A2", SENT + HOUR),
    ]


def test_an_older_form_that_comes_later_is_not_used(place: Place) -> None:
    newer = form(place.key, fill=lambda number, alarm: something_found(SENT, "扬尘（工地）"))
    place.deliver(answer(place, content=newer, at=SENT + HOUR), at=SENT + HOUR)
    place.read(now=NOW)
    problems = form(place.key, fill=lambda number, alarm: something_found(SENT - HOUR, "扬尘（工地）"))
    older = answer(place, content=problems, at=SENT)
    older = older.replace(b"10:00:00 +0800", b"11:30:00 +0800", 1)
    place.deliver(older, at=SENT + 2 * HOUR)
    done = place.read(now=NOW + HOUR)
    assert (done.rows_taken, done.rows_refused) == (0, 2)
    assert [(alarm, at) for alarm, _, at in place.events()] == [("A1", SENT + HOUR), ("A2", SENT + HOUR)]
    refused = json.loads(place.mails()[1]["refused_json"])
    assert refused == [{"alarm_id": alarm, "reason": OLDER} for alarm in ("A1", "A2")]


def test_what_else_came_in_the_second_of_an_answer_dates_nothing(place: Place) -> None:
    late = answer(place, at=SENT).replace(b"02:00:00 +0000", b"03:00:00 +0000", 1)  # an hour on its way
    stranger = answer(place, "stranger@city.example", at=SENT + HOUR)
    head, date, rest = stranger.partition(b"Date: ")
    undated = head + rest.partition(b"\r\n")[2]
    assert date
    place.deliver(late, undated, at=SENT + HOUR)
    place.read(now=NOW)
    corrected = form(place.key, fill=lambda number, alarm: something_found(SENT - HOUR, "扬尘（工地）"))
    second = answer(place, content=corrected, at=SENT + HOUR / 2).replace(
        b"02:30:00 +0000", b"03:30:00 +0000", 1
    )
    place.deliver(second, at=SENT + 3 * HOUR / 2)
    done = place.read(now=NOW + HOUR)
    assert (done.rows_taken, done.rows_refused) == (2, 0)


def test_an_alarm_of_which_one_more_row_is_broken_is_answered_all_the_same(place: Place) -> None:
    good = something_found(SENT - HOUR, "扬尘（工地）")
    workbook = openpyxl.load_workbook(io.BytesIO(form(place.key, ("A1",), lambda number, alarm: good)))
    sheet = workbook[layout.FORM_SHEET]
    for cell in sheet[layout.FIRST_ROW]:  # a second problem, copied, without its category
        is_category = sheet.cell(layout.HEADER_ROW, cell.column).value == "问题类别"
        sheet.cell(layout.FIRST_ROW + 1, cell.column, None if is_category else cell.value)
    stream = io.BytesIO()
    workbook.save(stream)
    place.deliver(answer(place, content=stream.getvalue()))
    done = place.read()
    assert (done.rows_taken, done.rows_refused, place.events()) == (1, 1, [("A1", "submitted", SENT)])
    (refused,) = json.loads(place.mails()[0]["refused_json"])
    assert (refused["alarm_id"], refused["reason"].endswith("必填：问题类别")) == ("A1", True)


def test_a_mail_dated_in_the_future_keeps_later_forms_out_of_nothing(place: Place) -> None:
    first = answer(place).replace(b"Date: Fri, 13 Mar 2020", b"Date: Fri, 13 Mar 2099")
    place.deliver(first)
    place.read()
    later = form(place.key, fill=lambda number, alarm: something_found(SENT, "扬尘（工地）"))
    place.deliver(answer(place, content=later, at=SENT + HOUR), at=SENT + HOUR)
    assert place.read(now=NOW + HOUR).rows_taken == 2


def test_the_receipt_is_the_servers_whatever_date_the_mail_bears(place: Place) -> None:
    place.deliver(
        answer(place, at=SENT - timedelta(days=30)).replace(b"Received: ", b"X-Received: ", 1), at=SENT
    )
    place.read()
    assert {at for _, _, at in place.events()} == {SENT}


def test_the_servers_own_trace_goes_before_a_mailbox_that_was_filled_later(place: Place) -> None:
    place.deliver(answer(place), at=NOW - timedelta(minutes=1))
    place.read()
    assert ({at for _, _, at in place.events()}, place.mails()[0]["clock"]) == ({SENT}, "received")


def test_words_of_a_person_wait_and_are_filed_with_a_reason(place: Place) -> None:
    place.deliver(text_mail(place.letter, CONTACT, SENT, "我局已现场核查。<script>alert(1)</script>"))
    place.read()
    (row,) = place.mails()
    assert (row["kind"], row["state"], row["matched_by"], row["unit_code"]) == (
        "reply",
        "tray",
        "references",
        "140300",
    )
    opened = open_mail(place.house, row["mail_id"])
    assert opened.read is not None
    assert opened.read.text.strip() == "我局已现场核查。<script>alert(1)</script>"
    with pytest.raises(InputError, match="a reason is needed"):
        settle(place.house, row["mail_id"], "filed", Act(NOW, "王某", " "))
    settle(place.house, row["mail_id"], "filed", BY)
    with pytest.raises(StateError, match="nobody has to look"):
        settle(place.house, row["mail_id"], "spam", BY)
    (row,) = place.mails()
    assert (row["state"], row["settled_as"], row["settled_by"]) == ("settled", "filed", "王某")


def test_a_person_vouches_for_a_colleague_and_makes_them_a_contact(place: Place) -> None:
    place.deliver(answer(place, "colleague@city.example"))
    place.read()
    accept(place.house, place.mails()[0]["mail_id"], BY, [0], contact_of="140300")
    assert place.events() == [("A1", "submitted", SENT), ("A2", "submitted", SENT)]
    (row,) = place.mails()
    assert (row["settled_as"], row["rows_taken"]) == ("taken", 2)
    again = form(place.key, fill=lambda number, alarm: something_found(SENT, "扬尘（工地）"))
    place.deliver(answer(place, "colleague@city.example", again, at=SENT + HOUR), at=SENT + HOUR)
    assert place.read(now=NOW + HOUR).tray == 0


@pytest.mark.parametrize("is_contact", [True, False])
def test_a_form_that_says_only_what_was_found_at_suspects_is_taken(place: Place, is_contact: bool) -> None:
    """Findings are rows that were taken, by themselves too; of the two the second is of nobody that the alarm suspects."""
    told = [
        AlarmSuspects(
            "A1",
            "T1",
            "",
            "",
            SENT,
            tuple(Suspected(f"{one}厂", "low", "近", one, "enterprise", 0.1) for one in ("Q1", "Q2")),
        )
    ]
    suspect = {"rank": 1, "score": 0.5, "evidence_json": "{}", "rules_edition": "e"}
    with place.house.engine.begin() as connection:
        connection.execute(suspect_at_push.insert().values(alarm_id="A1", enterprise_id="Q1", **suspect))
    row = form_row(1, alarm_id="A1", code=answer_code(place.key, "A1"))
    letter = replace(notice(form=1), letter_key=place.key, form=(row,), suspects=tuple(told))
    book = openpyxl.load_workbook(io.BytesIO(answer_form(letter, [])))
    sheet = book[layout.SUSPECT_SHEET]
    at = {column.key: place for place, column in enumerate(layout.SUSPECT_COLUMNS, start=1)}
    said = {"verdict": layout.SITE_FOUND, "unit": "分局", "inspector": "李某", "note": "布袋破损"}
    for offset in range(2):
        for key, value in said.items():
            sheet.cell(layout.FIRST_ROW + offset, at[key], value)
    content = io.BytesIO()
    book.save(content)
    place.deliver(answer(place, CONTACT if is_contact else "colleague@city.example", content.getvalue()))
    place.read()
    (row,) = place.mails()
    if not is_contact:
        assert (row["state"], row["rows_taken"]) == ("tray", 0)
        accept(place.house, row["mail_id"], BY, [0])
        (row,) = place.mails()
    assert (row["rows_taken"], row["rows_refused"]) == (1, 1)
    with reading(place.house.engine) as connection:
        kept = connection.execute(select(suspect_verdict.c.enterprise_id, suspect_verdict.c.verdict)).all()
    assert [tuple(one) for one in kept] == [("Q1", "found")]


def test_of_forms_of_two_units_each_is_named_and_one_unit_is_taken(place: Place) -> None:
    """A contact of 阳泉 sends the form of 长治, too: nothing of the other is taken with the first, nor is the sender its contact."""
    add_alarm(place.house.engine, "B1", "03-12 09:00", unit_code="140400", is_simulated=True)
    add_cities(place.house.engine, "140400")
    other = facts(unit_code="140400", alarms=("B1",))
    released(place.house.engine, place.house.archive, other, now=SENT - HOUR)
    place.deliver(with_form(answer(place), form(other.key, alarms=("B1",))))
    assert place.read().tray == 1
    (row,) = place.mails()
    opened = open_mail(place.house, row["mail_id"])
    assert [(one.unit_name, [line.alarm_id for _, line in one.lines]) for one in opened.shown] == [
        ("阳泉市", ["A1", "A2"]),
        ("长治市", ["B1"]),
    ]
    assert opened.contact_of == ()  # a contact of 阳泉 already
    for chosen, contact_of in (([0, 1], ""), ([1], "140400"), ([], ""), ([7], "")):
        with pytest.raises(InputError):
            accept(place.house, row["mail_id"], BY, chosen, contact_of=contact_of)
    assert place.events() == []
    accept(place.house, row["mail_id"], BY, [0])
    assert [alarm_id for alarm_id, *_ in place.events()] == ["A1", "A2"]
    (row,) = place.mails()
    assert (row["unit_code"], row["rows_taken"]) == ("140300", 2)


def test_a_person_types_what_a_mail_says(place: Place) -> None:
    place.deliver(text_mail(place.letter, CONTACT, SENT, "A2 已排查，未发现问题。"))
    place.read()
    number = place.mails()[0]["mail_id"]
    with pytest.raises(InputError, match="必填"):
        accept_typed(place.house, number, place.key, "A2", {"result": "已排查，未发现问题"}, BY)
    with pytest.raises(InputError, match="cannot be used"):
        accept_typed(place.house, number, place.key, "B9", dict(_typed()), BY)
    accept_typed(place.house, number, place.key, "A2", dict(_typed()), BY)
    assert place.events() == [("A2", "submitted", SENT)]


def _typed() -> dict[str, str]:
    return {
        "result": "已排查，未发现问题",
        "unit": "分局",
        "inspector": "李某",
        "answered_at": "2020-03-13 09:00",
    }


def test_a_bounce_refuses_the_delivery_of_the_address_that_it_names(place: Place) -> None:
    place.deliver(bounce_mail(place.letter, CONTACT, SENT))
    assert dict(place.read().kinds) == {"bounce": 1}
    assert place.states() == {CONTACT: "refused", "cc140300@city.example": "sent"}
    with reading(place.house.engine) as connection:
        reason = connection.execute(
            select(tables.delivery.c.state_reason).where(tables.delivery.c.state == "refused")
        ).scalar_one()
    assert reason.startswith("退信：5.1.1 ")
    assert "User unknown" in reason


@pytest.mark.parametrize(
    ("address", "words", "states", "tray"),
    [
        (CONTACT, "452 4.2.2 Mailbox full", {"sent"}, 0),
        ("elsewhere@city.example", "550 5.1.1 User unknown", {"sent"}, 1),
    ],
)
def test_a_temporary_bounce_is_noted_and_one_of_others_waits(
    place: Place, address: str, words: str, states: set[str], tray: int
) -> None:
    place.deliver(bounce_mail(place.letter, address, SENT, words))
    assert place.read().tray == tray
    assert set(place.states().values()) == states


def proven(domain: str, result: str = "pass") -> Callable[[bytes], bytes]:
    """As it comes from a server of that domain, which ours knows (or does not)."""
    head = f"Authentication-Results: {HOST}; spf={result} smtp.mailfrom={domain}; dmarc={result} header.from={domain}\r\n"
    return lambda mail: (
        head.encode() + mail.replace(b"MAILER-DAEMON@city.example", f"MAILER-DAEMON@{domain}".encode())
    )


def without_its_id(mail: bytes) -> bytes:
    lines = mail.split(b"\r\n")
    return b"\r\n".join(
        b"X-Qianliyan-Letter: " + KEY if line.startswith(b"Message-ID: <notice") else line for line in lines
    )


KEY = b"notice_140300_day_2020-03-12_2020-03-13_1"


@pytest.mark.parametrize(
    ("change", "has_tag", "state", "doubt"),
    [
        (proven("mx.city.example"), False, "refused", ""),
        (proven("mee.example"), False, "refused", ""),
        (proven("evil.example"), False, "sent", "的域名与被退回的地址、与本单位都无关"),
        (proven("city.example", "fail"), False, "sent", "未通过验证"),
        (proven("city.example"), True, "sent", "没有寄到该地址"),
        (without_its_id, False, "sent", "没有写明原函件的 Message-ID"),
    ],
)
def test_a_bounce_that_anybody_may_have_written_changes_nothing_and_waits(
    place: Place, change: Callable[[bytes], bytes], has_tag: bool, state: str, doubt: str
) -> None:
    if has_tag:
        with place.house.engine.begin() as connection:
            connection.execute(tables.delivery.update().values(return_tag="0123456789abcdef"))
    place.deliver(change(bounce_mail(place.letter, CONTACT, SENT)))
    assert (place.read().tray, place.states()[CONTACT]) == (int(bool(doubt)), state)
    (row,) = place.mails()
    assert (row["kind"], doubt in row["tray_reason"]) == ("bounce", True)
    assert row["tray_reason"].startswith("未经验证的退信：") == bool(doubt)


def test_a_bounce_of_no_letter_of_ours_waits(place: Place) -> None:
    place.deliver(bounce_mail(place.letter.replace(b"notice_140300", b"notice_999999"), CONTACT, SENT))
    assert place.read().tray == 1
    assert set(place.states().values()) == {"sent"}


def test_an_automatic_reply_changes_nothing_and_waits_for_nobody(place: Place) -> None:
    told = text_mail(place.letter, CONTACT, SENT, "我正在休假。")
    place.deliver(told.replace(b"From: ", b"Auto-Submitted: auto-replied\r\nFrom: ", 1))
    done = place.read()
    assert (dict(done.kinds), done.tray, place.events()) == ({"autoreply": 1}, 0, [])


def test_a_form_outranks_every_sign_of_an_automatic_reply(place: Place) -> None:
    place.deliver(
        answer(place).replace(
            b"From: ", b"Auto-Submitted: auto-replied\r\nX-QQ-AUTO-REPLY: true\r\nFrom: ", 1
        )
    )
    assert place.read().rows_taken == 2


def test_our_own_form_returned_empty_by_a_machine_is_no_answer(place: Place) -> None:
    empty = form(place.key, fill=lambda number, alarm: None)
    place.deliver(
        answer(place, content=empty).replace(b"From: ", b"Auto-Submitted: auto-replied\r\nFrom: ", 1)
    )
    place.deliver(answer(place, content=empty, at=SENT + HOUR), at=SENT + HOUR)  # and by a person
    done = place.read()
    assert (dict(done.kinds), done.tray, place.events()) == ({"autoreply": 1, "answer": 1}, 1, [])


def test_a_contact_of_yesterday_speaks_for_nobody_today(place: Place) -> None:
    add_contact(place.house.engine, "140300", "cc", "old@city.example", valid_to=SENT.date())
    place.deliver(answer(place, "old@city.example"))
    assert (place.read().tray, place.events()) == (1, [])


def test_mail_of_a_trusted_domain_needs_no_word_of_the_server(place: Place) -> None:
    place.source.options["trusted_domains"] = "city.example"  # type: ignore[index]
    place.deliver(without_results(answer(place)))
    assert place.read().rows_taken == 2
    place.deliver(
        failed(answer(place, content=form(place.key, alarms=("A1",)), at=SENT + HOUR)), at=SENT + HOUR
    )
    assert place.read().tray == 1
