"""Answers of the simulated cities: to letters as they come off the wire, with long headers on lines of their own."""

from datetime import UTC, datetime
from email.parser import BytesParser
from email.policy import default

import pytest

from include.simulator.mail_answers import bounce_mail, text_mail

LONG = "reminder_130500_day_2020-03-12_2020-03-13_1.1@" + "supervision." * 4 + "example"
LETTER = (
    "From: =?utf-8?b?55uR566h5bmz5Y+w?=\r\n <dudu@ministry.example>\r\n"
    f"Reply-To:\r\n <{'fankui' * 12}@ministry.example>\r\nMessage-ID:\r\n <{LONG}>\r\nSubject: a\r\n\r\nb\r\n"
).encode()
NOW = datetime(2020, 3, 13, tzinfo=UTC)


@pytest.mark.parametrize("answer", [text_mail, bounce_mail])
def test_a_letter_with_folded_headers_is_answered(answer) -> None:
    told = (LETTER, "a@city.example", NOW)
    content = answer(*told, "收悉") if answer is text_mail else answer(*told)
    mail = BytesParser(policy=default).parsebytes(content)
    assert LONG in content.replace(b"\r\n ", b"").decode("ascii", "replace")
    assert (mail["From"] is not None, mail.defects) == (True, [])
    if answer is text_mail:
        assert mail["In-Reply-To"].strip() == f"<{LONG}>"
        assert mail["References"].strip() == f"<{LONG}>"
