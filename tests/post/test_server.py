import pytest

from include.errors import InputError
from include.post.server import is_loopback, is_on_this_machine
from tests.post.samples import OFFICE, server

PASSWORD = "p4ss-word-of-the-test"


@pytest.mark.parametrize(
    ("address", "is_local"),
    [
        ("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("::ffff:127.0.0.1", True), ("10.0.0.1", False),
        ("0.0.0.0", False), ("::ffff:10.0.0.1", False), ("fe80::1%eth0", False),
    ],
)  # fmt: skip
def test_loopback(address, is_local):
    assert is_loopback(address) is is_local


def test_every_address_of_the_host_must_be_this_machine(monkeypatch):
    assert is_on_this_machine(server())
    assert not is_on_this_machine(server(host="no-such-host.invalid"))

    def both(*_, **__):
        return [(2, 1, 6, "", ("127.0.0.1", 25)), (2, 1, 6, "", ("192.0.2.1", 25))]

    monkeypatch.setattr("include.post.server.socket.getaddrinfo", both)
    assert not is_on_this_machine(server(host="mixed.example"))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"security": "tls"}, "unknown security"),
        ({"port": 0}, "not a mail server"),
        ({"host": ""}, "not a mail server"),
        ({"user": "u"}, "both a user and a password"),
        ({"password": PASSWORD}, "both a user and a password"),
        ({"timeout_seconds": 0}, "a time-out must be positive"),
        ({"sender_address": "a@b\r\nBcc: c@d"}, "the sender cannot be used"),
        ({"sender_name": "a\nb"}, "the sender cannot be used"),
        ({"ca_file": "/nowhere.pem"}, "does not exist"),
        ({"host": "192.0.2.1", "user": "u", "password": PASSWORD}, "the password would travel unencrypted"),
    ],
)
def test_settings_that_cannot_work_are_refused_without_showing_the_password(changes, message):
    with pytest.raises(InputError, match=message) as error:
        server(**changes)
    assert PASSWORD not in str(error.value)


def test_the_password_is_in_no_representation():
    guarded = server(security="starttls", user="u", password=PASSWORD)
    assert PASSWORD not in repr(guarded)
    assert (
        guarded.redact(f"535 {PASSWORD} cDRzcy13b3JkLW9mLXRoZS10ZXN0 AHUAcDRzcy13b3JkLW9mLXRoZS10ZXN0")
        == "535 *** *** ***"
    )


def test_a_reply_address_that_cannot_be_used_is_refused():
    with pytest.raises(InputError, match="the reply address cannot be used"):
        type(OFFICE)({}, reply_to="nobody")
