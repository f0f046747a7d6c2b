import smtplib
import socket
from pathlib import Path

import pytest

from include.errors import InputError
from include.post.local_server import copies, local_mailbox, received, serve
from tests.post.mailbox_process import mailbox_process

MAIL = (
    b"Date: Thu, 12 Mar 2020 16:30:00 -0000\r\nFrom: a@b.example\r\nMessage-ID: <1@b.example>\r\n"
    b"Subject: =?utf-8?b?5YWz5LqOL+aPkOekug==?=\r\nX-Qianliyan-Addressee: =?utf-8?b?6Ziz5rOJ5biC?=\r\n"
    b"X-Qianliyan-Letter: key\r\n\r\n..a line with a dot\r\n"
)


def hand_over(port: int, content: bytes = MAIL, recipients=("to@c.example", "cc@c.example")) -> None:
    with smtplib.SMTP("127.0.0.1", port, local_hostname="test") as client:
        client.sendmail("a@b.example", list(recipients), content)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "letters").iterdir())


def test_a_mail_is_kept_as_it_came_with_those_it_was_for(tmp_path):
    with local_mailbox(tmp_path) as mailbox:
        hand_over(mailbox.port)
    [mail] = received(tmp_path)
    assert (mail.message_id, mail.recipients, mail.sender, mail.subject, mail.letter_key) == (
        "<1@b.example>",
        ("to@c.example", "cc@c.example"),
        "a@b.example",
        "关于/提示",
        "key",
    )
    assert mail.content() == MAIL
    assert copies(tmp_path) == {("<1@b.example>", "to@c.example"): 1, ("<1@b.example>", "cc@c.example"): 1}


def test_a_person_finds_the_letters_by_day_city_and_subject(tmp_path):
    with local_mailbox(tmp_path) as mailbox:
        hand_over(mailbox.port)
        hand_over(mailbox.port)
    assert names(tmp_path) == ["2020-03-13_阳泉市_关于_提示.eml", "2020-03-13_阳泉市_关于_提示_2.eml"]
    assert (tmp_path / "letters" / names(tmp_path)[0]).read_bytes() == MAIL
    assert max(copies(tmp_path).values()) == 2


@pytest.mark.parametrize(
    "content",
    [
        b"no header at all",
        b"Subject: =?nonsense?b?////?=\r\nDate: never\r\n\r\n",
        b"Subject: ../../etc/passwd\r\n\r\n",
        b"Subject: " + b"x" * 900 + b"\r\n\r\n",
        b"",
    ],
)
def test_mail_that_nobody_can_read_is_kept_all_the_same(tmp_path, content):
    with local_mailbox(tmp_path / "mailbox") as mailbox:
        hand_over(mailbox.port, content)
    assert [mail.recipients for mail in received(tmp_path / "mailbox")] == [("to@c.example", "cc@c.example")]
    assert len(names(tmp_path / "mailbox")) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["mailbox"]


def test_a_full_disk_is_a_temporary_refusal_and_nothing_half_kept(tmp_path, monkeypatch):
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with local_mailbox(tmp_path) as mailbox:
        monkeypatch.setattr("include.post.local_server.os.fsync", full)
        with pytest.raises(smtplib.SMTPDataError, match="452"):
            hand_over(mailbox.port)
    assert received(tmp_path) == []


def test_a_taken_port_and_another_host_are_said_so(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with (
            pytest.raises(InputError, match=f"127.0.0.1:{port}: the port of the local mailbox is taken"),
            local_mailbox(tmp_path, port),
        ):
            pass
    with pytest.raises(InputError, match="mail of this machine only"):
        serve("0.0.0.0", 0, tmp_path)


def test_the_server_process_ends_well_on_sigterm(tmp_path):
    with mailbox_process(tmp_path) as port:
        hand_over(port)
    assert len(received(tmp_path)) == 1
