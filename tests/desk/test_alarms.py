"""One alarm on the desk: how it stands then and as was known then, and the acts of the office that can be done to it now."""

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, update

from include.desk.alarms import alarm_page
from include.desk.cities import city_page
from include.desk.today import today
from include.house import House
from include.periods import DAY
from include.sources.config import SourceConfig
from include.store import tables
from include.store.engine import reading, writing
from tests.desk.facts import NOW, YANGQUAN, Browser, add_alarm, add_event, house_of, moment
from tests.post.samples import add_cities

PUSHED = "03-10 06:00"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def house(engine: Engine, tmp_path: Path) -> House:
    """LATE is open and overdue, GIVEN answered in time, FALSE disputed in time, A/B answered and sent back."""
    add_cities(engine)
    for alarm_id in ("LATE", "GIVEN", "FALSE", "A/B"):
        add_alarm(engine, alarm_id, PUSHED)
    add_event(engine, "GIVEN", "submitted", "03-10 18:00")
    add_event(engine, "FALSE", "disputed", "03-10 19:00")
    add_event(engine, "A/B", "submitted", "03-10 18:00")
    add_event(engine, "A/B", "returned", "03-11 18:00")
    return house_of(engine, tmp_path)


def buttons(browser: Browser, alarm: str) -> list[str]:
    return re.findall(r'<button name="name" value="(\w+)">', browser.get(f"/alarms/{alarm}").text)


@pytest.mark.parametrize(
    ("alarm", "offered", "standing"),
    [
        ("LATE", ["close"], "overdue"),
        ("GIVEN", ["accept", "return"], "answered"),
        ("FALSE", ["uphold", "reject", "close"], "in_dispute"),
        ("A/B", ["accept", "close"], "in_grace"),
    ],
)
def test_only_acts_that_can_work_now_are_offered_and_each_of_them_works(
    house: House, alarm: str, offered: list[str], standing: str
) -> None:
    browser = Browser(house)
    assert buttons(browser, alarm) == offered
    assert f'class="standing standing-{standing}"' in browser.get(f"/alarms/{alarm}").text
    assert f'href="/desk/alarms/{alarm}"' in browser.get(f"/cities/{YANGQUAN}").text
    assert buttons(Browser(house, user="guest"), alarm) == []
    for name in {"accept", "return", "uphold", "reject", "close", "reopen"} - set(offered):
        assert browser.post(f"/alarms/{alarm}", {"name": name, "reason": "核实"}).status_code == 409
    done = browser.post(f"/alarms/{alarm}", {"name": offered[-1], "reason": "电话<核实>"})
    assert (done.status_code, done.headers["location"]) == (303, f"/desk/alarms/{alarm}?done={offered[-1]}")
    page = browser.get(f"/alarms/{alarm}?done={offered[-1]}").text
    assert "duty　电话&lt;核实&gt;" in page
    assert buttons(browser, alarm) != offered


def test_an_act_is_audited_by_name_and_undone(house: House) -> None:
    browser = Browser(house)
    browser.post("/alarms/LATE", {"name": "close", "reason": "工地已拆除"})
    assert buttons(browser, "LATE") == ["reopen"]
    assert "standing-closed" in browser.get("/alarms/LATE").text
    browser.post("/alarms/LATE", {"name": "reopen", "reason": "弄错了"})
    audit = tables.audit.c
    with reading(house.engine) as connection:
        rows = connection.execute(
            select(audit.actor, audit.subject_id, audit.action, audit.reason)
            .where(audit.subject == "alarm")
            .order_by(audit.audit_id)
        ).all()
    assert [tuple(row) for row in rows] == [
        ("duty", "LATE", "close", "工地已拆除"),
        ("duty", "LATE", "reopen", "弄错了"),
    ]
    assert buttons(browser, "LATE") == ["close"]


def test_an_act_needs_permission_a_form_of_ours_and_a_reason(house: House) -> None:
    form = {"name": "close", "reason": "核实"}
    assert Browser(house, user="guest").post("/alarms/LATE", form).status_code == 403
    assert Browser(house).post("/alarms/LATE", form, token="other").status_code == 403
    assert Browser(house).post("/alarms/LATE", {"name": "close", "reason": " "}).status_code == 422
    assert Browser(house).post("/alarms/LATE", {"name": "settle", "reason": "核实"}).status_code == 422
    assert buttons(Browser(house), "LATE") == ["close"]


def test_where_a_platform_decides_its_owner_is_named(house: House) -> None:
    theirs = replace(
        house, sources=(SourceConfig("test", "platform", "https://platform.example", token="t"),)
    )
    theirs.__dict__["engine"] = house.engine
    browser = Browser(theirs)
    assert buttons(browser, "FALSE") == ["close"]
    assert "由来源“test”的平台审核" in browser.get("/alarms/FALSE").text
    refused = browser.post("/alarms/FALSE", {"name": "uphold", "reason": "核实"})
    assert (refused.status_code, "请联系来源“test”的主管单位" in refused.text) == (409, True)


def test_a_rejected_dispute_is_not_rejected_again(house: House) -> None:
    browser = Browser(house)
    browser.post("/alarms/FALSE", {"name": "reject", "reason": "现场属实"})
    assert buttons(browser, "FALSE") == ["uphold", "close"]


def test_the_deadline_that_counts_is_shown_and_one_deadline_once(house: House) -> None:
    browser = Browser(house)
    told = browser.get("/alarms/LATE").text
    assert "适用时限" not in told
    assert "首次反馈时限" not in told
    assert "不足1小时" not in told
    assert '<span class="standing standing-overdue">超期未反馈</span> <small>26小时</small>' in told
    browser.post("/alarms/FALSE", {"name": "reject", "reason": "现场属实"})
    (rejected,) = (one for one in city_page(house, YANGQUAN, NOW + MINUTE).alarms if one.alarm_id == "FALSE")
    assert rejected.deadline_at == NOW + DAY  # not the first one, 11 March
    told = browser.get("/alarms/FALSE?at=2020-03-12T08:31").text
    assert '<td data-name="反馈时限">2020-03-13 08:30</td>' in told


def test_what_was_learnt_later_is_left_out_where_that_is_asked_for(house: House) -> None:
    """The facts came at NOW (08:30 of 12 March), but for the alarms themselves and one answer."""
    with writing(house.engine) as connection:
        connection.execute(update(tables.alarm).values(received_at=moment(PUSHED)))
        connection.execute(
            update(tables.feedback_event)
            .where(tables.feedback_event.c.alarm_id == "GIVEN")
            .values(received_at=moment("03-10 20:00"))
        )
    then = moment("03-11 12:00")
    assert alarm_page(house, "A/B", then).story.standing == "answered"
    assert alarm_page(house, "A/B", then, then).story.standing == "overdue"
    known = [
        sum(one.rolling.answered for one in today(house, then, *more).cities)
        for more in ((), (then,), (NOW,))
    ]
    assert known == [2, 1, 2]
    browser = Browser(house)
    at = "at=2020-03-11T12:00"
    for path, words in (("/", "1/4"), (f"/cities/{YANGQUAN}", "1/4")):
        assert words in browser.get(f"{path}?{at}&known=1").text, path
        assert words not in browser.get(f"{path}?{at}").text, path
    page = browser.get(f"/?{at}&known=1").text
    assert 'name="known" value="1" checked' in page
    assert f"/desk/cities/{YANGQUAN}?at=2020-03-11T12%3A00&amp;known=1" in page
