"""The statements that look back over all letters, which read only what they need: on letters of four days."""

from datetime import date, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import Engine, select

from include.post.audit import Change, record
from include.post.drafts import await_approval, draft, withhold
from include.sources.lingering import refresh
from include.sources.merge import prepare, want
from include.store import tables
from include.store.archive import Archive
from include.store.engine import reading, writing
from include.store.facts import last_letters, unheard_cities, urged_alarms
from tests.post.samples import JINAN, NOW, YANGQUAN, add_cities, composition, facts, released

DAYS = [date(2020, 3, number) for number in (9, 10, 11, 12)]  # reported; each letter goes out the day after


@pytest.fixture
def letters(engine: Engine, tmp_path: Path) -> Engine:
    """A notice a day to two cities about an alarm of its own, and two reminders to 阳泉; each left at 08:30 of its day. 济南
    acknowledged an alarm on 12 March that no letter named."""
    add_cities(engine, YANGQUAN, JINAN)
    with writing(engine) as connection:
        for city in (YANGQUAN, JINAN):
            for number in (*range(9, 13), 1):
                connection.execute(tables.alarm.insert(), alarm(f"{city}-{number:02}", city, number))
        connection.execute(tables.feedback_event.insert(), step(f"{JINAN}-01", "acknowledged", 12))
        prepare(connection)
        want(
            connection,
            pd.Series([f"{city}-{n:02}" for city in (YANGQUAN, JINAN) for n in (*range(9, 13), 1)]),
        )
        refresh(connection)
    archive = Archive(tmp_path / "archive")
    for day in DAYS:
        for city in (YANGQUAN, JINAN):
            released(engine, archive, facts(unit_code=city, day=day, alarms=(f"{city}-{day:%d}",)))
    for day in (DAYS[1], DAYS[3]):
        released(engine, archive, facts("reminder", day=day, alarms=(f"{YANGQUAN}-09",)))
    leave(engine)
    return engine


def alarm(alarm_id: str, city: str, day: int) -> dict[str, object]:
    pushed = morning(day) - timedelta(hours=1, minutes=30)
    return {
        "alarm_id": alarm_id,
        "revision": 1,
        "revised_at": pushed,
        "grid_id": "T1",
        "unit_code": city,
        "county": "郊区",
        "point_name": "点",
        "started_at": pushed,
        "last_at": pushed,
        "alarm_count": 1,
        "pushed_at": pushed,
        "deadline_at": pushed + timedelta(days=1),
        "rules_version": "2026-11",
        "is_outside_city": False,
        "source": "test",
        "is_simulated": True,
        "received_at": pushed,
        "content_hash": "",
    }


def step(
    alarm_id: str, event: str, day: int, hour: int = 12, received_day: int | None = None
) -> dict[str, object]:
    at = morning(day).replace(hour=hour - 8, minute=0)
    return {
        "alarm_id": alarm_id,
        "event": event,
        "event_at": at,
        "revision": 1,
        "source": "test",
        "is_simulated": True,
        "received_at": at if received_day is None else morning(received_day),
        "content_hash": "",
    }


def morning(day: int) -> datetime:
    """08:30 of a day of March 2020, Beijing time."""
    return NOW + timedelta(days=day - 13)


def leave(engine: Engine, state: str = "sent", only: str | None = None, action: str = "settle") -> None:
    """Lets deliveries leave at 08:30 of the day of their letter, as the outbox records it."""
    with writing(engine) as connection:
        rows = connection.execute(
            select(tables.delivery.c.delivery_id, tables.letter.c.as_of)
            .join(tables.letter, tables.letter.c.letter_id == tables.delivery.c.letter_id)
            .where((tables.letter.c.kind == only) if only else (tables.delivery.c.state == "queued"))
        ).all()
        for row in rows:
            mine = tables.delivery.c.delivery_id == row.delivery_id
            connection.execute(tables.delivery.update().where(mine).values(state=state))
            change = Change("delivery", str(row.delivery_id), action, "sending", state, "")
            record(connection, [change], now=row.as_of, actor="post")


READ = morning(1) - timedelta(hours=8, minutes=30), morning(13) - timedelta(hours=8, minutes=30), NOW


def urged_dates(engine: Engine, before: date = date(2020, 3, 14)) -> list[tuple[str, str]]:
    with reading(engine) as connection:
        rows = urged_alarms(connection, *READ, before)
    return [(row.alarm_id, f"{row.left_at:%m-%d}") for row in rows.itertuples()]


def test_urged_is_what_left_on_an_earlier_date(letters: Engine) -> None:
    mine = f"{YANGQUAN}-09"
    assert urged_dates(letters) == [(mine, "03-11"), (mine, "03-13")]
    assert urged_dates(letters, date(2020, 3, 13)) == [(mine, "03-11")]  # a re-run does not count itself
    assert urged_dates(letters, date(2020, 3, 11)) == []


def test_drafts_and_what_waits_or_is_withheld_or_queued_urge_nobody(letters: Engine, tmp_path: Path) -> None:
    archive, before = Archive(tmp_path / "archive"), urged_dates(letters)
    reminder = facts("reminder", day=DAYS[2], alarms=(f"{YANGQUAN}-10",))
    drafted = draft(letters, archive, reminder, composition(), now=NOW, actor="run")
    assert urged_dates(letters) == before
    await_approval(letters, drafted.letter_id, now=NOW, actor="run", reason="等待人工签发")
    assert urged_dates(letters) == before
    withhold(letters, drafted.letter_id, now=NOW, actor="run", reason="补录")
    assert urged_dates(letters) == before
    released(letters, archive, facts("reminder", day=DAYS[0], alarms=(f"{YANGQUAN}-11",)))  # queued
    assert urged_dates(letters) == before


@pytest.mark.parametrize(
    ("state", "counts"),
    [("unknown", True), ("refused", False), ("expired", False), ("withdrawn", False)],
)
def test_left_is_sent_or_unknown(engine: Engine, tmp_path: Path, state: str, *, counts: bool) -> None:
    add_cities(engine, YANGQUAN)
    with writing(engine) as connection:
        connection.execute(tables.alarm.insert(), alarm("A", YANGQUAN, 9))
    released(engine, Archive(tmp_path / "archive"), facts("reminder", day=DAYS[1], alarms=("A",)))
    leave(engine, state)
    assert urged_dates(engine) == ([("A", "03-11")] if counts else [])


def test_a_later_bounce_undoes_nothing_and_what_arrived_left_when_it_became_unknown(
    engine: Engine, tmp_path: Path
) -> None:
    add_cities(engine, YANGQUAN)
    with writing(engine) as connection:
        connection.execute(tables.alarm.insert(), alarm("A", YANGQUAN, 9))
    released(engine, Archive(tmp_path / "archive"), facts("reminder", day=DAYS[1], alarms=("A",)))
    leave(engine, "sent")
    with writing(engine) as connection:
        connection.execute(tables.delivery.update().values(state="refused"))
    assert urged_dates(engine) == [("A", "03-11")]
    with writing(engine) as connection:
        connection.execute(tables.audit.delete().where(tables.audit.c.subject == "delivery"))
        connection.execute(tables.delivery.update().values(state="sent"))
    leave(engine, "unknown", only="reminder")
    with writing(engine) as connection:
        ids = connection.execute(select(tables.delivery.c.delivery_id)).scalars().all()
        changes = [Change("delivery", str(one), "resolve_arrived", "unknown", "sent", "") for one in ids]
        record(connection, changes, now=NOW + timedelta(days=9), actor="person")
        connection.execute(tables.delivery.update().values(state="sent"))
    assert urged_dates(engine) == [("A", "03-11")]


@pytest.mark.parametrize(
    ("in_a_row", "before", "unheard"),
    [
        (3, date(2020, 3, 14), [YANGQUAN]),  # 济南 acknowledged an alarm that no letter named
        (4, date(2020, 3, 14), [YANGQUAN]),
        (6, date(2020, 3, 14), [YANGQUAN]),  # reminders count beside the notices
        (7, date(2020, 3, 14), []),  # there are only six
        (1, date(2020, 3, 12), [YANGQUAN]),
        (1, date(2020, 3, 10), []),
    ],
)
def test_unheard_is_who_gave_no_sign_of_life_since_its_last_letters(
    letters: Engine, in_a_row: int, before: date, unheard: list[str]
) -> None:
    with reading(letters) as connection:
        assert unheard_cities(connection, in_a_row, before, NOW) == unheard


@pytest.mark.parametrize("event", ["acknowledged", "submitted", "disputed"])
def test_any_step_of_the_city_is_a_sign_of_life_and_a_decision_is_none(letters: Engine, event: str) -> None:
    def unheard() -> list[str]:
        with reading(letters) as connection:
            return unheard_cities(connection, 3, date(2020, 3, 14), NOW)

    with writing(letters) as connection:
        connection.execute(tables.feedback_event.insert(), step(f"{YANGQUAN}-01", "returned", 12))
    assert unheard() == [YANGQUAN]
    with writing(letters) as connection:
        connection.execute(tables.feedback_event.insert(), step(f"{YANGQUAN}-01", event, 12))
    assert unheard() == []


@pytest.mark.parametrize(
    ("steps", "unheard"), [(("submitted",), []), (("submitted", "returned"), [YANGQUAN])]
)
def test_an_answer_that_was_sent_back_is_none_to_the_letters_that_named_it(
    letters: Engine, steps: tuple[str, ...], unheard: list[str]
) -> None:
    """All of 阳泉's alarms were answered (and sent back) before its letters: those name an unanswered alarm, or none."""
    with writing(letters) as connection:
        for day in range(9, 13):
            rows = [step(f"{YANGQUAN}-{day:02}", event, 8, 9 + hour) for hour, event in enumerate(steps)]
            connection.execute(tables.feedback_event.insert(), rows)
    with reading(letters) as connection:
        assert unheard_cities(connection, 3, date(2020, 3, 14), NOW) == unheard


def test_a_latest_letter_whose_every_recipient_bounced_asks_for_the_address(letters: Engine) -> None:
    latest = select(tables.letter.c.letter_id).where(
        tables.letter.c.unit_code == JINAN, tables.letter.c.period_end == date(2020, 3, 13)
    )
    with writing(letters) as connection:
        connection.execute(
            tables.delivery.update()
            .where(tables.delivery.c.letter_id.in_(latest), tables.delivery.c.header == "to")
            .values(state="refused")
        )
    with reading(letters) as connection:
        assert unheard_cities(connection, 3, date(2020, 3, 14), NOW) == [YANGQUAN, JINAN]  # by code
        assert unheard_cities(connection, 3, date(2020, 3, 13), NOW) == [YANGQUAN]


def test_the_last_letter_of_a_city_is_the_reminder_of_its_last_day(letters: Engine) -> None:
    with reading(letters) as connection:
        last = last_letters(connection, date(2020, 3, 13))
        before = last_letters(connection, date(2020, 3, 12))
    assert dict(zip(last["unit_code"], last["kind"], strict=True)) == {YANGQUAN: "reminder", JINAN: "notice"}
    assert {str(day)[:10] for day in last["period_end"]} == {"2020-03-13"}
    assert last["sent"].tolist() == [2, 2]
    assert dict(zip(before["unit_code"], before["kind"], strict=True)) == {
        YANGQUAN: "notice",
        JINAN: "notice",
    }
