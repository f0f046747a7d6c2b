"""The day's beat reads what units sent before it computes; a back-fill and a played clock do not read what is not theirs."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from include.errors import CheckFailed
from include.house import House, Run
from include.periods import period_ending
from include.simulator.mail_answers import text_mail
from include.workflows import answer_round, daily_dispatch
from tests.mailroom.office import CONTACT, NOW, SENT, Place, answer

HOUR = timedelta(hours=1)
MORNING = period_ending("day", date(2020, 3, 14))
TAKEN = [("A1", "submitted", SENT), ("A2", "submitted", SENT)]


def run_of(house: House, *, is_backfill: bool = False) -> Run:
    """The run of the morning after the mails, five minutes late."""
    now = MORNING.as_of + timedelta(minutes=5)
    return Run(house, MORNING, "r", "dag daily_dispatch", "auto", is_backfill, now)


def test_the_days_figures_know_the_mail_of_the_minute_before(place: Place) -> None:
    place.deliver(answer(place))
    run = run_of(place.house)
    pulled = daily_dispatch.pull(run)
    assert place.events() == TAKEN
    assert (pulled["came_in"]["mail"]["mailbox"]["rows_taken"], pulled["warnings"]) == (2, [])
    computed = daily_dispatch.frozen(run, daily_dispatch.figures(run))
    (city,) = [one for one in computed.cities if one.unit_code == "140300"]
    assert (city.rolling.answered, city.rolling.pushed) == (2, 2)


def test_a_backfill_reads_no_mail(place: Place) -> None:
    place.deliver(answer(place))
    daily_dispatch.pull(run_of(place.house, is_backfill=True))
    assert (place.events(), place.mails()) == ([], [])
    place.read()
    assert place.events() == TAKEN  # it lay there untouched


def test_a_mailbox_that_is_away_stops_no_letter_of_the_day_but_the_round(place: Place) -> None:
    unusable = {**place.source.options, "ca_file": "/nowhere.pem"}
    broken = (
        replace(place.source, name="closed", location="127.0.0.1:1"),
        replace(place.source, name="odd", options=unusable),
        place.source,
    )
    house = replace(place.house, mailboxes=broken)
    place.deliver(answer(place))
    pulled = daily_dispatch.pull(run_of(house))
    assert [words.partition("：")[0] for words in pulled["warnings"]] == ["closed", "odd"]
    assert place.events() == TAKEN
    with pytest.raises(CheckFailed, match=r"closed.*odd"):
        answer_round.take(house, NOW + 24 * HOUR, "test")


def test_a_played_clock_leaves_the_mail_that_is_still_to_come(place: Place) -> None:
    place.source.options["is_played"] = True  # type: ignore[index]
    place.deliver(answer(place))
    late = text_mail(place.letter, CONTACT, NOW + HOUR, "又及")
    place.deliver(late, at=NOW + HOUR)
    assert dict(place.read(NOW).kinds) == {"answer": 1}
    assert dict(place.read(NOW).kinds) == {}
    assert dict(place.read(NOW + 2 * HOUR).kinds) == {"reply": 1}


def test_two_rounds_at_once_take_each_mail_once(place: Place) -> None:
    place.deliver(answer(place), text_mail(place.letter, CONTACT, SENT, "又及"))
    others = []

    def on_step(step: str) -> None:
        if (
            step == "after_archive" and not others
        ):  # the other has read everything when this one comes to its first
            others.append(place.read())

    done = place.read(on_step=on_step)
    (other,) = others
    assert (done.trouble, other.trouble) == ("", "")
    assert (dict(other.kinds), done.known) == ({"answer": 1, "reply": 1}, 2)
    assert [row["kind"] for row in place.mails()] == ["answer", "reply"]
    assert place.events() == TAKEN
