"""What became of letters: of each alarm that one names, and by unit with the hours."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, func, insert, select, update

from include.desk.fates import AlarmFate, Fates, LetterFate, UnitFate, fates_table, letter_fate, unit_fates
from include.periods import office_zone
from include.store import tables
from include.store.engine import writing
from include.supervision.figures import Share
from tests.desk.facts import (
    SHIJIAZHUANG,
    YANGQUAN,
    Browser,
    add_alarm,
    add_event,
    add_problem,
    archive_in,
    house_of,
    moment,
)
from tests.post.samples import DAY, add_cities, facts, released

AS_OF = moment("03-14 12:00")
LEFT = datetime(2020, 3, 13, 8, 45, tzinfo=office_zone())


def send(engine: Engine, folder: Path, unit_code: str, *alarm_ids: str, at: datetime = LEFT) -> int:
    """A notice of 12 March that names these alarms and left at a moment."""
    released(engine, archive_in(folder), facts(unit_code=unit_code, alarms=alarm_ids))
    with writing(engine) as connection:
        own = tables.delivery.c
        letter_id = connection.execute(select(func.max(own.letter_id))).scalar_one()
        ids = [
            row[0] for row in connection.execute(tables.delivery.select().where(own.letter_id == letter_id))
        ]
        connection.execute(update(tables.delivery).where(own.letter_id == letter_id).values(state="sent"))
        for number in ids:
            told: dict[str, Any] = {"subject": "delivery", "subject_id": str(number), "action": "settle"}
            moved = {"from_state": "sending", "to_state": "sent", "reason": "250"}
            connection.execute(insert(tables.audit).values(at=at, actor="post", **told, **moved))
    return int(letter_id)


@pytest.fixture
def store(engine: Engine, tmp_path: Path) -> Engine:
    """Two letters of Yangquan's and Shijiazhuang's; an alarm that was answered, one that was not, one that nobody spoke of."""
    add_cities(engine, YANGQUAN, SHIJIAZHUANG)
    for name in ("A1", "A2"):
        add_alarm(engine, name, "03-12 06:00")
    add_alarm(engine, "B1", "03-12 07:00", unit_code=SHIJIAZHUANG)
    add_event(engine, "A1", "acknowledged", "03-13 08:00")  # before the letter left
    add_event(engine, "A2", "acknowledged", "03-13 09:45")
    add_event(engine, "A1", "submitted", "03-13 12:45")
    add_event(engine, "A1", "accepted", "03-13 18:00")
    add_problem(engine, "P1", "A1", "03-13 11:00")
    send(engine, tmp_path, YANGQUAN, "A1", "A2")
    send(engine, tmp_path, SHIJIAZHUANG, "B1")
    return engine


def test_the_way_of_each_alarm_that_a_letter_names(store: Engine, tmp_path: Path) -> None:
    found = letter_fate(house_of(store, tmp_path), 1, AS_OF)
    place = ("T85711", "郊区", "荫营镇")
    assert found == LetterFate(
        LEFT.astimezone(UTC),
        moment("03-13 09:45").astimezone(UTC),
        (
            AlarmFate(
                "A1", *place, moment("03-13 08:00").astimezone(UTC), moment("03-13 12:45").astimezone(UTC),
                True, True, 1, 0, "late",
            ),
            AlarmFate("A2", *place, moment("03-13 09:45").astimezone(UTC), None, False, False, 0, 0, "overdue"),
        ),
    )  # fmt: skip
    assert found.steps == (
        ("签收", Share(2, 2)),
        ("反馈", Share(1, 2)),
        ("验收", Share(1, 2)),
        ("整改", Share(0, 1)),
    )


def test_a_letter_of_a_moment_before_has_only_what_was_so(store: Engine, tmp_path: Path) -> None:
    found = letter_fate(house_of(store, tmp_path), 1, moment("03-13 10:00"))
    assert [(name, share.n) for name, share in found.steps] == [
        ("签收", 2),
        ("反馈", 0),
        ("验收", 0),
        ("整改", 0),
    ]
    assert letter_fate(house_of(store, tmp_path), 1, moment("03-13 08:30")).left_at is None


def test_units_by_what_they_made_of_their_letters(store: Engine, tmp_path: Path) -> None:
    found = unit_fates(house_of(store, tmp_path), DAY, DAY, None, AS_OF)
    yangquan = UnitFate(YANGQUAN, "阳泉市", 1, Share(1, 1), 1.0, Share(1, 2), 4.0, 1, 1, 0)
    silent = UnitFate(SHIJIAZHUANG, "石家庄市", 1, Share(0, 1), None, Share(0, 1), None, 0, 0, 0)
    total = UnitFate("", "", 2, Share(1, 2), 1.0, Share(1, 3), 4.0, 1, 1, 0)
    assert found == Fates((silent, yangquan), total, True)
    assert fates_table(found).to_csv(index=False).splitlines()[1:] == [
        "130100,石家庄市,1,1,0,,1,0,,0,0,0",
        "140300,阳泉市,1,1,1,1.0,2,1,4.0,1,1,0",
        ",合计,2,2,1,1.0,3,1,4.0,1,1,0",
    ]
    assert unit_fates(house_of(store, tmp_path), DAY, DAY, "reminder", AS_OF).units == ()


def test_a_back_fill_counts_from_its_own_moment(engine: Engine, tmp_path: Path) -> None:
    add_cities(engine, YANGQUAN)
    add_alarm(engine, "A1", "03-12 06:00")
    add_event(engine, "A1", "submitted", "03-13 12:30")
    send(engine, tmp_path, YANGQUAN, "A1", at=LEFT + timedelta(days=30))
    (one,) = unit_fates(house_of(engine, tmp_path), DAY, DAY, None, AS_OF + timedelta(days=40)).units
    assert (one.heard, one.sign_hours, one.answer_hours) == (Share(1, 1), 4.0, 4.0)
    later = AS_OF + timedelta(days=40)
    fate = letter_fate(house_of(engine, tmp_path), 1, later)
    assert (fate.left_at, fate.counted_from) == (LEFT + timedelta(days=30), moment("03-13 08:30"))
    assert "补发的旧函：回音自其截至时刻 2020-03-13 08:30 起算" in (
        Browser(house_of(engine, tmp_path), now=later).get("/letters/1").text
    )


def test_what_the_office_does_is_no_word_of_the_unit(engine: Engine, tmp_path: Path) -> None:
    add_cities(engine, YANGQUAN)
    add_alarm(engine, "A1", "03-12 06:00")
    add_event(engine, "A1", "acknowledged", "03-12 16:50")
    add_event(engine, "A1", "submitted", "03-12 19:31")
    add_alarm(engine, "A2", "03-12 07:00")
    for event, at in (("accepted", "03-13 09:37"), ("returned", "03-13 09:40"), ("accepted", "03-13 09:50")):
        add_event(engine, "A1", event, at)
    letter_id = send(engine, tmp_path, YANGQUAN, "A1", "A2")
    found = letter_fate(house_of(engine, tmp_path), letter_id, AS_OF)
    assert (found.sign_at, found.is_asking) == (None, True)
    assert found.alarms[0].answered_at == moment("03-12 19:31").astimezone(UTC)
    (one,) = unit_fates(house_of(engine, tmp_path), DAY, DAY, None, AS_OF).units
    assert (one.heard, one.sign_hours, one.answer_hours) == (Share(0, 1), None, None)


def test_a_unit_that_speaks_about_another_alarm_is_there(engine: Engine, tmp_path: Path) -> None:
    """As where an address is to be verified: a sign of life is one whatever it is about."""
    add_cities(engine, YANGQUAN, SHIJIAZHUANG)
    add_alarm(engine, "A1", "03-12 06:00")
    add_alarm(engine, "A2", "03-13 07:00")
    add_alarm(engine, "B1", "03-12 06:00", unit_code=SHIJIAZHUANG)
    add_event(engine, "A2", "acknowledged", "03-12 07:30")  # before the letter left
    add_event(engine, "A2", "submitted", "03-13 11:30")
    letter_id = send(engine, tmp_path, YANGQUAN, "A1")
    send(engine, tmp_path, SHIJIAZHUANG, "B1")
    house = house_of(engine, tmp_path)
    assert letter_fate(house, letter_id, AS_OF).sign_at == moment("03-13 11:30").astimezone(UTC)
    silent, spoke = unit_fates(house, DAY, DAY, None, AS_OF).units
    hours = (moment("03-13 11:30") - LEFT).total_seconds() / 3600
    assert (spoke.heard, spoke.sign_hours, spoke.answer_hours) == (Share(1, 1), round(hours, 1), None)
    assert (silent.heard, silent.sign_hours) == (Share(0, 1), None)


def test_a_letter_that_asks_nothing_is_not_silent(engine: Engine, tmp_path: Path) -> None:
    add_cities(engine, YANGQUAN, SHIJIAZHUANG)
    for name, code in (("A1", YANGQUAN), ("B1", SHIJIAZHUANG)):
        add_alarm(engine, name, "03-12 06:00", unit_code=code)
        add_event(engine, name, "submitted", "03-12 19:00")
    add_event(engine, "B1", "returned", "03-12 20:00")
    asks_nothing = send(engine, tmp_path, YANGQUAN, "A1")
    send(engine, tmp_path, SHIJIAZHUANG, "B1")
    house = house_of(engine, tmp_path)
    units = unit_fates(house, DAY, DAY, None, AS_OF).units
    assert [(one.unit_code, one.letters, one.heard) for one in units] == [
        (SHIJIAZHUANG, 1, Share(0, 1)),
        (YANGQUAN, 1, Share(0, 0)),
    ]
    assert not letter_fate(house, asks_nothing, AS_OF).is_asking
    assert letter_fate(house, asks_nothing, AS_OF).counted_from is None
    assert "不要求反馈" in Browser(house, now=AS_OF).get(f"/letters/{asks_nothing}").text


def test_an_old_alarm_beside_a_new_one(engine: Engine, tmp_path: Path) -> None:
    add_cities(engine, YANGQUAN)
    add_alarm(engine, "old", "01-02 06:00")
    add_alarm(engine, "new", "03-12 06:00")
    letter_id = send(engine, tmp_path, YANGQUAN, "old", "new")
    found = letter_fate(house_of(engine, tmp_path), letter_id, AS_OF)
    assert [(one.alarm_id, one.standing) for one in found.alarms] == [("new", "overdue"), ("old", "overdue")]


def test_the_pages_show_it_and_a_window_without_letters_says_so(store: Engine, tmp_path: Path) -> None:
    browser = Browser(house_of(store, tmp_path), now=AS_OF)
    letter = browser.get("/letters/1").text
    assert "首次回音" in letter
    assert letter.count("standing-overdue") == 1
    page = browser.get("/fates?first=2020-03-12&last=2020-03-12").text
    assert page.index("石家庄市") < page.index("阳泉市")
    assert "这一时段没有已送出的函件。" in browser.get("/fates?first=2020-01-01&last=2020-01-02").text
    assert browser.get("/fates?first=2020-01-02&last=2020-01-01").status_code == 400
    saved = browser.get("/fates.csv?first=2020-03-12&last=2020-03-12").text.splitlines()
    assert saved[0].startswith("\ufeff单位代码,单位,函件,要求反馈的函件,有回音,")
    assert saved[-1].endswith(",2020-03-12,2020-03-12,2020-03-14 12:00,模拟数据")


def test_letters_of_old_days_that_left_today_are_there(store: Engine, tmp_path: Path) -> None:
    page = Browser(house_of(store, tmp_path), now=moment("06-01 10:00")).get("/fates").text
    assert "阳泉市" in page
    assert "2020-03-12</small>" in page  # the window ends with the last letters


def test_an_answer_that_no_letter_asked_for_has_no_time(engine: Engine, tmp_path: Path) -> None:
    add_cities(engine, YANGQUAN)
    add_alarm(engine, "A1", "03-12 06:00")
    add_event(engine, "A1", "submitted", "03-12 19:00")  # before the letter, which asks nothing of it
    add_event(engine, "A1", "returned", "03-13 12:00")
    add_event(engine, "A1", "submitted", "03-13 15:00")
    send(engine, tmp_path, YANGQUAN, "A1")
    (one,) = unit_fates(house_of(engine, tmp_path), DAY, DAY, None, AS_OF).units
    assert (one.heard, one.answered, one.answer_hours) == (Share(0, 0), Share(1, 1), None)


def test_earlier_letters_are_a_link_away_and_times_are_told_by_size(engine: Engine, tmp_path: Path) -> None:
    add_cities(engine, YANGQUAN)
    add_alarm(engine, "A1", "03-12 06:00")
    add_event(engine, "A1", "submitted", "03-20 12:45")
    send(engine, tmp_path, YANGQUAN, "A1")
    late = facts(unit_code=YANGQUAN, day=DAY + timedelta(days=60), alarms=("A1",))
    released(engine, archive_in(tmp_path), late)
    with writing(engine) as connection:
        connection.execute(update(tables.delivery).values(state="sent"))
        told = {
            "subject": "delivery",
            "action": "settle",
            "from_state": "sending",
            "to_state": "sent",
            "reason": "250",
        }
        for number in connection.execute(
            select(tables.delivery.c.delivery_id).where(tables.delivery.c.letter_id == 2)
        ).scalars():
            at = LEFT + timedelta(days=60)
            connection.execute(
                insert(tables.audit).values(at=at, actor="post", subject_id=str(number), **told)
            )
    browser = Browser(house_of(engine, tmp_path), now=AS_OF + timedelta(days=70))
    page = browser.get("/fates").text
    assert "2020-04-11 — 2020-05-11</small>" in page
    (link,) = re.findall(r'href="/desk(/fates\?[^"]+)">← 更早的函件（时段到 2020-03-12 为止）', page)
    earlier = browser.get(link.replace("&amp;", "&")).text
    assert "2020-02-11 — 2020-03-12</small>" in earlier
    assert "7天</td>" in earlier
    assert "更早的函件" not in earlier
