"""The chain as a person takes it: verbs, the desk, what waits; nothing of it in an office without one."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from include.act import Act
from include.chain.values import Move
from include.errors import InputError, StateError
from include.office.acts import act, possible_acts
from include.office.chain import chain_at, take
from include.office.chain_assigning import assign_by_rules, assign_to, holders_of
from include.office.chain_lists import running_tasks, unassigned_rows
from include.office.feedback import feedback_table
from include.office.waiting import waiting
from include.periods import custom_period
from include.profile.chain_values import AssignRule, ChainSettings, Duty
from include.profile.current import office, using
from include.rules import ChainRules
from include.sources.own_facts import tell_step
from include.store.engine import writing
from include.verbs.chain import _say as said
from tests.desk.facts import NOW, SHIJIAZHUANG, YANGQUAN, Browser, add_alarm, house_of, moment

HOUR = timedelta(hours=1)
RULES = (
    AssignRule(categories=("扬尘（工地）",), lead=SHIJIAZHUANG),
    AssignRule(places=("郊区",), joint=(SHIJIAZHUANG,)),
)
CHAIN = ChainSettings(replace(ChainRules(), spot_check_percent=0), {}, RULES)


@pytest.fixture
def chained(engine: Engine, tmp_path: Path) -> Iterator[Browser]:
    """One open alarm of 阳泉 in an office with a chain."""
    add_alarm(engine, "A1", "03-12 06:00")
    house = house_of(engine, tmp_path)
    browser = Browser(house)
    browser.house = house
    with using(replace(office(), chain=CHAIN)):
        yield browser


def moved(browser: Browser, step: str, task_no: int = 0, hours: float = 0, **more):
    at = NOW + hours * HOUR
    values = {"actor": "duty", **more}
    return take(browser.house, "A1", Move(step, at, at, task_no=task_no, **values))


def test_the_first_rule_that_holds_names_the_holders() -> None:
    assert holders_of(CHAIN, YANGQUAN, "郊区", "扬尘（工地）").units == (SHIJIAZHUANG,)
    assert holders_of(CHAIN, YANGQUAN, "郊区", "").units == (YANGQUAN, SHIJIAZHUANG)
    assert holders_of(CHAIN, YANGQUAN, "城区", "").units == (YANGQUAN,)
    assert [holders_of(CHAIN, YANGQUAN, "郊区", one).rule for one in ("扬尘（工地）", "")] == [1, 2]
    assert holders_of(CHAIN, YANGQUAN, "城区", "").rule == 0


def test_an_alarm_goes_its_whole_way(chained: Browser) -> None:
    house = chained.house
    assert unassigned_rows(house, NOW)["alarm_id"].tolist() == ["A1"]
    events, troubles = assign_by_rules(house, ["A1", "A1"], Act(NOW, "run"))
    assert ([(one.unit_code, one.role) for one in events], troubles) == (
        [(YANGQUAN, "lead"), (SHIJIAZHUANG, "joint")],
        [],
    )
    assert assign_by_rules(house, ["A1"], Act(NOW, "run")) == ([], [])
    assert unassigned_rows(house, NOW).empty
    report = {"problem_found": True, "category": "工业企业", "note": "未苫盖", "unit_code": YANGQUAN}
    moved(chained, "report", 1, 1, person="李某", rectify_by=NOW + 30 * HOUR, **report)
    with pytest.raises(StateError, match="another person must pass it"):
        moved(chained, "pass", 1, 2, person="李某")
    moved(chained, "pass", 1, 2, actor="王某")
    assert answered(chained, 3) == (
        0,
        1,
    )  # the joint holder has not reported: nothing was answered, but a problem is known
    moved(chained, "withdraw", 2, 4, note="不涉及")
    assert answered(chained, 5) == (1, 1)
    assert answered(chained, 3) == (0, 1)  # as it was then
    rows = running_tasks(house, NOW + 40 * HOUR)
    assert rows[["task_no", "step", "overdue_hours", "is_escalated"]].values.tolist() == [
        [1, "rectify", 10.0, False]
    ]
    assert running_tasks(house, NOW + 60 * HOUR)["is_escalated"].tolist() == [True]
    moved(chained, "rectify", 1, 41, unit_code=YANGQUAN, person="李某")
    moved(chained, "accept", 1, 42, actor="王某")
    with pytest.raises(StateError, match="could close"):
        moved(chained, "close", 0, 43, note="办结")
    moved(chained, "write_off", 1, 43)
    moved(chained, "close", 0, 44, note="办结")
    assert running_tasks(house, NOW + 45 * HOUR).empty
    assert answered(chained, 45) == (1, 1)
    _, chain = chain_at(house, "A1", NOW + 45 * HOUR)
    assert (chain.is_closed, [one.state for one in chain.tasks]) == (True, ["written_off", "withdrawn"])


def answered(browser: Browser, hours: float) -> tuple[int, int]:
    """Of 阳泉's one alarm: answered, problems."""
    day = NOW.date()
    period = custom_period(day, day + timedelta(days=1), NOW + hours * HOUR)
    row = feedback_table(browser.house.engine, period).set_index("unit_code").loc[YANGQUAN]
    return int(row["answered"]), int(row["problems"])


def test_what_the_chain_decides_is_decided_nowhere_else(chained: Browser) -> None:
    house = chained.house
    assert possible_acts(house, "A1", NOW).possible == ("close",)
    moved(chained, "assign", unit_code=YANGQUAN)
    assert possible_acts(house, "A1", NOW).possible == ()
    with pytest.raises(StateError, match="its chain decides that"):
        act(house, "A1", "close", now=NOW, actor="duty", reason="核实")


def test_an_alarm_that_is_none_is_taken_back_from_all_who_hold_it(chained: Browser) -> None:
    house = chained.house
    assign_by_rules(house, ["A1"], Act(NOW, "run"))
    with writing(house.engine) as connection:
        tell_step(connection, "A1", "disputed", NOW, is_simulated=False, now=NOW, note="非污染")
    act(house, "A1", "uphold", now=NOW + HOUR, actor="duty", reason="误报")
    assert [one.state for one in chain_at(house, "A1", NOW + HOUR)[1].tasks] == ["withdrawn", "withdrawn"]
    assert running_tasks(house, NOW + HOUR).empty


def test_whose_a_step_is_and_the_leader_once_it_is_escalated(chained: Browser) -> None:
    chain = replace(CHAIN, duties={"review": Duty("钱某", "孙某", "周局")})
    with using(replace(office(), chain=chain)):
        moved(chained, "assign", unit_code=YANGQUAN)
        report = {"actor": "clerk", "unit_code": YANGQUAN, "problem_found": False, "note": "未见异常"}
        moved(chained, "report", 1, 1, **report)
        with pytest.raises(StateError, match=r"钱某 \| 孙某; got 周局"):
            moved(chained, "pass", 1, 2, person="周局")
        with pytest.raises(StateError, match="another person must pass it"):
            moved(
                chained, "pass", 1, 2, actor="clerk", person="孙某"
            )  # an account that reported, whoever it names
        assert moved(chained, "pass", 1, 74, actor="周局").state == "accepted"


def test_a_person_hands_on_to_several_at_once_or_to_none(chained: Browser) -> None:
    by = Act(NOW, "duty", "核实")
    for wrong in ((YANGQUAN, YANGQUAN), (YANGQUAN, "999999")):
        with pytest.raises((InputError, StateError)):
            assign_to(chained.house, ["A1"], wrong, by)
        assert chain_at(chained.house, "A1", NOW)[0] == ()
    done = assign_to(chained.house, ["A1", "A1"], [SHIJIAZHUANG, YANGQUAN], by, "周某")
    assert [(alarm_id, one.unit_code, one.role, one.person) for alarm_id, one in done] == [
        ("A1", SHIJIAZHUANG, "lead", "周某"),
        ("A1", YANGQUAN, "joint", "周某"),
    ]


def test_no_step_comes_before_the_push_of_its_alarm(chained: Browser) -> None:
    pushed_at = moment("03-12 06:00")
    moved(chained, "assign", unit_code=YANGQUAN)
    for at, is_taken in ((pushed_at - timedelta(seconds=1), False), (pushed_at, True)):
        move = Move("acknowledge", NOW, at, "clerk", unit_code=YANGQUAN, task_no=1)
        if is_taken:
            assert take(chained.house, "A1", move).state == "acknowledged"
        else:
            with pytest.raises(StateError, match="before the push"):
                take(chained.house, "A1", move)


def test_unknown_units_alarms_and_categories_are_refused(chained: Browser) -> None:
    for wrong in ("999999", office().own_unit, ""):
        with pytest.raises(InputError):
            moved(chained, "assign", unit_code=wrong)
    with pytest.raises(InputError, match="no such alarm"):
        take(chained.house, "B9", Move("assign", NOW, NOW, "duty", unit_code=YANGQUAN))
    moved(chained, "assign", unit_code=YANGQUAN)
    with pytest.raises(InputError, match="unknown category"):
        moved(chained, "report", 1, 1, unit_code=YANGQUAN, problem_found=True, note="x", category="没有的")


def test_moments_are_told_in_the_offices_time(chained: Browser, capsys: pytest.CaptureFixture[str]) -> None:
    said("A1", moved(chained, "assign", unit_code=YANGQUAN))
    assert capsys.readouterr().out == "A1 task 1: assigned → assigned, due 2020-03-12 10:30:00\n"
    move = Move("acknowledge", NOW, NOW + 2 * HOUR, "duty", unit_code=YANGQUAN, task_no=1)
    with pytest.raises(InputError, match="expected at most 2020-03-12 08:30:00; got 2020-03-12 10:30:00"):
        take(chained.house, "A1", move)


def test_the_desk_shows_the_chain_and_takes_its_steps(chained: Browser) -> None:
    assert [one.title for one in waiting(chained.house, NOW) if one.topic == "chain"] == ["1条报警待交办"]
    listed = chained.get("/chain").text
    assert ">A1</a>" in listed
    assert ">阳泉市</td>" in listed
    assert YANGQUAN not in listed
    assert chained.post("/chain", {"alarm_id": "A1"}).status_code == 303
    text = chained.get("/chain/A1").text
    assert "第1件　阳泉市　主办" in text
    assert "待签收" in text
    fields = {"name": "report", "task_no": "1", "problem": "no", "note": "未见<异常>"}
    assert chained.post("/chain/A1", fields).status_code == 303
    assert "未见&lt;异常&gt;" in chained.get("/chain/A1").text
    unknown = chained.get("/chain/A")
    assert unknown.status_code == 404
    assert ">A1</a>" in unknown.text  # the nearest
    assert chained.post("/chain/NOPE", {"name": "assign", "unit_code": YANGQUAN}).status_code == 404
    refused = chained.post("/chain/A1", {"name": "pass", "task_no": "1"})
    assert refused.status_code == 409
    assert "这一步须由另一人办理" in refused.text
    assert [one.title for one in waiting(chained.house, NOW + HOUR) if one.topic == "chain"] == [
        "1件巡查上报待审核"
    ]
    later = [one.title for one in waiting(chained.house, NOW + 30 * HOUR) if one.topic == "chain"]
    assert later == ["石家庄市超期1件", "1件巡查上报待审核"] or later == [
        "1件巡查上报待审核",
        "石家庄市超期1件",
    ]


def test_an_office_without_a_chain_sees_nothing_of_it(engine: Engine, tmp_path: Path) -> None:
    add_alarm(engine, "A1", "03-12 06:00")
    house = house_of(engine, tmp_path)
    browser = Browser(house)
    browser.house = house
    assert office().chain is None
    assert [browser.get(path).status_code for path in ("/chain", "/chain/A1")] == [404, 303]  # to the alarm
    assert "交办" not in browser.get("/").text + browser.get("/alarms/A1").text
    assert {one.topic for one in waiting(browser.house, NOW)} - {"chain"} == {
        one.topic for one in waiting(browser.house, NOW)
    }
    with pytest.raises(InputError, match="this office has no chain of its own"):
        moved(browser, "assign", unit_code=YANGQUAN)
