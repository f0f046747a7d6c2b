"""The mail as a mail client reads it."""

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from include.errors import CompositionError
from include.post.message import Dispatch, build_message
from include.post.recipients import Recipient
from tests.post.samples import File, Letter, composition, server

DISPATCH = Dispatch(
    letter_key="notice_140300_day_2020-03-12_2020-03-13_1",
    copy_no=1,
    is_rehearsal=False,
    is_simulated=True,
    addressee_name="阳泉市",
    recipients=(
        Recipient("to@yq.example", "阳泉市生态环境局", "to"),
        Recipient("a@yq.example", '值班室 "甲", 乙', "cc"),
        Recipient("b@yq.example", "Plain Name", "cc"),
    ),
    references=("<first@mee.example>", "<second@mee.example>"),
    released_at=datetime(2020, 3, 13, 0, 30, tzinfo=UTC),
    reply_to="duty@mee.example",
    attachment_names="unicode",
)
HTML = '<!doctype html><html><body class="a">\n<p>环督提〔2020〕1号 &lt;鄠邑&gt; 🙂</p>\n<p>x = 1\n</p></body></html>'
TEXT = "环督提〔2020〕1号\n\n.一行以点开头\nFrom 一行\n" + "长" * 500 + "\n"
LETTER = Letter(
    "关于热点网格排查反馈情况提示的函（阳泉市）",
    (
        File("text", "mail.txt", "mail.txt", "text/plain", TEXT.encode()),
        File("html", "mail.html", "mail.html", "text/html", HTML.encode()),
        File(
            "xlsx",
            "反馈表（阳泉市）.xlsx",
            "answers_140300.xlsx",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            bytes(range(256)) * 40,
        ),
        File(
            "pdf",
            "提示函（阳泉市 鄠邑=#$&）.pdf",
            "notice_140300.pdf",
            "application/pdf",
            b"%PDF-1.7\r\n.\r\n..\r\n",
        ),
    ),
)


def read(dispatch: Dispatch = DISPATCH, letter: Letter = LETTER) -> EmailMessage:
    return message_from_bytes(build_message(dispatch, letter, server()), policy=policy.default)


def test_the_headers_say_who_when_and_which_letter():
    message = read()
    assert {
        name: str(message[name]) for name in ("From", "To", "Cc", "Subject", "Reply-To", "Date", "Message-ID")
    } == {
        "From": "千里眼 <qianliyan@mee.example>",
        "To": "阳泉市生态环境局 <to@yq.example>",
        "Cc": '"值班室 \\"甲\\", 乙" <a@yq.example>, Plain Name <b@yq.example>',
        "Subject": "关于热点网格排查反馈情况提示的函（阳泉市）",
        "Reply-To": "duty@mee.example",
        "Date": "Fri, 13 Mar 2020 08:30:00 +0800",
        "Message-ID": "<notice_140300_day_2020-03-12_2020-03-13_1.1@mee.example>",
    }
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["In-Reply-To"] == "<second@mee.example>"
    assert message["References"] == "<first@mee.example> <second@mee.example>"
    assert message["X-Qianliyan-Letter"] == DISPATCH.letter_key
    assert message["X-Qianliyan-Data"] == "simulated"
    assert [len(message.get_all(name)) for name in ("Message-ID", "Date", "From", "To", "Subject")] == [
        1,
        1,
        1,
        1,
        1,
    ]


def test_text_and_html_are_exactly_what_was_composed():
    message = read()
    assert message.get_body(("plain",)).get_content() == TEXT
    assert message.get_body(("html",)).get_content() == HTML


def test_attachments_keep_their_bytes_types_and_names_the_pdf_first():
    parts = list(read().iter_attachments())
    assert [(part.get_filename(), part.get_content_type(), part.get_content()) for part in parts] == [
        ("提示函（阳泉市 鄠邑=#$&）.pdf", "application/pdf", LETTER.files[3].content),
        ("反馈表（阳泉市）.xlsx", LETTER.files[2].media_type, LETTER.files[2].content),
    ]


def test_ascii_names_for_clients_that_garble_others():
    parts = list(read(replace(DISPATCH, attachment_names="ascii")).iter_attachments())
    assert [part.get_filename() for part in parts] == ["notice_140300.pdf", "answers_140300.xlsx"]


def test_a_picture_is_shown_inside_the_html():
    picture = File("inline", "图.png", "map.png", "image/png", b"\x89PNG\r\n")
    html = replace(LETTER.files[1], content=b'<html><body><img src="cid:inline"></body></html>')
    message = read(letter=replace(LETTER, files=(LETTER.files[0], html, picture)))
    [part] = [part for part in message.walk() if part.get_content_type() == "image/png"]
    content_id = part["Content-ID"].strip("<>")
    assert content_id.endswith("@mee.example")
    assert f'src="cid:{content_id}"' in message.get_body(("html",)).get_content()
    assert (part.get_content_disposition(), part.get_content()) == ("inline", b"\x89PNG\r\n")
    assert list(message.iter_attachments()) == []


def test_the_same_letter_copy_and_moment_give_the_same_bytes():
    first = build_message(DISPATCH, LETTER, server())
    assert first == build_message(DISPATCH, LETTER, server())
    assert first != build_message(replace(DISPATCH, copy_no=2), LETTER, server())


def test_what_leaves_is_seven_bit_with_crlf_and_short_lines():
    content = build_message(DISPATCH, LETTER, server())
    assert content.isascii()
    assert content.count(b"\n") == content.count(b"\r\n") == content.count(b"\r")
    assert max(map(len, content.split(b"\r\n"))) < 998


def test_a_rehearsal_is_marked_wherever_one_looks():
    message = read(
        replace(DISPATCH, is_rehearsal=True, recipients=(Recipient("me@mee.example", "值班", "to"),))
    )
    notice = "【演练】本邮件为演练，未发往阳泉市，不编文号，请勿办理。"
    assert message["Subject"] == "【演练】关于热点网格排查反馈情况提示的函（阳泉市）"
    assert message["Message-ID"] == "<notice_140300_day_2020-03-12_2020-03-13_1.rehearsal1@mee.example>"
    assert message.get_body(("plain",)).get_content() == f"{notice}\n\n{TEXT}"
    assert (
        f'<body class="a"><p style="padding:8px;border:2px solid #c00;color:#c00"><b>{notice}</b></p>'
        in message.get_body(("html",)).get_content()
    )
    assert [part.get_filename()[:3] for part in message.iter_attachments()] == ["演练_", "演练_"]


@pytest.mark.parametrize("subject", ["", "  ", "主题\r\nBcc: all@example.org", "主题\u2028"])
def test_a_subject_that_would_break_a_header_is_refused(subject):
    with pytest.raises(CompositionError, match="subject cannot be a header"):
        read(letter=replace(LETTER, subject=subject))


@pytest.mark.parametrize("name", ["", "a\nb.pdf", "长" * 101])
def test_a_file_name_that_would_break_a_header_is_refused(name):
    files = (*LETTER.files[:3], replace(LETTER.files[3], file_name=name))
    with pytest.raises(CompositionError, match="file name cannot be a header"):
        read(letter=replace(LETTER, files=files))


def test_a_letter_without_a_text_is_refused():
    with pytest.raises(CompositionError, match="a file of role text"):
        read(letter=replace(composition(), files=composition().files[:2]))
