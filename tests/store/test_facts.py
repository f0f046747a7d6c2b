"""The statements that look back over all letters, which read only what they need: on letters of four days."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from include.post.letters import await_approval, draft, withhold
from include.store import tables
from include.store.archive import Archive
from include.store.engine import reading, writing
from include.store.facts import last_letters, silent_cities, urged_alarms
from tests.post.samples import JINAN, NOW, YANGQUAN, add_cities, composition, facts, released

DAYS = [date(2020, 3, number) for number in (9, 10, 11, 12)]  # reported; each letter goes out the day after


@pytest.fixture
def letters(engine: Engine, tmp_path: Path) -> Engine:
    """A notice a day to two cities about an alarm of its own, and two reminders; 济南 acknowledged the alarm of 10 March."""
    add_cities(engine, YANGQUAN, JINAN)
    archive = Archive(tmp_path / "archive")
    for day in DAYS:
        for city in (YANGQUAN, JINAN):
            released(engine, archive, facts(city_code=city, day=day, alarms=(f"{city}-{day:%d}",)))
    for day in (DAYS[1], DAYS[3]):
        released(engine, archive, facts("reminder", day=day, alarms=(f"{YANGQUAN}-09",)))
    event = {
        "alarm_id": f"{JINAN}-10", "event": "acknowledged", "event_at": NOW - timedelta(days=1), "revision": 1, "source": "test",
        "is_simulated": True, "received_at": NOW, "content_hash": "",
    }  # fmt: skip
    with writing(engine) as connection:
        connection.execute(tables.feedback_event.insert(), event)
    return engine


@pytest.mark.parametrize(
    ("since", "before", "urged_on"),
    [
        (date(2020, 3, 1), date(2020, 3, 14), [date(2020, 3, 11), date(2020, 3, 13)]),
        (date(2020, 3, 1), date(2020, 3, 13), [date(2020, 3, 11)]),  # a re-run does not count itself
        (date(2020, 3, 10), date(2020, 3, 14), [date(2020, 3, 11), date(2020, 3, 13)]),
        (
            date(2020, 3, 11),
            date(2020, 3, 14),
            [date(2020, 3, 13)],
        ),  # letters of alarms of 11 March go out later
    ],
)
def test_the_urges_of_alarms_pushed_since_a_day(
    letters: Engine, since: date, before: date, urged_on: list[date]
) -> None:
    with reading(letters) as connection:
        found = urged_alarms(connection, since, before)
    assert found["alarm_id"].tolist() == [f"{YANGQUAN}-09"] * len(urged_on)
    assert [moment.date() for moment in found["urged_at"]] == urged_on


def test_a_draft_urges_nobody_until_a_person_may_sign_it(letters: Engine, tmp_path: Path) -> None:
    reminder = facts("reminder", day=DAYS[2], alarms=(f"{YANGQUAN}-10",))
    drafted = draft(letters, Archive(tmp_path / "archive"), reminder, composition(), now=NOW, actor="run")

    def urged() -> list[str]:
        with reading(letters) as connection:
            return list(urged_alarms(connection, DAYS[0], date(2020, 3, 13))["alarm_id"])

    assert urged() == [f"{YANGQUAN}-09"]
    await_approval(letters, drafted.letter_id, now=NOW, actor="run", reason="等待人工签发")
    assert urged() == [f"{YANGQUAN}-09", f"{YANGQUAN}-10"]
    withhold(letters, drafted.letter_id, now=NOW, actor="run", reason="补录")
    assert urged() == [f"{YANGQUAN}-09"]


@pytest.mark.parametrize(
    ("in_a_row", "before", "silent"),
    [
        (3, date(2020, 3, 14), [YANGQUAN]),  # 济南 said something on the second of its last three
        (2, date(2020, 3, 14), [JINAN, YANGQUAN]),
        (4, date(2020, 3, 14), [YANGQUAN]),
        (5, date(2020, 3, 14), []),  # there are only four
        (1, date(2020, 3, 12), [YANGQUAN]),
        (1, date(2020, 3, 10), []),
    ],
)
def test_silent_cities_heard_nothing_of_their_last_letters(
    letters: Engine, in_a_row: int, before: date, silent: list[str]
) -> None:
    with reading(letters) as connection:
        assert silent_cities(connection, in_a_row, before, NOW) == sorted(silent)


def test_a_bounce_is_silence_although_the_city_said_something(letters: Engine) -> None:
    with writing(letters) as connection:
        named = tables.letter_alarm
        of_jinan = (
            named.select().where(named.c.alarm_id == f"{JINAN}-10").with_only_columns(named.c.letter_id)
        )
        connection.execute(
            tables.delivery.update()
            .where(tables.delivery.c.letter_id.in_(of_jinan), tables.delivery.c.header == "to")
            .values(state="refused")
        )
    with reading(letters) as connection:
        assert silent_cities(connection, 3, date(2020, 3, 14), NOW) == [YANGQUAN, JINAN]  # by code


def test_the_last_letter_of_a_city_is_the_reminder_of_its_last_day(letters: Engine) -> None:
    with reading(letters) as connection:
        last = last_letters(connection, date(2020, 3, 13))
        before = last_letters(connection, date(2020, 3, 12))
    assert dict(zip(last["city_code"], last["kind"], strict=True)) == {YANGQUAN: "reminder", JINAN: "notice"}
    assert {str(day)[:10] for day in last["period_end"]} == {"2020-03-13"}
    assert last["under_way"].tolist() == [2, 2]
    assert dict(zip(before["city_code"], before["kind"], strict=True)) == {
        YANGQUAN: "notice",
        JINAN: "notice",
    }
