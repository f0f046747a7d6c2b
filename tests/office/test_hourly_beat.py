"""A toy beat of one hour: two letters of one day to one unit go from compose to the mailbox, on both databases."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, select

from include.errors import StateError
from include.house import House, Run
from include.letter_kinds import LetterKind
from include.letters.composition import Letter, letter_file
from include.office.letter_acts import frozen_figures, letter_list, letters_of_period
from include.office.register import Beat, Due, LetterType, due_keys, registered
from include.periods import Period, office_zone, period_ending, periods_of_day
from include.post.drafts import LetterFacts, find_by_key
from include.post.local_server import local_mailbox, received
from include.post.reconciliation import reconcile
from include.store import tables
from include.store.engine import reading
from include.supervision.figures import to_json
from include.workflows import daily_dispatch
from include.workflows.steps import LetterSteps
from tests.desk.facts import Browser
from tests.workflows.region import DAY, open_region, run_of


@dataclass(frozen=True)
class Tick:
    letter_key: str
    period: Period


def compose(figures: Tick, _issue, **_) -> Letter:
    words = f"整点 {figures.period.label}"
    return Letter(
        words, tuple(letter_file(role, "整点", "tick", words.encode()) for role in ("html", "text"))
    )


def due(_house: House, period: Period) -> list[Due]:
    figures = to_json(Tick(period.letter_key("tick", "140300"), period))
    return [Due(LetterFacts("tick", "140300", "140300", period, figures, is_simulated=False), "阳泉市")]


STEPS = LetterSteps(("tick",), lambda run, _: due(run.house, run.period))
TICK = LetterType(
    LetterKind("tick", "整点函", is_numbered=False, is_corrected=False, useful_life=timedelta(hours=2)),
    Tick,
    compose,
)
BEAT = Beat(("hour",), due)


@pytest.fixture
def tick() -> Iterator[None]:
    with registered(TICK, BEAT):
        yield


@pytest.fixture
def house(engine: Engine, tmp_path) -> Iterator[House]:
    with local_mailbox(tmp_path / "mailbox") as mailbox:
        yield open_region(engine, tmp_path / "var", mailbox)


def hourly(house: House, hour: int) -> Run:
    period = period_ending("hour", datetime(2020, 3, 12, hour, tzinfo=office_zone()))
    return Run(
        house=house,
        period=period,
        run_id=f"hourly/{hour}",
        actor="test",
        deliver="auto",
        is_backfill=False,
        now=period.as_of,
    )


def play(run: Run) -> dict[str, int]:
    STEPS.compose(run, {})
    STEPS.release(run)
    STEPS.post(run)
    return dict(STEPS.account(run, {})["states"])


@pytest.mark.usefixtures("tick")
def test_two_hours_of_one_day_are_two_letters_of_one_unit(house: House) -> None:
    daily_dispatch.pull(run_of(house))
    eight, nine = hourly(house, 8), hourly(house, 9)
    assert play(eight) == {"sent": 1}
    assert play(nine) == {"sent": 2}  # the day's letters so far
    assert play(replace(nine, run_id="hourly/9 again")) == {"sent": 2}
    assert sorted((mail.letter_key, mail.subject, *mail.recipients) for mail in received(house.mailbox)) == [
        (
            f"tick_140300_hour_2020-03-1{day}T{start}00Z_2020-03-12T{end}00Z_1",
            f"整点 3月12日{hour}时至{hour + 1}时",
            "dudu@yangquan.example",
            "daqi@yangquan.example",
        )
        for day, start, end, hour in ((1, "23", "00", 7), (2, "00", "01", 8))
    ]
    with reading(house.engine) as connection:
        assert [one.period for one in letters_of_period(connection, nine.period, ("tick",))] == [nine.period]
        told = find_by_key(connection, nine.period.letter_key("tick", "140300"))
        assert told is not None
        assert frozen_figures("tick", told.figures_json).period == told.period == nine.period
        lives = connection.execute(
            select(tables.delivery.c.expires_at, tables.letter.c.released_at).join_from(
                tables.delivery, tables.letter
            )
        ).all()
        assert {expires_at - released_at for expires_at, released_at in lives} == {timedelta(hours=2)}
        dues = [
            key
            for period in periods_of_day("hour", DAY)
            if period.end_at in (eight.period.end_at, nine.period.end_at)
            for key in due_keys(house, period)
        ]
        assert reconcile(connection, DAY, due=dues, mailbox=house.mailbox).faults == ()
        missing = period_ending("hour", datetime(2020, 3, 12, 10, tzinfo=office_zone())).letter_key(
            "tick", "140300"
        )
        assert reconcile(connection, DAY, due=[missing]).faults == (f"{missing}：应有函件，但发件箱中没有",)


@pytest.mark.usefixtures("tick")
def test_the_desk_and_the_command_line_list_the_hours(house: House) -> None:
    daily_dispatch.pull(run_of(house))
    for hour in (8, 9):
        play(hourly(house, hour))
    page = Browser(house).get("/letters?kind=tick&day=2020-03-12").text
    assert page.index("2020-03-12 08:00 — 09:00") < page.index("2020-03-12 07:00 — 08:00")
    assert "2020-03-12 08:00 — 09:00" in Browser(house).get("/cities/140300").text
    listed = letter_list(house.engine, on_date=DAY, state=None, most=9)
    assert [str(one.start_at)[:16] for one in listed.itertuples()] == ["2020-03-12 00:00", "2020-03-11 23:00"]


def test_a_kind_that_nothing_registers_any_more_is_still_listed_but_not_composed(house: House) -> None:
    daily_dispatch.pull(run_of(house))
    with registered(TICK, BEAT):
        play(hourly(house, 8))
    page = Browser(house).get("/letters").text
    assert "tick #1" in page
    with pytest.raises(StateError, match="a kind of letter that nothing composes"):
        frozen_figures("tick", "{}")
