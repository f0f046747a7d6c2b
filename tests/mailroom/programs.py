"""Replies as mail programs write them: Foxmail, QQ, 163, Outlook, iPhone; answers, machines' words, and what looks like one of these."""

import base64
import io
import zipfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from email.parser import BytesParser
from email.utils import format_datetime
from itertools import count

from include.simulator.mail_answers import HOST, nothing_found
from tests.mailroom.office import CONTACT, SENT, Place, form
from tests.mailroom.tnef import winmail

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
QUOTED = "\r\n\r\n------------------ 原始邮件 ------------------\r\n发件人: dudu\r\n主题: 提示函\r\n\r\n退信 无法投递 自动回复 已读：\r\n"
NUMBERS = count(1)
Sample = tuple[str, bytes, str]  # name; the mail; what becomes of it: kind, state, rows


def word(text: str, charset: str = "gb18030") -> str:
    """A text in a header."""
    code = "gb18030" if charset.startswith("gb") else charset
    return f"=?{charset}?B?{base64.b64encode(text.encode(code)).decode()}?="


def based(content: bytes) -> bytes:
    return base64.encodebytes(content).replace(b"\n", b"\r\n")


def text(words: str, charset: str = "gb18030", kind: str = "plain") -> bytes:
    code = "gb18030" if charset.startswith("gb") else charset
    head = f'Content-Type: text/{kind};\r\n\tcharset="{charset}"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    return head.encode() + based(words.encode(code))


def file(content: bytes, name: str, media_type: str = "application/octet-stream") -> bytes:
    head = (
        f'Content-Type: {media_type};\r\n\tname="{name}"\r\nContent-Transfer-Encoding: base64\r\n'
        f'Content-Disposition: attachment;\r\n\tfilename="{name}"\r\n\r\n'
    )
    return head.encode("gb18030") + based(content)


def mixed(head: bytes, *parts: bytes) -> bytes:
    mark = f"----=_Part_{next(NUMBERS)}"
    begin = f'Content-Type: multipart/mixed;\r\n\tboundary="{mark}"\r\n\r\nThis is a multi-part message in MIME format.\r\n\r\n'
    body = b"".join(f"--{mark}\r\n".encode() + part + b"\r\n" for part in parts)
    return head + begin.encode() + body + f"--{mark}--\r\n".encode()


def head(
    place: Place,
    subject: str,
    *more: str,
    sender: str = CONTACT,
    refers: str = "References",
    at: datetime = SENT,
) -> bytes:
    """The headers of a reply, with what the office's own server writes above them; `refers`: how it names our letter, if it does."""
    domain = sender.rpartition("@")[2]
    told = "".join(str(BytesParser().parsebytes(place.letter, headersonly=True)["Message-ID"]).split())
    lines = [
        f"Authentication-Results: {HOST}; dkim=pass header.d={domain}; spf=pass smtp.mailfrom={sender}",
        f"Received: from mail.{domain} by {HOST} with ESMTPS; {format_datetime(at)}",
        f"Date: {format_datetime(at)}",
        f'From: "{word("周某")}" <{sender}>',
        'To: "dudu" <dudu@supervision.example>',
        f"Subject: {subject}",
        f"Message-ID: <{next(NUMBERS)}.reply@mail.example>",
        "MIME-Version: 1.0",
        *([f"{refers}: {told}"] if refers else []),
        *more,
    ]
    return "\r\n".join([*lines, ""]).encode()


def samples(place: Place) -> Iterator[Sample]:
    """One after the other; each form says something of its own, so that none is one that was taken before."""

    def filled(*alarms: str, key: str = place.key) -> bytes:
        told = {**nothing_found(SENT - timedelta(hours=1)), "note": f"第{next(NUMBERS)}次"}
        return form(key, alarms or ("A1", "A2"), lambda number, alarm: told)

    def enclosed(content: bytes) -> bytes:
        return mixed(head(place, word("回复：提示函")), text("见附件"), file(content, word("反馈表.xlsx")))

    subject, form_name = word("回复：提示函"), word("反馈表.xlsx")
    yield from (
        (
            "Foxmail, the letter quoted below",
            mixed(head(place, subject, "X-Mailer: Foxmail 7.2.20.273[cn]"), text(f"已反馈{QUOTED}"), file(filled(), form_name, XLSX)),
            "answer kept 2",
        ),
        (
            "QQ",
            mixed(
                head(place, word("回复：提示函", "utf-8"), "X-QQ-MIME: TCMime 1.0 by Tencent", refers="In-Reply-To"),
                text(f"见附件{QUOTED}", "utf-8"),
                file(filled(), word("反馈表.xlsx", "utf-8")),
            ),
            "answer kept 2",
        ),
        (
            "163 in GBK, words as HTML",
            mixed(
                head(place, word("Re:提示函", "gbk"), "X-Mailer: Coremail Webmail Server Version XT5.0.10"),
                text("<div>附件请查收</div>", "gbk", "html"),
                file(filled(), word("反馈表.xlsx", "gbk"), XLSX),
            ),
            "answer kept 2",
        ),
        (
            "Outlook with winmail.dat",
            mixed(head(place, word("答复: 提示函", "gb2312"), "X-MS-Has-Attach: yes"), text("见附件"), file(winmail({"反馈表.xlsx": filled()}), "winmail.dat", "application/ms-tnef")),
            "answer kept 2",
        ),
        (
            "iPhone, below the quoted letter",
            mixed(head(place, word("Re: 提示函", "utf-8"), "X-Mailer: iPhone Mail (17D50)"), text("> 请反馈\r\n\r\n发自我的iPhone", "utf-8"), file(filled(), "=?utf-8?Q?=E5=8F=8D=E9=A6=88.xlsx?=", XLSX)),
            "answer kept 2",
        ),
        ("subject and name in bare GBK", mixed(head(place, "@").replace(b"@\r\nMessage", "回复：提示函\r\nMessage".encode("gbk")), text("见附件"), file(filled(), "反馈表.xlsx")), "answer kept 2"),
        ("forwarded", mixed(head(place, word("转发：提示函")), text("转"), b"Content-Type: message/rfc822\r\n\r\n" + enclosed(filled())), "answer kept 2"),
        ("forwarded as a file", mixed(head(place, word("转发：提示函")), text("转"), file(enclosed(filled()), word("转发的邮件.eml"))), "answer kept 2"),
        ("renamed", mixed(head(place, subject), text("见附件"), file(filled(), word("反馈.doc"), "application/msword")), "answer kept 2"),
        ("two forms", mixed(head(place, subject), text("见附件"), file(filled("A1"), word("一.xlsx")), file(filled("A2"), word("二.xlsx"))), "answer kept 2"),
        ("another city's alarm in it", mixed(head(place, subject), text("见附件"), file(filled("A1", "Z9"), form_name)), "answer kept 1"),
        ("of a letter that is none", mixed(head(place, subject), text("见附件"), file(filled(key="notice_140300_day_2020-02-01_2020-02-02_1"), form_name)), "answer tray 0"),
        ("asks for a receipt", mixed(head(place, subject, f"Disposition-Notification-To: {CONTACT}"), text("见附件"), file(filled(), form_name)), "answer kept 2"),
        ("with a calendar entry", mixed(head(place, subject), text("见附件"), b"Content-Type: text/calendar; method=REQUEST\r\n\r\nBEGIN:VCALENDAR", file(filled(), form_name)), "answer kept 2"),
        ("refers to nothing", mixed(head(place, word("阳泉"), refers=""), text("见附件"), file(filled(), form_name)), "answer kept 2"),
        ("in a zip", mixed(head(place, subject), text("见附件"), file(zipped(filled()), word("反馈.zip"))), "answer kept 2"),
        ("signed", signed(head(place, subject), mixed(b"", text("见附件"), file(filled(), form_name))), "answer tray 0"),
        ("of another city's contact", mixed(head(place, subject, sender="to370100@city.example"), text("见附件"), file(filled(), form_name)), "answer tray 0"),
        ("of a colleague", mixed(head(place, subject, sender="colleague@city.example"), text("见附件"), file(filled(), form_name)), "answer tray 0"),
        ("in the hour after the deadline", mixed(head(place, subject, at=SENT + timedelta(hours=1)), text("见附件"), file(filled(), form_name)), "answer kept 2"),
        ("a machine returns the empty form", mixed(head(place, word("自动回复：提示函"), "Auto-Submitted: auto-replied"), text("休假"), file(form(place.key, ("A1",), lambda number, alarm: None), form_name)), "autoreply kept 0"),
        ("QQ's automatic reply", head(place, word("自动回复:提示函"), "X-QQ-AUTO-REPLY: true", refers="") + text("您好，我在休假"), "autoreply kept 0"),
        ("Exchange, out of office", head(place, word("自动答复: 提示函", "gb2312"), "Auto-Submitted: auto-generated", refers="In-Reply-To") + text("休假"), "autoreply kept 0"),
        ("read", head(place, word("已读: 提示函"), 'Content-Type: multipart/report; report-type=disposition-notification; boundary="b"') + b"\r\n--b\r\n\r\nread\r\n--b--\r\n", "receipt kept 0"),
        ("empty", head(place, subject) + b"\r\n", "reply tray 0"),
        ("a photo of the form", mixed(head(place, subject), text("见照片"), file(b"\xff\xd8\xff" + bytes(99), word("表.jpg"), "image/jpeg")), "reply tray 0"),
        ("a link to a file in a cloud", head(place, subject) + text("从QQ邮箱发来的超大附件\r\n反馈表.xlsx (10K, 到期)"), "reply tray 0"),
        ("a table among the words", head(place, subject) + text("<table><tr><td>A1</td><td>未发现问题</td></tr></table>", "gbk", "html"), "reply tray 0"),
        ("taken back by its sender", head(place, word("撤回: 提示函")) + text("李某 将撤回邮件“提示函”。"), "reply tray 0"),
        ("says nothing of ours", head(place, word("会议通知"), refers="") + text("明日开会"), "other tray 0"),
    )  # fmt: skip


def zipped(content: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as package:
        package.writestr("反馈/反馈表.xlsx", content)
    return stream.getvalue()


def signed(head: bytes, inside: bytes) -> bytes:
    """S/MIME beside the text."""
    begin = b'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; boundary="=_s"\r\n\r\n--=_s\r\n'
    return (
        head
        + begin
        + inside
        + b"\r\n--=_s\r\n"
        + file(b"0\x82", "smime.p7s", "application/pkcs7-signature")
        + b"\r\n--=_s--\r\n"
    )
