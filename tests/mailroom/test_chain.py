"""A form by mail in an office that hands its alarms on itself: a report that waits for another person's review."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from include.chain.values import Move
from include.office.chain import chain_at, take
from include.profile.chain_values import ChainSettings
from include.profile.current import office, using
from include.rules import ChainRules
from tests.mailroom.office import NOW, SENT, Place, answer

YANGQUAN, SHIJIAZHUANG = "140300", "130100"
HOUR = timedelta(hours=1)


@pytest.fixture
def chained(place: Place) -> Iterator[Place]:
    with using(replace(office(), chain=ChainSettings(replace(ChainRules(), spot_check_percent=0)))):
        yield place


def test_a_form_by_mail_is_a_report_as_of_its_receipt(chained: Place) -> None:
    for alarm_id in ("A1", "A2"):
        at = SENT - HOUR
        take(chained.house, alarm_id, Move("assign", at, at, "duty", unit_code=YANGQUAN))
    chained.deliver(answer(chained))
    done = chained.read()
    assert (done.rows_taken, done.rows_refused, done.tray) == (2, 0, 0)
    assert [(one[0], one[1]) for one in chained.events()] == [
        ("A1", "acknowledged"),
        ("A2", "acknowledged"),
    ]
    events, chain = chain_at(chained.house, "A1", NOW)
    assert (chain.tasks[0].state, events[-1].receipt_at, events[-1].recorded_at, events[-1].actor) == (
        "reported",
        SENT,
        NOW,
        "mailbox",
    )
    take(chained.house, "A1", Move("pass", NOW + HOUR, NOW + HOUR, "王某", task_no=1))
    assert [one for one in chained.events() if one[1] == "submitted"] == [("A1", "submitted", NOW + HOUR)]


def test_a_form_of_a_unit_that_does_not_hold_them_is_refused_whole(chained: Place) -> None:
    for alarm_id in ("A1", "A2"):
        at = SENT - HOUR
        take(chained.house, alarm_id, Move("assign", at, at, "duty", unit_code=SHIJIAZHUANG))
    chained.deliver(answer(chained))
    done = chained.read()
    assert (done.rows_taken, done.rows_refused) == (0, 2)
    assert [one.state for one in chain_at(chained.house, "A1", NOW)[1].tasks] == ["assigned"]
