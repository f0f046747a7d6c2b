"""Outages on our own side: listed, and what waited for holders meanwhile extended by a person, once."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest
from sqlalchemy import Engine

from include.act import Act
from include.chain.values import Move
from include.errors import InputError
from include.house import House
from include.office.chain import chain_at, take
from include.office.chain_assessment import assessment_figures
from include.office.chain_letters import due_figures
from include.office.chain_outages import extend_for, outages, waiting_in
from include.profile.chain_values import ChainSettings
from include.profile.current import office, using
from include.rules import ChainRules
from tests.desk.facts import NOW, YANGQUAN, Browser, add_alarm, house_of

H = timedelta(hours=1)
CHAIN = ChainSettings(replace(ChainRules(), spot_check_percent=0))  # 签收 2 h, 上报 24 h


@pytest.fixture
def house(engine: Engine, tmp_path: Path) -> Iterator[House]:
    """A1 waits to be acknowledged, A2 for its report, A3 for the review, A4 was overdue before the outage."""
    house = house_of(engine, tmp_path)
    for name in ("A1", "A2", "A3", "A4"):
        add_alarm(engine, name, "03-11 06:00")
    with using(replace(office(), chain=CHAIN)):
        for name, hours in (("A1", 0), ("A2", 0), ("A3", 0), ("A4", -3)):
            step(house, name, "assign", hours, task_no=0)
        step(house, "A2", "acknowledge", 0.5)
        step(house, "A3", "report", 0.5, problem_found=False, note="无")
        yield house


def step(house: House, alarm_id: str, name: str, hours: float, task_no: int = 1, **more: object) -> None:
    at = NOW + hours * H
    take(house, alarm_id, Move(name, at, at, "李某", unit_code=YANGQUAN, task_no=task_no, **more))


def test_what_waited_for_its_holder_gets_the_time_of_the_outage_back_once(house: House) -> None:
    began, ended = NOW + 0.25 * H, NOW + 1.25 * H
    now = NOW + 1.5 * H
    rows = waiting_in(house, began, ended, now)
    assert [(one.alarm_id, one.step, one.new_due_at) for one in rows.itertuples()] == [
        ("A1", "acknowledge", NOW + 3 * H),
        ("A4", "report", NOW + 22 * H),  # its 签收 was overdue before
        ("A2", "report", NOW + 25 * H),  # the time of its report ran from its 交办 on
    ]
    act = Act(now, "王某", "邮件服务器故障")
    assert extend_for(house, began, ended, act) == (3, [])
    assert [chain_at(house, one, now)[1].tasks[0].due_at for one in ("A1", "A2", "A3")] == [
        NOW + 3 * H,
        NOW + 25 * H,
        NOW + 48.5 * H,
    ]
    told = outages(house)
    assert told[["started_at", "ended_at", "tasks", "actor"]].values.tolist() == [[began, ended, 3, "王某"]]
    assert "邮件服务器故障" in told["note"][0]
    assert extend_for(house, began, ended, replace(act, now=now + H / 6)) == (0, [])


def test_an_outage_that_is_told_again_counts_once_and_one_that_is_told_late_counts(house: House) -> None:
    """A1 is due at 2: of an outage from 0.5 to 1 and told again until 1.25 it gets 0.75 back, whenever it is told, also with a longer
    deadline by hand in between; A4 was overdue."""
    began, now = NOW + 0.5 * H, NOW + 3 * H
    act = Act(now, "王某", "链路中断")

    def due(alarm_id: str) -> float:
        return (chain_at(house, alarm_id, now + H)[1].tasks[0].due_at - NOW) / H

    assert extend_for(house, began, NOW + H, act) == (3, [])  # after A1's own deadline and its new one
    assert (due("A1"), due("A2"), due("A4")) == (2.5, 24.5, -1)
    again = replace(act, now=now + H / 6)
    longer = Move("extend", again.now, again.now, "王某", task_no=1, due_at=NOW + 30 * H, note="另有原因")
    take(house, "A2", longer)
    assert extend_for(house, began, NOW + 1.25 * H, again) == (3, [])
    assert (due("A1"), due("A2")) == (2.75, 30.25)
    assert extend_for(house, began + H / 4, NOW + H, again) == (0, [])
    assert waiting_in(house, NOW + 0.25 * H, NOW + 1.5 * H, again.now)["new_due_at"].tolist() == [
        NOW + 3.25 * H,
        NOW + 22.25 * H,
        NOW + 30.75 * H,
    ]


def test_a_step_that_came_late_because_of_an_outage_is_on_time_once_the_outage_is_recorded(
    house: House,
) -> None:
    """A1, due at 2, is acknowledged at 2.1, and reported late at 24.3; A5 is reported at 2.2 without a 签收; the outage from 1.5 to 2.05 is
    recorded at 26. Told again for longer, what it took more counts too; before it was recorded they were late."""
    add_alarm(house.engine, "A5", "03-11 06:00")
    step(house, "A5", "assign", 0, task_no=0)
    step(house, "A1", "acknowledge", 2.1)
    step(house, "A1", "report", 24.3, problem_found=False, note="无")
    step(house, "A5", "report", 2.2, problem_found=False, note="无")
    began, ended, now = NOW + 1.5 * H, NOW + 2.05 * H, NOW + 26 * H

    def on_time(at: datetime) -> tuple[int, int, int, int]:
        row = assessment_figures(house, date(2020, 3, 1), at).rows[0]
        return row.acknowledge_due, row.acknowledge_on_time, row.report_due, row.report_on_time

    rows = waiting_in(house, began, ended, now)
    assert [
        (one.alarm_id, one.step, one.taken_at)
        for one in rows.itertuples()
        if one.alarm_id not in ("A2", "A4")
    ] == [
        ("A1", "acknowledge", NOW + 2.1 * H),
        ("A5", "acknowledge", NOW + 2.2 * H),
        ("A1", "report", NOW + 24.3 * H),
    ]
    before = on_time(now)
    span = urlencode({"began": "2020-03-12T10:00", "ended": "2020-03-12T10:33"})
    page = Browser(house, now=now).get("/outages?" + span).text
    assert "签收（2020-03-12 10:36已报来，迟到）" in page
    assert page.count("已报来，迟到") == 3
    assert "超期" in Browser(house, now=now).get("/chain/A1").text.split("办理经过")[1]
    assert extend_for(house, began, ended, Act(now, "王某", "链路中断")) == (5, [])
    assert "超期" not in Browser(house, now=now).get("/chain/A1").text.split("办理经过")[1]
    assert before == on_time(now - H) == (5, 2, 5, 2)  # as it was known then
    assert on_time(now + H)[1::2] == (4, 3)
    task = chain_at(house, "A1", now)[1].tasks[0]
    assert (task.state, task.due_at) == ("reported", NOW + 72.3 * H)
    assert extend_for(house, began, ended, Act(now + H, "王某", "链路中断")) == (0, [])
    again = waiting_in(house, began, NOW + 2.5 * H, now + H)
    assert again.empty or set(again["alarm_id"]) == {"A2", "A4"}  # what is on time now needs no more
    assert outages(house)["tasks"].tolist() == [5]


def test_a_report_gets_its_time_back_also_where_the_acknowledgement_was_overdue_before(house: House) -> None:
    """A4's 签收 was due at -1, its report is due at 21."""
    began, ended, now = NOW + 20 * H, NOW + 22 * H, NOW + 23 * H
    rows = waiting_in(house, began, ended, now)
    told = [(one.alarm_id, one.step, one.new_due_at) for one in rows.itertuples()]
    assert ("A4", "report", NOW + 23 * H) in told
    assert ("A1", "report", NOW + 26 * H) in told
    assert not [one for one in told if one[1] == "acknowledge"]
    assert extend_for(house, began, ended, Act(now, "王某", "链路中断")) == (3, [])
    assert extend_for(house, began, ended, Act(now, "王某", "链路中断")) == (0, [])
    task = chain_at(house, "A4", now)[1].tasks[0]
    assert (task.due_at, task.answer_due_at) == (NOW - H, NOW + 23 * H)
    step(house, "A4", "report", 23, problem_found=False, note="无")
    row = assessment_figures(house, date(2020, 3, 1), NOW + 30 * H).rows[0]
    assert (row.acknowledge_due, row.acknowledge_on_time, row.report_due, row.report_on_time) == (4, 2, 4, 2)


def test_an_outage_is_over_and_has_a_reason(house: House) -> None:
    for began, ended in ((1, 1), (1, 3)):
        with pytest.raises(InputError, match="an outage has a beginning before its end"):
            waiting_in(house, NOW + began * H, NOW + ended * H, NOW + 2 * H)
    with pytest.raises(InputError, match="a reason is needed"):
        extend_for(house, NOW, NOW + H, Act(NOW + 2 * H, "王某", " "))
    assert outages(house).empty


def test_the_desk_lists_what_an_outage_touched_and_extends_it(house: House) -> None:
    desk_house = Browser(house, now=NOW + 1.5 * H)
    span = {"began": "2020-03-12T08:45", "ended": "2020-03-12T09:45"}
    page = desk_house.get("/outages?" + urlencode(span)).text
    assert [one in page for one in (">A1</a>", ">A2</a>", ">A3</a>", ">A4</a>")] == [True, True, False, True]
    guest = Browser(house, "guest")
    assert "全部延期" not in guest.get("/outages?" + urlencode(span)).text
    assert guest.post("/outages", {**span, "reason": "x"}).status_code == 403
    assert desk_house.post("/outages", {**span, "reason": " "}).status_code == 422
    assert desk_house.post("/outages", {**span, "ended": "2020-03-12", "reason": "x"}).status_code == 409
    assert desk_house.get("/outages?began=nothing&ended=2020-03-12T09:45").status_code == 409
    later = desk_house.get("/outages?began=2020-03-12T08:45&ended=2020-03-12T23:45")
    assert later.status_code == 409
    assert "中断应先有开始、后有结束，且已经结束" in later.text
    assert outages(house).empty
    assert desk_house.post("/outages", {**span, "reason": "邮件<服务器>故障"}).status_code == 303
    assert chain_at(house, "A1", NOW + 2 * H)[1].tasks[0].due_at == NOW + 3 * H
    page = desk_house.get("/outages").text
    assert "邮件&lt;服务器&gt;故障" in page
    assert desk_house.post("/outages", {**span, "reason": "再次"}).status_code == 303
    assert outages(house)["tasks"].tolist() == [3]


def test_an_office_without_a_chain_has_no_such_page(engine: Engine, tmp_path: Path) -> None:
    browser = Browser(house_of(engine, tmp_path))
    assert browser.get("/outages").status_code == 404
    assert browser.post("/outages", {"began": "x", "ended": "y", "reason": "z"}).status_code == 404


def test_a_letter_judges_by_the_deadlines_as_they_are_known_when_it_is_made(house: House) -> None:
    """An outage from 0.25 to 1.25, told at 30: A1's late 签收 and A2's late report are in time by what they are given, A1's report is asked for
    until 25 and no more until 24; A4 was overdue before."""
    step(house, "A1", "acknowledge", 2.5)
    step(house, "A2", "report", 24.5, problem_found=False, note="无")

    def told(now: float) -> list[tuple[str, str, str, float, float]]:
        with using(replace(office(), letters={**office().letters, "escalation": "环提"})):
            return [
                (
                    one.unit_code,
                    case.alarm_id,
                    case.waits_for,
                    (one.period.start_at - NOW) / H,
                    (case.due_at - NOW) / H,
                )
                for one in due_figures(house, NOW + now * H)
                for case in one.cases
                if case.due_at
            ]

    silent = [("operators", "A4", "acknowledge", -1, -1), ("leader", "A4", "acknowledge", 23, -1)]
    assert told(29) == [
        silent[0],
        ("operators", "A1", "acknowledge", 2, 2),
        silent[1],
        ("operators", "A1", "report", 24, 24),
        ("operators", "A2", "report", 24, 24),
    ]
    assert extend_for(house, NOW + 0.25 * H, NOW + 1.25 * H, Act(NOW + 30 * H, "王某", "断网")) == (4, [])
    assert told(31) == [*silent, ("operators", "A1", "report", 25, 25)]
    at = NOW + 32 * H
    take(house, "A1", Move("extend", at, at, "王某", task_no=1, due_at=NOW + 40 * H, note="雨"))
    assert told(33) == silent


def test_what_came_after_the_deadline_that_it_was_given_is_told_by_that(house: House) -> None:
    step(house, "A2", "report", 25.5, problem_found=False, note="无")
    assert extend_for(house, NOW + 0.25 * H, NOW + 1.25 * H, Act(NOW + 30 * H, "王某", "断网"))[1] == []
    with using(replace(office(), letters={**office().letters, "escalation": "环提"})):
        found = [
            ((one.period.start_at - NOW) / H, case.due_at)
            for one in due_figures(house, NOW + 31 * H)
            for case in one.cases
            if case.alarm_id == "A2"
        ]
    assert found == [(25, NOW + 25 * H)]
