"""How units answer by mail: the form that came with a letter, filled in and sent back; a bounce of an address that is none. 模拟数据."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from email.message import EmailMessage, Message
from email.parser import BytesParser
from email.policy import SMTP, compat32
from email.utils import format_datetime
from typing import Any, Final

import openpyxl

from include.answer_form import layout as form
from include.language import say
from include.periods import office_zone
from include.post.message import DATA_HEADER
from include.replies.mail import read_mail

HOST: Final = "mx.supervision.example"
Filled = Mapping[str, Any]


def form_of(letter: bytes) -> bytes | None:
    """The answer form attached to a letter's mail; None where it has none."""
    return next(
        (
            file.content
            for file in read_mail(letter, (form.FORM_SHEET, say(form.FORM_SHEET))).files
            if file.what == "form"
        ),
        None,
    )


def filled_in(content: bytes, fill: Callable[[int, str], Filled | None]) -> bytes:
    """The form with what `fill` says of each alarm (number of the row from 0, alarm_id): values by key of the column, or nothing."""
    workbook = openpyxl.load_workbook(io.BytesIO(content))
    sheet = workbook[say(form.FORM_SHEET)]
    titles = [cell.value for cell in sheet[form.HEADER_ROW]]
    places = {column.key: titles.index(column.title) + 1 for column in form.COLUMNS}
    number = 0
    for row in range(form.FIRST_ROW, sheet.max_row + 1):
        alarm_id = sheet.cell(row, places["alarm_id"]).value
        if not alarm_id:
            continue
        for key, value in (fill(number, str(alarm_id)) or {}).items():
            sheet.cell(row, places[key], value)
        number += 1
    stream = io.BytesIO()
    workbook.save(stream)
    return stream.getvalue()


def nothing_found(at: datetime) -> Filled:
    """An inspection that found nothing."""
    told_at = at.astimezone(office_zone()).replace(tzinfo=None, microsecond=0, second=0)
    return {
        "result": say(form.NOTHING_FOUND),
        "unit": say("区县分局"),
        "inspector": say("李某"),
        "answered_at": told_at,
    }


def something_found(at: datetime, category: str) -> Filled:
    """An inspection that found a problem, which is being rectified."""
    told_at = at.astimezone(office_zone()).replace(tzinfo=None, microsecond=0, second=0)
    return {
        **nothing_found(at),
        "result": say(form.FOUND),
        "category": category,
        "description": say("工地裸土未苫盖"),
        "rectification": say(form.RECTIFYING),
        "rectify_by_date": (told_at + timedelta(days=3)).date(),
    }


def answer_mail(letter: bytes, sender: str, filled: bytes, sent_at: datetime, *, text: str = "") -> bytes:
    """The reply of a contact with the filled-in form, as the office's server keeps it."""
    mail = _reply(letter, sender, say("回复：{subject}", subject=_subject(letter)), sent_at)
    mail.set_content(text or say("反馈表见附件。"))
    mail.add_attachment(
        filled,
        maintype="application",
        subtype="vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        filename=say("反馈表.xlsx"),
    )
    return _received(mail, sender, sent_at)


def text_mail(letter: bytes, sender: str, sent_at: datetime, text: str) -> bytes:
    """A reply in words, without a form."""
    mail = _reply(letter, sender, say("回复：{subject}", subject=_subject(letter)), sent_at)
    mail.set_content(text)
    return _received(mail, sender, sent_at)


def bounce_mail(
    letter: bytes, address: str, sent_at: datetime, words: str = "550 5.1.1 User unknown"
) -> bytes:
    """What the addressee's server says of an address that is none."""
    head = _head(letter)
    domain = address.rpartition("@")[2]
    lines = [
        "Return-Path: <>",
        f"From: Mail Delivery System <MAILER-DAEMON@{domain}>",
        f"To: {' '.join(str(head['From']).split())}",
        "Subject: Undelivered Mail Returned to Sender",
        f"Date: {format_datetime(sent_at)}",
        f"Message-ID: <bounce.{sent_at:%Y%m%d%H%M%S}.{address.replace('@', '.')}@{domain}>",
        "MIME-Version: 1.0",
        'Content-Type: multipart/report; report-type=delivery-status; boundary="=_b"',
        "",
        "--=_b",
        "Content-Type: text/plain; charset=utf-8",
        "",
        f"<{address}>: host {domain} said: {words}",
        "",
        "--=_b",
        "Content-Type: message/delivery-status",
        "",
        f"Reporting-MTA: dns; {domain}",
        "",
        f"Final-Recipient: rfc822; {address}",
        "Action: failed",
        f"Status: {words.split()[1]}",
        f"Diagnostic-Code: smtp; {words}",
        "",
        "--=_b",
        "Content-Type: text/rfc822-headers",
        "",
        f"Message-ID: {head['Message-ID']}",
        f"From: {head['From']}",
        f"To: {address}",
        "",
        "--=_b--",
        "",
    ]
    return "\r\n".join(lines).encode("ascii", "replace")


def _head(letter: bytes) -> Message:
    return BytesParser(policy=compat32).parsebytes(letter, headersonly=True)


def _subject(letter: bytes) -> str:
    return read_mail(letter.partition(b"\r\n\r\n")[0] + b"\r\n\r\n").head("subject")


def _reply(letter: bytes, sender: str, subject: str, sent_at: datetime) -> EmailMessage:
    head = _head(letter)
    mail = EmailMessage(policy=SMTP.clone(max_line_length=998))  # a long identity is one word on one line
    mail["From"] = sender
    mail["To"] = " ".join(str(head["Reply-To"] or head["From"]).split())
    mail["Subject"] = subject
    mail["Date"] = format_datetime(sent_at)
    mail["Message-ID"] = f"<{sent_at:%Y%m%d%H%M%S%f}.{len(subject)}@{sender.rpartition('@')[2]}>"
    told = "".join(str(head["Message-ID"]).split())  # a long one stands on a line of its own
    mail["In-Reply-To"] = told
    mail["References"] = told
    mail[DATA_HEADER] = "simulated"
    return mail


def _received(mail: EmailMessage, sender: str, at: datetime) -> bytes:
    """The mail with what the office's own server writes above it."""
    domain = sender.rpartition("@")[2]
    trace = (
        f"Authentication-Results: {HOST}; dkim=pass header.d={domain}; spf=pass smtp.mailfrom={sender}\r\n"
        f"Received: from mail.{domain} by {HOST} with ESMTPS; {format_datetime(at)}\r\n"
    )
    return trace.encode() + mail.as_bytes()
