"""Rehearsals, and sending a released letter again."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from include.act import Act
from include.errors import InputError, StateError
from include.post.copies import rehearse, resend, take_back
from include.post.drafts import draft
from include.post.message import COPY_HEADER
from include.post.recipients import Recipient
from include.post.round import post_round
from include.store import tables
from include.store.engine import writing
from tests.post.samples import (
    NOW,
    add_cities,
    composition,
    deliveries,
    facts,
    outgoing,
    register,
    released,
    rows,
    server,
    the_letter,
)

TO, CC = "to140300@city.example", "cc140300@city.example"


def test_a_rehearsal_touches_neither_state_nor_number(engine, archive):
    draft(engine, archive, facts(), composition(), now=NOW, actor="run")
    before = the_letter(engine)
    to = Recipient("me@mee.example", "值班", "to")
    copies = [rehearse(outgoing(engine, archive), 1, to, Act(NOW, "run")).copy_no for _ in range(2)]
    assert (copies, the_letter(engine), register(engine)) == ([1, 2], before, [])
    add_cities(engine)
    released(engine, archive)
    assert the_letter(engine).message_id == f"<{before.letter_key}.1@mee.example>"
    away = replace(to, address="me@mee.example\nBcc: x@y")
    with pytest.raises(InputError, match="cannot go there"):
        rehearse(outgoing(engine, archive), 1, away, Act(NOW, "r"))


def test_a_letter_is_sent_again_to_the_corrected_contact(engine, archive):
    add_cities(engine)
    released(engine, archive)
    way, act = outgoing(engine, archive), Act(NOW, "王", "地址已更正")
    with pytest.raises(StateError, match="an earlier copy is not settled"):
        resend(way, 1, act)
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
    assert resend(way, 1, act, only=["new@city.example"]).copy_no == 2
    assert deliveries(engine) == {TO: "withdrawn", CC: "sent", "new@city.example": "queued"}
    [(digest,)] = rows(engine, select(tables.delivery.c.eml_sha256).where(tables.delivery.c.copy_no == 2))
    message = archive.get(digest).decode().replace("\r\n ", " ")
    assert f"\r\n{COPY_HEADER}: 2\r\n" in message
    assert f"\r\nReferences: {the_letter(engine).message_id}\r\n" in message
    assert len(register(engine)) == 1


def test_sending_again_needs_a_reason_a_recipient_and_a_released_letter(engine, archive):
    add_cities(engine)
    draft(engine, archive, facts(), composition(), now=NOW, actor="run")
    way = outgoing(engine, archive)
    with pytest.raises(InputError, match="a reason is needed"):
        resend(way, 1, Act(NOW, "王", " "))
    with pytest.raises(StateError, match="the letter is drafted"):
        resend(way, 1, Act(NOW, "王", "再发"))
    released(engine, archive)
    with writing(engine) as connection:
        connection.execute(tables.delivery.update().values(state="sent"))
    with pytest.raises(InputError, match="nobody to send to"):
        resend(way, 1, Act(NOW, "王", "再发"), only=["other@city.example"])


def test_a_queued_resend_is_taken_back_and_the_refusal_waits_again(engine, archive, faulty):
    add_cities(engine)
    released(engine, archive)
    with pytest.raises(StateError, match="nothing of the letter has left"):
        take_back(engine, 1, Act(NOW, "duty", "错发"))
    post_round(engine, archive, server(faulty("refuse all").port), clock=lambda: NOW, owner="test")
    with pytest.raises(StateError, match="nothing is queued"):
        take_back(engine, 1, Act(NOW, "duty", "错发"))
    way, again = outgoing(engine, archive), Act(NOW, "duty", "再试")
    resend(way, 1, again)
    assert set(deliveries(engine).values()) == {"queued"}
    with pytest.raises(InputError, match="a reason is needed"):
        take_back(engine, 1, Act(NOW, "duty", " "))
    assert take_back(engine, 1, Act(NOW, "duty", "地址仍不对")) == 2
    assert rows(
        engine,
        select(tables.delivery.c.copy_no, tables.delivery.c.state, tables.delivery.c.state_reason).order_by(
            tables.delivery.c.delivery_id
        ),
    ) == [
        (1, "refused", "第 2 份已撤回，仍待处理"),
        (1, "refused", "第 2 份已撤回，仍待处理"),
        (2, "withdrawn", "地址仍不对"),
        (2, "withdrawn", "地址仍不对"),
    ]
    sending = faulty()
    assert post_round(engine, archive, server(sending.port), clock=lambda: NOW, owner="test").mails == ()
    assert resend(way, 1, again).copy_no == 3  # a taken back number is not used again


def test_recipients_that_are_tried_again_can_be_stopped(engine, archive, faulty):
    add_cities(engine)
    released(engine, archive)
    to = "to140300@city.example"
    post_round(engine, archive, server(faulty(f"421 at RCPT:{to}").port), clock=lambda: NOW, owner="test")
    with writing(engine) as connection:
        connection.execute(
            tables.delivery.update().values(state="sent").where(tables.delivery.c.address != to)
        )
    assert take_back(engine, 1, Act(NOW, "duty", "已电话通知")) == 1
    assert deliveries(engine)[to] == "withdrawn"
