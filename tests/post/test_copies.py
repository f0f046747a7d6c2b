"""Rehearsals, and sending a released letter again."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from include.errors import InputError, StateError
from include.post.copies import rehearse, resend
from include.post.letters import draft
from include.post.message import COPY_HEADER
from include.post.recipients import Recipient
from include.store import tables
from include.store.engine import writing
from tests.post.samples import (
    NOW,
    OFFICE,
    add_cities,
    composition,
    deliveries,
    facts,
    register,
    released,
    rows,
    server,
    the_letter,
)  # fmt: skip

TO, CC = "to140300@city.example", "cc140300@city.example"


def test_a_rehearsal_touches_neither_state_nor_number(engine, archive):
    draft(engine, archive, facts(), composition(), now=NOW, actor="run")
    before = the_letter(engine)
    to = Recipient("me@mee.example", "值班", "to")
    copies = [
        rehearse(engine, archive, 1, to, office=OFFICE, server=server(), now=NOW, actor="run").copy_no
        for _ in range(2)
    ]
    assert (copies, the_letter(engine), register(engine)) == ([1, 2], before, [])
    add_cities(engine)
    released(engine, archive)
    assert the_letter(engine).message_id == f"<{before.letter_key}.1@mee.example>"
    with pytest.raises(InputError, match="cannot go there"):
        rehearse(
            engine,
            archive,
            1,
            replace(to, address="me@mee.example\nBcc: x@y"),
            office=OFFICE,
            server=server(),
            now=NOW,
            actor="r",
        )


def test_a_letter_is_sent_again_to_the_corrected_contact(engine, archive):
    add_cities(engine)
    released(engine, archive)
    options = {"office": OFFICE, "server": server(), "now": NOW, "actor": "王", "reason": "地址已更正"}
    with pytest.raises(StateError, match="an earlier copy is not settled"):
        resend(engine, archive, 1, **options)
    with writing(engine) as connection:
        connection.execute(
            tables.delivery.update().values(state="sent").where(tables.delivery.c.address == CC)
        )
        connection.execute(
            tables.delivery.update().values(state="refused").where(tables.delivery.c.address == TO)
        )
        connection.execute(
            tables.contact.update().values(address="new@city.example").where(tables.contact.c.address == TO)
        )
    assert resend(engine, archive, 1, only=["new@city.example"], **options).copy_no == 2
    assert deliveries(engine) == {TO: "withdrawn", CC: "sent", "new@city.example": "queued"}
    [(digest,)] = rows(engine, select(tables.delivery.c.eml_sha256).where(tables.delivery.c.copy_no == 2))
    message = archive.get(digest).decode().replace("\r\n ", " ")
    assert f"\r\n{COPY_HEADER}: 2\r\n" in message
    assert f"\r\nReferences: {the_letter(engine).message_id}\r\n" in message
    assert len(register(engine)) == 1


def test_sending_again_needs_a_reason_a_recipient_and_a_released_letter(engine, archive):
    add_cities(engine)
    draft(engine, archive, facts(), composition(), now=NOW, actor="run")
    options = {"office": OFFICE, "server": server(), "now": NOW, "actor": "王"}
    with pytest.raises(InputError, match="a reason is needed"):
        resend(engine, archive, 1, reason=" ", **options)
    with pytest.raises(StateError, match="the letter is drafted"):
        resend(engine, archive, 1, reason="再发", **options)
    released(engine, archive)
    with writing(engine) as connection:
        connection.execute(tables.delivery.update().values(state="sent"))
    with pytest.raises(InputError, match="nobody to send to"):
        resend(engine, archive, 1, reason="再发", only=["other@city.example"], **options)
