"""Whatever a mail server says: nothing is `sent` on a lie, nothing costs more than its bounds, and each mail's trouble is its own."""

import resource
import smtplib
import time

import pytest
from sqlalchemy import select

from include.post.connection import LONGEST_LINE, MOST_BYTES, MOST_LINES, NOT_SMTP, Bounded, size_limit
from include.post.mailer import MailSession
from include.post.round import post_round
from include.store import tables
from include.store.engine import reading
from tests.post.samples import JINAN, NOW, TAIYUAN, YANGQUAN, add_cities, deliveries, facts, released, server
from tests.post.scripted_server import ScriptedServer

TO, MAIL = "to@city.example", b"Subject: x\r\n\r\nbody\r\n"
CITIES = (YANGQUAN, TAIYUAN, JINAN)


def _round(engine, archive, port, **changes):
    return post_round(
        engine, archive, server(port, **{"timeout_seconds": 60.0, **changes}), clock=lambda: NOW, owner="test"
    )


def _words(engine) -> str:
    with reading(engine) as connection:
        return " ".join(filter(None, connection.execute(select(tables.delivery.c.smtp_text)).scalars()))


@pytest.mark.parametrize(
    ("announced", "limit"),
    [
        (None, None),
        ("", None),
        ("0", None),
        ("unlimited", None),
        ("10MB", None),
        ("-5", None),
        ("1e6", None),
        ("１０", None),
        ("²", None),
        ("9" * 21, None),
        ("1_000", None),
        ("35882577", 35882577),
        (" 512 ", 512),
        ("9" * 20, int("9" * 20)),
    ],
)
def test_the_size_that_a_server_announces(announced, limit):
    assert size_limit(announced) == limit


@pytest.mark.parametrize(
    ("size", "states"),
    [
        (b"SIZE", {"sent"}),
        (b"SIZE unlimited", {"sent"}),
        (b"SIZE 10MB", {"sent"}),
        (b"SIZE -5", {"sent"}),
        (b"SIZE 0", {"sent"}),
        (b"SIZE " + b"9" * 400, {"sent"}),
        (b"SIZE \xc2\xb2", {"sent"}),
        (b"SIZE 1 2", {"sent"}),
        (b"SIZE 100", {"refused"}),
    ],
)
def test_an_odd_size_stops_no_round_and_burns_no_mail(engine, archive, size, states):
    add_cities(engine, *CITIES)
    for city in CITIES:
        released(engine, archive, facts(unit_code=city))
    with ScriptedServer(EHLO=b"250-here\r\n250 " + size + b"\r\n") as odd:
        summary = _round(engine, archive, odd.port)
    assert (len(summary.mails), set(deliveries(engine).values())) == (3, states)


@pytest.mark.parametrize(
    ("script", "state", "words"),
    [
        ({"end": b"550-no\r\n250 yes\r\n"}, "unknown", "550-no 250 yes"),
        ({"end": b"250-yes\r\n550 no\r\n"}, "unknown", "250-yes 550 no"),
        ({"end": b"250-yes\r\n554-no\r\n250 yes\r\n"}, "unknown", "250-yes 554-no 250 yes"),
        ({"end": b"250 yes\r\n550 no\r\n"}, "unknown", "答复了两次"),
        ({"end": b"250 yes\r\n421 bye\r\n"}, "sent", "yes"),
        ({"end": b"2x0 yes\r\n"}, "unknown", "无法理解"),
        ({"end": b"\xc2\xb250 yes\r\n"}, "unknown", "无法理解"),
        ({"end": b"2_0 yes\r\n"}, "unknown", "无法理解"),
        ({"end": b" 25 yes\r\n"}, "unknown", "无法理解"),
        ({"end": b"+25 yes\r\n"}, "unknown", "无法理解"),
        ({"end": b"250yes\r\n"}, "unknown", "无法理解"),
        ({"end": b"2500 yes\r\n"}, "unknown", "无法理解"),
        ({"end": b"\x00\x00\x00\r\n"}, "unknown", "无法理解"),
        ({"end": b"\r\n"}, "unknown", "无法理解"),
        ({"end": b"250-yes\r\nyes\r\n"}, "unknown", "无法理解"),
        ({"end": b"250 y\x00es\r\n"}, "sent", "y es"),
        ({"end": b"250\r\n"}, "sent", ""),
        ({"end": b"250 yes\n"}, "sent", "yes"),
        ({"end": b"221 yes\r\n"}, "unknown", "无法理解"),
        ({"end": b"354 more\r\n"}, "unknown", "无法理解"),
        ({"end": b"150 soon\r\n"}, "unknown", "无法理解"),
        ({"end": b"600 yes\r\n"}, "unknown", "无法理解"),
        ({"end": b"550 no\r\n"}, "refused", "no"),
        ({"line": b"250 taken\r\n", "end": b""}, "unknown", "正文尚未结束"),
        ({"line": b"250 taken\r\n", "end": b"554 no\r\n"}, "unknown", "正文尚未结束"),
        ({"line": b"552 too large\r\n", "end": b""}, "refused", "too large"),
        ({"line": b"452 full\r\n", "end": b""}, "queued", "full"),
        ({"line": b"hello\r\n"}, "unknown", "正文尚未结束"),
        ({"DATA": b"354 go\r\n250 taken\r\n", "end": b""}, "queued", "对不上"),
        ({"DATA": b"250 taken\r\n"}, "queued", "taken"),
        ({"DATA": b"550-no\r\n354 go\r\n"}, "queued", "同一个三位数字开头，收到“550-no 354 go"),
        ({"MAIL": b"250 ok\r\n250 ok\r\n"}, "queued", "对不上"),
        ({"MAIL": b"550-no\r\n250 ok\r\n"}, "queued", "550-no 250 ok"),
        ({"RCPT": b"550-no\r\n250 ok\r\n"}, "queued", "550-no 250 ok"),
        ({"RCPT": b"221 bye\r\n"}, "queued", "bye"),
        ({"MAIL": b"\x00\x00\x00 ok\r\n"}, "queued", ""),
    ],
)
def test_a_reply_is_believed_only_when_it_is_one(engine, archive, script, state, words):
    add_cities(engine)
    released(engine, archive)
    with ScriptedServer(**script) as odd:
        _round(engine, archive, odd.port)
    assert set(deliveries(engine).values()) == {state}
    assert words in _words(engine)
    assert "\x00" not in _words(engine)


@pytest.mark.parametrize("step", ["greeting", "EHLO", "MAIL", "RCPT", "DATA", "end", "RSET"])
@pytest.mark.parametrize("piece", [b"250-more\r\n", b"2" * 1024], ids=["lines", "one line"])
def test_a_reply_without_end_fills_nothing(engine, archive, step, piece):
    add_cities(engine)
    released(engine, archive)
    script = {"RCPT": b"550 no\r\n"} if step == "RSET" else {}
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with ScriptedServer(**script) as odd:
        odd._script[step] = odd.endless(piece * 16)
        _round(engine, archive, odd.port)
    # What the kernel holds between the two besides, some megabytes; never what the server would go on to send.
    assert odd.sent_bytes < 32 * 1024 * 1024
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024  # KB
    states = {"end": {"unknown"}, "RSET": {"refused"}}
    assert set(deliveries(engine).values()) == states.get(step, {"queued"})


def _connected(odd: ScriptedServer, **options) -> Bounded:
    return Bounded(
        "127.0.0.1", odd.port, timeout=5.0, give_up_at=options.get("give_up_at", time.monotonic() + 30)
    )


def test_the_bounds_of_a_reply_are_its_lines_its_bytes_and_its_time():
    many = b"250-x\r\n" * (MOST_LINES - 1) + b"250 x\r\n"
    with ScriptedServer(EHLO=many) as odd, _connected(odd) as connection:
        assert connection.ehlo()[0] == 250
    with ScriptedServer(EHLO=b"250-x\r\n" + many) as odd:
        connection = _connected(odd)
        with pytest.raises(smtplib.SMTPServerDisconnected, match=f"{MOST_LINES}行"):
            connection.ehlo()
    wide = b"250-" + b"x" * (LONGEST_LINE - 10) + b"\r\n"
    for reply in (b"250 " + b"x" * LONGEST_LINE + b"\r\n", wide * (MOST_BYTES // len(wide) + 1)):
        with ScriptedServer(EHLO=reply) as odd:
            connection = _connected(odd)
            with pytest.raises(smtplib.SMTPServerDisconnected, match="过长"):
                connection.ehlo()
    with ScriptedServer(greeting=b"220 hi\r\n") as odd:
        connection = _connected(odd)
        odd._script["EHLO"] = odd.dripping(b"250 " + b"x" * 4000)
        connection.give_up_at = time.monotonic() + 0.3
        with pytest.raises(smtplib.SMTPServerDisconnected, match=r"过慢|timed out"):
            connection.ehlo()
        assert odd.sent_bytes < 4000  # every byte came in time, the reply did not


def test_a_mixed_reply_is_no_reply():
    with ScriptedServer(EHLO=b"550-no\r\n250 yes\r\n") as odd, _connected(odd) as connection:
        assert connection.ehlo()[0] == NOT_SMTP


def test_an_error_that_nobody_thought_of_is_the_mail_s_own(engine, archive, monkeypatch):
    add_cities(engine, *CITIES)
    for city in CITIES:
        released(engine, archive, facts(unit_code=city))
    asked = []
    real = MailSession._attempt_send

    def odd(self, recipients, message):
        asked.append(recipients)
        if len(asked) == 1:
            raise ZeroDivisionError("before the body")
        if len(asked) == 2:
            self._has_begun = True
            raise ZeroDivisionError("in the body")
        return real(self, recipients, message)

    monkeypatch.setattr(MailSession, "_attempt_send", odd)
    with ScriptedServer() as usual:
        summary = _round(engine, archive, usual.port)
    assert [mail.result for mail in summary.mails] == ["retry", "unknown", "accepted"]
    assert "ZeroDivisionError" in _words(engine)


@pytest.mark.parametrize("late", [b"550 late\r\n", b"250 again\r\n", b"451 late\r\n", b"554 5.7.1 no\r\n"])
@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
def test_a_late_second_reply_is_not_charged_to_the_next_mail(step, late):
    """It stands before the right answer to the next mail's command, as if it had come after that was sent."""
    said: list[int] = []

    def late_once(connection):
        said.append(1)
        usual = {"MAIL": b"250 ok\r\n", "RCPT": b"250 ok\r\n", "DATA": b"354 go ahead\r\n"}[step]
        connection.sendall(late + usual if len(said) == 2 else usual)

    with ScriptedServer(**{step: late_once}) as odd, MailSession(server(odd.port)) as session:
        assert session.transmit([TO], MAIL, is_simulated=False).outcomes[TO].result == "accepted"
        second = session.transmit([TO], MAIL, is_simulated=False).outcomes[TO].result
        third = session.transmit([TO], MAIL, is_simulated=False).outcomes[TO].result
    assert second in ("accepted", "retry")
    assert third == "accepted"


def test_a_refusal_over_a_used_connection_is_believed_from_a_fresh_one():
    said: list[int] = []

    def refusing(connection):
        said.append(1)
        connection.sendall(b"250 ok\r\n" if len(said) == 1 else b"550 no such user\r\n")

    with ScriptedServer(RCPT=refusing) as odd, MailSession(server(odd.port)) as session:
        session.transmit([TO], MAIL, is_simulated=False)
        outcome = session.transmit([TO], MAIL, is_simulated=False).outcomes[TO]
    assert (outcome.result, outcome.code, len(said), odd.commands.count("EHLO")) == ("refused", 550, 3, 2)


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ({"greeting": b"SSH-2.0-OpenSSH_9.6\r\n"}, ("应答的不是邮件服务器", "220", "SSH-2.0-OpenSSH_9.6")),
        (
            {"greeting": b"HTTP/1.1 400 Bad Request\r\n\r\n"},
            ("应答的不是邮件服务器", "HTTP/1.1 400 Bad Request"),
        ),
        ({"greeting": b"* OK IMAP4rev1\r\n"}, ("应答的不是邮件服务器", "* OK IMAP4rev1")),
        ({"greeting": b"+OK pop \x1b[31m\r\n"}, ("应答的不是邮件服务器", r"+OK pop \x1b[31m")),
        ({"greeting": "报警 ".encode("gbk") + b"x" * 500 + b"\r\n"}, ("报警 xxx", "…")),
        ({"greeting": b"554 no service\r\n"}, ("应答220", "554 no service")),
        ({"greeting": b"220 ftp\r\n", "EHLO": b"530 log in\r\n", "HELO": b"530 log in\r\n"}, ("530",)),
    ],
)
def test_what_answers_in_the_place_of_a_mail_server_is_said(engine, archive, script, words):
    add_cities(engine)
    released(engine, archive)
    with ScriptedServer(**script) as odd:
        summary = _round(engine, archive, odd.port)
    assert set(deliveries(engine).values()) == {"queued"}
    assert all(word in summary.trouble + _words(engine) for word in words), summary.trouble


def test_a_password_that_a_stranger_echoes_is_not_shown(engine, archive):
    add_cities(engine)
    released(engine, archive)
    with ScriptedServer(greeting=b"hello " + b"y" * 105 + b" letmein-77 and more\r\n") as odd:
        summary = _round(engine, archive, odd.port, user="u", password="letmein-77")
    assert "letmein" not in summary.trouble


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ({"MAIL": b"hello there\r\n"}, "应以同一个三位数字开头，收到“hello there”"),
        ({"end": b"HTTP/1.1 200 OK\r\n"}, "应为250，收到“HTTP/1.1 200 OK”"),
    ],
)
def test_what_is_no_reply_is_said_with_what_was_expected(engine, archive, script, words):
    add_cities(engine)
    released(engine, archive)
    with ScriptedServer(**script) as odd:
        _round(engine, archive, odd.port)
    assert words in _words(engine)
