"""Killed with SIGKILL at every named point of the reading, and at any statement: nothing is lost, nothing is taken twice.

`SWEEP=1` in the environment (`make crash-sweep`) kills at every statement instead of at a few of them.
"""

import os
import signal
from collections import Counter
from datetime import timedelta

from sqlalchemy import select

from include.office.mailroom.round import read_mailbox
from include.simulator.mail_answers import bounce_mail, nothing_found, something_found, text_mail
from include.store.engine import open_engine, reading
from include.store.mail_tables import mail_seen
from tests.killing import Countdown
from tests.mailroom.office import CONTACT, NOW, SENT, Place, answer, form

HOUR = timedelta(hours=1)
FEW = 4  # kills, evenly spread over the statements of a round


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


def steps_until(place: Place, point: int) -> int:
    """Reads the mailbox in a process of its own that is killed at its `point`-th statement; the steps of one that lived, else 0."""
    told, telling = os.pipe()
    child = os.fork()
    if child == 0:
        place.house.engine.dispose(close=False)
        engine = open_engine(place.house.engine.url.render_as_string(hide_password=False))
        place.house.__dict__["engine"] = engine
        countdown = Countdown(point)
        countdown.watch_store(engine)
        read_mailbox(place.house, place.source, now=NOW + HOUR, actor="test", on_step=countdown.step)
        os.write(telling, str(countdown.steps).encode())
        os._exit(0)
    os.close(telling)
    os.waitpid(child, 0)
    steps = os.read(told, 100)
    os.close(told)
    return int(steps or 0)


def test_a_round_that_is_killed_at_any_statement_takes_each_mail_once(place: Place) -> None:
    steps = done = 0
    while done == 0 or done < (steps + 1 if os.environ.get("SWEEP") else FEW):
        at = SENT + timedelta(seconds=done)
        note = {**nothing_found(SENT - HOUR), "note": f"{done}"}
        content = form(place.key, ("A1",), lambda number, alarm, note=note: note)
        place.deliver(
            answer(place, content=content, at=at), text_mail(place.letter, CONTACT, at, "收悉"), at=at
        )
        if done == 0:
            steps = steps_until(place, 0)
        else:
            point = done if os.environ.get("SWEEP") else 1 + steps * done // FEW
            assert steps_until(place, point) == 0 or point > steps
            assert place.read(NOW + HOUR).trouble == ""
        done += 1
        assert [row["kind"] for row in place.mails()] == ["answer", "reply"] * done
        assert place.events() == [("A1", "submitted", SENT + timedelta(seconds=one)) for one in range(done)]
        print(f"killed at {done - 1} of {steps}", flush=True)
    assert steps > 30
