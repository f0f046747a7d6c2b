"""The password of the mail server is nowhere but in the server's settings, at any log level and whatever goes wrong."""

import base64
import logging

import pytest
from sqlalchemy import select

from include.post.round import post_round
from include.store.engine import reading
from include.store.tables import metadata
from tests.post.faulty_server import SERVER_PASSWORD
from tests.post.samples import NOW, TAIYUAN, YANGQUAN, add_cities, facts, released, server

WRONG = "Qk7-wrong-password-of-the-test"
IN_THE_CLEAR = [SERVER_PASSWORD, WRONG]
SECRETS = [
    *IN_THE_CLEAR,
    *(base64.b64encode(secret.encode()).decode().rstrip("=") for secret in IN_THE_CLEAR),
    *(base64.b64encode(f"\0qianliyan\0{secret}".encode()).decode().rstrip("=") for secret in IN_THE_CLEAR),
]


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
@pytest.mark.parametrize(
    ("password", "faults"),
    [
        (SERVER_PASSWORD, []),
        (SERVER_PASSWORD, ["echo the password"]),
        (SERVER_PASSWORD, ["echo the password in a refusal"]),
        (SERVER_PASSWORD, ["drop the 250"]),
        (WRONG, []),
    ],
)
def test_nothing_that_is_written_holds_the_password(engine, archive, faulty, caplog, capfd, password, faults):
    caplog.set_level(logging.DEBUG)
    add_cities(engine, YANGQUAN, TAIYUAN)
    guarded = faulty(*faults, login=True)
    on = server(guarded.port, user="qianliyan", password=password)
    released(engine, archive, on=on)

    def telling(*_):
        raise RuntimeError(f"535 rejected {on.password}")

    assert released(engine, archive, facts(unit_code=TAIYUAN), on=on, render=telling).action == "failed"
    summary = post_round(engine, archive, on, clock=lambda: NOW, owner="test")
    with reading(engine) as connection:
        rows = [str(row) for table in metadata.sorted_tables for row in connection.execute(select(table))]
    kept = [path.read_bytes().decode("latin-1") for path in archive.root.rglob("*") if path.is_file()]
    logged = [
        caplog.handler.format(record) for record in caplog.records if record.name != "mail.log"
    ]  # the server's own
    assert any("RuntimeError: 535 rejected ***" in line for line in logged)
    written = [*rows, *kept, *logged, *capfd.readouterr(), repr(summary), repr(on)]
    assert [secret for secret in SECRETS for text in written if secret in text] == []
    assert summary.mails or summary.trouble
