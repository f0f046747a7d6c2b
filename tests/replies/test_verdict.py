"""What a mail is: each rule by its own sample, public sets of bounces where they are, and what no rule may take for something else."""

import csv
import os
from pathlib import Path

import pytest

from include.replies.autoreplies import AUTOREPLY_RULES, OTHER_RULES, RECEIPT_RULES
from include.replies.bounces import RULES
from include.replies.mail import read_mail
from include.replies.senders import authenticity
from include.replies.verdict import reason_words, verdict
from tests.replies.mails import OURS, mail

SHARED = Path(os.environ.get("QIANLIYAN_SHARED_DATA", "../shared/data"))
BOUNCES = SHARED / "mail_bounces"
CASES = SHARED.parent / "cases" / "mail"
FAILED = "--b\r\nContent-Type: text/plain\r\n\r\nUnable to send: 550 no such user\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\nFinal-Recipient: rfc822; a@b.example\r\nAction: failed\r\nStatus: 5.1.1\r\n--b--"
SAMPLES = {
    "delivery_status": ("Content-Type: multipart/report; report-type=delivery-status; boundary=b", FAILED),
    "coremail": (None, "原信：\n退信原因：rejected by system"),
    "report_of_failure": (
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\nFrom: Postmaster@corp.21cn.com\nSubject: 系统退信",
        "--b\r\nContent-Type: text/plain\r\n\r\n550 refused\r\n--b--",
    ),
    "failed_recipients": (None, "550 5.1.1 no such user"),
    "machine_says_failed": (None, "<a@b.example>: 550 5.1.1 no such user"),
    "returned_with_status": (None, "550 5.1.1 no such user\n\nReceived: from x by y\nMessage-ID: <x@y>"),
    "disposition": (
        "Content-Type: multipart/report; report-type=disposition-notification; boundary=b",
        "--b\r\n\r\nread\r\n--b--",
    ),
    "feedback_report": (
        "Content-Type: multipart/report; report-type=feedback-report; boundary=b",
        "--b\r\n\r\nspam\r\n--b--",
    ),
}
KINDS = {
    **{rule.name: "bounce" for rule in RULES},
    **{rule.name: "autoreply" for rule in AUTOREPLY_RULES},
    **{rule.name: "receipt" for rule in RECEIPT_RULES},
    **{rule.name: "other" for rule in OTHER_RULES},
}


@pytest.mark.parametrize(
    "rule", [*RULES, *RECEIPT_RULES, *OTHER_RULES, *AUTOREPLY_RULES], ids=lambda rule: rule.name
)
def test_every_rule_has_a_sample_and_a_word_for_people(rule) -> None:
    heads, body = SAMPLES.get(rule.name, (None, "已收到。"))
    found = verdict(mail(heads or rule.sample, body))
    assert (found.kind, found.reasons) == (KINDS[rule.name], (rule.name,))
    assert reason_words(rule.name) == rule.words


@pytest.mark.parametrize(
    ("heads", "body"),
    [
        ("Subject: Re: Undeliverable: 提示函", "对方说 550 5.1.1 user unknown"),
        ("Subject: Fwd: Returned mail: see transcript for details", "> MAILER-DAEMON said 550 5.1.1"),
        ("Subject: 转发：系统退信", "请看附件，退信原因 550"),
        ("Subject: 回复：关于自动回复设置的说明", "已反馈"),
        ("Subject: Re: 自动回复: 休假", "已反馈"),
        ("Subject: 退信问题请教", "我局邮箱收不到来函，提示退信，请核实。"),
        ("Subject: 关于read权限", "ok"),
        ("From: 系统管理员 <wang@yq.example>\nSubject: 排查反馈", "已完成排查"),
    ],
)
def test_no_mail_of_a_person_is_taken_for_a_machines(heads: str, body: str) -> None:
    assert verdict(mail(f"{heads}\nIn-Reply-To: {OURS}", body)).kind == "reply"
    assert verdict(mail(heads, body)).kind in ("reply", "other")


def test_an_empty_or_senseless_mail_is_something_that_a_person_sees() -> None:
    for content in (
        b"",
        b"\r\n",
        b"\x00" * 1000,
        b"\xff\xfe" * 500,
        b"From",
        b"Content-Type: multipart/mixed\r\n\r\n",
    ):
        assert verdict(content).reasons == ("answers_nothing",)


@pytest.mark.skipif(
    not BOUNCES.is_dir(), reason="the public set of bounces is not here (QIANLIYAN_SHARED_DATA)"
)
def test_public_bounces_are_recognised_and_judged() -> None:
    rows = list(csv.DictReader((BOUNCES / "expected.csv").read_text(encoding="utf-8").splitlines()))
    found = {row["file"]: verdict((BOUNCES / row["file"]).read_bytes()) for row in rows}
    bounces = [row for row in rows if row["kind"] == "bounce"]
    seen = [row for row in bounces if found[row["file"]].kind in ("bounce", "delayed")]
    stated = [row for row in bounces if row["permanence"]]
    told = [(row["permanence"], found[row["file"]].permanence if row in seen else "") for row in stated]
    right = sum(said == got for said, got in told)
    wrong = sum(bool(got) and said != got for said, got in told)
    assert len(bounces) == 202
    assert len(seen) / len(bounces) >= 0.95
    assert right / len(stated) >= 0.85
    assert wrong / len(stated) <= 0.04
    others = {found[row["file"]].kind for row in rows if row["kind"] != "bounce"}
    assert others <= {"autoreply", "other"}


@pytest.mark.skipif(not CASES.is_dir(), reason="the cases of mail are not here (QIANLIYAN_SHARED_DATA)")
@pytest.mark.parametrize(
    ("name", "kind", "permanence"),
    [
        ("21cn", "bounce", "permanent"),
        ("coremail-163", "bounce", "permanent"),
        ("auto-qq-2020", "autoreply", ""),
        ("auto-qq-2021-noheader", "autoreply", ""),
        ("auto-qq-2024", "autoreply", ""),
        ("human-about-autoreply", "reply", ""),
    ],
)
def test_the_cases(name: str, kind: str, permanence: str) -> None:
    found = verdict((CASES / f"{name}.eml").read_bytes())
    assert (found.kind, found.permanence) == (kind, permanence)
    if kind == "bounce":
        assert found.signs.inner_ids[0].startswith("<notice_140300_day_")
        assert found.recipients == ("contact@mail.example",)


POSTFIX = """This is the mail system at host mx.supervision.example.

I'm sorry to have to inform you that your message could not
be delivered to one or more recipients. It's attached below.

                   The mail system

<to@city.example>: host mx.city.example[10.0.0.1] said: 550 5.1.1 no such
    user (in reply to RCPT TO command)"""


def test_the_other_server_s_words_come_before_a_machine_s_courtesies() -> None:
    plain = verdict(
        mail("From: MAILER-DAEMON@mx.example\nSubject: Undelivered Mail Returned to Sender", POSTFIX)
    )
    assert plain.words.startswith("<to@city.example>: host mx.city.example[10.0.0.1] said: 550 5.1.1 no such")
    assert "I'm sorry" in plain.words
    report = FAILED.replace(
        "Status: 5.1.1\r\n", "Status: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1 User unknown\r\n"
    ).replace("Unable to send: 550 no such user", "delivery problem")
    told = verdict(mail("Content-Type: multipart/report; report-type=delivery-status; boundary=b", report))
    assert told.words.split("\n") == ["550 5.1.1 User unknown", "delivery problem"]


def test_the_report_s_status_goes_before_the_reply_in_its_diagnosis() -> None:
    report = FAILED.replace(
        "Status: 5.1.1\r\n", "Status: 4.2.2\r\nDiagnostic-Code: smtp; 550 Mailbox full\r\n"
    )
    told = verdict(mail("Content-Type: multipart/report; report-type=delivery-status; boundary=b", report))
    assert (told.kind, told.permanence, told.status) == ("bounce", "temporary", "4.2.2")


OWN = "mx.office.example"
TRACE = f"Received: from a by {OWN}; Fri, 13 Mar 2020 10:00:00 +0800"
NONE = f"Authentication-Results: {OWN}; dmarc=none; spf=none smtp.mailfrom=evil.example"
PASS = f"Authentication-Results: {OWN}; dkim=pass header.d=city.example"


@pytest.mark.parametrize(
    ("heads", "says"),
    [
        ([PASS, TRACE], "pass"),
        ([TRACE, PASS], "pass"),
        ([NONE, PASS, TRACE], "pass"),  # two programs of our own server: nobody else writes above its trace
        ([NONE, TRACE, PASS], "none"),
        ([TRACE, NONE, PASS], "none"),
        ([TRACE, "Received: from x by relay.evil.example; Fri, 13 Mar 2020 10:00:00 +0800", PASS], "none"),
        ([NONE, PASS], "none"),
        ([PASS], "pass"),
        ([TRACE, "X-Mailer: x", PASS], "pass"),
        ([TRACE, "From: a@city.example", PASS], "none"),
        ([TRACE, f"X-Mailer: x<CR>{PASS}"], "none"),  # our server saw one field where programs see two
        ([NONE, TRACE, f"X-Mailer: x<CR>{PASS}"], "none"),
    ],
)
def test_what_a_sender_writes_below_our_own_results_is_nothing(heads: list[str], says: str) -> None:
    content = mail("\n".join([*heads, "From: a@city.example", "Subject: x"]), "hello").replace(b"<CR>", b"\r")
    assert authenticity(read_mail(content), OWN) == says


ASIDE = "dkim=pass header.d=city.example; dmarc=pass header.from=city.example"


@pytest.mark.parametrize(
    ("results", "says"),
    [
        (f'spf=none smtp.mailfrom="a; {ASIDE}"@evil.example', "none"),
        (f'spf=pass smtp.mailfrom="a; {ASIDE}"@evil.example; dmarc=none header.from=city.example', "none"),
        (f'dmarc=none; spf=pass smtp.mailfrom="a\\"; {ASIDE}"@evil.example', "none"),
        (
            f'spf=none smtp.mailfrom="a("@evil.example; dmarc=fail header.from=city.example; x=")"; {ASIDE}',
            "fail",
        ),
        (f'spf=none (he says "; {ASIDE}) smtp.mailfrom=evil.example', "none"),
        (f"spf=none (a \\) b; {ASIDE}) smtp.mailfrom=evil.example", "none"),
        (f'spf=none smtp.mailfrom="a; {ASIDE}', "none"),  # not closed
        ("x=none reason=dkim=pass header.d=city.example", "none"),
        ('dkim=pass (2048-bit key; unprotected) header.d="city.example"', "pass"),
        ("dmarc/1=pass header.from=city.example", "pass"),
        ("dmarc=pass; spf=none smtp.mailfrom=evil.example", "none"),  # of whom, it does not say
    ],
)
def test_what_our_server_quotes_of_a_sender_is_no_result(results: str, says: str) -> None:
    """The local part of the envelope's sender, a comment and a reason are the sender's own words."""
    head = f"Authentication-Results: {OWN}; {results}"
    content = mail("\n".join([head, TRACE, "From: a@city.example", "Subject: x"]), "hello")
    assert authenticity(read_mail(content), OWN) == says
