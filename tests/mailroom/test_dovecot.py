"""The same office on a Dovecot of the system's, where there is one: what one server's program takes, another's may refuse."""

import imaplib
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from include.simulator.imap_server import HOST, PASSWORD, USER, put_all
from include.simulator.mail_answers import bounce_mail, text_mail
from include.store.archive import Archive
from include.store.engine import open_engine
from include.store.migrate import migrate
from tests.mailroom.dovecot import Dovecot, dovecot
from tests.mailroom.office import CONTACT, SENT, Place, answer, form, open_place
from tests.post.conftest import certificate

__all__ = ["certificate"]


@pytest.fixture
def server(certificate: Path) -> Iterator[Dovecot]:
    with dovecot(certificate) as ports:
        yield ports


@pytest.fixture
def place(tmp_path: Path, server: Dovecot) -> Place:
    """What is asked here is the server: one database is enough."""
    engine = open_engine(f"sqlite:///{tmp_path / 'supervision.db'}")
    migrate(engine)
    return open_place(engine, Archive(tmp_path / "archive"), tmp_path, server.imap)


def folders(port: int) -> dict[str, int]:
    server = imaplib.IMAP4(HOST, port)
    server.login(USER, PASSWORD)
    names = [
        line.decode().rpartition(" ")[2].strip('"') for line in server.list()[1] if isinstance(line, bytes)
    ]
    counts = {name: int(server.select(f'"{name}"')[1][0] or 0) for name in names}
    server.logout()
    return counts


def at(place: Place, port: int, **options: object) -> Place:
    """The same office, its mailbox configured otherwise."""
    told = {**place.source.options, **options}
    source = replace(place.source, location=f"{HOST}:{port}", options=told)
    return replace(place, house=replace(place.house, mailboxes=(source,)))


def test_mails_are_read_moved_and_known(place: Place) -> None:
    place.deliver(
        answer(place),
        text_mail(place.letter, CONTACT, SENT, "收悉"),
        bounce_mail(place.letter, "cc140300@city.example", SENT),
        b"From: x@y.example\r\nSubject: spam\r\n\r\nbuy\r\n",
    )
    done = place.read()
    assert (done.trouble, done.is_all) == ("", True)
    assert dict(done.kinds) == {"answer": 1, "reply": 1, "bounce": 1, "other": 1}
    assert place.events() == [("A1", "submitted", SENT), ("A2", "submitted", SENT)]
    assert place.states() == {CONTACT: "sent", "cc140300@city.example": "refused"}
    assert folders(place.port) == {"INBOX": 0, "&XfJZBHQG-": 2, "&UXZO1g-": 2}
    again = place.read()
    assert (again.trouble, again.known, dict(again.kinds)) == ("", 0, {})


def test_marked_mails_stay_and_only_what_is_new_is_read(place: Place, server: Dovecot) -> None:
    marking = at(place, server.imap, after="flag")
    marking.deliver(answer(place))
    assert dict(marking.read().kinds) == {"answer": 1}
    assert dict(marking.read().kinds) == {}  # UID n:* tells the last mail again
    marking.deliver(text_mail(place.letter, CONTACT, SENT, "又及"))
    done = marking.read()
    assert (done.known, dict(done.kinds)) == (0, {"reply": 1})
    assert folders(server.imap) == {"INBOX": 2}


def test_a_folder_that_was_made_anew_is_looked_at_again(place: Place, server: Dovecot) -> None:
    reading = at(place, server.imap, after="flag", folder="反馈")
    client = imaplib.IMAP4(HOST, server.imap)
    client.login(USER, PASSWORD)
    told = answer(place)
    for turn in range(2):
        client.create('"&U82ZiA-"')
        client.append('"&U82ZiA-"', "", imaplib.Time2Internaldate(SENT), told)
        done = reading.read()
        assert (done.trouble, done.known, dict(done.kinds)) == ("", turn, {} if turn else {"answer": 1})
        client.delete('"&U82ZiA-"')
    client.logout()
    assert len(place.events()) == 2


@pytest.mark.parametrize("security", ["starttls", "ssl"])
def test_tls_is_checked(place: Place, server: Dovecot, certificate: Path, security: str) -> None:
    port = server.imaps if security == "ssl" else server.imap
    assert "CERTIFICATE_VERIFY_FAILED" in at(place, port, security=security).read().trouble
    place.deliver(answer(place))
    trusted = at(place, port, security=security, ca_file=str(certificate))
    done = trusted.read()
    assert (done.trouble, done.rows_taken) == ("", 2)


def test_pop3_leaves_everything_and_takes_it_once(place: Place, server: Dovecot) -> None:
    popped = at(place, server.pop3, protocol="pop3")
    later = SENT + timedelta(hours=1)
    place.deliver(answer(place), text_mail(place.letter, CONTACT, SENT, ".一个点开头的行\r\n..两个点"))
    done = popped.read()
    assert (done.trouble, dict(done.kinds)) == ("", {"answer": 1, "reply": 1})
    assert {moment for _, _, moment in place.events()} == {SENT}
    place.deliver(answer(place, content=form(place.key, ("A1",)), at=later), at=later)
    assert dict(popped.read().kinds) == {"answer": 1}
    assert folders(server.imap)["INBOX"] == 3


def test_a_mail_that_is_too_large_is_fetched_in_part(place: Place, server: Dovecot) -> None:
    """50 MB: its headers are read, the rest stays with the server, and it waits for a person."""
    large = (
        answer(place).replace(b"\r\n\r\n", b"\r\n\r\n" + b"x" * 76 + b"\r\n", 1)
        + (b"y" * 98 + b"\r\n") * 500_000
    )
    put_all(server.imap, [(large, SENT)])
    done = place.read()
    assert (done.trouble, done.tray, place.events()) == ("", 1, [])
    (row,) = place.mails()
    assert (row["size_bytes"], row["sender"]) == (len(large), CONTACT)
    assert "超过大小上限" in row["tray_reason"]
