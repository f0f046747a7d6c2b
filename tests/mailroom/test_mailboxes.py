"""The mailbox itself: folders, marks, a change of UIDVALIDITY, checked TLS, POP3 and what goes wrong."""

import imaplib
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine

from include.errors import InputError
from include.simulator.imap_server import PASSWORD, USER, imap_server
from include.simulator.mail_answers import text_mail
from include.sources.config import SourceConfig
from include.sources.mailboxes.imap import quoted
from include.sources.mailboxes.settings import mailbox_settings
from include.store.archive import Archive
from tests.mailroom.office import CONTACT, SENT, Place, answer, open_place
from tests.post.conftest import certificate

__all__ = ["certificate"]


def folders(port: int) -> dict[str, int]:
    server = imaplib.IMAP4("127.0.0.1", port)
    server.login(USER, PASSWORD)
    names = [line.decode().rpartition(" ")[2] for line in server.list()[1]]
    counts = {name: int(server.select(name)[1][0] or 0) for name in names}
    server.logout()
    return counts


def test_what_was_taken_is_moved_answers_here_and_the_rest_there(place: Place) -> None:
    place.deliver(answer(place), b"From: x@y.example\r\nSubject: spam\r\n\r\nbuy\r\n")
    place.read()
    counts = folders(place.port)
    assert (counts["INBOX"], counts[quoted("已处理").strip('"')], counts[quoted("其他").strip('"')]) == (
        0,
        1,
        1,
    )


def test_where_nothing_may_be_moved_it_is_marked_and_known_by_its_place(place: Place) -> None:
    place.source.options["after"] = "flag"  # type: ignore[index]
    place.deliver(answer(place))
    assert dict(place.read().kinds) == {"answer": 1}
    assert folders(place.port)["INBOX"] == 1
    place.deliver(text_mail(place.letter, CONTACT, SENT, "又及"))
    done = place.read()
    assert (done.known, dict(done.kinds)) == (0, {"reply": 1})


def test_after_a_change_of_uidvalidity_the_content_tells_what_was_taken(
    engine: Engine, tmp_path: Path, imap_port: int
) -> None:
    with imap_server() as first:
        place = open_place(engine, Archive(tmp_path / "archive"), tmp_path, first, after="flag")
        told = answer(place)
        place.deliver(told)
        assert dict(place.read().kinds) == {"answer": 1}
    with imap_server() as second:  # another server: the same mails under other numbers
        moved = replace(
            place,
            port=second,
            house=replace(
                place.house,
                mailboxes=(replace(place.source, location=f"127.0.0.1:{second}"),),
            ),
        )
        moved.deliver(told)
        done = moved.read()
    assert (done.known, dict(done.kinds)) == (1, {})
    assert len(place.events()) == 2


def test_the_certificate_is_checked(engine: Engine, tmp_path: Path, certificate: Path) -> None:
    with imap_server(certificate=certificate) as port:
        place = open_place(engine, Archive(tmp_path / "archive"), tmp_path, port, security="starttls")
        assert "CERTIFICATE_VERIFY_FAILED" in place.read().trouble
        place.source.options["ca_file"] = str(certificate)  # type: ignore[index]
        assert place.read().trouble == ""


def test_a_mailbox_that_is_away_is_a_trouble_with_what_to_do(place: Place) -> None:
    broken = replace(place.house, mailboxes=(replace(place.source, location="127.0.0.1:1"),))
    trouble = replace(place, house=broken).read().trouble
    assert "imap 127.0.0.1:1" in trouble
    assert PASSWORD not in trouble
    wrong = replace(place.house, mailboxes=(replace(place.source, token="wrong-password"),))
    trouble = replace(place, house=wrong).read().trouble
    assert "the mailbox cannot be read" in trouble
    assert "wrong-password" not in trouble


@pytest.mark.parametrize(
    ("location", "options", "reason"),
    [
        ("mail.office.example", {"security": "none"}, "unencrypted"),
        ("mail.office.example", {"security": "tls"}, "security"),
        ("mail.office.example", {"protocol": "exchange"}, "protocol"),
        ("mail.office.example:99999", {}, "not a port"),
        ("mail.office.example", {"user": ""}, "a user and a password"),
        ("mail.office.example", {"folder": 'a"b'}, "name of a folder"),
        ("mail.office.example", {"ca_file": "/nowhere.pem"}, "certificates"),
    ],
)
def test_settings_that_cannot_work_are_refused(location: str, options: dict[str, str], reason: str) -> None:
    source = SourceConfig("box", "mail", location, "pw", options={"user": "u", **options})
    with pytest.raises(InputError, match=reason):
        mailbox_settings(source)


def test_names_of_folders_travel_in_modified_utf7() -> None:
    assert [quoted(name) for name in ("INBOX", "已处理", "a&b")] == ['"INBOX"', '"&XfJZBHQG-"', '"a&-b"']
