"""A real IMAP server for the module's tests; each test empties its mailbox."""

import imaplib
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from include.simulator.imap_server import PASSWORD, USER, imap_server
from include.store.archive import Archive
from tests.mailroom.office import Place, open_place


@pytest.fixture(scope="module")
def imap_port() -> Iterator[int]:
    with imap_server() as port:
        yield port


@pytest.fixture
def place(engine: Engine, tmp_path: Path, imap_port: int) -> Place:
    empty(imap_port)
    return open_place(engine, Archive(tmp_path / "archive"), tmp_path, imap_port)


def empty(port: int) -> None:
    """Nothing in any folder."""
    server = imaplib.IMAP4("127.0.0.1", port)
    server.login(USER, PASSWORD)
    for line in server.list()[1]:
        name = line.decode().rpartition(" ")[2]
        server.select(name)
        server.store("1:*", "+FLAGS", r"(\Deleted)")
        server.expunge()
    server.logout()
