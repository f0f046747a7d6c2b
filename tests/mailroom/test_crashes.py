"""Killed with SIGKILL at every named point of the reading: nothing is lost, nothing is taken twice."""

import os
import signal
from collections import Counter
from datetime import timedelta

from sqlalchemy import select

from include.office.mailroom.round import read_mailbox
from include.simulator.mail_answers import bounce_mail, something_found, text_mail
from include.store.engine import open_engine, reading
from include.store.mail_tables import mail_seen
from tests.mailroom.office import CONTACT, NOW, SENT, Place, answer, form

HOUR = timedelta(hours=1)


def killed_at(place: Place, number: int) -> bool:
    """Reads the mailbox in a process of its own, which is killed at its `number`-th named point; whether it came so far."""
    child = os.fork()
    if child == 0:
        place.house.engine.dispose(close=False)
        place.house.__dict__["engine"] = open_engine(
            place.house.engine.url.render_as_string(hide_password=False)
        )
        passed = Counter[str]()

        def on_step(step: str) -> None:
            passed["all"] += 1
            if passed["all"] == number:
                os.kill(os.getpid(), signal.SIGKILL)

        read_mailbox(place.house, place.source, now=NOW, actor="test", on_step=on_step)
        os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def test_a_round_that_is_killed_anywhere_loses_nothing_and_takes_nothing_twice(place: Place) -> None:
    second = form(place.key, fill=lambda number, alarm: something_found(SENT, "扬尘（工地）"))
    place.deliver(
        answer(place),
        bounce_mail(place.letter, CONTACT, SENT),
        text_mail(place.letter, CONTACT, SENT, "收悉"),
    )
    place.deliver(answer(place, content=second, at=SENT + HOUR), at=SENT + HOUR)
    kills = sum(killed_at(place, number) for number in (1, 2, 2, 3, 1, 4, 2, 5, 6))
    assert kills >= 5
    while place.read().kinds:
        pass
    assert [row["kind"] for row in place.mails()] == ["answer", "bounce", "reply", "answer"]
    assert place.events() == [
        (alarm, "submitted", at) for alarm in ("A1", "A2") for at in (SENT, SENT + HOUR)
    ]
    assert place.states()[CONTACT] == "refused"
    with reading(place.house.engine) as connection:
        assert len(connection.execute(select(mail_seen)).all()) == 4
    last = place.read()
    assert (last.known, dict(last.kinds)) == (0, {})
